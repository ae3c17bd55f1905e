"""Recognizes the style of a band by its drums and bass, compared with what the arranger writes for each style.

Knows no harmony and no melody: styles that share groove and bass are alike to it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from math import sqrt

from composer.arranging.basslines import write_bass
from composer.arranging.drums import write_drums
from composer.arranging.setting import Setting
from composer.arranging.settling import settle
from composer.arranging.tables import DRUM_KEYS, bands
from composer.brief import Brief
from composer.formats.quantize import is_swung, straightened
from composer.plan import make_plan
from composer.presets import EnsemblePart, styles
from composer.score import TICKS_PER_QUARTER, Note, Part, Score, TimeSignature

Profile = Mapping[tuple[str, int], float]  # strokes per bar by instrument and place in the bar
_STEP_TICKS = TICKS_PER_QUARTER // 12
_ALIKE, _AKIN = 0.72, 0.5  # cosine from which drums and bass are those of a style, and from which they go on as a band of it
_ANY_METER = "pop"
_BASS = "bass"  # beside the names of drums
_BARS, _SEEDS = 16, 2  # of the examples of each style
_BASS_WEIGHT = 0.8
# Strokes that drummers exchange within a style.
_SAME = {"crash": "crash", "crash2": "crash", "splash": "crash", "china": "crash", "bell": "ride", "tamborim": "rim"}
_NAMES = {key: _SAME.get(name, name) for name, key in reversed(DRUM_KEYS.items())}


def recognized_band(score: Score) -> str:
    """The style of a band whose drums and bass a piece has; empty if it has no drums or resembles none.

    Args:
        score: in full bars of one meter; swung eighths count as even ones.
    """
    return _nearest(score, _ALIKE)


def kindred_band(score: Score) -> str:
    """The style to which the band of a piece is nearest, arguments as for `recognized_band`; empty without drums and a bass.

    In a meter in which no style has a groove, all bands are akin to pop.
    """
    sounding = [part for part in score.parts if part.notes]
    if not any(part.is_drum for part in sounding) or not any(map(plays_bass, sounding)):
        return ""
    return _nearest(score, _AKIN) if _examples(str(score.bars[0].time_signature)) else _ANY_METER


def _nearest(score: Score, least: float) -> str:
    """The style with the likest drums and bass, if they are as like as the cosine `least`."""
    score = straightened(score) if is_swung(score) else score
    meters = {str(bar.time_signature) for bar in score.bars}
    drums = [note for part in score.parts if part.is_drum for note in part.notes]
    if len(meters) != 1 or not drums:
        return ""
    meter = score.bars[0].time_signature
    bass = [note for part in score.parts if plays_bass(part) for note in part.notes]
    found = _profile(drums, bass, meter, len(score.bars))
    examples = {name: [_heard(each, found) for each in profiles] for name, profiles in _examples(str(meter)).items()}
    likeness = {name: max(_cosine(found, other) for other in profiles) for name, profiles in examples.items()}
    best = max(likeness, key=lambda name: likeness[name], default="")
    return best if best and likeness[best] >= least else ""


def plays_bass(part: Part) -> bool:
    """Whether a part is that of a bass instrument."""
    return not part.is_drum and EnsemblePart(part.name, part.program).is_bass


@cache
def _examples(meter: str) -> Mapping[str, tuple[Profile, ...]]:
    """Profiles of each style that drums play in a meter."""
    played = [
        name for name, row in bands().items() if row.groove and not row.players and meter in (styles()[name].meters or (meter,))
    ]
    return {name: tuple(_example(name, meter, seed) for seed in range(_SEEDS)) for name in played}


def _example(style: str, meter: str, seed: int) -> Profile:
    options = {"style": style, "seed": seed, "bars": _BARS, "meter": meter, "instruments": "violin,acoustic-bass,drums"}
    brief = Brief.from_dict(options)
    plan = settle(make_plan(brief), brief)
    chords = plan.chords or ((plan.key.tonic_triad,),) * plan.bars  # styles whose harmony is planned for a melody have none yet
    setting = Setting(replace(plan, chords=chords), bands()[style])
    _, bass, drums = plan.parts
    return _profile(write_drums(setting, drums), write_bass(setting, bass), plan.meter, plan.bars)


def _profile(drums: Sequence[Note], bass: Sequence[Note], meter: TimeSignature, bars: int) -> Profile:
    """Strokes per bar: of drums by instrument, and of the bass."""
    strokes = Counter((_NAMES.get(note.pitch, "other"), _place(note, meter)) for note in drums)
    plucked = Counter((_BASS, _place(note, meter)) for note in bass)
    return {place: count / bars for place, count in strokes.items()} | {
        place: _BASS_WEIGHT * count / bars for place, count in plucked.items()
    }


def _place(note: Note, meter: TimeSignature) -> int:
    return round(note.start_ticks % meter.bar_ticks / _STEP_TICKS)


def _heard(example: Profile, found: Profile) -> Profile:
    """An example without its bass where the piece has none."""
    has_bass = any(name == _BASS for name, _ in found)
    return example if has_bass else {place: count for place, count in example.items() if place[0] != _BASS}


def _cosine(one: Profile, other: Profile) -> float:
    """Similarity of two profiles, 0 to 1."""
    norm = sqrt(sum(each**2 for each in one.values()) * sum(each**2 for each in other.values()))
    return sum(value * other.get(place, 0.0) for place, value in one.items()) / norm if norm else 0.0
