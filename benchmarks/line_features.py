"""Figures of a piece's leading line, of its accompaniment and of its rhythm, for `benchmarks.giveaways`.

Not a benchmark itself. The leading line is that of `composer.analysis.melody`; the accompaniment is everything else that is
pitched. Figures of windows of 4 or 8 bars are means over the whole windows of a piece. nan: there is nothing to measure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from composer.analysis.arrays import ScoreArrays, score_arrays
from composer.analysis.chords import estimate_chords
from composer.analysis.key import estimate_key
from composer.analysis.melody import melody_line
from composer.score import TICKS_PER_QUARTER, Note, Score

_STEP, _OCTAVE = 2, 12  # semitones
_SHORT_TICKS = TICKS_PER_QUARTER // 2

Bar = tuple[tuple[int, int], ...]  # (position in ticks, pitch) of the notes struck in a bar


@dataclass(frozen=True)
class _Music:
    arrays: ScoreArrays

    @cached_property
    def line(self) -> tuple[Note, ...]:
        return melody_line(self.arrays)

    @cached_property
    def intervals(self) -> np.ndarray:
        """Semitones between notes of the line that follow each other within a bar's length."""
        longest = int(np.diff(self.arrays.bar_start)[0])
        close = [(a, b) for a, b in pairwise(self.line) if b.start_ticks - a.end_ticks < longest]
        return np.array([b.pitch - a.pitch for a, b in close])

    @cached_property
    def line_bars(self) -> list[Bar]:
        return self._by_bar((note.start_ticks, note.pitch) for note in self.line)

    @cached_property
    def rhythms(self) -> list[tuple[int, ...]]:
        """Onsets of the line in each bar; empty where it strikes nothing."""
        return [tuple(position for position, _ in bar) for bar in self.line_bars]

    @cached_property
    def accompaniment(self) -> list[Bar]:
        notes, line = self.arrays.notes, Counter((note.start_ticks, note.pitch) for note in self.line)
        rest = []
        for struck in zip(notes.start.tolist(), notes.pitch.tolist(), strict=True):
            if line[struck]:
                line[struck] -= 1
            else:
                rest.append(struck)
        return self._by_bar(rest)

    @cached_property
    def patterns(self) -> list[tuple[tuple[int, int], ...]]:
        """Onsets of the accompaniment in each bar, with the number of notes at each."""
        return [tuple(sorted(Counter(position for position, _ in bar).items())) for bar in self.accompaniment]

    @cached_property
    def everything(self) -> list[Bar]:
        notes = self.arrays.notes
        return self._by_bar(zip(notes.start.tolist(), notes.pitch.tolist(), strict=True))

    @cached_property
    def players(self) -> list[frozenset[int]]:
        """Parts that strike something in each bar."""
        notes = self.arrays.notes
        return [frozenset(notes.part[notes.bar == bar].tolist()) for bar in range(self.arrays.n_bars)]

    @cached_property
    def chords(self) -> list[tuple[str, ...]]:
        """Estimated chords of each bar."""
        found: list[list[str]] = [[] for _ in range(self.arrays.n_bars)]
        for symbol in estimate_chords(self.arrays, self.arrays.score.key or estimate_key(self.arrays).key):
            bar = int(np.searchsorted(self.arrays.bar_start, symbol.start_ticks, side="right")) - 1
            found[min(bar, len(found) - 1)].append(str(symbol.chord))
        return [tuple(bar) for bar in found]

    @cached_property
    def bass(self) -> np.ndarray:
        """Lowest pitch that is struck at the first onset of each beat."""
        notes = self.arrays.notes
        beat = np.searchsorted(self.arrays.beat_start, notes.start, side="right") - 1
        return np.array([notes.pitch[beat == index].min() for index in np.unique(beat)])

    def _by_bar(self, struck: object) -> list[Bar]:
        starts = self.arrays.bar_start
        bars: list[list[tuple[int, int]]] = [[] for _ in range(self.arrays.n_bars)]
        for tick, pitch in struck:  # type: ignore[attr-defined]
            bar = min(int(np.searchsorted(starts, tick, side="right")) - 1, len(bars) - 1)
            bars[bar].append((tick - int(starts[bar]), pitch))
        return [tuple(sorted(bar)) for bar in bars]


def _mean(values: Sequence[float] | np.ndarray) -> float:
    return float(np.mean(values)) if len(values) else float("nan")


def _windows(bars: Sequence[Bar], length: int) -> list[list[Bar]]:
    """Whole windows of bars in which the line strikes something in at least half of the bars."""
    cut = [list(bars[start : start + length]) for start in range(0, len(bars) - length + 1, length)]
    return [window for window in cut if sum(map(bool, window)) * 2 >= length]


def _pitches(window: Sequence[Bar]) -> list[int]:
    return [pitch for bar in window for _, pitch in bar]


def _as_before(bars: Sequence[Hashable]) -> float:
    """Share of bars equal to the previous one, among pairs of which both have content."""
    return _mean([a == b for a, b in pairwise(bars) if a and b])


def _seen(bars: Sequence[Hashable]) -> float:
    """Share of the bars with content that are equal to any earlier one."""
    full = [bar for bar in bars if bar]
    return _mean([bar in full[:index] for index, bar in enumerate(full) if index])


def _distinct(bars: Sequence[Hashable], length: int = 8) -> float:
    windows = [[bar for bar in bars[start : start + length] if bar] for start in range(0, len(bars) - length + 1, length)]
    return _mean([len(set(window)) for window in windows if len(window) * 2 >= length])


def _intervals(test: Callable[[np.ndarray], np.ndarray]) -> Callable[[_Music], float]:
    return lambda music: _mean(test(np.abs(music.intervals)))


def _peak_place(music: _Music) -> float:
    top = max((note.pitch for note in music.line), default=0)
    end = int(music.arrays.bar_start[-1])
    return next((note.start_ticks / end for note in music.line if note.pitch == top), float("nan"))


def _peak_count(music: _Music) -> float:
    top = max((note.pitch for note in music.line), default=0)
    return float(sum(note.pitch == top for note in music.line)) if music.line else float("nan")


def _rest_share(music: _Music) -> float:
    return (
        1.0 - sum(note.duration_ticks for note in music.line) / int(music.arrays.bar_start[-1]) if music.line else float("nan")
    )


def _per_quarter(music: _Music) -> float:
    return len(music.line) * TICKS_PER_QUARTER / int(music.arrays.bar_start[-1])


def _turns(music: _Music) -> float:
    """Share of moves of the line that change direction, repeated notes left out."""
    moves = np.sign(music.intervals[music.intervals != 0]) if len(music.intervals) else np.array([])
    return _mean(moves[1:] != moves[:-1])


def _bass_register(measure: Callable[[np.ndarray], float]) -> Callable[[_Music], float]:
    return lambda music: float(measure(music.bass)) if len(music.bass) else float("nan")


def _struck_again(music: _Music) -> float:
    """Share of strokes of all parts but the first that repeat the stroke before within a beat."""
    beat = int(np.diff(music.arrays.beat_start)[0])
    again: list[bool] = []
    for part in [part for part in music.arrays.score.parts if part.notes and not part.is_drum][1:]:
        strokes: dict[int, set[int]] = {}
        for note in part.notes:
            strokes.setdefault(note.start_ticks, set()).add(note.pitch)
        again += [b - a < beat and strokes[a] == strokes[b] for a, b in pairwise(sorted(strokes))]
    return _mean(again)


def _shape(bar: Bar) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Onsets of a bar's notes, and the direction of each move with its size: a second, a third, or more."""
    moves = np.diff([pitch for _, pitch in bar])
    sizes = np.searchsorted([1, 3, 5], np.abs(moves), side="right")
    return tuple(position for position, _ in bar), tuple((np.sign(moves) * sizes).tolist())


def _sequences(music: _Music) -> float:
    """Share of bars of three notes and more with the onsets and the shape of one of the two bars before, at another pitch."""
    shaped = [(bar, _shape(bar)) for bar in music.line_bars]
    return _mean(
        [
            len(bar) > 2 and any(shape == other and bar != earlier for earlier, other in shaped[max(0, index - 2) : index])
            for index, (bar, shape) in enumerate(shaped)
        ]
    )


def _uneven(music: _Music) -> float:
    """Share of the strokes of several notes of one part whose notes have different lengths."""
    strokes: dict[tuple[int, int], set[int]] = {}
    counts: Counter[tuple[int, int]] = Counter()
    for index, part in enumerate(music.arrays.score.parts):
        for note in part.notes if not part.is_drum else ():
            strokes.setdefault((index, note.start_ticks), set()).add(note.duration_ticks)
            counts[index, note.start_ticks] += 1
    return _mean([len(strokes[place]) > 1 for place, many in counts.items() if many > 1])


def _off_downbeat(music: _Music) -> float:
    return _mean([bar[0][0] > 0 for bar in music.line_bars if bar])


def _bass_moves(test: Callable[[np.ndarray], np.ndarray]) -> Callable[[_Music], float]:
    return lambda music: _mean(test(np.abs(np.diff(music.bass))))


FEATURES: dict[str, tuple[str, Callable[[_Music], float]]] = {
    # leading line: pitch
    "line: repeated notes": ("share of intervals", _intervals(lambda size: size == 0)),
    "line: steps": ("share of intervals of 1 or 2 semitones", _intervals(lambda size: (size > 0) & (size <= _STEP))),
    "line: leaps": ("share of intervals of 3 semitones and more", _intervals(lambda size: size > _STEP)),
    "line: wide leaps": ("share of intervals of 7 semitones and more", _intervals(lambda size: size >= 7)),
    "line: turns": ("share of moves that change direction", _turns),
    "line: distinct pitches": ("per 4 bars", lambda m: _mean([len(set(_pitches(w))) for w in _windows(m.line_bars, 4)])),
    "line: span": ("semitones per 8 bars", lambda m: _mean([np.ptp(_pitches(w)) for w in _windows(m.line_bars, 8)])),
    "line: place of the peak": ("0 to 1 of the 16 bars, first time", _peak_place),
    "line: count of the peak": ("times that the highest note is struck", _peak_count),
    "line: equal to previous bar": ("share of bars, to the note", lambda m: _as_before(m.line_bars)),
    "line: equal to any earlier bar": ("share of bars, to the note", lambda m: _seen(m.line_bars)),
    "line: sequences": ("share of bars that move one of the two before", _sequences),
    # leading line: rhythm
    "rhythm: notes per quarter": ("of the line", _per_quarter),
    "rhythm: short notes": (
        "share of the line's notes under an eighth",
        lambda m: _mean([note.duration_ticks < _SHORT_TICKS for note in m.line]),
    ),
    "rhythm: note values": ("different ones in the line", lambda m: float(len({note.duration_ticks for note in m.line}))),
    "rhythm: rests": ("share of the time without the line", _rest_share),
    "rhythm: no downbeat": ("share of bars whose first note is late", _off_downbeat),
    "rhythm: distinct bars": ("rhythms of bars per 8 bars", lambda m: _distinct(m.rhythms)),
    "rhythm: equal to previous bar": ("share of bars", lambda m: _as_before(m.rhythms)),
    "rhythm: equal to any earlier bar": ("share of bars", lambda m: _seen(m.rhythms)),
    # accompaniment
    "texture: pattern changes": ("share of bars whose onsets differ from the previous", lambda m: 1.0 - _as_before(m.patterns)),
    "texture: distinct patterns": ("per 8 bars", lambda m: _distinct(m.patterns)),
    "texture: equal to previous bar": ("share of bars, accompaniment to the note", lambda m: _as_before(m.accompaniment)),
    "texture: equal to any earlier bar": ("share of bars, accompaniment to the note", lambda m: _seen(m.accompaniment)),
    "texture: uneven strokes": ("share of strokes of several notes of a part, of different lengths", _uneven),
    "texture: players change": ("share of bars", lambda m: 1.0 - _as_before(m.players)),
    "texture: notes per bar": ("of the accompaniment", lambda m: _mean([len(bar) for bar in m.accompaniment])),
    "texture: notes per onset": (
        "of the accompaniment",
        lambda m: _mean([count for pattern in m.patterns for _, count in pattern]),
    ),
    "texture: density varies": (
        "deviation over mean of the notes per bar, all parts",
        lambda m: float(np.std(sizes := [len(bar) for bar in m.everything]) / max(np.mean(sizes), 1e-9)),
    ),
    # all
    "all: equal to any earlier bar": ("share of bars, all parts to the note", lambda m: _seen(m.everything)),
    "texture: struck again": ("share of strokes, all parts but the first", _struck_again),
    "bass: lowest": ("MIDI pitch", _bass_register(np.min)),
    "bass: mean": ("MIDI pitch", _bass_register(np.mean)),
    "bass: repeated": ("share of beats", _bass_moves(lambda size: size == 0)),
    "bass: steps": ("share of beats", _bass_moves(lambda size: (size > 0) & (size <= _STEP))),
    "bass: leaps beyond an octave": ("share of beats", _bass_moves(lambda size: size > _OCTAVE)),
    "harmony: chords per bar": ("estimated", lambda m: _mean([len(bar) for bar in m.chords])),
    "harmony: distinct chords": ("per 8 bars", lambda m: _mean(_sets(m.chords))),
    "harmony: bars as before": ("share of bars with the chords of the previous bar", lambda m: _as_before(m.chords)),
}


def _sets(chords: Sequence[tuple[str, ...]]) -> list[int]:
    starts = range(0, len(chords) - 7, 8)
    return [len({name for bar in chords[start : start + 8] for name in bar}) for start in starts]


def measure_lines(score: Score) -> dict[str, float]:
    """All `FEATURES` of a score."""
    music = _Music(score_arrays(score))
    if not len(music.arrays.notes):
        return dict.fromkeys(FEATURES, float("nan"))
    return {name: float(measure(music)) for name, (_, measure) in FEATURES.items()}
