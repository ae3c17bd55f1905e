"""Labels a corpus piece for the tokenizer: the score with key and chords, and the controls.

Key, style and composer come from the source if it states them; everything else is measured by `composer.analysis`, the same
code that judges the output. Unknown values are removed, not invented: tempo without a mark, dynamics without a sign.
"""

from __future__ import annotations

from dataclasses import replace

from composer.analysis import Analysis, ScoreArrays, analyze, score_arrays
from composer.controls import Controls
from composer.score import DEFAULT_VELOCITY, KeySignature, Part, Score
from composer.training.data.corpus import Piece


def label(piece: Piece) -> tuple[Score, Controls]:
    """The score to tokenize and its control labels.

    The score starts with its main key and has chords (both from the source, or estimated if it states none), tempo only if
    known, and the default velocity if dynamics are unknown. A drums-only piece has neither key nor chords.

    >>> from composer.score import Note, Tempo
    >>> notes = tuple(Note(960 * i, pitch, 960) for i, pitch in enumerate([67, 71, 74, 79, 74, 71, 67, 67]))
    >>> score = Score((Part("Flute", 73, notes),), tempos=(Tempo(0, 100.0),))
    >>> piece = Piece("x", "folder", "train", "CC0-1.0", "", "x", "x", score, genre="march", tempo_known=False)
    >>> labeled, controls = label(piece)
    >>> str(labeled.key), labeled.tempos, labeled.chords[0].chord.symbol(), controls.styles, controls.recalls[1]
    ('G major', (), 'G', ('march',), 0)
    """
    score = _without_unknowns(piece)
    arrays = score_arrays(score)
    measured = analyze(arrays, piece.key if piece.key_source == "annotated" else None)
    styles = piece.styles
    controls = replace(measured.controls(), styles=styles, composer=piece.composer)
    return _with_harmony(score, arrays, measured), controls


def _without_unknowns(piece: Piece) -> Score:
    score = piece.score
    if not piece.tempo_known:
        score = replace(score, tempos=())
    if not piece.dynamics_known:
        score = replace(score, parts=tuple(_level(part) for part in score.parts))
    return score


def _level(part: Part) -> Part:
    if all(note.velocity == DEFAULT_VELOCITY for note in part.notes):
        return part
    return replace(part, notes=tuple(replace(note, velocity=DEFAULT_VELOCITY) for note in part.notes))


def _with_harmony(score: Score, arrays: ScoreArrays, measured: Analysis) -> Score:
    if not len(arrays.notes):
        return replace(score, keys=(), chords=())
    later = tuple(change for change in score.keys if change.start_ticks > 0)
    return replace(score, keys=(KeySignature(0, measured.key.key), *later), chords=score.chords or measured.chords)
