"""Shards and packed rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from composer.controls import Controls, Mood
from composer.errors import BadInputError
from composer.score import Chord, ChordSymbol, Key, KeySignature, Note, Part, Score
from composer.tokenizer import Tokenizer
from composer.tokenizer.stream import assemble
from composer.training.data.build import base_tokenizer, open_base, write_data
from composer.training.data.dataset import PackedDataset, validation_sets
from composer.training.data.shards import PieceInfo, Shard, write_shard
from composer.training.evaluation.ngram import NgramModel


def melody(seed: int, bars: int) -> tuple[Score, Controls]:
    rng = np.random.default_rng(seed)
    pitches = 60 + rng.integers(0, 12, size=4 * bars)
    notes = tuple(Note(480 * beat, int(pitch), 480) for beat, pitch in enumerate(pitches))
    bass = tuple(Note(1920 * bar, 48, 1920) for bar in range(bars))
    chords = tuple(ChordSymbol(1920 * bar, Chord(7 * (bar % 2), "maj")) for bar in range(bars))
    score = Score(
        (Part("", 40, notes), Part("", 42, bass)),
        keys=(KeySignature(0, Key(0, "major")),),
        chords=chords,
        end_ticks=1920 * bars,
    )
    moods = (Mood(0.5, 0.0),) * (bars // 4)
    return score, Controls(styles=("waltz",), moods=moods, recalls=(0,) * bars)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    tokenizer = base_tokenizer()
    for split, seeds in (("train", range(20)), ("valid", range(20, 25))):
        pieces = [(PieceInfo(f"p{s}", "made", 20, 1.0), tokenizer.tokenize(*melody(s, 4 + s))) for s in seeds]
        write_shard(folder / "base" / f"made-{split}", pieces)
    return folder


@pytest.fixture(scope="module")
def data(base: Path) -> Path:
    write_data(open_base(base / "base"), base, 64)
    return base


def test_a_shard_returns_every_piece(base: Path) -> None:
    tokenizer = base_tokenizer()
    shard = Shard(base / "base" / "made-train")
    assert len(shard) == 20
    for seed, piece in enumerate(shard):
        score, controls = melody(seed, 4 + seed)
        assert assemble(piece, tokenizer.vocabulary) == tokenizer.encode(score, controls)


def test_merges_shorten_streams_without_changing_the_notes(data: Path) -> None:
    merged, plain = Tokenizer.load(data / "tokenizer.json"), base_tokenizer()
    assert len(merged) == len(plain) + 64
    for seed, piece in enumerate(Shard(data / "train")):
        ids = assemble(piece, merged.vocabulary)
        score, controls = melody(seed, 4 + seed)
        assert merged.merges.decode(ids) == plain.encode(score, controls)
        assert ids == merged.encode(score, controls)


def test_rows_are_full_and_the_draws_resume(data: Path) -> None:
    dataset = PackedDataset(data, context=96, batch_size=3, seed=5)
    first = dataset.batch()
    assert first.shape == (3, 97)
    assert first.dtype == np.uint16
    assert (first != 0).all()
    assert (first[:, 0] == dataset.tokenizer.vocabulary.id("BOS_None")).all()
    state = dataset.state_dict()
    following = dataset.batch()
    again = PackedDataset(data, context=96, batch_size=3, seed=0)
    again.load_state_dict(state)
    assert (again.batch() == following).all()
    assert (first != following).any()


def test_every_kind_of_stream_is_drawn(data: Path) -> None:
    dataset = PackedDataset(data, context=400, batch_size=60, seed=1)
    drawn = set(dataset.tokenizer.names(dataset.batch().ravel().tolist()))
    assert {"HOLE_None", "FILL_None", "EOS_None", "Bar_open", "Bar_0", "Recall_0", "Chord_7:maj", "Valence_2"} <= drawn


def test_validation_covers_the_same_notes_whatever_the_merges(data: Path) -> None:
    merged, plain = Tokenizer.load(data / "tokenizer.json"), base_tokenizer()
    [(_, ids, n_notes, mask)] = validation_sets(Shard(data / "valid"), merged, 128, None)
    [(_, _, plain_notes, _)] = validation_sets(Shard(data / "base" / "made-valid"), plain, 128, None)
    assert n_notes == plain_notes == sum(5 * (4 + seed) for seed in range(20, 25))
    assert mask.shape == (len(ids), 128)
    assert not mask[ids[:, 1:] == 0].any()


def test_reach_puts_earlier_bars_before_the_same_notes(data: Path) -> None:
    tokenizer, shard = Tokenizer.load(data / "tokenizer.json"), Shard(data / "valid")
    [(_, alone, alone_notes, alone_mask)] = validation_sets(shard, tokenizer, 128, None)
    [(_, after, after_notes, after_mask)] = validation_sets(shard, tokenizer, 128, None, reach=400)
    assert after.shape == (len(alone), 401)
    assert after_notes == alone_notes
    counts = tokenizer.grammar.note_count
    for row in range(len(alone)):
        assert counts[alone[row, 1:]][alone_mask[row]].sum() == counts[after[row, 1:]][after_mask[row]].sum()
        assert after[row, np.flatnonzero(after_mask[row])[-1] + 1] == alone[row, np.flatnonzero(alone_mask[row])[-1] + 1]
    assert not after_mask[after[:, 1:] == 0].any()
    assert counts[after].sum() > counts[alone].sum()


def test_a_folder_without_data_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="data build"):
        Shard(tmp_path)


def test_an_ngram_learns_repetition() -> None:
    rng = np.random.default_rng(0)
    stream = np.tile([3, 1, 4, 1, 5], 200)
    noise = rng.integers(0, 8, size=1000)
    high = NgramModel([stream, noise], 8, order=5)
    low = NgramModel([stream, noise], 8, order=1)
    assert high.bits(stream[:50])[5:].mean() < 0.5 < low.bits(stream[:50]).mean()
    assert abs((2 ** -np.array([high.bits(np.array([3, 1, 4, 1, x]))[-1] for x in range(8)])).sum() - 1) < 1e-9
