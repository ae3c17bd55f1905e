"""Rhythms and intervals of melodies by style and meter, counted in the corpus, for `composer.arranging.melodist`.

    python -m tools.fit tunes > composer/arranging/tunes_of_styles.json        about four minutes; needs the corpus

For each style and meter: rhythms of bars that begin a phrase, carry it on and close it (`composer.analysis.phrasing`), as
strings of sixteenths (x strikes, - holds, a dot rests), with how often they occur; and how often the melody moves by each
number of scale steps. Bars with other divisions are left out. Only rhythms of three or more pieces are kept.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import Counter, defaultdict
from itertools import pairwise

from composer.analysis.chords import estimate_chords
from composer.analysis.key import estimate_key
from composer.analysis.melody import melody_line
from composer.analysis.phrasing import find_phrase_ends
from composer.errors import CantilenaError
from composer.score import Note, Score
from composer.training.data.corpus import list_items, read_item
from composer.training.data.tagging import genre_style
from tools.corpus import corpus_folder

PIECES = 90  # a style at most
ROWS = 24  # of each kind
FEWEST = 3  # pieces of a rhythm, and rhythms of a kind
FEWEST_SHARE = 0.0005
Rhythms = dict[str, dict[str, Counter[str]]]
Seen = dict[tuple[str, str, str], set[int]]
METERS = ("2/4", "3/4", "4/4", "2/2", "6/8", "3/8", "9/8", "12/8", "3/2", "4/2", "6/4")


def cells(notes: list[Note], start: int, ticks: int, held: bool) -> str | None:
    """A bar's rhythm; `None` where it does not fit the grid."""
    signs = ["."] * (ticks // 120)
    for note in notes:
        at, rest = divmod(note.start_ticks - start, 120)
        if rest or at >= len(signs):
            return None
        signs[at] = "x"
        for hold in range(at + 1, min(len(signs), at + max(1, round(note.duration_ticks / 120)))):
            signs[hold] = "-"
    if held:
        for at, sign in enumerate(signs):
            if sign != ".":
                break
            signs[at] = "-" if not notes or at * 120 < notes[0].start_ticks - start else sign
    return "".join(signs)


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    by_style = defaultdict(list)
    for item in list_items(corpus_folder(), splits=["train"]):
        style = genre_style(item.source, item.row)
        if style:
            by_style[style].append(item)
    result = {}
    for style, items in sorted(by_style.items()):
        random.Random(1).shuffle(items)
        rhythms: Rhythms = defaultdict(lambda: defaultdict(Counter))
        seen: Seen = defaultdict(set)
        steps = Counter[int]()
        for number, item in enumerate(items[:PIECES]):
            try:
                count(read_item(item).score, number, rhythms, seen, steps)
            except CantilenaError as error:
                print(item.id, error, file=sys.stderr)
        meters = {meter: row for meter, kinds in rhythms.items() if (row := _frequent(meter, kinds, seen))}
        if meters:
            total = sum(steps.values())
            shares = {str(step): round(n / total, 4) for step, n in sorted(steps.items()) if n / total > FEWEST_SHARE}
            result[style] = {"meters": meters, "steps": shares}
        print(style, len(items), ", ".join(meters), file=sys.stderr, flush=True)
    json.dump(result, sys.stdout, indent=0)


def _frequent(meter: str, kinds: dict[str, Counter[str]], seen: Seen) -> dict[str, list[tuple[str, int]]] | None:
    """The rhythms of a meter that enough pieces have; `None` if a kind of bar has too few."""
    kept = {
        kind: [(pattern, n) for pattern, n in counter.most_common(200) if len(seen[meter, kind, pattern]) >= FEWEST][:ROWS]
        for kind, counter in kinds.items()
    }
    return kept if all(len(kept.get(kind, [])) >= FEWEST for kind in ("open", "go", "close")) else None


def count(score: Score, number: int, rhythms: Rhythms, seen: Seen, steps: Counter[int]) -> None:
    """Counts the bars and the moves of one piece's melody."""
    line = melody_line(score)
    if len(line) < 16:
        return
    key = score.key or estimate_key(score).key
    ends = {bar for bar, end in enumerate(find_phrase_ends(score, estimate_chords(score), key)) if end}
    scale = sorted(key.scale)

    def degree(pitch: int) -> float:
        octave, pc = divmod(pitch, 12)
        below = sum(1 for s in scale if s <= pc)
        return 7 * octave + below - (0 if pc in scale else -0.5)

    for before, after in pairwise(line):
        if after.start_ticks - before.end_ticks < 480:
            a, b = degree(before.pitch), degree(after.pitch)
            if before.pitch % 12 in key.scale and after.pitch % 12 in key.scale:
                steps[int(b - a)] += 1
    starts = []
    meter_at = []
    signatures = sorted(score.time_signatures)
    position, index = 0, 0
    end_ticks = max(note.end_ticks for note in line)
    while position < end_ticks:
        while index + 1 < len(signatures) and signatures[index + 1].start_ticks <= position:
            index += 1
        starts.append(position)
        meter_at.append(signatures[index])
        position += signatures[index].bar_ticks
    at = 0
    phrase_place = 0
    for bar, start in enumerate(starts):
        meter = f"{meter_at[bar].numerator}/{meter_at[bar].denominator}"
        ticks = meter_at[bar].bar_ticks
        while at < len(line) and line[at].start_ticks < start:
            at += 1
        notes = []
        k = at
        while k < len(line) and line[k].start_ticks < start + ticks:
            notes.append(line[k])
            k += 1
        held = at > 0 and line[at - 1].end_ticks > start + 60
        pattern = cells(notes, start, ticks, held) if meter in METERS else None
        kind = "close" if bar in ends else "open" if phrase_place < 2 else "go"
        if pattern and "x" in pattern:
            rhythms[meter][kind][pattern] += 1
            seen[meter, kind, pattern].add(number)
        phrase_place = 0 if bar in ends else phrase_place + 1
