"""Keys of sections: where they begin and end, what sounds there, ranges, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from composer import composing
from composer.arranging.progressions import idiom_of, progression_for
from composer.brief import Brief
from composer.composing.moved_keys import in_one_key
from composer.composing.record import PieceRecord
from composer.composing.report import broken_promises, make_report, summarize_report
from composer.errors import BadInputError
from composer.plan import Plan, make_plan
from composer.rework import replay
from composer.score import Chord, Key, Part


def composed(tiny_model: Path, **options: Any) -> PieceRecord:
    request = {"seed": 3, "form": "A8 B8 A8", "key": "G major", **options}
    return composing.compose(Brief.from_dict(request), model=str(tiny_model))


@pytest.mark.parametrize(
    ("style", "key", "asked", "expected"),
    [
        ("hymn", "G major", "E minor", "E minor"),
        ("hymn", "D minor", "relative", "F major"),
        ("hymn", "C minor", "parallel", "C major"),
        ("pop", "C major", "dominant", "G major"),
        ("pop", "C major", "parallel", "C minor"),
        ("pop", "E major", "+1", "F major"),
    ],
)
def test_a_section_sounds_in_its_key(tiny_model: Path, style: str, key: str, asked: str, expected: str) -> None:
    piece = composed(tiny_model, style=style, key=key, sections=f"b: key {asked}")
    bar = piece.score.bars[0].end_ticks
    written = [(signature.start_ticks // bar, str(signature.key)) for signature in piece.score.keys]
    assert written == [(0, key), (8, expected), (16, key)]
    notes = [note for part in piece.score.parts if not part.is_drum for note in part.notes if 8 <= note.start_ticks // bar < 16]
    on_scale = sum(note.pitch % 12 in Key.parse(expected).scale for note in notes)
    assert on_scale >= 0.9 * len(notes) > 0
    if style == "hymn":
        closes = [symbol.chord for symbol in piece.score.chords if symbol.chord and symbol.start_ticks < 16 * bar]
        assert (closes[-1].root, closes[-1].reduced.quality) == (Key.parse(expected).tonic, Key.parse(expected).mode[:3])
    assert broken_promises(piece.report) == ()
    assert piece.report["sections"]["measured"]["b"]["key"] == expected


def test_the_last_chorus_is_the_first_one_a_tone_higher(tiny_model: Path) -> None:
    piece = composed(tiny_model, style="pop", form="A8 B8 A8 B8", sections="last chorus: key +2")
    level = in_one_key(piece.score, piece.plan)  # type: ignore[arg-type]
    for part, before in zip(piece.score.parts, level.parts, strict=True):
        steps = {
            (note.start_ticks >= 24 * 1920, note.pitch - other.pitch)
            for note, other in zip(part.notes, before.notes, strict=True)
        }
        assert steps <= ({(False, 0), (True, 0)} if part.is_drum else {(False, 0), (True, 2)})
    assert [str(signature.key) for signature in piece.score.keys] == ["G major", "A major"]
    roots = {symbol.chord.root for symbol in piece.score.chords if symbol.chord and symbol.start_ticks >= 24 * 1920}
    assert 9 in roots
    assert piece.report["cadence"]["distance"] == 0


def test_notes_stay_in_range_and_the_sidecar_replays_them(tiny_model: Path, tmp_path: Path) -> None:
    piece = composed(tiny_model, instruments="violin:G3-C5,cello", sections="b: key +5", bars=24)
    assert piece.plan is not None
    assert (piece.plan.parts[0].low, piece.plan.parts[0].high) == (55, 67)
    pitches = [note.pitch for note in piece.score.parts[0].notes]
    assert 55 <= min(pitches) <= max(pitches) <= 72
    files = composing.write(piece, tmp_path / "piece", ["mid", "musicxml"])
    assert replay(files[-1], model=str(tiny_model)).score == piece.score
    assert "<fifths>0</fifths>" in files[1].read_text()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sections": "b: key +9"}, "give -7 to .7 semitones"),
        ({"sections": "b: key H flat"}, "key"),
        ({"sections": "b: key D dorian"}, "give a major or minor key"),
        ({"sections": "b: key +2", "key": "D dorian"}, "cannot have other keys"),
        ({"sections": "end: key E minor"}, "cannot end in E minor"),
        ({"sections": "b: key relative", "chords": "G C D G"}, "another mode than G major of the given chords"),
        ({"sections": "b: key +5", "instruments": "violin:G3-F4,cello"}, "less than an octave"),
    ],
)
def test_what_the_harmony_cannot_follow_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInputError, match=message):
        make_plan(Brief.from_dict({"form": "A8 B8 A8", "key": "G major", **options}))


@pytest.mark.parametrize(
    ("key", "asked", "expected"),
    [
        ("E major", "+2", "F# major"),
        ("Ab major", "-2", "Gb major"),
        ("Bb minor", "relative", "Db major"),
        ("F# major", "relative", "D# minor"),
        ("B major", "dominant", "F# major"),
        ("E major", "Gb major", "Gb major"),
    ],
)
def test_a_key_without_a_name_is_spelled_near_the_one_before(key: str, asked: str, expected: str) -> None:
    plan = make_plan(Brief.from_dict({"form": "A8 B8 A8", "key": key, "sections": f"b: key {asked}"}))
    assert [str(area.key) for area in plan.key_areas] == [key, expected, key]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("last chorus: key +2", ["G major", "G major", "A major", "A major"]),
        ("last chorus: key A major", ["G major", "G major", "A major", "A major"]),
        ("last chorus: key +2; outro: key +0", ["G major", "G major", "A major", "G major"]),
        ("last chorus: key dominant", ["G major", "G major", "D major", "G major"]),
        ("last chorus: key E minor", ["G major", "G major", "E minor", "G major"]),
        ("first chorus: key +2", ["G major", "A major", "G major", "G major"]),
    ],
)
def test_a_coda_stays_in_the_key_of_the_section_before(asked: str, expected: list[str]) -> None:
    plan = make_plan(Brief.from_dict({"form": "Verse4 Chorus4 Chorus4 Coda4", "key": "G major", "sections": asked}))
    assert [str(area.key) for area in plan.key_areas] == expected


def harmonized(**options: Any) -> tuple[Plan, list[Chord]]:
    """A plan, and the first and only chord of each bar as it sounds."""
    plan = make_plan(Brief.from_dict(options))
    bars = progression_for(plan, idiom_of(plan.preset or ""), plan.band_seed or options["seed"])
    return plan, [bar[-1].transposed(plan.steps_at(place)) for place, bar in enumerate(bars) if bar[-1]]


@pytest.mark.parametrize("seed", range(1, 6))
@pytest.mark.parametrize(
    ("style", "key", "asked"),
    [
        ("pop", "G major", "Eb major"),
        ("pop", "C major", "Bb major"),
        ("rock", "E major", "relative"),
        ("film-cue", "D minor", "E major"),
        ("cinematic", "C minor", "dominant"),
        ("soul", "C major", "+2"),
        ("klezmer", "A minor", "D minor"),
        ("swing", "F major", "relative"),
    ],
)
def test_a_section_of_a_band_begins_on_its_tonic_and_closes_there(style: str, key: str, asked: str, seed: int) -> None:
    plan, chords = harmonized(style=style, key=key, form="A8 B8 A8", sections=f"b: key {asked}", seed=seed)
    home, there = plan.key_areas[0].key, plan.key_areas[1].key
    first = chords[8]
    assert (first.root, first.bass) == (there.tonic, None)
    assert first.reduced.quality in (there.mode[:3], "5", "sus4", "7") or style == "soul"
    for last, tonic, following in ((7, home.tonic, there.tonic), (15, there.tonic, home.tonic)):
        assert chords[last].root in (tonic, (following + 7) % 12)
        assert chords[last].bass is None


def test_the_first_chorus_begins_as_the_one_in_another_key_does() -> None:
    _, chords = harmonized(style="pop", key="C major", form="A8 B8 A8 B8", sections="last chorus: key +2", seed=2)
    assert (chords[8].root, chords[24].root) == (0, 2)


@pytest.mark.parametrize("asked", ["E major", "+2", "relative", "dominant"])
def test_a_big_hit_follows_the_dominant_of_its_section(asked: str) -> None:
    options = {"style": "film-cue", "key": "D minor", "form": "A8 B8 A8", "seed": 2, "sections": f"b: key {asked}"}
    plan = make_plan(Brief.from_dict(options))
    hits = f"{plan.seconds_at(8):.3f} big, {plan.seconds_at(16):.3f} sudden"
    plan, chords = harmonized(**options, tempo=plan.tempo_qpm, hits=hits)
    tonics = [area.key.tonic for area in plan.key_areas]
    assert [hit.bar for hit in plan.hits] == [8, 16]
    assert [(chords[bar].root, chords[bar].quality) for bar in (7, 15)] == [((tonic + 7) % 12, "7") for tonic in tonics[1:]]


def test_timpani_roll_in_the_key_of_the_hit(tiny_model: Path) -> None:
    plan = make_plan(Brief.from_dict({"style": "film-cue", "key": "D minor", "form": "A4 B4 A4", "seed": 3}))
    hits = f"{plan.seconds_at(4):.3f} big"
    piece = composed(
        tiny_model, style="film-cue", key="D minor", form="A4 B4 A4", tempo=plan.tempo_qpm, hits=hits, sections="b: key E major"
    )
    assert piece.plan is not None
    start = 4 * piece.plan.meter.bar_ticks
    timpani = next(part for part in piece.score.parts if part.program == 47)
    rolled = {note.pitch % 12 for note in timpani.notes if start - 480 <= note.start_ticks <= start}
    tonic = Key.parse("E major").tonic
    assert rolled in ({tonic}, {(tonic + 7) % 12}, {tonic, (tonic + 7) % 12})


def test_given_chords_are_lifted(tiny_model: Path) -> None:
    piece = composed(tiny_model, style="pop", form="A4 B4 A4", chords="G Em C D", sections="end: key +2")
    last = [symbol.chord.symbol() for symbol in piece.score.chords if symbol.chord and symbol.start_ticks >= 8 * 1920]
    assert last == ["A", "F#m", "D", "E"]


def test_chord_symbols_begin_every_section(tiny_model: Path) -> None:
    piece = composed(tiny_model, style="pop", form="A4 B4 A4", chords="G Em C G", sections="end: key +2")
    stated = {symbol.start_ticks // 1920: symbol.chord.symbol() for symbol in piece.score.chords if symbol.chord}
    assert [stated.get(bar) for bar in (0, 4, 8)] == ["G", "G", "A"]


def test_the_report_looks_at_the_notes_of_a_section_in_another_key(tiny_model: Path) -> None:
    brief = Brief.from_dict({"seed": 3, "form": "A8 B8 A8", "key": "G major", "style": "pop", "sections": "b: key Eb major"})
    piece = composing.compose(brief, model=str(tiny_model))
    assert piece.plan is not None
    assert piece.report["sections"]["measured"]["b"]["settled"] is True
    ticks = piece.plan.meter.bar_ticks

    def spoiled(part: Part) -> Part:
        if part.is_drum:
            return part
        notes = (replace(note, pitch=note.pitch + 1) if 8 <= note.start_ticks // ticks < 16 else note for note in part.notes)
        return replace(part, notes=tuple(notes))

    report = make_report(brief, piece.plan, replace(piece.score, parts=tuple(map(spoiled, piece.score.parts))))
    assert broken_promises(report) == ("sections",)
    assert "b does not settle in its key" in summarize_report(report)


def test_a_key_is_not_both_kept_and_missed(tiny_model: Path) -> None:
    piece = composed(tiny_model, style="pop")
    report = {**piece.report, "estimated_key": {**piece.report["estimated_key"], "measured": "Bb major", "distance": 4}}
    words = summarize_report(report)
    assert "missed: key: requested G major, the notes suggest Bb major" in words
    assert "key" not in words.partition("missed:")[0]
