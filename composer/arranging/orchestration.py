"""Writes the parts of an orchestra from the plan of its stretches.

Held chords are tied over barlines while a player's tone stays; bass, brass and timpani follow the harmony; loudness goes by
role (melody, counter-line, bass, moving and held harmony) and grows into louder stretches (Adler, *The Study of Orchestration*,
2002). Knows the melody and the chords, not how they were found.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from composer.analysis.chord_functions import bent_scale
from composer.arranging.basslines import write_bass
from composer.arranging.cells import Cell, lay
from composer.arranging.choir_lines import choir_lines
from composer.arranging.chord_voices import ChordVoices
from composer.arranging.four_parts import Event, set_parts
from composer.arranging.orchestra_plan import LOUD_LEVEL, MEDIUM_LEVEL, Group, Line, OrchestraPlan, Stretch, notes_in
from composer.arranging.seats import Seat
from composer.arranging.setting import BandBar, Setting
from composer.arranging.tables import figures, row_in_meter
from composer.arranging.voicing import TIMPANI_PITCH, drum_tones, nearest_tone
from composer.score import Chord, Note

_OCTAVE = 12
_BASE, _ENERGY_SHARE = 50, 34
_LOUDER = (-8, 0, 9)  # velocity by level
_BY_ROLE = {"tune": 12, "counter": 6, "thirds": 4, "bass": 2, "brass": 2, "choir": 4, "moving": -4, "held": -8, "link": 4}
_SHORTEST = 110
_LONGEST_TIE_S, _LONGEST_TIE_BARS = 4.0, 4  # a held note: .9 of the longest ones of human winds last 3 s at most
_CHOIR = ((55, 74), (48, 67), (40, 58))  # alto, tenor and bass
_BASS = (40, 59)
_EMBELLISHED = 0.7  # share of the tones between chords that choirs alone have
_THIRDS = {3: 0.0, 4: 0.0, 5: 1.2, 6: 2.5, 7: 2.5, 8: 1.0, 9: 1.0, 12: 3.0}  # semitones below the melody and what they cost
_STEP = 2  # semitones
_THIRD = 4  # semitones that a line in thirds keeps the harmony below the melody
_COUNTER_BELOW = 3  # semitones below the melody at least
_MOST_VOICES = 5  # seats that share a chord
_ABOVE_LOW_TUNES = 78  # highest pitch of the harmony over a melody in the cello
_UNKNOWN_TUNE = 76  # highest pitch of the harmony in bars without a melody

Voiced = tuple[int, int, Mapping[Seat, int]]  # first tick, end, and pitches by seat


class Orchestration:
    """The orchestra of a piece: its stretches and the notes of every seat."""

    def __init__(self, setting: Setting, seats: Sequence[Seat]) -> None:
        self._setting, self._plan, self._seats = setting, setting.plan, tuple(seats)
        self._meter, self._ticks = setting.plan.meter, setting.plan.meter.bar_ticks
        self._leading = (setting.plan.key.tonic + 11) % _OCTAVE
        self._starts = [note.start_ticks for note in setting.tune]
        self._notes: dict[Seat, list[Note]] = defaultdict(list)
        self._bass_line: list[Note] | None = None
        self.stretches = OrchestraPlan(setting, seats).stretches()

    def write(self) -> Mapping[int, tuple[Note, ...]]:
        """Notes by index of the part; every seat plays somewhere."""
        for stretch in self.stretches:
            self._stretch(stretch)
        sounding = {seat.index for seat in self._seats if self._notes[seat]}
        for seat in self._seats:
            if seat.desk == 0 and self.stretches and seat.index not in sounding:
                self._included(seat)
        parts: dict[int, list[Note]] = defaultdict(list)
        for seat in self._seats:
            taken = {(note.start_ticks, note.pitch) for note in parts[seat.index]}
            parts[seat.index] += [note for note in self._finished(seat) if (note.start_ticks, note.pitch) not in taken]
        return {index: tuple(sorted(notes)) for index, notes in parts.items()}

    def _stretch(self, stretch: Stretch) -> None:
        for line in stretch.tune:
            self._tune(stretch, line)
        if stretch.thirds:
            self._in_thirds(stretch, stretch.thirds)
        if stretch.counter:
            self._counter(stretch, stretch.counter)
        self._groups(stretch)
        if stretch.broken:
            self._broken(stretch, stretch.broken)
        self._basses(stretch)
        for seat in stretch.brass:
            self._fanfare(stretch, seat)
        if stretch.timpani:
            self._timpani(stretch, stretch.timpani)
        if stretch.link:
            self._link(stretch, stretch.link)
        if stretch.choir:
            self._choir(stretch)

    def _included(self, seat: Seat) -> None:
        """Gives a seat without notes a part in the loudest stretch, the last one if there are several."""
        stretch = max(self.stretches, key=lambda one: (one.level, one.start))
        half = stretch.bars // 2
        if seat.kind == "timpani":
            self._timpani(replace(stretch, rolls=False), seat)
        elif seat.kind == "trumpet":
            self._fanfare(stretch, seat)
        elif seat.kind in ("bass", "tuba", "continuo") or (seat.kind in ("cello", "bassoon") and self._plan.bars):
            self._basses(replace(stretch, bass=(seat,)))
        elif seat.kind in ("flute", "piano", "voice", "violin"):
            self._tune(stretch, Line(seat, self._shift_for(seat, stretch), 0 if seat.kind != "flute" else half))
        if not self._notes[seat]:
            self._alone(stretch, seat, "held", half)
        if not self._notes[seat]:
            self._alone(stretch, seat, "held")

    def _shift_for(self, seat: Seat, stretch: Stretch) -> int:
        pitches = [note.pitch for note in notes_in(self._setting, stretch.start, stretch.bars)] or [_UNKNOWN_TUNE]
        return min((12, 0, -12, -24), key=lambda s: (not seat.holds(min(pitches) + s, max(pitches) + s), abs(s)))

    def _finished(self, seat: Seat) -> tuple[Note, ...]:
        """Notes in order, inside the range, one at a time."""
        line: list[Note] = []
        for note in sorted(self._notes[seat], key=lambda n: (n.start_ticks, -n.velocity)):
            pitch = note.pitch
            while pitch > seat.part.high:
                pitch -= _OCTAVE
            while pitch < seat.part.low:
                pitch += _OCTAVE
            if pitch > seat.part.high or (line and line[-1].start_ticks == note.start_ticks):
                continue
            if line and line[-1].end_ticks > note.start_ticks:
                line[-1] = replace(line[-1], duration_ticks=note.start_ticks - line[-1].start_ticks)
            line.append(replace(note, pitch=pitch, velocity=min(122, max(20, note.velocity))))
        return tuple(line)

    def rests(self, role: str, bar: int) -> bool:
        """Whether a harp, keyboard, guitar or drummer rests in a bar: drums outside loud stretches, others in quiet ones.

        Drums of a style with a beat never rest. A pianist's left hand plays with the right one.
        """
        if role == "drums" and self._setting.band.has_beat:
            return False
        stretch = next((one for one in self.stretches if one.start <= bar < one.start + one.bars), None)
        if stretch is None:
            return False
        if role == "left":
            return not any(line.seat.kind == "piano" for line in stretch.tune)
        return stretch.level < (LOUD_LEVEL if role == "drums" else MEDIUM_LEVEL) and stretch.texture != "voices"

    # loudness

    def _velocity(self, stretch: Stretch, tick: int, role: str) -> int:
        """Velocity of a role at a tick, by bar and level; it grows through the last two bars before a louder stretch."""
        bar = self._setting.bars[min(tick // self._ticks, len(self._setting.bars) - 1)]
        level: float = _LOUDER[stretch.level]
        after = next((one for one in self.stretches if one.start == stretch.start + stretch.bars), None)
        left = (stretch.start + stretch.bars) * self._ticks - tick
        if after and after.level > stretch.level and left <= 2 * self._ticks:
            level += 0.7 * (_LOUDER[after.level] - level) * (1 - left / (2 * self._ticks))
        accent = 4 if tick % self._ticks == 0 else 0
        return round(_BASE + _ENERGY_SHARE * bar.energy + level + _BY_ROLE[role] + accent)

    def _add(self, stretch: Stretch, seat: Seat, start: int, pitch: int, ticks: int, role: str) -> None:
        self._notes[seat].append(Note(start, pitch, max(20, ticks), self._velocity(stretch, start, role)))

    # melody

    def _tune(self, stretch: Stretch, line: Line) -> None:
        notes = notes_in(self._setting, stretch.start + line.enters, stretch.bars - line.enters)
        middle = sum(note.pitch for note in notes) / max(1, len(notes))
        for note in notes:
            velocity = self._velocity(stretch, note.start_ticks, "tune") + round((note.pitch - middle) / 2.5)
            velocity -= 5 * (line is not stretch.tune[0])
            self._notes[line.seat].append(replace(note, pitch=note.pitch + line.shift, velocity=velocity))

    def _in_thirds(self, stretch: Stretch, seat: Seat) -> None:
        """The melody a third lower if that tone is in the chord or passing, else a sixth lower or another tone of the chord.

        It passes below a melody that moves by step between beats.
        """
        shift, before = stretch.tune[0].shift if stretch.tune else 0, (0, 0)
        notes = notes_in(self._setting, stretch.start, stretch.bars)
        for last, note, following in zip([None, *notes], notes, [*notes[1:], None], strict=False):
            bar = self._setting.bars[note.start_ticks // self._ticks]
            chord = bar.chord_at(note.start_ticks - bar.start)
            strong = (
                note.start_ticks - bar.start
            ) % self._meter.beat_ticks == 0 or note.duration_ticks >= self._meter.beat_ticks
            steps = all(other is not None and abs(other.pitch - note.pitch) <= _STEP for other in (last, following))
            tones = self._scale_of(chord) if steps and not strong else chord.pitch_classes
            top = note.pitch + shift
            parallel = before[1] + top - before[0] if before[0] else top - 4
            options = [step for step in _THIRDS if (top - step) % _OCTAVE in tones and top - step >= seat.low - 3]
            step = min(options or [0], key=lambda one: (_THIRDS.get(one, 0.0) + 0.35 * abs(top - one - parallel), one))
            self._add(stretch, seat, note.start_ticks, top - step, note.duration_ticks, "thirds")
            before = (top, top - step)

    def _counter(self, stretch: Stretch, seat: Seat) -> None:
        """A line that moves where the melody is held, mostly by step and against its direction."""
        beat, last = self._meter.beat_ticks, (seat.low + seat.high) / 2
        end = (stretch.start + stretch.bars) * self._ticks
        struck = {note.start_ticks for note in notes_in(self._setting, stretch.start, stretch.bars)}
        places = []
        for bar in self._bars(stretch):
            changes = {bar.start + span.start for span in bar.spans}
            free = {tick for tick in range(bar.start, bar.start + self._ticks, beat) if tick not in struck}
            places += sorted(changes | (free if not bar.is_last else set()))
        before = self._tune_at(places[0]) if places else 0
        for number, tick in enumerate(places):
            until = places[number + 1] if number + 1 < len(places) else end
            bar = self._setting.bars[tick // self._ticks]
            chord, tune = bar.chord_at(tick - bar.start), self._tune_at(tick)
            direction = -1 if tune > before else 1 if tune < before else (-1 if last > (seat.low + seat.high) / 2 else 1)
            low, high = max(seat.low, tune - 24), min(seat.high, max(seat.low + 7, tune - _COUNTER_BELOW))
            tones = [p for p in range(low, high + 1) if p % _OCTAVE in chord.pitch_classes]
            steps = [p for p in tones if 0 < (p - last) * direction <= 5]
            aim = last + 2 * direction
            pitch = min(steps or tones or [round(last)], key=lambda p: (abs(p - aim), p))
            self._add(stretch, seat, tick, pitch, until - tick, "counter")
            last, before = pitch, tune

    def _link(self, stretch: Stretch, seat: Seat) -> None:
        """A stepwise run over the held end of a phrase to the first note of the next."""
        notes = notes_in(self._setting, stretch.start, stretch.bars)
        following = self._setting.tune[bisect_right(self._starts, notes[-1].start_ticks) :] if notes else ()
        end = (stretch.start + stretch.bars) * self._ticks
        half = self._meter.beat_ticks // (3 if self._meter.is_compound else 2)
        if not following or end - notes[-1].start_ticks < 4 * half:
            return
        count = 3 if self._setting.chance("link", stretch.start).random() < 0.5 else 5
        count = min(count, (end - notes[-1].start_ticks) // half - 1)
        bar = self._setting.bars[stretch.start + stretch.bars - 1]
        shift = self._shift_for(seat, replace(stretch, start=stretch.start + stretch.bars - 1, bars=1))
        target = following[0].pitch + shift
        rising = target > (seat.low + seat.high) / 2
        scale = sorted(self._scale_of(bar.chord_at(self._ticks - half)))
        pitches, pitch = [], target
        for _ in range(count):
            pitch += -1 if rising else 1
            while pitch % _OCTAVE not in scale:
                pitch += -1 if rising else 1
            pitches.append(pitch)
        for number, pitch in enumerate(reversed(pitches)):
            self._add(stretch, seat, end - (count - number) * half, pitch, half, "link")
        if count % 2:  # the run begins off the beat: a tone before it, on the beat
            self._extend_link(stretch, seat, end - (count + 1) * half, pitches[-1], half)

    def _extend_link(self, stretch: Stretch, seat: Seat, start: int, near: int, ticks: int) -> None:
        bar = self._setting.bars[start // self._ticks]
        tones = sorted(bar.chord_at(start - bar.start).pitch_classes)
        self._add(stretch, seat, start, nearest_tone(tones, near, seat.low, seat.high), ticks, "link")

    def _choir(self, stretch: Stretch) -> None:
        """The voices below the first one, in its rhythm."""
        lines = choir_lines(self._setting, self._choir_events, self._setting.tune, _EMBELLISHED)
        first, end = stretch.start * self._ticks, (stretch.start + stretch.bars) * self._ticks
        for seat, line in zip(stretch.choir[-3:], lines.values(), strict=False):
            for note in line:
                if first <= note.start_ticks < end:
                    self._add(stretch, seat, note.start_ticks, note.pitch, note.duration_ticks, "choir")
        for seat in stretch.choir[:-3]:
            self._alone(stretch, seat, "follow")

    # harmony

    def _groups(self, stretch: Stretch) -> None:
        """Writes all groups; groups with few enough seats share one chord."""
        shared: list[list[Group]] = []
        for group in stretch.groups:
            if shared and sum(len(one.seats) for one in (*shared[-1], group)) <= _MOST_VOICES:
                shared[-1].append(group)
            else:
                shared.append([group])
        for groups in shared:
            seats = sorted((s for group in groups for s in group.seats), key=lambda s: (-s.low - s.high, s.index))
            spans = list(self._voiced(stretch, seats, min(group.enters for group in groups)))
            for group in groups:
                self._group(stretch, group, spans)

    def _voiced(self, stretch: Stretch, seats: Sequence[Seat], enters: int) -> Iterator[Voiced]:
        """Each chord of a stretch as pitches of some seats, from the highest down."""
        voices = self._voices(seats)
        for bar in self._bars(stretch, enters):
            for span in bar.spans:
                start, end = bar.start + span.start, bar.start + span.end
                pitches = voices.chord(
                    span.chord, self._ceiling(stretch, start, end), self._sung_at(stretch, start), self._bass_at(start)
                )
                yield start, end, dict(zip(seats, pitches, strict=True))

    def _voices(self, seats: Sequence[Seat]) -> ChordVoices:
        """The voices of some seats; violins stay below a low melody, winds may go above it."""
        floors = [seat.part.low if seat.kind == "violin" else seat.low for seat in seats]
        return ChordVoices([(seat.low, seat.high) for seat in seats], self._leading, floors)

    def _group(self, stretch: Stretch, group: Group, spans: Sequence[Voiced]) -> None:
        """Chords of several seats in one rhythm."""
        first = (stretch.start + group.enters) * self._ticks
        spans = [span for span in spans if span[0] >= first]
        if group.figure == "held":
            for seat in group.seats:
                for start, end, pitch in self._tied([(start, end, pitches[seat]) for start, end, pitches in spans]):
                    self._add(stretch, seat, start, pitch, end - start, "held")
            return
        for bar in self._bars(stretch, group.enters):
            for start, end in self._strokes(stretch, bar, group.figure):
                for begins, ends, pitches in spans:
                    at, until = max(start, begins), min(end, ends)
                    if at < until:
                        for seat in group.seats:
                            self._add(stretch, seat, at, pitches[seat], max(_SHORTEST, until - at), "moving")

    def _alone(self, stretch: Stretch, seat: Seat, figure: str, enters: int = 0) -> None:
        """A single seat in the harmony."""
        self._group(stretch, Group((seat,), figure, enters), list(self._voiced(stretch, [seat], enters)))

    def _tied(self, spans: Sequence[tuple[int, int, int]]) -> Iterator[tuple[int, int, int]]:
        """Notes of a held voice: one note while the pitch stays, with a breath after some bars."""
        begun: tuple[int, int, int] | None = None
        bar_s = self._plan.duration_s / self._plan.bars
        longest = self._ticks * min(_LONGEST_TIE_BARS, max(1, int(_LONGEST_TIE_S / bar_s)))
        for start, end, pitch in spans:
            if begun and begun[2] == pitch and begun[1] == start and end - begun[0] <= longest:
                begun = (begun[0], end, pitch)
                continue
            if begun:
                yield begun
            begun = (start, end, pitch)
        if begun:
            yield begun

    def _strokes(self, stretch: Stretch, bar: BandBar, figure: str) -> list[tuple[int, int]]:
        """Start and end of each stroke of a figure in a bar; the last bar of the piece is held."""
        if bar.is_last:
            return [(bar.start, bar.start + self._ticks)]
        if figure == "follow":
            beat = self._meter.beat_ticks
            struck = {note.start_ticks for note in notes_in(self._setting, bar.index, 1) if note.start_ticks % beat == 0}
            starts = sorted(struck | {bar.start + span.start for span in bar.spans})
            return list(zip(starts, [*starts[1:], bar.start + self._ticks], strict=True))
        return [(bar.start + cell.start, bar.start + cell.start + cell.ticks) for cell in self._cells(stretch, bar, figure)]

    def _cells(self, stretch: Stretch, bar: BandBar, figure: str) -> list[Cell]:
        row = row_in_meter(figures(), figure, self._meter)
        drawn = int(self._setting.chance(figure, stretch.start).random() * len(row.rhythms))
        closes = bar.index == stretch.start + stretch.bars - 1 and len(row.rhythms) > 1
        pattern = row.rhythms[(drawn + closes) % len(row.rhythms)]
        return list(lay(pattern, bar.index - stretch.start, self._meter, row.meter))

    def _broken(self, stretch: Stretch, seat: Seat) -> None:
        """A seat that breaks the chord, below the melody."""
        voices = self._voices([seat])
        for bar in self._bars(stretch):
            tops = {
                span.start: voices.chord(
                    span.chord,
                    self._ceiling(stretch, bar.start + span.start, bar.start + span.end),
                    self._sung_at(stretch, bar.start + span.start),
                    self._bass_at(bar.start + span.start),
                )[0]
                for span in bar.spans
            }
            if bar.is_last:
                self._add(stretch, seat, bar.start, tops[0], self._ticks, "moving")
                continue
            for cell in self._cells(stretch, bar, "orchestra-broken"):
                chord = bar.chord_at(cell.start)
                top = tops[max(start for start in tops if start <= cell.start)]
                below = [p for p in range(max(seat.part.low, top - 12), top) if p % _OCTAVE in chord.pitch_classes]
                ladder = [*below[-2:], top]
                self._add(stretch, seat, bar.start + cell.start, ladder[int(cell.sign) % len(ladder)], cell.ticks, "moving")

    # bass

    def _basses(self, stretch: Stretch) -> None:
        line = list(self._bass_notes(stretch))
        for seat in stretch.bass:
            for start, pitch, ticks in line:
                low = pitch - _OCTAVE if seat.kind in ("bass", "tuba") and pitch - _OCTAVE >= seat.part.low else pitch
                while low < seat.low - 4:
                    low += _OCTAVE
                self._add(stretch, seat, start, low, ticks, "bass")

    def _bass_notes(self, stretch: Stretch) -> Iterator[tuple[int, int, int]]:
        """Start, pitch and ticks of the bass of a stretch, in the cello's register."""
        if stretch.bass_figure == "line" and self._setting.band.bass != "frame":
            if self._bass_line is None:
                part = replace(self._seats[0].part, name="Bass line", program=42, low=_BASS[0], high=_BASS[1] + 2)
                self._bass_line = write_bass(self._setting, part)
            first, end = stretch.start * self._ticks, (stretch.start + stretch.bars) * self._ticks
            for note in self._bass_line:
                if first <= note.start_ticks < end:
                    yield note.start_ticks, note.pitch, note.duration_ticks
            return
        for bar in self._bars(stretch):
            if stretch.bass_figure in ("plain", "line") or bar.is_last:
                for span in bar.spans:
                    yield bar.start + span.start, self._bass_at(bar.start + span.start), span.end - span.start
                continue
            starts = {span.start for span in bar.spans}
            cells = self._cells(stretch, bar, f"orchestra-{stretch.bass_figure}")
            for cell in cells:
                starts.discard(cell.start)
                yield bar.start + cell.start, self._bass_at(bar.start + cell.start), cell.ticks
            for start in sorted(starts):
                yield bar.start + start, self._bass_at(bar.start + start), self._meter.beat_ticks

    def _bass_at(self, tick: int) -> int:
        """The pitch of the bass of the chord at a tick, near the one before it."""
        starts, pitches = self._basses_of_chords
        return pitches[max(0, bisect_right(starts, tick) - 1)]

    @cached_property
    def _basses_of_chords(self) -> tuple[list[int], list[int]]:
        """First tick and bass of each chord."""
        starts, pitches, last = list[int](), list[int](), float(sum(_BASS) / 2)
        for bar in self._setting.bars:
            for span in bar.spans:
                near = 0.75 * last + 0.25 * sum(_BASS) / 2
                pitch = nearest_tone((span.chord.lowest,), near, *_BASS)
                starts.append(bar.start + span.start)
                pitches.append(pitch)
                last = pitch
        return starts, pitches

    # brass and timpani

    def _strong_bars(self, stretch: Stretch) -> list[BandBar]:
        """The bars that trumpets and timpani mark: the first, some at the close, rarely others."""
        bars, chance = self._bars(stretch), self._setting.chance("strong", stretch.start)
        ends = stretch.start + stretch.bars == self._plan.bars
        places = {0, *chance.choice(((len(bars) - 1,), (len(bars) // 2, len(bars) - 1), (1, len(bars) // 2)))}
        if ends:
            places |= {len(bars) - 2, len(bars) - 1}
        return [bar for number, bar in enumerate(bars) if number in places]

    def _fanfare(self, stretch: Stretch, seat: Seat) -> None:
        """A trumpet on the tonic and the dominant, or a tone of the chord."""
        rank = next((number for number, other in enumerate(stretch.brass) if other is seat), 0)
        middle = near = min(70.0, seat.high - 4) - 5 * rank
        natural = {self._plan.key.tonic, (self._plan.key.tonic + 7) % _OCTAVE}
        for bar in self._strong_bars(stretch):
            for start, end in self._strokes(stretch, bar, "orchestra-fanfare"):
                chord = bar.chord_at(start - bar.start)
                tones = sorted(natural & chord.pitch_classes) or sorted(chord.pitch_classes - {self._leading})
                near = float(nearest_tone(tones, (near + middle) / 2, seat.low, seat.high))
                self._add(stretch, seat, start, int(near), _held(bar, start, end, int(near)) - start, "brass")

    def _timpani(self, stretch: Stretch, seat: Seat) -> None:
        """Tonic and dominant where the chord has them, with the trumpets; a roll into the last bar or a louder stretch."""
        ends = stretch.start + stretch.bars == self._plan.bars
        rolled = stretch.start + stretch.bars - (2 if ends and stretch.bars > 1 else 1) if stretch.rolls else -1
        strong = self._strong_bars(stretch)
        for bar in self._bars(stretch):
            if bar.index == rolled:
                self._roll(stretch, seat, bar)
            elif bar in strong:
                for start, end in self._strokes(stretch, bar, "orchestra-drum"):
                    pitch = self._drum(seat, bar.chord_at(start - bar.start))
                    if pitch is not None:
                        self._add(stretch, seat, start, pitch, _held(bar, start, end, pitch) - start, "brass")
        if not self._notes[seat]:  # no chord has a tone of the drums on a strong bar
            bar = self._bars(stretch)[-1]
            pitch = nearest_tone((self._plan.key.tonic,), TIMPANI_PITCH, seat.low, seat.high)
            self._add(stretch, seat, bar.start, pitch, self._meter.beat_ticks, "brass")

    def _roll(self, stretch: Stretch, seat: Seat, bar: BandBar) -> None:
        """A roll that grows through the second half of a bar, or its last chord."""
        step = self._meter.beat_ticks // (6 if self._meter.is_compound else 4)
        first = max(self._ticks // 2, bar.spans[-1].start)
        pitch = self._drum(seat, bar.chord_at(first))
        if pitch is None:
            return
        for offset in range(first // step * step, self._ticks, step):
            loud = self._velocity(stretch, bar.start + offset, "brass") - 14 + 18 * (offset - first) // max(1, first)
            self._notes[seat].append(Note(bar.start + offset, pitch, step, loud))

    def _drum(self, seat: Seat, chord: Chord) -> int | None:
        fitting = drum_tones(chord, self._plan.key.tonic)
        return nearest_tone(fitting, TIMPANI_PITCH, seat.low, seat.high) if fitting else None

    # what all look at

    def _bars(self, stretch: Stretch, enters: int = 0) -> tuple[BandBar, ...]:
        return self._setting.bars[stretch.start + enters : stretch.start + stretch.bars]

    def _tune_at(self, tick: int) -> int:
        index = bisect_right(self._starts, tick) - 1
        return self._setting.tune[index].pitch if index >= 0 else _UNKNOWN_TUNE

    def _sung_at(self, stretch: Stretch, tick: int) -> int | None:
        """The pitch of the melody at a tick, in its first player's octave; `None` before its first note."""
        index = bisect_right(self._starts, tick) - 1
        shift = stretch.tune[0].shift if stretch.tune else 0
        return self._setting.tune[index].pitch + shift if index >= 0 else None

    def _ceiling(self, stretch: Stretch, start: int, end: int) -> int:
        """The lowest pitch of the melody in a span of time, in its first player's octave; at most a fifth below its first note.

        Harmony is placed around a melody in the bass or tenor.
        """
        if not stretch.tune or stretch.tune[0].shift < 0:
            return _ABOVE_LOW_TUNES
        first = self._tune_at(start)
        index = bisect_right(self._starts, start)
        later = [note.pitch for note in self._setting.tune[index:] if note.start_ticks < end] if index else []
        lowest = max(first - 7, min([first, *later])) + stretch.tune[0].shift
        return lowest - _THIRD if stretch.thirds else lowest

    def _scale_of(self, chord: Chord) -> frozenset[int]:
        """The key's scale, altered to fit a chord."""
        return bent_scale(self._plan.key.scale, chord)

    @cached_property
    def _choir_events(self) -> list[Event]:
        choir = next(stretch.choir for stretch in self.stretches if stretch.choir)[-3:]
        spans = [
            (max(seat.part.low, span[0]), min(seat.part.high, span[1] + 3)) for seat, span in zip(choir, _CHOIR, strict=False)
        ]
        spans += _CHOIR[len(spans) :]
        return set_parts(self._setting, self._setting.tune, spans)


def _held(bar: BandBar, start: int, end: int, pitch: int) -> int:
    """The end of a note of a bar: at the latest where a chord begins that lacks its tone."""
    changes = (bar.start + span.start for span in bar.spans if pitch % _OCTAVE not in span.chord.pitch_classes)
    return min((tick for tick in changes if start < tick < end), default=end)
