"""Marks of MusicXML files that a score has no place for."""

from __future__ import annotations

from pathlib import Path

import pytest

from composer.composing.source import Source
from composer.formats import write_score
from composer.formats.musicxml.unread_marks import unread_marks
from composer.score import Note, Part, Score


def test_a_warning_counts_what_a_foreign_file_loses(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    own = tmp_path / "song.musicxml"
    write_score(Score((Part("Soprano", 52, (Note(0, 72, 960),)),)), own)
    Source.read(own)
    assert not caplog.records  # marks of our own files follow from their notes
    marks = "<notations><slur type='start'/><fermata/><articulations><accent/><tenuto/></articulations></notations>"
    sung = own.read_text().replace("<software>Cantilena", "<software>MuseScore")
    own.write_text(sung.replace("</note>", marks + "<lyric><text>la</text></lyric></note>", 1))
    Source.read(own)
    assert [record.getMessage() for record in caplog.records] == [
        "warning: song.musicxml: not read, so not kept: 1 fermata, 1 slur; notes, lyrics, articulations and dynamic marks are"
    ]


def test_the_name_of_a_composer_is_read() -> None:
    assert unread_marks(b'<identification><creator type="composer">Ada</creator></identification>') == ""


def test_tags_that_only_begin_alike_are_not_counted() -> None:
    assert unread_marks(b"<accented/><turning/><wedge type='stop'/><slur type='stop'/>") == ""


def test_presses_of_the_pedal_are_counted() -> None:
    assert unread_marks(b"<pedal line='yes' type='start'/><pedal type='change'/><pedal type='stop'/>") == "2 pedal marks"
