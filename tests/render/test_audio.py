import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from composer.composing.output import AUDIO_FORMATS
from composer.errors import BadInputError, CantilenaError
from composer.performance import Performance, PerformedPart
from composer.render.audio import FORMATS, _ogg_crc, dithered, write_audio
from composer.render.stems import StemFolder

RATE = 48_000


@pytest.fixture(scope="module")
def chord() -> np.ndarray:
    """Two seconds of a fading chord, one of its notes left, one right."""
    time_s = np.arange(2 * RATE) / RATE
    left, right = (0.3 * np.exp(-time_s) * np.sin(2 * np.pi * hertz * time_s) for hertz in (440.0, 660.0))
    return np.stack([left, right], axis=1).astype(np.float32)


def test_the_names_of_audio_formats_are_those_that_can_be_written() -> None:
    assert [f".{name}" for name in AUDIO_FORMATS] == list(FORMATS)


@pytest.mark.parametrize("suffix", sorted(FORMATS))
def test_every_format_keeps_the_sound_and_its_tags(tmp_path: Path, chord: np.ndarray, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    write_audio(path, chord, tags={"title": "Ämnä", "artist": "Cantilena", "comment": "Made by Cantilena; seed 7"})
    with soundfile.SoundFile(path) as file:
        assert (file.samplerate, file.channels) == (RATE, 2)
        assert (file.title, file.artist) == ("Ämnä", "Cantilena")
        assert "seed 7" in file.comment
        sound = file.read(dtype="float32")
    tolerance = 2e-7 if suffix in (".wav", ".flac") else 0.03
    assert len(sound) == pytest.approx(len(chord), abs=2400)
    assert np.abs(sound[: len(chord)] - chord).max() < tolerance
    assert sorted(p.name for p in tmp_path.iterdir()) == [path.name]


@pytest.mark.parametrize("suffix", sorted(FORMATS))
def test_the_same_sound_gives_the_same_bytes(
    tmp_path: Path, chord: np.ndarray, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    first, second = tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"
    write_audio(first, chord, tags={"title": "T"}, seed=3)
    time.sleep(1.1)  # libsndfile would write the current second
    write_audio(second, chord, tags={"title": "T"}, seed=3)
    assert first.read_bytes() == second.read_bytes()


def test_ogg_pages_have_a_valid_checksum(tmp_path: Path, chord: np.ndarray) -> None:
    path = tmp_path / "a.ogg"
    write_audio(path, chord)
    data = bytearray(path.read_bytes())
    at = pages = 0
    while at < len(data):
        assert data[at : at + 4] == b"OggS"
        size = 27 + data[at + 26] + sum(data[at + 27 : at + 27 + data[at + 26]])
        page = bytearray(data[at : at + size])
        (stored,) = struct.unpack_from("<I", page, 22)
        struct.pack_into("<I", page, 22, 0)
        crc = 0
        for byte in page:  # RFC 3533, bit by bit
            crc ^= byte << 24
            for _ in range(8):
                crc = (crc << 1) ^ 0x04C11DB7 if crc & 0x80000000 else crc << 1
                crc &= 0xFFFFFFFF
        assert stored == crc == _ogg_crc(bytes(page))
        assert struct.unpack_from("<I", page, 14) == (1,)
        at, pages = at + size, pages + 1
    assert pages >= 3


def test_long_ogg_is_written(tmp_path: Path) -> None:
    sound = np.zeros((RATE * 120, 2), np.float32)  # a single write of this length crashes libsndfile
    sound[::100] = 0.1
    write_audio(tmp_path / "long.ogg", sound)
    assert soundfile.info(tmp_path / "long.ogg").frames == len(sound)


def test_sixteen_bits_are_dithered(tmp_path: Path) -> None:
    sound = np.full((RATE, 2), 0.4 / 32767, np.float32)  # below half a step: rounding alone gives silence
    write_audio(tmp_path / "a.wav", sound, bits=16)
    samples, _ = soundfile.read(tmp_path / "a.wav", dtype="int16")
    assert samples.mean() == pytest.approx(0.4, abs=0.02)
    assert soundfile.info(tmp_path / "a.wav").subtype == "PCM_16"


def test_dither_is_white_and_two_steps_wide() -> None:
    noise = dithered(np.zeros((RATE, 2), np.float32), np.random.default_rng(0))[:, 0].astype(float)
    assert set(np.unique(noise)) == {-1.0, 0.0, 1.0}
    assert noise.var() == pytest.approx(0.25, rel=0.05)  # triangular noise of 1/6 step squared, rounded
    assert abs(np.mean(noise[1:] * noise[:-1])) < 0.01


@pytest.mark.parametrize(("name", "bits"), [("a.aac", None), ("a", None), ("a.ogg", 16), ("a.wav", 8)])
def test_unknown_formats_are_rejected_in_one_line(tmp_path: Path, chord: np.ndarray, name: str, bits: int | None) -> None:
    with pytest.raises(BadInputError) as caught:
        write_audio(tmp_path / name, chord, bits=bits)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_sound_beyond_full_scale_and_unknown_tags_are_rejected(tmp_path: Path, chord: np.ndarray) -> None:
    with pytest.raises(BadInputError, match="exceeds full scale"):
        write_audio(tmp_path / "a.wav", chord * 10)
    with pytest.raises(BadInputError, match="exceeds full scale"):
        write_audio(tmp_path / "a.wav", np.full((10, 2), np.nan, np.float32))
    with pytest.raises(BadInputError, match="'mood' is not known"):
        write_audio(tmp_path / "a.wav", chord, tags={"mood": "sad"})


def test_a_failed_write_keeps_the_old_file(tmp_path: Path, chord: np.ndarray) -> None:
    with pytest.raises(CantilenaError, match="cannot write"):
        write_audio(tmp_path / "missing" / "a.wav", chord)
    folder = tmp_path / "a.flac"
    folder.mkdir()
    with pytest.raises(CantilenaError, match="cannot write"):
        write_audio(folder, chord)
    assert folder.is_dir()
    assert [p.name for p in tmp_path.iterdir()] == ["a.flac"]


def test_stem_folder_adds_up(tmp_path: Path, chord: np.ndarray) -> None:
    performance = Performance((PerformedPart("Violin 1", 40, ()), PerformedPart("", 42, ())), 1.0)
    with StemFolder(tmp_path / "stems", performance) as folder:
        folder.add(0, 100, 5 * chord)
        folder.add(0, 100, chord)
        folder.add(1, 0, chord)
    assert [p.name for p in folder.files] == ["01-violin-1.wav", "02-part.wav", "dry-mix.wav"]
    assert {p.name for p in (tmp_path / "stems").iterdir()} == {p.name for p in folder.files}
    first, second, dry = (soundfile.read(path, dtype="float32")[0] for path in folder.files)
    assert len(first) == len(second) == len(dry) == 7 * RATE + 1
    assert first[100 : 100 + len(chord)] == pytest.approx(6 * chord)
    assert (dry == first + second).all()
    assert soundfile.info(folder.files[0]).subtype == "FLOAT"


def test_stems_of_long_names_and_in_the_place_of_folders(tmp_path: Path) -> None:
    performance = Performance((PerformedPart("Violin " * 100, 40, ()),), 1.0)
    with StemFolder(tmp_path, performance) as folder:
        assert len(folder.files[0].name) < 50
    assert folder.files[0].is_file()
    folder.files[-1].unlink()
    folder.files[-1].mkdir()
    with pytest.raises(BadInputError, match="dry-mix"):
        StemFolder(tmp_path, performance)


@pytest.mark.parametrize("suffix", sorted(FORMATS))
def test_a_full_disk_is_reported_and_the_old_file_kept(
    tmp_path: Path, chord: np.ndarray, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("composer.files.os.fsync", full)
    with pytest.raises(BadInputError, match="No space left on device"):
        write_audio(path, chord)
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [(path.name, b"old")]


@pytest.mark.parametrize("moment", ["add", "sum"])
def test_stems_on_a_full_disk_are_rejected_and_removed(
    tmp_path: Path, chord: np.ndarray, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    def work() -> None:
        with StemFolder(tmp_path / "stems", Performance((PerformedPart("Violin", 40, ()),), 1.0)) as folder:
            if moment == "add":
                monkeypatch.setattr("composer.render.stems._write", full)
            folder.add(0, 0, chord)
            monkeypatch.setattr("composer.render.stems._write", full)

    with pytest.raises(BadInputError, match="No space left on device"):
        work()
    assert list((tmp_path / "stems").iterdir()) == []


def test_two_writers_of_one_file_do_not_mix(tmp_path: Path, chord: np.ndarray) -> None:
    from threading import Thread

    path, alone = tmp_path / "a.wav", []
    for index, sound in enumerate((chord, chord[: RATE // 2])):
        write_audio(tmp_path / f"{index}.wav", sound)
        alone.append((tmp_path / f"{index}.wav").read_bytes())
    failures: list[Exception] = []

    def write_often(sound: np.ndarray) -> None:
        try:
            for _ in range(10):
                write_audio(path, sound)
                if path.read_bytes() not in alone:
                    raise ValueError("a mixture")
        except Exception as error:
            failures.append(error)

    threads = [Thread(target=write_often, args=(sound,)) for sound in (chord, chord[: RATE // 2])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert {file.name for file in tmp_path.iterdir()} == {"a.wav", "0.wav", "1.wav"}
