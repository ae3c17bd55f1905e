"""Imitation: lines below a melody take up a bar of it, moved along the scale to fit the harmony, where it is less busy.

Knows the melody and the chords; the other notes of the lines are written around the answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

from composer.analysis.chord_functions import bent_scale
from composer.arranging.phrase_map import Phrase, phrases_of
from composer.arranging.setting import BandBar, Setting
from composer.score import Note

_OCTAVE = 12
_LAGS = (1, 2)  # bars between a bar of the melody and its answer
_FEWEST, _MOST, _PITCHES = 3, 10, 2  # notes of an answer, and different ones at least
_STEPS = range(-17, 4)  # of the scale from the melody to an answer
_APART = 3  # semitones below the melody at least
_PERFECT, _SHARP = (0, 7), (1, 11)  # intervals that must not move in parallel, and that clash
_SOFTER = 5  # in velocity
_BELOW = 8  # semitones from each line down to the next, where they usually are
_ENTERS = 0.2  # share of the answers before which their line rests for a bar, but for the first bar
_BETWEEN = 2  # bars from one answer to the next at least
_ROOM = 2  # notes that the melody has less than its answer where that stands out
# Costs: of a semitone from the usual register, of a note of the melody beyond that, of a late answer, of one at another
# interval than a fourth, fifth or octave; and the cost beyond which nothing answers.
_FAR, _BUSY, _LATE, _STRANGE, _DEAREST = 0.2, 1.0, 0.5, 0.6, 6.0


@dataclass(frozen=True, slots=True)
class Line:
    """A part below the melody.

    Attributes:
        index: of the part.
        low, high: lowest and highest pitch, inclusive.
        is_bass: whether it plays the bass of the chords.
    """

    index: int
    low: int
    high: int
    is_bass: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """A bar in which a line imitates the melody.

    Attributes:
        bar: the bar.
        line: index of the part.
        notes: of the bar.
        enters: whether the line rests in the bar before.
    """

    bar: int
    line: int
    notes: tuple[Note, ...]
    enters: bool


def answers(setting: Setting, lines: Sequence[Line]) -> list[Answer]:
    """Answers where they fit, the best of each phrase first; none in the last two bars.

    Before some of them their line rests, but not below a given melody, where rests are holes in its accompaniment.

    Args:
        setting: the piece with its melody.
        lines: from the highest down.
    """
    bars, found = _by_bar(setting), list[Answer]()
    for phrase in phrases_of(setting):
        chance = setting.chance("imitation", phrase.start)
        for cost, bar, line, notes in sorted(_options(setting, phrase, lines, bars), key=lambda option: option[0]):
            if cost <= _DEAREST and all(abs(bar - other.bar) >= _BETWEEN for other in found):
                enters = not line.is_bass and chance.random() < _ENTERS and bar > 1 and setting.plan.lead is None
                found.append(Answer(bar, line.index, notes, enters))
    return found


def _by_bar(setting: Setting) -> list[list[Note]]:
    """The notes of the melody that begin in each bar, none longer than to its end."""
    ticks, found = setting.plan.meter.bar_ticks, [list[Note]() for _ in setting.bars]
    for note in setting.tune:
        bar = note.start_ticks // ticks
        found[bar].append(replace(note, duration_ticks=min(note.end_ticks, (bar + 1) * ticks) - note.start_ticks))
    return found


def _options(
    setting: Setting, phrase: Phrase, lines: Sequence[Line], bars: Sequence[Sequence[Note]]
) -> Iterator[tuple[float, int, Line, tuple[Note, ...]]]:
    """The answers that fit somewhere in a phrase: cost, bar, line and notes."""
    middle = sum(note.pitch for note in setting.tune) / max(1, len(setting.tune))
    for bar in range(phrase.start, min(phrase.start + phrase.bars, setting.plan.bars - 2)):
        for lag in (lag for lag in _LAGS if lag <= bar):
            motif = bars[bar - lag]
            if not _FEWEST <= len(motif) <= _MOST or len({note.pitch for note in motif}) < _PITCHES:
                continue
            fixed = _BUSY * max(0, len(bars[bar]) + _ROOM - len(motif)) + _LATE * (lag - 1)
            for steps in _STEPS if fixed <= _DEAREST else ():
                notes = _moved(setting, motif, steps, lag)
                if _moves(notes) != _moves(motif) or not _below(notes, bars[bar]):
                    continue
                mean = sum(note.pitch for note in notes) / len(notes)
                for place, line in enumerate(lines):
                    if _playable(setting, notes, line):
                        away = abs(mean - min(middle - _BELOW * (place + 1), (line.low + line.high) / 2))
                        yield fixed + _FAR * away + _STRANGE * (steps % 7 not in (0, 3, 4)), bar, line, notes


def _moved(setting: Setting, motif: Sequence[Note], steps: int, lag: int) -> tuple[Note, ...]:
    """Notes of the melody some steps of the scale away and some bars later, altered to fit their chords."""
    meter, scale = setting.plan.meter, setting.plan.key.scale
    bar, notes = setting.bars[motif[0].start_ticks // meter.bar_ticks + lag], []
    for note in motif:
        start = note.start_ticks + lag * meter.bar_ticks
        pitch = _fitted(_stepped(note.pitch, steps, scale), bar, start - bar.start, meter.beat_ticks, scale)
        notes.append(replace(note, start_ticks=start, pitch=pitch, velocity=max(1, note.velocity - _SOFTER)))
    return tuple(notes)


@lru_cache(maxsize=4096)
def _stepped(pitch: int, steps: int, scale: frozenset[int]) -> int:
    """A pitch moved along a scale; one off the scale stays as far from the tone below it."""
    ladder = [tone for tone in range(-3 * _OCTAVE, 14 * _OCTAVE) if tone % _OCTAVE in scale]
    below = max(index for index, tone in enumerate(ladder) if tone <= pitch)
    return ladder[below + steps] + pitch - ladder[below]


def _fitted(pitch: int, bar: BandBar, offset: int, beat: int, scale: frozenset[int]) -> int:
    """The nearest tone, within a step, of the chord on a beat and of the scale bent to the chord between beats."""
    chord = bar.chord_at(offset)
    fitting = chord.pitch_classes if offset % beat == 0 else bent_scale(scale, chord)
    return next((pitch + step for step in (0, -1, 1, -2, 2) if (pitch + step) % _OCTAVE in fitting), pitch)


def _moves(notes: Sequence[Note]) -> list[int]:
    """Directions of a line: 1 up, -1 down, 0 for a repeated note."""
    return [(after.pitch > before.pitch) - (after.pitch < before.pitch) for before, after in pairwise(notes)]


def _playable(setting: Setting, notes: Sequence[Note], line: Line) -> bool:
    """Whether a line has the pitches, a bass the basses of the chords, and foreign tones pass by step between beats."""
    plan, ticks = setting.plan, setting.plan.meter.bar_ticks
    bar = setting.bars[notes[0].start_ticks // ticks]
    struck = {note.start_ticks - bar.start: note.pitch % _OCTAVE for note in notes}
    if not all(line.low <= note.pitch <= line.high for note in notes):
        return False
    if line.is_bass and any(struck.get(span.start) != span.chord.lowest for span in bar.spans):
        return False
    for index, note in enumerate(notes):
        offset, pitch_class = note.start_ticks - bar.start, note.pitch % _OCTAVE
        if any(offset < span.start < offset + note.duration_ticks for span in bar.spans):
            return False
        if plan.scale is not None and pitch_class not in plan.key.scale:
            return False
        if pitch_class not in bar.chord_at(offset).pitch_classes:
            around = notes[max(0, index - 1) : index + 2]
            passes = len(around) == 3 and all(abs(other.pitch - note.pitch) <= 2 for other in around)
            if offset % plan.meter.beat_ticks == 0 or not passes:
                return False
    return True


def _below(notes: Sequence[Note], melody: Sequence[Note]) -> bool:
    """Whether an answer stays below the melody, does not clash with it and does not move with it in parallel."""
    pairs = []
    for place in sorted({note.start_ticks for note in (*notes, *melody)}):
        low, high = (
            next((note.pitch for note in line if note.start_ticks <= place < note.end_ticks), None) for line in (notes, melody)
        )
        if low is not None and high is not None:
            if high - low < _APART or (high - low) % _OCTAVE in _SHARP:
                return False
            pairs.append((low, high))
    return not any(
        first[0] != then[0] and first[1] != then[1] and (then[1] - then[0]) % _OCTAVE in _PERFECT
        and (then[1] - then[0]) % _OCTAVE == (first[1] - first[0]) % _OCTAVE
        for first, then in pairwise(pairs)
    )  # fmt: skip
