"""Evaluation: held-out bits of models, and sets of composed pieces compared with human ones."""
