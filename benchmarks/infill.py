"""Infilling against the original: does the model use the right context, are the seams clean, are the statistics similar?

    python -m benchmarks infill [--pieces N] [--bars N] [--corpus DIR] [--model NAME]

Four bars are removed from held-out excerpts. Bits per note of the original bars are measured with context on both sides and on
the left only; then `infill` writes the bars, and seams and statistics are compared with those of the original.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations, pairwise

import numpy as np
import torch

from benchmarks.excerpts import held_out, parser
from composer.brief import Brief
from composer.model.checkpoint import find_model, load_config, load_weights
from composer.model.network import Decoder
from composer.rework import infill
from composer.rework.material import partial_piece_of, understand_material
from composer.rework.partial_piece import PartialPiece
from composer.rework.stream_sampler import LEFT_ALONE
from composer.rework.streams import Window, script_of
from composer.score import Note, Score
from composer.tokenizer import Tokenizer

HOLE = 4
_DISSONANT = {1, 2, 6}  # interval classes: seconds, sevenths, the tritone


def main() -> None:
    options = parser(__doc__, pieces=40, bars=16).parse_args()
    folder = find_model(options.model)
    tokenizer = Tokenizer.load(folder / "tokenizer.json")
    network = Decoder.released(load_config(folder), load_weights(folder)).eval()
    first = options.bars // 2 - HOLE // 2
    bits = np.zeros((0, 3))
    true, written, inside = [], [], []
    for _, score in held_out(options.corpus, options.pieces, options.bars):
        row = _bits(network, tokenizer, score, first)
        bits = np.vstack([bits, row]) if row is not None else bits
        done = infill(score, [(first, first + HOLE)], Brief(seed=1), model=options.model)
        seams = (first, first + HOLE)
        true.append((_statistics(score, first), [_seam(score, bar) for bar in seams]))
        written.append((_statistics(done.score, first), [_seam(done.score, bar) for bar in seams]))
        inside += [_seam(score, bar) for bar in range(1, options.bars)]
    _print_bits(bits)
    _print_seams({"human music, all barlines": inside, "human, the same seams": _flat(true), "written": _flat(written)})
    _print_statistics([row for row, _ in true], [row for row, _ in written])


@torch.inference_mode()
def _bits(network: Decoder, tokenizer: Tokenizer, score: Score, first: int) -> tuple[float, float, float] | None:
    """Bits per note of the removed bars: left context only, infill stream, and both mixed as in `infill`.

    All parts are equally loud and the moods are given, as in `infill`. `None` if the bars are too long, silent, or written
    differently in the two streams.
    """
    piece = partial_piece_of(understand_material(score), tokenizer)
    level = tokenizer.vocabulary.unmarked
    piece.segments = {place: replace(segment, dynamic=level) for place, segment in piece.segments.items()}
    before, hole, after = range(first), range(first, first + HOLE), range(first + HOLE, piece.n_bars)
    rows, chances = [], []
    for window in (Window(before, hole), Window(before, hole, after)):
        ids, counted = _true_ids(piece, window, first)
        if len(ids) > network.config.max_position_embeddings:
            return None
        row = torch.tensor([ids])
        chances.append(torch.log_softmax(network(row[:, :-1])[0, counted - 1 :].double(), -1))
        rows.append(row[0, counted:])
    notes = int(tokenizer.grammar.note_count[rows[0]].sum())
    if not torch.equal(*rows) or not notes:
        return None
    moods = {token for pair in piece.moods.values() for token in pair}
    counted_in = torch.tensor([int(token) not in moods for token in rows[0]])
    mixed = torch.log_softmax(LEFT_ALONE * chances[0] + (1 - LEFT_ALONE) * chances[1], -1)
    bits = [-float(each.gather(1, rows[0][:, None])[counted_in].sum()) / np.log(2) / notes for each in (*chances, mixed)]
    return bits[0], bits[1], bits[2]


def _true_ids(piece: PartialPiece, window: Window, first: int) -> tuple[list[int], int]:
    """The stream with the original bars, and their position in it."""
    script = script_of(piece, window)
    ids, counted = list(script.header), 0
    for bar in script.bars:
        if bar.index == first:
            counted = len(ids) + len(bar.begin)
        given = [token for part in script.parts for token in bar.given.get(part, ())]
        ids += [*bar.begin, *(choice[0] for choice in bar.opening), *given]
    return ids, counted


def _seam(score: Score, bar: int) -> tuple[float, float]:
    """Mean melodic leap across a barline (top line of each part, semitones) and share of dissonant pairs sounding on it."""
    tick = score.bars[bar].start_ticks
    leaps: list[int] = []
    sounding: list[int] = []
    for part in score.parts:
        if part.is_drum:
            continue
        early = [note for note in part.notes if tick - score.bars[bar - 1].time_signature.bar_ticks <= note.start_ticks < tick]
        late = [note for note in part.notes if tick <= note.start_ticks < score.bars[bar].end_ticks]
        if early and late:
            leaps.append(abs(_top(late, min).pitch - _top(early, max).pitch))
        sounding += [note.pitch for note in part.notes if note.start_ticks <= tick < note.end_ticks]
    pairs = list(combinations(sorted(set(sounding)), 2))
    rough = sum(min((b - a) % 12, (a - b) % 12) in _DISSONANT for a, b in pairs)
    return (float(np.mean(leaps)) if leaps else np.nan, rough / len(pairs) if pairs else np.nan)


def _top(notes: list[Note], edge: object) -> Note:
    when = edge(note.start_ticks for note in notes)  # type: ignore[operator]
    return max((note for note in notes if note.start_ticks == when), key=lambda note: note.pitch)


def _statistics(score: Score, first: int) -> dict[str, float]:
    """Statistics of the removed bars."""
    start, end = score.bars[first].start_ticks, score.bars[first + HOLE - 1].end_ticks
    parts = [replace(p, notes=tuple(n for n in p.notes if start <= n.start_ticks < end)) for p in score.parts if not p.is_drum]
    notes = [note for part in parts for note in part.notes]
    lines = [[note.pitch for note in part.notes] for part in parts]
    steps = [abs(b - a) for line in lines for a, b in pairwise(line)]
    return {
        "notes a bar": len(notes) / HOLE,
        "mean pitch": float(np.mean([note.pitch for note in notes])) if notes else np.nan,
        "pitch classes": float(len({note.pitch % 12 for note in notes})),
        "quarters a note": float(np.mean([note.duration_ticks for note in notes])) / 480 if notes else np.nan,
        "semitones a step": float(np.mean(steps)) if steps else np.nan,
        "parts playing": float(sum(bool(part.notes) for part in parts)),
    }


def _flat(rows: list[tuple[dict[str, float], list[tuple[float, float]]]]) -> list[tuple[float, float]]:
    return [seam for _, seams in rows for seam in seams]


def _print_bits(bits: np.ndarray) -> None:
    print(f"Bits per note of the true bars, {len(bits)} excerpts")
    print(f"{'':<34}{'mean':>7}{'saved':>8}{'standard error':>16}{'lower in':>10}")
    for column, name in enumerate(("left only", "both sides, stream with a hole", "both sides, mixed as infill does")):
        saved = bits[:, 0] - bits[:, column]
        error = saved.std(ddof=1) / np.sqrt(len(bits))
        print(f"{name:<34}{bits[:, column].mean():>7.3f}{saved.mean():>8.3f}{error:>16.3f}{np.mean(saved > 0):>10.0%}")


def _print_seams(rows: dict[str, list[tuple[float, float]]]) -> None:
    print(f"\n{'Seams':<28}{'leap, mean':>12}{'90 %':>7}{'dissonant pairs':>17}")
    for name, seams in rows.items():
        table = np.array(seams)
        leaps, rough = table[:, 0], table[:, 1]
        print(f"{name:<28}{np.nanmean(leaps):>12.2f}{np.nanpercentile(leaps, 90):>7.1f}{np.nanmean(rough):>17.1%}")


def _ranges(rows: list[dict[str, float]]) -> Iterator[tuple[str, float, float]]:
    for name in rows[0]:
        values = [row[name] for row in rows]
        yield name, float(np.nanpercentile(values, 5)), float(np.nanpercentile(values, 95))


def _print_statistics(true: list[dict[str, float]], written: list[dict[str, float]]) -> None:
    print(f"\n{'The missing bars':<20}{'true 5-95 %':>16}{'true mean':>11}{'written mean':>14}{'written in range':>18}")
    for name, low, high in _ranges(true):
        values = np.array([row[name] for row in written])
        share = np.mean((values >= low) & (values <= high))
        means = np.nanmean([row[name] for row in true]), np.nanmean(values)
        print(f"{name:<20}{f'{low:.1f}-{high:.1f}':>16}{means[0]:>11.2f}{means[1]:>14.2f}{share:>18.0%}")
