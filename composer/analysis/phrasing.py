"""Phrases and cadences. Works with pitch classes and root progressions; knows no voice leading."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from composer.analysis.arrays import Floats, ScoreArrays, score_arrays
from composer.analysis.key import estimate_key
from composer.analysis.melody import melody_line
from composer.score import Chord, ChordSymbol, Key, Score

Cadence = Literal["authentic", "plagal", "half", "none"]

_CLEAR = 0.75  # minimum share of the last sonority's pitch classes in its chord
_TONICS = ((0, 4, 7, 9), (0, 3, 7, 9))  # degrees of triads, also with the added sixth of jazz
_LOOK_BACK_BEATS = 12  # range in which the chord before the last one is searched


def detect_cadence(score: Score | ScoreArrays, key: Key | None = None) -> Cadence:
    """Cadence at the end of the piece, by its last chord, the bass and the previous chord (Aldwell and Schachter; Caplin 1998).

    "authentic": a tonic triad (also its bare root, one with a major sixth, or the major triad in minor) in root position after
    dominant or leading-tone harmony, perfect or imperfect; "plagal": the same after subdominant harmony; "half": ends on the
    dominant; else "none".

    Args:
        score: the piece.
        key: its key at the end; estimated if missing.

    >>> from composer.score import Note, Part, Score
    >>> def ending(*chords):
    ...     return Score((Part("Organ", 19, tuple(Note(960 * i, p, 960) for i, c in enumerate(chords) for p in c)),))
    >>> C, F, G = (48, 60, 64, 67), (53, 60, 65, 69), (43, 62, 65, 71)
    >>> key = Key(0, "major")
    >>> [detect_cadence(ending(C, F, *end), key) for end in ((G, C), (F, C), (C, G), (C, F))]
    ['authentic', 'plagal', 'half', 'none']
    """
    arrays = score_arrays(score)
    if not len(arrays.notes):
        return "none"
    tonic = (key or estimate_key(arrays).key).tonic
    sonorities = [(chroma, bass) for chroma, bass in zip(arrays.chroma, arrays.bass, strict=True) if bass >= 0]
    last, last_bass = sonorities[-1]
    if (last_bass - tonic) % 12 == 7 and _belongs(last, tonic, (7, 11, 2, 5)):
        return "half"
    if (last_bass - tonic) % 12 != 0 or not any(_belongs(last, tonic, tones) for tones in _TONICS):
        return "none"
    return _approach(sonorities, tonic)


def ends_on(score: Score | ScoreArrays, chord: Chord) -> bool:
    """Whether the last sonority is a chord, or most of it, over its bass.

    >>> from composer.score import Note, Part, Score
    >>> sixth = Score((Part("Piano", 0, tuple(Note(0, pitch, 960) for pitch in (48, 64, 67, 69))),))
    >>> ends_on(sixth, Chord.parse("C6")), ends_on(sixth, Chord.parse("Am7"))
    (True, False)
    """
    arrays = score_arrays(score)
    if not (arrays.bass >= 0).any():
        return False
    last = int(np.flatnonzero(arrays.bass >= 0)[-1])
    degrees = tuple((pitch - chord.root) % 12 for pitch in chord.pitch_classes)
    return int(arrays.bass[last]) % 12 == chord.lowest and _share(arrays.chroma[last], chord.root, degrees) >= _CLEAR


def _approach(sonorities: list[tuple[Floats, int]], tonic: int) -> Cadence:
    """The cadence by the harmony that precedes the final tonic."""
    for chroma, bass in reversed(sonorities[-_LOOK_BACK_BEATS:-1]):
        degree = (bass - tonic) % 12
        if _share(chroma, tonic, (11,)) > 0 and _belongs(chroma, tonic, (7, 11, 2, 5, 8)):
            return "authentic"
        if degree == 7 and _belongs(chroma, tonic, (7, 11, 10, 2, 5)):
            return "authentic"  # a bare or modal dominant
        if _belongs(chroma, tonic, (5, 9, 8, 0, 2)) and _share(chroma, tonic, (5, 9, 8)) > 1 / 3:
            return "plagal"
    return "none"


def _share(chroma: Floats, tonic: int, degrees: tuple[int, ...]) -> float:
    return float(chroma[(np.array(degrees) + tonic) % 12].sum() / chroma.sum())


def _belongs(chroma: Floats, tonic: int, degrees: tuple[int, ...]) -> bool:
    return _share(chroma, tonic, degrees) >= _CLEAR


# Preference for each phrase length in bars, on the scale of the evidence below.
_LENGTHS = {2: -0.6, 3: -0.3, 4: 0.7, 5: 0.1, 6: 0.2, 7: 0.0, 8: 0.9, 9: 0.0, 10: 0.1, 12: 0.3, 16: 0.2}
_OTHER_LENGTH = -1.5
_LONGEST = 16
_REST = 0.5  # for a silence before the next bar, in addition to the length of the gap
_RETURN = 0.6  # for recalled material in the next bar
_CLOSURE = {"authentic": 0.6, "half": 0.4, "plagal": 0.3, "deceptive": 0.3, "open": 0.0}


def find_phrase_ends(
    score: Score | ScoreArrays, chords: Sequence[ChordSymbol], key: Key | None, recalls: Sequence[int] = ()
) -> tuple[str | None, ...]:
    """For each bar the cadence (one of `composer.controls.PHRASE_ENDS`) of the phrase that ends in it, `None` elsewhere.

    A phrase ends where the melody rests (a long note or a silence before the next bar), after four or eight bars rather than
    three or seven, before material that returns, and on a closing harmony. The best division is found by dynamic programming
    over phrase lengths; the local evidence follows Cambouropoulos (2001), the preference for regular lengths Temperley (2001,
    chapter 3). Cadences are named by root progression (Caplin 1998).

    Args:
        score: the piece.
        chords: its harmony, from `estimate_chords`.
        key: its main key; `None` for music without one, in which all phrases end "open".
        recalls: the result of `measure_recalls`, if known.

    >>> from composer.analysis.chords import estimate_chords
    >>> from composer.score import Note, Part, Score
    >>> tune = [(64, 65, 67, 65), (64, 62, 60, 62), (64, 64, 65, 64), (62,)] + [(64, 65, 67, 65), (64, 62, 60, 62)] * 2
    >>> tune[-1] = (60,)
    >>> roots = (48, 48, 48, 43, 48, 48, 43, 48)
    >>> top = tuple(Note(1920 * b + 480 * i, p, 1920 // len(bar)) for b, bar in enumerate(tune) for i, p in enumerate(bar))
    >>> low = tuple(Note(1920 * b, p + r, 1920) for b, r in enumerate(roots) for p in (0, 4, 7))
    >>> song = Score((Part("Flute", 73, top), Part("Piano", 0, low)))
    >>> [(bar + 1, end) for bar, end in enumerate(find_phrase_ends(song, estimate_chords(song), Key(0, "major"))) if end]
    [(4, 'half'), (8, 'authentic')]
    """
    arrays = score_arrays(score)
    cadences = _cadences(arrays, chords, key)
    evidence = _repose(arrays) + np.array([_CLOSURE[cadence] for cadence in cadences])
    for bar in range(1, min(len(recalls), arrays.n_bars)):
        if recalls[bar] and recalls[bar] != recalls[bar - 1]:
            evidence[bar - 1] += _RETURN
    ends = _divide(evidence)
    return tuple(cadence if bar in ends else None for bar, cadence in enumerate(cadences))


def _repose(arrays: ScoreArrays) -> Floats:
    """Rest of the melody at the end of each bar: octaves by which its last gap exceeds the median, -1..2. (bars,)"""
    line = melody_line(arrays)
    found = np.zeros(arrays.n_bars)
    if len(line) < 2:
        return found
    starts = np.array([note.start_ticks for note in line])
    ends = np.array([note.end_ticks for note in line])
    gaps = np.append(np.diff(starts), arrays.bar_start[-1] - starts[-1])
    usual = max(float(np.median(gaps[:-1])), 1.0)
    last = np.searchsorted(starts, arrays.bar_start[1:], side="left") - 1  # the last note that starts before each bar's end
    known = last >= 0
    gap = np.clip(np.log2(gaps[last[known]] / usual), -1.0, 2.0)
    following = np.append(starts[1:], arrays.bar_start[-1])
    silent = (following - ends)[last[known]] > usual / 2
    found[known] = gap + _REST * silent
    return found


def _cadences(arrays: ScoreArrays, chords: Sequence[ChordSymbol], key: Key | None) -> list[str]:
    """The cadence that each bar would have if a phrase ended in it."""
    starts = np.array([symbol.start_ticks for symbol in chords])
    found = []
    for end in arrays.bar_start[1:].tolist():
        index = int(np.searchsorted(starts, end, side="left")) - 1
        last = chords[index].chord if index >= 0 else None
        before = next((s.chord for s in reversed(chords[: max(index, 0)]) if s.chord and s.chord != last), None)
        found.append(name_cadence(before, last, key) if last and key else "open")
    return found


def name_cadence(before: Chord | None, last: Chord, key: Key) -> str:
    """Name of the progression of two chords at a phrase's end in a key.

    A dominant that resolves down a fifth is "authentic" on any chord except the key's dominant, which makes it "half"; a plain
    triad only on the tonic or that of the relative key.

    >>> key = Key(0, "major")
    >>> [name_cadence(*map(Chord.parse, pair.split()), key) for pair in ("G7 C", "F C", "C G", "D7 G", "G Am", "E7 Am", "C F")]
    ['authentic', 'plagal', 'half', 'half', 'deceptive', 'authentic', 'open']
    """
    dominant = (key.tonic + 7) % 12
    if last.root == dominant and 4 in _intervals(last):
        return "half"
    if before is None:
        return "open"
    leads = 4 in _intervals(before)
    if leads and before.root == dominant and (last.root - key.tonic) % 12 in (8, 9):
        return "deceptive"
    relative = (key.tonic + (9 if key.mode == "major" else 3)) % 12
    clear = 10 in _intervals(before) or last.root in (key.tonic, relative)
    if (before.root - last.root) % 12 == 7 and leads and clear and 10 not in _intervals(last):
        return "authentic"
    if (before.root - last.root) % 12 == 11 and 6 in _intervals(before):
        return "authentic"
    if last.root == key.tonic and (before.root - last.root) % 12 == 5:
        return "plagal"
    return "open"


def _intervals(chord: Chord) -> frozenset[int]:
    """Semitones of the chord's tones above its root."""
    return frozenset((tone - chord.root) % 12 for tone in chord.pitch_classes)


def _divide(evidence: Floats) -> set[int]:
    """Last bars of the phrases in the best division."""
    size = len(evidence)
    best, came_from = np.full(size + 1, -np.inf), np.zeros(size + 1, np.int64)
    best[0] = 0.0
    for end in range(1, size + 1):
        for length in range(1, min(_LONGEST, end) + 1):
            score = best[end - length] + evidence[end - 1] + _LENGTHS.get(length, _OTHER_LENGTH)
            if score > best[end]:
                best[end], came_from[end] = score, end - length
    ends, at = set(), size
    while at > 0:
        ends.add(at - 1)
        at = int(came_from[at])
    return ends
