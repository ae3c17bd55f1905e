"""The same tune with an upbeat in MIDI, MusicXML, kern and ABC gives the same result."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from composer.formats import read_score
from composer.formats.midi.midi_score import write_midi
from composer.rework.reducing import reduce
from composer.score import Note, Part, Score, TimeSignature
from composer.understanding import restore, understand

_TUNE = [67, 72, 74, 76, 72, 71, 67, 74, 76, 77, 76, 74, 72]  # a quarter-note upbeat and four bars of 3/4
_KERN = {67: "g", 71: "b", 72: "cc", 74: "dd", 76: "ee", 77: "ff"}
_ABC = {67: "G", 71: "B", 72: "c", 74: "d", 76: "e", 77: "f"}


def _bars() -> list[list[int]]:
    return [_TUNE[:1], *(_TUNE[i : i + 3] for i in range(1, 13, 3))]


def _midi(path: Path) -> None:
    notes = tuple(Note(480 * i, pitch, 480) for i, pitch in enumerate(_TUNE))
    write_midi(Score((Part("", 40, notes),), time_signatures=(TimeSignature(0, 1, 4), TimeSignature(480, 3, 4))), path)


def _musicxml(path: Path) -> None:
    def note(pitch: int) -> str:
        step = f"<step>{_ABC[pitch].upper()}</step><octave>{pitch // 12 - 1}</octave>"
        return f"<note><pitch>{step}</pitch><duration>1</duration><type>quarter</type></note>"

    signature = "<key><fifths>0</fifths></key><time><beats>3</beats><beat-type>4</beat-type></time>"
    first = f"<attributes><divisions>1</divisions>{signature}</attributes>"
    measures = "".join(
        f'<measure number="{number}"{"" if number else " implicit=" + chr(34) + "yes" + chr(34)}>'
        f"{'' if number else first}{''.join(map(note, bar))}</measure>"
        for number, bar in enumerate(_bars())
    )
    parts = '<part-list><score-part id="P1"><part-name>Violin</part-name></score-part></part-list>'
    path.write_text(f'<score-partwise version="4.0">{parts}<part id="P1">{measures}</part></score-partwise>')


def _kern(path: Path) -> None:
    bars = ["\n".join(f"4{_KERN[pitch]}" for pitch in bar) for bar in _bars()]
    body = "\n".join(f"{bar}\n={number + 1}" for number, bar in enumerate(bars))
    path.write_text(f"**kern\n*Ivioln\n*k[]\n*C:\n*M3/4\n{body}\n*-\n")


def _abc(path: Path) -> None:
    body = "|".join("".join(_ABC[pitch] for pitch in bar) for bar in _bars())
    path.write_text(f"X:1\nT:Tune\nM:3/4\nL:1/4\nK:C\n{body}|]\n")


_KINDS: dict[str, Callable[[Path], None]] = {".mid": _midi, ".musicxml": _musicxml, ".krn": _kern, ".abc": _abc}


@pytest.mark.parametrize("suffix", _KINDS)
def test_an_upbeat_is_understood_in_any_format(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"tune{suffix}"
    _KINDS[suffix](path)
    user = read_score(path)
    understood = understand(user)
    assert (str(understood.meter), str(understood.key), understood.timing) == ("3/4", "C major", "notated")
    notes = understood.score.parts[0].notes
    assert [(note.start_ticks, note.pitch) for note in notes] == [(960 + 480 * i, pitch) for i, pitch in enumerate(_TUNE)]
    assert restore(user, understood, understood.score) == user
    assert reduce(understood, "lead-sheet").parts[0].notes[0].start_ticks == 960
