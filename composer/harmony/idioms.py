"""Counts the idioms of a piece's harmony: applied and borrowed chords, sequences, and how its cadences are prepared.

Pitch is functional: C major or A minor. Terms after Aldwell and Schachter, *Harmony and Voice Leading*, and Caplin (1998).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from composer.analysis.chord_functions import is_applied, is_augmented_sixth, is_borrowed, is_six_four, scale_in
from composer.score import Chord, Mode

Bar = tuple[Chord | None, ...]
_CHAIN = 3  # root motions by falling fifths that make a sequence


def idioms_of(bars: Sequence[Bar], mode: Mode, closes: Sequence[str | None]) -> dict[str, float]:
    """Shares of a piece, 0..1: of its chords, and (from "prepared" on) of its closes; chords per bar at the end.

    >>> line = [Chord.parse(symbol) for symbol in "C A7 Dm G7 C".split()]
    >>> found = idioms_of([(chord,) for chord in line], "major", [None, None, None, None, "authentic"])
    >>> found["applied"], found["sequence"], found["prepared"]
    (0.2, 0.8, 1.0)
    """
    line = [(bar, chord) for bar, chords in enumerate(bars) for chord in chords if chord is not None]
    changes = [pair for index, pair in enumerate(line) if index == 0 or pair[1] != line[index - 1][1]]
    chords = [chord for _, chord in changes]
    count = max(1, len(chords))
    tonic, pairs = (0 if mode == "major" else 9), list(pairwise(chords))
    ends = [bar for bar, kind in enumerate(closes) if kind]
    tails = [_tail(bars, bar) for bar in ends]
    shares = {
        "chromatic": sum(not chord.pitch_classes <= scale_in(tonic, mode) for chord in chords) / count,
        "applied": sum(is_applied(one, two, tonic, mode) for one, two in pairs) / count,
        "dim7": sum(chord.quality == "dim7" for chord in chords) / count,
        "borrowed": sum(is_borrowed(chord, tonic, mode) for chord in chords) / count,
        "sixths": sum(is_augmented_sixth(one, two, tonic) for one, two in pairs) / count,
        "sequence": _in_sequences(chords) / count,
        "pedal": sum(_holds(changes, index) for index in range(len(changes) - 2)) / count,
    }
    of_ends = {
        "prepared": sum(_is_prepared(tail, tonic) for tail in tails),
        "six-four": sum(any(is_six_four(chord, tonic) for chord in tail) for tail in tails),
        **{kind: sum(closes[bar] == kind for bar in ends) for kind in ("half", "related", "deceptive", "plagal")},
    }
    shares |= {name: found / max(1, len(ends)) for name, found in of_ends.items()}
    inner = set(range(len(bars))) - {bar + back for bar in ends for back in (0, -1)}
    shares["chords a bar"] = _mean([len(bars[bar]) for bar in inner])
    shares["before a close"] = _mean([len(bars[bar - 1]) for bar in ends if bar])
    return shares


def phrase_lengths(closes: Sequence[str | None]) -> list[int]:
    """Bars from each cadence to the next, including the first phrase."""
    ends = [-1, *(bar for bar, kind in enumerate(closes) if kind)]
    return [after - before for before, after in pairwise(ends)]


def _tail(bars: Sequence[Bar], bar: int) -> list[Chord]:
    """The last four chords up to a cadence."""
    return [chord for chords in bars[max(0, bar - 3) : bar + 1] for chord in chords if chord is not None][-4:]


def _is_prepared(tail: Sequence[Chord], tonic: int) -> bool:
    """Whether a chord of the second, fourth or sixth degree, or an applied dominant, comes before the dominant of a close."""
    return any((chord.root - tonic) % 12 in (2, 5, 8, 6, 1) for chord in tail[:-1])


def _in_sequences(chords: Sequence[Chord]) -> int:
    """Chords that are part of chains of falling fifths."""
    found, run = 0, 1
    for one, two in [*pairwise(chords), (None, None)]:
        if one and two and (two.root - one.root) % 12 in (5, 6):
            run += 1
            continue
        found += run if run > _CHAIN else 0
        run = 1
    return found


def _holds(changes: Sequence[tuple[int, Chord]], index: int) -> bool:
    """Whether three chords in a row, not all of one root, have the same bass."""
    three = [chord for _, chord in changes[index : index + 3]]
    return len({chord.lowest for chord in three}) == 1 and len({chord.root for chord in three}) > 1


def _mean(values: Sequence[int]) -> float:
    return sum(values) / len(values) if values else 0.0
