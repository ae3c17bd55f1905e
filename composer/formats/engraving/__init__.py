"""From a score to what a copyist writes: bars, voices, note values, spelling, marks. Knows no file format."""
