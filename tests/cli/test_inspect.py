"""Output and pictures of `inspect`, for pieces with known answers and for odd ones."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from xml.etree.ElementTree import fromstring

import pytest

from composer.arranging import arrange, settle
from composer.brief import Brief
from composer.composing.finishing import finish
from composer.formats import write_score
from composer.guide.frame import skeleton
from composer.plan import make_plan
from composer.score import Key, KeySignature, Marker, Note, Part, Score, Tempo, TimeSignature

HEADINGS = [
    "file",
    "key",
    "meter",
    "tempo",
    "length",
    "form",
    "harmony",
    "tones",
    "cadence",
    "texture",
    "mood",
    "style",
    "parts",
    "quality",
    "originality",
]
TUNE = [60, 64, 67, 72, 65, 69, 72, 69, 67, 71, 74, 71, 60, 64, 67, 72]


def waltz() -> Score:
    """Sixteen bars of D minor in 3/4 for flute and cello, ending on a perfect cadence; only the meter is written."""
    roots = [50, 55, 57, 50] * 4
    thirds = {50: 3, 55: 3, 57: 4}
    melody, bass = [], []
    for bar, root in enumerate(roots):
        for beat, step in enumerate((0, thirds[root], 7)):
            melody.append(Note(1440 * bar + 480 * beat, root + 24 + step, 480))
        bass.append(Note(1440 * bar, root - 12, 1440))
    melody[-3:] = [Note(1440 * 15, 74, 1440)]
    parts = (Part("Flute", 73, tuple(melody)), Part("Cello", 42, tuple(bass)))
    return Score(parts, time_signatures=(TimeSignature(0, 3, 4),), tempos=(Tempo(0, 90.0),))


def drums() -> Score:
    beat = tuple(Note(240 * i, (36, 42, 38, 42)[i % 4], 120) for i in range(64))
    return Score((Part("Drums", 0, beat, is_drum=True),))


def one_note() -> Score:
    return Score((Part("Flute", 73, (Note(0, 72, 480),)),))


def crowd() -> Score:
    """Thirty unnamed parts and thirty bars."""
    line = tuple(Note(480 * i, TUNE[i % 16], 480) for i in range(120))
    return Score(tuple(Part("", number % 15, line) for number in range(30)))


def late() -> Score:
    """Silent for eight bars in the middle, in 5/4 from bar 3, with written section names."""
    notes = (*(Note(480 * i, TUNE[i], 480) for i in range(8)), *(Note(24000 + 480 * i, TUNE[i], 480) for i in range(16)))
    return Score(
        (Part("Harp", 46, notes),),
        time_signatures=(TimeSignature(0, 4, 4), TimeSignature(3840, 5, 4)),
        markers=(Marker(0, "Intro"), Marker(3840, "Verse")),
        keys=(KeySignature(0, Key(0, "major")),),
    )


ODD = {"drums": drums, "one note": one_note, "crowd": crowd, "late": late}


@pytest.fixture
def inspect(cantilena, tmp_path):
    def run(score, *options, suffix="mid"):
        write_score(score, tmp_path / f"piece.{suffix}")
        done = cantilena("inspect", f"piece.{suffix}", *options)
        assert (done.code, done.err) == (0, "")
        return done.out

    return run


@pytest.mark.parametrize("suffix", ["mid", "musicxml"])
def test_json_reports_what_the_notes_show(inspect, suffix):
    facts = json.loads(inspect(waltz(), "--json", suffix=suffix))
    assert (facts["key"], facts["meter"], facts["estimated_meter"]["meter"], facts["cadence"]) == (
        "D minor",
        "3/4",
        "3/4",
        "authentic",
    )
    assert facts["local_keys"] == [{"key": "D minor", "bar": 1, "last_bar": 16}]
    assert [(each["bar"], each["chord"]) for each in facts["harmony"] if each["beat"] == 1][:4] == [
        (1, "Dm"), (2, "Gm"), (3, "A"), (4, "Dm"),
    ]  # fmt: skip
    sections = facts["form"]["sections"]
    assert (sections[0]["bar"], sections[-1]["last_bar"]) == (1, 16)
    assert all(a["last_bar"] + 1 == b["bar"] for a, b in pairwise(sections))
    assert set(facts["form"]["letters"]) == {"A"}
    assert [mood["bar"] for mood in facts["moods"]] == [1, 5, 9, 13]
    assert (facts["texture"]["melody_part"], facts["texture"]["bass_part"]) == (0, 1)
    assert facts["parts"][0]["range"] == [74, 88]
    assert facts["tones"] == {
        "notes": 62,
        "functions": {
            "chord": 1.0, "passing": 0.0, "neighbor": 0.0, "suspension": 0.0, "anticipation": 0.0, "unexplained": 0.0,
        },
        "strong_beats_in_chord": 1.0,
    }  # fmt: skip
    assert facts["quality"]["scale consistency"] < 1.0 == facts["quality"]["pitch-in-key rate"]


def test_text_reports_the_same_in_a_musicians_order(inspect):
    lines = inspect(waltz()).splitlines()
    headings = [line.split("  ")[0] for line in lines if not line.startswith(" ")]
    assert headings == HEADINGS
    text = "\n".join(lines)
    assert "| Dm | Gm | A  | Dm |" in text
    assert "melody in Flute; bass in Cello" in text
    assert "Flute: 46 notes, D5 to E6" in text


def test_repeated_sections_are_not_spelled_out_twice(inspect):
    lines = inspect(waltz()).splitlines()
    assert any("as bars 1-" in line for line in lines)


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("suffix", ["mid", "musicxml"])
def test_odd_files_are_shown_and_drawn(inspect, name, suffix, tmp_path):
    text = inspect(ODD[name](), "--picture", "roll.svg", suffix=suffix)
    assert "quality" in text
    svg = fromstring((tmp_path / "roll.svg").read_text(encoding="utf-8"))
    assert svg.get("viewBox")
    facts = json.loads(inspect(ODD[name](), "--json", suffix=suffix))
    assert len(facts["parts"]) == len(ODD[name]().parts)


def test_drums_alone_have_neither_key_nor_mood(inspect):
    facts = json.loads(inspect(drums(), "--json"))
    assert (facts["key"], facts["local_keys"], facts["mood"]["words"], facts["moods"]) == (None, [], [], [])
    assert facts["style"]["genres"][0]["name"].endswith("-drums")
    assert facts["quality"]["groove consistency"] == 1.0
    assert facts["quality"]["scale consistency"] is None
    assert "none estimated" in inspect(drums())


def test_keys_and_chords_are_spelled_by_the_written_key(inspect, tmp_path):
    """Eight bars of C# minor and twelve in the dominant key, written in four sharps."""
    roots = [49, 54, 56, 49] * 2 + [56, 51, 51, 56] * 3
    thirds = [3, 3, 4, 3] * 2 + [4, 4, 4, 4] * 3
    notes = tuple(
        Note(1920 * bar + 480 * beat, root + step, 480)
        for bar, (root, third) in enumerate(zip(roots, thirds, strict=True))
        for beat, step in enumerate((0, third, 7, 12))
    )
    score = Score((Part("Harp", 46, notes),), keys=(KeySignature(0, Key(4, "minor")),))
    facts = json.loads(inspect(score, "--json", "--picture", "roll.svg", suffix="musicxml"))
    names = {each["key"] for each in facts["local_keys"]} | set(facts["chords"])
    shown = words((tmp_path / "roll.svg").read_text(encoding="utf-8").replace("♯", "#"))
    assert {"G#", "D#", "C#m"} <= names & set(shown)
    assert not [name for name in [*names, *shown] if name[1:2] == "b"]


def words(svg: str) -> list[str]:
    return ["".join(text.itertext()) for text in fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def test_the_picture_has_estimated_chords_sections_and_moods(inspect, tmp_path):
    inspect(waltz(), "--picture", "roll.svg")
    shown = words((tmp_path / "roll.svg").read_text(encoding="utf-8"))
    assert {"Dm", "Gm", "A", "valence", "arousal", "Flute", "Cello"} <= set(shown)


def test_the_picture_keeps_written_names(inspect, tmp_path):
    inspect(late(), "--picture", "roll.svg")
    assert {"Intro", "Verse"} <= set(words((tmp_path / "roll.svg").read_text(encoding="utf-8")))


def test_a_png_is_a_png(inspect, tmp_path):
    pytest.importorskip("typst")
    pytest.importorskip("verovio")
    inspect(waltz(), "--picture", "roll.png")
    assert (tmp_path / "roll.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize("target", ["roll.jpg", "roll", "none/roll.svg"])
def test_pictures_that_cannot_be_written_are_refused_in_one_line(cantilena, tmp_path, target):
    write_score(one_note(), tmp_path / "piece.mid")
    done = cantilena("inspect", "piece.mid", "--picture", target)
    assert (done.code, done.out, done.err.count("\n")) == (3, "", 1)


def test_a_band_is_named_by_its_drums_and_bass(inspect):
    brief = Brief.from_dict({"style": "swing", "bars": 16, "seed": 4})
    plan = settle(make_plan(brief), brief)
    swing = finish(skeleton(plan), plan, arrange(plan))
    assert json.loads(inspect(swing, "--json"))["style"]["band"] == "swing"
    assert "swing, by its drums and bass" in inspect(swing)
    clicks = Part("Drums", 0, tuple(Note(480 * beat, 76, 120) for beat in range(48)), is_drum=True)
    unknown = replace(waltz(), parts=(*waltz().parts, clicks))
    assert "a band whose style is not known by its drums" in inspect(unknown)
    assert json.loads(inspect(waltz(), "--json"))["style"]["band"] is None


@pytest.mark.parametrize(
    ("written", "row"),
    [
        ("D mixolydian", "D mixolydian (written D mixolydian; of major and minor keys, the notes suggest G major, confidence"),
        ("B minor", "G major (confidence"),
    ],
)
def test_the_key_that_the_verbs_use_comes_first(inspect, written, row):
    tune = [62, 66, 69, 72, 71, 67, 69, 62, 62, 66, 69, 72, 67, 71, 67, 67]
    notes = tuple(Note(480 * i, pitch, 480) for i, pitch in enumerate(tune))
    sheet = inspect(Score((Part("Flute", 73, notes),), keys=(KeySignature(0, Key.parse(written)),)))
    assert row in " ".join(sheet.split())
