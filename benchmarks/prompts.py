"""How often is a prompt read as intended? Uses tests/prompt/prompts.toml, by half.

    python -m benchmarks prompts                both halves, per option
    python -m benchmarks prompts --misses held_out

The sets from general on also hold how their dry runs were judged at first reading, in `first`, and in `lost` what was
lost. "Spoiled" is a wrong genre or length, a refusal, or a band that a feature replaced.

A prompt is correct if every intended option has the intended value and no other option is set, except those that the writer
left free. Intervals are Wilson's 95 %. The file explains how values are compared.
"""

from __future__ import annotations

import argparse
import math
import time
import tomllib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from composer.brief import Brief, parse_styles
from composer.errors import BadInputError
from composer.prompt import parse_prompt

PROMPTS = Path(__file__).resolve().parent.parent / "tests" / "prompt" / "prompts.toml"
SHARE_TOLERANCE = 0.1
JUDGMENTS = ("as meant", "partly", "spoiled")


def read_prompts() -> dict[str, list[dict[str, Any]]]:
    return tomllib.loads(PROMPTS.read_text(encoding="utf-8"))


def understand(text: str) -> dict[str, Any]:
    """Options of a prompt as written in a brief; empty if nothing is understood or the brief refuses them."""
    try:
        options = Brief.from_dict(parse_prompt(text).options).to_dict()
    except BadInputError:
        return {}
    return {option: value for option, value in options.items() if option != "seed"}


def judge(entry: dict[str, Any]) -> dict[str, bool]:
    """Whether each intended or found option that is not free is correct."""
    found, free = understand(entry["text"]), entry.get("free", [])
    options = [option for option in {**entry["want"], **found} if option not in free]
    return {option: _is_right(option, entry["want"].get(option), found.get(option)) for option in options}


def _is_right(option: str, expected: Any, found: Any) -> bool:
    if expected is None or found is None:
        return False
    if option == "style":
        return any(_same_shares(choice, found) for choice in expected.split("|"))
    if option in ("mood", "instruments"):
        return _same_names(expected, found)
    if option in ("tempo", "bars", "duration", "intensity", "density", "scale"):
        low, high = expected if isinstance(expected, list) else (expected, expected)
        return bool(low - 1e-6 <= found <= high + 1e-6)
    if option == "key" and expected in ("major", "minor"):
        return bool(found.endswith(expected))
    return bool(found == Brief.from_dict({option: expected}).to_dict()[option])


def _same_names(expected: list[str], found: list[str]) -> bool:
    """Whether exactly the intended names, or one of the choices for each, are found, with the same counts."""
    left = list(found)
    for item in expected:
        choice = next((name for name in item.split("|") if name in left), None)
        if choice is None:
            return False
        left.remove(choice)
    return not left


def _same_shares(expected: str, found: str) -> bool:
    one, other = (dict(parse_styles(text)) for text in (expected, found))
    return one.keys() == other.keys() and all(
        abs(one[name] / sum(one.values()) - other[name] / sum(other.values())) <= SHARE_TOLERANCE for name in one
    )


def wilson(right: int, total: int) -> str:
    """A share with its Wilson score interval (Wilson 1927), 95 %."""
    z, share = 1.96, right / total
    middle = (share + z * z / (2 * total)) / (1 + z * z / total)
    reach = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total)) / (1 + z * z / total)
    return f"{right}/{total} = {100 * share:.0f} % [{100 * (middle - reach):.0f}, {100 * (middle + reach):.0f}]"


def first_readings(entries: Sequence[dict[str, Any]]) -> str:
    """How the dry runs of the prompts were judged before anything was mended because of them."""
    counts = Counter(entry["first"] for entry in entries)
    shares = ", ".join(f"{judgment} {wilson(counts[judgment], len(entries))}" for judgment in JUDGMENTS)
    return f"first reading, judged as a musician reads the dry run: {shares}"


def report(half: str, entries: list[dict[str, Any]]) -> None:
    if "first" in entries[0]:
        print(f"{half}: {first_readings(entries)}")
    judged = [judge(entry) for entry in entries]
    print(f"{half}: prompts wholly right {wilson(sum(all(result.values()) for result in judged), len(judged))}")
    expected = Counter(option for entry in entries for option in entry["want"] if option not in entry.get("free", []))
    right = Counter(option for result in judged for option, is_right in result.items() if is_right)
    extra = Counter(
        option
        for entry, result in zip(entries, judged, strict=True)
        for option, is_right in result.items()
        if not is_right and option not in entry["want"]
    )
    print(f"  options right {wilson(sum(right.values()), sum(expected.values()))}, not intended {sum(extra.values())}")
    for option, count in expected.most_common():
        print(f"  {option:12} right {right[option]:3}/{count:3}   not intended {extra[option]:2}")


def print_misses(entries: list[dict[str, Any]]) -> None:
    for entry in entries:
        wrong = [option for option, is_right in judge(entry).items() if not is_right]
        if wrong:
            found = understand(entry["text"])
            print(entry["text"])
            for option in wrong:
                print(f"    {option}: expected {entry['want'].get(option)}, found {found.get(option)}")


def _seconds_for(texts: Sequence[str]) -> float:
    """Processor time for reading prompts."""
    start = time.process_time()
    for text in texts:
        parse_prompt(text)
    return time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--misses",
        choices=tuple(read_prompts()),
        help="print the errors in a half instead",
    )
    arguments = parser.parse_args()
    halves = read_prompts()
    if arguments.misses:
        print_misses(halves[arguments.misses])
        return
    texts = [entry["text"] for entries in halves.values() for entry in entries]
    load_s, read_s = _seconds_for(texts[:1]), _seconds_for(texts)
    for half, entries in halves.items():
        report(half, entries)
    print(f"{load_s:.2f} s to load the lexicon, then {1000 * read_s / len(texts):.1f} ms per prompt, of processor time")
