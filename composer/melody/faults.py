"""Scores a melody: counterpoint with the harmony, leaps, shape, rests, repetition, and distance from human lines.

Sources: Huron (2006), *Sweet Anticipation*, on leaps and arches; Aldwell and Schachter, *Harmony and Voice Leading*.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from statistics import pstdev

from composer.controls import PHRASE_BARS
from composer.melody.line_guide import Frame
from composer.melody.line_vocabulary import Event, relations
from composer.score import Chord

# Cost in nats of the share of notes, bars or closes with a fault.
_WEIGHTS = {
    "rubs": 4.0, "parallels": 2.0, "leaps": 2.4, "repeated": 3.0, "jerks": 2.0, "copied": 1.0, "silence": 2.0,
    "breathless": 0.4, "narrow": 0.09, "circling": 1.0, "rhythms": 0.15, "level": 0.08, "summit": 0.3,
    "unrelated": 2.0, "stalls": 4.0,
}  # fmt: skip
_USUAL_SEQUENCES = 0.09  # share of bars that move an earlier one along the scale
_USUAL_COPIES = 0.35  # share of bars with the same notes as an earlier one
_USUAL_SOUND = 0.75  # share of the time in which a line sounds
_USUAL_REACH = 0.75  # share of a line's register that eight bars reach; 0.6 to 0.9 in human lines, by style
_USUAL_REPEATS = 0.15  # share of notes with the same pitch as the note before; 0.12 in human lines
_LONGEST_BARS, _MOST_STRUCK = 1, 4  # bars on one pitch, and notes of one pitch in a row; 1.0 to 1.3 and 3 to 4 in human lines
_REACH_BARS = 8
_USUAL_RHYTHMS = 4.75  # number of different bar rhythms in eight bars
_USUAL_DRIFT = 1.8  # semitones by which the mean pitch of phrases deviates; 2.4 in human lines
_USUAL_FAVORITES = 0.45  # share of a line's two most frequent pitches


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
    likes = relations(bars)
    copied, moved = (sum(like.startswith(kind) for like in likes) / len(bars) for kind in ("Relation_same", "Relation_moved"))
    shares = {
        "rubs": _rubs(tones, frame) / count,
        "parallels": _parallels(tones, frame) / count,
        "leaps": sum((size > 12) + 0.5 * (size in (10, 11)) + 0.4 * (size == 6) for size in _sizes(pitches)) / count,
        "repeated": max(0.0, sum(size == 0 for size in _sizes(pitches)) / count - _USUAL_REPEATS),
        "jerks": _jerks(tones, frame) / count,
        "copied": max(0.0, copied - _USUAL_COPIES),
        "silence": max(0.0, _USUAL_SOUND - sounding),
        "breathless": _breathless(tones, frame),
        "narrow": _narrow(tones, frame),
        "circling": max(0.0, sum(many for _, many in Counter(pitches).most_common(2)) / count - _USUAL_FAVORITES),
        "rhythms": abs(_rhythms(bars) - _USUAL_RHYTHMS),
        "level": max(0.0, _USUAL_DRIFT - _drift(tones, frame)),
        "summit": _summit(tones, frame),
        "unrelated": max(0.0, _USUAL_SEQUENCES - moved),
        "stalls": _stalls(tones, frame) / len(bars),
    }
    return {name: value * _WEIGHTS[name] for name, value in shares.items()}


def chord_at(frame: Frame, tick: int) -> Chord:
    """The chord of a frame at a tick."""
    plan = frame.plan
    bar = min(tick // plan.meter.bar_ticks, plan.bars - 1)
    starts = plan.meter.chord_ticks(len(frame.chords[bar]))
    offset = tick - bar * plan.meter.bar_ticks
    return [chord for start, chord in zip(starts, frame.chords[bar], strict=True) if start <= offset][-1]


def _sizes(pitches: Sequence[int]) -> list[int]:
    return [abs(after - before) for before, after in pairwise(pitches)]


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
            found += max(0.0, longer) + max(0, len(more) + 1 - _MOST_STRUCK) * meter.beat_ticks / meter.bar_ticks
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


def _narrow(tones: Sequence[Tone], frame: Frame) -> float:
    """Semitones by which a line's range falls short of the usual range, averaged over its groups of eight bars."""
    size = _REACH_BARS * frame.plan.meter.bar_ticks
    stretches = [
        [tone.pitch for tone in tones if tone.start // size == place] for place in range(-(-frame.plan.bars // _REACH_BARS))
    ]
    reaches = [max(pitches) - min(pitches) for pitches in stretches if pitches]
    usual = _USUAL_REACH * (frame.high - frame.low)
    return sum(max(0.0, usual - reach) for reach in reaches) / max(1, len(reaches))


def _rhythms(bars: Sequence[Sequence[Event]]) -> float:
    """Mean number of different bar rhythms in eight bars."""
    rhythms = [tuple(step for step, pitch in bar if pitch is not None) for bar in bars]
    stretches = [rhythms[start : start + _REACH_BARS] for start in range(0, len(rhythms), _REACH_BARS)]
    whole = [stretch for stretch in stretches if len(stretch) == _REACH_BARS] or stretches
    return sum(len(set(stretch)) for stretch in whole) / len(whole)


def _drift(tones: Sequence[Tone], frame: Frame) -> float:
    """Standard deviation of the mean pitches of phrases, in semitones."""
    size = PHRASE_BARS * frame.plan.meter.bar_ticks
    phrases = [[tone.pitch for tone in tones if tone.start // size == place] for place in range(frame.plan.bars // PHRASE_BARS)]
    means = [sum(pitches) / len(pitches) for pitches in phrases if pitches]
    return pstdev(means) if len(means) > 1 else _USUAL_DRIFT


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


def _summit(tones: Sequence[Tone], frame: Frame) -> float:
    """How far a line is from a single climax after its first third, 0 to 1."""
    if not tones:
        return 0.0
    ticks, top = frame.plan.meter.bar_ticks, max(tone.pitch for tone in tones)
    bars = sorted({tone.start // ticks for tone in tones if tone.pitch == top})
    early = bars[-1] < frame.plan.bars / 3
    return min(1.0, max(0, len(bars) - 2) / 4 + early)
