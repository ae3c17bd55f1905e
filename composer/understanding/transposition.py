"""Transposition of a whole piece, by semitones, by an interval or to a key. Knows no file format."""

from __future__ import annotations

import re
from dataclasses import replace

from composer.brief.limits import counted
from composer.errors import BadInputError
from composer.presets import instrument_of
from composer.score import MODAL_NAMES, Key, Part, Score
from composer.understanding.understand import understand

_MOST = 48  # semitones
_OCTAVE = 12
_INTERVALS = {
    "P1": 0, "m2": 1, "M2": 2, "m3": 3, "M3": 4, "P4": 5, "A4": 6, "d5": 6, "P5": 7, "m6": 8, "M6": 9, "m7": 10, "M7": 11,
    "P8": 12, "m9": 13, "M9": 14, "octave": 12, "8ve": 12,
}  # fmt: skip
_TO_KEY = re.compile(r"\s*to\s+(.+?)\s*", re.IGNORECASE)
_KEY_IN_TITLE = re.compile(rf"(?<=\bin )[A-G][b#]? (?:major|minor|{'|'.join(MODAL_NAMES)})\b")
_BY_INTERVAL = re.compile(r"\s*([A-Za-z0-9]+)\s*(up|down)?\s*")
_BY_SEMITONES = re.compile(r"\s*([+-]?\d{1,3})\s*")


def transpose(score: Score, text: str) -> Score:
    """The piece in another key; keys, chord symbols and a key that the title names move with its notes, drums stay.

    Args:
        score: the piece.
        text: semitones ("-3", "+5"), an interval ("m3 down", "octave up") or a key ("to E minor"), reached the nearest way.

    Raises:
        BadInputError: the text is none of these, the key has another mode than the piece, or a note would leave MIDI's range.

    >>> from composer.score import Note
    >>> piece = Score((Part("Flute", 73, (Note(0, 60, 480),)),))
    >>> [transpose(piece, text).parts[0].notes[0].pitch for text in ("-3", "m3 down", "octave up")]
    [57, 57, 72]
    """
    target = _target(text)
    semitones = _semitones(text) if target is None else _to(score, target)
    pitches = [note.pitch + semitones for part in score.parts if not part.is_drum for note in part.notes]
    if pitches and not 0 <= min(pitches) <= max(pitches) <= 127:
        raise BadInputError(f"transposition {text!r} leads to notes outside 0 to 127: give a smaller one")
    moved = score.transposed(semitones)
    moved = replace(moved, title=_KEY_IN_TITLE.sub(lambda found: _renamed(found, score, semitones, target), score.title))
    if target is None:
        return moved
    same = (target.tonic, target.mode, target.church)  # spelled as requested: G flat major or F sharp major
    keys = (replace(k, key=target) if (k.key.tonic, k.key.mode, k.key.church) == same else k for k in moved.keys)
    return replace(moved, keys=tuple(keys))


def _renamed(found: re.Match[str], score: Score, semitones: int, target: Key | None) -> str:
    """The key in a title after the transposition; as it was if it is not the key of the piece."""
    named = Key.parse(found[0])
    if score.key is None or score.key.fifths != named.fifths:
        return found[0]
    moved = named.transposed(semitones)
    is_target = target is not None and (target.tonic, target.mode, target.church) == (moved.tonic, moved.mode, moved.church)
    return str(target if is_target else moved)


def newly_out_of_range(before: Score, after: Score) -> str:
    """One line on the notes that a transposition moved out of the ranges of their instruments; empty if there are none."""
    pairs = ((part.name, _outside(part) - _outside(old)) for old, part in zip(before.parts, after.parts, strict=True))
    found = [(name, more) for name, more in pairs if more > 0]
    total = sum(more for _, more in found)
    listed = ", ".join(f"{more} of {name}" for name, more in found)
    return f"out of range by the transposition: {counted(total, 'note', 'notes')} ({listed})" if found else ""


def _outside(part: Part) -> int:
    if part.is_drum:
        return 0
    usual = instrument_of(part.program, part.name)
    return sum(not usual.low <= note.pitch <= usual.high for note in part.notes)


def _target(text: str) -> Key | None:
    match = _TO_KEY.fullmatch(text)
    return Key.parse(match[1]) if match else None


def _to(score: Score, target: Key) -> int:
    """Semitones from the key of a piece to another one, -5 to 6."""
    key = understand(score).key
    if key is None:
        raise BadInputError(f"the piece has no key from which to go to {target}: give semitones")
    if (key.mode, key.church) != (target.mode, target.church):
        raise BadInputError(f"the piece is in {key}, and a transposition to {target} would change its mode: give semitones")
    up = (target.tonic - key.tonic) % _OCTAVE
    return up - _OCTAVE if up > _OCTAVE // 2 else up


def _semitones(text: str) -> int:
    """The semitones of a number or of an interval.

    >>> [_semitones(text) for text in ("+2", "M2", "P5 down")]
    [2, 2, -7]
    """
    number, interval = _BY_SEMITONES.fullmatch(text), _BY_INTERVAL.fullmatch(text)
    if number:
        semitones = int(number[1])
    elif interval and interval[1] in _INTERVALS:
        semitones = _INTERVALS[interval[1]] * (-1 if interval[2] == "down" else 1)
    else:
        raise BadInputError(
            f"transposition {text!r} is not understood: give semitones (-3), an interval (m3 down) or a key (to E minor)"
        )
    if abs(semitones) > _MOST:
        raise BadInputError(f"transposition {text!r} is out of range: give -{_MOST} to {_MOST} semitones")
    return semitones
