"""The harmony of bars that are partly given: heard where the given parts tell it, else the model's under the given melody.

A stream states a bar's chords before its parts, so a chord sampled there has not heard the melody yet. `harmonise` therefore
tries the likeliest chords of each bar and weighs how likely each makes the given notes that follow: by Bayes' rule that is the
model's own harmony given the melody so far.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from composer.analysis import score_arrays
from composer.analysis.chords import estimate_chords
from composer.analysis.texture import measure_polyphony
from composer.rework.draft import Draft, Place
from composer.rework.streams import Window, script_of
from composer.rework.writing import StreamSampler
from composer.score import Score
from composer.tokenizer.piece import BAR_COLUMNS
from composer.tokenizer.stream import shorten

ENOUGH_TO_HEAR = 1.75  # notes sounding together from which parts tell their harmony by themselves
_CANDIDATES = 6  # chords tried a bar
_PAIRS = 2  # of these, the likeliest are also tried with their likeliest successor in the bar's middle
_SHARPNESS = 2.0  # exponent of the chances: 1 draws from the posterior, more prefers its top
_STREAM = 1 << 20  # number of the random stream, beyond those of sampled streams
_FULL = 0.85  # of the window: when a row is shortened


def hear_chords(draft: Draft, score: Score, places: Iterable[Place]) -> bool:
    """States the harmony of the bars of some places by what the other parts play there, where that is enough to tell.

    Args:
        draft: its chords are set in these bars, or taken out where there is not enough to hear.
        score: the piece in normal form.
        places: what is not to be heard.

    Returns:
        Whether the harmony was heard; if not, it is the model's.
    """
    places = set(places)
    bars = sorted({bar for bar, _ in places})
    rest = _without(score, places)
    if (_polyphony(rest, bars) or 0.0) < ENOUGH_TO_HEAR:
        for bar in bars:
            draft.chords.pop(bar, None)
        return False
    heard = replace(rest, chords=estimate_chords(rest, rest.key))
    columns = draft.tokenizer.tokenise(heard).bars
    rows = [columns[BAR_COLUMNS.index(name)].tolist() for name in ("chord", "middle_chord")]
    for bar in bars:
        draft.chords[bar] = tuple(row[bar] for row in rows if row[bar])
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
    """Notes sounding together in a stretch of bars."""
    start, end = score.bars[bars[0]].start_ticks, score.bars[bars[-1]].end_ticks
    parts = tuple(
        replace(part, notes=tuple(note for note in part.notes if start <= note.start_ticks < end)) for part in score.parts
    )
    return measure_polyphony(score_arrays(replace(score, parts=parts)))


def harmonise(sampler: StreamSampler, draft: Draft, bars: range, last: int | None = None) -> None:
    """States chords for open bars by what is given in them.

    Args:
        sampler: its engine and seed are used; nothing is recorded there.
        draft: chords are set in `bars`.
        bars: consecutive bars whose harmony is open.
        last: the chord of the last bar, where that is settled.
    """
    stage = replace(draft, open=set(), chords=dict(draft.chords), repeats={})
    if last is not None:
        draft.chords[bars[-1]] = stage.chords[bars[-1]] = (last,)
    script = script_of(replace(stage, open=set(draft.open)), Window(range(bars[0]), bars))
    weigher = _Weigher(sampler, stage)
    generator = np.random.Generator(np.random.Philox(np.random.SeedSequence(sampler.stream_seed(_STREAM))))
    weigher.read(script.header)
    for place, bar in enumerate(script.bars):
        weigher.read(bar.begin)
        for choice in bar.opening[: _controls(bar.opening, weigher)]:
            weigher.read(choice[:1])
        body = [token for part in script.parts for token in bar.given.get(part, ())]
        if bar.index in bars and bar.index not in stage.chords:
            draft.chords[bar.index] = weigher.choose([*body, script.after(place)][: max(1, len(body))], generator)
            stage.chords[bar.index] = draft.chords[bar.index]
        weigher.read((*stage.chords.get(bar.index, ()), *body))


def _controls(opening: Sequence[tuple[int, ...]], weigher: _Weigher) -> int:
    """How many of a bar's opening choices come before its chords."""
    return sum(choice[0] not in weigher.chords for choice in opening)


@dataclass
class _Weigher:
    """A row of the engine that reads a stream, and others that try what might come next."""

    sampler: StreamSampler
    draft: Draft

    def __post_init__(self) -> None:
        vocabulary = self.draft.tokenizer.vocabulary
        self.chords = vocabulary.ids_of("Chord")
        self._cache = self.sampler.engine.new_cache(1 + _CANDIDATES + _PAIRS)
        self._pending: list[int] = []

    def read(self, ids: Iterable[int]) -> None:
        """Goes on in the stream itself."""
        self._pending += ids

    def _settle(self) -> NDArray[np.float64]:
        """Log chances of the next id of the stream."""
        window, engine = self.sampler.settings.window, self.sampler.engine
        row = [*self._cache.ids[0], *self._pending]
        if len(row) > _FULL * window:
            self._pending = shorten(row, self.draft.tokenizer.vocabulary, window // 2)
            engine.truncate(self._cache, 0, 0)
        logits = engine.extend(self._cache, 0, self._pending)
        self._pending = []
        return _log_chances(logits)

    def choose(self, body: Sequence[int], generator: np.random.Generator) -> tuple[int, ...]:
        """One or two chords for a bar that goes on with `body`."""
        engine, cache = self.sampler.engine, self._cache
        prior = self._settle()[self.chords.start : self.chords.stop]
        firsts = np.argsort(-prior)[:_CANDIDATES]
        alone = [(self.chords.start + int(first),) for first in firsts]
        rows = list(range(1, 1 + _CANDIDATES + _PAIRS))
        engine.fork(cache, 0, rows)
        after = _log_chances(engine.step(cache, rows[:_CANDIDATES], [chord[0] for chord in alone]))
        seconds = after[:_PAIRS, self.chords.start : self.chords.stop].copy()
        seconds[np.arange(_PAIRS), firsts[:_PAIRS]] = -np.inf
        pairs = [(chord[0], self.chords.start + int(row.argmax())) for chord, row in zip(alone, seconds, strict=False)]
        paired = _log_chances(engine.append(cache, rows[_CANDIDATES:], pairs))
        chances = np.concatenate([prior[firsts], prior[firsts[:_PAIRS]] + seconds.max(axis=1)])
        weights = chances + self._weigh(rows, np.concatenate([after, paired]), body)
        race = _SHARPNESS * weights - np.log(generator.standard_exponential(len(weights)))
        return [*alone, *pairs][int(race.argmax())]

    def _weigh(self, rows: list[int], ahead: NDArray[np.float64], body: Sequence[int]) -> NDArray[np.float64]:
        """Log chance of `body` in each row, whose next ids have the log chances `ahead`."""
        total = np.zeros(len(rows))
        for place, token in enumerate(body):
            total += ahead[:, token]
            if place < len(body) - 1:
                ahead = _log_chances(self.sampler.engine.step(self._cache, rows, [token] * len(rows)))
        return total


def _log_chances(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    double = logits.astype(np.float64)
    top = double.max(axis=-1, keepdims=True)
    return np.asarray(double - top - np.log(np.exp(double - top).sum(axis=-1, keepdims=True)), np.float64)
