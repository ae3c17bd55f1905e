"""Scores a melody: counterpoint with the harmony, leaps, shape, rests, repetition, and distance from human lines.

Sources: Huron (2006), *Sweet Anticipation*, on leaps and arches; Aldwell and Schachter, *Harmony and Voice Leading*.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from composer.controls import PHRASE_BARS
from composer.melody.line_guide import CIRCLE_NOTES, CIRCLE_PITCHES, MOST_STRUCK, Frame
from composer.melody.line_vocabulary import Event, relations
from composer.score import TICKS_PER_QUARTER, Chord

# Cost of the share of notes, bars or closes with a fault, in marks of 1 to 10: fitted to how blind readers marked pieces under
# the same header (docs/decisions.md), but for those of runs, which human songs do not have, and of what hardly occurs.
WEIGHTS = {
    "rubs": 2.5, "parallels": 0.5, "leaps": 15.0, "zigzags": 2.7, "unfilled": 0.7, "turns": 0.8, "repeated": 1.2,
    "circling": 0.9, "stalls": 2.5, "jerks": 8.0, "copied": 3.0, "uniform": 0.8, "alternating": 0.4, "rests": 0.5,
    "silence": 2.0, "breathless": 0.4, "peaks": 0.1, "divisions": 2.0, "sung runs": 2.0,
}  # fmt: skip
_USUAL_COPIES = 0.35  # share of bars with the same notes as an earlier one
_USUAL_SOUND = 0.75  # share of the time in which a line sounds
_USUAL_REPEATS = 0.15  # share of notes with the same pitch as the note before; 0.12 in human lines
_LONGEST_BARS = 1  # bars on one pitch; 1.0 to 1.3 in human lines
_USUAL_LIKENESS = 0.5  # of the rhythms of neighboring bars: common places of attack, as a share of all; 0.56 in human lines
_SUNG, _QUICK = "voice", 2.0  # family of the leading part; notes per quarter note of a quick song
_USUAL_RUNS = 0.1  # share of sung notes shorter than an eighth; 0.07 in human songs
_USUAL_TURNS = 0.5  # share of moves that change direction
_WIDE, _FILLING = 7, 4  # least semitones of a leap, and most semitones of the move back that fills it
_ZIGZAG = 5  # least semitones of two leaps in turn, one up and one down


@dataclass(frozen=True, slots=True)
class Tone:
    """A note of a line: start and length in ticks, pitch."""

    start: int
    ticks: int
    pitch: int


def faults_of(tones: Sequence[Tone], bars: Sequence[Sequence[Event]], frame: Frame) -> dict[str, float]:
    """Weighted faults of a line in functional pitch, by name.

    Args:
        tones: notes of the line.
        bars: events of the line by bar.
        frame: what it was written for.
    """
    plan, count = frame.plan, max(1, len(tones))
    sounding = sum(tone.ticks for tone in tones) / (plan.meter.bar_ticks * max(1, plan.bars - len(frame.silent)))
    pitches = [tone.pitch for tone in tones]
    copied = sum(like.startswith("Relation_same") for like in relations(bars)) / len(bars)
    shares = {
        "rubs": _rubs(tones, frame) / count,
        "parallels": _parallels(tones, frame) / count,
        "leaps": sum((size > 12) + 0.5 * (size in (10, 11)) + 0.4 * (size == 6) for size in _sizes(pitches)) / count,
        "zigzags": _zigzags(pitches) / count,
        "unfilled": _unfilled(pitches) / count,
        "turns": max(0.0, _turns(pitches) - _USUAL_TURNS),
        "repeated": max(0.0, sum(size == 0 for size in _sizes(pitches)) / count - _USUAL_REPEATS),
        "circling": _circling(pitches),
        "jerks": _jerks(tones, frame) / count,
        "copied": max(0.0, copied - _USUAL_COPIES),
        "uniform": max(0.0, _likeness(bars) - _USUAL_LIKENESS),
        "alternating": _alternating(bars),
        "rests": _rests(tones, plan.meter.beat_ticks) / len(bars),
        "silence": max(0.0, _USUAL_SOUND - sounding),
        "breathless": _breathless(tones, frame),
        "peaks": _peaks(tones, frame),
        "stalls": _stalls(tones, frame) / len(bars),
        "divisions": 0.0 if plan.meter.is_compound else _divisions(tones),
        "sung runs": max(0.0, _short(tones) - _USUAL_RUNS) if _is_slow_song(frame) else 0.0,
    }
    return {name: value * WEIGHTS[name] for name, value in shares.items()}


def chord_at(frame: Frame, tick: int) -> Chord:
    """The chord of a frame at a tick."""
    plan = frame.plan
    bar = min(tick // plan.meter.bar_ticks, plan.bars - 1)
    starts = plan.meter.chord_ticks(len(frame.chords[bar]))
    offset = tick - bar * plan.meter.bar_ticks
    return [chord for start, chord in zip(starts, frame.chords[bar], strict=True) if start <= offset][-1]


def _moves(pitches: Sequence[int]) -> list[int]:
    return [after - before for before, after in pairwise(pitches)]


def _sizes(pitches: Sequence[int]) -> list[int]:
    return [abs(move) for move in _moves(pitches)]


def _unfilled(pitches: Sequence[int]) -> int:
    """Leaps that no smaller move in the other direction follows."""
    return sum(
        abs(move) >= _WIDE and not (move * after < 0 and abs(after) <= _FILLING) for move, after in pairwise(_moves(pitches))
    )


def _zigzags(pitches: Sequence[int]) -> int:
    """Pairs of wide moves in turn, one up and one down."""
    return sum(before * after < 0 and min(abs(before), abs(after)) >= _ZIGZAG for before, after in pairwise(_moves(pitches)))


def _turns(pitches: Sequence[int]) -> float:
    """Share of moves that change direction."""
    pairs = list(pairwise(move for move in _moves(pitches) if move))
    return sum(before * after < 0 for before, after in pairs) / max(1, len(pairs))


def _circling(pitches: Sequence[int]) -> float:
    """Share of stretches of a line with hardly any different pitches."""
    stretches = [pitches[start : start + CIRCLE_NOTES] for start in range(max(1, len(pitches) - CIRCLE_NOTES + 1))]
    return sum(len(set(stretch)) <= CIRCLE_PITCHES for stretch in stretches) / len(stretches)


def _rubs(tones: Sequence[Tone], frame: Frame) -> float:
    """Weighted count of nonchord tones that are stressed, left by leap, or not resolved over their chord."""
    beat, ticks = frame.plan.meter.beat_ticks, frame.plan.meter.bar_ticks
    found = 0.0
    for index, tone in enumerate(tones):
        chord = chord_at(frame, tone.start)
        foreign = tone.pitch % 12 not in chord.pitch_classes
        after = tones[index + 1] if index + 1 < len(tones) else tone
        leaves = abs(after.pitch - tone.pitch)
        weighs = tone.ticks > beat or (tone.start % beat == 0 and (tone.ticks >= beat or tone.start % ticks == 0))
        if foreign and weighs:
            resolves = 1 <= leaves <= 2 and tone.ticks <= 2 * beat
            found += (0.15 if chord_at(frame, after.start) == chord else 0.5) if resolves else 1.0
        elif foreign and leaves > 2 and index and abs(tones[index - 1].pitch - tone.pitch) > 2:
            found += 0.7
        end = min(tone.start + tone.ticks - 1, frame.plan.bars * ticks - 1)
        later = chord_at(frame, end)
        if later != chord and tone.ticks >= beat and tone.pitch % 12 not in later.pitch_classes:
            found += 0.6
    return found


def _parallels(tones: Sequence[Tone], frame: Frame) -> int:
    """Parallel fifths and octaves with the bass of the chords."""
    found = 0
    for before, after in pairwise(tones):
        low, lower = chord_at(frame, before.start).lowest, chord_at(frame, after.start).lowest
        interval = (before.pitch - low) % 12
        moves = low != lower and before.pitch != after.pitch
        found += moves and interval in (0, 7) and interval == (after.pitch - lower) % 12
    return found


def _stalls(tones: Sequence[Tone], frame: Frame) -> float:
    """Bars that stretches on one pitch last too long, and beats for each note that they have too many."""
    meter, found = frame.plan.meter, 0.0
    for _, stretch in groupby(tones, key=lambda tone: tone.pitch):
        first, *more = stretch
        last = more[-1] if more else first
        longer = (last.start + last.ticks - first.start) / meter.bar_ticks - _LONGEST_BARS
        if more:
            found += max(0.0, longer) + max(0, len(more) + 1 - MOST_STRUCK) * meter.beat_ticks / meter.bar_ticks
    return found


def _jerks(tones: Sequence[Tone], frame: Frame) -> int:
    """Notes that begin between the halves of a beat and are held beyond its end."""
    beat = frame.plan.meter.beat_ticks
    if frame.plan.meter.is_compound:
        return 0
    return sum(
        tone.start % (beat // 2) != 0 and tone.start % beat + tone.ticks > beat and tone.start % (beat // 3) != 0
        for tone in tones
    )


def _likeness(bars: Sequence[Sequence[Event]]) -> float:
    """Mean likeness of the rhythms of neighboring bars, 0 to 1."""
    rhythms = [{step for step, pitch in bar if pitch is not None} for bar in bars]
    pairs = [(before, after) for before, after in pairwise(rhythms) if before | after]
    return sum(len(before & after) / len(before | after) for before, after in pairs) / max(1, len(pairs))


def _alternating(bars: Sequence[Sequence[Event]]) -> float:
    """Share of bars with the rhythm of the bar before the last."""
    rhythms = [tuple(step for step, pitch in bar if pitch is not None) for bar in bars]
    return sum(bool(bar) and bar == earlier for earlier, bar in zip(rhythms, rhythms[2:], strict=False)) / max(1, len(bars) - 2)


def _rests(tones: Sequence[Tone], beat_ticks: int) -> int:
    """Rests of half a beat or more between notes."""
    return sum(2 * (after.start - before.start - before.ticks) >= beat_ticks for before, after in pairwise(tones))


def _peaks(tones: Sequence[Tone], frame: Frame) -> float:
    """Share of neighboring phrases with the same highest pitch."""
    tops: dict[int, int] = {}
    for tone in tones:
        phrase = (tone.start // frame.plan.meter.bar_ticks - frame.plan.upbeat_bars) // PHRASE_BARS
        tops[phrase] = max(tone.pitch, tops.get(phrase, 0))
    return sum(before == after for before, after in pairwise(tops.values())) / max(1, len(tops) - 1)


def _divisions(tones: Sequence[Tone]) -> float:
    """Share of notes between eighths by the rarer division of the quarter: in three, or in four."""
    places = [tone.start % TICKS_PER_QUARTER for tone in tones]
    counts = [
        sum(place > 0 and place % (TICKS_PER_QUARTER // parts) == 0 and 2 * place != TICKS_PER_QUARTER for place in places)
        for parts in (3, 4)
    ]
    return min(counts) / max(1, len(tones))


def _is_slow_song(frame: Frame) -> bool:
    """Whether a singer leads, and not in a quick folk song."""
    return frame.lead == _SUNG and (frame.pace is None or frame.pace < _QUICK)


def _short(tones: Sequence[Tone]) -> float:
    """Share of notes shorter than an eighth."""
    return sum(2 * tone.ticks < TICKS_PER_QUARTER for tone in tones) / max(1, len(tones))


def _breathless(tones: Sequence[Tone], frame: Frame) -> float:
    """Share of closes in whose bar the line neither rests nor holds a note for a beat."""
    plan = frame.plan
    closes = [bar for bar, kind in enumerate(plan.closes) if kind and bar not in frame.silent]
    if not closes:
        return 0.0
    found = 0
    for bar in closes:
        start, end = bar * plan.meter.bar_ticks, (bar + 1) * plan.meter.bar_ticks
        inside = [tone for tone in tones if start <= tone.start < end]
        rests = sum(
            min(tone.start + tone.ticks, end) - max(tone.start, start)
            for tone in tones
            if tone.start < end and tone.start + tone.ticks > start
        )
        holds = any(tone.ticks >= plan.meter.beat_ticks for tone in inside[-2:])
        found += bool(inside) and not holds and rests > end - start - plan.meter.beat_ticks // 2
    return found / len(closes)
