"""Counts the habits of a user's pieces: ensemble, meters, tempi and lengths, the defaults for a brief in that style."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np

from composer.brief import BARS_RANGE, METERS, TEMPO_RANGE_QPM
from composer.presets import EnsemblePart, ensembles, instrument_of, user_style
from composer.presets.habits import Habits
from composer.score import Part, Score
from composer.training.data.corpus import Piece

_LOW, _HIGH = 10, 90  # percentiles that bound the usual range
_SMALLEST_RANGE = 12  # semitones
_MOST_METERS = 4
_MOST_KEYS = 100
_DEFAULT_TEMPI = (72.0, 120.0)  # beats per minute, where no file states a tempo
_DOTTED = ("6/8", "9/8", "12/8", "15/8")  # meters whose beat is a dotted quarter


def habits_of(pieces: Sequence[Piece]) -> Habits:
    """Counts the habits of one or more pieces.

    >>> from composer.score import Note, TimeSignature
    >>> flute = Part("Flute", 73, tuple(Note(960 * i, 72 + i % 9, 960) for i in range(24)))
    >>> waltz = Score((flute,), time_signatures=(TimeSignature(0, 3, 4),))
    >>> found = habits_of([Piece("x", "folder", "train", "", "", "x", "x", waltz, tempo_known=False)])
    >>> found.meters, found.bars, found.ensemble
    (('3/4',), (16, 16), 'flute')
    >>> jig = Score((flute,), time_signatures=(TimeSignature(0, 6, 8),))
    >>> habits_of([Piece("x", "folder", "train", "", "", "x", "x", jig, tempo_known=False)]).tempo_qpm
    (108.0, 180.0)
    """
    tempi = [piece.score.qpm_at(0) for piece in pieces if piece.tempo_known]
    slowest, fastest = TEMPO_RANGE_QPM
    fewest, most = np.percentile([len(piece.score.bars) for piece in pieces], (_LOW, _HIGH))
    meters = Counter(str(bar.time_signature) for piece in pieces for bar in piece.score.bars)
    beat = 1.5 if meters.most_common(1)[0][0] in _DOTTED else 1.0
    low, high = np.percentile(tempi, (_LOW, _HIGH)) if tempi else np.multiply(_DEFAULT_TEMPI, beat)
    common = tuple(meter for meter, _ in meters.most_common() if meter in METERS)[:_MOST_METERS]
    parts = _usual_parts([piece.score for piece in pieces])
    return Habits(
        tempo_qpm=(round(max(slowest, float(low)), 1), round(min(fastest, float(high)), 1)),
        meters=common or ("4/4",),
        bars=(max(4, min(BARS_RANGE[1], round(fewest))), max(4, min(BARS_RANGE[1], round(most)))),
        parts=parts,
        ensemble=_preset_of(parts),
        keys=tuple(str(piece.score.key) for piece in pieces if piece.score.key)[:_MOST_KEYS],
    )


def _usual_parts(scores: Sequence[Score]) -> tuple[EnsemblePart, ...]:
    """The most common line-up with its most common names and ranges."""
    kinds = [tuple((part.program, part.is_drum) for part in _sounding(score)) for score in scores]
    usual = Counter(kinds).most_common(1)[0][0]
    names: dict[int, Counter[str]] = defaultdict(Counter)
    pitches: dict[int, list[int]] = defaultdict(list)
    for score, kind in zip(scores, kinds, strict=True):
        for index, part in enumerate(_sounding(score)) if kind == usual else ():
            names[index][part.name] += 1
            pitches[index] += [note.pitch for note in part.notes]
    titles = [_title(program, is_drum) for program, is_drum in usual]
    return tuple(
        _part(names[index].most_common(1)[0][0] or _numbered(titles, index), program, is_drum, pitches[index])
        for index, (program, is_drum) in enumerate(usual)
    )


def _sounding(score: Score) -> list[Part]:
    return [part for part in score.parts if part.notes]


def _part(name: str, program: int, is_drum: bool, pitches: list[int]) -> EnsemblePart:
    if is_drum:
        return EnsemblePart(name, 0, True)
    low, high = (int(end) for end in np.percentile(pitches, (1, 99)))
    missing = max(0, _SMALLEST_RANGE - (high - low))
    return EnsemblePart(name, program, low=max(0, low - missing // 2), high=min(127, high + missing - missing // 2))


def _title(program: int, is_drum: bool) -> str:
    return "Drums" if is_drum else instrument_of(program).title


def _numbered(titles: Sequence[str], index: int) -> str:
    title = titles[index]
    return f"{title} {titles[: index + 1].count(title)}" if titles.count(title) > 1 else title


def _preset_of(parts: Sequence[EnsemblePart]) -> str:
    """Name of the shipped ensemble with these instruments in this order, or an empty string."""

    def players(row: Sequence[EnsemblePart]) -> list[tuple[int, bool]]:
        return [(part.program, part.is_drum) for part in row]

    played = players(parts)
    return next((row.name for row in ensembles().values() if user_style(row.name) is None and players(row.parts) == played), "")
