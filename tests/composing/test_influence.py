"""One piece as inspiration: it fills the brief's silences, is prefix first, and leaves nothing of itself in the stream."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from composer.brief import Brief
from composer.composing import compose
from composer.composing.describe import remarks
from composer.composing.influence import PREFIX_BARS, Influence, PrefixedGuide, header_size, without_prefix
from composer.errors import BadInputError
from composer.formats.midi.midi_score import write_midi
from composer.guide import PlanGuide
from composer.presets import styles
from composer.score import Key, KeySignature, Note, Part, Score, Tempo, TimeSignature
from composer.tokenizer import Tokenizer


def duet(bars: int = 12) -> Score:
    """A duet in D minor, 3/4, at 100, whose melody is one nobody else has."""
    rng = np.random.default_rng(3)
    scale = (62, 64, 65, 67, 69, 70, 73, 74)
    high = tuple(Note(480 * beat, scale[int(rng.integers(0, 8))] + 12, 480, 80) for beat in range(3 * bars))
    low = tuple(Note(1440 * bar, 50, 1440, 80) for bar in range(bars))
    return Score(
        (Part("Oboe", 68, high), Part("Cello", 42, low)),
        tempos=(Tempo(0, 100.0),),
        time_signatures=(TimeSignature(0, 3, 4),),
        keys=(KeySignature(0, Key.parse("D minor")),),
    )


@pytest.fixture(scope="module")
def influence() -> Influence:
    return Influence.of(duet(), "duet.mid")


def test_it_fills_what_the_brief_leaves_open(influence):
    plan = influence.plan(Brief(bars=8))
    assert (str(plan.key), str(plan.meter), plan.tempo_qpm, plan.bars) == ("D minor", "3/4", 100.0, 8)
    assert [(part.name, part.program) for part in plan.parts] == [("Oboe", 68), ("Cello", 42)]
    assert plan.density == pytest.approx(influence.analysis.controls().density)


def test_what_the_brief_says_stands(influence):
    brief = Brief.from_dict({"key": "G major", "meter": "4/4", "tempo": 60, "ensemble": "piano", "density": 0.5, "bars": 4})
    plan = influence.plan(brief)
    assert (str(plan.key), str(plan.meter), plan.tempo_qpm) == ("G major", "4/4", 60)
    assert {part.program for part in plan.parts} == {0}
    assert plan.density == 1.25


TUNE = Score(
    (Part("Tune", 0, duet().parts[0].notes),),
    time_signatures=(TimeSignature(0, 3, 4),),
    keys=(KeySignature(0, Key.parse("D minor")),),
)


def test_it_does_not_continue_into_a_texture(influence):
    assert influence.can_precede(influence.plan(Brief(bars=8)))
    assert not influence.can_precede(influence.plan(Brief(bars=8, texture="bed")))


def test_drums_alone_inspire_no_texture_of_chords():
    beat = Part("Beat", 0, tuple(Note(480 * place, 38, 240, 80) for place in range(32)), is_drum=True)
    drums = Influence.of(Score((beat,)), "drums.mid")
    with pytest.raises(BadInputError, match="texture 'bed' needs a part with pitches, not Beat: add an instrument"):
        drums.plan(Brief.from_dict({"bars": 10, "texture": "bed"}))


def test_a_bare_tune_has_no_players(tiny_model):
    tune = Influence.of(TUNE, "tune.abc")
    assert len(tune.plan(Brief.from_dict({"style": "string-quartet", "bars": 4})).parts) == 4
    assert len(tune.plan(Brief.from_dict({"ensemble": "piano", "bars": 4})).parts) == 2
    assert tune.for_verb(Brief.from_dict({"style": "hymn"})).instruments == ()
    plan = tune.plan(Brief.from_dict({"instruments": "piano:C4-C6", "bars": 4}))
    assert plan.density is plan.polyphony is None
    assert tune.prefix(Tokenizer.load(tiny_model / "tokenizer.json"), plan, 4096) == ()
    named = Influence.of(replace(TUNE, parts=(replace(TUNE.parts[0], name="Flute", program=73),)), "tune.mid")
    assert [part.name for part in named.plan(Brief(bars=4)).parts] == ["Flute"]


@pytest.mark.parametrize(("mood", "key"), [("joyful", "D major"), ("sad", "D minor"), ("neutral", "D minor")])
def test_a_mood_decides_the_mode(influence, mood, key):
    assert str(influence.plan(Brief.from_dict({"mood": mood, "bars": 4})).key) == key


@pytest.mark.parametrize("asked", [{"style": "string-quartet"}, {"style": "mazurka"}, {"style": "film-cue", "chords": "Dm Gm"}])
def test_where_it_is_not_continued_the_style_is_composed_as_usual(influence, tiny_model, asked):
    brief = Brief.from_dict({**asked, "ensemble": styles()[asked["style"]].ensemble, "bars": 4, "seed": 2})
    piece = compose(brief, model=str(tiny_model), influence=influence)
    assert piece.plan is not None
    assert piece.plan.band == asked["style"]
    assert piece.plan.tune
    assert any("duet.mid is not continued" in line for line in remarks(piece))


def test_its_bars_are_heard_only_where_they_could_precede_the_piece(influence, tiny_model):
    tokenizer = Tokenizer.load(tiny_model / "tokenizer.json")
    prefix = influence.prefix(tokenizer, influence.plan(Brief(bars=4)), 4096)
    bars = [name for name in tokenizer.names(prefix) if name.startswith("Bar_")]
    assert bars == [f"Bar_{left}" for left in range(4 + PREFIX_BARS - 1, 3, -1)]
    assert len(influence.prefix(tokenizer, influence.plan(Brief(bars=4)), 256)) <= 256 * 0.4
    for other in ({"ensemble": "piano"}, {"meter": "4/4"}, {"key": "F major"}):
        assert influence.prefix(tokenizer, influence.plan(Brief.from_dict({"bars": 4, **other})), 4096) == ()


def test_its_bars_lie_where_the_header_of_another_key_says(influence, tiny_model):
    tokenizer = Tokenizer.load(tiny_model / "tokenizer.json")

    def lowest(key: str) -> int:
        names = tokenizer.names(influence.prefix(tokenizer, influence.plan(Brief.from_dict({"bars": 4, "key": key})), 4096))
        return min(int(name.removeprefix("Pitch_")) for name in names if name.startswith("Pitch_"))

    # The cello's D3, moved to the new piece's key, is its tonic; in A minor that is a low A or a high one.
    assert [lowest(key) for key in ("D minor", "E minor", "A minor", "G minor")] == [45, 57, 45, 57]


def test_a_stream_remembers_and_forgets(influence, tiny_model):
    tokenizer = Tokenizer.load(tiny_model / "tokenizer.json")
    plan = influence.plan(Brief(bars=4))
    prefix = influence.prefix(tokenizer, plan, 4096)
    bare = list(PlanGuide(tokenizer, plan).forced())
    guide = PrefixedGuide(PlanGuide(tokenizer, plan), prefix, tokenizer.vocabulary)
    ids = list(guide.forced())
    start = header_size(bare, tokenizer.vocabulary)
    assert ids == [*bare[:start], *prefix, *bare[start:]]
    assert without_prefix(ids, prefix, tokenizer.vocabulary) == bare
    assert np.array_equal(guide.mask(), _first_mask(tokenizer, plan))


def _first_mask(tokenizer: Tokenizer, plan: object) -> np.ndarray:
    guide = PlanGuide(tokenizer, plan)  # type: ignore[arg-type]
    guide.forced()
    return guide.mask()


def test_a_piece_keeps_its_promises_and_differs_from_one_without(influence, tiny_model):
    brief = Brief(bars=4, seed=5)
    piece = compose(brief, model=str(tiny_model), influence=influence)
    assert piece.influence is not None
    assert piece.influence["file"] == "duet.mid"
    assert 1 <= piece.influence["prefix_bars"] <= PREFIX_BARS
    assert len(piece.score.bars) == 4
    assert not [name for name, entry in piece.report.items() if entry["ok"] is False]
    assert piece.originality["influence"]["checked"]
    same = compose(brief, model=str(tiny_model), influence=influence)
    assert same.ids == piece.ids


def test_a_copy_would_be_noticed(influence):
    assert influence.originality(duet())["longest_notes"] > 20


def test_silence_does_not_inspire():
    with pytest.raises(BadInputError, match="no notes"):
        Influence.of(Score((Part("Oboe", 68, ()),)), "empty.mid")


def test_the_command_line_replays_it_without_the_file(tiny_model, tmp_path, monkeypatch):
    from composer.cli import app

    monkeypatch.chdir(tmp_path)
    write_midi(duet(), tmp_path / "duet.mid")
    requested = [
        "compose",
        "--influence",
        "duet.mid",
        "--bars",
        "4",
        "--seed",
        "5",
        "--model",
        str(tiny_model),
        "--format",
        "mid",
    ]
    with pytest.raises(SystemExit) as stopped:
        app([*requested, "--name", "new"])
    assert not stopped.value.code
    assert json.loads((tmp_path / "new.json").read_text())["influence"]["file"] == "duet.mid"
    (tmp_path / "duet.mid").unlink()
    with pytest.raises(SystemExit) as stopped:
        app(["replay", "new.json", "-o", "again", "--model", str(tiny_model), "--format", "mid"])
    assert not stopped.value.code
    for suffix in ("mid", "json"):
        assert (tmp_path / f"again/new.{suffix}").read_bytes() == (tmp_path / f"new.{suffix}").read_bytes()
