"""The quality of a plan of chords beyond its likelihood: a functional bass, variety, no alternation of two chords.

Each measure is a penalty, 0 for usual values. Those of the bass, of cadences and of the second bar were fitted to the marks of
blind readers (docs/decisions.md), the others set by hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from composer.analysis.chord_functions import leads_seventh, scale_in
from composer.score import Chord

Bar = tuple[Chord | None, ...]
_MINOR_TONIC = 9  # pitch class, in functional pitch
_SEVENTHS = (9, 10, 11)  # semitones above the root


def faults_of(bars: Sequence[Bar], minor: bool) -> dict[str, float]:
    """Penalties of a plan in functional pitch, by name."""
    line = [chord for chords in bars for chord in chords if chord is not None]
    changes = _changes(line)
    if len(line) < 4:
        return {}
    tonic = _MINOR_TONIC if minor else 0
    return {
        "rocking": 3.0 * max(0.0, _rocking(changes) - 0.08),
        "standing": 2.0 * _standing(bars),
        "six-four": 4.0 * _loose_six_fours(line),
        "sevenths": 4.0 * _loose_sevenths(changes),
        "bass": 1.0 * max(0.0, 0.5 - _stepwise(changes)),
        "bass tritones": 3.0 * _tritones(changes),
        "root positions": 2.0 * max(0.0, 0.25 - _inverted(changes)),
        "cadences": 0.8 * max(0.0, 0.3 - _cadences(changes, tonic) / len(bars)),
        "unsettled": 0.2 * _unsettled(bars, tonic),
        "repeats": 1.0 * max(0.0, _repeats(bars) - 0.12),
        "variety": 1.0 * max(0.0, 0.45 - _variety(bars)),
        "foreign": 2.0 * max(0.0, _foreign(line, minor) - 0.2),
        "leaping roots": 2.0 * _unrelated(changes),
        "rising seconds": 1.5 * max(0.0, _rising(changes) - 0.14),
    }


def traits_of(bars: Sequence[Bar]) -> dict[str, float]:
    """Shares, 0..1, of a piece's chords, by name; 0 if there is nothing to count.

    "rocking" counts A B A B, "bass" its steps, "variety" different chords, "inverted" chords in inversion, "fall" roots that
    fall by a fifth, "repeats" bars with the chords of four bars before.

    >>> C, G = Chord.parse("C"), Chord.parse("G")
    >>> traits_of([(C,), (G,), (C,), (G,)])
    {'rocking': 1.0, 'bass': 0.0, 'variety': 0.5, 'inverted': 0.0, 'fall': 0.3333333333333333, 'repeats': 0.0}
    """
    line = [chord for chords in bars for chord in chords if chord is not None]
    changes = _changes(line)
    return {
        "rocking": _rocking(changes),
        "bass": _stepwise(changes),
        "variety": _variety(bars),
        "inverted": _inverted(changes),
        "fall": _falling(changes),
        "repeats": _repeats(bars),
    }


def _changes(line: Sequence[Chord]) -> list[Chord]:
    """The chords without immediate repetitions."""
    return [chord for index, chord in enumerate(line) if index == 0 or chord != line[index - 1]]


def _rocking(changes: Sequence[Chord]) -> float:
    """Share of chords that are the last of a passage A B A B."""
    hits = sum(
        a.root == c.root and b.root == d.root and a.root != b.root
        for a, b, c, d in zip(changes, changes[1:], changes[2:], changes[3:], strict=False)
    )
    return hits / max(1, len(changes) - 3)


def _standing(bars: Sequence[Bar]) -> float:
    """Share of bars without a change of harmony, beyond three in a row."""
    run = extra = 0
    for index, chords in enumerate(bars):
        roots = {chord.root for chord in chords if chord}
        before = {chord.root for chord in bars[index - 1] if chord} if index else set()
        run = run + 1 if len(roots) == 1 and roots == before else 0
        extra += run >= 2
    return extra / len(bars)


def _loose_six_fours(line: Sequence[Chord]) -> float:
    """Share of chords in second inversion that are neither cadential nor passing nor over a held bass."""
    loose = 0
    for before, chord, after in zip([None, *line], line, [*line[1:], None], strict=False):
        if chord.bass is None or (chord.bass - chord.root) % 12 not in (6, 7, 8):
            continue
        cadential = after is not None and after.lowest == chord.bass and after.root == chord.bass
        near = [abs((chord.bass - other.lowest + 6) % 12 - 6) <= 2 for other in (before, after) if other]
        loose += not (cadential or (near and all(near)))
    return loose / len(line)


def _loose_sevenths(changes: Sequence[Chord]) -> float:
    """Share of chords with a seventh in the bass that does not lead on, or a dominant seventh that goes back.

    A dominant seventh goes back to a chord a fifth above it or a whole tone below it (V to II or IV).
    """
    loose = 0
    for before, chord, after in zip([None, *changes], changes, changes[1:], strict=False):
        tones = {(pitch - chord.root) % 12 for pitch in chord.pitch_classes}
        above = (chord.lowest - chord.root) % 12
        stands = above in _SEVENTHS and chord.lowest != after.lowest and not leads_seventh(before, chord, after)
        returns = {4, 10} <= tones and (after.root - chord.root) % 12 in (7, 10)
        loose += stands or returns
    return loose / max(1, len(changes) - 1)


def _stepwise(changes: Sequence[Chord]) -> float:
    """Share of the bass's moves that are steps."""
    moves = [abs((b.lowest - a.lowest + 6) % 12 - 6) for a, b in pairwise(changes)]
    moving = [move for move in moves if move]
    return sum(move <= 2 for move in moving) / len(moving) if moving else 0.0


def _tritones(changes: Sequence[Chord]) -> float:
    """Share of the bass's moves by a tritone."""
    return sum((b.lowest - a.lowest) % 12 == 6 for a, b in pairwise(changes)) / max(1, len(changes) - 1)


def _cadences(changes: Sequence[Chord], tonic: int) -> int:
    """Moves of the root from the dominant to the tonic."""
    return sum(b.root == tonic and (b.root - a.root) % 12 == 5 for a, b in pairwise(changes))


def _unsettled(bars: Sequence[Bar], tonic: int) -> bool:
    """Whether the second bar with chords has no tonic."""
    second = [bar for bar in bars if any(bar)][1:2]
    return any(all(chord is None or chord.root != tonic for chord in bar) for bar in second)


def _inverted(changes: Sequence[Chord]) -> float:
    """Share of chords that are not in root position (human music by style: `python -m benchmarks harmony_plans`)."""
    return sum(chord.lowest != chord.root for chord in changes) / max(1, len(changes))


def _falling(changes: Sequence[Chord]) -> float:
    """Share of root motions by a falling fifth."""
    return sum((b.root - a.root) % 12 == 5 for a, b in pairwise(changes)) / max(1, len(changes) - 1)


def _repeats(bars: Sequence[Bar]) -> float:
    """Share of bars with the chords of four bars before."""
    return sum(bar == earlier for bar, earlier in zip(bars[4:], bars, strict=False)) / max(1, len(bars) - 4)


def _variety(bars: Sequence[Bar]) -> float:
    """Mean number of different chords per bar in windows of eight bars, at most 1 each."""
    windows = [bars[start : start + 8] for start in range(0, max(1, len(bars) - 7), 4)]
    return sum(min(1.0, len({c for chords in w for c in chords}) / len(w)) for w in windows) / len(windows)


def _foreign(line: Sequence[Chord], minor: bool) -> float:
    """Share of chords off the key's scale that do not resolve to a chord a fifth below or a semitone above."""
    home = scale_in(_MINOR_TONIC, "minor") if minor else scale_in(0, "major")
    found = 0
    for chord, after in zip(line, [*line[1:], None], strict=False):
        resolved = after is not None and ((chord.root - after.root) % 12 in (7, 11) or after.root == chord.root)
        found += not (chord.pitch_classes <= home) and not resolved
    return found / len(line)


def _unrelated(changes: Sequence[Chord]) -> float:
    """Share of root motions by a tritone from a triad."""
    pairs = list(pairwise(changes))
    return sum((b.root - a.root) % 12 == 6 and a.quality in ("maj", "min") for a, b in pairs) / max(1, len(pairs))


def _rising(changes: Sequence[Chord]) -> float:
    """Share of root motions by a rising second; .14 in human openings of masses and quartets."""
    return sum((b.root - a.root) % 12 in (1, 2) for a, b in pairwise(changes)) / max(1, len(changes) - 1)
