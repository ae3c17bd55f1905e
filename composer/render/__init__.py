"""From a score or a performance to sound and to audio files.

`render_score` is what other layers call: score -> performance -> synthesis -> mix -> master -> file. The steps are in
`synth` (notes to dry sound), `mixing` (parts to a stereo mix in a room), `mastering` (loudness, peaks), `audio` (files).
numpy only; libsndfile is loaded when a file is written or a synthesizer's output read.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from composer.errors import BadInputError
from composer.formats.provenance import Provenance, software
from composer.performance import EXPRESSION, Performance, perform
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


@dataclass(frozen=True, slots=True)
class Rendering:
    """What was rendered and how it measures.

    Attributes:
        files: the audio files, then the stems and their dry mix where asked for.
        duration_s: length of the sound, the room's tail included.
        loudness: integrated loudness and true peak before a lossy encoder.
        renderer, soundfont, licence: what played, and the soundfont's licence.
    """

    files: tuple[Path, ...]
    duration_s: float
    loudness: Loudness
    renderer: str
    soundfont: str
    licence: str

    def to_dict(self) -> dict[str, str | float | None]:
        """What a sidecar keeps: everything but the files; loudness and peak to 0.01 dB, `None` for silence."""
        levels = (self.loudness.integrated_lufs, self.loudness.true_peak_dbtp)
        lufs, dbtp = (round(level, 2) if isfinite(level) else None for level in levels)
        return {
            "renderer": self.renderer,
            "soundfont": self.soundfont,
            "soundfont_licence": self.licence,
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
        performance: what is played.
        soundfont: a file or the name of an installed one; by default the best found.
        renderer: a name in `RENDERERS`; by default the best found.
        room: a name in `composer.render.reverb.ROOMS`; by default what suits the ensemble.
        progress: called with the fraction done, 0 to 1.
        workers: processes that synthesize; by default one a core, four at most.

    Raises:
        BadInputError: unknown renderer, room or soundfont, or a performance without notes.
        CantilenaError: the synthesizer failed.
    """
    _refuse_silence(performance)
    name, path = choose(renderer, soundfont)
    sound = mix(performance, name, path, room=room, progress=progress, workers=workers)
    master(sound)
    if progress:
        progress(1.0)
    return sound


def render_score(
    score: Score,
    *paths: Path,
    expression: float = EXPRESSION,
    style: str | None = None,
    seed: int = 0,
    soundfont: str | Path | None = None,
    renderer: str | None = None,
    room: str | None = None,
    bits: int | None = None,
    provenance: Provenance | None = None,
    stems: Path | None = None,
    progress: Progress | None = None,
    workers: int | None = None,
) -> Rendering:
    """Plays a score and writes it to audio files, all of the same sound.

    Args:
        score: what is written.
        paths: files to write, one or more; the suffixes (.wav .flac .ogg .mp3) name the formats.
        expression, style, seed: how it is played, see `composer.performance.perform`; `seed` is the dither's too.
        soundfont, renderer, room, progress, workers: see `render_performance`.
        bits: 16 or 24 for WAV and FLAC.
        provenance: the model and seed of a piece that Cantilena composed, for the files' tags.
        stems: a folder for one dry file a part and their sum.

    Raises:
        BadInputError, CantilenaError: as `perform`, `render_performance` and `write_audio` do.
    """
    for path in paths:
        check_format(path, bits)
    performance = perform(score, expression=expression, style=style, seed=seed)
    _refuse_silence(performance)
    name, font = choose(renderer, soundfont)
    with StemFolder(stems, performance) if stems else nullcontext() as folder:
        on_stem = folder.add if folder else None
        sound = mix(performance, name, font, room=room, on_stem=on_stem, progress=progress, workers=workers)
    loudness = master(sound)
    for path in paths:
        write_audio(path, sound, bits=bits, tags=tags_for(score.title, provenance), seed=seed)
    if progress:
        progress(1.0)
    files = (*paths, *(folder.files if folder else ()))
    return Rendering(files, len(sound) / SAMPLE_RATE, loudness, name, font.stem, describe(font).licence)


def tags_for(title: str, provenance: Provenance | None) -> dict[str, str]:
    """Tags of an audio file: title and rendering program, and for a composition of ours who made it, and no human."""
    tags = {"title": title or "Untitled", "software": software()}
    if provenance is None:
        return tags
    artist = {"artist": provenance.composer} if provenance.composer else {}
    return tags | artist | {"comment": provenance.sentence()}


def _refuse_silence(performance: Performance) -> None:
    if not any(part.notes for part in performance.parts):
        raise BadInputError("there is nothing to render: the score has no notes")
