"""A small data folder for the untrained model: melodies over a bass, some of them selected."""

from __future__ import annotations

import json
from pathlib import Path

from composer.training.data.build import base_tokenizer, open_base, write_data
from composer.training.data.selection import SELECTION_FILE
from composer.training.data.shards import PieceInfo, write_shard
from tests.training.test_dataset import melody


def write_small_data(folder: Path, model: Path) -> Path:
    """Twenty pieces to train on, "p0" to "p3" selected, and five held out."""
    tokenizer = base_tokenizer()
    for split, seeds in (("train", range(20)), ("valid", range(20, 25))):
        pieces = [(PieceInfo(f"p{s}", "made", 20, 1.0), tokenizer.tokenize(*melody(s, 4 + s))) for s in seeds]
        write_shard(folder / "base" / f"made-{split}", pieces)
    write_data(open_base(folder / "base"), folder, model)
    (folder / SELECTION_FILE).write_text(json.dumps(["p0", "p1", "p2", "p3"]))
    return folder
