"""Trains the melody network on the leading lines of labeled shards."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from composer.melody.line_vocabulary import MelodyVocabulary, relations
from composer.model.checkpoint import MELODY_FILE
from composer.model.config import ModelConfig
from composer.model.network import Decoder
from composer.score import TICKS_PER_QUARTER
from composer.tokenizer import Tokenizer
from composer.training.data.dataset import check_data
from composer.training.harmony_corpus import common_names
from composer.training.harmony_training import reading_weights
from composer.training.melody_corpus import MelodyPiece, melody_pieces
from composer.training.small_network import Measured, NetworkTraining, nats_by_style, save_network, train_network

_STYLE_DROPPED, _MOOD_DROPPED, _LEAD_DROPPED, _RELATION_DROPPED = 0.1, 0.4, 0.1, 0.1
_NETWORK = {
    "hidden_size": 192,
    "intermediate_size": 512,
    "num_hidden_layers": 6,
    "num_attention_heads": 6,
    "num_key_value_heads": 6,
    "max_position_embeddings": 1024,
}
_RARE = 60  # chords that occur less often do not get a token
_CONDITION_WEIGHT, _RELATION_WEIGHT = 0.05, 0.7


def encode(
    piece: MelodyPiece,
    likes: Sequence[str],
    vocabulary: MelodyVocabulary,
    chance: np.random.Generator | None = None,
    start: int = 0,
) -> tuple[list[int], list[float]]:
    """The ids of a piece from a bar on, and the weight of each in the loss.

    With `chance`, styles, moods, the leading instrument and relations are dropped at random.
    """
    ids_of, harmony, facts = vocabulary.ids, vocabulary.harmony, piece.harmony

    def kept(dropped: float) -> bool:
        return chance is None or chance.random() >= dropped

    styles = [f"Style_{name}" for name in facts.styles if kept(_STYLE_DROPPED)]
    ids = [ids_of["BOS"], *(ids_of[name] for name in styles if name in ids_of)]
    ids += [ids_of[f"Mode_{facts.mode}"], harmony.meter(facts.meter)]
    if kept(_LEAD_DROPPED):
        ids.append(ids_of[f"Lead_{piece.lead}"])
    pitches = [pitch for bar in piece.bars for _, pitch in bar if pitch is not None]
    if kept(_LEAD_DROPPED):
        ids.append(vocabulary.center(float(np.mean(pitches))))
    weights = [_CONDITION_WEIGHT] * len(ids)
    if kept(_LEAD_DROPPED):
        ids.append(vocabulary.pace(len(pitches) * TICKS_PER_QUARTER / (len(piece.bars) * facts.meter.bar_ticks)))
        weights.append(1.0)
    moody, related = kept(_MOOD_DROPPED), kept(_RELATION_DROPPED)
    ahead = harmony.cadences_ahead(facts.cadences)
    count = len(piece.bars)
    for bar in range(start, count):
        conditions = [harmony.left(count - 1 - bar)]
        mood = facts.moods[bar]
        if mood and moody:
            conditions += harmony.mood(*mood)
        chords = facts.bars[bar]
        following = facts.bars[bar + 1][0] if bar + 1 < count else chords[-1]
        conditions += [ahead[bar], *(harmony.chord(chord) for chord in (chords[0], chords[-1], following))]
        like = likes[bar]
        if like != "Relation_new" and int(like.rpartition("_")[2]) > bar - start:
            like = "Relation_new"
        ids += conditions
        weights += [_CONDITION_WEIGHT] * len(conditions)
        if related:
            ids.append(ids_of[like])
            weights.append(_RELATION_WEIGHT)
        events = vocabulary.events(piece.bars[bar])
        ids += events
        weights += [1.0] * len(events)
        weights[-len(events) - related - len(conditions)] = 1.0  # that the bar before has ended
    return [*ids, ids_of["EOS"]], [*weights, 1.0]


def train_melody_network(
    pieces: Sequence[MelodyPiece], settings: NetworkTraining, report: Callable[[str], None]
) -> tuple[Decoder, MelodyVocabulary]:
    """Trains a network on melodies.

    Args:
        pieces: of the train split.
        settings: training settings.
        report: called with each line of progress.
    """
    vocabulary = MelodyVocabulary(*common_names([piece.harmony for piece in pieces], _RARE))
    likes = [relations(piece.bars) for piece in pieces]
    weights = np.cumsum(reading_weights([piece.harmony for piece in pieces]))[:-1]

    def draw(chance: np.random.Generator) -> tuple[Sequence[int], Sequence[float]]:
        index = int(np.searchsorted(weights, chance.random(), side="right"))
        longest = max(0, len(pieces[index].bars) - settings.context // 14)
        start = int(chance.integers(0, longest + 1)) // 4 * 4 if longest and chance.random() < 0.5 else 0
        return encode(pieces[index], likes[index], vocabulary, chance, start)

    config = ModelConfig(vocab_size=len(vocabulary), **_NETWORK)
    return train_network(config, settings, draw, report), vocabulary


def train_melodies(data: Path, folder: Path, settings: NetworkTraining, report: Callable[[str], None]) -> None:
    """Trains a melody network, writes its folder, and reports its held-out perplexity.

    Args:
        data: folder made by `cantilena data build`.
        folder: output folder of the checkpoint.
        settings: training settings.
        report: called with each line of progress.

    Raises:
        BadInputError: `data` contains no training data.
    """
    train, valid = (read_pieces(data, split) for split in ("train", "valid"))
    network, vocabulary = train_melody_network(train, settings, report)
    save_network(folder, network, MELODY_FILE, vocabulary.styles, vocabulary.chords)
    for name, (nats, count) in sorted(held_out(network, valid, vocabulary).items(), key=lambda item: -item[1][1]):
        report(f"{name or 'all'}: {nats / math.log(2):.3f} bits per id of a note, {count} ids")


def read_pieces(data: Path, split: str) -> list[MelodyPiece]:
    """All melodies of a split ("train" or "valid").

    Raises:
        BadInputError: `data` contains no training data.
    """
    check_data(data)
    vocabulary = Tokenizer.load(data / "tokenizer.json").vocabulary
    return [piece for folder in sorted((data / "base").glob(f"*-{split}")) for piece in melody_pieces(folder, vocabulary)]


def held_out(network: Decoder, pieces: Sequence[MelodyPiece], vocabulary: MelodyVocabulary) -> dict[str, tuple[float, int]]:
    """Nats per id of events and number of such ids of held-out pieces, by first style and over all ("")."""

    def measured(piece: MelodyPiece) -> Measured:
        ids, _ = encode(piece, relations(piece.bars), vocabulary)
        notes = (np.array(ids) >= vocabulary.first_position) & (np.array(ids) < vocabulary.first_center)
        return next(iter(piece.harmony.styles), ""), ids, notes

    return nats_by_style(network, map(measured, pieces))
