"""Repairs of corpus scores before labeling: cuts out movements, halves long note values, joins drum tracks.

Pure functions from score to score. Knows nothing of files or manifests.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from composer.score import TICKS_PER_QUARTER, KeySignature, Note, Part, Score, Tempo, TimeSignature
from composer.training.data.tagging import TrackInstrument

LONG_BAR_TICKS = 8 * TICKS_PER_QUARTER  # a piece with bars of at least this length is written in long values


def excerpt(score: Score, first_bar: int, end_bar: int) -> Score:
    """The bars from `first_bar` (0-based) to `end_bar` (exclusive), moved to tick 0.

    Meter and key at the first bar are stated there; a tempo only if it starts there, since an earlier tempo says nothing about
    a new movement. Notes end with the last bar at the latest; chords and markers are dropped.

    >>> whole = Score((Part("Flute", 73, tuple(Note(1920 * bar, 60 + bar, 1920) for bar in range(4))),))
    >>> part = excerpt(whole, 1, 3)
    >>> [(note.start_ticks, note.pitch) for note in part.parts[0].notes], len(part.bars)
    ([(0, 61), (1920, 62)], 2)
    """
    bars = score.bars
    start, end = bars[first_bar].start_ticks, bars[end_bar - 1].end_ticks

    def inside(notes: Sequence[Note]) -> tuple[Note, ...]:
        return tuple(
            replace(note, start_ticks=note.start_ticks - start, duration_ticks=min(note.end_ticks, end) - note.start_ticks)
            for note in notes
            if start <= note.start_ticks < end
        )

    key = next((change.key for change in reversed(score.keys) if change.start_ticks <= start), None)
    meters = [replace(bars[first_bar].time_signature, start_ticks=0)]
    return Score(
        parts=tuple(replace(part, notes=inside(part.notes)) for part in score.parts),
        tempos=tuple(Tempo(t.start_ticks - start, t.qpm) for t in score.tempos if start <= t.start_ticks < end),
        time_signatures=(
            *meters,
            *(replace(m, start_ticks=m.start_ticks - start) for m in score.time_signatures if start < m.start_ticks < end),
        ),
        keys=(
            *((KeySignature(0, key),) if key else ()),
            *(replace(k, start_ticks=k.start_ticks - start) for k in score.keys if start < k.start_ticks < end),
        ),
        title=score.title,
        end_ticks=end - start,
    )


def halved(score: Score) -> Score:
    """The same music in half the note values and half the tempo, as in modern editions of 16th-century music.

    2/1 becomes 2/2, 4/2 becomes 4/4; the sound does not change. If a meter cannot be halved (denominator above 32), the score
    is returned unchanged.

    >>> breves = Score((Part("Choir", 52, (Note(0, 60, 3840),)),), (Tempo(0, 240.0),), (TimeSignature(0, 4, 2),))
    >>> modern = halved(breves)
    >>> str(modern.time_signatures[0]), modern.qpm_at(0), modern.duration_s == breves.duration_s
    ('4/4', 120.0, True)
    """
    if any(meter.denominator >= 32 for meter in score.time_signatures):
        return score

    def half(notes: Sequence[Note]) -> tuple[Note, ...]:
        return tuple(
            replace(note, start_ticks=note.start_ticks // 2, duration_ticks=max(1, note.duration_ticks // 2)) for note in notes
        )

    return replace(
        score,
        parts=tuple(replace(part, notes=half(part.notes)) for part in score.parts),
        tempos=tuple(Tempo(tempo.start_ticks // 2, tempo.qpm / 2) for tempo in score.tempos),
        time_signatures=tuple(
            TimeSignature(meter.start_ticks // 2, meter.numerator, 2 * meter.denominator) for meter in score.time_signatures
        ),
        keys=tuple(replace(change, start_ticks=change.start_ticks // 2) for change in score.keys),
        chords=tuple(replace(chord, start_ticks=chord.start_ticks // 2) for chord in score.chords),
        markers=tuple(replace(marker, start_ticks=marker.start_ticks // 2) for marker in score.markers),
        end_ticks=score.end_ticks // 2,
    )


def reinstrumented(score: Score, tracks: Sequence[TrackInstrument], names: Sequence[str]) -> Score:
    """Assigns instruments and names to the sounding parts of a score and joins all drum parts into one, "Drums".

    A list whose length differs from the number of parts is ignored.

    >>> staff = Part("Staff 1", 0, (Note(0, 60, 480),))
    >>> part = reinstrumented(Score((staff,)), [TrackInstrument(40)], ["Violin"]).parts[0]
    >>> part.name, part.program
    ('Violin', 40)
    """
    parts = [part for part in score.parts if part.notes]
    if len(parts) == len(tracks) == len(names):
        parts = [
            replace(part, name=name, program=track.program, is_drum=track.is_drum)
            for part, track, name in zip(parts, tracks, names, strict=True)
        ]
    drums = [part for part in parts if part.is_drum]
    if len(drums) > 1:
        parts = [*(part for part in parts if not part.is_drum), _joined(drums)]
    return replace(score, parts=tuple(parts))


def _joined(drums: Sequence[Part]) -> Part:
    """Joins drum tracks into one kit; of two strokes on the same drum and tick the louder one is kept."""
    strokes: dict[tuple[int, int], Note] = {}
    for note in sorted(note for part in drums for note in part.notes):
        strokes[note.start_ticks, note.pitch] = note  # notes are sorted by velocity last, so the loudest is kept
    return Part("Drums", 0, tuple(strokes.values()), is_drum=True)
