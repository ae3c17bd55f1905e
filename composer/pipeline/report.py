"""Asked against measured: what a finished score shows of each control of its brief.

The measurements are those of `composer.analysis`, the same that labelled the training corpus.
"""

from __future__ import annotations

from typing import Any

from composer.analysis import analyse
from composer.brief import Brief
from composer.plan import Plan
from composer.score import Score


def make_report(brief: Brief, plan: Plan, score: Score) -> dict[str, Any]:
    """One entry a control: `asked` (null where the brief is silent), `planned`, `measured` and whether it holds (`ok`).

    `ok` is null for controls that are aims, not promises: there the distance between asked and measured is told.
    """
    analysis = analyse(score)
    meters = sorted({str(bar.time_signature) for bar in score.bars})
    entries = {
        "key": _exact(brief.key and str(brief.key), str(plan.key), str(score.key)),
        "estimated_key": _aim(brief.key and str(brief.key), str(analysis.key.key)),
        "meter": _exact(brief.meter and str(brief.meter), str(plan.meter), " ".join(meters)),
        "tempo_qpm": _exact(brief.tempo_qpm, plan.tempo_qpm, score.qpm_at(0)),
        "bars": _exact(brief.bars, plan.bars, len(score.bars)),
        "duration_s": _near(brief.duration_s, round(plan.duration_s, 3), round(score.duration_s, 3)),
        "programs": _exact(
            None,
            [_program(part.program, part.is_drum) for part in plan.parts],
            [_program(p.program, p.is_drum) for p in score.parts],
        ),
        "silent_parts": _aim(None, [part.name for part in score.parts if not part.notes]),
    }
    if plan.moods:
        asked = plan.moods[0]
        entries["valence"] = _aim(round(asked.valence, 3), round(analysis.mood.valence, 3))
        entries["arousal"] = _aim(round(asked.arousal, 3), round(analysis.mood.arousal, 3))
    return entries


def _program(program: int, is_drum: bool) -> int | str:
    return "drums" if is_drum else program


def _exact(asked: object, planned: object, measured: object) -> dict[str, Any]:
    return {"asked": asked, "planned": planned, "measured": measured, "ok": planned == measured}


def _near(asked: float | None, planned: float, measured: float, tolerance: float = 0.05) -> dict[str, Any]:
    wanted = planned if asked is None else asked
    return {"asked": asked, "planned": planned, "measured": measured, "ok": abs(wanted - measured) <= tolerance}


def _aim(asked: object, measured: object) -> dict[str, Any]:
    return {"asked": asked, "measured": measured, "ok": None}
