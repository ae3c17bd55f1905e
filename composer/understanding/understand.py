"""`understand`: converts any user score to the form that the engine works with, keeping the origin of every note."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace

import numpy as np

from composer.analysis import ScoreArrays, score_arrays
from composer.analysis.chord_fit import is_harmony, measure_chord_fit
from composer.analysis.chords import estimate_chords
from composer.analysis.key import CLEARLY_BETTER, KeyEstimate, estimate_key, key_index, profile_correlations, stated_key_plan
from composer.analysis.meter_estimate import estimate_meter
from composer.errors import BadInputError
from composer.score import ChordSymbol, Key, KeySignature, Note, Part, Score, TimeSignature
from composer.understanding.barlines import requested_meter, states_bars
from composer.understanding.folding import fold
from composer.understanding.frames import Frame, notated_frame, performed_frame, played_frame
from composer.understanding.pedal import sustained
from composer.understanding.quantizing import judge_timing
from composer.understanding.understood import PartSource, Timing, Understood, Warp

# Minimum margin for an estimated meter to replace a missing one, which by the MIDI standard means 4/4; below it, one estimate
# in four is wrong (benchmarks/analysis.py --only meter).
_SURE_METER = 0.2
_SURE_KEY = 0.8  # probability above which the estimated key overrides the stated one
_RELATIVE_MINOR, _DORIAN = 9, 2  # semitones above the tonic of the major key with the same notes
_BASS, _TONES = 36, 60  # pitch of the C above which stated chords sound for the estimate of the key
_HOLDS = 0.6  # minimum share of strong notes in the last stated chord for it to last to the end

Origin = tuple[int, int]  # part and note index in the user's score


def understand(score: Score, *, meter: TimeSignature | None = None, key: Key | None = None) -> Understood:
    """Analyzes a user's score and converts it to the normal form.

    Args:
        score: a score as read from its file.
        meter: the meter, if the file or the estimate is wrong; applies from the first barline.
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
        raise BadInputError("the piece has no notes: give a file with notes")
    score = sustained(score)
    arrays = score_arrays(score)
    timing = judge_timing(np.unique(np.concatenate([arrays.notes.start, arrays.drums.start])))
    remarks: list[str] = []
    frame = _frame(arrays, timing, meter, remarks)
    parts, sources = _normal_parts(score, _places(score, frame), remarks)
    end = frame.warp.to_score(max(score.end_ticks, score.last_note_end_ticks)) if timing != "performed" else 0
    draft = Score(parts, frame.tempos, frame.meters, title=score.title, end_ticks=end, composer=score.composer)
    draft = replace(draft, end_ticks=draft.bars[-1].end_ticks)
    chords = _stated_chords(draft, score, frame.warp, remarks)
    whole = _with_harmony(draft, score, frame.warp, chords, key, remarks)
    to_score = frame.warp.to_score
    markers = tuple(replace(marker, start_ticks=max(0, to_score(marker.start_ticks))) for marker in score.markers)
    return Understood(whole, sources, frame.warp, timing, tuple(remarks), bool(chords), markers)


def _frame(arrays: ScoreArrays, timing: Timing, requested: TimeSignature | None, remarks: list[str]) -> Frame:
    """Bars, tempos and positions, depending on the file's timing."""
    if timing == "performed":
        frame = performed_frame(arrays, requested)
    else:
        stated = arrays.score.time_signatures
        believed = stated if states_bars(stated) else ()
        meters = requested_meter(requested, stated) if requested else believed or _estimated_meter(arrays, remarks)
        frame = (notated_frame if timing == "notated" else played_frame)(arrays, meters)
    remarks.extend(frame.remarks)
    return frame


def _estimated_meter(arrays: ScoreArrays, remarks: list[str]) -> tuple[TimeSignature, ...]:
    """Estimates the meter of a file without one."""
    estimated = estimate_meter(arrays)
    sure = estimated.margin >= _SURE_METER
    said = "file has one-beat bars" if arrays.score.time_signatures else "file has no meter"
    remarks.append(f"{said}: {estimated.time_signature} estimated" if sure else f"{said}: 4/4 assumed")
    return (estimated.time_signature if sure else TimeSignature(0, 4, 4),)


def _places(score: Score, frame: Frame) -> dict[Origin, tuple[int, int]]:
    """Start and duration on the grid of every user note."""
    origins: list[Origin] = []
    for drums in (False, True):
        table = [
            (note.start_ticks, note.pitch, index, number)
            for index, part in enumerate(score.parts)
            if part.is_drum == drums
            for number, note in enumerate(part.notes)
        ]
        origins += [(index, number) for _, _, index, number in sorted(table)]  # the order of `ScoreArrays`
    return dict(zip(origins, zip(frame.starts.tolist(), frame.durations.tolist(), strict=True), strict=True))


def _normal_parts(
    score: Score, places: dict[Origin, tuple[int, int]], remarks: list[str]
) -> tuple[tuple[Part, ...], tuple[PartSource, ...]]:
    """The folded parts with their notes on the grid, and the origins of those notes."""
    groups = fold(score.parts)
    sounding = sum(bool(part.notes) for part in score.parts)
    if len(groups) < sounding:
        remarks.append(f"folded {sounding} tracks into {len(groups)} parts")
    parts, sources = [], []
    for group in groups:
        found: dict[tuple[int, int], tuple[Note, tuple[Origin, ...]]] = {}
        for index in group:
            for number, note in enumerate(score.parts[index].notes):
                start, duration = places[index, number]
                moved = replace(note, start_ticks=start, duration_ticks=duration)
                other, origins = found.get((start, note.pitch), (moved, ()))
                found[start, note.pitch] = _joined(moved, other), (*origins, (index, number))
        ordered = [found[at] for at in sorted(found)]
        parts.append(replace(score.parts[group[0]], notes=tuple(note for note, _ in ordered)))
        sources.append(PartSource(group[0], tuple(sorted(group)), tuple(origins for _, origins in ordered)))
    return tuple(parts), tuple(sources)


def _joined(one: Note, other: Note) -> Note:
    """Merges two notes with equal pitch and start: the longer duration and the higher velocity."""
    longest = max(one.duration_ticks, other.duration_ticks)
    return replace(one, duration_ticks=longest, velocity=max(one.velocity, other.velocity))


def _stated_chords(draft: Score, score: Score, warp: Warp, remarks: list[str]) -> tuple[ChordSymbol, ...]:
    """The file's chords, unless its notes contradict them: rehearsal letters look like chords."""
    chords = tuple(replace(symbol, start_ticks=max(0, warp.to_score(symbol.start_ticks))) for symbol in score.chords)
    if not chords or is_harmony(draft, chords):
        return chords
    remarks.append("the file's chord symbols do not fit the notes: harmony estimated")
    return ()


def _with_harmony(
    draft: Score, score: Score, warp: Warp, chords: tuple[ChordSymbol, ...], requested: Key | None, remarks: list[str]
) -> Score:
    """Adds key and chords: requested, stated or estimated."""
    if all(part.is_drum for part in draft.parts):
        return replace(draft, keys=(KeySignature(0, requested),)) if requested else draft
    later = tuple(
        replace(change, start_ticks=warp.to_score(change.start_ticks))
        for change in score.keys
        if 0 < change.start_ticks < score.last_note_end_ticks
    )
    stated = (KeySignature(0, score.key), *later) if score.key else ()
    sounded = replace(_with_chords(draft, chords) if chords else draft, keys=stated)
    key = requested or _key_of_notes(score_arrays(sounded), remarks)
    keys = (KeySignature(0, key), *(later if key == score.key else ()))
    return replace(draft, keys=keys, chords=_completed(draft, chords, estimate_chords(score_arrays(draft), key)))


def _with_chords(draft: Score, chords: tuple[ChordSymbol, ...]) -> Score:
    """The score with a part that holds the tones of stated chords, each over its bass."""
    notes = []
    for symbol, following in zip(chords, [*(each.start_ticks for each in chords[1:]), draft.end_ticks], strict=True):
        if symbol.chord and following > symbol.start_ticks:
            pitches = {_BASS + symbol.chord.lowest, *(_TONES + tone for tone in symbol.chord.pitch_classes)}
            notes += [Note(symbol.start_ticks, pitch, following - symbol.start_ticks) for pitch in sorted(pitches)]
    return replace(draft, parts=(*draft.parts, Part("", 0, tuple(notes))))


def _completed(draft: Score, stated: tuple[ChordSymbol, ...], estimated: tuple[ChordSymbol, ...]) -> tuple[ChordSymbol, ...]:
    """The stated chords with estimated ones before the bar of the first, and after that of the last unless it still fits.

    An upbeat before them has no chord.
    """
    if not stated:
        return estimated
    first = draft.bar_at(stated[0].start_ticks)
    if first.index > draft.upbeat_bars:
        stated = (*(symbol for symbol in estimated if symbol.start_ticks < first.start_ticks), *stated)
    end = draft.bar_at(stated[-1].start_ticks).end_ticks
    held = replace(stated[-1], start_ticks=end)
    if measure_chord_fit(draft, (held,)).strong >= _HOLDS:
        return stated
    return (*stated, *(replace(symbol, start_ticks=max(end, symbol.start_ticks)) for symbol in _from(end, estimated)))


def _from(tick: int, chords: tuple[ChordSymbol, ...]) -> tuple[ChordSymbol, ...]:
    """The chord in force at a tick, and those after it."""
    first = bisect_right(chords, tick, key=lambda symbol: symbol.start_ticks) - 1
    return chords[max(0, first) :]


def _key_of_notes(arrays: ScoreArrays, remarks: list[str]) -> Key:
    """The working key of a piece with notes, which may state keys."""
    stated = arrays.score.key
    if stated and stated_key_plan(arrays):
        return stated
    key = _main_key(stated, estimate_key(arrays), arrays, remarks)
    if (home := _home_key(arrays, key)) != key:
        remarks.append(f"begins and ends on {str(home).split()[0]}: {home}, not {key}")
    return home


def _main_key(stated: Key | None, estimated: KeyEstimate, arrays: ScoreArrays, remarks: list[str]) -> Key:
    """The working key.

    C major is ignored because sequencers write it into every file, and the mode of a signature, too. No program states a
    church mode by default.
    """
    if stated is None:
        return estimated.key
    if stated.church:
        return stated
    if (stated.tonic, stated.mode) == (estimated.key.tonic, estimated.key.mode):
        return stated  # spelled as in the file: F sharp major or G flat major
    default = stated == Key(0, "major")
    fits = profile_correlations(arrays.chroma.sum(axis=0))
    clearly = fits[key_index(estimated.key)] - fits[key_index(stated)] >= CLEARLY_BETTER
    if default or stated.tonic == estimated.key.tonic or clearly or estimated.confidence >= _SURE_KEY:
        if not default:
            remarks.append(f"key signature is {stated}, but the notes suggest {estimated.key}, which is used")
        return estimated.key
    return stated


def _home_key(arrays: ScoreArrays, key: Key) -> Key:
    """The minor key on the Aeolian or Dorian tonic of `key`'s scale if the piece starts and ends there, else `key`.

    A hymn in G Dorian has one flat, and its notes fit F major best, but it starts and ends on G. Estimated keys are only major
    or minor, so Dorian counts as minor.

    Args:
        arrays: the piece, which has pitched notes.
        key: the stated or estimated key.

    >>> from composer.analysis import score_arrays
    >>> from composer.score import Note, Part, Score
    >>> tune = [62, 65, 67, 69, 72, 71, 69, 67, 65, 67, 69, 67, 65, 64, 62, 62]
    >>> dorian = Score((Part("Flute", 73, tuple(Note(480 * i, pitch, 480) for i, pitch in enumerate(tune))),))
    >>> str(_home_key(score_arrays(dorian), Key.parse("C major")))
    'D minor'
    """
    bar = arrays.segment_bar[arrays.beat_segment]
    sounding = np.flatnonzero(arrays.bass >= 0)
    downbeats = sounding[arrays.beat_start[sounding] == arrays.bar_start[bar[sounding]]]
    beginning = {int(arrays.bass[beat]) % 12 for beat in (*sounding[:1], *downbeats[:1])}
    tonic = int(arrays.bass[sounding[-1]]) % 12
    major = key.tonic if key.mode == "major" else key.tonic - _RELATIVE_MINOR
    chroma = arrays.chroma.sum(axis=0)
    is_minor = chroma[(tonic + 3) % 12] > chroma[(tonic + 4) % 12]
    if (
        key.church
        or tonic == key.tonic
        or tonic not in beginning
        or not is_minor
        or (tonic - major) % 12 not in (_RELATIVE_MINOR, _DORIAN)
    ):
        return key
    return Key.from_tonic(tonic, "minor")
