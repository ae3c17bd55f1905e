"""`understand`: any score a user hands in, as the engine works with it, with every note traceable to where it came from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from composer.analysis import score_arrays
from composer.analysis.chords import estimate_chords
from composer.analysis.key import KeyEstimate, estimate_key
from composer.analysis.metre import estimate_metre
from composer.errors import BadInputError
from composer.score import TICKS_PER_QUARTER, Key, KeySignature, Note, Part, Score, Tempo, TimeSignature
from composer.tokenizer.normal_form import snap_ticks
from composer.tokenizer.vocabulary import TICKS_PER_STEP
from composer.transcription.barlines import true_bars
from composer.transcription.folding import fold
from composer.transcription.model import PartSource, Understood, Warp

_SURE_METRE = 0.15  # margin from which the metre by ear replaces a missing one
_SURE_KEY = 0.8  # probability from which the key by ear overrules the stated signature

Place = Callable[[int, Note], tuple[int, int]]  # (part index, note) -> start and duration on the grid


def understand(score: Score, *, meter: TimeSignature | None = None, key: Key | None = None) -> Understood:
    """How the engine reads a user's score.

    Args:
        score: a score as its file's reader gives it.
        meter: the metre, where the file or the ear is wrong; it holds from the first barline on.
        key: the main key, likewise.

    Raises:
        BadInputError: the score has no notes.

    >>> from composer.score import Note, Part, Score, TimeSignature
    >>> melody = tuple(Note(480 * i, p, 480) for i, p in enumerate([67, 72, 76, 74, 72, 71, 67, 72, 72, 72]))
    >>> u = understand(Score((Part("Flute", 73, melody),), time_signatures=(TimeSignature(0, 1, 4), TimeSignature(480, 3, 4))))
    >>> str(u.meter), str(u.key), u.score.parts[0].notes[0].start_ticks, u.parts[0].notes[0]
    ('3/4', 'C major', 960, ((0, 0),))
    >>> u.notes[:1]
    ('upbeat of 1 quarter note',)
    """
    if not any(part.notes for part in score.parts):
        raise BadInputError("the piece has no notes: give a file that has some")
    remarks: list[str] = []
    missing, metres = _metres(score, meter, remarks)
    warp = Warp.shift(missing)
    framed = Score((), time_signatures=metres, end_ticks=max(score.last_note_end_ticks, score.end_ticks) + missing)
    normal, sources = _normal_parts(score, _notated_places(framed, warp), remarks)
    tempos = tuple(Tempo(0 if not tempo.start_ticks else tempo.start_ticks + missing, tempo.qpm) for tempo in score.tempos)
    draft = replace(framed, parts=normal, tempos=tempos, title=score.title)
    end = draft.bars[-1].end_ticks
    with_harmony = _with_harmony(replace(draft, end_ticks=end), score, warp, key, remarks)
    return Understood(with_harmony, sources, warp, "notated", tuple(remarks))


def _metres(score: Score, asked: TimeSignature | None, remarks: list[str]) -> tuple[int, tuple[TimeSignature, ...]]:
    """The upbeat's missing ticks and the metres: asked for, stated, or by ear where the file states none."""
    if asked is not None:
        return 0, (replace(asked, start_ticks=0),)
    stated = score.time_signatures
    if not stated:
        heard = estimate_metre(score)
        if heard.margin >= _SURE_METRE:
            remarks.append(f"no metre stated: {heard.time_signature} by ear")
            return 0, (heard.time_signature,)
        remarks.append("no metre stated: 4/4 assumed")
    missing, metres = true_bars(stated, score.last_note_end_ticks)
    if missing:
        remarks.append(f"upbeat of {_quarters(metres[0].bar_ticks - missing)}")
    return missing, metres


def _quarters(ticks: int) -> str:
    count = ticks / TICKS_PER_QUARTER
    return f"{count:g} quarter note{'' if count == 1 else 's'}"


def _notated_places(framed: Score, warp: Warp) -> Place:
    """Each note at the grid step of its bar that is nearest to it."""

    def place(_: int, note: Note) -> tuple[int, int]:
        at = warp.to_score(note.start_ticks)
        bar = framed.bar_at(at)
        start = bar.start_ticks + snap_ticks(at - bar.start_ticks) * TICKS_PER_STEP
        steps = max(1, round(note.duration_ticks / TICKS_PER_STEP))
        return start, steps * TICKS_PER_STEP

    return place


def _normal_parts(score: Score, place: Place, remarks: list[str]) -> tuple[tuple[Part, ...], tuple[PartSource, ...]]:
    """The folded parts with their notes on the grid, and the sources of those."""
    groups = fold(score.parts)
    sounding = sum(bool(part.notes) for part in score.parts)
    if len(groups) < sounding:
        remarks.append(f"folded {sounding} tracks into {len(groups)} parts")
    parts, sources = [], []
    for group in groups:
        notes, origins = _placed(score, group, place)
        parts.append(replace(score.parts[group[0]], notes=notes))
        sources.append(PartSource(group[0], tuple(sorted(group)), origins))
    return tuple(parts), tuple(sources)


def _placed(
    score: Score, group: Sequence[int], place: Place
) -> tuple[tuple[Note, ...], tuple[tuple[tuple[int, int], ...], ...]]:
    """The group's notes on the grid; notes of one pitch at one place become one, the longest and loudest."""
    found: dict[tuple[int, int], tuple[Note, tuple[tuple[int, int], ...]]] = {}
    for index in group:
        for number, note in enumerate(score.parts[index].notes):
            start, duration = place(index, note)
            moved = replace(note, start_ticks=start, duration_ticks=duration)
            other, origins = found.get((start, note.pitch), (moved, ()))
            longest = max(duration, other.duration_ticks)
            loudest = max(note.velocity, other.velocity)
            found[start, note.pitch] = (
                replace(moved, duration_ticks=longest, velocity=loudest),
                (*origins, (index, number)),
            )
    ordered = [found[at] for at in sorted(found)]
    return tuple(note for note, _ in ordered), tuple(origins for _, origins in ordered)


def _with_harmony(draft: Score, score: Score, warp: Warp, asked: Key | None, remarks: list[str]) -> Score:
    """Key and chords: asked for, stated, or by ear."""
    if all(part.is_drum for part in draft.parts):
        return draft
    arrays = score_arrays(draft)
    key = asked or _main_key(score.key, estimate_key(arrays), remarks)
    later = tuple(
        replace(change, start_ticks=warp.to_score(change.start_ticks)) for change in score.keys if change.start_ticks > 0
    )
    keys = (KeySignature(0, key), *(later if key == score.key else ()))
    chords = tuple(replace(symbol, start_ticks=warp.to_score(symbol.start_ticks)) for symbol in score.chords)
    return replace(draft, keys=keys, chords=chords or estimate_chords(arrays, key))


def _main_key(stated: Key | None, heard: KeyEstimate, remarks: list[str]) -> Key:
    """The key to work in. Sequencers write C major into every file, so that one counts for nothing; nor does a mode."""
    if stated is None or stated == heard.key:
        return heard.key
    default = stated == Key(0, "major")
    if default or stated.tonic_fifths - heard.key.tonic_fifths in (-12, 12) or heard.confidence >= _SURE_KEY:
        if not default:
            remarks.append(f"key signature says {stated}, the notes {heard.key}: {heard.key} is used")
        return heard.key
    return stated
