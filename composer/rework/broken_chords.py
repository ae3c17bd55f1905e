"""Figures of broken chords in new bars: players go on in those of the bars that they follow, over the new chords.

An ostinato and the left hand of a sonata play them. Bands have `band_bars`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from composer.arranging.repitching import moved_to
from composer.rework.following import is_running
from composer.rework.material import Material
from composer.rework.partial_piece import PartialPiece, Place
from composer.score import Chord, Note

_THROUGHOUT = 0.75  # share of the followed bars of a part that are figures, from which it plays them
_RETURNS = 1.5  # onsets per pitch of a figure, which comes back to its tones


def broken_chords(material: Material, piece: PartialPiece, models: Mapping[int, int]) -> dict[Place, list[Note]]:
    """The notes of players of broken chords in new bars, with the lengths and the loudness of those that they follow.

    Args:
        material: the user's piece.
        piece: the same, with new bars that are written.
        models: for new bars the given bar that each follows.

    Returns:
        By bar and part notes in functional pitch; nothing for bars that follow other music.
    """
    found = dict[Place, list[Note]]()
    for part in piece.lines:
        figures = {model: _figure(material, piece, model, part) for model in set(models.values())}
        played = [model for model in figures if piece.segment_notes((model, part))]
        if sum(bool(figures[model]) for model in played) >= max(1, _THROUGHOUT * len(played)):
            found |= {
                (bar, part): _over(piece, part, bar, model, figures[model]) for bar, model in models.items() if figures[model]
            }
    return {place: notes for place, notes in found.items() if notes}


def _figure(material: Material, piece: PartialPiece, bar: int, part: int) -> list[Note]:
    """The notes of a part in a given bar, from its barline; none if it breaks no chord there."""
    begins, ends = material.normal.bars[bar].start_ticks, material.normal.bars[bar].end_ticks
    notes = [
        replace(note, start_ticks=note.start_ticks - begins, pitch=note.pitch + material.shift)
        for note in material.understood.score.parts[part].notes
        if begins <= note.start_ticks < ends
    ]
    if not is_running(len(notes), piece.meters[bar]) or len(notes) < _RETURNS * len({note.pitch for note in notes}):
        return []
    chords = [_chord(piece, bar, note.start_ticks) for note in notes]
    breaks = all(chord and note.pitch % 12 in chord.pitch_classes for note, chord in zip(notes, chords, strict=True))
    return notes if breaks else []


def _over(piece: PartialPiece, part: int, bar: int, model: int, figure: Sequence[Note]) -> list[Note]:
    """A figure over the chords of a new bar."""
    begins, ticks = sum(meter.bar_ticks for meter in piece.meters[:bar]), piece.meters[bar].bar_ticks
    written, notes = piece.segments.get((bar, part)), list[Note]()
    for note in figure:
        old = _chord(piece, model, note.start_ticks)
        new = _chord(piece, bar, note.start_ticks) or _played(piece, part, bar)
        if old is None or new is None:  # a bar of silence
            return []
        keeps = piece.keeps_dynamics or written is None
        loudness = note.velocity if keeps or written is None else piece.tokenizer.vocabulary.velocity_of(written.dynamic)
        pitch = moved_to(note.pitch, old, new, piece.home, *piece.ranges[part])
        length = min(note.duration_ticks, ticks - note.start_ticks)
        notes.append(Note(begins + note.start_ticks, pitch, length, loudness))
    return notes


def _chord(piece: PartialPiece, bar: int, offset: int) -> Chord | None:
    """The chord of a bar at a tick from its barline."""
    ids = piece.chords.get(bar, ())
    token = ids[-1 if offset >= piece.meters[bar].middle_ticks else 0] if ids else None
    return None if token is None else piece.tokenizer.vocabulary.chord_of(token)


def _played(piece: PartialPiece, part: int, bar: int) -> Chord | None:
    """The chord of the piece that fits the other parts best in a bar that names none; `None` if they rest."""
    pitched = (other for other in piece.parts if other != part and not piece.is_drum(other))
    notes = [(pitch % 12, steps) for other in pitched for _, pitch, steps in piece.segment_notes((bar, other))]
    known = (piece.tokenizer.vocabulary.chord_of(token) for each in range(piece.n_bars) for token in piece.chords.get(each, ()))
    chords = list(dict.fromkeys(chord for chord in known if chord))

    def fit(chord: Chord) -> tuple[int, int]:
        return sum(steps for tone, steps in notes if tone in chord.pitch_classes), -len(chord.pitch_classes)

    return max(chords, key=fit) if notes and chords else None
