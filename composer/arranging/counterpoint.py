"""Counterpoint: the rhythm and the pitches of a voice that is added to others.

The rhythm is complementary: a voice moves where the others hold and holds where they move. Pitches are found by beam search. On
beats they are consonant or suspended and resolve by step downwards, dissonances between beats pass by step, voices do not cross
or move in parallel fifths and octaves, and a fourth above the lowest voice is a dissonance (Fux, *Gradus ad Parnassum*, 1725).
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from composer.arranging.line_search import Place, find_line
from composer.arranging.voicing import fifth_of, third_of
from composer.score import TICKS_PER_QUARTER, Chord, Note, TimeSignature

Strokes = list[tuple[int, int]]  # first tick and length of each note
_OCTAVE, _FOURTH, _FIFTH = 12, 5, 7
_EIGHTH = TICKS_PER_QUARTER // 2
_THREE_EIGHTHS = 3 * _EIGHTH
# Rhythms of a pulse: x strikes, - holds the note before it, or rests where there is none.
_LATE = "--xx"
_SIMPLE = ("x---", "x-x-", "xxxx", "--x-", "----", "x-xx", _LATE)
_COMPOUND = ("x--", "xxx", "x-x", "--x", "---", "-xx", "-x-")
_LONGEST = 2  # pulses of a note
# Costs of a rhythm: of a note struck with another voice, of an eighth at which nobody strikes, of a square note more or less
# than asked for, of a run against a run, of a long note, a tied short one or a late start, of the same rhythm again, of a rare
# one, and of chance.
_TOGETHER, _STILL, _UNASKED, _BOTH_RUN, _LONG, _AGAIN, _CLIPPED, _CHANCE = 1.6, 1.4, 0.7, 2.5, 6.0, 0.7, 0.8, 0.8
_RUN = 3  # notes in a pulse
_DISSONANT, _HARSH, _PERFECT = frozenset((1, 2, 6, 10, 11)), frozenset((1, 11)), frozenset((0, _FIFTH))
# Costs of a pitch: of a dissonance struck on a beat, struck there against a held note, between beats, held into a beat and
# passed by others, of a harsh one, of one left or reached other than by step, of a suspension left other than by a step down,
# of parallels, of a perfect interval reached in similar motion by leap, of voices that cross or meet, of a distance beyond an
# octave and a third for each semitone, of a leading tone doubled, of an augmented second, of two voices in the same direction,
# of a skip, of a repeated note, of each semitone of a leap beyond a fifth, and of a leading tone that does not rise where the
# tonic follows.
_STRUCK, _AGAINST, _BETWEEN, _HELD, _PASSED, _HARSHLY = 9.0, 5.4, 1.0, 1.2, 0.4, 2.5
_UNPREPARED, _UNRESOLVED, _PARALLEL, _HIDDEN = 4.0, 8.0, 25.0, 1.5
_CROSSED, _MET, _APART, _DOUBLED, _AUGMENTED, _SIMILAR = 12.0, 3.5, 0.25, 15.0, 5.0, 0.25
_SKIPPED, _REPEATED, _FAR, _UNLED = 0.7, 1.5, 0.7, 2.0
_WIDEST = 16  # semitones between neighboring voices that cost nothing
_REACHED = 0.5  # for each semitone beyond a step to the note that follows the line
_STEP = 2
_BARE, _SIX_FOUR = 0.8, 2.5  # of a chord without its third on a beat, and of the fifth of a chord in the lowest voice


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice against which a line is written.

    Attributes:
        notes: sorted, one at a time.
        is_above: whether it is above the line.
        inverts: whether the two will change places, so that fifths, which become fourths, are dissonances.
    """

    notes: Sequence[Note]
    is_above: bool
    inverts: bool = False

    def pitch_at(self, tick: int) -> int | None:
        """The pitch that sounds at a tick."""
        index = bisect_right(self.notes, tick, key=lambda note: note.start_ticks) - 1
        return self.notes[index].pitch if index >= 0 and tick < self.notes[index].end_ticks else None


def pulse_of(meter: TimeSignature) -> int:
    """Ticks of the pulse of counterpoint: a quarter, or three eighths where the bars consist of them.

    >>> [pulse_of(TimeSignature.parse(meter)) for meter in ("4/4", "6/8", "3/8", "2/2")]
    [480, 720, 720, 480]
    """
    return _THREE_EIGHTHS if meter.bar_ticks % _THREE_EIGHTHS == 0 and meter.denominator == 8 else TICKS_PER_QUARTER


def complementary(
    others: Sequence[Voice],
    start: int,
    end: int,
    meter: TimeSignature,
    per_pulse: float,
    chance: random.Random,
    *,
    may_wait: bool = True,
) -> Strokes:
    """A rhythm that fills in that of other voices.

    Args:
        others: voices that are written.
        start, end: its ticks.
        meter: of the bars, which begin at multiples of their length.
        per_pulse: notes in a pulse, about.
        chance: draws small costs, so that seeds differ.
        may_wait: whether the first note may come later than at the start.
    """
    struck = Counter(note.start_ticks for voice in others for note in voice.notes if start <= note.start_ticks < end)
    pulse, found = pulse_of(meter), list[list[int]]()
    patterns = _COMPOUND if pulse == _THREE_EIGHTHS else _SIMPLE
    before = list[str]()
    tick = start
    while tick < end:
        at_bar = tick // meter.bar_ticks * meter.bar_ticks
        stop = min(end, at_bar + meter.bar_ticks, at_bar + ((tick - at_bar) // pulse + 1) * pulse)
        theirs = sum(tick <= place < stop for place in struck)
        last = found[-1][0] if found else tick  # first tick of the note before

        def cost(pattern: str, tick: int = tick, stop: int = stop, theirs: int = theirs, last: int = last) -> float:
            places = [place for place in _places(pattern, tick, pulse) if place < stop]
            held = tick - last if tick not in places else 0
            still = sum(place not in struck and place not in places for place in range(tick, stop, _EIGHTH))
            total = _TOGETHER * sum(place in struck for place in places) + _STILL * still
            total += (
                _UNASKED * (len(places) - per_pulse) ** 2 + _AGAIN * (pattern in before[-2:]) + _CLIPPED * (pattern == _LATE)
            )
            total += _BOTH_RUN * (len(places) >= _RUN and theirs >= _RUN)
            total += _LONG * (held >= _LONGEST * pulse or 0 < held < _EIGHTH or (tick == start not in places and not may_wait))
            return total + _CHANCE * chance.random()

        before.append(min(patterns, key=cost))
        found += [[place, stop] for place in _places(before[-1], tick, pulse) if place < stop]
        tick = stop
    stops = [*(first for first, _ in found[1:]), *([end] if found else [])]
    return [(first, stop - first) for (first, _), stop in zip(found, stops, strict=True)]


def _places(pattern: str, tick: int, pulse: int) -> list[int]:
    return [tick + index * pulse // len(pattern) for index, sign in enumerate(pattern) if sign == "x"]


@dataclass(frozen=True, slots=True)
class Stroke:
    """A note whose pitch is to be found: its first tick, its length, its chord and its place in a line."""

    start: int
    ticks: int
    chord: Chord
    place: Place


@dataclass(frozen=True, slots=True)
class _Heard:
    """What another voice sounds while a note of the line does: its pitch and the one before, if that moves with the line."""

    pitch: int
    before: int | None
    struck: bool
    is_above: bool
    inverts: bool


def counterpoint(
    strokes: Sequence[Stroke],
    others: Sequence[Voice],
    register: tuple[int, int],
    before: Sequence[int],
    after: int | None,
    meter: TimeSignature,
    leading: int,
    leap: float,
    chance: random.Random,
) -> tuple[list[int], float]:
    """The pitches of a line against other voices, and what they cost beside these.

    Args:
        strokes: its rhythm, chords and scales.
        others: voices that sound with it.
        register: lowest and highest pitch, inclusive.
        before: pitches of the voice before it, the last two of which matter.
        after: pitch of the voice right after it, if any.
        meter: of the bars, which begin at multiples of their length.
        leading: pitch class of the leading tone.
        leap: from 0 to 1, how readily the line leaps.
        chance: draws small costs, so that seeds differ.
    """
    moments = [_moments(stroke, others, meter) for stroke in strokes]
    ended = [_at(others, stroke.start + stroke.ticks) for stroke in strokes[-1:]]

    def is_dissonant(pitch: int, heard: _Heard, lowest: int) -> bool:
        size = (max(pitch, heard.pitch) - min(pitch, heard.pitch)) % _OCTAVE
        if heard.inverts:
            return size in _DISSONANT or size in (_FOURTH, _FIFTH)
        return size in _DISSONANT or (size == _FOURTH and min(pitch, heard.pitch) == lowest)

    def is_suspended(number: int, pitch: int) -> bool:
        """Whether a note ends as a dissonance on a beat."""
        beats = [heard for tick, is_beat, heard in moments[number] if is_beat and tick > strokes[number].start]
        if not beats:
            return False
        lowest = min([pitch, *(each.pitch for each in beats[-1])])
        return any(is_dissonant(pitch, each, lowest) for each in beats[-1])

    @cache
    def vertical(number: int, last: int | None, pitch: int) -> float:
        cost, chord = 0.0, strokes[number].chord
        by_step = last is not None and abs(pitch - last) <= _STEP
        for index, (_, is_beat, heard) in enumerate(moments[number]):
            lowest = min([pitch, *(each.pitch for each in heard)])
            for each in heard:
                gap = each.pitch - pitch if each.is_above else pitch - each.pitch
                cost += _CROSSED * (gap < 0) + _MET * (gap == 0) + _APART * max(0, gap - _WIDEST)
                if is_dissonant(pitch, each, lowest):
                    harsh = 1.0 + (abs(gap) % _OCTAVE in _HARSH)
                    if index == 0 and is_beat:
                        cost += (_STRUCK if each.struck else _AGAINST) * harsh
                    elif index == 0:
                        cost += (_BETWEEN + _UNPREPARED * (not by_step) + _HARSHLY * each.struck * (harsh > 1)) * harsh
                    else:
                        cost += (_HELD if is_beat else _PASSED) * harsh
                cost += _DOUBLED * (pitch % _OCTAVE == each.pitch % _OCTAVE == leading)
            if index == 0 and is_beat and heard:
                tones = {each.pitch % _OCTAVE for each in heard} | {pitch % _OCTAVE}
                third = third_of(chord)
                cost += _BARE * (third is not None and (chord.root + third) % _OCTAVE not in tones)
                cost += _SIX_FOUR * (pitch == lowest and (pitch - chord.root) % _OCTAVE == fifth_of(chord))
        if last is not None:
            for each in moments[number][0][2]:
                cost += _parallel(last, pitch, each)
        return cost

    def total(number: int, last: int | None, pitch: int) -> float:
        cost = vertical(number, last, pitch)
        if last is not None:
            move = pitch - last
            cost += (
                _SKIPPED * (abs(move) > _STEP)
                + _FAR * max(0, abs(move) - _FIFTH)
                + _REPEATED * (move == 0)
                + _AUGMENTED * ({last % _OCTAVE, pitch % _OCTAVE} == {leading, (leading - 3) % _OCTAVE})
            )
            if number:
                chord = strokes[number].chord
                is_led = last % _OCTAVE == leading != pitch % _OCTAVE and (leading + 1) % _OCTAVE == chord.root
                cost += _UNLED * (is_led and move != 1)
                if is_suspended(number - 1, last):
                    cost += _UNRESOLVED * (move not in (-1, -2))
                elif abs(move) > _STEP and any(
                    is_dissonant(last, each, min([last, *(other.pitch for other in moments[number - 1][0][2])]))
                    for each in moments[number - 1][0][2]
                ):
                    cost += _UNPREPARED
        if number == len(strokes) - 1 and after is not None:
            cost += _REACHED * max(0, abs(after - pitch) - _STEP) + _STEP * (after == pitch)
            cost += sum(_parallel(pitch, after, each) for each in ended[0])
        return cost

    given = list(before)[-2:]
    pitches = find_line([stroke.place for stroke in strokes], *register, given, leap, chance, total)
    lasts: list[int | None] = [given[-1] if given else None, *pitches]
    return pitches, sum(total(number, lasts[number], pitch) for number, pitch in enumerate(pitches))


def _parallel(last: int, pitch: int, heard: _Heard) -> float:
    """Cost of two voices that move together."""
    if heard.before is None or last == pitch or heard.before == heard.pitch:
        return 0.0
    move, other = pitch - last, heard.pitch - heard.before
    now = (heard.pitch - pitch) % _OCTAVE if heard.is_above else (pitch - heard.pitch) % _OCTAVE
    then = (heard.before - last) % _OCTAVE if heard.is_above else (last - heard.before) % _OCTAVE
    perfect = _PERFECT | {_FOURTH} if heard.inverts else _PERFECT
    if now == then and now in perfect:
        return _PARALLEL
    is_similar = move * other > 0
    return _SIMILAR * is_similar + _HIDDEN * (is_similar and now in perfect and abs(move) > _STEP)


def _moments(stroke: Stroke, others: Sequence[Voice], meter: TimeSignature) -> list[tuple[int, bool, list[_Heard]]]:
    """When a note or another voice is struck while it sounds, whether that is on a beat, and what is heard."""
    start, end, pulse = stroke.start, stroke.start + stroke.ticks, pulse_of(meter)
    struck = {start} | {note.start_ticks for voice in others for note in voice.notes if start < note.start_ticks < end}
    return [(tick, tick % meter.bar_ticks % pulse == 0, _at(others, tick)) for tick in sorted(struck)]


def _at(others: Sequence[Voice], tick: int) -> list[_Heard]:
    found = []
    for voice in others:
        pitch = voice.pitch_at(tick)
        if pitch is not None:
            struck = any(note.start_ticks == tick for note in voice.notes)
            found.append(_Heard(pitch, voice.pitch_at(tick - 1) if struck else None, struck, voice.is_above, voice.inverts))
    return found
