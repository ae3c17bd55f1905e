"""Registers of melody and bass by style, from openings of human pieces.

    python -m tools.fit registers                prints a table by style
    python -m tools.fit registers --write        writes composer/arranging/registers.toml

For each style that is written by phrases: the lowest and the highest pitch of the melody (`composer.analysis.melody`) in
sixteen bars, the lowest pitch of all unless the pieces are single lines, and the notes of the melody per quarter note, each
as quartiles of the pieces. The extreme two percent of the notes of a melody are left out, because the estimate sometimes
takes a note of the accompaniment. Beside violins, flutes are left out: they double the melody an octave above. Where most
pieces have a piano on two staves, also the semitones that the left hand spans in a bar, and the share of the right hand's
strokes that are chords, and of bars in which the left hand strikes chords, holds notes, or rests.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np

from benchmarks.openings import BARS, human_openings
from composer.analysis.arrays import score_arrays
from composer.analysis.melody import melody_line
from composer.analysis.playability import KEYBOARDS
from composer.arranging.tables import PHRASES, bands
from composer.score import TICKS_PER_QUARTER, Note, Score
from tools.corpus import ROOT

_PIECES, _FEWEST = 40, 8
_PERCENTILES, _OUTER = (25, 50, 75), 2
_LONG_REST = 0.25  # of a bar
_VIOLIN, _FLUTES = 40, (72, 73)

Hand = list[list[set[int]]]

_HEAD = """# Registers by style in MIDI pitches, from openings of human pieces, made by `python -m tools.fit registers --write`.
# low, high: the lowest and highest pitch of the melody; bass: the lowest pitch of all parts. pace: notes of the melody per
# quarter note. span: semitones that a pianist's left hand spans in a bar. Quartiles of the pieces. doubled: share of the
# strokes of a pianist's right hand that are chords; chords: share of the bars in which most strokes of the left hand after
# the first one are chords; held: of bars in which it strikes once in two quarters or less; rests: of bars in which it is
# silent for more than a quarter of the bar; changes: of bars in which it has another rhythm than in the one before.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--pieces", type=int, default=_PIECES, help="maximum pieces per style")
    parser.add_argument("--write", action="store_true", help="write the arranger's table")
    options = parser.parse_args()
    rows = [_HEAD]
    for style in (name for name, band in bands().items() if band.lead == PHRASES):
        scores = [opening.score for opening in human_openings([style], options.pieces)[style]]
        found = [_registers(score) for score in scores]
        if len(found) < _FEWEST:
            print(f"{style}: only {len(found)} pieces, no row")
            continue
        low, high, bass = _quartiles(found)
        pace = np.percentile([_pace(score) for score in scores], _PERCENTILES).round(2).tolist()
        rows.append(f"[{style}]  # {len(found)} pieces\nlow = {low}\nhigh = {high}\n")
        if any(len(score.parts) > 1 for score in scores):
            rows[-1] += f"bass = {bass}\n"
        rows[-1] += f"pace = {pace}\n"
        hands = [staves for score in scores if (staves := _hands(score)) is not None]
        if 2 * len(hands) > len(scores):
            doubled = np.mean([np.mean([len(stroke) > 1 for strokes in right for stroke in strokes]) for right, _ in hands])
            chords = np.mean([_chordal(left) for _, left in hands])
            rows[-1] += f"span = {_quartiles([_span(left) for _, left in hands])}\n"
            rows[-1] += f"doubled = {doubled:.2f}\nchords = {chords:.2f}\n"
            left = np.array([figure for score in scores if _hands(score) for figure in _bars_of_left(score)])
            rows[-1] += f"held = {np.mean(left[:, 0]):.2f}\nrests = {np.mean(left[:, 1]):.2f}\n"
            rows[-1] += (
                f"changes = {np.mean([change for score in scores if _hands(score) for change in _changes(score)]):.2f}\n"
            )
        print(rows[-1], flush=True)
    if options.write:
        (ROOT / "composer/arranging/registers.toml").write_text("\n".join(rows))


def _quartiles(found: Sequence[object]) -> list[Any]:
    quartiles: list[Any] = np.percentile(np.array(found), _PERCENTILES, axis=0).round().astype(int).T.tolist()
    return quartiles


def _hands(score: Score) -> tuple[Hand, Hand] | None:
    """The upper and the lower staff of a keyboard, the pitches of each stroke by bar; `None` without two staves."""
    staves = _staves(score)
    return (_hand(staves[0], score), _hand(staves[-1], score)) if len(staves) > 1 else None


def _staves(score: Score) -> list[Sequence[Note]]:
    """The staves of keyboards, from the highest down."""
    staves = [part.notes for part in score.parts if part.program in KEYBOARDS and part.notes and not part.is_drum]
    return sorted(staves, key=lambda notes: -float(np.mean([note.pitch for note in notes])))


def _hand(notes: Sequence[Note], score: Score) -> Hand:
    ticks = score.bars[0].time_signature.bar_ticks
    bars: dict[int, dict[int, set[int]]] = {}
    for note in notes:
        bars.setdefault(note.start_ticks // ticks, {}).setdefault(note.start_ticks, set()).add(note.pitch)
    return [[strokes[onset] for onset in sorted(strokes)] for strokes in bars.values()]


def _span(hand: Hand) -> float:
    """Median semitones that a hand spans in a bar."""
    return float(np.median([max(map(max, strokes)) - min(map(min, strokes)) for strokes in hand]))


def _chordal(hand: Hand) -> float:
    """Share of the bars of several strokes in which at least half of those after the first one have several notes."""
    bars = [[len(stroke) > 1 for stroke in strokes[1:]] for strokes in hand if len(strokes) > 1]
    return float(np.mean([2 * sum(chords) >= len(chords) for chords in bars])) if bars else 0.0


def _bars_of_left(score: Score) -> list[tuple[bool, bool]]:
    """For each bar but the last, whether the left hand strikes once in two quarters or less, and whether it rests for long."""
    notes = _staves(score)[-1]
    found = []
    for bar in score.bars[: BARS - 1]:
        struck = {note.start_ticks for note in notes if bar.start_ticks <= note.start_ticks < bar.end_ticks}
        places = range(bar.start_ticks, bar.end_ticks, TICKS_PER_QUARTER // 4)
        silent = np.mean([not any(note.start_ticks <= place < note.end_ticks for note in notes) for place in places])
        holds = 0 < len(struck) * 2 * TICKS_PER_QUARTER <= bar.end_ticks - bar.start_ticks
        found.append((holds, bool(silent > _LONG_REST)))
    return found


def _changes(score: Score) -> list[bool]:
    """For each bar but the first and the last, whether the left hand has another rhythm than in the bar before."""
    notes = _staves(score)[-1]
    rhythms = [
        {note.start_ticks - bar.start_ticks for note in notes if bar.start_ticks <= note.start_ticks < bar.end_ticks}
        for bar in score.bars[: BARS - 1]
    ]
    return [before != after for before, after in pairwise(rhythms)]


def _registers(score: Score) -> tuple[float, float, float]:
    line = [note.pitch for note in melody_line(score_arrays(_without_flutes(score)))]
    low, high = np.percentile(line, [_OUTER, 100 - _OUTER])
    return float(low), float(high), float(min(note.pitch for part in score.parts if not part.is_drum for note in part.notes))


def _pace(score: Score) -> float:
    """Notes of the melody per quarter note."""
    return len(melody_line(score_arrays(_without_flutes(score)))) * TICKS_PER_QUARTER / score.end_ticks


def _without_flutes(score: Score) -> Score:
    """A score without its flutes; unchanged if it has no violins."""
    if not any(part.program == _VIOLIN and part.notes and not part.is_drum for part in score.parts):
        return score
    return replace(score, parts=tuple(part for part in score.parts if part.is_drum or part.program not in _FLUTES))


if __name__ == "__main__":
    main()
