"""Slurs over the phrases of wind and bowed parts. Knows symbols and bars, no file format.

A slur joins notes of one voice that are not separated by rests. It ends at a breath, before a repeated pitch, a staccato or
accented note, a leap beyond an octave and a new section, and at the second barline.

Voices have none: their slurs join the notes of one syllable, and scores have no text.

Source: the phrase slurs of E. Gould, "Behind Bars" (2011), limited to what can be inferred from notes.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from composer.formats.engraving.rhythm import Symbol
from composer.presets import programs_of

_LINES = programs_of(
    "solo-strings", "tremolo-strings", "string-section", "brass", "brass-section",
    "saxophone", "reed", "pipe", "fiddle", "shawm",
)  # fmt: skip
_FEWEST_NOTES = 3
_MOST_BARS = 2
_WIDEST_LEAP = 12


def mark_slurs(program: int, bars: Sequence[Sequence[Sequence[Symbol]]], sections: Collection[int]) -> None:
    """Sets the slur ends of one staff.

    Args:
        program: General MIDI program of the player; pianos, plucked strings, percussion and voices get no slurs.
        bars: the voices of each bar.
        sections: indices of bars that start a section.
    """
    if program not in _LINES:
        return
    phrase: list[tuple[int, Symbol]] = []  # bar and symbol
    for index, voices in enumerate(bars):
        if len(voices) > 1:
            _close(phrase)
            continue
        if index in sections:
            _close(phrase)
        for symbol in voices[0]:
            if len(symbol.members) != 1:
                _close(phrase)
                continue
            if _breaks(phrase, index, symbol):
                _close(phrase)
            if not _is_detached(symbol):
                phrase.append((index, symbol))
    _close(phrase)


def _is_detached(symbol: Symbol) -> bool:
    given = symbol.marks.articulations if symbol.marks else ()
    return symbol.staccato or symbol.accent is not None or symbol.tremolo > 0 or any(name != "tenuto" for name in given)


def _is_tied(symbol: Symbol) -> bool:
    """Whether a symbol is tied to the previous one."""
    return symbol.tied_from or symbol.members[0].tied_from


def _breaks(phrase: Sequence[tuple[int, Symbol]], bar: int, symbol: Symbol) -> bool:
    """Whether the slur must end before a symbol."""
    if not phrase or _is_tied(symbol):
        return False
    before = phrase[-1][1]
    pitch, last = symbol.members[0].note.pitch, before.members[0].note.pitch
    return (
        before.breath
        or bar - phrase[0][0] >= _MOST_BARS
        or pitch == last
        or abs(pitch - last) > _WIDEST_LEAP
        or _is_detached(symbol)
    )


def _close(phrase: list[tuple[int, Symbol]]) -> None:
    """Draws a slur if the phrase is long enough, then clears the phrase."""
    if sum(not _is_tied(symbol) for _, symbol in phrase) >= _FEWEST_NOTES:
        phrase[0][1].slur_ends += ("start",)
        phrase[-1][1].slur_ends += ("stop",)
    phrase.clear()
