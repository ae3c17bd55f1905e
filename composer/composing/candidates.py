"""Several candidates of one brief, of which the critic keeps the best. The others are thrown away, and the sidecar says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from composer.composing.critic import Candidate, choose
from composer.composing.judge import load_judge
from composer.errors import BadInputError
from composer.model.sampling import Result

if TYPE_CHECKING:
    from composer.composing.composition import Composition
    from composer.composing.session import OpenModel

MOST_CANDIDATES = 16
_BROKEN_PROMISE = 1.0
# What a distance of 1 in the report counts. The style judge and the scale are left out, so that they can judge the critic.
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
    "mood_curve": 0.5,
    "soundness": 1.0,
}


def checked_count(count: int) -> int:
    """The number of candidates, 1 to `MOST_CANDIDATES`.

    Raises:
        BadInputError: out of range.
    """
    if not 1 <= count <= MOST_CANDIDATES:
        raise BadInputError(f"number of candidates {count} is out of range: give 1 to {MOST_CANDIDATES}")
    return count


def distance_of(report: Mapping[str, Mapping[str, Any]]) -> float:
    """How far a piece is from its brief: broken promises, and the distances of the aims that count, weighted."""
    broken = sum(_BROKEN_PROMISE for entry in report.values() if entry["ok"] is False)
    missed = sum(weight * (report[name]["distance"] or 0.0) for name, weight in _AIMS.items() if name in report)
    return broken + missed


def pick(made: Sequence[Composition], results: Sequence[Result], opened: OpenModel) -> tuple[int, dict[str, Any]]:
    """Index of the candidate to keep, and what the sidecar says of the choice: how many there were, and the verdict on each.

    Args:
        made: the candidates.
        results: how each was sampled.
        opened: the model that composed them.
    """
    judged = load_judge(opened.folder)
    odds = [float(judged[1].log_odds(judged[0].features(one.score))) if judged else None for one in made]
    chosen, verdicts = choose(
        [
            Candidate(
                one.score,
                result.log_likelihood,
                result.choices,
                distance_of(one.report),
                one.plan.styles,
                opened.human_likelihood,
                log_odds,
            )
            for one, result, log_odds in zip(made, results, odds, strict=True)
        ]
    )
    told = {"count": len(made), "chosen": chosen + 1, "verdicts": [verdict.to_dict() for verdict in verdicts]}
    return chosen, told
