"""The loudest marking of a piece: in prompts, in the brief and in the notes."""

from __future__ import annotations

from pathlib import Path

import pytest

from composer.brief import Brief
from composer.composing import compose, write
from composer.composing.output import recorded_manner
from composer.controls import highest_velocity
from composer.errors import BadInputError
from composer.formats import read_score
from composer.prompt import parse_prompt


@pytest.mark.parametrize(
    "options",
    [
        {"style": "string-quartet", "dynamic": "p", "loudest": "mp"},
        {"style": "rock", "loudest": "p", "arc": "build"},
        {"style": "film-cue", "loudest": "mp", "hits": "0:08 big", "mood": "excited"},
    ],
)
def test_no_note_is_louder(tiny_model: Path, options: dict[str, str]) -> None:
    brief = Brief.from_dict({"bars": 8, "seed": 4, **options})
    piece = compose(brief, model=str(tiny_model))
    velocities = [note.velocity for part in piece.score.parts for note in part.notes]
    assert max(velocities) <= highest_velocity(options["loudest"])
    assert len(set(velocities)) > 3, "contrasts stay"
    assert piece.report["loudest"]["ok"]
    assert piece.report.get("dynamic", {"ok": True})["ok"]


def test_the_mean_is_not_above_the_loudest() -> None:
    with pytest.raises(BadInputError, match="'f' is louder than the loudest marking 'mp'"):
        Brief.from_dict({"dynamic": "f", "loudest": "mp"})


@pytest.mark.parametrize(
    ("text", "dynamic", "loudest"),
    [
        ("ambient pads for a spa, never gets loud", None, "mp"),
        ("piano, three minutes, and it should never get loud", None, "mp"),
        ("a jazz trio for dinner that stays quiet throughout", "p", "mp"),
        ("solo cello, very quiet throughout", "pp", "p"),
        ("hymn for choir, nothing above mezzo piano", None, "mp"),
        ("a loud march that never gets too loud", "f", "mf"),
        ("pop song, the verse never gets loud", None, None),
        ("rock song that stays quiet until the chorus", None, None),
        ("quiet at first, then loud, for orchestra", "f", None),
    ],
)
def test_prompts_bound_the_loudness(text: str, dynamic: str | None, loudest: str | None) -> None:
    found = parse_prompt(text)
    given_way = dynamic == "f" and loudest is not None
    assert (found.options.get("dynamic"), found.options.get("loudest")) == (None if given_way else dynamic, loudest)
    assert bool(found.conflicts) == given_way
    Brief.from_dict(dict(found.options))


@pytest.mark.parametrize(
    ("text", "mood", "dynamic"),
    [
        ("horror game music for a hospital corridor, slow and very quiet", ["fearful"], "pp"),
        ("a horror game, an empty corridor, quiet", ["lonely", "fearful"], "p"),
        ("soft and ominous strings, a dark forest", ["ominous"], "p"),
        ("sad quiet piano", ["sad", "calm"], None),
        ("a survival horror save room, calm", ["calm"], None),
        ("an ominous violin melody over soft piano", ["ominous", "tender"], None),
        ("an empty classroom, piano", ["lonely"], None),
    ],
)
def test_quiet_is_loudness_beside_a_threat(text: str, mood: list[str], dynamic: str | None) -> None:
    options = parse_prompt(text).options
    assert (options["mood"], options.get("dynamic")) == (mood, dynamic)


@pytest.mark.parametrize("options", [{"style": "march", "loudest": "mp"}, {"style": "rock", "loudest": "p"}])
def test_no_performed_note_is_louder(tiny_model: Path, tmp_path: Path, options: dict[str, str]) -> None:
    piece = compose(Brief.from_dict({"bars": 8, "seed": 1, **options}), model=str(tiny_model))
    write(piece, tmp_path / "piece", ("performance.mid",))
    score = read_score(tmp_path / "piece.performance.mid")
    velocities = [note.velocity for part in score.parts for note in part.notes]
    assert max(velocities) <= highest_velocity(options["loudest"])
    assert len(set(velocities)) > 3, "accents stay"
    manner = recorded_manner(tmp_path / "piece.json")
    assert manner["highest"] == highest_velocity(options["loudest"])
