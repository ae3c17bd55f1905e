"""What a written MIDI file holds, as read by mido alone, and whether a user's notes are all in it."""

from __future__ import annotations

import io
from collections import Counter, defaultdict, deque
from fractions import Fraction

import mido

WrittenNote = tuple[Fraction, Fraction, int, int]  # start and length in quarters, pitch, velocity


def written_notes(data: bytes) -> Counter[WrittenNote]:
    """Every note of a file, ends paired first in, first out."""
    file = mido.MidiFile(file=io.BytesIO(data))
    notes: Counter[WrittenNote] = Counter()
    for track in file.tracks:
        tick = 0
        sounding: defaultdict[tuple[int, int], deque[tuple[int, int]]] = defaultdict(deque)
        for message in track:
            tick += message.time
            if message.type == "note_on" and message.velocity:
                sounding[message.channel, message.note].append((tick, message.velocity))
            elif message.type in ("note_on", "note_off") and sounding[message.channel, message.note]:
                start, velocity = sounding[message.channel, message.note].popleft()
                length = Fraction(tick - start, file.ticks_per_beat)
                notes[Fraction(start, file.ticks_per_beat), length, message.note, velocity] += 1
    return notes


def missing_notes(original: bytes, written: bytes) -> Counter[WrittenNote]:
    """Notes of the original that are not in the written file, tick for tick."""
    return written_notes(original) - written_notes(written)
