"""The Python interface, with a model that knows nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import composer
from composer.errors import BadInputError
from composer.score import Note, Part, Score


@pytest.fixture(scope="module")
def model(tiny_model: Path) -> composer.Model:
    return composer.Model.load(tiny_model, engine="cpu")


@pytest.fixture(scope="module")
def piece(model: composer.Model) -> composer.Piece:
    return model.compose("a calm duo", style="nocturne", key="Db major", instruments=["violin", "cello"], bars=4, seed=3)


@pytest.fixture
def song(piece: composer.Piece, model: composer.Model, tmp_path: Path) -> composer.Music:
    piece.save(tmp_path / "song.mid")
    return model.read(tmp_path / "song.mid")


def test_options_override_the_prompt_and_are_parsed(piece: composer.Piece) -> None:
    assert piece.plan is not None
    assert (str(piece.plan.key), piece.plan.bars, piece.brief.mood) == ("Db major", 4, ("calm",))
    assert [part.name for part in piece.plan.parts] == ["Violin", "Cello"]
    assert piece.report["bars"]["ok"]


def test_a_brief_is_a_request_too(model: composer.Model, piece: composer.Piece) -> None:
    again = model.compose(piece.brief)
    assert again.score == piece.score
    assert model.compose(piece.brief, seed=4).score != piece.score


def test_without_a_seed_each_piece_is_another(model: composer.Model) -> None:
    assert model.compose(bars=2).brief.seed != model.compose(bars=2).brief.seed


@pytest.mark.parametrize(
    ("options", "says"), [({"styl": "waltz"}, "no field 'styl'"), ({"key": "H sharp"}, "key"), ({"bars": 0}, "bars")]
)
def test_wrong_options_are_refused_at_the_door(options: dict[str, object], says: str) -> None:
    with pytest.raises(BadInputError, match=says):
        composer.compose(**options)


def test_saving_writes_a_sidecar_that_replays(piece: composer.Piece, model: composer.Model, tmp_path: Path) -> None:
    files = piece.save(tmp_path / "a.mid", tmp_path / "a.performance.mid", tmp_path / "b.musicxml", title="Duo")
    assert [path.name for path in files] == ["a.mid", "a.performance.mid", "a.json", "b.musicxml", "b.json"]
    again = composer.replay(tmp_path / "a.json", model=model.folder)
    assert again.score == piece.score
    assert again.plan == piece.plan


def test_a_piece_is_saved_in_more_formats_later(piece: composer.Piece, model: composer.Model, tmp_path: Path) -> None:
    def formats() -> list[str]:
        return list(json.loads((tmp_path / "a.json").read_text())["formats"])

    piece.save(tmp_path / "a.mid")
    piece.save(tmp_path / "a.musicxml")
    piece.save(tmp_path / "a.abc", overwrite=True)
    assert sorted(formats()) == ["abc", "mid", "musicxml"]
    (tmp_path / "a.abc").unlink()
    piece.save(tmp_path / "a.mid")
    assert sorted(formats()) == ["mid", "musicxml"]
    before = (tmp_path / "a.json").read_bytes()
    with pytest.raises(BadInputError, match=r"a\.json already exists"):
        model.compose("a waltz", bars=2, seed=1).save(tmp_path / "a.abc")
    assert ((tmp_path / "a.json").read_bytes(), (tmp_path / "a.abc").exists()) == (before, False)


def test_files_are_replaced_only_when_that_is_said(piece: composer.Piece, tmp_path: Path) -> None:
    target = tmp_path / "a.mid"
    target.write_bytes(b"mine")
    with pytest.raises(BadInputError, match="already exists"):
        piece.save(target)
    assert target.read_bytes() == b"mine"
    piece.save(target, overwrite=True)
    assert composer.read_score(target).bars


def test_the_file_that_was_read_is_never_replaced(song: composer.Music, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="would be overwritten"):
        song.vary(0.5).save(tmp_path / "song.mid", overwrite=True)


def test_verbs(song: composer.Music, tmp_path: Path, model: composer.Model) -> None:
    longer = song.extend(bars=2, seed=1)
    assert len(longer.score.bars) == 6
    filled = song.infill(bars="2-3", parts=["cello"], seed=1)
    assert filled.score.parts[0] == song.score.parts[0]
    assert filled.score.parts[1] != song.score.parts[1]
    assert len(song.accompany(["flute"], seed=1).score.parts) == 3
    assert song.vary(0.0).score.parts == song.score.parts
    assert song.transfer("waltz", ensemble="piano", seed=1).score.parts[0].program == 0
    assert len(song.reduce("lead-sheet").score.parts) == 1
    assert song.inspect().score is song.score
    filled.save(tmp_path / "filled.mid")
    assert composer.replay(tmp_path / "filled.json", model=model.folder).score == filled.score


def test_a_verb_on_a_composed_piece_leaves_it_alone(piece: composer.Piece) -> None:
    before = piece.score
    assert len(piece.extend(bars=2, seed=1).score.bars) == 6
    assert piece.score is before


def test_saving_says_that_a_verb_on_a_piece_without_a_file_has_no_replay(
    piece: composer.Piece, song: composer.Music, tmp_path: Path
) -> None:
    with pytest.warns(UserWarning, match=r"cannot be replayed.* save that piece as MIDI .* composer\.read"):
        piece.infill(bars="2", seed=1).save(tmp_path / "filled.mid")
    song.infill(bars="2", seed=1).save(tmp_path / "replayable.mid")  # warnings are errors


def test_music_is_converted_by_saving(song: composer.Music, tmp_path: Path) -> None:
    assert song.save(tmp_path / "song.musicxml", tmp_path / "song.roll.svg") == [
        tmp_path / "song.musicxml",
        tmp_path / "song.roll.svg",
    ]
    assert len(composer.read(tmp_path / "song.musicxml").score.bars) == 4


def test_score_functions_take_paths_as_texts(piece: composer.Piece, tmp_path: Path) -> None:
    file = str(tmp_path / "a.mid")
    composer.write_score(piece.score, file)
    assert composer.read_score(file) == composer.read_score(Path(file))


def test_values_of_a_wrong_kind_are_refused(piece: composer.Piece, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"3 is not a path: give a text or a pathlib\.Path"):
        composer.read_score(3)  # type: ignore[arg-type]
    with pytest.raises(BadInputError, match="'a waltz' is not a Brief: give one such as"):
        composer.make_plan("a waltz")  # type: ignore[arg-type]
    with pytest.raises(BadInputError, match="layout 'x' is not a Layout: give"):
        piece.save(tmp_path / "a.abc", layout="x")  # type: ignore[arg-type]
    with pytest.raises(BadInputError, match="save has no file: name at least one"):
        piece.save()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"part": "cello"}, "infill has no option 'part': did you mean 'parts'"),
        ({"zebra": 1}, "infill has no option 'zebra': use bars, parts, keep, "),
    ],
)
def test_a_verb_suggests_the_nearest_option(song: composer.Music, options: dict[str, object], says: str) -> None:
    with pytest.raises(BadInputError, match=says):
        song.infill(**options)


def test_remedies_are_given_for_python_too(piece: composer.Piece, tmp_path: Path) -> None:
    (tmp_path / "a.abc").write_bytes(b"mine")
    with pytest.raises(BadInputError, match="overwrite=True, or --overwrite"):
        piece.save(tmp_path / "a.abc")
    with pytest.raises(composer.ModelNotFoundError, match=r"\): give model=, or --model,"):
        composer.compose("a waltz", model="nosuch")


def test_bars_are_handed_over_as_they_are_written(model: composer.Model) -> None:
    seen: list[int] = []
    model.compose(bars=2, ensemble="piano", seed=1, on_bars=lambda score, complete: seen.append(complete))
    assert seen[-1] == 2


def test_notebooks_show_a_picture_and_the_file(piece: composer.Piece) -> None:
    shown = piece._repr_html_()
    assert "<svg" in shown
    assert "data:audio/midi;base64," in shown
    assert "http" not in shown.replace("http://www.w3.org", "")


def test_other_libraries_take_the_score() -> None:
    score = Score((Part("Flute", 73, (Note(0, 60, 480), Note(960, 64, 480))), Part("Drums", 0, (Note(0, 36, 240),), True)))
    pretty = score.to_pretty_midi()
    assert [(note.start, note.pitch) for note in pretty.instruments[0].notes] == [(0.0, 60), (pytest.approx(1.2), 64)]
    assert pretty.instruments[1].is_drum
    flute = score.to_music21().parts[0]
    assert [(float(note.getOffsetInHierarchy(flute)), note.pitch.midi) for note in flute.recurse().notes] == [(0, 60), (2, 64)]


def test_the_table_of_names_is_what_type_checkers_read() -> None:
    source = Path(composer.__file__).read_text()
    typed = [line.split()[-1] for line in source.splitlines() if line.startswith("    from composer.") and " as " in line]
    assert typed == list(dict.fromkeys(typed))
    assert set(typed) == set(composer.__all__)


def test_the_package_runs_as_a_module() -> None:
    done = subprocess.run([sys.executable, "-m", "composer", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("Cantilena")
