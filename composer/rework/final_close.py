"""The close of a new harmony: the tonic under a last note that is the tonic, after a dominant.

The model harmonizes bar by bar: it takes the relative minor for the key at the end of plain tunes, and the major key with the
same signature for that of a piece in a church mode.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

from composer.rework.partial_piece import PartialPiece
from composer.score import Chord, Key
from composer.tokenizer.vocabulary import TICKS_PER_STEP

_OCTAVE, _STEP = 12, 2  # semitones
_DOMINANT, _LEADING, _SUBDOMINANT, _SUPERTONIC, _SUBTONIC = 7, 11, 5, 2, 10  # semitones above the tonic
_DOMINANT_TONES = frozenset((_DOMINANT, _LEADING, _SUPERTONIC, _SUBDOMINANT))  # of the dominant seventh
_FITTING = 0.5  # share of the time that tones of a chord sound over it


@dataclass(frozen=True, slots=True)
class _Sung:
    """A given note of a stretch: semitones above the tonic, length in steps, and the degree to which it moves by step."""

    degree: int
    steps: int
    following: int | None


def close_on_tonic(piece: PartialPiece) -> None:
    """Lets a harmony end on the tonic if the given parts do, in a church mode also if they end on another tone of its triad.

    In major and minor a dominant precedes it where the notes allow one, else a subdominant if they are its tones. Bars whose
    harmony changes repeat no others.

    Args:
        piece: with chords in all bars; its chords and repeats are set.
    """
    key, vocabulary = piece.home, piece.tokenizer.vocabulary
    last = max((bar for bar in range(piece.n_bars) if _notes(piece, bar)), default=None)
    if last is None:
        return
    notes, middle = _notes(piece, last), _middle(piece, last)
    final = notes[-1][0]
    tones = {pitch % _OCTAVE for start, pitch, _ in notes if start == final}
    if not tones <= (key.tonic_triad.pitch_classes if piece.church else {key.tonic}):
        return
    is_late = final >= middle and any(pitch % _OCTAVE != key.tonic for start, pitch, _ in notes if start < middle)
    before = [vocabulary.chord_of(token) for token in piece.chords[last][:1]]
    if not piece.church and is_late:
        before = [_leading(piece, last, range(middle), key) or before[0]]
    elif not piece.church and last:
        _prepare(piece, last - 1, key)
    opening = [chord for chord in before if is_late and chord != key.tonic_triad]
    _state(piece, last, [*opening, key.tonic_triad])
    for bar in range(last + 1, piece.n_bars):
        _state(piece, bar, [key.tonic_triad])


def _prepare(piece: PartialPiece, bar: int, key: Key) -> None:
    """Leads a bar before the tonic to it: all of it if its notes allow, else its second half."""
    vocabulary, middle, end = piece.tokenizer.vocabulary, _middle(piece, bar), _end(piece, bar)
    first, *others = (vocabulary.chord_of(token) for token in piece.chords[bar])
    whole, late = _leading(piece, bar, range(end), key), _leading(piece, bar, range(middle, end), key)
    if late is None or (whole is not None and not (others and _is_of(key, first))):
        found = [whole or first] if whole or not others else [first, *others]
    else:
        found = [first, late]
    _state(piece, bar, found if len(set(found)) > 1 else found[:1])


def _state(piece: PartialPiece, bar: int, chords: Sequence[Chord | None]) -> None:
    """States the chords of a bar, which repeats no other one if they are new."""
    tokens = tuple(piece.tokenizer.vocabulary.chord(chord) for chord in chords)
    if piece.chords.get(bar) != tokens:
        piece.chords[bar] = tokens
        piece.repeats.pop(bar, None)


def _leading(piece: PartialPiece, bar: int, steps: range, key: Key) -> Chord | None:
    """The chord that leads from a stretch of a bar to the tonic: the dominant, else a subdominant; `None` if none fits."""
    sung = _sung(piece, bar, steps, key)
    if not sung:
        return None
    last, total = sung[-1].degree, sum(note.steps for note in sung)
    degrees = {note.degree for note in sung}
    dominant = sum(note.steps for note in sung if {note.degree, note.following} & _DOMINANT_TONES)
    if last in _DOMINANT_TONES and dominant >= _FITTING * total and _SUBTONIC not in degrees:
        return Chord((key.tonic + _DOMINANT) % _OCTAVE, "7" if _SUBDOMINANT in degrees else "maj")
    minor = key.mode == "minor"
    subdominants = ((_SUBDOMINANT, "min" if minor else "maj"), (_SUPERTONIC, "dim" if minor else "min"))
    for root, quality in subdominants:
        chord = Chord((key.tonic + root) % _OCTAVE, quality)
        tones = {(tone - key.tonic) % _OCTAVE for tone in chord.pitch_classes}
        if last in tones and sum(note.steps for note in sung if note.degree in tones) >= _FITTING * total:
            return chord
    return None


def _sung(piece: PartialPiece, bar: int, steps: range, key: Key) -> list[_Sung]:
    """The given notes that sound in a stretch of a bar, with the degree to which each moves by step."""
    inside = [(start, pitch, min(start + length, steps.stop) - max(start, steps.start))
              for start, pitch, length in _notes(piece, bar)
              if start < steps.stop and start + length > steps.start]  # fmt: skip
    after = [then if 0 < abs(then - pitch) <= _STEP else None for (_, pitch, _), (_, then, _) in pairwise(inside)]
    return [
        _Sung((pitch - key.tonic) % _OCTAVE, length, None if then is None else (then - key.tonic) % _OCTAVE)
        for (_, pitch, length), then in zip(inside, [*after, None], strict=False)
    ]


def _is_of(key: Key, chord: Chord | None) -> bool:
    """Whether a chord is one of a key, which in minor has also the leading note."""
    return chord is not None and chord.pitch_classes <= key.scale | {(key.tonic + _LEADING) % _OCTAVE}


def _notes(piece: PartialPiece, bar: int) -> list[tuple[int, int, int]]:
    """Step, pitch and length in steps of the given notes of a bar, in order; without drums."""
    pitched = (part for part in piece.parts if not piece.is_drum(part))
    return sorted(chain.from_iterable(piece.segment_notes((bar, part)) for part in pitched))


def _middle(piece: PartialPiece, bar: int) -> int:
    """The step at which the second chord of a bar begins."""
    return piece.meters[bar].middle_ticks // TICKS_PER_STEP


def _end(piece: PartialPiece, bar: int) -> int:
    """The number of steps of a bar."""
    return piece.meters[bar].bar_ticks // TICKS_PER_STEP
