"""Prints the learning curve in a run's log: held-out bits per note over time, overall and by source.

python -m benchmarks curve runs/base/log.jsonl
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("log", type=Path, nargs="?", default=Path("runs/base/log.jsonl"))
    log = parser.parse_args().log
    if not log.is_file():
        print(f"{log} is missing: the curve is printed where a run has been trained")
        return
    rows = [json.loads(line) for line in log.read_text().splitlines()]
    measured = [row for row in rows if "valid" in row]
    sources = list(measured[0]["valid"]) if measured else []
    print(" | ".join(("minutes", "M tokens", "bits per note", *sources)))
    for row in measured:
        by_source = [f"{row['valid'][source]:.2f}" for source in sources]
        overall = [f"{row['minutes']:.0f}", f"{row['tokens'] / 1e6:.2f}", f"{row['valid_bits_per_note']:.3f}"]
        print(" | ".join(overall + by_source))
