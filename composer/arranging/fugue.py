"""Fugues: the subject alone, answered by one voice after another, with a countersubject, and entries between episodes.

The countersubject is invertible at the octave and goes with every later entry. In episodes two voices imitate each other with a
figure of the subject, a step lower each time. Free counterpoint fills in the rhythm of these.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise

from composer.arranging.cells import lay
from composer.arranging.counterpoint import Stroke, Strokes, Voice, complementary, counterpoint, pulse_of
from composer.arranging.fugue_layout import Entry, Layout, fugue_ranges, leading_tone
from composer.arranging.line_search import Place, find_line, moves_of
from composer.arranging.setting import Setting, pick
from composer.arranging.tables import row_in_meter, tunes
from composer.arranging.voicing import chord_scale
from composer.score import Chord, Note

_OCTAVE, _FIFTH, _DEGREES = 12, 7, 7
_LEAP, _STEP = 4, 2  # semitones of the least leap in the head of a subject, and of the largest step
_AROUND, _VERSIONS = 72, 32  # lowest pitch of the octave of the subject's tonic, less one octave; versions of a subject
_SPANS = range(7, 14)  # semitones that a subject spans
_HEADS = (4, -3, 3, 5, 2, -4)  # steps of the scale from the first note of a subject to the second
# Of the octave above a subject's lowest pitch, the shares to which it tends: at its start, with a range for versions, what it
# rises or falls at most, and how far it arches.
_LOW, _HEIGHTS, _RISE, _ARCH = 0.3, 0.3, 0.3, 0.9
# Merits of a subject: of each pitch, a fitting span, a leap in the head, only steps in the tail, a step to the end, and a
# leading tone in minor; and faults: of each repeated note, each pair of notes that returns, and each chromatic step or
# augmented second.
_PITCH, _SPANNED, _LEAPT, _STEPS, _CLOSED, _LED = 0.5, 2.0, 1.0, 6.0, 1.0, 2.0
_REPEATED, _RETURNED, _AWKWARD = 0.7, 0.6, 1.5
_COUNTERSUBJECTS, _VARIED = 12, 0.1  # versions of a countersubject, and the merit of each of its pitches
# Costs of the place of a countersubject: of a note that crosses the subject, of each semitone from the middle of the range, and
# of a voice other than the one that had the subject before.
_CROSSED, _AWAY, _OTHER = 3.0, 0.4, 2.0
_BUSY, _FREE = 2.5, 2.2  # notes in a pulse of a countersubject and of other voices
_MANY, _OF_MANY = 3, 1.0  # voices beyond which another one is calmer, and its notes in a pulse
_LEAPS = 0.15  # how readily lines leap
_DRIFT = 3.0  # semitones by which the middle of a line may move from that of its range
_ENTERING, _COUNTER, _PLAIN = 86, 78, 72  # velocities of the subject, the countersubject and others
_ACCENT = 5  # in velocity, of barlines
_FIGURE, _BLOCK = range(3, 9), 4  # notes of a figure of an episode; chords after which other voices have it
# Chords of an episode at which a voice rests before a later entry but the last one, by the number of voices, and of more.
_RESTS, _OF_MORE = {2: 0, 3: 1}, 3


def write_fugue(setting: Setting) -> dict[int, tuple[Note, ...]]:
    """The voices of a fugue, by part."""
    fugue = _Fugue(setting)
    fugue.write()
    return {index: tuple(sorted(notes)) for index, notes in fugue.lines.items()}


@dataclass
class _Fugue:
    """A fugue that is being written.

    Attributes:
        setting: the piece.
        lines: the notes of each voice so far, from the top.
    """

    setting: Setting
    lines: dict[int, list[Note]] = field(default_factory=dict)

    @cached_property
    def layout(self) -> Layout:
        """Where the voices enter."""
        return Layout(self.setting.plan)

    @cached_property
    def ranges(self) -> list[tuple[int, int]]:
        """The lowest and highest pitch of each voice."""
        return fugue_ranges(self.setting.plan.parts)

    @cached_property
    def pulse(self) -> int:
        """Ticks of the pulse."""
        return pulse_of(self.setting.plan.meter)

    @cached_property
    def length(self) -> int:
        """Ticks from the start of an entry to the end of its last bar."""
        return self.layout.size * self.setting.plan.meter.bar_ticks

    @cached_property
    def unit(self) -> int:
        """Ticks of a chord of an episode, and of the figure in it."""
        return self.setting.plan.meter.bar_ticks // (1 + self.layout.is_halved)

    def write(self) -> None:
        """Writes all voices, section by section: the given lines first, then the free ones from the lowest voice up."""
        plan, ticks = self.setting.plan, self.setting.plan.meter.bar_ticks
        self.lines = {voice: [] for voice in range(len(plan.parts))}
        entries = self.layout.entries
        for number, entry in enumerate(entries):
            self._enter(entry)
            if number:
                self._counter(entry, entries[number - 1].voice)
        starts = [entry.bar * ticks for entry in entries]
        for number, start in enumerate(starts):
            self._fill(start, start + self.length)
            end = starts[number + 1] if number + 1 < len(starts) else plan.bars * ticks
            if number + 1 < len(entries) and start + self.length < end:
                self._episode(start + self.length, end, entries[number + 1])
        self._close(starts[-1] + self.length)

    @cached_property
    def subject(self) -> list[Note]:
        """The best of several subjects, from tick 0 on, about the tonic above C4."""
        return max((self._version(version) for version in range(_VERSIONS)), key=self._merit)

    def _merit(self, notes: Sequence[Note]) -> float:
        """How good a subject is: many pitches, a leap in its head, steps in its tail, nothing twice, and a step to its end."""
        pitches, key = [note.pitch for note in notes], self.setting.plan.key
        pairs = list(pairwise(pitches))
        moves = [then - first for first, then in pairs]
        third = max(1, len(moves) // 3)
        leading = leading_tone(key)
        awkward = ({leading, (leading - 1) % _OCTAVE}, {leading, (leading - 3) % _OCTAVE})
        merit = _PITCH * min(_DEGREES, len(set(pitches))) + _SPANNED * (max(pitches) - min(pitches) in _SPANS)
        merit += _LEAPT * (max(map(abs, moves[:third])) >= _LEAP) + _CLOSED * (0 < abs(moves[-1]) <= _STEP)
        merit += _STEPS * sum(abs(move) in (1, _STEP) for move in moves[third:]) / len(moves[third:])
        merit += _LED * (key.mode == "minor" and any(pitch % _OCTAVE == leading for pitch in pitches))
        merit -= _REPEATED * moves.count(0) + _RETURNED * (len(pairs) - len(set(pairs)))
        return merit - _AWKWARD * sum({first % _OCTAVE, then % _OCTAVE} in awkward for first, then in pairs)

    def _version(self, version: int) -> list[Note]:
        """A subject that begins on the tonic or the fifth with a leap, runs, and closes on a tone of the tonic chord."""
        plan, layout, chance = self.setting.plan, self.layout, self.setting.chance("subject", version)
        meter = layout.subject_meter
        tune = row_in_meter(tunes(), self.setting.band.tune, meter)
        low = _AROUND - _OCTAVE + (plan.key.tonic - _FIFTH // 2) % _OCTAVE - _FIFTH // 2
        head, height = pick(chance, _HEADS), _LOW + _HEIGHTS * chance.random()
        rise = _RISE * (2 * chance.random() - 1)
        strokes, places = list[tuple[int, int]](), list[Place]()
        for bar, rhythms in enumerate((tune.open, tune.close)):
            for cell in lay(pick(chance, rhythms), 0, meter, tune.meter):
                start = bar * meter.bar_ticks + cell.start
                if start > layout.closes:
                    continue
                chord = self._chord_at(start)
                tones = frozenset(chord.pitch_classes)
                if not strokes:
                    tones = frozenset((plan.key.tonic, (plan.key.tonic + _FIFTH) % _OCTAVE))
                rests = start % self.pulse == 0 or cell.ticks >= self.pulse or not strokes
                share = start / self.length
                aim = low + _OCTAVE * (height + rise * share + _ARCH * share * (1 - share))
                move = head if len(strokes) == 1 else None
                strokes.append((start, min(cell.ticks, self.pulse) if start == layout.closes else cell.ticks))
                places.append(Place(tones, tones, chord_scale(plan.key, chord), rests, aim, move))
        pitches = find_line(places, low, low + _OCTAVE + 2, [], tune.leap, chance)
        return [self._note(start, ticks, pitch, _ENTERING) for (start, ticks), pitch in zip(strokes, pitches, strict=True)]

    def _note(self, start: int, ticks: int, pitch: int, velocity: int) -> Note:
        return Note(start, pitch, ticks, velocity + _ACCENT * (start % self.setting.plan.meter.bar_ticks == 0))

    def _chord_at(self, tick: int) -> Chord:
        bar, offset = divmod(tick, self.setting.plan.meter.bar_ticks)
        return self.setting.bars[bar].chord_at(offset)

    def _stroke(
        self, start: int, ticks: int, aim: float, tones: frozenset[int] = frozenset(), move: int | None = None
    ) -> Stroke:
        """A note whose pitch is to be found."""
        chord, bar = self._chord_at(start), self.setting.bars[start // self.setting.plan.meter.bar_ticks]
        scale = chord_scale(self.layout.key_at(bar.index), chord)
        rests = (start - bar.start) % self.pulse == 0 or ticks >= self.pulse
        everything = frozenset(chord.pitch_classes)
        return Stroke(start, ticks, chord, Place(tones or everything, everything, scale, rests, aim, move))

    def _enter(self, entry: Entry) -> None:
        """Places the subject in the octave of its voice."""
        low, high = self.ranges[entry.voice]
        pitches = [note.pitch + entry.key for note in self.subject]

        def unfit(lift: int) -> tuple[int, float]:
            outside = max(0, max(pitches) + lift - high) + max(0, low - min(pitches) - lift)
            return outside, abs(sum(pitches) / len(pitches) + lift - (low + high) / 2)

        lift = entry.key + min(range(-4 * _OCTAVE, 5 * _OCTAVE, _OCTAVE), key=unfit)
        self.lines[entry.voice] += self._moved(self.subject, entry, lift)

    def _moved(self, notes: Sequence[Note], entry: Entry, lift: int) -> list[Note]:
        """Notes of the subject or the countersubject at an entry, in the range of its part."""
        part, start = self.setting.plan.parts[entry.voice], entry.bar * self.setting.plan.meter.bar_ticks
        moved = [replace(note, start_ticks=note.start_ticks + start, pitch=note.pitch + lift) for note in notes]
        return [
            replace(note, pitch=note.pitch + _OCTAVE * ((note.pitch < part.low) - (note.pitch > part.high))) for note in moved
        ]

    @cached_property
    def countersubject(self) -> list[Note]:
        """The best of several lines below the subject, within an octave, that may also be above it."""
        meter, subject = self.setting.plan.meter, [replace(note, velocity=_COUNTER) for note in self.subject]
        above = Voice(subject, is_above=True, inverts=True)
        low, high = min(note.pitch for note in subject) - _OCTAVE, max(note.pitch for note in subject) - 1
        found = []
        for version in range(_COUNTERSUBJECTS):
            chance = self.setting.chance("countersubject", version)
            rhythm = complementary([above], self.pulse // 2 if version % 2 else 0, self.length, meter, _BUSY, chance)
            strokes = []
            for start, ticks in rhythm:
                aim = next((note.pitch for note in subject if note.end_ticks > start), subject[-1].pitch) - _OCTAVE // 2
                strokes.append(self._stroke(start, ticks, aim))
            pitches, cost = counterpoint(
                strokes, [above], (low, high), [], None, meter, leading_tone(self.setting.plan.key), _LEAPS, chance
            )
            leaps = sum(max(0, abs(then - first) - _LEAP) for first, then in pairwise(pitches))
            found.append(((cost + leaps) / len(rhythm) - _VARIED * len(set(pitches)), version, rhythm, pitches))
        _, _, rhythm, pitches = min(found)
        return [self._note(start, ticks, pitch, _COUNTER) for (start, ticks), pitch in zip(rhythm, pitches, strict=True)]

    def _counter(self, entry: Entry, wanted: int) -> None:
        """Places the countersubject in a voice that is playing, if possible the one that had the subject before."""
        start = entry.bar * self.setting.plan.meter.bar_ticks
        playing = [voice for voice in self._playing(start) if voice != entry.voice]
        ways = []
        for voice in playing:
            low, high = self.ranges[voice]
            part = self.setting.plan.parts[voice]
            subject = self.lines[entry.voice]
            for octave in range(-4, 5):
                lift = entry.key + _OCTAVE * octave
                moved = self._moved(self.countersubject, replace(entry, voice=voice), lift)
                pitches = [note.pitch for note in moved]
                if min(pitches) < part.low or max(pitches) > part.high:
                    continue
                upper, lower = (moved, subject) if voice < entry.voice else (subject, moved)
                crossed = sum(_crosses(note, lower) for note in upper if note.start_ticks >= start)
                away = abs(sum(pitches) / len(pitches) - (low + high) / 2)
                ways.append((_CROSSED * crossed + _AWAY * away + _OTHER * (voice != wanted), voice, octave, moved))
        if ways:
            _, voice, _, moved = min(ways)
            self.lines[voice] += moved

    def _playing(self, tick: int) -> list[int]:
        """The voices that have entered at a tick."""
        ticks = self.setting.plan.meter.bar_ticks
        return sorted({entry.voice for entry in self.layout.entries if entry.bar * ticks <= tick})

    def _fill(self, start: int, end: int) -> None:
        """Writes free counterpoint where voices that play have nothing, from the lowest voice up."""
        for voice in reversed(self._playing(start)):
            for first, last in self._gaps(voice, start, end):
                self._free(voice, first, last, _FREE if first == start else _BUSY)

    def _gaps(self, voice: int, start: int, end: int) -> list[tuple[int, int]]:
        """Where a voice has nothing from one tick to another, in whole pulses after its notes."""
        notes = sorted(note for note in self.lines[voice] if note.start_ticks < end and note.end_ticks > start)
        if not notes:
            return [(start, end)]
        return [(notes[-1].end_ticks, end)] if notes[-1].end_ticks < end else []

    def _others(self, voice: int) -> list[Voice]:
        return [Voice(sorted(notes), is_above=other < voice) for other, notes in self.lines.items() if other != voice and notes]

    def _free(self, voice: int, start: int, end: int, per_pulse: float) -> None:
        """Writes free counterpoint of a voice."""
        low, high = self.ranges[voice]
        middle = (low + high) / 2 + _DRIFT * (2 * self.setting.chance("middle", voice, start).random() - 1)
        rhythm = self._rhythm(voice, start, end, per_pulse)
        self._line(voice, [self._stroke(first, ticks, middle) for first, ticks in rhythm])

    def _rhythm(self, voice: int, start: int, end: int, per_pulse: float) -> Strokes:
        """A rhythm that fills in that of other voices; the note before it is held to its first note."""
        others = self._others(voice)
        sounding = sum(any(start <= note.start_ticks < end for note in other.notes) for other in others)
        density = per_pulse if sounding < _MANY else min(per_pulse, _OF_MANY)
        held = next((note for note in self.lines[voice] if note.end_ticks == start), None)
        may_wait = held is None or held.pitch % _OCTAVE in self._chord_at(start).pitch_classes
        chance = self.setting.chance("rhythm", voice, start)
        rhythm = complementary(others, start, end, self.setting.plan.meter, density, chance, may_wait=may_wait)
        if held and rhythm and rhythm[0][0] > start:
            self.lines[voice].remove(held)
            self.lines[voice].append(replace(held, duration_ticks=rhythm[0][0] - held.start_ticks))
        return rhythm

    def _line(self, voice: int, strokes: Sequence[Stroke]) -> list[Note]:
        """Writes a line of a voice between its notes before and after, and gives it."""
        if not strokes:
            return []
        plan, start, end = self.setting.plan, strokes[0].start, strokes[-1].start + strokes[-1].ticks
        before = sorted(note for note in self.lines[voice] if start - plan.meter.bar_ticks < note.end_ticks <= start)
        after = next((note.pitch for note in self.lines[voice] if note.start_ticks == end), None)
        key = self.layout.key_at(start // plan.meter.bar_ticks)
        pitches, _ = counterpoint(
            strokes,
            self._others(voice),
            self.ranges[voice],
            [note.pitch for note in before],
            after,
            plan.meter,
            leading_tone(key),
            _LEAPS,
            self.setting.chance("line", voice, start),
        )
        notes = [self._note(stroke.start, stroke.ticks, pitch, _PLAIN) for stroke, pitch in zip(strokes, pitches, strict=True)]
        self.lines[voice] += notes
        return notes

    def _episode(self, start: int, end: int, following: Entry) -> None:
        """Writes the bars between two entries: two imitate each other, the next to enter rests, but not before the last."""
        figure = self._figure(start)
        playing = [voice for voice in self._playing(start) if voice != following.voice] or [following.voice]
        if len(playing) == 1:
            playing.append(following.voice)
        starts = range(start, end, self.unit)
        for block in range(0, len(starts), _BLOCK):
            turn = (len(starts) - block - 1) // _BLOCK
            pair = [playing[(turn + place) % len(playing)] for place in range(2)]
            said: dict[int, list[Note]] = {}
            for place, first in enumerate(starts[block : block + _BLOCK]):
                voice = pair[place % 2]
                said[voice] = self._say(voice, figure, first, said.get(voice, []))
        is_last = following == self.layout.entries[-1]
        rest = 0 if is_last else self.unit * _RESTS.get(len(self.setting.plan.parts), _OF_MORE)
        for voice in reversed(self._playing(start)):
            last = max(start, end - rest) if voice == following.voice else end
            for first, stop in self._free_spans(voice, start, last):
                self._free(voice, first, stop, _FREE)

    def _free_spans(self, voice: int, start: int, end: int) -> list[tuple[int, int]]:
        """Where a voice has no figure, from one tick to another."""
        unit, spans = self.unit, list[tuple[int, int]]()
        for first in range(start, end, unit):
            if not any(first <= note.start_ticks < first + unit for note in self.lines[voice]):
                if spans and spans[-1][1] == first:
                    spans[-1] = (spans[-1][0], first + unit)
                else:
                    spans.append((first, first + unit))
        return spans

    def _figure(self, start: int) -> list[Note]:
        """A part of the subject that episodes spin out, from tick 0 on: its head, or what follows it."""
        unit = self.unit
        parts = [
            [
                replace(note, start_ticks=note.start_ticks - first)
                for note in self.subject
                if first <= note.start_ticks < first + unit
            ]
            for first in range(0, self.layout.closes, unit)
        ]
        fitting = [part for part in parts if len(part) in _FIGURE] or [max(parts, key=len)]
        return pick(self.setting.chance("figure", start), fitting)

    def _say(self, voice: int, figure: Sequence[Note], start: int, before: Sequence[Note]) -> list[Note]:
        """Writes the figure over the chords that begin at a tick, a step lower than before."""
        scale = self.setting.plan.key.scale
        steps = moves_of([note.pitch for note in figure], [scale] * len(figure))
        low, high = self.ranges[voice]
        aim = before[0].pitch - _STEP if before else (low + high) / 2 + _DRIFT
        strokes = []
        for number, (note, step) in enumerate(zip(figure, steps, strict=True)):
            aim += step * _OCTAVE / _DEGREES
            ticks = min(note.duration_ticks, self.unit - note.start_ticks)
            strokes.append(self._stroke(start + note.start_ticks, ticks, aim, move=step if number else None))
        return self._line(voice, strokes)

    def _close(self, start: int) -> None:
        """Writes the bars after the last entry: a cadence, and a chord that all hold."""
        plan, ticks = self.setting.plan, self.setting.plan.meter.bar_ticks
        last = (plan.bars - 1) * ticks
        lowest = len(plan.parts) - 1
        for voice in reversed(range(len(plan.parts))):
            rhythm = self._rhythm(voice, start, last, _FREE)
            height = sorted(self.lines[voice])[-1].pitch
            strokes = []
            for first, length in (*rhythm, (last, ticks)):
                root = frozenset((self._chord_at(first).root,))
                is_bass = voice == lowest and first % ticks in plan.meter.chord_ticks(2)
                ends = first == last and voice == 0
                strokes.append(self._stroke(first, length, height, root if is_bass or ends else frozenset()))
            self._line(voice, strokes)


def _crosses(note: Note, lower: Sequence[Note]) -> bool:
    """Whether a note is as low as one of the voice below it that sounds with it."""
    return any(
        note.pitch <= other.pitch and note.start_ticks < other.end_ticks and other.start_ticks < note.end_ticks
        for other in lower
    )
