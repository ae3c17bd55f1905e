from pathlib import Path

import pytest

from composer.errors import BadInputError
from composer.render import soundfonts
from composer.render.soundfonts import add_soundfont, bundled_soundfont, describe, list_soundfonts, resolve_soundfont
from composer.render.synth import choose

HEAD = b"RIFF\x04\x00\x00\x00sfbk"


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with only the wheel's soundfont."""
    monkeypatch.delenv(soundfonts.ENVIRONMENT_VARIABLE, raising=False)
    monkeypatch.setattr(soundfonts, "_folders", lambda: [soundfonts.user_folder()])
    monkeypatch.setattr(soundfonts, "user_folder", lambda: tmp_path / "user")


def made(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(HEAD)
    return path


def test_the_wheels_soundfont_is_the_last_resort() -> None:
    bundled = bundled_soundfont()
    assert resolve_soundfont() == bundled
    assert [font.path for font in list_soundfonts()] == [bundled]
    assert "GPL-2" in list_soundfonts()[0].license


def test_argument_precedes_environment_precedes_found_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    best = add_soundfont(made(tmp_path / "MuseScore_General.sf2")).path
    assert resolve_soundfont() == best
    other = made(tmp_path / "other.sf2")
    monkeypatch.setenv(soundfonts.ENVIRONMENT_VARIABLE, str(other))
    assert resolve_soundfont() == other
    assert resolve_soundfont("MuseScore_General") == best


def test_added_soundfonts_are_listed_best_first(tmp_path: Path) -> None:
    for name in ("zebra.sf2", "FluidR3_GM.sf2"):
        add_soundfont(made(tmp_path / name))
    assert [font.name for font in list_soundfonts()] == ["FluidR3_GM", "zebra", "TimGM6mb"]
    assert describe(tmp_path / "user" / "FluidR3_GM.sf2").license == "MIT"


def test_truncated_files_are_neither_added_nor_used(tmp_path: Path) -> None:
    torn = made(tmp_path / "GeneralUser.sf2")
    torn.write_bytes(b"RIFF\xff\xff\xff\x00sfbk" + bytes(100))
    for call in (resolve_soundfont, add_soundfont):
        with pytest.raises(BadInputError, match=r"GeneralUser\.sf2 is truncated, 112 of 16,777,223 bytes"):
            call(torn)
    assert not list((tmp_path / "user").glob("*"))
    (tmp_path / "user").mkdir(exist_ok=True)
    torn.replace(tmp_path / "user" / "GeneralUser.sf2")
    assert resolve_soundfont() == bundled_soundfont()


def test_other_files_are_rejected(tmp_path: Path) -> None:
    text = tmp_path / "notes.sf2"
    text.write_text("hello")
    for call in (resolve_soundfont, add_soundfont):
        with pytest.raises(BadInputError, match="not a soundfont"):
            call(text)
    with pytest.raises(BadInputError, match="not found"):
        resolve_soundfont(tmp_path / "absent.sf2")
    with pytest.raises(BadInputError, match="is not supported by this renderer"):
        resolve_soundfont(made(tmp_path / "a.sf3"), (".sf2",))


def test_fluidsynth_is_chosen_only_with_a_better_soundfont(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    assert choose(None, None)[0] == "midirenderer"
    assert choose(None, made(tmp_path / "FluidR3_GM.sf2"))[0] == "fluidsynth"
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert choose(None, tmp_path / "FluidR3_GM.sf2")[0] == "midirenderer"
