"""Upbeats: the notes of a melody before the first downbeat, in a bar of their own before the first phrase."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from composer.brief import Brief
from composer.controls import PHRASE_BARS
from composer.plan.seeded import draw
from composer.plan.styles import may_have_phrases
from composer.presets import Style


@cache
def _shares() -> Mapping[str, float]:
    return tomllib.loads((files("composer.plan") / "upbeats.toml").read_text(encoding="utf-8"))


def has_upbeat(brief: Brief, preset: Style) -> bool:
    """Whether a piece begins with an upbeat in an additional bar, as often as human music of its style.

    Only pieces with a melody written by phrases do, and no textures. A number of bars in the brief has room for an upbeat if it
    is one more than one or more whole phrases; whatever else ties bars to places, such as a duration, chords, a form or pauses,
    leaves none.
    """
    has_room = not brief.bars or (brief.bars > PHRASE_BARS and brief.bars % PHRASE_BARS == 1)
    lengths = (brief.duration, brief.form, brief.chords, brief.hits, brief.sections, brief.tempo_curve, brief.loop)
    tied = any(lengths) or bool(brief.texture or brief.pauses)
    share = _shares().get(preset.name, 0.0)
    return has_room and may_have_phrases(brief) and not tied and draw(brief.seed, "upbeat") < share
