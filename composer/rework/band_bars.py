"""New bars of a band that follow given ones, after the last one or instead of some.

The lead has their rhythm and their motifs, the others their figures.

Notes keep their places, lengths and loudness, and move to the chords of the new bars. Knows no style.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from statistics import fmean

from composer.analysis.melody import leading_parts
from composer.arranging.line_search import Place, find_line, moves_of
from composer.arranging.repitching import moved_to, revoiced
from composer.arranging.setting import pick
from composer.arranging.tables import Tune
from composer.arranging.tunes import passing_tones, resting_tones, rests_at
from composer.arranging.voicing import nearest_tone
from composer.controls import PHRASE_BARS
from composer.plan import Plan
from composer.rework.following import followed_bars
from composer.rework.keeping import notes_by_onset
from composer.score import Chord, Note, Score

BarChords = Sequence[Sequence[Chord]]
_OCTAVE = 12
_BEYOND = 2  # semitones that a lead goes beyond the range of the bars that it follows
_LIFTS = (-3, -2, 2, 3, 4)  # semitones by which a phrase is higher than the one that it follows
_DOUBLING = 0.8  # share of the notes of a part that are the lead's in any octave, from which it doubles the lead
_THROUGHOUT = 0.75  # share of the bars of a theme in which the lead plays
_ORDERS = ((1, 2, 0, 3), (2, 0, 1, 3), (1, 0, 2, 3), (2, 1, 0, 3))  # of the bars of a phrase that others follow
THEME_BARS = 2 * PHRASE_BARS
CLOSE_BARS = 2  # at the end of the piece, which closes even if the theme does not


def leading_part(score: Score) -> int | None:
    """The part that leads in most of the last bars, which new bars follow first; `None` if no part is pitched."""
    leads = [part for part in leading_parts(score)[-THEME_BARS:].tolist() if part >= 0]
    return max(leads, key=leads.count, default=None)


def theme_bars(score: Score, lead: int) -> range:
    """The first two phrases in which a part plays throughout, the theme of a piece; empty if there are none."""
    played = {score.bar_at(note.start_ticks).index for note in score.parts[lead].notes}
    starts = range(score.upbeat_bars, len(score.bars) - THEME_BARS + 1, PHRASE_BARS)
    found = (range(start, start + THEME_BARS) for start in starts)
    return next((bars for bars in found if len(played.intersection(bars)) >= _THROUGHOUT * THEME_BARS), range(0))


def models_of(score: Score, new: int, theme: range) -> tuple[int, ...]:
    """For each new bar the given bar that it follows; the last ones follow a theme.

    A last bar that is a close is not followed, but the one in its place of the phrase before.

    Args:
        score: the given bars.
        new: number of new bars.
        theme: given bars that come back at the end.
    """
    given = len(score.bars)
    models = (*followed_bars(given, new - len(theme), score.upbeat_bars), *theme)
    earlier = given - 1 - PHRASE_BARS if given > PHRASE_BARS else max(0, given - 2)
    return tuple(earlier if model == given - 1 and _is_close(score) else model for model in models)


def models_around(score: Score, lead: int, region: range, chance: random.Random) -> tuple[int, ...]:
    """For each bar of a region a bar around it that it follows: the nearest one in a drawn place of a phrase.

    The last bar of a phrase follows last bars, the others bars in another place, lest a refrain come out as it was.

    Args:
        score: the piece.
        lead: the part that is written again; only bars in which it leads are followed.
        region: the bars to write.
        chance: draws the order of places in each phrase.

    Returns:
        Empty if the part leads nowhere else.
    """
    leads = [bar for bar, part in enumerate(leading_parts(score).tolist()) if part == lead and bar not in region]
    models, orders = list[int](), dict[int, tuple[int, ...]]()
    for bar in region if leads else ():
        phrase, place = divmod(bar - score.upbeat_bars, PHRASE_BARS)
        if phrase not in orders:
            orders[phrase] = chance.choice(_ORDERS)
        wanted = score.upbeat_bars + orders[phrase][place]
        apart = {abs(model - bar): model for model in leads if (model - wanted) % PHRASE_BARS == 0}
        models.append(apart[min(apart)] if apart else leads[0])
    return tuple(models)


def _is_close(score: Score) -> bool:
    """Whether everybody strikes once in the last bar, at its start, and some more often in the bar before."""
    *others, last = score.bars
    if not others:
        return False
    onsets = [{note.start_ticks for note in part.notes if note.start_ticks >= others[-1].start_ticks} for part in score.parts]
    closes = all(onset <= last.start_ticks for part in onsets for onset in part)
    return closes and any(len(part - {last.start_ticks}) > 1 for part in onsets)


@dataclass(frozen=True)
class BandBars:
    """New bars to be written after given ones, or instead of some.

    Attributes:
        score: the given bars, all in the meter of the plan.
        given: the chords of each given bar.
        plan: of the new bars, with chords in every bar.
        models: for each new bar the given bar that it follows.
        theme: given bars that come back at the end, but for the close; may be empty.
        lead: index of the part that leads.
        replaced: the given bars instead of which the new ones are, in which the same parts play; empty for bars after the last.
    """

    score: Score
    given: BarChords
    plan: Plan
    models: Sequence[int]
    theme: range
    lead: int
    replaced: range = range(0)

    @property
    def _ticks(self) -> int:
        return self.plan.meter.bar_ticks

    @property
    def _written(self) -> range:
        """The new bars that follow given ones: all but the last one of a piece that closes."""
        return range(self.plan.bars - (not self.plan.loop))

    @cached_property
    def _chords(self) -> BarChords:
        tonic = self.plan.key.tonic_triad
        return [[chord or tonic for chord in bar] for bar in self.plan.chords]

    def _chord(self, bars: BarChords, tick: int) -> Chord:
        """The chord of some bars at a tick; after the last bar its last one."""
        bar, offset = divmod(tick, self._ticks)
        if bar >= len(bars):
            return bars[-1][-1]
        starts = self.plan.meter.chord_ticks(len(bars[bar]))
        return next(chord for start, chord in zip(reversed(starts), reversed(bars[bar]), strict=True) if start <= offset)

    @cached_property
    def _returning(self) -> range:
        """The new bars in which the theme comes back."""
        return range(self.plan.bars - len(self.theme), self.plan.bars - CLOSE_BARS) if self.theme else range(0)

    def around_theme(self, line: Sequence[Note]) -> tuple[Note, ...]:
        """A line for the lead in which the theme comes back."""
        back = [self._later(note, bar) for bar in self._returning for note in self._line(self.models[bar])]
        return tuple(sorted([*back, *(note for note in line if note.start_ticks // self._ticks not in self._returning)]))

    def _later(self, note: Note, bar: int) -> Note:
        """A note of a given bar in a new bar that follows it."""
        return replace(note, start_ticks=bar * self._ticks + note.start_ticks % self._ticks)

    def melody(self, tune: Tune) -> tuple[Note, ...]:
        """The new line of the lead, to the last tonic of a piece that closes.

        Args:
            tune: the row of the style, by which it leaps and has blue notes.
        """
        part = self.plan.parts[self.lead]
        pitches = [note.pitch for model in set(self.models) for note in self._line(model)]
        if not pitches:
            return ()
        low, high = max(part.low, min(pitches) - _BEYOND), min(part.high, max(pitches) + _BEYOND)
        line, final = list(self.around_theme(())), self._final(low, high)
        for start in range(0, len(self._written), PHRASE_BARS):
            bars = [bar for bar in self._written[start : start + PHRASE_BARS] if bar not in self._returning]
            before = [note.pitch for note in sorted(line) if bars and note.start_ticks < bars[0] * self._ticks]
            ahead = [final] if final and self._written[-1] in bars else []
            line += self._phrase(bars, (low, high), ahead, before[-2:], tune)
        if final:
            loudness = (max(line) if line else self.score.parts[self.lead].notes[-1]).velocity
            line.append(Note((self.plan.bars - 1) * self._ticks, round(final.aim), self._ticks, loudness))
        return tuple(sorted(line))

    def _final(self, low: int, high: int) -> Place | None:
        """The tonic with which the lead closes, near where the followed bars end; `None` for bars after which more follow."""
        if self.plan.loop:
            return None
        near = next(line[-1].pitch for model in reversed(self.models) if (line := self._line(model)))
        root = self._chords[-1][-1].root
        only = frozenset({root})
        return Place(only, only, only, rests=True, aim=nearest_tone((root,), near, low, high))

    def _phrase(
        self, bars: Sequence[int], span: tuple[int, int], ahead: Sequence[Place], before: Sequence[int], tune: Tune
    ) -> list[Note]:
        """The line of a phrase."""
        if not bars:
            return []
        chance = random.Random(f"{self.plan.band_seed}:phrase {bars[0]}")
        heights = [note.pitch for bar in bars for note in self._line(self.models[bar])]
        lifts = [lift for lift in _LIFTS if heights and span[0] <= min(heights) + lift and max(heights) + lift <= span[1]]
        lift = pick(chance, lifts or [0])
        notes, places = list[Note](), list[Place]()
        for bar in bars:
            line = self._line(self.models[bar])
            scales = [passing_tones(self.plan.key, self._chord(self.given, note.start_ticks), blue=tune.blue) for note in line]
            moves = moves_of([note.pitch for note in line], scales)
            for note, move in zip(line, moves, strict=True):
                moved, offset = self._later(note, bar), note.start_ticks % self._ticks
                chord = self._chord(self._chords, moved.start_ticks + self._settles(moved))
                place = Place(
                    tones=resting_tones(chord),
                    chord=chord.pitch_classes,
                    scale=passing_tones(self.plan.key, chord, blue=tune.blue),
                    rests=rests_at(offset, note.duration_ticks, self.plan.meter),
                    aim=note.pitch + lift,
                    move=move if note is not line[0] else None,
                )
                notes.append(moved)
                places.append(place)
        found = find_line([*places, *ahead], *span, before, tune.leap, chance)[: len(notes)]
        return [replace(note, pitch=pitch) for note, pitch in zip(notes, found, strict=True)]

    def _settles(self, note: Note) -> int:
        """Ticks from the start of a note to the chord that it belongs to: the one after the barline if it is held into it."""
        left = self._ticks - note.start_ticks % self._ticks
        return left if note.duration_ticks - left >= left else 0

    def _line(self, bar: int) -> list[Note]:
        """The highest note of each onset of the lead in a given bar, none held into the next one."""
        chords = notes_by_onset(self._in_bar(self.lead, bar)).values()
        top = [max(chord, key=lambda note: note.pitch) for chord in chords]
        ends = [*(note.start_ticks for note in top[1:]), top[-1].end_ticks] if top else []
        return [
            replace(note, duration_ticks=min(note.end_ticks, end) - note.start_ticks)
            for note, end in zip(top, ends, strict=True)
        ]

    def _in_bar(self, part: int, bar: int) -> list[Note]:
        start = bar * self._ticks
        return [note for note in self.score.parts[part].notes if start <= note.start_ticks < start + self._ticks]

    def _model(self, index: int, bar: int) -> int:
        """The given bar that a part follows in a new bar: the one that it replaces where the part rests in one of both."""
        if not self.replaced or (self._in_bar(index, self.replaced[bar]) and self._in_bar(index, self.models[bar])):
            return self.models[bar]
        return self.replaced[bar]

    def played(self, melody: Sequence[Note], closing: Mapping[int, Sequence[Note]]) -> dict[int, tuple[Note, ...]]:
        """What all parts play.

        Args:
            melody: the line of the lead.
            closing: by part the notes of the style, which are played in the last bar of a piece that closes.
        """
        end = len(self._written) * self._ticks
        found = {index: self._player(index, melody) for index in range(len(self.score.parts)) if index != self.lead}
        for index, notes in found.items():
            usual = round(fmean(note.velocity for note in notes)) if notes else 0
            close = [note for note in closing.get(index, ()) if note.start_ticks >= end]
            close = [replace(note, velocity=usual or note.velocity) for note in close]
            found[index] = self._approached(index, [*(note for note in notes if note.start_ticks < end), *close])
        return {**found, self.lead: tuple(sorted([*melody, *self._beneath(melody)]))}

    def _beneath(self, melody: Sequence[Note]) -> Iterator[Note]:
        """The notes that the lead strikes below its line as in the given bars: tones of the chord, about as far below."""
        tops = {note.start_ticks: note.pitch for note in melody}
        for bar in self._written:
            for chord in notes_by_onset(self._in_bar(self.lead, self.models[bar])).values():
                *lower, top = sorted(chord, key=lambda note: note.pitch)
                start = self._later(top, bar).start_ticks
                old, new = self._chord(self.given, top.start_ticks), self._chord(self._chords, start)
                highest = tops.get(start, top.pitch)
                move, taken = highest - top.pitch, {highest}
                for note in reversed(lower):
                    near = nearest_tone(tuple(new.pitch_classes), note.pitch + move, 0, highest - 1)
                    pitch = note.pitch if old == new and not move else near
                    if pitch not in taken:
                        taken.add(pitch)
                        yield replace(self._later(note, bar), pitch=pitch)

    def _player(self, index: int, melody: Sequence[Note]) -> tuple[Note, ...]:
        """What a part other than the lead plays in the bars that follow given ones."""
        part = self.score.parts[index]
        if not part.is_drum and (octaves := self._doubled(index)) is not None:
            return tuple(replace(note, pitch=note.pitch + _OCTAVE * octaves) for note in melody)
        end, written = len(self._written) * self._ticks, list[Note]()
        for bar in self._written:
            for chord in notes_by_onset(self._in_bar(index, self._model(index, bar))).values():
                written += [self._later(note, bar) for note in chord] if part.is_drum else self._moved(index, bar, chord)
        kept = [replace(note, duration_ticks=min(note.end_ticks, end) - note.start_ticks) for note in written]
        return tuple(sorted(kept) if part.is_drum else _apart(kept))

    def _approached(self, index: int, notes: Sequence[Note]) -> tuple[Note, ...]:
        """The notes of a part, in which a tone a semitone from the next one, foreign to its chord, stays so."""
        if self.score.parts[index].is_drum:
            return tuple(notes)
        given = notes_by_onset(self.score.parts[index].notes)
        steps = dict[int, int]()  # by onset in the given bars
        for (start, chord), (_, following) in pairwise(given.items()):
            step = following[0].pitch - chord[0].pitch
            if len(chord) == len(following) == 1 and abs(step) == 1 and not self._belongs(chord[0].pitch, start):
                steps[start] = step
        onsets = notes_by_onset(notes)
        for (start, chord), (_, following) in pairwise(list(onsets.items())):
            bar, offset = divmod(start, self._ticks)
            step = steps.get(self._model(index, bar) * self._ticks + offset, 0)
            if step and len(chord) == len(following) == 1:
                onsets[start] = [replace(chord[0], pitch=following[0].pitch - step)]
        return tuple(note for chord in onsets.values() for note in chord)

    def _belongs(self, pitch: int, tick: int) -> bool:
        """Whether a pitch is a tone of the given chord at a tick."""
        return pitch % _OCTAVE in self._chord(self.given, tick).pitch_classes

    def _doubled(self, index: int) -> int | None:
        """The octaves from the lead to a part that doubles it; `None` for a part with other notes."""
        lead = {note.start_ticks: note.pitch for model in set(self.models) for note in self._line(model)}
        notes = [note for model in set(self.models) for note in self._in_bar(index, model)]
        apart = [note.pitch - lead[note.start_ticks] for note in notes if note.start_ticks in lead]
        alike = [each // _OCTAVE for each in apart if each % _OCTAVE == 0]
        return max(alike, key=alike.count) if notes and len(alike) >= _DOUBLING * max(len(notes), len(lead)) else None

    def _moved(self, index: int, bar: int, chord: Sequence[Note]) -> Iterator[Note]:
        """Notes of a given bar that are struck together, over the chords of a new one."""
        start = chord[0].start_ticks
        old, new = self._chord(self.given, start), self._chord(self._chords, self._later(chord[0], bar).start_ticks)
        following = (start // self._ticks + 1) * self._ticks
        classes = {note.pitch % _OCTAVE for note in chord}
        upcoming = self._chord(self.given, following)
        is_last = following - start <= self.plan.meter.beat_ticks
        if is_last and not classes <= old.pitch_classes and classes <= upcoming.pitch_classes:
            old, new = upcoming, self._chord(self._chords, (bar + 1) * self._ticks)  # anticipated
        pitches = self._pitches(index, sorted({note.pitch for note in chord}), old, new)
        return self._held(index, [replace(self._later(note, bar), pitch=pitches[note.pitch]) for note in chord], new)

    def _pitches(self, index: int, pitches: Sequence[int], old: Chord, new: Chord) -> dict[int, int]:
        """The pitches over a new chord of those that are struck together over an old one."""
        if old == new:
            return {pitch: pitch for pitch in pitches}
        if len(pitches) > 1:
            return dict(zip(pitches, revoiced(tuple(pitches), old, new), strict=True))
        part = self.plan.parts[index]
        is_bass = part.is_bass and {old.lowest, new.lowest} != {old.root, new.root}
        return {pitches[0]: moved_to(pitches[0], old, new, self.plan.key, part.low, part.high, is_bass=is_bass)}

    def _held(self, index: int, notes: Sequence[Note], chord: Chord) -> Iterator[Note]:
        """Notes that are struck together over a chord, and again over the next one where one would be held against it."""
        start, end = notes[0].start_ticks, max(note.end_ticks for note in notes)
        changes = [
            bar * self._ticks + offset
            for bar in range(start // self._ticks, min(len(self._chords), end // self._ticks + 1))
            for offset in self.plan.meter.chord_ticks(len(self._chords[bar]))
        ]
        for change in (each for each in changes if start < each < end):
            following, held = self._chord(self._chords, change), [note for note in notes if note.end_ticks > change]
            if any(note.pitch % _OCTAVE not in following.pitch_classes for note in held):
                yield from (replace(note, duration_ticks=min(note.end_ticks, change) - note.start_ticks) for note in notes)
                pitches = self._pitches(index, sorted({note.pitch for note in held}), chord, following)
                notes = [Note(change, pitches[note.pitch], note.end_ticks - change, note.velocity) for note in held]
            chord = following
        yield from notes


def _apart(notes: Sequence[Note]) -> list[Note]:
    """Notes in order of which none of a pitch begins with another or lasts into the next one."""
    by_pitch: dict[int, dict[int, Note]] = {}
    for note in sorted(notes):
        by_pitch.setdefault(note.pitch, {}).setdefault(note.start_ticks, note)
    kept = list[Note]()
    for same in by_pitch.values():
        ends = [*list(same)[1:], max(note.end_ticks for note in notes)]
        kept += [
            replace(note, duration_ticks=min(note.end_ticks, end) - note.start_ticks)
            for note, end in zip(same.values(), ends, strict=True)
        ]
    return sorted(kept)
