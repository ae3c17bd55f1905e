"""Lyrics of notes as lyric events of a MIDI track, and back: a hyphen ends a syllable inside a word, a space a word.

A file holds one line of words: the first verse.

Source: MIDI Manufacturers Association, "SMF Lyric Meta Event Definition" (RP-017).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from composer.formats.midi.midi_events import LYRIC, Event
from composer.records import single_line
from composer.score import Note, NoteMarks, Syllable


def lyric_events(notes: Sequence[Note]) -> list[Event]:
    """Converts the first verse of sung notes to lyric events."""
    from mido import MetaMessage

    texts = {}
    for note in notes:
        if note.marks and note.marks.lyrics:
            first = min(note.marks.lyrics, key=lambda syllable: syllable.verse)
            texts[note.start_ticks] = first.text + ("-" if first.place in ("begin", "middle") else " ")
    return [(tick, LYRIC, MetaMessage("lyrics", text=text)) for tick, text in texts.items()]


def sung(notes: Sequence[Note], texts: Mapping[int, str]) -> tuple[Note, ...]:
    """The notes of a track with its texts by tick, at the top note of an onset; texts at which no note begins are dropped.

    >>> line = sung([Note(0, 60, 480), Note(480, 62, 480), Note(960, 64, 480)], {0: "A-", 480: "ve ", 960: " "})
    >>> [note.marks and [(one.text, one.place) for one in note.marks.lyrics] for note in line]
    [[('A', 'begin')], [('ve', 'end')], None]
    """
    syllables, inside = dict[int, Syllable](), False
    for tick in sorted(texts):
        text = single_line(texts[tick]).strip()
        if word := text.removesuffix("-"):
            goes_on = text.endswith("-")
            syllables[tick] = Syllable(
                word, place=("middle" if goes_on else "end") if inside else "begin" if goes_on else "single"
            )
            inside = goes_on
    tops = {note.start_ticks: index for index, note in enumerate(notes)} if syllables else {}
    result = list(notes)
    for tick, syllable in syllables.items():
        if (index := tops.get(tick)) is not None:
            result[index] = replace(result[index], marks=NoteMarks((syllable,)))
    return tuple(result)
