"""The report of a verb: how the piece was understood, how many given notes are kept, requested against measured."""

from __future__ import annotations

from collections import Counter
from math import hypot
from typing import Any

from composer.analysis import Analysis, analyze
from composer.analysis.style import judge_style
from composer.brief import Brief
from composer.plan.mood_path import choose_mood
from composer.plan.styles import choose_style
from composer.presets import style_names
from composer.rework.carried import Carried
from composer.rework.material import Finished, Material
from composer.score import Score

Entry = dict[str, Any]


def report_on(material: Material, brief: Brief, finished: Finished, rules_passed_over: int) -> dict[str, Any]:
    """How the piece was understood, how many of its notes are in the result as they were, and measurements of the result.

    Each request of the brief has an entry as in the report of a composed piece: `requested`, `measured`, and `ok` for a promise
    or `distance` for an aim, with `before`, measured on the user's piece.
    """
    score = finished.score
    before, after = Counter(_notes(material.user)), Counter(_notes(score))
    kept = (before & after).total()
    analysis = analyze(score, finished.notation.key)
    return {
        "understood": {
            "key": material.key and str(material.key),
            "meter": str(material.understood.meter),
            "bars": len(material.understood.score.bars),
            "timing": material.understood.timing,
            "remarks": list(material.understood.notes),
        },
        "notes": {
            **{"given": before.total(), "kept": kept, "new": after.total() - kept},
            **_melody(finished.melody),
        },
        **({"warnings": list(finished.warnings)} if finished.warnings else {}),
        "rules_passed_over": rules_passed_over,
        "bars": len(finished.notation.bars),
        "valence": round(analysis.mood.valence, 3),
        "arousal": round(analysis.mood.arousal, 3),
        "requested": _requested(material, brief, finished, analysis),
    }


def _melody(carried: Carried | None) -> Entry:
    if carried is None:
        return {}
    return {"melody": carried.kept, "melody_given": carried.given, "melody_parts": list(carried.parts)}


def _requested(material: Material, brief: Brief, finished: Finished, analysis: Analysis) -> dict[str, Entry]:
    entries: dict[str, Entry] = {}
    if brief.bars is not None:
        new = len(finished.notation.bars) - len(material.understood.score.bars)
        entries["bars"] = {"requested": brief.bars, "measured": new, "ok": new == brief.bars}
    mood = choose_mood(brief)
    if mood is not None:
        was, now = material.analysis.mood, analysis.mood
        entries["mood"] = {
            "requested": [round(mood.valence, 3), round(mood.arousal, 3)],
            "before": [round(was.valence, 3), round(was.arousal, 3)],
            "measured": [round(now.valence, 3), round(now.arousal, 3)],
            "distance": round(hypot(now.valence - mood.valence, now.arousal - mood.arousal), 3),
        }
    styles = [name for name in choose_style(brief).tokens if name in style_names()] if brief.style else []
    if styles and material.key is not None:
        was_judged, now_judged = judge_style(material.understood.score), judge_style(finished.score)
        chances = [{name: round(judged.chance(name), 4) for name in styles} for judged in (was_judged, now_judged)]
        entries["style"] = {
            "requested": styles,
            "before": chances[0],
            "measured": chances[1],
            "distance": round(1.0 - max(chances[1].values()), 4),
        }
    return entries


def _notes(score: Score) -> list[tuple[int, int, int, int, int]]:
    """Every note with the index of its part."""
    return [(part, n.start_ticks, n.pitch, n.duration_ticks, n.velocity) for part, n in score.notes()]
