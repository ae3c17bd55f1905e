"""Figures of accompaniment by style and meter, counted in the corpus, for `composer.arranging.accompanist`.

    python -m tools.fit accompaniments > composer/arranging/accompaniments.json        about five minutes; needs the corpus

A bar of a hand (or of an inner string part) becomes a pattern of equal cells, triplets where the bar has triplets: a dot
rests, a hyphen holds, b is the lowest tone of the chord's span, B the same held below what follows, o its octave, digits
single chord tones by rank above it, e two tones above it, c more, C a chord with it, u and d a step up or down to a tone
outside the chord. Hands of one player, and the lower strings of a quartet, are counted together ("right|left"). Only patterns
are kept, with counts of all bars and of bars that close a phrase; with the mean pitch of the lowest tone; and with the
patterns that follow them inside a phrase and close it. Knows no passages.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from composer.analysis.chords import estimate_chords
from composer.analysis.key import estimate_key
from composer.analysis.melody import melody_line
from composer.analysis.phrasing import find_phrase_ends
from composer.errors import CantilenaError
from composer.score import Bar, Chord, Note, Part, Score
from composer.training.data.corpus import list_items, read_item
from composer.training.data.tagging import genre_style
from tools.corpus import corpus_folder

PIECES = 600  # a row at most
FIGURES = 40  # of a row and meter
FEWEST_PIECES, FEWEST_BARS, FEWEST_FIGURES = 2, 8, 8  # a figure of one piece needs as many bars
FOLLOWERS = 6
METERS = ("2/4", "3/4", "4/4", "2/2", "6/8", "3/8", "9/8", "12/8")
GRIDS = (240, 120, 160)  # ticks of a cell, the first that fits
ROWS = {
    "nocturne": ("nocturne",),
    "waltz": ("waltz",),
    "mazurka": ("mazurka",),
    "character-piece": ("character-piece", "fantasia", "prelude"),
    "sonata": ("sonata", "rondo"),
    "variations": ("variations",),
    "dance-suite": ("dance-suite",),
    "ballroom-dance": ("ballroom-dance", "polonaise", "krakowiak"),
    "lied": ("lied",),
    "string-quartet": ("string-quartet",),
}
RIGHT, STRING = {"C": "c", "e": "c", "o": "c", "B": "b"}, {"C": "b", "c": "b", "e": "b", "o": "b", "B": "b"}
DOUBLED = 0.6  # share of a right hand's tops that are the voice's: it plays the melody


@dataclass
class Counts:
    """What is counted of one row in one meter."""

    pieces: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    kinds: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    basses: dict[str, int] = field(default_factory=Counter)
    after: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    close_of: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))


def grid_of(notes: Sequence[Note], bar: Bar) -> int | None:
    """Ticks of the cells of which all notes of a bar start on one."""
    ticks = bar.time_signature.bar_ticks
    places = [note.start_ticks - bar.start_ticks for note in notes]
    return next((grid for grid in GRIDS if ticks % grid == 0 and not any(place % grid for place in places)), None)


def pattern_of(
    notes: Sequence[Note], spans: Sequence[tuple[int, Chord]], bar: Bar, merged: Mapping[str, str]
) -> tuple[str, int] | None:
    """A bar of one part as a pattern, and the pitch of its lowest tone; `None` if it does not fit the grid.

    Args:
        notes: that start in the bar.
        spans: the bar's chords and their first ticks.
        bar: the bar.
        merged: signs that count as others.
    """
    start, ticks = bar.start_ticks, bar.time_signature.bar_ticks
    grid = grid_of(notes, bar)
    if not grid:
        return None
    signs = ["."] * (ticks // grid)
    edges = [at for at, _ in spans[1:]] + [start + ticks]
    lowest_of_bar, before = 0, None
    for (_, chord), first, end in zip(spans, [start, *edges], edges, strict=False):
        mine = [note for note in notes if first <= note.start_ticks < end]
        if not mine:
            continue
        base = min(note.pitch for note in mine)
        lowest_of_bar = lowest_of_bar or base
        groups: dict[int, list[Note]] = defaultdict(list)
        for note in mine:
            groups[note.start_ticks].append(note)
        order = sorted(groups)
        for number, at in enumerate(order):
            group = sorted(groups[at], key=lambda note: note.pitch)
            following = order[number + 1] if number + 1 < len(order) else end
            sign = sign_of([note.pitch for note in group], base, chord, before)
            if sign is None:
                return None
            sign = merged.get(sign, sign)
            held = group[0].end_ticks >= following + 420 and following < end
            signs[(at - start) // grid] = "B" if sign == "b" and held else sign
            sounds = max(note.end_ticks for note in group) - at
            until = following if sounds * 2 > following - at or following - at <= 240 else at + max(grid, sounds)
            for cell in range((at - start) // grid + 1, min(len(signs), (until - start) // grid)):
                signs[cell] = "-"
            before = group[0].pitch if len(group) == 1 else None
    return "".join(signs), lowest_of_bar


def sign_of(pitches: Sequence[int], base: int, chord: Chord, before: int | None) -> str | None:
    """The sign of what strikes together."""
    tones = chord.pitch_classes
    if len(pitches) > 1:
        if pitches[0] == base:
            return "o" if all((pitch - base) % 12 == 0 for pitch in pitches) else "C"
        return "e" if len(pitches) == 2 else "c"
    pitch = pitches[0]
    if pitch == base:
        return "b"
    if pitch % 12 not in tones and before is not None and 1 <= abs(pitch - before) <= 2:
        return "u" if pitch > before else "d"
    classes = {base % 12} | ladder_classes(chord)
    rank = sum(1 for p in range(base + 1, pitch + 1) if p % 12 in classes)
    return str(rank) if 0 < rank < 10 else None if rank else "b"


def ladder_classes(chord: Chord) -> set[int]:
    """Three tones of a chord: of a seventh chord without the fifth, which broken chords leave out first."""
    tones = sorted(chord.pitch_classes, key=lambda pc: (pc - chord.root) % 12)
    return {pc for pc in tones if len(tones) < 4 or (pc - chord.root) % 12 not in (6, 7, 8)}


def staves(score: Score) -> list[Part] | None:
    """Right and left hand of a piano, with a voice before them where there is one."""
    parts = [part for part in score.parts if not part.is_drum and part.notes]
    right = next((part for part in parts if part.name.endswith("(right hand)")), None)
    left = next((part for part in parts if part.name.endswith("(left hand)")), None)
    if right and left:
        return [*[part for part in parts if part not in (right, left)][:1], right, left]
    return parts if len(parts) == 2 and parts[0].program == parts[1].program < 8 else None


def players(score: Score, row: str) -> tuple[list[Note], list[Part]] | None:
    """The melody's notes and the parts that accompany it."""
    if row == "string-quartet":
        parts = [part for part in score.parts if part.notes]
        return (list(parts[0].notes), parts[1:]) if len(parts) == 4 else None
    parts = staves(score) or []
    if row == "lied":
        return (list(parts[0].notes), parts[1:]) if len(parts) == 3 else None
    return (list(melody_line(score)), parts[1:]) if len(parts) == 2 else None


def doubles(notes: Sequence[Note], melody: Sequence[Note]) -> bool:
    """Whether a right hand plays the voice's melody."""
    tops: dict[int, int] = {}
    for note in notes:
        tops[note.start_ticks] = max(tops.get(note.start_ticks, 0), note.pitch)
    sung = {note.start_ticks: note.pitch for note in melody}
    same = sum(at in sung and (pitch - sung[at]) % 12 == 0 for at, pitch in tops.items())
    return len(tops) > 1 and same >= DOUBLED * len(tops)


def within(notes: Sequence[Note], starts: Sequence[int], bar: Bar) -> list[Note]:
    """The notes that start in a bar."""
    return list(notes[bisect_left(starts, bar.start_ticks) : bisect_left(starts, bar.end_ticks)])


def count(score: Score, row: str, number: int, table: dict[str, Counts]) -> None:
    """Counts the bars of one piece."""
    found = players(score, row)
    if found is None:
        return
    melody, parts = found
    key = score.key or estimate_key(score).key
    symbols = [symbol for symbol in estimate_chords(score, key) if symbol.chord]
    places = [symbol.start_ticks for symbol in symbols]
    ends = {bar for bar, end in enumerate(find_phrase_ends(score, symbols, key)) if end}
    melody_starts = [note.start_ticks for note in melody]
    tracks = [(list(part.notes), [note.start_ticks for note in part.notes]) for part in parts]
    before: str | None = None
    for bar in score.bars:
        counts, closes = table[str(bar.time_signature)], bar.index in ends
        at = bisect_right(places, bar.start_ticks) - 1
        if str(bar.time_signature) not in METERS or at < 0:
            before = None
            continue
        inside = [s for s in symbols[at + 1 : at + 3] if s.start_ticks < bar.end_ticks]
        spans = [(bar.start_ticks, symbols[at].chord), *((s.start_ticks, s.chord) for s in inside)]
        tune = within(melody, melody_starts, bar)
        hands = [within(notes, starts, bar) for notes, starts in tracks]
        signs = [STRING] * 3 if row == "string-quartet" else [RIGHT, {}][-len(hands) :]
        read = [pattern_of(n, spans, bar, merged) if n else (".", 0) for n, merged in zip(hands, signs, strict=True)]  # type: ignore[arg-type]
        if None in read or not any(hands) or (row == "lied" and doubles(hands[0], tune)):
            before = None
            continue
        pattern = "|".join(pair[0] for pair in read if pair)
        counts.pieces[pattern].add(number)
        kinds = counts.kinds[pattern]
        kinds["all"] += 1
        kinds["close"] += closes
        counts.basses[pattern] += read[-1][1] if read[-1] else 0
        if before is not None:
            (counts.close_of if closes else counts.after)[before][pattern] += 1
        before = pattern


def row_of(counts: Counts) -> list[list[object]] | None:
    """The figures that enough pieces have, with what follows them; `None` if there are too few."""
    order = sorted(
        counts.kinds, key=lambda pattern: (-len(counts.pieces[pattern]) * counts.kinds[pattern]["all"] ** 0.5, pattern)
    )
    kept = [p for p in order if len(counts.pieces[p]) >= FEWEST_PIECES or counts.kinds[p]["all"] >= FEWEST_BARS][:FIGURES]
    if len(kept) < FEWEST_FIGURES:
        return None
    index = {pattern: number for number, pattern in enumerate(kept)}

    def followers(source: Counter[str]) -> list[int]:
        pairs = [(other, n) for other, n in source.most_common() if other in index][:FOLLOWERS]
        return [value for other, n in pairs for value in (index[other], n)]

    figures = []
    for pattern in kept:
        kinds = counts.kinds[pattern]
        low = round(counts.basses[pattern] / kinds["all"])
        after, closing = followers(counts.after[pattern]), followers(counts.close_of[pattern])
        figures.append([pattern, kinds["all"], kinds["close"], low, after, closing])
    return figures


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    by_style = defaultdict(list)
    for item in list_items(corpus_folder(), splits=["train"]):
        by_style[genre_style(item.source, item.row)].append(item)
    lines = []
    for row, styles in ROWS.items():
        items = [item for style in styles for item in by_style[style]]
        random.Random(1).shuffle(items)
        table: dict[str, Counts] = defaultdict(Counts)
        for number, item in enumerate(items[:PIECES]):
            try:
                count(read_item(item).score, row, number, table)
            except CantilenaError as error:
                print(item.id, error, file=sys.stderr)
        meters = {meter: found for meter, counts in table.items() if (found := row_of(counts))}
        print(row, {meter: len(found) for meter, found in meters.items()}, file=sys.stderr, flush=True)
        lines.append(f"{json.dumps(row)}: {json.dumps(meters, separators=(',', ':'))}")
    print("{\n" + ",\n".join(lines) + "\n}")


if __name__ == "__main__":
    main()
