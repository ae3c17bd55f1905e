"""The plan: a brief with every choice made that must be made before the first note.

`make_plan` is pure: the same brief gives the same plan. What the brief leaves open is drawn from the preset of its style with
the brief's seed; what may stay open (mood, chords, the recall of a bar) is left to the model.

Knows nothing of tokens, scores or the model; `composer.composing` turns a plan into a partly fixed token stream.
"""

from __future__ import annotations

from dataclasses import replace

from composer.brief import Brief
from composer.controls import PHRASE_BARS
from composer.errors import BadInputError
from composer.plan.choices import (
    choose_grouping,
    choose_key,
    choose_meter,
    choose_parts,
    choose_polyphony,
    choose_scale,
    for_texture,
    in_position,
    in_voices,
    spread_chords,
)
from composer.plan.converters import PlannedHit, StyleShare, TempoChange
from composer.plan.density import choose_density
from composer.plan.key_areas import checked_areas, key_areas, narrowed
from composer.plan.mood_path import choose_mood, mood_guidance, moods_along, moods_by_bar
from composer.plan.mood_sections import follows_curve, with_cuts, with_keys_along
from composer.plan.pacing import curve_in_bars, lay_out
from composer.plan.plan import Plan
from composer.plan.sections import Section, choose_returns, recalls_of, theme_and_variations
from composer.plan.set_chords import with_set_chords
from composer.plan.styles import StyleChoice, at_level, choose_style

__all__ = [
    "Plan",
    "PlannedHit",
    "Section",
    "StyleShare",
    "TempoChange",
    "make_plan",
]


_FUGUE, _LEAST_FUGUE_BARS = "fugue", 10  # the style whose voices have a staff each, and bars in which they can enter


def make_plan(brief: Brief) -> Plan:
    """Makes every choice that a brief leaves open.

    Raises:
        BadInputError: not a brief, or one that cannot be met: no tempo gives its duration, its chords or form do not fit,
            or they are Roman numerals and it has no key.

    >>> plan = make_plan(Brief.from_dict({"ensemble": "string-quartet", "meter": "3/4", "bars": 24, "form": "ABA"}))
    >>> len(plan.parts), plan.bars, [(section.name, section.bars) for section in plan.sections]
    (4, 24, [('A', 8), ('B', 8), ('A', 8)])
    """
    if not isinstance(brief, Brief):
        raise BadInputError(f"{brief!r} is not a Brief: give one such as Brief.from_dict({{'style': 'waltz'}})")
    brief = brief.in_key(brief.key)
    style: StyleChoice = choose_style(brief)
    mood = choose_mood(brief)
    chosen = choose_parts(brief, style.ensemble)
    style = replace(style, preset=at_level(style.preset, brief, chosen))
    brief = with_cuts(brief, style.preset)
    meter = choose_meter(brief, style.preset)
    length, sections = lay_out(brief, meter, style.preset, mood.arousal if mood else None)
    curved = follows_curve(brief, style.preset)
    key = choose_key(brief, style.preset, brief.mood_curve[-1].mood if curved else mood)
    curve = curve_in_bars(brief, meter, length)
    settings = with_keys_along(brief.sections, curve, sections, key) if curved else brief.sections
    areas = key_areas(settings, sections or (Section("A", 0, length.bars),), key)
    varies = bool(theme_and_variations(sections))
    checked_areas(areas, key, loop=brief.loop, varies=varies, chords_given=bool(brief.chords))
    is_free = not (brief.form or brief.chords or brief.hits or brief.sections or brief.loop or brief.pauses)
    if style.preset.name == _FUGUE and is_free and length.bars >= _LEAST_FUGUE_BARS:
        chosen = in_voices(chosen, brief.polyphony)
    parts = in_position(narrowed(for_texture(chosen, brief.texture), areas), brief.level, key)
    plan = Plan(
        meter=meter,
        tempo_qpm=length.tempo_qpm,
        bars=length.bars,
        key=key,
        parts=parts,
        styles=style.tokens,
        composer=style.composer,
        moods=(),
        sections=sections,
        recalls=recalls_of(sections, length.bars) if sections else (None,) * length.bars,
        chords=spread_chords(brief.chords, length.bars),
        chords_given=bool(brief.chords),
        tempo_changes=length.tempo_changes,
        hits=length.hits,
        blend=style.blend,
        mood_guidance=mood_guidance(brief),
        density=choose_density(brief),
        polyphony=choose_polyphony(brief, parts),
        scale=choose_scale(brief, key),
        loop=brief.loop,
        settings=settings,
        dynamic=brief.dynamic,
        loudest=brief.loudest,
        articulation=brief.articulation,
        arc=brief.arc,
        ending=brief.ending,
        returns=choose_returns(brief.seed, sections, style.tokens, loop=brief.loop, is_requested=bool(brief.form)),
        level=brief.level,
        texture=brief.texture,
        features=brief.features,
        preset=style.preset.name or None,
        mends=True,
        grouping=choose_grouping(brief, style.preset, meter),
    )
    plan = with_set_chords(plan) if plan.chords else plan
    moods, bar_moods = moods_along(brief, mood, plan.bars, plan.bar_at), moods_by_bar(curve, plan.bars, brief.intensity)
    if bar_moods:
        middles = range(PHRASE_BARS // 2, len(moods) * PHRASE_BARS, PHRASE_BARS)
        moods = tuple(bar_moods[min(bar, plan.bars - 1)] for bar in middles)
    return replace(plan, moods=moods, bar_moods=bar_moods)
