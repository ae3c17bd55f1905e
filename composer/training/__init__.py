"""Corpus, labels, dataset, training loop and evaluation. Nothing here is imported when a piece is composed."""
