"""How a pianist alone begins and closes phrases: the left hand enters late, rests or leads on, the right hand adds chords."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from composer.analysis.chord_functions import bent_scale
from composer.arranging.registers import registers_of
from composer.arranging.setting import BandBar, Setting, Span
from composer.arranging.voicing import LOW_APART, LOW_BELOW
from composer.score import TICKS_PER_QUARTER, Chord, Note

_RESTS = 3.0  # closes with a rest for each bar with one: every third or fourth bar has a close
_ENTERS_LATE = 1.8  # pieces whose left hand enters late for each bar with a rest
_LINKS = 0.6  # share of the closes on a held note after which the left hand leads to the next bass
_CHORDS = 2.0  # closes with a chord for each stroke of a right hand that is one
_LEAST, _HAND, _APART = 3, 9, 12  # semitones between notes of a chord, and which a right and a left hand span
_LOWEST, _DEEPEST = 58, 33  # pitches of the notes that a right and a left hand add
_MOST = 3  # notes of a chord, and of a link
_SOON = 2  # beats after which the melody goes on at the latest where the hand rests
_FAST = 150.0  # quarter notes a minute from which links move in quarters
_OCTAVE = 12


def closing_chords(melody: Sequence[Note], setting: Setting) -> list[Note]:
    """A melody in a pianist's right hand with chords on the notes on which it settles at closes.

    Args:
        melody: notes of the hand, in order.
        setting: of the piece.
    """
    share, found = _CHORDS * registers_of(setting).doubled, list(melody)
    for bar, span in _closes(setting):
        start = bar.start + span.start
        settled = next((note for note in melody if note.start_ticks == start), None)
        long = settled is not None and settled.duration_ticks >= setting.plan.meter.beat_ticks
        if settled and long and setting.chance("chord of a close", bar.index).random() < share:
            added = [settled]
            for pitch in range(settled.pitch - _LEAST, max(_LOWEST, settled.pitch - _HAND) - 1, -1):
                if pitch % _OCTAVE in span.chord.pitch_classes and added[-1].pitch - pitch >= _LEAST and len(added) < _MOST:
                    added.append(replace(settled, pitch=pitch))
            found += added[1:]
    return sorted(found)


def breathing(notes: Sequence[Note], setting: Setting) -> list[Note]:
    """The notes of a left hand, which rests as often as hands of human pieces do, where phrases begin and end.

    In some pieces it enters after the melody. At closes it strikes the last chord for a beat and rests while the melody goes
    on; where the melody holds a note, it leads to the next bass.

    Args:
        notes: of the hand, in order.
        setting: of the piece.
    """
    share, beat = _RESTS * registers_of(setting).rests, setting.plan.meter.beat_ticks
    left = _late(notes, setting)
    for bar, span in _closes(setting):
        start, end = bar.start + span.start, bar.start + setting.plan.meter.bar_ticks
        struck = [note for note in left if note.start_ticks == start]
        chance = setting.chance("rest of a hand", bar.index)
        if not struck or end - start < 2 * beat or chance.random() >= share:
            continue
        moves = any(start + beat <= tone.start_ticks < min(end, start + _SOON * beat + 1) for tone in setting.tune)
        link = [] if moves or chance.random() >= _LINKS else _link(bar, span, left, setting)
        if not moves and not link:
            continue
        sung = [tone.pitch for tone in setting.tune if tone.start_ticks <= start < tone.end_ticks]
        chord = _filled(struck, span.chord, min(sung, default=_LOWEST + _HAND))
        before = [note for note in left if note.start_ticks < start]
        ended = [replace(note, duration_ticks=min(note.end_ticks, start) - note.start_ticks) for note in before]
        after = [note for note in left if note.start_ticks >= end]
        left = sorted([*ended, *(replace(note, duration_ticks=beat) for note in chord), *link, *after])
    return left


def _late(notes: Sequence[Note], setting: Setting) -> list[Note]:
    """The notes of a hand, which enters with its first bass in the middle of the first bar in some pieces.

    The melody begins on the barline there, and the bar has one chord.
    """
    meter, first = setting.plan.meter, setting.bars[setting.plan.upbeat_bars]
    enters = first.start + (meter.middle_ticks if meter.middle_ticks % meter.beat_ticks == 0 else meter.beat_ticks)
    begins = len(first.spans) == 1 and any(tone.start_ticks == first.start for tone in setting.tune)
    late = setting.chance("late entry").random() < _ENTERS_LATE * registers_of(setting).rests
    basses = [note for note in notes if note.start_ticks == first.start]
    struck = [note for note in notes if note.start_ticks == enters]
    if not (late and begins and basses and struck) or any(note.start_ticks < first.start for note in notes):
        return list(notes)
    entry = [replace(note, start_ticks=enters, duration_ticks=struck[0].duration_ticks) for note in basses]
    return [*entry, *(note for note in notes if note.start_ticks > enters)]


def _closes(setting: Setting) -> Iterator[tuple[BandBar, Span]]:
    """The bars with a close inside the piece, and their last chord."""
    return ((bar, bar.spans[-1]) for bar in setting.bars[:-1] if setting.plan.closes and setting.plan.closes[bar.index])


def _filled(struck: Sequence[Note], chord: Chord, sung: int) -> list[Note]:
    """The notes of a left hand's stroke, with other tones of the chord above them and below the melody."""
    found = list(struck)
    lowest = min(note.pitch for note in struck)
    for pitch in range(lowest + _LEAST, min(lowest + _APART, sung - _LEAST) + 1):
        near = max(note.pitch for note in found if note.pitch <= pitch)
        clear = pitch - near >= (LOW_APART if near < LOW_BELOW else _LEAST)
        if clear and pitch % _OCTAVE in chord.pitch_classes and len(found) < _MOST:
            found.append(replace(struck[0], pitch=pitch))
    return found


def _link(bar: BandBar, span: Span, notes: Sequence[Note], setting: Setting) -> list[Note]:
    """Notes by step to the next bass from the side of the last one; empty if none comes on the barline."""
    plan = setting.plan
    end, unit = bar.start + plan.meter.bar_ticks, TICKS_PER_QUARTER // (1 if plan.mean_qpm > _FAST else 2)
    struck = [note for note in notes if note.start_ticks == bar.start + span.start]
    goal = min((note.pitch for note in notes if note.start_ticks == end), default=None)
    count = min(_MOST, (end - bar.start - span.start) // unit - 2)
    if goal is None or count < 2:
        return []
    scale = bent_scale(plan.key.scale, span.chord)
    lowest = min(note.pitch for note in struck)
    way = range(goal - 1, _DEEPEST - 1, -1) if lowest < goal or goal + _APART > _LOWEST else range(goal + 1, goal + _APART)
    pitches = [pitch for pitch in way if pitch % _OCTAVE in scale][:count][::-1]
    if len(pitches) < count:
        return []
    places = range(end - count * unit, end, unit)
    return [replace(struck[0], start_ticks=at, duration_ticks=unit, pitch=p) for at, p in zip(places, pitches, strict=True)]
