"""Programs that make the tables which ship inside `composer`: `python -m tools.fit NAME`."""
