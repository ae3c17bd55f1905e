"""Lyrics of bars that are written again: syllables go from the old notes to new ones, in order and as near as possible."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from composer.score import Note, NoteMarks, Syllable

_WORD = {  # by whether a word begins and whether one ends
    (True, True): "single", (True, False): "begin", (False, False): "middle", (False, True): "end",
}  # fmt: skip


def with_lyrics(old: Sequence[Note], new: Sequence[Note]) -> list[Note]:
    """The new notes of a part and bar with the lyrics of the old ones, at the top note of an onset.

    Syllables that find no onset of their own are sung to the last one, joined.

    >>> def sung(start, *texts):
    ...     return Note(start, 60, 240, marks=NoteMarks(tuple(map(Syllable, texts))) if texts else None)
    >>> old = [sung(0, "ah"), sung(480, "oh")]
    >>> [note.marks and note.marks.lyrics[0].text for note in with_lyrics(old, [sung(0), sung(240), sung(600)])]
    ['ah', None, 'oh']
    >>> [note.marks.lyrics[0].text for note in with_lyrics(old, [sung(0)])]
    ['ah oh']
    """
    texts = {note.start_ticks: note.marks.lyrics for note in sorted(old) if note.marks and note.marks.lyrics}
    tops = {note.start_ticks: note for note in sorted(new)}
    starts = list(tops)
    if not texts or not starts:
        return list(new)
    placed: dict[int, tuple[Syllable, ...]] = {}
    place = -1
    for left, (start, lyrics) in zip(range(len(texts) - 1, -1, -1), texts.items(), strict=True):
        first = min(place + 1, len(starts) - 1)
        free = range(first, max(first + 1, len(starts) - left))
        place = min(free, key=lambda index: abs(starts[index] - start))
        placed[place] = _joined(placed.get(place, ()), lyrics)
    sung = {id(tops[starts[index]]): lyrics for index, lyrics in placed.items()}
    return [_singing(note, sung.get(id(note), ())) for note in new]


def _singing(note: Note, lyrics: tuple[Syllable, ...]) -> Note:
    articulations = note.marks.articulations if note.marks else ()
    return replace(note, marks=NoteMarks(lyrics, articulations) if lyrics or articulations else None)


def _joined(before: tuple[Syllable, ...], after: tuple[Syllable, ...]) -> tuple[Syllable, ...]:
    """The syllables of two notes on one, verse by verse."""
    verses = {syllable.verse: syllable for syllable in before}
    for syllable in after:
        if earlier := verses.get(syllable.verse):
            begins, ends = earlier.place in ("single", "begin"), syllable.place in ("single", "end")
            text = earlier.text + ("" if earlier.place in ("begin", "middle") else " ") + syllable.text
            syllable = replace(syllable, text=text, place=_WORD[begins, ends])
        verses[syllable.verse] = syllable
    return tuple(verses.values())
