"""How often does a piece repeat itself? Prints the share of its ids that a draft from its past predicts.

    python -m benchmarks drafts SIDECAR...

The draft is the id that last followed the same four, three or two ids. Ids that were given, not sampled, count as well, so the
figures are upper bounds.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

LONGEST, SHORTEST = 4, 2


def guesses(ids: list[int]) -> list[bool | None]:
    """Whether each id was predicted; `None` without a draft."""
    seen: dict[tuple[int, ...], int] = {}
    found: list[bool | None] = []
    for end in range(LONGEST, len(ids)):
        keys = [tuple(ids[end - size : end]) for size in range(LONGEST, SHORTEST - 1, -1)]
        draft = next((seen[key] for key in keys if key in seen), None)
        found.append(None if draft is None else draft == ids[end])
        seen |= dict.fromkeys(keys, ids[end])
    return found


def main() -> None:
    pieces = [guesses(json.loads(Path(name).read_text())["streams"][0]) for name in sys.argv[1:]]
    all_ids = [guess for piece in pieces for guess in piece]
    drafted, right = sum(guess is not None for guess in all_ids), sum(guess is True for guess in all_ids)
    print(f"{len(pieces)} pieces, {len(all_ids)} ids")
    print(f"with a draft: {drafted / len(all_ids):.0%}; right: {right / drafted:.0%} of those")
    print(f"right ones in a row: {right / (len(all_ids) - right):.2f}")
