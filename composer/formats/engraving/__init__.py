"""Turns a score into notation: bars, voices, note values, spelling, marks. Knows no file format."""
