"""The preset tables are consistent: every referenced name exists, and every alias leads to one row."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter

import pytest

from composer import presets
from composer.errors import BadInputError
from composer.score import Key, TimeSignature

TABLES = [presets.styles, presets.composers, presets.ensembles, presets.forms, presets.instruments, presets.percussion]


def test_references_between_tables_exist() -> None:
    for style in presets.styles().values():
        for name in style.builds_on:
            assert presets.styles()[name].is_learned
        if style.groove:
            assert presets.styles()[style.groove].family == "drums"
        if style.kind != "era":
            assert style.ensemble in presets.ensembles()
        for form in style.forms:
            assert form in presets.forms()
    for composer in presets.composers().values():
        assert presets.styles()[composer.era].kind == "era"
        assert composer.born < composer.died <= 1955


NEW_ROWS = {
    "moods.toml": {"wry": {"valence": -0.1, "arousal": 0.1, "source": "test"}},
    "styles.toml": {
        "tango": {
            "kind": "arranged", "family": "dance", "title": "Tango", "description": "Dotted bass.", "ensemble": "piano",
            "tempo_qpm": [58, 70], "meters": ["2/4"], "forms": ["ABA"], "minor": 0.8, "major_keys": ["D"], "minor_keys": ["D"],
            "builds_on": ["ballroom-dance"],
        },
    },
    "instruments.toml": {"hurdy-gurdy": {"program": 110, "title": "Hurdy-Gurdy", "family": "fiddle", "low": 57, "high": 86}},
}  # fmt: skip
WITH_NEW_ROWS = f"""
from composer import presets
read = presets._read
presets._read = lambda name: read(name) | {NEW_ROWS}.get(name, {{}})  # before other modules read the tables
from composer import Brief, make_plan
from composer.prompt import parse_prompt
options = parse_prompt("a wry tango for hurdy-gurdy and piano").options
assert options == {{"mood": ["wry"], "style": "tango", "instruments": ["hurdy-gurdy", "acoustic-grand-piano"]}}, options
player = make_plan(Brief.from_dict({{**options, "bars": 8}})).parts[0]
assert (player.name, player.program, player.low) == ("Hurdy-Gurdy", 110, 57), player
assert [presets.instrument_of(program).name for program in (110, 127)] == ["fiddle", "gunshot"]
"""


def test_a_row_is_enough_for_a_mood_a_style_and_an_instrument() -> None:
    subprocess.run([sys.executable, "-c", WITH_NEW_ROWS], check=True)


def test_styles_are_in_range() -> None:
    kinds = Counter(style.kind for style in presets.styles().values())
    assert kinds["era"] == 6
    assert kinds["genre"] >= 28
    assert kinds["arranged"] >= 8
    for style in presets.styles().values():
        assert 20 <= style.tempo_qpm[0] < style.tempo_qpm[1] <= 300
        assert 45 <= style.seconds[0] < style.seconds[1] <= 120
        assert 0 < style.minor < 1
        assert all(Key.parse(f"{tonic} major") for tonic in style.major_keys)
        assert all(Key.parse(f"{tonic} minor") for tonic in style.minor_keys)
        assert style.title
        assert style.description
        assert all(str(TimeSignature.parse(meter)) == meter for meter in style.meters)
        assert bool(style.builds_on) == (style.kind == "arranged")


def test_learned_styles_come_before_arranged_ones_so_that_tokens_keep_their_order() -> None:
    kinds = [style.kind for style in presets.styles().values()]
    assert kinds == sorted(kinds, key=["genre", "era", "arranged"].index)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_no_two_rows_share_a_name(table) -> None:
    uses = Counter(
        alias for row in table().values() for alias in {presets.fold(text) for text in (row.name, row.title, *row.aliases)}
    )
    assert [alias for alias, count in uses.items() if count > 1] == []


def test_ensembles_stay_within_the_ranges_of_their_instruments() -> None:
    for ensemble in presets.ensembles().values():
        assert 1 <= len(ensemble.parts) <= 16
        assert len({part.name for part in ensemble.parts}) == len(ensemble.parts)
        for part in ensemble.parts:
            if not part.is_drum:
                instrument = presets.instrument_of(part.program)
                assert instrument.low <= part.low < part.high <= instrument.high, (ensemble.name, part)
                assert part.high - part.low >= 19  # at least a twelfth


def test_forms_have_a_length_for_each_letter() -> None:
    for form in presets.forms().values():
        assert len(form.letters) == len(form.lengths) >= 2
        assert form.letters[0] == "A" or len(form.letters[0]) > 1  # letters from A, or words
        for index, letter in enumerate(form.letters):
            if letter.endswith("'"):
                assert letter.rstrip("'") in form.letters[:index]  # a variation refers to an earlier section


@pytest.mark.parametrize(
    ("resolve", "text", "name"),
    [
        (presets.resolve_style, "Art Song", "lied"),
        (presets.resolve_style, "GALOP", "ballroom-dance"),
        (presets.resolve_style, "waltzes", None),
        (presets.resolve_style, "nocturnes", "nocturne"),
        (presets.resolve_composer, "Fryderyk Chopin", "chopin"),
        (presets.resolve_composer, "Żeleński, Władysław", "zelenski"),
        (presets.resolve_ensemble, "SATB", "satb-choir"),
        (presets.resolve_instrument, "double bass", "contrabass"),
        (presets.resolve_instrument, "Synth Voice", "synth-choir"),
        (presets.resolve_form, "aaba", "AABA"),
    ],
)
def test_resolve(resolve, text: str, name: str | None) -> None:
    if name is None:
        with pytest.raises(BadInputError, match="waltz"):
            resolve(text)
    else:
        assert resolve(text).name == name


@pytest.mark.parametrize("text", ["", "???", "xyzzy"])
@pytest.mark.parametrize(
    "resolve",
    [
        presets.resolve_style,
        presets.resolve_composer,
        presets.resolve_ensemble,
        presets.resolve_form,
        presets.resolve_instrument,
    ],
)
def test_unknown_names_give_one_line(resolve, text: str) -> None:
    with pytest.raises(BadInputError) as error:
        resolve(text)
    assert "\n" not in str(error.value)
    assert repr(text) in str(error.value)


def test_similar_names_are_suggested() -> None:
    with pytest.raises(BadInputError, match="string-quartet"):
        presets.resolve_style("string quartett")


def test_spelled_forms() -> None:
    assert presets.resolve_form("A B A' C").letters == ("A", "B", "A'", "C")
    with pytest.raises(BadInputError):
        presets.resolve_form("A")
    with pytest.raises(BadInputError):
        presets.resolve_form("AB" * 40)


def test_forms_listed_in_words() -> None:
    form = presets.resolve_form("intro, verse, chorus, verse' - OUTRO")
    assert form.letters == ("Intro", "Verse", "Chorus", "Verse'", "Outro")
    assert form.lengths == (1, 2, 2, 2, 1)
    assert presets.resolve_form(form.name) == form
    counted = presets.resolve_form("Intro 4 Verse 8 A 8 Outro4")
    assert (counted.letters, counted.bars) == (("Intro", "Verse", "A", "Outro"), 24)
    for bad in ("intro", "intro verse nonsense", "intro4 verse"):
        with pytest.raises(BadInputError):
            presets.resolve_form(bad)


def test_moods_are_on_the_plane_and_every_word_leads_to_one() -> None:
    assert len(presets.moods()) >= 24
    for mood in presets.moods().values():
        assert -1 <= mood.valence <= 1
        assert -1 <= mood.arousal <= 1
        assert mood.source
        assert presets.resolve_mood(mood.name.upper()) == mood
        assert all(presets.resolve_mood(alias) == mood for alias in mood.aliases)
    assert presets.resolve_mood("sad").valence < 0 < presets.resolve_mood("happy").valence
    assert presets.resolve_mood("calm").arousal < 0 < presets.resolve_mood("angry").arousal


def test_every_instrument_has_a_family_and_programs_are_found_by_it() -> None:
    assert all(row.family for row in presets.instruments().values())
    assert {presets.instrument_of(program).program for program in presets.programs_of("voice")} == {52, 53, 54}
    families = {row.family for row in presets.instruments().values()}
    assert presets.programs_of(*families) == frozenset(range(128))
    with pytest.raises(KeyError):
        presets.programs_of("voices")


@pytest.mark.parametrize(
    ("resolve", "name", "remedy"),
    [
        (presets.resolve_instrument, "flot", "did you mean flute?"),
        (presets.resolve_style, "technno", "did you mean techno?"),
        (presets.resolve_instrument, "barbershop", "`cantilena instruments` lists all"),
        (presets.resolve_style, "xqzzy", "`cantilena styles` lists all"),
        (presets.resolve_ensemble, "big-band", "the nearest is style swing with instruments trumpet, trumpet, trumpet,"),
        (presets.resolve_form, "zigzag", "`cantilena forms` lists all"),
        (presets.resolve_form, "z" * 100_000, "`cantilena forms` lists all"),
    ],
)
def test_unknown_names_are_answered_with_similar_ones_or_none(resolve, name: str, remedy: str) -> None:
    with pytest.raises(BadInputError, match=f"is not known: {re.escape(remedy)}"):
        resolve(name)


def test_a_long_form_with_a_mistyped_word_is_refused_at_once() -> None:
    for form in ("A " * 200 + "?", "verse chorus " * 100 + "refrein", "INTRO" * 200 + "?", "A8, " * 200 + "B12345"):
        with pytest.raises(BadInputError, match="is not known"):
            presets.resolve_form(form)
    assert presets.resolve_form("INTROAB").letters == ("Intro", "A", "B")


def test_percussion_has_keys_of_general_midi_and_names_that_no_tuned_instrument_has() -> None:
    rows = presets.percussion()
    assert all(
        {row.low, row.high, row.time} <= {0, *range(35, 88)} and any((row.low, row.high, row.time)) for row in rows.values()
    )
    programs = {presets.instruments()[name].program for name in rows.keys() & presets.instruments().keys()}
    assert programs <= {113, 115, 116}  # an agogo, a woodblock and a taiko drum play drum parts
