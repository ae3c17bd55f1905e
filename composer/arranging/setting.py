"""The setting that all players of a band share: bars with their chords, place in the form and intensity."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

import numpy as np

from composer.arranging.cells import Cell, broadened, lay
from composer.arranging.tables import GRAMMAR, PHRASES, Band, Groove, grooves, row_in_meter
from composer.brief import SectionSetting
from composer.controls import PHRASE_BARS, Mood
from composer.plan import Plan, Section
from composer.plan.density import is_sparse
from composer.plan.section_names import kinds_of, settings_by_section
from composer.score import Chord, Note

Item = TypeVar("Item")

# Intensity of the kinds of sections, 0 to 1.
_ENERGY = {"intro": 0.35, "verse": 0.52, "build": 0.7, "chorus": 0.8, "bridge": 0.55, "break": 0.3, "outro": 0.4}
LOUD, QUIET = 0.72, 0.42  # intensities from which and below which loud and quiet patterns are played
_AROUSAL_SHARE, _AROUSAL_SHARE_OF_PHRASES = 0.2, 0.4
_BY_CURVE, _ALONG_CURVE = 0.5, 0.5  # intensity of an orchestra along a mood curve at neutral arousal, and what arousal 1 adds
_PLAIN_GROOVE = "pop-ballad"
_WALTZES = frozenset(("waltz", "mazurka"))
_GROWTH = 0.05  # what a section gains when it returns, twice at most
_AFTER_HIT = 0.1  # what the phrase after a big hit gains over the bar before it at least, where the mood is open
_HUSHED = 0.2  # how much quieter orchestras begin


@dataclass(frozen=True, slots=True)
class Span:
    """A chord and the ticks of its bar in which it holds."""

    start: int
    end: int
    chord: Chord


@dataclass(frozen=True, slots=True)
class BandBar:
    """One bar.

    Attributes:
        index: from 0.
        start: its first tick.
        spans: its chords.
        following: the chord after it, `None` at the end.
        section: the section it is in.
        kind: what the section is: a key of `_ENERGY`.
        place: bars since the start of the section.
        left: bars of the section after it.
        energy: intensity, 0 to 1.
        is_last: whether the piece ends with it.
        is_fill: whether the drums fill in it.
        hit: whether a hit point falls on its first beat.
        fills: whether the drums fill at the ends of sections and phrases.
        asked: the settings of its section.
    """

    index: int
    start: int
    spans: tuple[Span, ...]
    following: Chord | None
    section: Section
    kind: str
    place: int
    left: int
    energy: float
    is_last: bool
    is_fill: bool
    hit: bool
    fills: bool
    asked: SectionSetting

    @property
    def is_first_of_section(self) -> bool:
        """Whether a section begins here."""
        return self.place == 0

    @property
    def is_last_of_section(self) -> bool:
        """Whether a section ends here."""
        return self.left == 0

    def chord_at(self, offset: int) -> Chord:
        """The chord at a place of the bar, in ticks from its start."""
        return next((span.chord for span in self.spans if offset < span.end), self.spans[-1].chord)

    def next_chord(self, offset: int) -> Chord:
        """The chord after the one at a place; that chord itself at the end of the piece."""
        later = [span.chord for span in self.spans if span.start > offset]
        return later[0] if later else self.following or self.spans[-1].chord


@dataclass(frozen=True)
class Setting:
    """A plan as a band sees it.

    Attributes:
        plan: with chords for every bar.
        band: the row of its style.
        tune: the melody, where it is written before everything else.
        leads: by bar, the parts that have the melody, the main one first; empty where the style decides.
    """

    plan: Plan
    band: Band
    tune: tuple[Note, ...] = ()
    leads: tuple[tuple[int, ...], ...] = ()

    def chance(self, *question: object) -> random.Random:
        """A random generator that depends only on the seed and the question."""
        return random.Random(f"{self.plan.band_seed}:band:{':'.join(map(str, question))}")

    @property
    def is_sparse(self) -> bool:
        """Whether the brief asks for few notes."""
        return is_sparse(self.plan.density)

    @property
    def is_thin(self) -> bool:
        """Whether few notes are asked of players who accompany a melody; voices that move together or imitate stay whole."""
        return self.is_sparse and not self.band.chordal and self.band.lead in (GRAMMAR, PHRASES)

    @property
    def strides(self) -> bool:
        """Whether a left hand plays basses and chords by turns: in waltzes, also where a given melody is in another meter."""
        return bool(_WALTZES & set(self.plan.styles))

    @property
    def is_waltz(self) -> bool:
        """Whether a left hand plays a bass and two chords in each bar."""
        return self.strides and self.plan.meter.bar_ticks == 3 * self.plan.meter.beat_ticks

    @cached_property
    def groove(self) -> Groove | None:
        """The groove, in the plan's meter if the style has one for it; a plain one for drums in a style without one."""
        has_drums = any(part.is_drum for part in self.plan.parts)
        name = self.band.groove or (_PLAIN_GROOVE if has_drums and not self.band.orchestral else "")
        if not name:
            return None
        groove = row_in_meter(grooves(), name, self.plan.meter)
        if groove.meter in ("2/4", "4/4") and str(self.plan.meter) == "3/4" and not self.band.orchestral:
            return grooves()["jazz-waltz" if groove.name in ("swing", "jazz-ballad") else "waltz-pop"]
        return groove

    @cached_property
    def bars(self) -> tuple[BandBar, ...]:
        """All bars."""
        plan, kinds = self.plan, kinds_of(self.plan.all_sections)
        settings = settings_by_section(plan.settings, plan.all_sections)
        hits = {planned.bar for planned in plan.hits if planned.hit.is_struck}
        big = {planned.bar for planned in plan.hits if planned.hit.is_strong}
        bars, turns = list[BandBar](), dict[str, int]()
        least, until = 0.0, 0  # the least intensity after a big hit, up to that bar
        for section in plan.all_sections:
            kind = kinds[section.letter]
            asked = settings[section.start_bar]
            grown = _GROWTH * min(2, turns.get(section.letter, 0))
            turns[section.letter] = turns.get(section.letter, 0) + 1
            for place in range(section.bars):
                index = section.start_bar + place
                last = index == plan.bars - 1 and not plan.loop
                following = _spans(plan, index + 1)[0].chord if index + 1 < plan.bars else None
                left = section.bars - place - 1
                energy = self._energy(kind, index, place, section.bars, grown)
                if index in big and bars and not plan.moods:
                    least, until = min(1.0, bars[-1].energy + _AFTER_HIT), index + PHRASE_BARS
                energy = max(energy, least) if index < until else energy
                bars.append(
                    BandBar(
                        index=index,
                        start=index * plan.meter.bar_ticks,
                        spans=_spans(plan, index),
                        following=_spans(plan, 0)[0].chord if plan.loop and following is None else following,
                        section=section,
                        kind=kind,
                        place=place,
                        left=left,
                        energy=energy if asked.intensity is None else asked.intensity,
                        is_last=last,
                        is_fill=left == 0 and not last,
                        hit=index in hits,
                        fills=self.band.fills if asked.fills is None else asked.fills,
                        asked=asked,
                    )
                )
        return tuple(bars)

    @cached_property
    def follows_curve(self) -> bool:
        """Whether an orchestra's intensity follows the mood from phrase to phrase, not the kinds of sections."""
        return self.band.orchestral and len({mood.arousal for mood in self.plan.moods}) > 1 and not self.plan.arc

    def mood_at(self, bar: float) -> Mood:
        """The mood of a bar, where only phrases have moods interpolated between their middles; neutral if open."""
        moods, first = self.plan.moods, self.plan.upbeat_bars
        if not moods:
            return Mood(0.0, 0.0)
        if self.plan.bar_moods:
            return self.plan.mood_at(bar)
        middles = [first + (phrase + 0.5) * PHRASE_BARS for phrase in range(len(moods))]
        valence, arousal = (
            float(np.interp(bar + 0.5, middles, [getattr(mood, axis) for mood in moods])) for axis in ("valence", "arousal")
        )
        return Mood(valence, arousal)

    @cached_property
    def loud_quarter(self) -> float:
        """The intensity that the loudest quarter of the bars reaches."""
        energies = sorted(bar.energy for bar in self.bars)
        return energies[-max(1, len(energies) // 4)]

    def _energy(self, kind: str, bar: int, place: int, bars: int, grown: float) -> float:
        """Intensity of a bar, from its kind of section, style and mood; it rises through builds and with returns."""
        if self.follows_curve:
            return min(1.0, max(0.05, _BY_CURVE + self.band.energy + _ALONG_CURVE * self.mood_at(bar).arousal))
        energy = _ENERGY[kind] + self.band.energy + (0.0 if self.band.lead == "phrases" else grown)
        if kind == "intro" and self.band.orchestral:
            energy -= _HUSHED
        if kind == "build" or self.band.orchestral:
            energy += 0.15 * place / max(1, bars - 1)
        if self.plan.moods:
            share = _AROUSAL_SHARE if self.band.lead != "phrases" else _AROUSAL_SHARE_OF_PHRASES
            energy += share * self.plan.mood_at(bar).arousal
        if self.plan.density is not None:
            energy += 0.1 if self.plan.density > 2 else -0.1 if self.is_sparse else 0.0
        return min(1.0, max(0.05, energy))

    def by_section(self, names: str, write: Callable[[str], Sequence[Note]]) -> list[Note]:
        """What a part plays by the row of a table, or by several ("a|b"), which change with the letters of the form."""
        options = names.split("|")
        letters = list(dict.fromkeys(bar.section.letter for bar in self.bars))
        first = int(self.chance("texture").random() * len(options))
        by_letter = {letter: options[(first + (number > 0)) % len(options)] for number, letter in enumerate(letters)}
        ticks, notes = self.plan.meter.bar_ticks, list[Note]()
        for name in dict.fromkeys(by_letter.values()):
            notes += [note for note in write(name) if by_letter[self.bars[note.start_ticks // ticks].section.letter] == name]
        return notes

    def cells(self, pattern: str, bar: int, written_in: str) -> list[Cell]:
        """The strokes of a pattern in a bar, arguments as for `lay`, as this band plays them."""
        cells = list(lay(pattern, bar, self.plan.meter, written_in))
        return broadened(cells, self.plan.meter.beat_ticks) if self.band.broad else cells

    def pattern(
        self,
        patterns: Sequence[str],
        quiet: Sequence[str],
        loud: Sequence[str],
        bar: BandBar,
        who: str,
        complexity: float | None = None,
        varies: int = 0,
    ) -> str:
        """One of a figure's patterns, by intensity: the same throughout a section and its returns, except for answers.

        The last bar of a phrase has another pattern if the figure has several. Bands that play in layers change the pattern
        with each phrase, and figures that vary after so many bars. A requested complexity chooses among all patterns by their
        number of strokes.
        """
        if complexity is not None:
            ordered = sorted({*patterns, *quiet, *loud}, key=lambda text: (_strokes(text), text))
            return ordered[min(int(complexity * len(ordered)), len(ordered) - 1)]
        is_loud = bar.energy >= LOUD
        fitting = loud if is_loud and loud else quiet if bar.energy < QUIET and quiet else patterns
        if varies and len(fitting) > 1:
            turns = range(bar.place // varies + 1)
            steps = (1 + int(self.chance(who, bar.section.start_bar, turn).random() * (len(fitting) - 1)) for turn in turns)
            return fitting[sum(steps) % len(fitting)]
        first = int(self.chance(who, bar.section.letter, is_loud).random() * len(fitting))
        first += bar.place // PHRASE_BARS if self.band.layers else 0
        answers = bar.place % PHRASE_BARS == PHRASE_BARS - 1 and len(fitting) > 1
        return fitting[(first + answers) % len(fitting)]


def _strokes(pattern: str) -> float:
    """Strokes per cell of a pattern."""
    return sum(sign not in ".-" for sign in pattern) / len(pattern)


def pick(chance: random.Random, items: Sequence[Item]) -> Item:
    """One of the items, all equally likely."""
    return items[int(chance.random() * len(items))]


def _spans(plan: Plan, bar: int) -> tuple[Span, ...]:
    """The chords of a bar; where a plan has none (N.C.), the band keeps the chord before, or the tonic.

    Of three or more chords, equal ones on neighboring beats are one.
    """
    earlier = (chord for other in plan.chords[bar::-1] for chord in reversed(other) if chord)
    before = next(earlier, Chord(plan.key.tonic, plan.key.mode[:3]))
    starts = plan.meter.chord_ticks(len(plan.chords[bar]))
    ends = (*starts[1:], plan.meter.bar_ticks)
    spans: list[Span] = []
    for start, end, chord in zip(starts, ends, plan.chords[bar], strict=True):
        if len(starts) > 2 and spans and chord in (None, before):
            spans[-1] = replace(spans[-1], end=end)
            continue
        before = chord or before
        spans.append(Span(start, end, before))
    return tuple(spans)
