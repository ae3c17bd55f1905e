"""Several candidates of one request, of which the critic keeps the best. The sidecar says how many were discarded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from composer.composing.critic import Candidate, Forecast, choose
from composer.composing.judge import load_judge
from composer.composing.record import PieceRecord
from composer.composing.session import OpenModel
from composer.errors import BadInputError
from composer.harmony.judging import faults_of_plan
from composer.melody.writer import faults_of_melody

MOST_CANDIDATES = 16
_BROKEN_PROMISE = 1.0
# Weight of a distance of 1 in the report; "mood" is an entry of the verbs, the others are of composed pieces. The style judge
# and the scale are left out, so that they can judge the critic.
_AIMS = {
    "estimated_key": 0.1,
    "silent_parts": 0.25,
    "form": 1.0,
    "cadence": 0.5,
    "chords": 1.0,
    "density": 0.25,
    "polyphony": 0.25,
    "valence": 0.5,
    "arousal": 0.5,
    "mood": 0.5,
    "mood_curve": 0.5,
    "soundness": 1.0,
}


def checked_count(count: int) -> int:
    """The number of candidates, 1 to `MOST_CANDIDATES`.

    Raises:
        BadInputError: out of range.
    """
    if not 1 <= count <= MOST_CANDIDATES:
        raise BadInputError(f"number of candidates {str(count)[:20]} is out of range: give 1 to {MOST_CANDIDATES}")
    return count


class Sampled(Protocol):
    """How a candidate was sampled; see `composer.model.sampling.Result`."""

    @property
    def log_likelihood(self) -> float:
        """Of the sampled ids, in nats."""

    @property
    def choices(self) -> int:
        """How many ids were sampled."""


def distance_of(report: Mapping[str, Mapping[str, Any]]) -> float:
    """Distance of a piece from its request: broken promises, and the weighted distances of the aims that count."""
    broken = sum(_BROKEN_PROMISE for entry in report.values() if entry.get("ok") is False)
    missed = sum(weight * (report[name]["distance"] or 0.0) for name, weight in _AIMS.items() if name in report)
    return broken + missed


def pick(made: Sequence[PieceRecord], results: Sequence[Sampled], opened: OpenModel) -> tuple[int, dict[str, Any]]:
    """Index of the candidate to keep, and what the sidecar says of it: the number of candidates and the verdict on each.

    Args:
        made: the candidates.
        results: how each was sampled.
        opened: the model that wrote them.
    """
    chosen, verdicts = choose(
        [
            Candidate(
                one.score,
                result.log_likelihood,
                result.choices,
                distance_of(one.report if one.is_composed else one.report["requested"]),
                one.plan.styles if one.plan else tuple(name for name, _ in one.brief.style),
                opened.human_likelihood,
                _forecast(one, opened),
            )
            for one, result in zip(made, results, strict=True)
        ]
    )
    return chosen, {"count": len(made), "chosen": chosen + 1, "verdicts": [verdict.to_dict() for verdict in verdicts]}


def _forecast(one: PieceRecord, opened: OpenModel) -> Forecast | None:
    """What foresees the marks of a piece; `None` if it has no melody over planned harmony."""
    if one.plan is None or not (melody := faults_of_melody(one.plan)):
        return None
    loaded = load_judge(opened.folder)
    value = float(loaded[1].value(loaded[0].features(one.score))) if loaded else 0.0
    return Forecast(sum(melody.values()), sum(faults_of_plan(one.plan).values()), value)
