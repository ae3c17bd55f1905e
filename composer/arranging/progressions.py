"""Progressions of styles that bands play or that are not in the corpus: the rows of `progressions.toml`."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import pairwise
from statistics import fmean
from typing import Any

from composer.arranging.modal_harmony import TONICS, modal_harmony
from composer.arranging.tables import bands
from composer.arranging.voicing import tones_of
from composer.controls import Mood
from composer.errors import BadInputError
from composer.plan import Plan, Section
from composer.plan.section_names import kinds_of
from composer.plan.sections import PAUSE
from composer.plan.seeded import draw
from composer.score import Chord, Mode

BarChords = tuple[Chord | None, ...]
Bars = tuple[BarChords, ...]
Rows = Mapping[Mode, Mapping[str, Any]]  # of an idiom: by mode, the progressions of each kind of section, and its cadence
_FIFTH = 7
_CLOSING = 3  # bars of a section that has room for a close of its own
_BRIGHT = 0.25  # valence from which a section has one of its brightest progressions; below its negative, of the darkest
_EXCITED = 0.3  # arousal from which a section is tense or heroic: in minor below `_BRIGHT`, in major from there on
_BRIGHTEST, _FEWEST = 1 / 3, 2  # their share, and how many there are at least


@cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads(files("composer.arranging").joinpath("progressions.toml").read_text(encoding="utf-8"))


@cache
def progressions() -> Mapping[str, Rows]:
    """Progressions by idiom, mode and kind of section, in C major and A minor."""
    return {name: row for name, row in _table().items() if name != "styles"}


def idiom_of(style: str) -> str:
    """The row of progressions that a style has; empty if its harmony is planned for each piece."""
    return bands()[style].idiom if style in bands() else _table()["styles"].get(style, "")


def progression_for(plan: Plan, idiom: str, seed: int, bare: bool = False) -> Bars:
    """One or two chords for every bar.

    A section's progression is drawn once per letter, returns with that letter, and repeats until the section is full. In a
    bright mood it is one of those with the most major chords, in a dark one with the fewest; excited sections have the idiom's
    tense or heroic progressions. A section in another key begins on its tonic. The section before another key closes in its
    key, or on the dominant of the other one if it is short. A big hit on a section's first bar comes after its dominant. The
    piece ends with the style's cadence on the tonic, unless it is a loop.

    Args:
        plan: the plan.
        idiom: row of progressions.
        seed: of the brief.
        bare: whether the last chord lacks a third.
    """
    if plan.key.church:
        return modal_harmony(plan, (), seed)
    rows = progressions()[idiom]
    mode: Mode = plan.key.mode if plan.key.mode in rows else next(iter(rows))
    shift = plan.key.tonic - TONICS[mode]
    if mode != plan.key.mode:  # the relative key's chords have the plan's signature
        shift = (7 * plan.key.fifths) % 12
    row, kinds = rows[mode], kinds_of(plan.all_sections)
    bars: list[tuple[Chord, ...]] = []
    modes = {area.start_bar: area.key.mode for area in plan.key_areas if area.key.mode != plan.key.mode}
    away = {area.start_bar for area in plan.key_areas if area.key != plan.key}
    arriving = {section.letter for section in plan.all_sections if section.start_bar in away}
    for section in plan.all_sections:
        here = modes.get(section.start_bar, mode)
        if here not in rows:
            raise BadInputError(f"the harmony of this style has no {here} keys: give section {section.name} a {mode} key")
        choices = _choices(rows[here], kinds[section.letter], _mood_in(plan, section), here)
        other = f" {here}" if section.start_bar in modes else ""
        drawn = draw(seed, f"progression {section.letter}{other}")
        text = choices[int(drawn * len(choices))]
        if section.letter in arriving and not _begins_home(text, here):
            choices = _beginning_home(rows[here], choices, here)
            text = choices[int(drawn * len(choices))]
        source = _parsed(text)
        bars += [source[place % len(source)] for place in range(section.bars)]
    bars = _joined(bars, plan, rows, [modes.get(section.start_bar, mode) for section in plan.all_sections], bare)
    moved: list[BarChords] = [tuple(chord.transposed(shift) for chord in bar) for bar in bars]
    if not plan.loop:
        if plan.bars > 2:
            moved[-2] = tuple(chord.transposed(shift) for chord in _parsed(row["end"])[0])
        final = Chord.parse(row["final"]).transposed(shift) if "final" in row and mode == plan.key.mode else None
        moved[-1] = (final or Chord(plan.key.tonic, "5" if bare else plan.key.mode[:3]),)
    return tuple(moved)


def _joined(
    bars: Sequence[tuple[Chord, ...]], plan: Plan, rows: Rows, modes: Sequence[Mode], bare: bool
) -> list[tuple[Chord, ...]]:
    """The bars with what leads into big hits and other keys, in C major and A minor like the bars themselves.

    Args:
        bars: the chords of all sections.
        plan: the plan.
        rows: of the idiom, by mode.
        modes: that of each section.
        bare: whether a close lacks a third.
    """
    joined = list(bars)
    hits = {planned.bar for planned in plan.hits if planned.hit.is_strong}
    changes = {area.start_bar for area in plan.changes_of_key}
    sounding = [pair for pair in zip(plan.all_sections, modes, strict=True) if pair[0].name != PAUSE]
    for (before, mode), (after, following) in pairwise(sounding):
        last, row = before.start_bar + before.bars - 1, rows[mode]
        moved = plan.steps_at(after.start_bar) - plan.steps_at(last)
        dominant = Chord((TONICS[following] + _FIFTH + moved) % 12, "7")
        if after.start_bar in hits or (after.start_bar in changes and before.bars < _CLOSING):
            joined[last] = (dominant,)
        elif after.start_bar in changes and not _stands_on(joined[last][-1], TONICS[mode], dominant.root):
            tonic = Chord(TONICS[mode], "5" if bare else mode[:3])
            joined[last - 1] = _parsed(row["end"])[0]
            joined[last] = (Chord.parse(row["final"]) if "final" in row else tonic,)
    return joined


def _stands_on(chord: Chord, *roots: int) -> bool:
    """Whether a chord is in root position on one of some roots."""
    return chord.bass is None and chord.root in roots


def _begins_home(text: str, mode: Mode) -> bool:
    """Whether a progression begins on the tonic of a mode, in root position."""
    first, sign = _parsed(text)[0][0], 1 if mode == "major" else -1
    return _stands_on(first, TONICS[mode]) and sign * _chord_brightness(first) >= 0


def _beginning_home(rows: Mapping[str, Any], choices: Sequence[str], mode: Mode) -> list[str]:
    """The progressions among choices that begin on the tonic; if there are none, those of verses or of all kinds."""
    every = [text for row in rows.values() if isinstance(row, list) for text in row]
    found = ([text for text in among if _begins_home(text, mode)] for among in (choices, rows["verse"], every))
    return next(filter(None, found), [*choices])


def _mood_in(plan: Plan, section: Section) -> Mood:
    """The mean mood of a section; neutral where the mood is open."""
    moods = [plan.mood_at(section.start_bar + place) for place in range(section.bars)] if plan.moods else [Mood(0.0, 0.0)]
    return Mood(fmean(mood.valence for mood in moods), fmean(mood.arousal for mood in moods))


def _choices(rows: Mapping[str, Sequence[str]], kind: str, mood: Mood, mode: Mode) -> Sequence[str]:
    """The progressions of an idiom for a section of a kind in a mood."""
    if mood.arousal >= _EXCITED:
        if mood.valence >= _BRIGHT and "heroic" in rows:
            return rows["heroic"]
        if (mood.valence < 0 or mode == "minor") and mood.valence < _BRIGHT and "tense" in rows:
            return rows["tense"]
    choices = rows.get(kind, rows["verse"])
    return _brightest(choices, 1 if mood.valence > 0 else -1) if abs(mood.valence) >= _BRIGHT else choices


def _brightest(choices: Sequence[str], sign: int) -> Sequence[str]:
    """The brightest progressions, or the darkest with a sign of -1, in their order."""
    count = max(_FEWEST, math.ceil(_BRIGHTEST * len(choices)))
    kept = sorted(range(len(choices)), key=lambda index: -sign * _brightness(choices[index]))[:count]
    return [choices[index] for index in sorted(kept)]


@cache
def _brightness(text: str) -> float:
    """How bright a progression is, -1 to 1: the mean of its chords, weighted by their length."""
    bars = _parsed(text)
    return sum(_chord_brightness(chord) / len(bar) for bar in bars for chord in bar) / len(bars)


def _chord_brightness(chord: Chord) -> float:
    """-1 for a minor third, 1 for a major one, half as much under a seventh, and 0 under a sixth: C6 is Am7."""
    tones = tones_of(chord)
    if 4 not in tones:
        return -1.0 if 3 in tones else 0.0
    return 0.5 if {10, 11} & set(tones) else 0.0 if 9 in tones else 1.0


def _parsed(text: str) -> tuple[tuple[Chord, ...], ...]:
    return tuple(tuple(map(Chord.parse, bar.split())) for bar in text.split("|"))
