"""Keeps the bass of a group of single lines from moving in parallel fifths and octaves with the melody.

Before the players are written, chords take their third as bass (`with_inversions`); where harmony has to stay, the bass player
takes another tone between the chords, or another octave in contrary motion (`bass_apart`). The melody keeps its notes. Knows
no inner parts: these are mended in `parallels`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from composer.arranging.parallels import PERFECT, SHARP, overlap
from composer.arranging.setting import Setting
from composer.arranging.smoothing import SUSTAINED
from composer.arranging.staging import is_accompanied
from composer.arranging.voicing import third_of
from composer.plan import Plan
from composer.plan.set_chords import bars_with_set_chords
from composer.score import Chord, Note

_OCTAVE, _TRITONE = 12, 6  # semitones
_THIRDS = (3, 4)
_LEAP = 7  # semitones to the notes before and after a new tone at most


def is_of_lines(plan: Plan) -> bool:
    """Whether the network accompanies a melody for players or singers of single lines, without keyboards and drums."""
    return is_accompanied(plan) and len(plan.parts) > 1 and all(part.program in SUSTAINED for part in plan.parts)


def with_inversions(plan: Plan) -> Plan:
    """The plan of a group of single lines with first inversions where roots move in parallel with the melody.

    Chords that are stated stay, and so do closes and the chords before them. Sections stay alike: no chord changes for the sake
    of another section.

    Args:
        plan: with its band, its chords and its melody.
    """
    if not plan.tune or not plan.chords or plan.chords_given or not is_of_lines(plan):
        return plan
    harmony = _Harmony.of(plan)
    harmony.invert()
    return replace(plan, chords=harmony.by_bar())


@dataclass
class _Harmony:
    """The chords of a plan in order.

    Attributes:
        places: of each chord, its bar and its tick.
        chords: the chords, `None` for silence.
        free: places in `chords` of those that may change.
        joints: places in `chords` where sections begin.
        moves: by place, the pitches from and to which the melody moves there.
    """

    places: list[tuple[int, int]]
    chords: list[Chord | None]
    free: frozenset[int]
    joints: frozenset[int]
    moves: dict[int, tuple[int, int]]

    @classmethod
    def of(cls, plan: Plan) -> _Harmony:
        ticks = plan.meter.bar_ticks
        places = [
            (bar, bar * ticks + start) for bar, each in enumerate(plan.chords) for start in plan.meter.chord_ticks(len(each))
        ]
        chords = [chord for bar in plan.chords for chord in bar]
        closing = {plan.bars - 1, *(bar for bar, kind in enumerate(plan.closes) if kind)}
        closing |= bars_with_set_chords(plan)
        held = {index for index, (bar, _) in enumerate(places) if bar in closing}
        held |= {index - 1 for index in held}
        starts = {section.start_bar * ticks for section in plan.all_sections}
        joints = frozenset(index for index, (_, tick) in enumerate(places) if tick in starts)
        line = [Note(start, pitch, length) for start, length, pitch in plan.tune]
        moves = {index: move for index, (_, tick) in enumerate(places) if (move := _move(line, tick))}
        return cls(places, chords, frozenset(range(len(chords))) - held, joints, moves)

    def by_bar(self) -> tuple[tuple[Chord | None, ...], ...]:
        """The chords of each bar."""
        bars: dict[int, list[Chord | None]] = {}
        for (bar, _), chord in zip(self.places, self.chords, strict=True):
            bars.setdefault(bar, []).append(chord)
        return tuple(map(tuple, bars.values()))

    def invert(self) -> None:
        """Inverts the second of two chords whose basses move in parallel with the melody, or the first one."""
        for place in range(1, len(self.chords)):
            if place in self.joints or not self._parallel(place):
                continue
            for changed in (place, place - 1):
                before = self.chords[changed]
                inverted = _inverted(before) if before and changed in self.free else None
                if inverted is None:
                    continue
                self.chords[changed] = inverted
                if not (self._parallel(place) or self._is_worse(changed)):
                    break
                self.chords[changed] = before

    def _is_worse(self, changed: int) -> bool:
        """Whether a chord has new parallels or a tritone in the bass beside it, or doubles its bass in the melody."""
        beside = [place for place in (changed, changed + 1) if 0 < place < len(self.chords)]
        chord, struck = self.chords[changed], self.moves.get(changed)
        doubled = chord is not None and struck is not None and struck[1] % _OCTAVE == chord.lowest
        return doubled or any(self._parallel(place) or self._leap(place) == _TRITONE for place in beside)

    def _leap(self, place: int) -> int:
        """Semitones from one bass to the next the shorter way."""
        before, chord = self.chords[place - 1], self.chords[place]
        away = (chord.lowest - before.lowest) % _OCTAVE if before and chord else 0
        return min(away, _OCTAVE - away)

    def _parallel(self, place: int) -> bool:
        before, chord, move = self.chords[place - 1], self.chords[place], self.moves.get(place)
        if before is None or chord is None or move is None:
            return False
        return _is_parallel(move, (before.lowest, chord.lowest))


def _inverted(chord: Chord) -> Chord | None:
    """The first inversion of a chord in root position; `None` for others and chords without a third."""
    third = third_of(chord)
    return replace(chord, bass=(chord.root + third) % _OCTAVE) if chord.bass is None and third in _THIRDS else None


def bass_apart(
    setting: Setting, lines: Sequence[Sequence[Note]], bass: int, free: Collection[int], span: tuple[int, int]
) -> list[Note]:
    """The notes of the bass player without those that move in parallel with the melody, where others fit.

    Between the chords it takes another tone of the chord. Where a chord begins it takes another octave, so that the two move
    in contrary directions.

    Args:
        setting: the piece with its chords and its melody.
        lines: the notes of all parts in order.
        bass: the part in `lines`.
        free: bars in which the notes of the bass may change.
        span: lowest and highest pitch of the bass.
    """
    line = list(lines[bass])
    others = [note for index, each in enumerate(lines) if index != bass for note in each]
    ticks = setting.plan.meter.bar_ticks
    for place in range(1, len(line)):
        if not _meets(setting.tune, line, place):
            continue
        for changed in (place - 1, place):
            note = line[changed]
            above = [other.pitch for other in others if overlap(other, note)]
            ways = _ways(setting, note, span) if note.start_ticks // ticks in free else iter(())
            fitting = (each for each in ways if _fits(each, line, changed, above))
            better = (each for each in fitting if not _is_led_astray(setting.tune, line, changed, each))
            if (pitch := next(better, None)) is not None:
                line[changed] = replace(note, pitch=pitch)
                break
    return line


def _ways(setting: Setting, note: Note, span: tuple[int, int]) -> Iterator[int]:
    """Pitches that may replace a note of the bass, the nearest first: other octaves where a chord begins."""
    bar, offset = divmod(note.start_ticks, setting.plan.meter.bar_ticks)
    spans, classes = setting.bars[min(bar, len(setting.bars) - 1)].spans, {note.pitch % _OCTAVE}
    if offset not in {each.start for each in spans}:
        classes = set(setting.bars[bar].chord_at(offset).pitch_classes)
        if note.pitch % _OCTAVE not in classes:
            return
    near = sorted(range(span[0], span[1] + 1), key=lambda pitch: (abs(pitch - note.pitch), pitch))
    yield from (pitch for pitch in near if pitch != note.pitch and pitch % _OCTAVE in classes)


def _fits(pitch: int, line: Sequence[Note], place: int, above: Sequence[int]) -> bool:
    """Whether a pitch is below the other parts, clashes with none, and is near the notes beside it, or an octave away."""
    note = line[place]
    beside = [each.pitch for each in (*line[max(0, place - 1) : place], *line[place + 1 : place + 2])]
    is_octave = (pitch - note.pitch) % _OCTAVE == 0
    near = all(abs(pitch - other) <= (_OCTAVE if is_octave else _LEAP) and pitch != other for other in beside)
    return near and all(pitch < other and (other - pitch) % _OCTAVE not in SHARP for other in above)


def _is_led_astray(tune: Sequence[Note], line: Sequence[Note], place: int, pitch: int) -> bool:
    """Whether a note of another pitch moves in parallel with the melody, or the next note does."""
    changed = [*line[:place], replace(line[place], pitch=pitch), *line[place + 1 : place + 2]]
    return any(_meets(tune, changed, each) for each in (place, place + 1) if 0 < each < len(changed))


def _meets(tune: Sequence[Note], line: Sequence[Note], place: int) -> bool:
    """Whether a note of the bass and one of the melody begin together and move in one direction in fifths or octaves."""
    before, note = line[place - 1], line[place]
    move = _move(tune, note.start_ticks)
    if move is None or not _follows(before, note):
        return False
    return (move[1] > move[0]) == (note.pitch > before.pitch) and _is_parallel(move, (before.pitch, note.pitch))


def _move(line: Sequence[Note], tick: int) -> tuple[int, int] | None:
    """The pitches from and to which a line moves at a tick; `None` if it strikes none there, or rests before."""
    place = bisect_right(line, tick, key=lambda note: note.start_ticks) - 1
    if place < 1 or line[place].start_ticks != tick or not _follows(line[place - 1], line[place]):
        return None
    return line[place - 1].pitch, line[place].pitch


def _follows(before: Note, note: Note) -> bool:
    """Whether a note follows another one without a rest as long as this."""
    return note.start_ticks - before.end_ticks < before.duration_ticks


def _is_parallel(upper: tuple[int, int], lower: tuple[int, int]) -> bool:
    """Whether two voices move from one fifth or octave to the same interval, octaves taken off."""
    first, then = ((high - low) % _OCTAVE for high, low in zip(upper, lower, strict=True))
    return first == then and first in PERFECT and upper[0] != upper[1] and lower[0] != lower[1]
