"""Turns a corpus into training data: reading, labeling, tokenizing and packing."""
