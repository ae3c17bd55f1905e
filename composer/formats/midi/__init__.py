"""Reading, writing, in-place editing and performance of MIDI files."""
