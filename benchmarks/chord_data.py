"""Chord analyses that music21 ships, aligned with the notes of their pieces."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from composer.analysis import ScoreArrays
from composer.score import CHORD_QUALITIES, Chord, Note, Part, Score, TimeSignature

ANALYSED = {"bach": "bach/choraleAnalyses/*.rntxt", "monteverdi": "monteverdi/*.rntxt"}
QUALITY_NAMES = {
    "major triad": "maj", "minor triad": "min", "diminished triad": "dim", "augmented triad": "aug",
    "dominant seventh chord": "7", "major seventh chord": "maj7", "minor seventh chord": "min7",
    "half-diminished seventh chord": "hdim7", "diminished seventh chord": "dim7",
    "incomplete dominant-seventh chord": "7", "incomplete half-diminished seventh chord": "hdim7",
}  # fmt: skip
FILLS = 0.7  # minimum share of a segment that its chord must fill to count
LIES_ON_NOTES = 0.8  # minimum share of sounding time in annotated chord tones for an analysis to match its score


class AnnotatedChord(NamedTuple):
    start_ticks: int
    chord: Chord | None


def read_analysed(collection: str) -> Iterator[tuple[Score, list[AnnotatedChord]]]:
    """Scores and their analyses; those that music21 cannot match are skipped."""
    import music21

    warnings.simplefilter("ignore")
    for path in sorted((Path(music21.__file__).parent / "corpus").glob(ANALYSED[collection])):
        try:
            yield _read(path)
        except (music21.exceptions21.Music21Exception, KeyError, IndexError, AttributeError):
            continue


def _read(path: Path) -> tuple[Score, list[AnnotatedChord]]:
    from music21 import converter, corpus

    analysis = converter.parse(path, format="romantext")
    number = re.search(r"riemenschneider(\d+)", path.stem)
    if number:
        listing = corpus.chorales.ChoraleListRKBWV().byRiemenschneider
        source = corpus.parse(f"bach/bwv{listing[int(number[1])]['bwv']}")
    else:
        source = corpus.parse(f"monteverdi/{path.stem}.mxl")
    measures = {measure.number: measure for measure in source.parts[0].getElementsByClass("Measure")}
    first = next(iter(measures.values()))
    padding = max(0, _ticks(first.barDuration.quarterLength) - _ticks(first.duration.quarterLength))
    chords = [
        AnnotatedChord(padding + _ticks(measures[measure.number].offset + numeral.offset), _chord(numeral))
        for measure in analysis.parts[0].getElementsByClass("Measure")
        if measure.number in measures
        for numeral in measure.getElementsByClass("RomanNumeral")
    ]
    return _score(source, padding), sorted(chords, key=lambda chord: chord.start_ticks)


def _score(source: Any, padding: int) -> Score:
    parts = []
    for part in source.parts:
        notes = [
            Note(padding + _ticks(element.offset), pitch.midi, max(1, _ticks(element.quarterLength)))
            for element in part.flatten().stripTies().notes
            for pitch in element.pitches
        ]
        parts.append(Part(part.partName or "", 52, tuple(sorted(notes))))
    meters = source.parts[0].flatten().getElementsByClass("TimeSignature")
    signatures = [
        TimeSignature(padding * (meter.offset > 0) + _ticks(meter.offset), meter.numerator, meter.denominator)
        for meter in meters
    ]
    return Score(tuple(parts), time_signatures=tuple(signatures))


def _ticks(quarters: float) -> int:
    return round(float(quarters) * 480)


def _chord(numeral: Any) -> Chord | None:
    quality = QUALITY_NAMES.get(numeral.commonName)
    return Chord(numeral.root().pitchClass, quality) if quality else None


def segment_truth(arrays: ScoreArrays, analysis: list[AnnotatedChord]) -> dict[int, Chord] | None:
    """The chord of each segment that one chord fills; `None` if the chords do not match the notes."""
    truth: dict[int, Chord] = {}
    ends = [chord.start_ticks for chord in analysis[1:]] + [int(arrays.segment_start[-1])]
    for (start, chord), end in zip(analysis, ends, strict=True):
        first = max(0, int(np.searchsorted(arrays.segment_start, start, side="right")) - 1)
        for segment in range(first, len(arrays.segment_bar)):
            left, right = int(arrays.segment_start[segment]), int(arrays.segment_start[segment + 1])
            if left >= end:
                break
            if chord and min(end, right) - max(start, left) >= FILLS * (right - left):
                truth[segment] = chord
    in_chord = total = 0.0
    chroma = np.zeros((len(arrays.segment_bar), 12))
    np.add.at(chroma, arrays.beat_segment, arrays.chroma)
    for segment, chord in truth.items():
        tones = [(chord.root + interval) % 12 for interval in CHORD_QUALITIES[chord.quality]]
        in_chord, total = in_chord + chroma[segment, tones].sum(), total + chroma[segment].sum()
    truth = {segment: chord for segment, chord in truth.items() if chroma[segment].any()}
    return truth if total and in_chord / total >= LIES_ON_NOTES else None
