from __future__ import annotations

from pathlib import Path

import pytest

from composer.errors import BadInputError, MissingExtraError
from composer.files import write_atomically
from composer.formats import READERS, WRITERS, read_score, write_score
from composer.formats.midi.smf import Limits
from composer.formats.music21_read import read_abc
from composer.formats.sidecar import read_sidecar, write_sidecar
from composer.score import Key, Note, Part, Score, Tempo
from tests.formats.pieces import waltz

KERN = (
    "**kern\t**kern\n*Icello\t*Ivioln\n*clefF4\t*clefG2\n*k[b-]\t*k[b-]\n*d:\t*d:\n*M3/4\t*M3/4\n*MM96\t*MM96\n4A\t4dd\n=1\t=1\n"
    "2.D\t4.f\n.\t[8a\n.\t4a]\n=2\t=2\n2.AA\t4e 4c#\n.\t2r\n==\t==\n*-\t*-\n"
)
ABC = 'X:1\nT:Speed\nM:4/4\nL:1/8\nQ:1/4=100\nK:Gmaj\n"G"G2 (3ABc d2 e2 | "D7"d4 z4 |]\n'


@pytest.mark.parametrize("suffix", [".mid", ".musicxml"])
def test_scores_are_read_and_written_by_suffix(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"piece{suffix.upper()}"
    write_score(waltz(), path)
    assert read_score(path).time_signatures == waltz().time_signatures


def test_kern_is_read(tmp_path: Path) -> None:
    path = tmp_path / "tune.krn"
    path.write_text(KERN)
    score = read_score(path)
    assert [part.name for part in score.parts] == ["Violin", "Violoncello"]
    assert score.key == Key(-1, "minor")
    assert (score.tempos[0].start_ticks, score.tempos[0].qpm) == (0, 96)
    assert score.parts[0].notes[1:3] == (Note(3 * 480, 65, 720), Note(3 * 480 + 720, 69, 720))
    assert score.end_ticks == 9 * 480


def test_errors_on_broken_text_hide_the_parsers_message() -> None:
    with pytest.raises(BadInputError, match=r"^the abc file is broken or uses unsupported features: check it") as rejected:
        read_abc(b"X:1\nL:1/0\nK:C\nCDEF|\n")
    assert "music21" not in str(rejected.value)


def test_an_accidental_in_abc_lasts_to_the_end_of_the_bar() -> None:
    score = read_abc(b"X:1\nM:4/4\nL:1/4\nK:C\n^G F G =G|G4|\n")
    assert [note.pitch for note in score.parts[0].notes] == [68, 65, 68, 67, 67]


def test_abc_is_read(tmp_path: Path) -> None:
    path = tmp_path / "tune.abc"
    path.write_text(ABC)
    score = read_score(path)
    assert (score.title, str(score.key), score.tempos[0].qpm) == ("Speed", "G major", 100)
    assert [symbol.chord and symbol.chord.symbol() for symbol in score.chords] == ["G", "D7"]
    assert [(note.start_ticks, note.pitch) for note in score.parts[0].notes][:4] == [(0, 67), (480, 69), (640, 71), (800, 72)]


@pytest.mark.parametrize(("field", "tempos"), [("", ()), ("Q:1/4=100\n", (Tempo(0, 100.0),))])
def test_a_tempo_that_a_text_does_not_state_stays_open(field: str, tempos: tuple[Tempo, ...]) -> None:
    assert read_abc(f"X:1\nM:6/8\nL:1/8\n{field}K:C\nCDE FGA|\n".encode()).tempos == tempos


@pytest.mark.parametrize(
    ("suffix", "text"), [(".krn", "nothing"), (".krn", "**kern\n4zz\n*-"), (".abc", ""), (".abc", "K:\x00|")]
)
def test_broken_text_formats_are_rejected_in_one_line(suffix: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / f"tune{suffix}"
    path.write_text(text)
    with pytest.raises(BadInputError) as caught:
        read_score(path)
    assert "\n" not in str(caught.value)


def test_without_music21_the_message_names_its_pip_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("composer.formats.music21_read.find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match="reading abc needs music21: pip install music21"):
        read_abc(b"X:1\nK:C\nCDEF|\n")


def test_text_that_takes_too_long_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("composer.formats.music21_read._cpu_seconds", lambda _: -3)
    with pytest.raises(BadInputError, match="takes too long"):
        read_abc(ABC.encode())


@pytest.mark.parametrize("suffix", [".mid", ".musicxml", ".abc"])
def test_limits_apply_to_every_reader(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"long{suffix}"
    if suffix == ".abc":
        path.write_text(ABC.replace("1/4=100", "1/4=20").replace("|]", "|" + "z8 |" * 160 + "G8 |]"))
    else:
        write_score(Score((Part("Flute", 73, (Note(480 * 1000, 72, 480),)),), tempos=(Tempo(0, 30.0),)), path)
    with pytest.raises(BadInputError, match="at most 30 can be read"):
        read_score(path)
    assert read_score(path, Limits(max_minutes=40.0)).duration_s > 31 * 60


def test_errors_on_unknown_suffixes_list_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"'\.doc' is not known: use one of \.mid"):
        read_score(tmp_path / "piece.doc")
    with pytest.raises(BadInputError, match=r"\.musicxml"):
        write_score(waltz(), tmp_path / "piece")


def test_errors_name_missing_files_and_folders(tmp_path: Path) -> None:
    for suffix, reader in READERS.items():
        with pytest.raises(BadInputError, match=f"cannot read .*gone{suffix}"):
            reader(tmp_path / f"gone{suffix}")
    for suffix, writer in WRITERS.items():
        with pytest.raises(BadInputError, match="cannot write"):
            writer(waltz(), tmp_path / "nowhere" / f"piece{suffix}", None)


def test_a_failed_write_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "piece.mid"
    path.write_bytes(b"old")

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(BadInputError, match="No space left"):
        write_atomically(path, b"new")
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("piece.mid", b"old")]


def test_sidecars_are_stable_and_strict(tmp_path: Path) -> None:
    path = tmp_path / "piece.json"
    write_sidecar({"b": [1, "ü"], "a": {"z": None, "y": 0.5}}, path)
    first = path.read_bytes()
    write_sidecar({"a": {"y": 0.5, "z": None}, "b": [1, "ü"]}, path)
    assert path.read_bytes() == first
    assert read_sidecar(path) == {"a": {"y": 0.5, "z": None}, "b": [1, "ü"]}
    with pytest.raises(BadInputError, match="as JSON"):
        write_sidecar({"a": float("nan")}, path)


@pytest.mark.parametrize("text", ["", "{", "[1]", "[" * 100_000, '"\\ud800'])
def test_broken_sidecars_are_rejected(text: str, tmp_path: Path) -> None:
    path = tmp_path / "piece.json"
    path.write_text(text)
    with pytest.raises(BadInputError, match="not a JSON sidecar"):
        read_sidecar(path)
