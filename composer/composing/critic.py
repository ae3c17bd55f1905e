"""The critic: chooses the best of several candidates.

A candidate loses merit by the distance of its features from human music of its style (`analysis.character`), by the distance of
its likelihood under the model from that of human music (the likeliest candidates are the dullest: Holtzman et al. 2020), by its
distance from the request, and by defects that teachers mark: crossed hands, parallel fifths and octaves in chorale-like voices,
unusual leaps, bars in which nothing happens, unresolved leading notes, endlessly repeated bars, notes that no harmony explains.
Each defect is a share, 0..1, weighted by `_WEIGHTS`; `benchmarks/critic.py` tests the choice on measures that are not used here
(pitch-class entropy, groove and scale consistency, the style judge).

Of a piece with a melody over planned harmony, the marks that blind readers would give are foreseen instead: from the faults of
its melody and harmony, and by the model's judge (`composer.composing.judge`). `python -m tools.fit listener` prints how well.

Knows scores and numbers, not where they come from (the sampler, the report).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any

import numpy as np

from composer.analysis.arrays import Ints, ScoreArrays, score_arrays
from composer.analysis.character import strangeness
from composer.analysis.chord_fit import measure_chord_fit
from composer.analysis.playability import KEYBOARDS, measure_playability
from composer.analysis.texture import is_line
from composer.score import Key, Score

_WIDEST_LEAP = 12  # semitones within a voice; octaves are common, wider leaps rare
_SAME_BAR_RUN = 3  # consecutive unchanged bars that are accepted; human ostinati are longer, but rare
_STRANGENESS_WEIGHT = 4.0
_LIKELIHOOD_WEIGHT = 1.0
_ADHERENCE_WEIGHT = 1.0
# Of the costs of melody and harmony and of the judge's value, all in marks (`python -m tools.fit listener`).
_MELODY_WEIGHT, _HARMONY_WEIGHT, _JUDGE_WEIGHT = 0.43, 0.18, 0.44
_WEIGHTS = {
    "crossed hands": 1.0,
    "parallels": 2.0,
    "leaps": 2.0,
    "dead bars": 2.0,
    "loose leading notes": 0.25,
    "monotony": 1.0,
    "unexplained notes": 0.25,
    "unplayable": 2.0,
}


@dataclass(frozen=True, slots=True)
class Forecast:
    """What foresees the marks of a piece, each in marks.

    Attributes:
        melody: cost of the faults of its melody, 0 or more.
        harmony: cost of the faults of its harmony, 0 or more.
        judge: value by the model's judge; 0 without one.
    """

    melody: float
    harmony: float
    judge: float

    @property
    def mark(self) -> float:
        """The mark, relative to other pieces of the same request."""
        return _JUDGE_WEIGHT * self.judge - _MELODY_WEIGHT * self.melody - _HARMONY_WEIGHT * self.harmony


@dataclass(frozen=True, slots=True)
class Candidate:
    """A candidate and its figures.

    Attributes:
        score: the music.
        log_likelihood: log-likelihood of its sampled ids under the model, in nats.
        choices: number of sampled ids, 1 or more.
        distance: distance from the request, 0 or more.
        styles: requested learned styles, the heaviest first.
        human_likelihood: mean log-likelihood per token (nats) of human music under the model; `None` if not measured.
        forecast: of a piece with a melody over planned harmony.
    """

    score: Score
    log_likelihood: float
    choices: int
    distance: float
    styles: tuple[str, ...] = ()
    human_likelihood: float | None = None
    forecast: Forecast | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Merit of a candidate (higher is better) and its terms.

    Attributes:
        merit: 0 minus all penalties, or the mark that is foreseen minus the distance from the request.
        strangeness: mean distance from human music of the style, in standard deviations.
        likelihood: nats per choice.
        distance: distance from the request.
        defects: shares by name.
        mark: the mark that is foreseen, relative to the other candidates; `None` without a forecast.
    """

    merit: float
    strangeness: float
    likelihood: float
    distance: float
    defects: dict[str, float]
    mark: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """For sidecars, rounded."""
        return {
            "merit": round(self.merit, 4),
            "strangeness": round(self.strangeness, 4),
            "likelihood": round(self.likelihood, 4),
            "distance": round(self.distance, 4),
            **({} if self.mark is None else {"mark": round(self.mark, 4)}),
            "defects": {name: round(share, 4) for name, share in self.defects.items()},
        }


def choose(candidates: Sequence[Candidate]) -> tuple[int, tuple[Verdict, ...]]:
    """Index of the best candidate (the first of equals) and the verdict on each."""
    verdicts = tuple(map(judge, candidates))
    return max(range(len(verdicts)), key=lambda index: verdicts[index].merit), verdicts


def judge(candidate: Candidate) -> Verdict:
    """The merit of one candidate."""
    arrays = score_arrays(candidate.score)
    defects, strange = measure_defects(arrays), strangeness(arrays, candidate.styles)
    likelihood = candidate.log_likelihood / max(candidate.choices, 1)
    human = likelihood if candidate.human_likelihood is None else candidate.human_likelihood
    lost = (
        _STRANGENESS_WEIGHT * strange
        + _LIKELIHOOD_WEIGHT * abs(likelihood - human)
        + sum(_WEIGHTS[name] * share for name, share in defects.items())
    )
    mark = candidate.forecast.mark if candidate.forecast else None
    merit = (-lost if mark is None else mark) - _ADHERENCE_WEIGHT * candidate.distance
    return Verdict(merit, strange, likelihood, candidate.distance, defects, mark)


def measure_defects(score: Score | ScoreArrays) -> dict[str, float]:
    """Share of each defect, 0 (none) to 1, by the names in `DEFECTS`."""
    arrays = score_arrays(score)
    voices = _voices(arrays)
    return {name: measure(arrays, voices) for name, measure in DEFECTS.items()}


@dataclass(frozen=True, slots=True)
class _Voice:
    """A part's top line: onsets in ticks, pitches, and whether the part has no other notes."""

    part: int
    start: Ints
    pitch: Ints
    is_line: bool


def _voices(arrays: ScoreArrays) -> list[_Voice]:
    notes, voices = arrays.notes, []
    for part in np.unique(notes.part).tolist():
        mine = notes.part == part
        start, pitch = notes.start[mine], notes.pitch[mine]
        top = np.append(np.diff(start) > 0, True)
        voices.append(_Voice(part, start[top], pitch[top], is_line(len(start), int(top.sum()))))
    return voices


def _crossed_hands(arrays: ScoreArrays, voices: list[_Voice]) -> float:
    """Share of the onsets common to both staves of a keyboard at which the lower staff is above the upper."""
    parts = arrays.score.parts
    crossed = together = 0
    for upper, lower in pairwise(voices):
        same = parts[upper.part].program == parts[lower.part].program and lower.part == upper.part + 1
        if same and parts[upper.part].program in KEYBOARDS:
            _, at, other = np.intersect1d(upper.start, lower.start, return_indices=True)
            together += len(at)
            crossed += int((lower.pitch[other] > upper.pitch[at]).sum())
    return crossed / together if together else 0.0


def _parallels(arrays: ScoreArrays, voices: list[_Voice]) -> float:
    """Share of the moves of two voices in one direction that go from a perfect fifth or octave to another.

    Only for three or more voices, and moves that both make at the same time; continuous doubling is orchestration.
    """
    lines = [voice for voice in voices if voice.is_line]
    if len(lines) < 3 or len(lines) < len(voices):
        return 0.0
    moves = wrong = 0
    for one, other in combinations(lines, 2):
        _, a, b = np.intersect1d(one.start, other.start, return_indices=True)
        steps = np.stack([np.diff(one.pitch[a]), np.diff(other.pitch[b])])
        neighbors = (np.diff(a) == 1) & (np.diff(b) == 1)
        similar = neighbors & (np.sign(steps[0]) == np.sign(steps[1])) & (steps[0] != 0)
        interval = np.abs(one.pitch[a] - other.pitch[b]) % 12
        bad = similar & (interval[1:] == interval[:-1]) & np.isin(interval[1:], (0, 7))
        if similar.sum() and bad.sum() < 0.5 * similar.sum():
            moves, wrong = moves + int(similar.sum()), wrong + int(bad.sum())
    return wrong / moves if moves else 0.0


def _leaps(arrays: ScoreArrays, voices: list[_Voice]) -> float:
    """Share of the moves of all voices that are leaps wider than an octave within a quarter of a bar or less."""
    steps = wide = 0
    for voice in voices:
        if voice.is_line and len(voice.pitch) > 1:
            quick = np.diff(voice.start) <= int(np.diff(arrays.bar_start).max()) // 4
            steps += len(quick)
            wide += int((quick & (np.abs(np.diff(voice.pitch)) > _WIDEST_LEAP)).sum())
    return wide / steps if steps else 0.0


def _dead_bars(arrays: ScoreArrays, voices: list[_Voice]) -> float:
    """Share of bars in which no note begins, except the last, which may hold its chord."""
    alive = np.zeros(arrays.n_bars, bool)
    alive[arrays.notes.bar] = alive[arrays.drums.bar] = True
    return float(1.0 - alive[:-1].mean()) if arrays.n_bars > 1 else 0.0


def _loose_leading_notes(arrays: ScoreArrays, voices: list[_Voice]) -> float:
    """Share of the leading notes of the stated key, in all voices, that are left by leap."""
    key: Key | None = arrays.score.key
    if key is None:
        return 0.0
    found = loose = 0
    for voice in voices:
        leading = (voice.pitch[:-1] - key.tonic) % 12 == 11
        found += int(leading.sum())
        loose += int((leading & (np.abs(np.diff(voice.pitch)) > 2)).sum())
    return loose / found if found else 0.0


def _monotony(arrays: ScoreArrays, voices: list[_Voice]) -> float:
    """Bars that only repeat their neighbor after three equal ones in a row, as a share of all bars."""
    contents: list[set[tuple[int, int, int]]] = [set() for _ in range(arrays.n_bars)]
    for table in (arrays.notes, arrays.drums):
        for bar, part, position, pitch in zip(
            table.bar.tolist(), table.part.tolist(), table.position.tolist(), table.pitch.tolist(), strict=True
        ):
            contents[bar].add((part, position, pitch))
    run = tired = 0
    for before, now in pairwise(contents):
        run = run + 1 if before == now else 0
        tired += run >= _SAME_BAR_RUN
    return tired / arrays.n_bars


def _unexplained(arrays: ScoreArrays, voices: list[_Voice]) -> float:
    """Share of notes that are explained neither by the stated harmony nor by a step."""
    return 1.0 - measure_chord_fit(arrays).stepwise


def _unplayable(arrays: ScoreArrays, voices: list[_Voice]) -> float:
    return max((part.unplayable_chords for part in measure_playability(arrays)), default=0.0)


DEFECTS: dict[str, Callable[[ScoreArrays, list[_Voice]], float]] = {
    "crossed hands": _crossed_hands,
    "parallels": _parallels,
    "leaps": _leaps,
    "dead bars": _dead_bars,
    "loose leading notes": _loose_leading_notes,
    "monotony": _monotony,
    "unexplained notes": _unexplained,
    "unplayable": _unplayable,
}
