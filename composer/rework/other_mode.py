"""A user's piece in the other mode, note for note: a minore of music in major, a maggiore of music in minor."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from composer.analysis.texture import measure_polyphony
from composer.arranging.mode_change import in_other_mode, line_in_other_mode, parallel, tune_in_other_mode
from composer.errors import BadInputError
from composer.rework.harmonizing import ENOUGH_FOR_CHORDS
from composer.rework.material import Material
from composer.score import Chord, Key, KeySignature, Mode, Note, Score


def in_mode(material: Material, mode: Mode) -> Score:
    """The user's piece in a mode, on the same tonic; what is in a key of that mode already stays.

    Args:
        material: the piece.
        mode: of the result.

    Raises:
        BadInputError: the piece has no key, or one in a church mode.
    """
    understood, user, main = material.understood, material.user, material.key
    if main is None or main.church:
        what = "has drums only" if main is None else f"is in {main}"
        raise BadInputError(f"mode {mode} needs a piece in major or minor, and this one {what}: leave it out")
    if main.mode == mode and not any(_changes(each.key, mode) for each in understood.score.keys):
        return user
    pitches: dict[tuple[int, int], int] = {}
    for part, source in zip(understood.score.parts, understood.parts, strict=True):
        moved = [] if part.is_drum else _moved(material, part.notes, main, mode)
        pitches |= {origin: pitch for pitch, origins in zip(moved, source.notes, strict=False) for origin in origins}
    parts = tuple(
        replace(
            part,
            notes=tuple(sorted(_repitched(note, pitches.get((index, at), note.pitch)) for at, note in enumerate(part.notes))),
        )
        for index, part in enumerate(user.parts)
    )
    keys = user.keys or (KeySignature(0, main),)
    moved_keys = tuple(replace(each, key=parallel(each.key) if _changes(each.key, mode) else each.key) for each in keys)
    chords = tuple(
        replace(symbol, chord=symbol.chord and _chord_in(symbol.chord, _key_at(keys, symbol.start_ticks, main), mode))
        for symbol in user.chords
    )
    return replace(user, parts=parts, keys=moved_keys, chords=chords)


def _changes(key: Key, mode: Mode) -> bool:
    return key.mode != mode and not key.church


def _chord_in(chord: Chord, key: Key, mode: Mode) -> Chord:
    return in_other_mode(chord, key) if _changes(key, mode) else chord


def _moved(material: Material, notes: Sequence[Note], main: Key, mode: Mode) -> list[int]:
    """The pitches of a part in a mode."""
    keys, result = material.understood.score.keys, list[int]()
    is_alone = (measure_polyphony(material.normal) or 0.0) < ENOUGH_FOR_CHORDS
    for key, group in groupby(notes, key=lambda note: _key_at(keys, note.start_ticks, main)):
        line = list(group)
        pitches = [note.pitch for note in line]
        before = [_chord_under(material, note.start_ticks) for note in line]
        if not _changes(key, mode):
            result += pitches
        elif is_alone:  # chords that are estimated from a tune mislead
            stated = before if material.understood.states_chords else [None] * len(line)
            result += tune_in_other_mode(pitches, stated, key)
        else:
            chords = [chord or key.tonic_triad for chord in before]
            result += line_in_other_mode(pitches, chords, [in_other_mode(chord, key) for chord in chords], key)
    return result


def _chord_under(material: Material, tick: int) -> Chord | None:
    """The chord of the piece, stated or estimated, at a tick."""
    place = bisect_right(material.harmony, tick, key=lambda symbol: symbol.start_ticks)
    return material.harmony[place - 1].chord if place else None


def _key_at(keys: Sequence[KeySignature], tick: int, main: Key) -> Key:
    """The key in force at a tick; the main key before the first one."""
    place = bisect_right(keys, tick, key=lambda each: each.start_ticks)
    return keys[place - 1].key if place else main


def _repitched(note: Note, pitch: int) -> Note:
    """A note at another pitch, without the name of the old one."""
    return note if pitch == note.pitch else replace(note, pitch=pitch, spelled=None)
