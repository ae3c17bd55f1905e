"""The audio of a loop: its exact length, its tail in its beginning, and loop points."""

import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from composer.performance import perform
from composer.render import SAMPLE_RATE, render_performance, render_score, write_audio
from composer.render.mixing import wrapped
from composer.score import LOOP_END, LOOP_START, Marker, Note, Part, Score, Tempo

EMBEDDED = "midirenderer"
BAR = 1920
FRAMES = 4 * SAMPLE_RATE  # two bars at 120


@pytest.fixture(scope="module")
def loop() -> Score:
    """Two bars: a cymbal and a note at the end, whose tails are longer than the rest of the loop."""
    notes = (Note(0, 60, 480, 80), Note(BAR + 1440, 72, 480, 100))
    drums = (Note(BAR + 1440, 49, 480, 110),)
    markers = (Marker(0, LOOP_START), Marker(2 * BAR, LOOP_END))
    parts = (Part("Vibraphone", 11, notes), Part("Drums", 0, drums, is_drum=True))
    return Score(parts, tempos=(Tempo(0, 120.0),), markers=markers, end_ticks=2 * BAR)


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg"])
def test_a_loop_has_its_exact_length_and_loop_points(loop: Score, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"loop.{suffix}"
    rendering = render_score(loop, path, renderer=EMBEDDED)
    sound, _ = soundfile.read(path)
    assert len(sound) == FRAMES
    assert rendering.duration_s == FRAMES / SAMPLE_RATE
    content = path.read_bytes()
    if suffix == "wav":
        at = content.index(b"smpl")
        assert struct.unpack_from("<I", content, 4)[0] == len(content) - 8
        assert struct.unpack_from("<I", content, at + 36)[0] == 1  # one loop
        assert struct.unpack_from("<II", content, at + 52) == (0, FRAMES - 1)
    else:
        assert b"LOOPSTART=0" in content
        assert f"LOOPLENGTH={FRAMES}".encode() in content
        assert soundfile.info(path).frames == FRAMES


def test_the_tail_of_a_loop_sounds_in_its_beginning(loop: Score) -> None:
    sound = render_performance(perform(loop), renderer=EMBEDDED)
    ended = render_performance(perform(replace(loop, markers=())), renderer=EMBEDDED)
    assert len(ended) > FRAMES
    seam = np.abs(sound[0] - sound[-1]).max()
    steps = np.abs(np.diff(sound[-480:], axis=0)).max()
    assert seam <= 2 * steps, "a click"
    assert np.abs(sound[0]).max() > 0.01 > 1000 * np.abs(ended[0]).max()


def test_stems_of_a_loop_are_loops_and_add_up(loop: Score, tmp_path: Path) -> None:
    result = render_score(loop, tmp_path / "a.wav", renderer=EMBEDDED, stems=tmp_path / "stems")
    *stems, dry = (soundfile.read(path, dtype="float64")[0] for path in result.files[1:])
    assert {len(each) for each in (*stems, dry)} == {FRAMES}
    assert np.abs(sum(stems) - dry).max() < 1e-4
    assert all(b"smpl" in path.read_bytes()[-80:] for path in result.files[1:])
    assert np.abs(stems[1][:4800]).max() > 1e-3, "the cymbal rings on"


def test_tags_stay_beside_loop_points_and_long_comments_fill_pages(tmp_path: Path) -> None:
    sound = np.zeros((SAMPLE_RATE, 2), np.float32)
    sound[::100] = 0.5
    for suffix in ("wav", "flac", "ogg"):
        path = tmp_path / f"tagged.{suffix}"
        write_audio(path, sound, tags={"title": "Ämnä", "comment": "long " * (20_000 if suffix != "wav" else 1)}, loops=True)
        with soundfile.SoundFile(path) as file:
            assert file.title == "Ämnä"
            assert len(file.read()) == SAMPLE_RATE


def test_a_tail_longer_than_a_loop_is_wrapped_several_times() -> None:
    assert wrapped(np.ones((10, 2), np.float32), 4)[:, 0].tolist() == [3, 3, 2, 2]
