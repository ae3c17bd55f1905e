"""The registers of a piece's melody, bass and left hand, drawn for each piece from those of human pieces in the style.

Also the pace of the melody, and how often a pianist's hands strike chords.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from composer.arranging.setting import Setting
from composer.arranging.tables import register_quartiles
from composer.presets import EnsemblePart, programs_of
from composer.score import Key

_HOMES = (0, 7)  # semitones above the tonic of the lowest note of an easy melody
_OF_HANDS = ("doubled", "chords", "held", "rests", "changes")
_APART = 12  # minimum semitones from the lowest pitch of the bass to that of the melody

# Of styles without a row for pianists.
_WIDEST = 127
_DOUBLED, _CHORDS, _CHANGES = 0.3, 0.4, 0.5


@dataclass(frozen=True, slots=True)
class Registers:
    """Registers of a piece.

    Attributes:
        low, high: lowest and highest pitch of the melody.
        bass: lowest pitch of the bass below it.
        pace: notes of the melody per quarter note; `None` for any.
        span: semitones that a pianist's left hand spans in a bar.
        doubled: share of bars in which most strokes of the right hand are chords.
        chords: share of bars in which most strokes of the left hand after the first one are chords.
        held: share of bars in which a pianist's left hand strikes once in two quarters or less.
        rests: share of bars in which it rests for more than a quarter of the bar.
        changes: share of bars in which it has another rhythm than in the bar before.
    """

    low: int
    high: int
    bass: int
    pace: float | None = None
    span: int = _WIDEST
    doubled: float = _DOUBLED
    chords: float = _CHORDS
    held: float = 0.0
    rests: float = 0.0
    changes: float = _CHANGES


def registers_of(setting: Setting) -> Registers:
    """The registers of a piece, drawn by its seed between the quartiles of its style.

    A melody that begins low also ends low: one draw places its lowest and its highest pitch. A style without a row has the
    registers of its band, any bass and any left hand; one whose human pieces are single lines has any bass, too.
    """
    row = register_quartiles().get(setting.band.name)
    if row is None:
        return Registers(*setting.band.register, 0)
    melody, bass, left = (setting.chance("register of the", who).random() for who in ("melody", "bass", "left hand"))
    low, high = _at(row["low"], melody), _at(row["high"], melody)
    pace = _between(row["pace"], setting.chance("pace of the melody").random())
    lowest = min(_at(row["bass"], bass), low - _APART) if "bass" in row else 0
    found = Registers(low, high, lowest, pace)
    if "span" not in row:
        return found
    return replace(found, span=_at(row["span"], left), **{name: row[name] for name in _OF_HANDS})


def sung_by(part: EnsemblePart, low: int, high: int) -> tuple[int, int]:
    """The register of a melody, moved by octaves to the voice that sings it: a tenor sings an octave below a soprano.

    Other instruments have the register as it is.

    >>> sung_by(EnsemblePart("Tenor", 52, low=48, high=69), 62, 77), sung_by(EnsemblePart("Voice", 52, low=55, high=81), 62, 77)
    ((50, 65), (62, 77))
    """
    if part.is_drum or part.program not in programs_of("voice"):
        return low, high

    def outside(octaves: int) -> tuple[int, int]:
        return max(0, part.low - low - 12 * octaves) + max(0, high + 12 * octaves - part.high), abs(octaves)

    moved = 12 * min((-2, -1, 0), key=outside)
    return low + moved, high + moved


def easy_span(part: EnsemblePart, span: tuple[int, int], semitones: int, key: Key) -> tuple[int, int]:
    """The part of a melody's register that is easy: about the middle of it, from a tonic or dominant up.

    >>> easy_span(EnsemblePart("Trumpet", 56, low=52, high=76), (62, 79), 12, Key.parse("Bb major"))
    (58, 70)
    """
    low, high = max(span[0], part.low), min(span[1], part.high)
    if high - low <= semitones:
        return low, high
    homes = [pitch for pitch in range(part.low, part.high - semitones + 1) if (pitch - key.tonic) % 12 in _HOMES]
    lowest = min(homes, key=lambda pitch: abs(2 * pitch + semitones - low - high), default=low)
    return lowest, lowest + semitones


def _at(quartiles: Sequence[int], share: float) -> int:
    """The pitch at a share, 0 to 1, of the way from the first to the third quartile."""
    return round(_between(quartiles, share))


def _between(quartiles: Sequence[float], share: float) -> float:
    """The value at a share, 0 to 1, of the way from the first to the third quartile."""
    first, median, third = quartiles
    return first + 2 * share * (median - first) if share < 0.5 else median + (2 * share - 1) * (third - median)
