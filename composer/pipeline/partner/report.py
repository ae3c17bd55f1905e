"""Asked against measured for what the partner did: how the piece was understood, and whether what was given is still there."""

from __future__ import annotations

from collections import Counter
from typing import Any

from composer.analysis import analyse
from composer.pipeline.partner.context import Material
from composer.score import Score


def report_on(material: Material, score: Score) -> dict[str, Any]:
    """How the piece was understood, how many of its notes are in the result as they were, and measurements of the result."""
    before = Counter(_notes(material.user))
    after = Counter(_notes(score))
    kept = (before & after).total()
    analysis = analyse(score, material.key)
    return {
        "understood": {
            "key": material.key and str(material.key),
            "meter": str(material.understood.meter),
            "bars": len(material.understood.score.bars),
            "timing": material.understood.timing,
            "remarks": list(material.understood.notes),
        },
        "notes": {"given": before.total(), "kept": kept, "new": after.total() - kept},
        "bars": len(score.bars),
        "valence": round(analysis.mood.valence, 3),
        "arousal": round(analysis.mood.arousal, 3),
    }


def _notes(score: Score) -> list[tuple[int, int, int, int, int]]:
    """Every note with the index of its part."""
    return [(part, n.start_ticks, n.pitch, n.duration_ticks, n.velocity) for part, n in score.notes()]
