"""Guides the sampling of a melody: harmony, cadences and returns are given, the network chooses notes within rules.

Pitch is functional: C major or A minor.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import islice
from typing import cast

import numpy as np
from numpy.typing import NDArray

from composer.analysis.chord_functions import bent_scale, scale_in
from composer.controls import PHRASE_BARS
from composer.harmony.chord_vocabulary import CadenceKind
from composer.melody.line_vocabulary import (
    DISTANCES,
    HIGH,
    LIKENESSES,
    LOW,
    NEW,
    PACES,
    Event,
    Likeness,
    MelodyVocabulary,
    degree,
)
from composer.model.sampling import Settings
from composer.plan import Plan
from composer.plan.seeded import draw
from composer.presets import Level
from composer.score import Chord
from composer.tokenizer.vocabulary import STEPS_PER_QUARTER, TICKS_PER_STEP

Mask = NDArray[np.bool_]
GRID = (6, 8)  # steps between places where a melody may attack: sixteenths and triplets of eighths
MOST_STRUCK = 4  # notes of one pitch in a row; 3 to 4 in human lines
CIRCLE_NOTES, CIRCLE_PITCHES = 8, 3  # notes in a row, and number of their pitches with which they circle
_SLOWEST, _FASTEST = 0.9, 5.0  # notes per second
_FASTER = 1.25  # requested pace of a line, as a share of the one it is to have: lines that settle at closes are slower
_STABLE = (0, 3, 4, 7)  # semitones above the root of the tones on which a line settles
_ON_THE_ROOT = 0.55  # share of closes at which a line settles on the root if it is near; human lines do at .3 to .6
_NEAR, _NEAR_END = 5, 7  # semitones to it, and to the last one
_WIDEST = 12  # semitones between notes of a line
_BESIDE = 2  # semitones of a step
_PERFECT = (0, 7)  # semitones of intervals that do not move in parallel
_ROUGH = (6, 10, 11)  # semitones of leaps that are hard to sing
_HALF = 0.5  # steps by which a moved tone may deviate; in a scale of five notes, which lacks some steps, one
_FEW = 5  # notes of a scale
_UNLIKELY = 0.002  # least chance of a position, as a share of the likeliest one's
_MOODY = 0.25  # arousal from which a line is lively or calm


@dataclass(frozen=True, slots=True)
class Frame:
    """The frame in which a melody is written, in functional pitch.

    Attributes:
        plan: with chords in every bar.
        chords: of the bar's halves, for each bar.
        lead: family of the leading instrument.
        low: lowest pitch.
        high: highest pitch.
        silent: bars in which the line rests.
        chordal: whether other voices sing in its rhythm, so that it does not rest on barlines.
        styles: learned styles, the heaviest first; empty for those of the plan.
        pace: notes per quarter note, as far as the tempo and the mood allow; `None` for any.
        church: the scale of a church mode or other scale; empty in major and minor.
        rhythms: by bar, events whose rhythm the line takes, except at closes and in the last bar; in every second bar it also
            moves as they do.
        level: how easy the line is; `None` for any difficulty.
        strict: whether it moves in no parallel fifths and octaves with the basses of the chords.
    """

    plan: Plan
    chords: tuple[tuple[Chord, ...], ...]
    lead: str
    low: int
    high: int
    silent: frozenset[int] = frozenset()
    chordal: bool = False
    styles: tuple[str, ...] = ()
    pace: float | None = None
    church: frozenset[int] = frozenset()
    rhythms: Mapping[int, Sequence[Event]] = field(default_factory=dict)
    level: Level | None = None
    strict: bool = False


class MelodyGuide:
    """Guides one stream of the melody network (`composer.model.sampling.Guide`).

    Args:
        vocabulary: the network's vocabulary.
        frame: harmony and range of the melody.
        drawn: relations that are given, by bar, with the distance in bars to the earlier one.

    Attributes:
        bars: the events written so far, by bar.
    """

    def __init__(
        self, vocabulary: MelodyVocabulary, frame: Frame, drawn: Mapping[int, tuple[Likeness, int]] | None = None
    ) -> None:
        self._vocabulary, self._frame, self._plan, self._drawn = vocabulary, frame, frame.plan, drawn or {}
        self._steps, self._beat = (
            ticks // TICKS_PER_STEP for ticks in (self._plan.meter.bar_ticks, self._plan.meter.beat_ticks)
        )
        self._longest_rest = max(self._steps // 2, self._beat)  # within a line
        self._closes = cast("Sequence[CadenceKind | None]", self._plan.closes or (None,) * self._plan.bars)
        self._ahead = vocabulary.harmony.cadences_ahead(self._closes)
        self._left = np.array([i for t, i in vocabulary.ids.items() if t.startswith("Left_") or t == "EOS"], np.intp)
        self.bars: list[list[Event]] = []
        self._step: int | None = None  # of the event whose pitch comes next
        self._related = False  # whether the relation of this bar is known
        self._like: tuple[Likeness, list[Event]] | None = None  # how this bar is like other events, and these
        self._paced = False  # whether the pace is known
        self._queue: list[int] = self._header()

    def _header(self) -> list[int]:
        ids, plan = self._vocabulary.ids, self._plan
        styles = [name for name in self._frame.styles or plan.styles if f"Style_{name}" in ids][:2]
        header = [ids["BOS"], *(ids[f"Style_{name}"] for name in styles), ids[f"Mode_{plan.key.mode}"]]
        center = self._vocabulary.center((self._frame.low + self._frame.high) / 2)
        return [*header, self._vocabulary.harmony.meter(plan.meter), ids[f"Lead_{self._frame.lead}"], center]

    @property
    def finished(self) -> bool:
        """Whether all bars have been written."""
        return len(self.bars) > self._plan.bars

    def _open_bar(self) -> None:
        """Queues what is given of the next bars, up to the first bar that is open."""
        vocabulary, plan, frame = self._vocabulary, self._plan, self._frame
        while True:
            bar = len(self.bars)
            self.bars.append([])
            self._related, self._step, self._like = False, None, None
            if bar == plan.bars:
                self._queue.append(vocabulary.ids["EOS"])
                return
            self._queue.append(self._left_at(bar))
            if plan.moods and bar % PHRASE_BARS == 0:
                mood = plan.moods[min(bar // PHRASE_BARS, len(plan.moods) - 1)]
                self._queue += vocabulary.harmony.mood(mood.valence, mood.arousal)
            chords = frame.chords[bar]
            following = frame.chords[bar + 1][0] if bar + 1 < plan.bars else chords[-1]
            self._queue.append(self._ahead[bar])
            self._queue += [vocabulary.harmony.chord(chord) for chord in (chords[0], chords[-1], following)]
            given = self.given(bar)
            if given is None:
                return
            relation, events = given
            self._queue += [vocabulary.ids[relation], *vocabulary.events(events)]
            self.bars[bar] = events

    def given(self, bar: int) -> tuple[str, list[Event]] | None:
        """The relation and the events of a bar that is not sampled: silence, or an exact return over the same chords."""
        if bar in self._frame.silent:
            sounds = bar > 0 and self._sounding(bar) is not None
            return NEW, [(0, None)] if sounds or bar == 0 else []
        distance = self._plan.recalls[bar] if bar < len(self._plan.recalls) else None
        if not distance or self._plan.return_at(bar) == "varied" or not self._same(bar, distance):
            return None
        events = list(self.bars[bar - distance])
        if self._begins_late(bar - distance) and (before := self._before(bar)) is not None:
            return NEW, [(0, self._nearest(bar, before)), *events[1:]]
        return (f"Relation_same_{distance}" if distance in DISTANCES else NEW), events

    def _begins_late(self, bar: int) -> bool:
        """Whether a bar is silent up to an upbeat."""
        events = self.bars[bar]
        return len(events) > 1 and events[0] == (0, None) and events[1][0] > self._longest_rest

    def _nearest(self, bar: int, pitch: int) -> int:
        """The stable tone of a bar's first chord that is nearest to a pitch."""
        tones = range(max(LOW, self._frame.low), min(HIGH, self._frame.high) + 1)
        triad = [p for p in tones if p % 12 in _stable(self._frame.chords[bar][0])]
        return min(triad or tones, key=lambda p: (abs(p - pitch), p))

    def _arrival(self, bar: int) -> tuple[int, int] | None:
        """Where the line settles in a bar with a close, and for how many steps; `None` if it does so at the next barline."""
        if not self._closes[bar] or bar == self._plan.bars - 1:
            return None
        distance = self._plan.recalls[bar + 1] if bar + 1 < len(self._plan.recalls) else None
        if distance and distance <= bar + 1 and self._begins_late(bar + 1 - distance):
            return None
        start = self._plan.meter.chord_ticks(len(self._frame.chords[bar]))[-1] // TICKS_PER_STEP
        return start, max(self._beat, min(2 * self._beat, self._steps - start - self._beat))

    def _resting_since(self, bar: int) -> int | None:
        """The step, counted from a bar's start, at which the present rest of the line began; `None` while it sounds."""
        for other in range(bar, -1, -1):
            if other in self._frame.silent:
                return (other + 1 - bar) * self._steps
            if self.bars[other]:
                step, pitch = self.bars[other][-1]
                return None if pitch is not None or (other == 0 and step == 0) else step - (bar - other) * self._steps
        return None

    def _same(self, bar: int, distance: int) -> bool:
        """Whether a bar and the bar that it repeats have the same chords and cadences."""
        chords, closes = self._frame.chords, self._closes
        other = bar - distance
        last = bar == self._plan.bars - 1 and not self._plan.loop
        near = [b for b in (bar, bar + 1) if b < self._plan.bars]
        alike = all(closes[b] == closes[b - distance] for b in near)
        return other >= 0 and not last and alike and chords[bar] == chords[other] and other not in self._frame.silent

    def _sounding(self, bar: int) -> int | None:
        """The pitch that sounds at the barline before a bar."""
        for events in reversed(self.bars[:bar]):
            if events:
                return events[-1][1]
        return None

    def _left_at(self, bar: int) -> int:
        if bar == self._plan.bars:
            return self._vocabulary.ids["EOS"]
        return self._vocabulary.harmony.left(None if self._plan.loop else self._plan.bars - 1 - bar)

    def forced(self) -> Sequence[int]:
        """The ids that are given."""
        queue, self._queue = self._queue, []
        return queue

    # choices

    def mask(self) -> Mask:
        """Ids that may come next: a relation, a position or the end of the bar, or a pitch."""
        if not self._paced:
            return self._paces()
        if not self._related:
            return self._relations()
        return self._positions() if self._step is None else self._pitches(self._step)

    def _paces(self) -> Mask:
        """Paces that are neither too slow nor too fast at the plan's tempo, or of these the one nearest to the frame's."""
        vocabulary, quarters = self._vocabulary, self._plan.mean_qpm / 60
        mask = np.zeros(len(vocabulary), bool)
        fitting = [bin_ for bin_, low in enumerate(PACES) if (bin_ == 0 or low * quarters <= _FASTEST)]
        dull = [bin_ for bin_ in fitting if bin_ + 1 < len(PACES) and PACES[bin_ + 1] * quarters < _SLOWEST]
        usual = [bin_ for bin_ in fitting if bin_ not in dull] or fitting[-1:]
        mood = float(np.mean([mood.arousal for mood in self._plan.moods])) if self._plan.moods else 0.0
        if abs(mood) >= _MOODY:  # the livelier or the calmer half of them
            usual = usual[len(usual) // 2 :] if mood > 0 else usual[: -(-len(usual) // 2)]
        if (pace := self._frame.pace) is not None:
            wanted = vocabulary.pace(_FASTER * pace) - vocabulary.first_pace
            usual = [min(usual, key=lambda bin_: abs(bin_ - wanted))]
        mask[vocabulary.first_pace + np.array(usual)] = True
        return mask

    def _relations(self) -> Mask:
        bar, vocabulary = len(self.bars) - 1, self._vocabulary
        mask = np.zeros(len(vocabulary), bool)
        if bar in self._frame.rhythms:
            mask[vocabulary.ids[NEW]] = True
            return mask
        if (drawn := self._drawn.get(bar)) and self._is_rich(bar - drawn[1]):
            mask[vocabulary.ids[f"Relation_{drawn[0]}_{drawn[1]}"]] = True
            return mask
        distance = self._plan.recalls[bar] if bar < len(self._plan.recalls) else None
        if distance in DISTANCES and self._plan.return_at(bar) == "varied" and distance is not None and bar >= distance:
            for kind in LIKENESSES:
                mask[vocabulary.ids[f"Relation_{kind}_{distance}"]] = True
            if (bar - self._plan.upbeat_bars) % PHRASE_BARS < PHRASE_BARS // 2:
                return mask
        mask[vocabulary.ids[NEW]] = True
        for d in DISTANCES:
            if d <= bar and self._is_rich(bar - d):
                for kind in LIKENESSES:
                    mask[vocabulary.ids[f"Relation_{kind}_{d}"]] = True
        return mask

    def _is_rich(self, bar: int) -> bool:
        """Whether a bar has more than one note."""
        return sum(pitch is not None for _, pitch in self.bars[bar]) > 1

    def _is_last(self) -> bool:
        return len(self.bars) == self._plan.bars and not self._plan.loop

    def _positions(self) -> Mask:
        bar, events = len(self.bars) - 1, self.bars[-1]
        mask = np.zeros(len(self._vocabulary), bool)
        first = self._vocabulary.first_position
        if self._is_last():
            if events:
                mask[self._left_at(bar + 1)] = True
            else:
                mask[first] = True
            return mask
        if bar < self._plan.upbeat_bars and not events:
            mask[first] = True  # of a rest
            return mask
        after = events[-1][0] if events else -1
        steps = self._plain(bar, _grid(self._steps))
        if bar < self._plan.upbeat_bars:
            steps = steps[steps >= self._steps // 2]
        elif bar == 0 and events == [(0, None)]:  # an upbeat has a bar of its own
            steps = steps[steps < self._steps // 2]
        elif bar == 0 and not events and self._sings_first_chord:
            steps = steps[:1]
        resolves = self._resolution(bar)
        open_steps = self._timely(bar, steps[steps > after])
        if resolves is not None and (open_steps <= resolves).any():
            open_steps = open_steps[open_steps <= resolves]
        upbeat = self._upbeat(bar)
        due = [step for step in upbeat if step > after]
        if due:
            open_steps = self._led_to(due[0], bar, open_steps)
        elif upbeat:
            open_steps = open_steps[:0]
        may_end = not due and resolves is None and self._may_end()
        if self._like is not None:
            following = self._like[1][len(events) : len(events) + 1]
            if following and following[0][0] in open_steps:
                mask[first + following[0][0]] = True
                return mask
            if not following and may_end:
                mask[self._left_at(bar + 1)] = True
                return mask
            self._like = None  # closes and rests come first
        mask[first + open_steps] = True
        if may_end or not len(open_steps):
            mask[self._left_at(bar + 1)] = True
        return mask

    def _plain(self, bar: int, steps: NDArray[np.int64]) -> NDArray[np.int64]:
        """The positions of an easy line: on its unit; on the barline first, and on the beat after a note between beats."""
        if (level := self._frame.level) is None:
            return steps
        beat, events = self._beat, self.bars[bar]
        last = events[-1][0] if events else 0
        fits = steps % (beat if bar < self._plan.upbeat_bars else round(level.unit * STEPS_PER_QUARTER)) == 0
        if bar >= self._plan.upbeat_bars and not events:
            fits &= steps == 0
        elif last % beat:
            fits &= steps <= (last // beat + 1) * beat
        elif not level.dotted:
            fits &= (steps % beat == 0) | (steps < last + beat)
        return np.asarray(steps[fits], np.int64)

    def _timely(self, bar: int, steps: NDArray[np.int64]) -> NDArray[np.int64]:
        """The positions that end a rest in time and let the line settle at a close."""
        if (since := self._resting_since(bar)) is not None:
            steps = steps[steps <= since + self._longest_rest]
        if (arrival := self._arrival(bar)) is None:
            return steps
        start, held = arrival
        settled = self._settled(bar)
        timely = (steps <= start) | (steps == start + self._beat) if settled is None else steps >= settled + held
        return np.asarray(steps[timely], np.int64)

    def _resolution(self, bar: int) -> int | None:
        """The step of a bar at which its sounding note has been foreign to the harmony for a beat; `None` if there is none."""
        place = next((other for other in range(bar, -1, -1) if self.bars[other]), None)
        if place is None or (pitch := self.bars[place][-1][1]) is None:
            return None
        struck = self.bars[place][-1][0] - (bar - place) * self._steps
        spans = [span for other in range(place, bar + 1) for span in self._spans(other, (other - bar) * self._steps)]
        since: int | None = None
        for start, end, chord in spans:
            if end > struck:
                since = None if pitch % 12 in chord.pitch_classes else max(start, struck) if since is None else since
                if since is not None and since + self._beat <= end:
                    return since + self._beat if since + self._beat < self._steps else None
        return None

    def _spans(self, bar: int, first: int) -> Iterator[tuple[int, int, Chord]]:
        """The steps at which the chords of a bar begin and end, and the chords; the bar begins at a step."""
        chords = self._frame.chords[bar]
        starts = [first + ticks // TICKS_PER_STEP for ticks in self._plan.meter.chord_ticks(len(chords))]
        return zip(starts, [*starts[1:], first + self._steps], chords, strict=True)

    def _settled(self, bar: int) -> int | None:
        """Where the line has settled in a bar with a close; `None` if it has not, or there is none."""
        arrival = self._arrival(bar)
        return arrival and next((step for step, _ in self.bars[bar] if step >= arrival[0]), None)

    def _upbeat(self, bar: int) -> list[int]:
        """The steps of the first upbeat from where the line has settled, in a bar after which the first section returns."""
        plan = self._plan
        letters = {section.start_bar: section.letter for section in plan.sections[plan.upbeat_bars :]}
        if not plan.upbeat_bars or not bar or letters.get(bar + 1) != letters[plan.upbeat_bars]:
            return []
        start, held = self._arrival(bar) or (0, 0)
        settled = self._settled(bar)
        since = held + (start if settled is None else settled)
        return [step for step, pitch in self.bars[0] if pitch is not None and step >= since]

    def _led_to(self, upbeat: int, bar: int, steps: NDArray[np.int64]) -> NDArray[np.int64]:
        """The positions that let a line settle, and hold the note on which it has, up to a step with an upbeat."""
        _, held = self._arrival(bar) or (0, 0)
        fitting = steps <= upbeat - held if self._settled(bar) is None else steps == upbeat
        return steps[fitting] if fitting.any() else steps

    def _may_end(self) -> bool:
        """Whether the bar may end here: the line has begun, and does not rest or hold for too long."""
        bar, events = len(self.bars) - 1, self.bars[-1]
        since = self._resting_since(bar)
        if since is not None and self._steps - since >= self._longest_rest:
            return False
        sounding = events[-1][1] if events else self._sounding(bar)
        if self._frame.level and not self._is_whole(bar):
            return False
        if events:
            return sounding is not None or len(events) > 1 or (bar == 0 and not self._plan.upbeat_bars)
        return sounding is not None and not (bar > 1 and not self.bars[-2])

    def _is_whole(self, bar: int) -> bool:
        """Whether an easy line may end a bar: it has begun, and its last note between beats begins within the last beat."""
        events = self.bars[bar]
        last = events[-1][0] if events else 0
        return bool(events) and (last % self._beat == 0 or last + self._beat > self._steps)

    def _pitches(self, step: int) -> Mask:
        bar, vocabulary, frame = len(self.bars) - 1, self._vocabulary, self._frame
        mask = np.zeros(len(vocabulary), bool)
        if bar < self._plan.upbeat_bars and step == 0:
            mask[vocabulary.rest] = True
            return mask
        pitches = np.arange(max(LOW, frame.low), min(HIGH, frame.high) + 1)
        chord = self._chord(bar, step)
        classes = pitches % 12
        if self._is_last():
            allowed = np.isin(classes, [chord.root])
            near = allowed & (np.abs(pitches - (self._before(bar) or 0)) <= _NEAR_END)
            allowed = near if near.any() else allowed
        elif self._settles(bar, step):
            allowed = np.isin(classes, _stable(chord))
            sung = self._before(bar) or 0
            allowed = led if (led := allowed & self._led(bar, step, pitches, sung)).any() else allowed
            near = allowed & (classes == chord.root) & (np.abs(pitches - sung) <= _NEAR)
            if near.any() and draw(self._plan.band_seed, f"close {bar}") < _ON_THE_ROOT:
                allowed = near
        else:
            tones = np.isin(classes, list(chord.pitch_classes))
            scale = bent_scale(frame.church, chord) if frame.church else _scale(chord, self._plan.key.mode == "minor")
            begins = step * TICKS_PER_STEP in self._plan.meter.chord_ticks(len(frame.chords[bar]))
            allowed = tones if begins and self._plan.chords_given else np.isin(classes, list(scale)) | tones
            before = self._before(bar)
            if (
                step % self._beat and before is not None and not frame.church and frame.level is None
            ):  # chromatic neighbors and passing notes between beats
                allowed |= np.abs(pitches - before) == 1
        if not allowed.any():  # a narrow range lacks them all: a tone of the chord, else any pitch
            tones = np.isin(classes, list(chord.pitch_classes))
            allowed = tones if tones.any() else np.ones(len(pitches), bool)
        if (last := self._before(bar)) is not None:
            near = allowed & (np.abs(pitches - last) <= (self._frame.level.leap if self._frame.level else _WIDEST))
            prepared = near & self._prepared(bar, step, pitches, last)
            if bar in frame.rhythms and all(self._foreign(bar, last)):  # a kept rhythm leaves no time for two in a row
                tones = prepared & np.isin(classes, list(chord.pitch_classes))
                prepared = tones if tones.any() else prepared
            wanted, led = self._wanted(pitches, last), self._led(bar, step, pitches, last)
            choices = (prepared & wanted & led, prepared & led, prepared & wanted, prepared, near & wanted, near)
            allowed = next((each for each in choices if each.any()), allowed)
        model = self._modeled(step)
        if model is None or model[1] is not None:
            mask[vocabulary.rest + 1 + pitches[allowed] - LOW] = True
        if self._may_rest(bar, step) and (model is None or model[1] is None):
            mask[vocabulary.rest] = True
        if not mask.any():
            mask[vocabulary.rest + 1 + pitches[allowed] - LOW] = True
        return mask

    def _modeled(self, step: int) -> Event | None:
        """The event of the earlier bar that this bar is like, in whose place one is written."""
        place = len(self.bars[-1])
        if self._like is None or place >= len(self._like[1]) or self._like[1][place][0] != step:
            return None
        return self._like[1][place]

    def _wanted(self, pitches: NDArray[np.int64], last: int) -> Mask:
        """In a bar that moves an earlier one along the scale, the pitches that are moved as far as its first note."""
        if self._like is None or self._like[0] == "rhythm":
            singable = self._singable(pitches, last)
            return singable & (pitches != last) if self._moves() else singable
        free = np.ones(len(pitches), bool)
        kind, earlier = self._like
        pairs = [
            (now, then)
            for (_, now), (_, then) in zip(self.bars[-1], earlier, strict=False)
            if now is not None and then is not None
        ]
        place = len(self.bars[-1])
        model = earlier[place][1] if place < len(earlier) else None
        if model is None or (kind == "moved" and not pairs):
            return free
        distance = degree(pairs[0][0]) - degree(pairs[0][1]) if kind == "moved" else 0
        degrees = np.array([degree(int(pitch)) for pitch in pitches])
        away = np.abs(degrees - degree(model) - distance)
        if len(self._frame.church) != _FEW:
            return away <= _HALF
        stays = place > 0 and earlier[place - 1][1] in (None, model)
        return np.asarray((away <= 1.0) & (stays | (pitches != last)))

    def _moves(self) -> bool:
        """Whether the line leaves its last pitch where a bar whose rhythm it takes does."""
        bar, place = len(self.bars) - 1, len(self.bars[-1])
        events = self._frame.rhythms.get(bar, ())
        before = [*self._frame.rhythms.get(bar - 1, ()), *events[:place]][-1:]
        return place < len(events) and bool(before) and events[place][1] is not None and events[place][1] != before[0][1]

    def _singable(self, pitches: NDArray[np.int64], last: int) -> Mask:
        """The pitches with which a line does not leap by a tritone or a seventh, stay on one pitch or circle around a few."""
        sung = self._latest(CIRCLE_NOTES)
        singable = ~np.isin(np.abs(pitches - last), _ROUGH)
        if len(sung) >= MOST_STRUCK and len(set(sung[:MOST_STRUCK])) == 1:
            singable &= pitches != last
        if len(sung) == CIRCLE_NOTES and len(set(sung)) <= CIRCLE_PITCHES:
            singable &= ~np.isin(pitches, sung)
        return singable

    def _latest(self, count: int) -> list[int]:
        """The last pitches, the latest first."""
        backwards = (pitch for events in reversed(self.bars) for _, pitch in reversed(events) if pitch is not None)
        return list(islice(backwards, count))

    def _prepared(self, bar: int, step: int, pitches: NDArray[np.int64], last: int) -> Mask:
        """Pitches that treat dissonance as in counterpoint (Aldwell and Schachter).

        Tones foreign to the chord are reached by step or held over; those on beats are not a semitone above a tone of the
        chord unless held over from a chord that they belong to, and are left by step.
        """
        beside = self._beside(pitches, last)
        foreign, stressed = self._foreign(bar, last)
        if foreign and stressed:
            return beside
        chord = self._chord(bar, step).pitch_classes
        tones = np.isin(pitches % 12, list(chord))
        if step % self._beat:
            return np.asarray(tones | beside)
        harsh = np.isin((pitches - 1) % 12, list(chord)) & (foreign | (pitches != last))
        prepared: Mask = tones | (beside & ~harsh)
        return prepared

    def _beside(self, pitches: NDArray[np.int64], last: int) -> Mask:
        """Pitches a step from the last one; where a scale has gaps, a step may be wider."""
        scale = self._frame.church
        if not scale:
            return np.asarray(np.abs(pitches - last) <= _BESIDE)
        down, up = (next(n for n in range(1, 13) if (last + way * n) % 12 in scale) for way in (-1, 1))
        return np.asarray((pitches >= last - max(_BESIDE, down)) & (pitches <= last + max(_BESIDE, up)))

    def _led(self, bar: int, step: int, pitches: NDArray[np.int64], last: int) -> Mask:
        """The pitches to which a strict line moves without parallel fifths and octaves with the bass.

        Before the last bar, which is on the root, it leaves none of the bass's pitch class.
        """
        led = np.ones(len(pitches), bool)
        if not self._frame.strict or (not bar and not step):
            return led
        chords, chord = self._frame.chords, self._chord(bar, step)
        low = (self._chord(bar, step - 1) if step else chords[bar - 1][-1]).lowest
        interval = (last - low) % 12
        if low != chord.lowest and interval in _PERFECT:
            led = ((pitches - chord.lowest) % 12 != interval) | (pitches == last)
        if bar == self._plan.bars - 2 and chord == chords[bar][-1] != chords[-1][0]:
            led &= pitches % 12 != chord.lowest
        return led

    def _foreign(self, bar: int, last: int) -> tuple[bool, bool]:
        """Whether the last pitch is foreign to the chord over which it was struck, and whether on a beat."""
        sung = [
            (place, step) for place in (bar - 1, bar) if place >= 0 for step, pitch in self.bars[place] if pitch is not None
        ]
        return bool(sung) and last % 12 not in self._chord(*sung[-1]).pitch_classes, bool(sung) and not sung[-1][1] % self._beat

    def _settles(self, bar: int, step: int) -> bool:
        """Whether a note at a step is the one on which the line settles at a close."""
        arrival = self._arrival(bar)
        return arrival is not None and step >= arrival[0] and all(earlier < arrival[0] for earlier, _ in self.bars[bar])

    def _chord(self, bar: int, step: int) -> Chord:
        chords = self._frame.chords[bar]
        starts = self._plan.meter.chord_ticks(len(chords))
        return [c for start, c in zip(starts, chords, strict=True) if start <= step * TICKS_PER_STEP][-1]

    def _before(self, bar: int) -> int | None:
        """The last pitch."""
        for events in reversed(self.bars[: bar + 1]):
            for _, pitch in reversed(events):
                if pitch is not None:
                    return pitch
        return None

    @property
    def _sings_first_chord(self) -> bool:
        """Whether all begin on the first barline: voices in the rhythm of the line would rest through a given chord."""
        plan, frame = self._plan, self._frame
        return frame.chordal and plan.chords_given and not plan.upbeat_bars and len(frame.chords[0]) > 1

    def _may_rest(self, bar: int, step: int) -> bool:
        if self._is_last():
            return False
        if step == 0 and (bar == 0 or self._frame.chordal):
            return bar == 0 and not self._sings_first_chord
        if self._settles(bar, step) or step in self._upbeat(bar):
            return False
        events = self.bars[bar]
        sounding = events[-1][1] if events else self._sounding(bar)
        return sounding is not None

    def pooled(self) -> tuple[int, NDArray[np.intp]] | None:
        """The end of the bar, and all ids by which the network may mean it."""
        if not self._paced or not self._related or self._step is not None:
            return None
        token = self._left_at(len(self.bars))
        return (token, self._left) if self._positions()[token] else None

    def settings(self, usual: Settings) -> Settings:
        """Opens all relations and nearly all positions to the choice.

        There are many relations of each kind, of which few are likely alone; without unlikely positions, lines are duller.
        """
        if self._paced and not self._related:
            return replace(usual, top_p=1.0, min_p=0.0)
        return replace(usual, top_p=1.0, min_p=_UNLIKELY) if self._paced and self._step is None else usual

    def accept(self, token: int) -> None:
        """Appends a relation, a position, a pitch, or ends the bar."""
        vocabulary = self._vocabulary
        if not self._paced:
            self._paced = True
            self._open_bar()
        elif not self._related:
            self._related = True
            _, kind, *far = vocabulary.tokens[token].split("_")
            rhythm = self._frame.rhythms.get(len(self.bars) - 1)
            if far:
                self._like = cast("Likeness", kind), self.bars[-1 - int(far[0])]
            elif rhythm is not None:
                place = len(self.bars) - 1 - self._plan.upbeat_bars
                self._like = "rhythm" if place % 2 else "moved", list(rhythm)
        elif self._step is not None:
            self.bars[-1].append((self._step, vocabulary.pitch_of(token)))
            self._step = None
        elif vocabulary.first_position <= token < vocabulary.rest:
            self._step = token - vocabulary.first_position
        else:
            self._open_bar()
            self._queue.pop(0)  # the chosen id already begins the next bar

    def result(self) -> tuple[tuple[Event, ...], ...]:
        """The events of every bar."""
        return tuple(tuple(events) for events in self.bars[: self._plan.bars])


@cache
def _grid(steps: int) -> NDArray[np.int64]:
    return np.array([step for step in range(steps) if any(step % size == 0 for size in GRID)])


def _stable(chord: Chord) -> list[int]:
    """Pitch classes of a chord on which a line settles."""
    return [pitch for pitch in chord.pitch_classes if (pitch - chord.root) % 12 in _STABLE]


def _scale(chord: Chord, minor: bool) -> frozenset[int]:
    """The scale of C major or A minor, altered to fit a chord."""
    natural = scale_in(0, "major")
    if minor and chord.root in (4, 8) and 8 in chord.pitch_classes:
        natural = (natural - {7}) | {8}
    return bent_scale(natural, chord)
