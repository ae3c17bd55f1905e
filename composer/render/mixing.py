"""The mix: synthesizes the parts, pans them, sums them and adds the reverb of one room.

Knows no loudness targets and no files.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from itertools import accumulate

import numpy as np

from composer.performance import Performance, PerformedPart
from composer.render.instrument_levels import leveled
from composer.render.messages import MOST_PITCHED
from composer.render.reverb import checked_room, filtered, impulse_response, room_for, send_gain
from composer.render.synth import SAMPLE_RATE, TAIL_S, WINDOW_S, Sound, SoundSource, frames, synthesize

Progress = Callable[[float], None]
StemSink = Callable[[int, int, Sound], None]

# Parts are synthesized together, because each pass costs as much as a handful of voices. Groups are limited by the embedded
# synthesizer's 64 voices (two per note, plus release) and to parts at similar distances, which share a reverb send.
MOST_NOTES = 32
RELEASE_S = 1.0
ROW_DEPTH = 0.125
REVERB_STEP = 160_000
SILENCE = 10.0 ** (-75 / 20)  # relative to the peak; quieter sound at the end is cut
_SYNTHESIS_SHARE = 0.85  # share of the total work, for the progress


def mix(
    performance: Performance,
    source: SoundSource,
    *,
    room: str | None = None,
    on_stem: StemSink | None = None,
    progress: Progress | None = None,
    workers: int | None = None,
) -> Sound:
    """All parts in their room, (n, 2), at the synthesizer's level; a loop without its tail, which sounds in its beginning.

    Args:
        performance: the performance to mix; it has notes.
        source: the renderer and its soundfont.
        room: a name in `ROOMS`; by default chosen for the ensemble.
        on_stem: called with chunks of dry sound to add up: part index, first frame, sound. Parts are then synthesized
            separately, which takes longer.
        progress: called with the completed fraction, 0 to 1.
        workers: number of synthesis processes; by default one per core, at most four.
    """
    space = checked_room(room or room_for(performance.parts))
    count = frames(performance.duration_s + TAIL_S + space.decay_s)
    dry = np.zeros((count, 2), dtype=np.float32)
    send = np.zeros((count, 1), dtype=np.float32)
    bundles = [[i] for i, part in enumerate(performance.parts) if part.notes] if on_stem else _bundles(performance.parts)
    parts = leveled(performance.parts, source)
    groups = [[parts[index] for index in bundle] for bundle in bundles]
    gains = [send_gain(space, float(np.mean([part.distance for part in group]))) for group in groups]
    for piece in synthesize(groups, source, performance.duration_s, workers or usable_cores()):
        first, sound = piece.first_frame, piece.sound[: count - piece.first_frame]
        dry[first : first + len(sound)] += sound
        middle = sound[:, 0] + sound[:, 1]  # numpy's mean over such a short axis takes ten times as long
        middle *= np.float32(gains[piece.group] / 2)
        send[first : first + len(sound), 0] += middle
        if on_stem:
            on_stem(bundles[piece.group][0], first, sound)
        if progress:
            within = min(1.0, (first / SAMPLE_RATE + WINDOW_S) / performance.duration_s)
            progress(_SYNTHESIS_SHARE * (piece.group + within) / len(bundles))
    if space.decay_s > 0.0:
        for first, wet in filtered(send, impulse_response(space), REVERB_STEP):
            dry[first : first + len(wet)] += wet
    if performance.loop_s:
        return wrapped(dry, round(performance.loop_s * SAMPLE_RATE))
    return _ended(dry, frames(performance.duration_s))


def wrapped(sound: Sound, length: int) -> Sound:
    """The first frames of a sound with all later ones added from the start on: what a loop of that length sounds like."""
    result = sound[:length]
    for first in range(length, len(sound), length):
        later = sound[first : first + length]
        result[: len(later)] += later
    return result


def usable_cores() -> int:
    """Number of cores this process may use, at most four: more would only wait for memory."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(4, count or 1)


def _bundles(parts: Sequence[PerformedPart]) -> list[list[int]]:
    """Indices of the parts to synthesize together: parts at similar distances, which share a reverb send."""
    bundles: list[list[int]] = []
    room = 0
    for i in sorted((i for i, part in enumerate(parts) if part.notes), key=lambda i: (parts[i].distance, i)):
        notes = _most_notes(parts[i])
        near = bool(bundles) and parts[i].distance - parts[bundles[-1][0]].distance <= ROW_DEPTH
        if near and notes <= room and len(bundles[-1]) < MOST_PITCHED:
            bundles[-1].append(i)
        else:
            bundles.append([i])
            room = MOST_NOTES
        room -= notes
    return bundles


def _most_notes(part: PerformedPart) -> int:
    """Largest number of simultaneous notes of a part, including releases and notes held by the pedal."""
    begun = [(note.start_s, 1) for note in part.notes]
    gone = [(release_s + RELEASE_S, -1) for release_s in part.releases_s()]
    return max(accumulate(step for _, step in sorted(begun + gone)))


def _ended(sound: Sound, least: int) -> Sound:
    """The sound without trailing silence, but at least `least` frames; the last tenth of a second fades out."""
    block = 4800
    peaks = np.array([np.abs(sound[first : first + block]).max() for first in range(0, len(sound), block)])
    audible = np.flatnonzero(peaks > SILENCE * peaks.max())
    end = max(least, int(audible[-1] + 1) * block if len(audible) else 0)
    result = sound[:end]
    fade = min(block, len(result))
    result[len(result) - fade :] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)[:, None]
    return result
