"""A tokenized piece: base tokens by bar and part, before they are put into a stream.

The columns are the form in which the training shards keep a corpus (see `composer.training.data.dataset`), so that dropout of
controls, the order of parts, windows and holes can be drawn each time a piece is read. Only note runs are subject to
byte-pair encoding: a merge can cross neither a control token nor a bar's part.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from composer.controls import PHRASE_BARS, Controls
from composer.score import Score
from composer.tokenizer.merges import Merges
from composer.tokenizer.vocabulary import TICKS_PER_STEP, Vocabulary, specs_in

Ids = npt.NDArray[np.uint16]

# The per-bar controls of `TOKEN_SPECS`, each with its column.
BAR_CONTROLS = {spec.control.removesuffix("s"): spec for spec in specs_in("bar") if spec.control}
_CHORDS = ("chord", "bass", "middle_chord", "middle_bass")
# Columns with one token id per bar; 0 (PAD) leaves the value open.
BAR_COLUMNS = ("meter", "tempo", "valence", "arousal", *BAR_CONTROLS, *_CHORDS)


@dataclass(frozen=True, slots=True)
class TokenizedPiece:
    """Columns of token ids.

    Attributes:
        header: tokens of the header but for meter, tempo and parts, in the order of the stream.
        programs: one Program token per part, (P,).
        bars: the per-bar columns of `BAR_COLUMNS`, (11, N).
        bar_segments: first segment of each bar and the end, (N + 1,).
        segment_part: 0-based part of each segment (a bar's part), (S,).
        segment_dynamic: its Dynamic token, (S,).
        segment_notes: first id of each segment in `notes` and the end, (S + 1,).
        notes: ids of all note runs, after merging.
    """

    header: Ids
    programs: Ids
    bars: Ids
    bar_segments: npt.NDArray[np.int64]
    segment_part: Ids
    segment_dynamic: Ids
    segment_notes: npt.NDArray[np.int64]
    notes: Ids

    @property
    def n_bars(self) -> int:
        """Number of bars."""
        return int(self.bars.shape[1])


def tokenize(score: Score, controls: Controls, vocabulary: Vocabulary, merges: Merges) -> TokenizedPiece:
    """Columns of a score in normal form (see `quantize`) and its controls.

    Raises:
        BadInputError: a style or composer is not in the vocabulary.
    """
    segments = _segments(score, vocabulary)
    keys = sorted(segments)
    runs = merges.encode([segments[key][1] for key in keys])
    lengths = [len(run) for run in runs]
    n_bars = len(score.bars)
    return TokenizedPiece(
        header=np.array(_header(score, controls, vocabulary), dtype=np.uint16),
        programs=np.array([vocabulary.program(part.program, part.is_drum) for part in score.parts], dtype=np.uint16),
        bars=_bar_columns(score, controls, vocabulary),
        bar_segments=np.searchsorted([bar for bar, _ in keys], np.arange(n_bars + 1)).astype(np.int64),
        segment_part=np.array([part for _, part in keys], dtype=np.uint16),
        segment_dynamic=np.array([segments[key][0] for key in keys], dtype=np.uint16),
        segment_notes=np.concatenate(([0], np.cumsum(lengths, dtype=np.int64))).astype(np.int64),
        notes=np.array([token for run in runs for token in run], dtype=np.uint16),
    )


def _header(score: Score, controls: Controls, vocabulary: Vocabulary) -> list[int]:
    stated = {"Mode": score.key and score.key.mode, "Bars": len(score.bars)}
    ids: list[int] = []
    for spec in specs_in("header"):
        value = getattr(controls, spec.control) if spec.control else stated.get(spec.kind)
        values = value if isinstance(value, tuple) else () if value is None else (value,)
        ids += [vocabulary.control(spec.kind, each) for each in values]
    return ids


def _bar_columns(score: Score, controls: Controls, vocabulary: Vocabulary) -> Ids:
    columns = np.zeros((len(BAR_COLUMNS), len(score.bars)), dtype=np.uint16)
    row = {name: columns[index] for index, name in enumerate(BAR_COLUMNS)}
    for bar in score.bars:
        row["meter"][bar.index] = vocabulary.meter(bar.time_signature)
        if score.tempos and score.tempos[0].start_ticks <= bar.start_ticks:
            row["tempo"][bar.index] = vocabulary.tempo(score.qpm_at(bar.start_ticks))
    for index, mood in enumerate(controls.moods):
        if mood is not None and index * PHRASE_BARS < len(score.bars):
            row["valence"][index * PHRASE_BARS] = vocabulary.affect("Valence", mood.valence)
            row["arousal"][index * PHRASE_BARS] = vocabulary.affect("Arousal", mood.arousal)
    for name, spec in BAR_CONTROLS.items():
        for index, value in enumerate(getattr(controls, spec.control)[: len(score.bars)]):
            if value is not None:
                row[name][index] = vocabulary.control(spec.kind, value)
    _write_chords(score, vocabulary, (row["chord"], row["bass"]), (row["middle_chord"], row["middle_bass"]))
    return columns


def _write_chords(score: Score, vocabulary: Vocabulary, first: tuple[Ids, Ids], second: tuple[Ids, Ids]) -> None:
    """The chord in force at each barline and the one that enters at the bar's middle, each with its bass."""
    at = {symbol.start_ticks: symbol.chord for symbol in score.chords}
    current, begun = (0, 0), False
    for bar in score.bars:
        middle = bar.start_ticks + bar.time_signature.middle_ticks
        for tick, columns in ((bar.start_ticks, first), (middle, second)):
            if tick in at:
                chord, begun = at[tick], True
                ids = vocabulary.chord_ids(chord)
                current = ids[0], ids[1] if len(ids) == 2 else 0
            elif not (begun and columns is first):
                continue
            for column, token in zip(columns, current, strict=True):
                column[bar.index] = token


def _segments(score: Score, vocabulary: Vocabulary) -> dict[tuple[int, int], tuple[int, list[int]]]:
    """(bar, part) -> (Dynamic token, base tokens of its notes in order of position, then pitch).

    A position or a duration is written only where it changes, and at the start of each segment.
    """
    starts = [bar.start_ticks for bar in score.bars]
    segments: dict[tuple[int, int], tuple[int, list[int]]] = {}
    for index, part in enumerate(score.parts):
        run: list[int] = []
        bar, next_start, last_start, duration = -1, 0, -1, -1
        for note in part.notes:
            if note.start_ticks >= next_start:
                bar = bisect_right(starts, note.start_ticks) - 1
                next_start = score.bars[bar].end_ticks
                run = []
                segments[bar, index] = (vocabulary.dynamic(note.velocity), run)
                last_start = duration = -1
            if note.start_ticks != last_start:
                run.append(vocabulary.position((note.start_ticks - starts[bar]) // TICKS_PER_STEP))
                last_start = note.start_ticks
            if part.is_drum:
                run.append(vocabulary.drum(note.pitch))
                continue
            if note.duration_ticks != duration:
                duration = note.duration_ticks
                run.append(vocabulary.duration(duration // TICKS_PER_STEP))
            run.append(vocabulary.pitch(note.pitch))
    return segments
