"""Stage positions: pan and distance of each part from the ensemble's instruments. Knows no notes and no sound.

Seats follow common practice: American string seating (violins left, cellos right), winds in the middle behind the strings,
brass and percussion at the back; choirs from soprano on the left to bass on the right.
"""

from __future__ import annotations

from collections.abc import Sequence

from composer.presets import programs_of
from composer.score import Part

Seat = tuple[float, float]  # pan -1..1, distance 0..1

# First match wins; parts in the same row take its seats in turn.
_ROWS: tuple[tuple[range, tuple[Seat, ...]], ...] = (
    (range(40, 41), ((-0.55, 0.25), (-0.25, 0.30), (-0.40, 0.35))),  # violins
    (range(41, 42), ((0.20, 0.30), (0.28, 0.35))),  # violas
    (range(42, 43), ((0.48, 0.28), (0.38, 0.35))),  # cellos
    (range(43, 44), ((0.60, 0.40),)),  # double basses
    (range(46, 47), ((-0.50, 0.45),)),  # harp
    (range(47, 48), ((0.10, 0.70),)),  # timpani
    (range(44, 52), ((-0.40, 0.35), (0.40, 0.35), (-0.15, 0.35), (0.15, 0.35))),  # string sections
    (range(56, 57), ((0.18, 0.65), (0.25, 0.65), (0.32, 0.65))),  # trumpets
    (range(57, 59), ((0.40, 0.65), (0.48, 0.65), (0.55, 0.65))),  # trombones, tuba
    (range(60, 61), ((-0.35, 0.60), (-0.28, 0.60), (-0.42, 0.60), (-0.22, 0.60))),  # horns
    (range(56, 64), ((0.30, 0.65), (-0.30, 0.65))),
    (range(68, 70), ((0.12, 0.50), (0.20, 0.50))),  # oboe, English horn
    (range(70, 71), ((0.25, 0.52), (0.32, 0.52))),  # bassoons
    (range(71, 72), ((-0.22, 0.52), (-0.30, 0.52))),  # clarinets
    (range(64, 68), ((-0.15, 0.40), (0.15, 0.40), (0.35, 0.40), (-0.35, 0.40))),  # saxophones
    (range(72, 80), ((-0.12, 0.50), (-0.20, 0.50), (-0.28, 0.50))),  # flutes and related instruments
    (range(8, 16), ((0.45, 0.60), (-0.45, 0.60))),  # mallets and bells
    (range(24, 32), ((-0.35, 0.20), (0.35, 0.20), (-0.15, 0.20))),  # guitars
    (range(32, 40), ((0.0, 0.10),)),  # basses
    (range(80, 104), ((-0.25, 0.30), (0.25, 0.30), (-0.5, 0.35), (0.5, 0.35))),  # synthesizers
)
_VOICES = programs_of("voice")
# What accompanies a soloist from the middle: keyboards and mallets.
_ACCOMPANISTS = programs_of(
    "piano", "electric-piano", "harpsichord", "celesta", "mallet", "dulcimer",
    "electric-organ", "organ", "reed-organ", "accordion",
)  # fmt: skip
_DRUMS: Seat = (0.0, 0.30)
_CENTER: Seat = (0.0, 0.25)


def seats(parts: Sequence[Part]) -> list[Seat]:
    """Pan (-1 left .. 1 right) and distance (0 front .. 1 back) of each part.

    Single parts and keyboards are in the center; a soloist with a keyboard is slightly to the left, in front.
    """
    pitched = {part.program for part in parts if not part.is_drum}
    soloists = [p for p in parts if not p.is_drum and p.program not in _ACCOMPANISTS]
    if len(soloists) <= 1:
        return [(-0.12, 0.15) if part in soloists and len(pitched) > 1 else _CENTER for part in parts]
    voices = sum(part.program in _VOICES and not part.is_drum for part in parts)
    taken: dict[int, int] = {}
    return [_seat(part, voices, taken) for part in parts]


def _seat(part: Part, voices: int, taken: dict[int, int]) -> Seat:
    """The next free seat for a part; `taken` holds the last seat index per row."""
    if part.is_drum:
        return _DRUMS
    if part.program in _VOICES:
        index = taken[-1] = taken.get(-1, -1) + 1
        return (0.9 * index / (voices - 1) - 0.45 if voices > 1 else 0.0), 0.4
    for row, (programs, places) in enumerate(_ROWS):
        if part.program in programs:
            index = taken[row] = taken.get(row, -1) + 1
            return places[index % len(places)]
    return _CENTER
