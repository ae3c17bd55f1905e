"""The network: its shape, weights and files, and the sampling of ids from it. Knows tokens as numbers only."""
