"""Prints tokens per note by source, before and after byte-pair encoding, and checks the round trip on corpus pieces.

    python -m tools.fit tokens cache/data              # a folder made by 'cantilena data build'
    python -m tools.fit tokens cache/data --corpus DIR --pieces 500

Streams are complete pieces with all controls; "notes only" excludes header and bar controls.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import numpy as np

from composer.tokenizer import GrammarState, Tokenizer, quantize
from composer.tokenizer.stream import assemble
from composer.training.data.build import base_tokenizer, open_base
from composer.training.data.corpus import list_items, read_item
from composer.training.data.labels import label
from composer.training.data.shards import with_merges


def table(data: Path, per_source: int = 60) -> None:
    tokenizer = Tokenizer.load(data / "tokenizer.json")
    vocabulary = tokenizer.vocabulary
    print(f"{len(vocabulary)} base tokens, {len(tokenizer) - len(vocabulary)} merges")
    print("source                  notes   base  merged  notes only, base  notes only, merged")
    totals = np.zeros(5)
    for shard in open_base(data / "base")["train"]:
        rng, counts = random.Random(0), np.zeros(5)
        for index in rng.sample(range(len(shard)), min(per_source, len(shard))):
            piece, notes = shard[index], shard.infos[index].n_notes
            merged = with_merges(piece, tokenizer.merges)
            lengths = [len(assemble(one, vocabulary)) for one in (piece, merged)]
            counts += [notes, *lengths, len(piece.notes), len(merged.notes)]
        totals += counts
        if counts[0]:
            _line(shard.folder.name.removesuffix("-train"), counts)
    _line("all of these", totals)


def _line(name: str, counts: np.ndarray) -> None:
    per_note = counts[1:] / counts[0]
    print(f"{name:<22}{int(counts[0]):>8}{per_note[0]:>7.2f}{per_note[1]:>8.2f}{per_note[2]:>18.2f}{per_note[3]:>20.2f}")


def round_trips(corpus: Path, pieces: int) -> None:
    tokenizer = base_tokenizer()
    items = random.Random(0).sample(list_items(corpus), pieces)
    walked = 0
    for item in items:
        score, controls = label(read_item(item))
        normal = quantize(score)
        ids = tokenizer.encode(score, controls)
        assert tokenizer.decode(ids)[0] == normal, item.id
        state = GrammarState(tokenizer.grammar)
        for token in ids[:3000]:
            state.accept(token)  # raises if the mask forbids the token
            walked += 1
    print(f"{len(items)} corpus pieces decode to their normal form exactly; {walked} tokens allowed by the grammar")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--corpus", type=Path, help="also check the round trip on pieces of this corpus")
    parser.add_argument("--pieces", type=int, default=500)
    options = parser.parse_args()
    table(options.data)
    if options.corpus:
        round_trips(options.corpus, options.pieces)
