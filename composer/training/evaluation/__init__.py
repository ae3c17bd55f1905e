"""Figures of models: held-out bits, and sets of composed pieces beside human ones."""
