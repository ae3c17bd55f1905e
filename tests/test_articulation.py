"""The articulation of a piece: in prompts, in the notes and in sheet music."""

from __future__ import annotations

from pathlib import Path

import pytest

from composer.brief import Brief
from composer.composing import compose, write
from composer.composing.articulation import sounding_share
from composer.composing.output import recorded_manner
from composer.prompt import parse_prompt


def test_staccato_notes_are_shorter_and_legato_ones_longer(tiny_model: Path, tmp_path: Path) -> None:
    shares = {}
    for name in (None, "staccato", "legato"):
        options = {"style": "sonata", "instruments": ["flute", "piano"], "bars": 8, "seed": 3}
        piece = compose(Brief.from_dict({**options, **({"articulation": name} if name else {})}), model=str(tiny_model))
        shares[name] = sounding_share(piece.score.parts)
        assert (name is None) == ("articulation" not in piece.report)
        if name:
            assert piece.report["articulation"]["ok"]
            ends = [max(note.end_ticks for note in part.notes) for part in piece.score.parts if part.notes]
            assert max(ends) <= piece.score.bars[-1].end_ticks
            write(piece, tmp_path / name, ("musicxml",))
            assert recorded_manner(tmp_path / f"{name}.json")["pedal"] == (name == "legato")
    assert shares["staccato"] < shares[None] <= shares["legato"]
    assert "<staccato" in (tmp_path / "staccato.musicxml").read_text(encoding="utf-8")


def test_drums_and_pads_stay_as_they_are(tiny_model: Path) -> None:
    options = {"style": "rock", "bars": 8, "seed": 3}
    plain, short = (
        compose(Brief.from_dict({**options, **more}), model=str(tiny_model)) for more in ({}, {"articulation": "staccato"})
    )
    for before, after in zip(plain.score.parts, short.score.parts, strict=True):
        assert [note.start_ticks for note in before.notes] == [note.start_ticks for note in after.notes]
        assert not before.is_drum or before.notes == after.notes


@pytest.mark.parametrize(
    ("text", "articulation"),
    [
        ("music for a puppet show: bassoon and glockenspiel, comical, staccato", "staccato"),
        ("a slow flute solo, legato throughout", "legato"),
        ("staccato strings", "staccato"),
        ("legato strings over a staccato bassoon", None),
        ("piano piece, staccato in the middle section", None),
        ("a march", None),
    ],
)
def test_prompts_set_the_articulation_of_a_piece_and_not_of_a_player(text: str, articulation: str | None) -> None:
    found = parse_prompt(text)
    assert found.options.get("articulation") == articulation
    assert any("staccato" in one for one in found.ignored) == ("staccato" in text and articulation is None)
