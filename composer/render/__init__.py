"""Renders a score or a performance to sound and audio files.

`render_score` is the entry point: score -> performance -> synthesis -> mix -> master -> file. The steps are in `synth` (notes
to dry sound), `mixing` (parts to a stereo mix in a room), `mastering` (loudness, peaks) and `audio` (files). Uses only numpy;
libsndfile is loaded when a file is written or FluidSynth's output is read.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Unpack

import numpy as np

from composer.errors import BadInputError
from composer.formats.provenance import Provenance, software
from composer.performance import Manner, Performance, perform
from composer.render.audio import FORMATS, check_format, write_audio
from composer.render.loudness import Loudness
from composer.render.mastering import master
from composer.render.mixing import Progress, mix
from composer.render.soundfonts import describe
from composer.render.stems import StemFolder
from composer.render.synth import RENDERERS, SAMPLE_RATE, Sound, choose
from composer.score import Score

__all__ = [
    "FORMATS",
    "RENDERERS",
    "SAMPLE_RATE",
    "Rendering",
    "render_performance",
    "render_score",
    "tags_for",
    "write_audio",
]

_AROUND = SAMPLE_RATE // 4  # frames of a loop on either side that its mastering knows


@dataclass(frozen=True, slots=True)
class Rendering:
    """The rendered files and their measurements.

    Attributes:
        files: the audio files, followed by the stems and their dry mix if requested.
        duration_s: length of the sound, including the room's tail; of a loop, its exact length.
        loudness: integrated loudness, and true peak before lossy encoding.
        renderer, soundfont, license: what was used, and the soundfont's license.
    """

    files: tuple[Path, ...]
    duration_s: float
    loudness: Loudness
    renderer: str
    soundfont: str
    license: str

    def to_dict(self) -> dict[str, str | float | None]:
        """Fields of the sidecar: all but the files; loudness and peak rounded to 0.01 dB, `None` for silence."""
        levels = (self.loudness.integrated_lufs, self.loudness.true_peak_dbtp)
        lufs, dbtp = (round(level, 2) if isfinite(level) else None for level in levels)
        return {
            "renderer": self.renderer,
            "soundfont": self.soundfont,
            "soundfont_license": self.license,
            "duration_s": round(self.duration_s, 3),
            "integrated_lufs": lufs,
            "true_peak_dbtp": dbtp,
        }


def render_performance(
    performance: Performance,
    soundfont: str | Path | None = None,
    renderer: str | None = None,
    *,
    room: str | None = None,
    progress: Progress | None = None,
    workers: int | None = None,
) -> Sound:
    """Mixed and mastered sound of a performance, (n, 2) float32 at `SAMPLE_RATE`, full scale 1.0.

    Args:
        performance: the performance to render.
        soundfont: a file or the name of an installed soundfont; by default the best one found.
        renderer: a name in `RENDERERS`; by default the best one found.
        room: a name in `composer.render.reverb.ROOMS`; by default chosen for the ensemble.
        progress: called with the completed fraction, 0 to 1.
        workers: number of synthesis processes; by default one per core, at most four.

    Raises:
        BadInputError: unknown renderer, room or soundfont, or a performance without notes.
        CantilenaError: the synthesizer failed.
    """
    _refuse_silence(performance)
    sound = mix(performance, choose(renderer, soundfont), room=room, progress=progress, workers=workers)
    sound, _ = _mastered(sound, loops=performance.loop_s is not None)
    if progress:
        progress(1.0)
    return sound


def render_score(
    score: Score,
    *paths: Path,
    soundfont: str | Path | None = None,
    renderer: str | None = None,
    room: str | None = None,
    bits: int | None = None,
    provenance: Provenance | None = None,
    stems: Path | None = None,
    progress: Progress | None = None,
    workers: int | None = None,
    **manner: Unpack[Manner],
) -> Rendering:
    """Performs a score and writes it to audio files, all with the same sound.

    Args:
        score: the score to render.
        paths: files to write, one or more; the suffixes (.wav .flac .ogg .mp3) determine the formats.
        soundfont, renderer, room, progress, workers: see `render_performance`.
        bits: 16 or 24 for WAV and FLAC.
        provenance: model and seed of a piece composed by Cantilena, for the files' tags.
        stems: folder for one dry file per part and their sum.
        manner: see `composer.performance.perform`; its `seed` also seeds the dither.

    Raises:
        BadInputError, CantilenaError: see `perform`, `render_performance` and `write_audio`.
    """
    for path in paths:
        check_format(path, bits)
    performance = perform(score, **manner)
    _refuse_silence(performance)
    source = choose(renderer, soundfont)
    with StemFolder(stems, performance) if stems else nullcontext() as folder:
        on_stem = folder.add if folder else None
        sound = mix(performance, source, room=room, on_stem=on_stem, progress=progress, workers=workers)
    loops = performance.loop_s is not None
    sound, loudness = _mastered(sound, loops=loops)
    for path in paths:
        tags = tags_for(score.title, provenance)
        write_audio(path, sound, bits=bits, tags=tags, seed=manner.get("seed", 0), loops=loops)
    if progress:
        progress(1.0)
    files = (*paths, *(folder.files if folder else ()))
    name, font = source
    return Rendering(files, len(sound) / SAMPLE_RATE, loudness, name, font.stem, describe(font).license)


def _mastered(sound: Sound, *, loops: bool) -> tuple[Sound, Loudness]:
    """The sound at the target loudness; the gain of a loop is as continuous from its end to its start as within it."""
    if not loops:
        return sound, master(sound)
    around = min(_AROUND, len(sound))
    longer = np.concatenate([sound[len(sound) - around :], sound, sound[:around]])
    loudness = master(longer)
    return longer[around : len(longer) - around], loudness


def tags_for(title: str, provenance: Provenance | None) -> dict[str, str]:
    """Tags of an audio file: title and rendering program; for a piece composed by Cantilena also artist and disclosure."""
    tags = {"title": title or "Untitled", "software": software()}
    if provenance is None:
        return tags
    artist = {"artist": provenance.composer} if provenance.composer else {}
    return tags | artist | {"comment": provenance.sentence()}


def _refuse_silence(performance: Performance) -> None:
    if not any(part.notes for part in performance.parts):
        raise BadInputError("there is nothing to render: the score has no notes")
