"""The cost of 8-bit weights: bits per token of held-out music under each engine, fed token by token.

    python -m benchmarks eight_bits cache/data

The folder was made by `cantilena data build --tokenizer MODEL`. The tokens are the same for all engines, so the ratio also
holds for bits per note.
"""

from __future__ import annotations

import argparse
from itertools import islice, pairwise
from pathlib import Path

import numpy as np

from composer.model import engines
from composer.model.checkpoint import find_model
from composer.tokenizer import Tokenizer
from composer.tokenizer.stream import assemble
from composer.training.data.shards import Shard


def bits(engine: engines.Engine, ids: list[int]) -> float:
    """Bits of all ids but the first."""
    cache, total = engine.new_cache(1), 0.0
    for given, following in pairwise(ids):
        logits = engine.extend(cache, 0, [given]).astype(np.float64)
        logits -= logits.max()
        total += float(np.log(np.exp(logits).sum()) - logits[following])
    return total / np.log(2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--pieces", type=int, default=8)
    parser.add_argument("--ids", type=int, default=161, help="ids per piece, from its beginning")
    args = parser.parse_args()
    folder = find_model()
    tokenizer = Tokenizer.load(folder / "tokenizer.json")
    valid = Shard(args.data / "valid")
    rows = [
        [int(token) for token in assemble(piece, tokenizer.vocabulary)][: args.ids]
        for piece in islice(valid, 0, None, max(1, len(valid) // args.pieces))
    ]
    tokens = sum(len(row) - 1 for row in rows)
    print(f"{tokens} tokens of {len(rows)} pieces\n{'engine':10} {'bits a token':>13} {'ratio':>8}")
    base = 0.0
    for name in ("cpu", "onnx", "onnx-int8"):
        engine = engines.load(folder, name)
        each = sum(bits(engine, row) for row in rows) / tokens
        base = base or each
        print(f"{name:10} {each:13.5f} {each / base:8.4f}", flush=True)
