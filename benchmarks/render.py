"""Renders pieces for ten ensembles and measures speed, loudness, peaks, silence, stuck notes and stems.

    python -m benchmarks render                                  ten corpus pieces, about a minute of each
    python -m benchmarks render --pieces 3 --workers 1 --spectrograms out/spectrograms
    python -m benchmarks render --files out/*.mid

Columns: seconds of sound; times real time by processor time and by the clock, WAV writing included; the synthesizer's share of
the processor time (with one worker, in this process); LUFS and dBTP read back from the WAV; dBTP of OGG and MP3 decoded;
samples at full scale; share of 100 ms blocks below -70 dBFS; level of the last quarter of a second relative to the loudest one
(a stuck note would keep it high); largest difference between the sum of the stems and the dry mix (in dBFS).
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile

from composer.formats import read_score
from composer.formats.midi.midi_score import read_midi
from composer.render import RENDERERS, SAMPLE_RATE, render_score
from composer.render.loudness import measure
from composer.score import Score
from tools.corpus import corpus_folder

# (source, words of the id, style): ten ensembles
PIECES = (
    ("quartets", "andree-string-quartet", "string-quartet"),
    ("mutopia", "chopinff-o45", "romantic"),
    ("lieder", "abbott-just-for-today", "lied"),
    ("openhymnal", "abide", "hymn"),
    ("mutopia", "franckc-fwv30", "organ"),
    ("mutopia", "joplin", "ragtime"),
    ("games", "bunny", "electronic-rock"),
    ("freemusic", "", "film-cue"),
    ("hauptstimme", "bach-b-minor-mass-bwv-232-01", "mass"),
    ("hauptstimme", "beethoven", "symphony"),
)


def corpus_piece(source: str, words: str) -> tuple[str, Score]:
    """The first piece of a source whose id contains the words."""
    with (corpus_folder() / f"{source}.manifest.jsonl").open(encoding="utf-8") as lines:
        row = next(row for row in map(json.loads, lines) if words in row["id"])
    with zipfile.ZipFile(corpus_folder() / f"{source}.zip") as archive:
        name = next(name for name in archive.namelist() if name.endswith(row["midi"]))
        return row["id"], read_midi(archive.read(name))


def beginning(score: Score, seconds: float) -> Score:
    """The complete bars that start within the first `seconds`; longer notes are cut."""
    end = next(
        (bar.start_ticks for bar in score.bars if score.seconds_at(bar.start_ticks) >= seconds), score.bars[-1].end_ticks
    )

    def cut(events):
        return tuple(event for event in events if event.start_ticks < end)

    parts = tuple(
        replace(
            part, notes=tuple(replace(n, duration_ticks=min(n.duration_ticks, end - n.start_ticks)) for n in cut(part.notes))
        )
        for part in score.parts
    )
    return replace(
        score,
        parts=parts,
        tempos=cut(score.tempos),
        time_signatures=cut(score.time_signatures),
        keys=cut(score.keys),
        chords=cut(score.chords),
        markers=cut(score.markers),
        end_ticks=end,
    )


def cpu_s() -> float:
    """Processor seconds of this process and of ended child processes."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


class Clock:
    """A renderer that measures its processor seconds."""

    def __init__(self, render):
        self.render, self.seconds = render, 0.0

    def __call__(self, midi: bytes, soundfont: Path) -> np.ndarray:
        began = time.process_time()
        sound = self.render(midi, soundfont)
        self.seconds += time.process_time() - began
        return sound


def decibels(value: float) -> float:
    return 20 * np.log10(max(value, 1e-9))


def levels(sound: np.ndarray, seconds: float) -> np.ndarray:
    """Level of consecutive blocks in dBFS."""
    block = round(seconds * SAMPLE_RATE)
    whole = sound[: len(sound) // block * block].reshape(-1, block * 2)
    return 10 * np.log10(np.mean(np.square(whole, dtype=np.float64), axis=1) + 1e-18)


def stem_error(files: tuple[Path, ...]) -> float:
    """Largest difference between the sum of the stems and the dry mix, in dBFS."""
    *stems, dry = (soundfile.read(path, dtype="float64")[0] for path in files)
    return decibels(float(np.abs(sum(stems) - dry).max()))


def spectrogram(sound: np.ndarray, title: str, path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(14, 4))
    axes.specgram(sound.mean(axis=1), NFFT=2048, noverlap=1024, Fs=SAMPLE_RATE, vmin=-140, vmax=-30, cmap="magma")
    axes.set(ylim=(0, 16000), title=title, xlabel="s", ylabel="Hz")
    figure.tight_layout()
    figure.savefig(path, dpi=70)
    pyplot.close(figure)


def row(name: str, score: Score, style: str | None, options: argparse.Namespace) -> str:
    """Renders one piece and formats its line."""
    with tempfile.TemporaryDirectory() as folder:
        wav, ogg, mp3 = (Path(folder, f"a{suffix}") for suffix in (".wav", ".ogg", ".mp3"))
        common = {"style": style, "renderer": options.renderer, "soundfont": options.soundfont, "workers": options.workers}
        plain = RENDERERS[options.renderer]
        clock = Clock(plain.render)
        RENDERERS[options.renderer] = replace(plain, render=clock)
        wall, cpu = time.perf_counter(), cpu_s()
        rendering = render_score(score, wav, **common)
        wall, cpu = time.perf_counter() - wall, cpu_s() - cpu
        RENDERERS[options.renderer] = plain
        files = render_score(score, ogg, mp3, stems=Path(folder, "stems"), **common).files
        sound = soundfile.read(wav, dtype="float32")[0]
        loudness = measure(sound)
        lossy = [measure(soundfile.read(path, dtype="float32")[0]).true_peak_dbtp for path in (ogg, mp3)]
        quarter = levels(sound, 0.25)
        if options.spectrograms:
            options.spectrograms.mkdir(parents=True, exist_ok=True)
            spectrogram(sound, name, options.spectrograms / f"{name.replace('/', '-')}.png")
        return (
            f"{name[:38]:38} {len(score.parts):5} {sum(len(p.notes) for p in score.parts):5} {rendering.duration_s:6.1f} "
            f"{rendering.duration_s / cpu:6.1f} {rendering.duration_s / wall:6.1f} {clock.seconds / cpu:6.0%} "
            f"{loudness.integrated_lufs:7.2f} "
            f"{loudness.true_peak_dbtp:6.2f} {lossy[0]:6.2f} {lossy[1]:6.2f} {int((np.abs(sound) >= 0.9999).sum()):5} "
            f"{np.mean(levels(sound, 0.1) < -70):6.1%} {quarter[-1] - quarter.max():6.0f} {stem_error(files[2:]):6.0f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=Path, nargs="*", default=[], help="scores to render instead of corpus pieces")
    parser.add_argument("--pieces", type=int, default=len(PIECES))
    parser.add_argument("--seconds", type=float, default=60.0, help="seconds per piece")
    parser.add_argument("--renderer", choices=sorted(RENDERERS), default="midirenderer")
    parser.add_argument("--soundfont")
    parser.add_argument("--workers", type=int)
    parser.add_argument("--spectrograms", type=Path, help="folder for one picture per piece")
    options = parser.parse_args()
    pieces = [(path.stem, read_score(path), None) for path in options.files]
    if not pieces:
        pieces = [(*corpus_piece(source, words), style) for source, words, style in PIECES[: options.pieces]]
    heads = ("parts", "notes", "s", "x cpu", "x wall", "synth", "LUFS", "dBTP", "ogg", "mp3", "clip", "silent", "end", "stems")
    widths = (5, 5, 6, 6, 6, 6, 7, 6, 6, 6, 5, 6, 6, 6)
    print(f"{'piece':38}", *(f"{head:>{width}}" for head, width in zip(heads, widths, strict=True)))
    for name, score, style in pieces:
        print(row(name, beginning(score, options.seconds), style, options), flush=True)
