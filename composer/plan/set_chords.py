"""Chords that a brief sets within planned harmony: those of sections, those of an ending, none in pauses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from composer.brief.chords import Chords
from composer.controls import AUTHENTIC, OPEN, PICARDY, PLAGAL
from composer.plan.choices import spread_chords
from composer.plan.plan import Plan
from composer.plan.section_names import settings_by_section
from composer.plan.sections import Section
from composer.score import Chord, Key

_FOURTH, _FIFTH, _SUBTONIC = 5, 7, 10  # semitones above the tonic
_QUALITIES = ("maj", "min", "sus4")

Bar = tuple[Chord | None, ...]


def with_set_chords(plan: Plan) -> Plan:
    """The plan with the chords that it sets in the place of planned ones; it has chords in every bar.

    Raises:
        BadInputError: more bars of chords than their section has.
    """
    chords = list(plan.chords)
    for section, given in _in_sections(plan):
        chords[section.start_bar : section.start_bar + section.bars] = spread_chords(given, section.bars)
    if plan.ending:
        chords[-2:] = _closed(plan, chords[-2:])
    for bar in plan.pauses:
        chords[bar] = (None,)
    return replace(plan, chords=tuple(chords))


def bars_with_set_chords(plan: Plan) -> frozenset[int]:
    """The bars whose chords may leave the scale: those that the brief states, all or of sections, and a Picardy ending."""
    if plan.chords_given:
        return frozenset(range(plan.bars))
    stated = [bar for section, _ in _in_sections(plan) for bar in range(section.start_bar, section.start_bar + section.bars)]
    return frozenset([*stated, *([plan.bars - 1] if plan.ending == PICARDY else [])])


def _closed(plan: Plan, bars: Sequence[Bar]) -> list[Bar]:
    """The last bars, two or the only one, with the chords of the ending; the chord before the last one keeps what suits it."""
    tonic, mode = plan.key.tonic, plan.key.mode[:3]
    *before, last = bars
    if plan.ending == PICARDY:
        return [*before, (*last[:-1], Chord(tonic, "maj"))]
    dominant = dominant_of(plan.key)
    final = dominant if plan.ending == OPEN else plan.key.tonic_triad
    if not before:
        return [(final,)]
    approach, leading = before[0], before[0][-1]
    if plan.ending == PLAGAL:
        approach = (*approach[:-1], Chord((tonic + _FOURTH) % 12, mode))
    elif plan.ending == OPEN and leading and leading.root == dominant.root:
        approach = (*approach[:-1], plan.key.tonic_triad)
    elif plan.ending == AUTHENTIC and not (leading and leading.root == dominant.root):
        kept = approach[:-1] or (approach if plan.meter.middle_ticks and leading and leading.root != tonic else ())
        approach = (*kept, dominant)
    return [approach, (final,)]


def dominant_of(key: Key) -> Chord:
    """The dominant of a key: in scales without its triad, a suspended chord or the subtonic.

    >>> [dominant_of(Key.parse(key)).symbol() for key in ("D minor", "D dorian", "E phrygian", "A minor pentatonic")]
    ['A', 'Am', 'Dm', 'Gsus4']
    """
    chords = (Chord((key.tonic + step) % 12, quality) for step in (_FIFTH, _SUBTONIC) for quality in _QUALITIES)
    return next((chord for chord in chords if chord.pitch_classes <= key.scale), Chord((key.tonic + _FIFTH) % 12, "sus4"))


def _in_sections(plan: Plan) -> Iterator[tuple[Section, Chords]]:
    """Sections with the chords that settings give them."""
    settings = settings_by_section(plan.settings, plan.all_sections) if plan.settings else {}
    for section in plan.all_sections:
        if section.start_bar in settings and (given := settings[section.start_bar].chords):
            yield section, given
