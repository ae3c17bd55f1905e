"""The lines of a choir: what its voices sing between the chords of four-part writing.

Voices follow the melody between beats in thirds and sixths, passing notes fill thirds, and suspensions hold tones over a strong
beat. In melismatic styles a voice also moves on while the melody holds a note, and voices hold tones while it moves.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, zip_longest

from composer.analysis.chord_functions import bent_scale
from composer.arranging.four_parts import USUAL_MELODY, Event, Ranges, lower_voices, pulse_of, set_parts, velocity_of
from composer.arranging.setting import Setting
from composer.score import TICKS_PER_QUARTER, Note, TimeSignature

_OCTAVE = 12
# Of the lower voices, by their number, below a melody around `USUAL_MELODY`.
_REGISTERS = {2: ((56, 75), (45, 67)), 3: ((56, 75), (50, 68), (44, 62)), 4: ((58, 76), (54, 71), (48, 66), (41, 61))}
_SOFTER = 3  # in velocity: a tone between two of the chords
_STEP, _THIRDS, _FOURTH = 2, (3, 4), 5  # semitones
_FIFTH = 7
_ALONG = (3, 4, 8, 9)  # thirds and sixths
_SLOW = 3  # pulses of a chord in which a voice moves if it can
_EVEN = 0.6  # share of the chords of melismatic styles at whose half voices move; elsewhere they do so in the last quarter
_PERFECT, _SHARP = (0, 7), (1, 11)


@dataclass(frozen=True, slots=True)
class _Habits:
    """Shares of the possible places at which voices have tones between the chords or suspensions.

    Attributes:
        alone: tones while the melody holds its note, by whichever voice can.
        along: tones while the melody moves.
        suspended: suspensions.
    """

    alone: float
    along: float
    suspended: float


_SYLLABIC, _MELISMATIC = _Habits(0.45, 0.85, 0.2), _Habits(0.6, 0.85, 0.7)
# Share of the usual tones between the chords that a bass has in syllabic styles, whose human ones move with the tune.
_CALM_BASS = 0.5


def parts_below(
    setting: Setting, tune: Sequence[Note], ranges: Ranges, room: int = 0, *, harmonize: bool = True
) -> list[Event]:
    """The parts of a choir, the lower ones in registers as high as the melody.

    Args:
        setting: the piece.
        tune: the melody.
        ranges: of the singers of the two to four lower voices.
        room: semitones by which the bass is lower than usual, so that another voice has a place above it.
        harmonize: whether the chords of the plan may be varied, unless the user gave them.
    """
    lift = round(sum(note.pitch for note in tune) / len(tune)) - USUAL_MELODY if tune else 0
    *usual, bass = [(low + lift, high + lift) for low, high in _REGISTERS[len(ranges)]]
    usual.append((bass[0] - room, bass[1] - room))
    both = [(max(low, first), min(high, last)) for (low, high), (first, last) in zip(ranges, usual, strict=True)]
    spans = [each if each[1] - each[0] >= _OCTAVE else span for each, span in zip(both, ranges, strict=True)]
    return set_parts(setting, tune, spans, harmonize=harmonize and not setting.plan.chords_given)


def choir_lines(setting: Setting, events: Sequence[Event], tune: Sequence[Note], rate: float = 1.0) -> dict[str, list[Note]]:
    """The lower voices by name.

    Args:
        setting: the piece.
        events: the chords of all parts.
        tune: the melody.
        rate: share of the usual tones between the chords, 0 to 1.
    """
    lines: dict[str, list[Note]] = {}
    for voice in lower_voices(len(events[0].pitches) - 1):
        lines[voice] = _Singer(setting, voice, {"soprano": tune, **lines}, rate).line(events)
    if setting.band.melismatic:
        return {voice: _tied(line, tune, setting.plan.meter) for voice, line in lines.items()}
    return lines


class _Singer:
    """Writes one voice below those that are sung already."""

    def __init__(self, setting: Setting, voice: str, sung: Mapping[str, Sequence[Note]], rate: float) -> None:
        self._setting, self._voice, self._sung, self._rate = setting, voice, sung, rate
        self._meter, self._pulse = setting.plan.meter, pulse_of(setting)
        self._half = self._pulse // (3 if self._meter.is_compound else 2)
        self._melismatic, self._chance = setting.band.melismatic, setting.chance("choir", voice)
        self._habits = _MELISMATIC if self._melismatic else _SYLLABIC
        if voice == "bass" and not self._melismatic:
            self._rate = rate * _CALM_BASS
        self._struck = [note.start_ticks for note in sung["soprano"]]

    def line(self, events: Sequence[Event]) -> list[Note]:
        """The notes of the voice."""
        notes = list[Note]()
        for before, event, following in zip_longest((None, *events[:-1]), events, events[1:]):
            note = Note(event.start, event.voices[self._voice], event.ticks, velocity_of(self._setting, event))
            if following is None or event.ticks < self._pulse:
                notes.append(note)
            elif before is not None and self._suspends(notes[-1], note, before, event):
                wait = self._pulse if event.ticks > self._pulse else self._half
                notes[-1] = replace(notes[-1], duration_ticks=notes[-1].duration_ticks + wait)
                notes.append(replace(note, start_ticks=note.start_ticks + wait, duration_ticks=note.duration_ticks - wait))
            elif note.end_ticks == following.start and (moved := self._moving(event, following)):
                place, pitch = moved
                notes.append(replace(note, duration_ticks=place - note.start_ticks))
                notes.append(Note(place, pitch, note.end_ticks - place, note.velocity - _SOFTER))
            else:
                notes.append(note)
        return notes

    def _suspends(self, held: Note, note: Note, before: Event, event: Event) -> bool:
        """Whether the voice keeps its note over a strong beat: a barline, and in melismatic styles any change of the chord."""
        strong = event.start % self._meter.bar_ticks == 0 or (self._melismatic and before.chord != event.chord)
        may = strong and _may_wait(held, note, event, self._pulse, self._voice, self._sung)
        return may and self._chance.random() < self._habits.suspended * self._rate

    def _moving(self, event: Event, following: Event) -> tuple[int, int] | None:
        """Where the voice moves to another tone before the next chord, and to which; `None` if it holds its note."""
        end, slow = event.start + event.ticks, event.ticks >= _SLOW * self._pulse
        places = [tick for tick in self._struck if event.start < tick < end and (tick - event.start) % self._half == 0]
        if self._chance.random() >= (self._habits.along if places else 1.0 if slow else self._habits.alone) * self._rate:
            return None
        even = self._melismatic and self._setting.chance("late", event.start).random() < _EVEN
        late = min(TICKS_PER_QUARTER, event.ticks // 2) if even else event.ticks // 4
        place = places[-1] if places else end - max(1, late // self._half) * self._half
        ways = _ways(self._setting, event, following, self._voice, turns=bool(places) or slow or self._melismatic)
        fitting = (way for way in ways if _fits(way, place, event, following, self._voice, self._sung, along=bool(places)))
        pitch = next(fitting, None)
        return None if pitch is None else (place, pitch)


def _may_wait(before: Note, note: Note, event: Event, pulse: int, voice: str, sung: Mapping[str, Sequence[Note]]) -> bool:
    """Whether a voice that falls by step may keep its note over a chord.

    The note has been a pulse long at least, is foreign to the chord, but not a sixth that falls to the fifth, and is apart
    from the melody; no inner voice has the tone to which it falls.
    """
    falls = before.end_ticks == note.start_ticks and 1 <= before.pitch - note.pitch <= _STEP
    apart = event.soprano - before.pitch > _STEP and event.soprano % _OCTAVE not in (
        note.pitch % _OCTAVE,
        before.pitch % _OCTAVE,
    )
    inner = [pitch for other, pitch in event.voices.items() if other not in ("soprano", voice, "bass")]
    doubled = any((pitch - note.pitch) % _OCTAVE == 0 for pitch in inner)
    lower = [other for other in sung if other != "soprano"]
    alone = all(_sounding(sung[other], event.start, 0) == event.voices[other] for other in lower)
    prepared = before.duration_ticks >= pulse
    dissonant = before.pitch % _OCTAVE not in event.chord.pitch_classes and (note.pitch - event.chord.root) % _OCTAVE != _FIFTH
    return falls and apart and alone and not doubled and prepared and dissonant and voice != "bass"


def _sounding(line: Sequence[Note], tick: int, otherwise: int) -> int:
    """The pitch that a line has at a tick."""
    index = bisect_right(line, tick, key=lambda note: note.start_ticks) - 1
    return line[index].pitch if index >= 0 else otherwise


def _ways(setting: Setting, event: Event, following: Event, voice: str, *, turns: bool) -> Iterator[int]:
    """Tones by which a voice may go from one chord to the next: passing tones, else tones of the chord and neighbors."""
    now, then = event.voices[voice], following.voices[voice]
    scale = bent_scale(setting.plan.key.scale, event.chord)
    if abs(then - now) in _THIRDS:
        ahead = bent_scale(setting.plan.key.scale, following.chord)
        yield from (p for p in _between(now, then, scale) if abs(then - p) > 1 or p % _OCTAVE in ahead)
    elif not turns:
        return
    elif now == then:
        below, above = ([p for p in range(now + way, now + 3 * way, way) if p % _OCTAVE in scale][:1] for way in (-1, 1))
        yield from (*below, *above)
    else:
        fifth = (event.chord.root + _FIFTH) % _OCTAVE
        reach = range(min(now, then - _STEP), max(now, then + _STEP) + 1)
        for pitch in sorted(reach, key=lambda pitch: abs(pitch - then)):
            is_tone = pitch % _OCTAVE in event.chord.pitch_classes and not (voice == "bass" and pitch % _OCTAVE == fifth)
            if is_tone and _STEP < abs(pitch - now) <= _FOURTH and 0 < abs(pitch - then) <= _FOURTH:
                yield pitch


def _between(pitch: int, after: int, scale: Collection[int]) -> list[int]:
    """The tone of a scale between two that are a third apart, if there is one a step from both.

    Of two it is the one nearer to the second, so that in minor the seventh degree is raised where a line rises.
    """
    way = 1 if after > pitch else -1
    inside = [p for p in range(pitch + way, after, way) if p % _OCTAVE in scale]
    return [p for p in inside if max(abs(p - pitch), abs(p - after)) <= _STEP][-1:]


def _fits(
    pitch: int,
    place: int,
    event: Event,
    following: Event,
    voice: str,
    sung: Mapping[str, Sequence[Note]],
    *,
    along: bool,
) -> bool:
    """Whether a tone between two chords keeps the order of the voices, without seconds and parallels with any of them.

    Neighbors and tones of the chord go along with the melody in thirds and sixths where it moves.
    """
    voices, later = event.voices, following.voices
    start, target, order = voices[voice], later[voice], tuple(voices)
    for name in order:
        if name == voice:
            continue
        now, then = voices[name], later[name]
        meant = _sounding(sung[name], place, now) if name in sung else now
        if abs(meant - pitch) <= _STEP or (meant - pitch) % _OCTAVE in _SHARP:
            return False
        if (order.index(name) < order.index(voice)) != (meant > pitch):
            return False
        for (upper, lower), (high, low) in pairwise(((now, start), (meant, pitch), (then, target))):
            same = (upper - lower) % _OCTAVE == (high - low) % _OCTAVE
            if same and (high - low) % _OCTAVE in _PERFECT and upper != high and lower != low:
                return False
    top = _sounding(sung["soprano"], place, event.soprano)
    passes = abs(target - start) in _THIRDS
    return passes or not along or (top - pitch) % _OCTAVE in _ALONG


def _tied(line: Sequence[Note], tune: Sequence[Note], meter: TimeSignature) -> list[Note]:
    """The notes of a voice, which holds its tone within a bar while the melody moves from one to another."""
    tied: list[Note] = []
    for note in line:
        before = tied[-1] if tied else None
        if (
            before is not None
            and before.pitch == note.pitch
            and before.end_ticks == note.start_ticks
            and note.start_ticks % meter.bar_ticks
            and _sounding(tune, note.start_ticks, 0) != _sounding(tune, note.start_ticks - 1, 0)
        ):
            tied[-1] = replace(before, duration_ticks=note.end_ticks - before.start_ticks)
        else:
            tied.append(note)
    return tied
