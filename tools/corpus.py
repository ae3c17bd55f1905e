"""Where the checkout and the training corpus are, for programs that are run from the checkout."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def corpus_folder() -> Path:
    """The folder of the corpus: $CANTILENA_CORPUS, else `shared/corpus` beside the checkout. It may not exist."""
    return Path(os.environ.get("CANTILENA_CORPUS", ROOT.parent / "shared" / "corpus")).resolve()
