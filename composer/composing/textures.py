"""Whether a piece has the texture that its plan asks for, as measured in its notes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from composer.analysis.playability import HAND_FINGERS, HAND_SPAN
from composer.arranging.textures.layers import TIMPANI
from composer.arranging.textures.lines import call_bars, groups_of
from composer.arranging.textures.phasing import players_of
from composer.controls import BED, CLUSTERS, DIALOGUE, HELD, LEFT_HAND, PHASING, RIGHT_HAND, UNISON
from composer.plan import Plan
from composer.score import Note, Score

_OCTAVE = 12
_CHORDAL = 0.85  # least share of the notes of a bed that are tones of its chords; melodies have two thirds
_NEIGHBORS = 3  # neighboring tones that make a cluster
_MOSTLY = 0.9  # least share of bars
_SECOND = 2  # semitones


def measure_texture(plan: Plan, score: Score) -> tuple[float, bool]:
    """The share of a piece that has the texture of its plan, 0..1, and whether that is enough."""
    measure, least = _MEASURES[plan.texture or ""]
    share = round(measure(plan, score), 4)
    return share, share >= least


def sounding_bars(plan: Plan, silent: Collection[int], score: Score) -> list[int]:
    """Those of the bars of a plan that are to be silent, from 0, in which a note sounds; as bars from 1."""
    ticks = plan.meter.bar_ticks
    notes = [note for part in score.parts for note in part.notes]
    return [
        bar + 1
        for bar in sorted(silent)
        if any(note.start_ticks < (bar + 1) * ticks and note.end_ticks > bar * ticks for note in notes)
    ]


def _pitched(plan: Plan, score: Score) -> dict[int, tuple[Note, ...]]:
    """The notes of all parts but drums and timpani, by part."""
    return {
        index: part.notes
        for index, part in enumerate(score.parts)
        if not part.is_drum and plan.parts[index].program not in TIMPANI
    }


def _share(found: int, of: int) -> float:
    return found / of if of else 1.0


def _chordal(plan: Plan, score: Score) -> float:
    """Share of the notes that are tones of the chord in force; 1 for a band, none of whose players leads."""
    if plan.band:
        return 1.0
    ticks, fits, count = plan.meter.bar_ticks, 0, 0
    for note in (note for notes in _pitched(plan, score).values() for note in notes):
        bar, offset = divmod(note.start_ticks, ticks)
        chords = plan.chords[bar]
        places = plan.meter.chord_ticks(len(chords))
        chord = [chord for place, chord in zip(places, chords, strict=True) if place <= offset][-1]
        count += 1
        fits += chord is None or note.pitch % _OCTAVE in chord.pitch_classes
    return _share(fits, count)


def _in_one_chord(plan: Plan, score: Score) -> float:
    """Share of the notes that are tones of the first chord."""
    notes = [note for part in _pitched(plan, score).values() for note in part]
    chord = next((chord for bar in plan.chords for chord in bar if chord), plan.key.tonic_triad)
    return _share(sum(note.pitch % _OCTAVE in chord.pitch_classes for note in notes), len(notes))


def _clustered(plan: Plan, score: Score) -> float:
    """Share of the bars that sound in which several neighboring tones do, in any octave."""
    found = bars = 0
    for sounding in _by_bar(plan, score):
        tones = {note.pitch % _OCTAVE for note in sounding}
        steps = sum(bool({(tone + 1) % _OCTAVE, (tone + _SECOND) % _OCTAVE} & tones) for tone in tones)
        bars += bool(sounding)
        found += steps >= _NEIGHBORS - 1
    return _share(found, bars)


def _by_bar(plan: Plan, score: Score) -> list[list[Note]]:
    """The notes that sound in each bar."""
    ticks = plan.meter.bar_ticks
    notes = [note for part in _pitched(plan, score).values() for note in part]
    starts = [bar * ticks for bar in range(plan.bars)]
    return [[note for note in notes if note.start_ticks < start + ticks and note.end_ticks > start] for start in starts]


def _in_one_hand(plan: Plan, score: Score) -> float:
    """Share of the strokes that one hand reaches."""
    strokes: dict[int, list[int]] = {}
    for note in (note for notes in _pitched(plan, score).values() for note in notes):
        strokes.setdefault(note.start_ticks, []).append(note.pitch)
    reached = sum(len(chord) <= HAND_FINGERS and max(chord) - min(chord) <= HAND_SPAN for chord in strokes.values())
    return _share(reached, len(strokes))


def _in_unison(plan: Plan, score: Score) -> float:
    """Share of the notes of the first part that all others play with it, in any octave."""
    lines = [{(note.start_ticks, note.pitch % _OCTAVE) for note in notes} for notes in _pitched(plan, score).values()]
    return _share(len(set.intersection(*lines)), len(set.union(*lines)))


def _by_turns(plan: Plan, score: Score) -> float:
    """Share of the bars before the last ones in which one of the two groups begins no note."""
    groups, ticks = groups_of(plan.parts), plan.meter.bar_ticks
    active = [{note.start_ticks // ticks for index in group for note in score.parts[index].notes} for group in groups]
    bars = range(max(call_bars(plan), plan.bars - call_bars(plan)))
    return _share(sum(not (bar in active[0] and bar in active[1]) for bar in bars), len(bars))


def _in_phases(plan: Plan, score: Score) -> float:
    """Share of the bars before the last one in which each player has the cell of the first one, from some note of it on."""
    ticks = plan.meter.bar_ticks

    def cell(player: list[int], bar: int) -> list[int]:
        notes = [note for index in player for note in score.parts[index].notes if note.start_ticks // ticks == bar]
        return [note.pitch % _OCTAVE for note in sorted(notes)]

    players, same, count = players_of(plan.parts), 0, 0
    for bar in range(plan.bars - 1):
        first = cell(players[0], bar)
        turns = [first[place:] + first[:place] for place in range(max(1, len(first)))]
        same += sum(cell(player, bar) in turns for player in players[1:])
        count += len(players) - 1
    return _share(same, count)


_MEASURES: Mapping[str, tuple[Callable[[Plan, Score], float], float]] = {
    BED: (_chordal, _CHORDAL),
    HELD: (_in_one_chord, 1.0),
    CLUSTERS: (_clustered, _MOSTLY),
    LEFT_HAND: (_in_one_hand, 1.0),
    RIGHT_HAND: (_in_one_hand, 1.0),
    UNISON: (_in_unison, _MOSTLY),
    DIALOGUE: (_by_turns, _MOSTLY),
    PHASING: (_in_phases, 1.0),
}
