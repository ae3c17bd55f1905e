"""The network: dimensions, weights, files, inference engines and sampling. Knows tokens as numbers only."""
