"""Trains the harmony planner on labeled shards and lead sheets; takes minutes on two cores.

Styles are sampled by the square root of their amount of music, so that no style dominates.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from composer.harmony.chord_vocabulary import HarmonyVocabulary
from composer.model.checkpoint import PLANNER_FILE
from composer.model.config import ModelConfig
from composer.model.network import Decoder
from composer.training.harmony_corpus import HarmonyPiece, common_names, harmony_pieces
from composer.training.small_network import Measured, NetworkTraining, nats_by_style, save_network, train_network

_STYLE_DROPPED, _MOOD_DROPPED = 0.1, 0.5  # probability that a style, or all moods, are dropped
_NETWORK = {
    "hidden_size": 128,
    "intermediate_size": 352,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 4,
    "max_position_embeddings": 1024,
}
_MEASURED_BARS = 128  # bars of a held-out piece that are measured; a bar has at most seven ids
_RARE = 30  # chords that occur less often do not get a token


def encode(
    piece: HarmonyPiece, vocabulary: HarmonyVocabulary, chance: np.random.Generator | None = None, start: int = 0
) -> tuple[list[int], list[bool]]:
    """The ids of a piece from bar `first`, and a mask of those that are chords or the end.

    With `chance`, styles and moods are dropped at random.
    """
    styles = [s for s in piece.styles if chance is None or chance.random() >= _STYLE_DROPPED]
    moody = chance is None or chance.random() >= _MOOD_DROPPED
    ids = [vocabulary.ids["BOS"], *(vocabulary.ids[f"Style_{s}"] for s in styles if f"Style_{s}" in vocabulary.ids)]
    ids += [vocabulary.ids[f"Mode_{piece.mode}"], vocabulary.meter(piece.meter)]
    chosen = [False] * len(ids)
    ahead = vocabulary.cadences_ahead(piece.cadences)
    for bar in range(start, len(piece.bars)):
        conditions = [vocabulary.left(len(piece.bars) - 1 - bar)]
        mood = piece.moods[bar]
        if mood and moody:
            conditions += vocabulary.mood(*mood)
        if 0 < piece.recalls[bar] <= bar - start:
            conditions.append(vocabulary.ids[f"Recall_{piece.recalls[bar]}"])
        conditions.append(ahead[bar])
        chords = [vocabulary.chord(chord) for chord in piece.bars[bar]]
        ids += conditions + chords
        chosen += [False] * len(conditions) + [True] * len(chords)
    return [*ids, vocabulary.ids["EOS"]], [*chosen, True]


def reading_weights(pieces: Sequence[HarmonyPiece]) -> NDArray[np.float64]:
    """Sampling weight of each piece: its length times 1/sqrt(total length of its first style)."""
    sizes = Counter[str]()
    for piece in pieces:
        sizes[_first_style(piece)] += len(piece.bars)
    weights = np.array([min(len(p.bars), 160) * p.weight / math.sqrt(sizes[_first_style(p)]) for p in pieces])
    total: NDArray[np.float64] = weights / weights.sum()
    return total


def train_harmony(
    data: Path, corpus: Path | None, folder: Path, settings: NetworkTraining, report: Callable[[str], None]
) -> None:
    """Trains a planner, writes its folder, and reports its held-out perplexity beside that of n-grams.

    Args:
        data: folder made by `cantilena data build`.
        corpus: corpus folder, for the chords of its lead sheets.
        folder: output folder of the checkpoint.
        settings: training settings.
        report: called with each line of progress.

    Raises:
        BadInputError: `data` contains no training data.
    """
    train, valid = (harmony_pieces(data, corpus, split) for split in ("train", "valid"))
    vocabulary = HarmonyVocabulary(*common_names(train, _RARE))
    network = train_planner(train, vocabulary, ModelConfig(vocab_size=len(vocabulary), **_NETWORK), settings, report)
    save_network(folder, network, PLANNER_FILE, vocabulary.styles, vocabulary.chords)
    valid = [_head(piece) for piece in valid]
    figures = {"planner": held_out(network, valid, vocabulary)}
    figures |= {name: ngram_baseline(train, valid, vocabulary, order) for name, order in (("bigram", 2), ("trigram", 3))}
    report(f"perplexity per chord: {', '.join(figures)}")
    for row in report_rows(figures):
        report("  ".join(row))


def _head(piece: HarmonyPiece) -> HarmonyPiece:
    """The first bars of a piece, which fit into the planner's window, so that all models are measured on the same chords."""
    rows = {name: getattr(piece, name)[:_MEASURED_BARS] for name in ("bars", "moods", "recalls", "cadences")}
    return replace(piece, **rows)


def _first_style(piece: HarmonyPiece) -> str:
    return piece.styles[0] if piece.styles else ""


def train_planner(
    pieces: Sequence[HarmonyPiece],
    vocabulary: HarmonyVocabulary,
    config: ModelConfig,
    settings: NetworkTraining,
    report: Callable[[str], None],
) -> Decoder:
    """Trains a decoder on chords and their conditions. Every id is a target: it costs nothing and teaches form."""
    weights = np.cumsum(reading_weights(pieces))[:-1]

    def draw(chance: np.random.Generator) -> tuple[Sequence[int], Sequence[float]]:
        piece = pieces[int(np.searchsorted(weights, chance.random(), side="right"))]
        longest = max(0, len(piece.bars) - settings.context // 5)
        start = int(chance.integers(0, longest + 1)) // 4 * 4 if longest and chance.random() < 0.6 else 0
        stream, chosen = encode(piece, vocabulary, chance, start)
        return stream, [1.0 if counts else 0.1 for counts in chosen]

    return train_network(config, settings, draw, report)


def held_out(network: Decoder, pieces: Sequence[HarmonyPiece], vocabulary: HarmonyVocabulary) -> dict[str, tuple[float, int]]:
    """Nats per chord and number of chords of held-out pieces, by first style and over all ("")."""

    def measured(piece: HarmonyPiece) -> Measured:
        ids, chosen = encode(piece, vocabulary)
        return _first_style(piece), ids, np.array(chosen) & (np.array(ids) >= vocabulary.first_chord)

    return nats_by_style(network, map(measured, pieces))


def ngram_baseline(
    train: Sequence[HarmonyPiece], held: Sequence[HarmonyPiece], vocabulary: HarmonyVocabulary, order: int
) -> dict[str, tuple[float, int]]:
    """The same for an n-gram over chords with Witten-Bell smoothing.

    It is trained on the planner's pieces and conditioned on mode and style: each context length is estimated from all pieces of
    the mode, then from those of the style. It does not know form, cadences or moods.
    """
    tables: dict[tuple[str, str | None, tuple[int, ...]], Counter[int]] = {}
    for piece in train:
        line = _line(piece, vocabulary, order)
        for place in range(order - 1, len(line)):
            for context in _contexts(piece, line, place, order):
                tables.setdefault(context, Counter())[line[place]] += 1
    totals = {context: (sum(table.values()), len(table)) for context, table in tables.items()}
    sums, counts = defaultdict[str, float](float), Counter[str]()
    for piece in held:
        line = _line(piece, vocabulary, order)
        for place in range(order - 1, len(line)):
            chance = 1 / len(vocabulary.chords)
            for context in _contexts(piece, line, place, order):
                if context in tables:
                    total, kinds = totals[context]
                    chance = (tables[context][line[place]] + kinds * chance) / (total + kinds)
            for name in ("", _first_style(piece)):
                sums[name] -= math.log(chance)
                counts[name] += 1
    return {name: (sums[name] / counts[name], counts[name]) for name in counts}


def _contexts(
    piece: HarmonyPiece, line: Sequence[int], place: int, order: int
) -> list[tuple[str, str | None, tuple[int, ...]]]:
    """The contexts of a chord, from the most general to the most specific: mode, style (`None`: all), preceding chords."""
    before = [tuple(line[place - size : place]) for size in range(order)]
    return [(piece.mode, style, chords) for chords in before for style in (None, _first_style(piece))]


def _line(piece: HarmonyPiece, vocabulary: HarmonyVocabulary, order: int) -> list[int]:
    return [-1] * (order - 1) + [vocabulary.chord(chord) for bar in piece.bars for chord in bar]


def report_rows(figures: Mapping[str, Mapping[str, tuple[float, int]]], least: int = 150) -> list[list[Any]]:
    """Perplexity per chord by style: a row for each style with enough chords, a column for each model."""
    names = [n for n, (_, count) in sorted(next(iter(figures.values())).items(), key=lambda x: -x[1][1]) if count >= least]
    return [[name or "all", *(f"{math.exp(model[name][0]):.2f}" for model in figures.values())] for name in names]
