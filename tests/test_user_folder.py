"""Where a user's own things are kept."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from composer.errors import BadInputError
from composer.user_folder import expanded, home


def test_the_variable_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANTILENA_HOME", "~/elsewhere")
    assert home() == Path("~/elsewhere").expanduser()


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="those have folders of their own")
def test_the_folder_of_the_desktop_standard(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The same folders as in the first release, so that nobody's styles are lost."""
    monkeypatch.delenv("CANTILENA_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert home() == tmp_path / "cantilena"
    monkeypatch.delenv("XDG_DATA_HOME")
    assert home() == Path("~/.local/share/cantilena").expanduser()


@pytest.mark.skipif(sys.platform == "win32", reason="homes of other users are guessed there")
def test_homes_of_unknown_users_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANTILENA_HOME", "~nobody-of-this-name/x")
    for call in (home, lambda: expanded("~nobody-of-this-name")):
        with pytest.raises(BadInputError, match="names a user without a home folder: give the whole path"):
            call()
