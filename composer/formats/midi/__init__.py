"""MIDI files: read, written, edited in place, and performed."""
