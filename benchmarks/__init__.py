"""Programs that measure Cantilena and print the tables of the documentation: `python -m benchmarks NAME`."""
