"""The harmony of bars that are partly given: estimated from the given parts, or by the model from the given melody.

A stream states a bar's chords before its parts, so a chord sampled there does not depend on the bar's melody. `harmonize`
therefore tries the likeliest chords of each bar and computes how likely each makes the given notes that follow; by Bayes' rule
this gives the model's posterior of the chords given the melody so far. Since the model trusts its expectation too much, chords
gain by the share of the given notes, by length, that are their tones, and by a third of the mode that a mood asks for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from composer.analysis import score_arrays
from composer.analysis.chords import estimate_chords
from composer.analysis.texture import measure_polyphony
from composer.rework.partial_piece import PartialPiece, Place
from composer.rework.stream_sampler import StreamSampler
from composer.rework.streams import Window, script_of
from composer.score import Chord, Key, Mode, Score
from composer.tokenizer.piece import BAR_COLUMNS
from composer.tokenizer.runs import read_run
from composer.tokenizer.stream import shorten
from composer.tokenizer.vocabulary import TICKS_PER_STEP

ENOUGH_FOR_CHORDS = 1.75  # notes sounding together from which the harmony can be estimated
_CANDIDATES = 6  # chords tried per bar
_PAIRS = 2  # the likeliest of these are also tried with their likeliest successor in the bar's middle
_FIT = 5.0  # nats that a chord gains if all given notes are its tones
_MODAL = 1.5  # nats that a chord with the characteristic tone of a church mode gains, and one with its tritone loses
_COLOR = 2.5  # nats that a chord of the preferred mode gains
_THIRDS: Mapping[Mode, int] = {"major": 4, "minor": 3}
_SHARPNESS = 2.0  # exponent of the probabilities: 1 samples from the posterior, more prefers its mode
_STREAM = 1 << 20  # number of the random stream, above those of sampled streams
_FULL = 0.85  # share of the window at which a row is shortened


def state_estimated_chords(piece: PartialPiece, score: Score, places: Iterable[Place]) -> bool:
    """States the harmony of some bars, estimated from the parts that stay, where these are enough.

    Args:
        piece: its chords are set in these bars, or removed where too few notes sound together.
        score: the piece in normal form.
        places: the segments to ignore.

    Returns:
        Whether the harmony was estimated; if not, the model chooses it.
    """
    places = set(places)
    bars = sorted({bar for bar, _ in places})
    rest = _without(score, places)
    if (_polyphony(rest, bars) or 0.0) < ENOUGH_FOR_CHORDS:
        for bar in bars:
            piece.chords.pop(bar, None)
        return False
    estimated = replace(rest, chords=estimate_chords(rest, rest.key))
    columns = piece.tokenizer.tokenize(estimated).bars
    rows = [columns[BAR_COLUMNS.index(name)].tolist() for name in ("chord", "middle_chord")]
    for bar in bars:
        piece.chords[bar] = tuple(row[bar] for row in rows if row[bar])
    return True


def _without(score: Score, places: set[Place]) -> Score:
    starts = [bar.start_ticks for bar in score.bars]
    parts = []
    for index, part in enumerate(score.parts):
        bars = np.searchsorted(starts, [note.start_ticks for note in part.notes], side="right") - 1
        kept = tuple(note for note, bar in zip(part.notes, bars.tolist(), strict=True) if (bar, index) not in places)
        parts.append(replace(part, notes=kept))
    return replace(score, parts=tuple(parts))


def _polyphony(score: Score, bars: Sequence[int]) -> float | None:
    """Mean number of notes sounding together in some bars."""
    start, end = score.bars[bars[0]].start_ticks, score.bars[bars[-1]].end_ticks
    parts = tuple(
        replace(part, notes=tuple(note for note in part.notes if start <= note.start_ticks < end)) for part in score.parts
    )
    return measure_polyphony(score_arrays(replace(score, parts=parts)))


def harmonize(
    sampler: StreamSampler, piece: PartialPiece, bars: range, last: int | None = None, color: Mode | None = None
) -> None:
    """States chords for open bars from what is given in them.

    Args:
        sampler: its engine and seed are used; it records nothing.
        piece: chords are set in `bars`.
        bars: consecutive bars with open harmony.
        last: the chord of the last bar, if it is given.
        color: the chords to prefer; `None` for any.
    """
    stage = replace(piece, open=set(), chords=dict(piece.chords), repeats={})
    if last is not None:
        piece.chords[bars[-1]] = stage.chords[bars[-1]] = (last,)
    script = script_of(replace(stage, open=set(piece.open)), Window(range(bars[0]), bars))
    scorer = _ChordScorer(sampler, stage, color)
    generator = np.random.Generator(np.random.Philox(np.random.SeedSequence(sampler.stream_seed(_STREAM))))
    scorer.read(script.header)
    for place, bar in enumerate(script.bars):
        scorer.read(bar.begin)
        for choice in bar.opening[: _controls(bar.opening, scorer)]:
            scorer.read(choice[:1])
        body = [token for part in script.parts for token in bar.given.get(part, ())]
        if bar.index in bars and bar.index not in stage.chords:
            half = piece.meters[bar.index].bar_ticks // TICKS_PER_STEP // 2
            chosen = scorer.choose([*body, script.after(place)][: max(1, len(body))], half, generator)
            piece.chords[bar.index] = stage.chords[bar.index] = chosen if bar.may_change_chord else chosen[-1:]
        scorer.read((*stage.chords.get(bar.index, ()), *body))


def _controls(opening: Sequence[tuple[int, ...]], scorer: _ChordScorer) -> int:
    """Number of a bar's opening choices before its chords."""
    return sum(choice[0] not in scorer.chords for choice in opening)


@dataclass
class _ChordScorer:
    """One engine row that reads a stream, and further rows that try continuations."""

    sampler: StreamSampler
    piece: PartialPiece
    color: Mode | None = None

    def __post_init__(self) -> None:
        vocabulary = self.piece.tokenizer.vocabulary
        self.chords = vocabulary.ids_of("Chord")
        chords = [vocabulary.chord_of(token) for token in self.chords]
        self._tones = np.array(
            [[chord is not None and pitch in chord.pitch_classes for pitch in range(12)] for chord in chords]
        )
        is_possible = np.isin(self.chords, self.piece.possible_chords)
        self._in_mode = np.where(is_possible, [self._gain(chord) for chord in chords], -np.inf)
        self._colored = np.array([chord is not None and self._is_colored(chord) for chord in chords])
        self._cache = self.sampler.engine.new_cache(1 + _CANDIDATES + _PAIRS)
        self._pending: list[int] = []

    def _gain(self, chord: Chord | None) -> float:
        """Nats that a chord gains in a church mode by a characteristic tone.

        One with the tritone of the scale loses as many, since it leads to the tonic of the major key with the same signature.
        """
        if (key := self.piece.church) is None or chord is None:
            return 0.0
        if {tone for tone in key.scale if (tone + 6) % 12 in key.scale} <= chord.pitch_classes:
            return -_MODAL
        return _MODAL * bool(chord.pitch_classes & key.characteristic)

    def _is_colored(self, chord: Chord) -> bool:
        """Whether a chord on the scale has the third of the preferred mode."""
        if self.color is None:
            return False
        third = (chord.root + _THIRDS[self.color]) % 12
        return third in chord.pitch_classes <= Key(0, self.color).scale

    def read(self, ids: Iterable[int]) -> None:
        """Appends ids to the stream."""
        self._pending += ids

    def _next_ids(self) -> NDArray[np.float64]:
        """Log probabilities of the next id of the stream, (V,)."""
        window, engine = self.sampler.settings.window, self.sampler.engine
        row = [*self._cache.ids[0], *self._pending]
        if len(row) > _FULL * window:
            self._pending = shorten(row, self.piece.tokenizer.vocabulary, window // 2)
            engine.truncate(self._cache, 0, 0)
        logits = engine.extend(self._cache, 0, self._pending)
        self._pending = []
        return _log_probabilities(logits)

    def choose(self, body: Sequence[int], half: int, generator: np.random.Generator) -> tuple[int, ...]:
        """One or two chords for a bar that continues with `body`; the second one begins at the step `half`."""
        engine, cache = self.sampler.engine, self._cache
        early, late = self._fits(body, half)
        prior = self._next_ids()[self.chords.start : self.chords.stop] + self._in_mode
        firsts = np.argsort(-prior - early - late)[:_CANDIDATES]
        alone = [(self.chords.start + int(first),) for first in firsts]
        rows = list(range(1, 1 + _CANDIDATES + _PAIRS))
        engine.fork(cache, 0, rows)
        after = _log_probabilities(engine.step(cache, rows[:_CANDIDATES], [chord[0] for chord in alone]))
        seconds = after[:_PAIRS, self.chords.start : self.chords.stop].copy()
        seconds[np.arange(_PAIRS), firsts[:_PAIRS]] = -np.inf
        seconds += late + self._in_mode
        pairs = [(chord[0], self.chords.start + int(row.argmax())) for chord, row in zip(alone, seconds, strict=False)]
        paired = _log_probabilities(engine.append(cache, rows[_CANDIDATES:], pairs))
        likely = prior + early
        chances = np.concatenate([(likely + late)[firsts], likely[firsts[:_PAIRS]] + seconds.max(axis=1)])
        weights = chances + self._score(rows, np.concatenate([after, paired]), body)
        race = _SHARPNESS * weights - np.log(generator.standard_exponential(len(weights)))
        return [*alone, *pairs][int(race.argmax())]

    def _fits(self, body: Sequence[int], half: int) -> NDArray[np.float64]:
        """What chords gain by the given notes of the bar's first half and of its second, (2, chords)."""
        tokenizer = self.piece.tokenizer
        grammar, vocabulary = tokenizer.grammar, tokenizer.vocabulary
        notes = [token for each in body if grammar.is_note[each] for token in tokenizer.merges.expansions[each]]
        lengths = np.zeros((2, 12))
        for note in read_run(notes, vocabulary).notes:
            if not note.is_drum:
                lengths[int(note.onset >= half), note.pitch % 12] += note.steps
        return np.asarray(_FIT * (lengths @ self._tones.T) / max(1.0, lengths.sum()) + _COLOR / 2 * self._colored)

    def _score(self, rows: list[int], ahead: NDArray[np.float64], body: Sequence[int]) -> NDArray[np.float64]:
        """Log probability of `body` in each row, given the log probabilities `ahead` of their next ids, (rows, V)."""
        total = np.zeros(len(rows))
        for place, token in enumerate(body):
            total += ahead[:, token]
            if place < len(body) - 1:
                ahead = _log_probabilities(self.sampler.engine.step(self._cache, rows, [token] * len(rows)))
        return total


def _log_probabilities(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    double = logits.astype(np.float64)
    top = double.max(axis=-1, keepdims=True)
    return np.asarray(double - top - np.log(np.exp(double - top).sum(axis=-1, keepdims=True)), np.float64)
