"""Smooths accompanying lines that the network wrote: joins notes struck again, and fills thirds of the bass with passing tones.

Compared with openings of human pieces, lines of the network strike the same pitch again within a beat about three times as
often, and its basses move by step half as often, in choirs and quartets.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import pairwise

from composer.arranging.setting import Setting
from composer.presets import EnsemblePart, programs_of
from composer.score import Note

_FILLED = 0.5  # share of the thirds of a bass that are filled
_THIRDS = (3, 4)


def smoothed(notes: Sequence[Note], setting: Setting, part: EnsemblePart) -> list[Note]:
    """The notes of an accompanying line; chords of a part stay as they are.

    Args:
        notes: of one part, in order.
        setting: of the piece.
        part: the player.
    """
    is_bass = part == min((other for other in setting.plan.parts if not other.is_drum), key=lambda other: other.low)
    joined = _joined(notes, setting, sung=part.program in programs_of("voice"), is_bass=is_bass)
    return _filled(joined, setting) if is_bass else joined


def _joined(notes: Sequence[Note], setting: Setting, *, sung: bool, is_bass: bool) -> list[Note]:
    """The notes, joined where a pitch is struck again within a beat.

    Voices strike each beat, instruments each chord and barline. Instruments that play the bass hold it as long as the chord.
    """
    meter = setting.plan.meter
    struck = Counter(note.start_ticks for note in notes)
    kept: Collection[int] = {bar.start + span.start for bar in setting.bars for span in bar.spans}
    if sung:
        kept = range(0, setting.plan.bars * meter.bar_ticks, meter.beat_ticks)
    longest = meter.bar_ticks if is_bass and not sung else meter.beat_ticks - 1
    joined: list[Note] = []
    latest = 0  # the last onset that was joined
    for note in notes:
        before = joined[-1] if joined else None
        again = (
            before is not None
            and before.pitch == note.pitch
            and struck[before.start_ticks] == struck[note.start_ticks] == 1
            and note.start_ticks - latest <= longest
            and note.start_ticks not in kept
            and 2 * (note.start_ticks - before.end_ticks) < note.start_ticks - latest
        )
        if again and before is not None:
            joined[-1] = replace(before, duration_ticks=note.end_ticks - before.start_ticks)
        else:
            joined.append(note)
        latest = note.start_ticks
    return joined


def _filled(notes: Sequence[Note], setting: Setting) -> list[Note]:
    """The notes with a passing tone in some of the thirds between notes of at least a beat."""
    meter, chance = setting.plan.meter, setting.chance("passing tones")
    filled: list[Note] = []
    for note, after in pairwise([*notes, None]):
        if note is None:
            break
        drawn = chance.random()
        if after is None or drawn >= _FILLED or after.start_ticks != note.end_ticks or note.duration_ticks < meter.beat_ticks:
            filled.append(note)
            continue
        passing = _between(note.pitch, after.pitch, setting.plan.key.scale)
        length = meter.beat_ticks if note.duration_ticks > meter.beat_ticks else meter.beat_ticks // 2
        if passing is None or any(
            other is not note and other.start_ticks <= note.start_ticks < other.end_ticks for other in filled
        ):
            filled.append(note)
            continue
        filled.append(replace(note, duration_ticks=note.duration_ticks - length))
        filled.append(replace(note, start_ticks=note.end_ticks - length, pitch=passing, duration_ticks=length))
    return filled


def _between(pitch: int, after: int, scale: Collection[int]) -> int | None:
    """The tone of a scale between two that are a third apart, if there is one."""
    if abs(after - pitch) not in _THIRDS:
        return None
    way = 1 if after > pitch else -1
    found = [other for other in range(pitch + way, after, way) if other % 12 in scale]
    return found[-1] if found else None
