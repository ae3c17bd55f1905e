"""Lines of melodies: the search follows its rules and is determined by its seed."""

from __future__ import annotations

import random
from itertools import pairwise

from composer.arranging.line_search import Place, find_line

_SCALE = frozenset({0, 2, 4, 5, 7, 9, 11})
_TRIAD = frozenset({0, 4, 7})


def places(aims: list[float], **options: object) -> list[Place]:
    return [Place(_TRIAD, _TRIAD, _SCALE, index % 2 == 0, aim, **options) for index, aim in enumerate(aims)]


def line(wanted: list[Place], seed: int = 1, before: list[int] | None = None) -> list[int]:
    return find_line(wanted, 55, 84, before or [], 0.3, random.Random(seed))


def test_strong_notes_are_chord_tones_and_others_pass_by_step() -> None:
    for seed in range(5):
        pitches = line(places([60, 62, 64, 66, 68, 70, 72, 70, 67]), seed)
        assert all(pitch % 12 in _TRIAD for pitch in pitches[::2])
        for pitch, following in pairwise(pitches):
            assert pitch % 12 in _TRIAD or 0 < abs(following - pitch) <= 2


def test_a_line_follows_its_aims() -> None:
    low, high = line(places([60.0] * 9)), line(places([74.0] * 9))
    assert max(low) <= 67 < min(high)


def test_a_motif_that_returns_keeps_its_moves() -> None:
    pitches = line(places([67.0] * 5), before=[67])
    moves = [0, 1, 1, -1, -1]
    wanted = [Place(_SCALE, _SCALE, _SCALE, False, 67, move if index else None) for index, move in enumerate(moves)]
    ladder = sorted(pitch for pitch in range(55, 85) if pitch % 12 in _SCALE)
    found = [ladder.index(pitch) for pitch in line(wanted)]
    assert [b - a for a, b in pairwise(found)] == moves[1:]
    assert len(pitches) == 5


def test_a_half_step_outside_the_scale_leads_up() -> None:
    wanted = [Place(_TRIAD, _TRIAD, _SCALE, index % 2 == 0, 66, None, True) for index in range(40)]
    pitches = line(wanted, 3)
    outside = [(pitch, following) for pitch, following in pairwise(pitches) if pitch % 12 not in _SCALE]
    assert all(following == pitch + 1 for pitch, following in outside)


def test_the_same_seed_gives_the_same_line() -> None:
    wanted = places([62, 65, 67, 70, 72, 69, 64, 62, 60])
    assert line(wanted, 4) == line(wanted, 4)
    assert any(line(wanted, 4) != line(wanted, seed) for seed in range(5, 9))


def test_a_line_avoids_what_costs_beside_other_voices() -> None:
    wanted = places([67.0] * 8)
    free = find_line(wanted, 55, 84, [], 0.3, random.Random(1))
    kept = find_line(wanted, 55, 84, [], 0.3, random.Random(1), lambda number, last, pitch: 50.0 * (pitch > 64))
    assert max(free) > 64 >= max(kept)
