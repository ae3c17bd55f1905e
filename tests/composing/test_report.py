"""Every control has its entry in the report, and a score that breaks a promise or misses an aim is reported."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from composer import composing
from composer.analysis.overview import survey
from composer.analysis.style import StyleJudgment
from composer.brief import Brief
from composer.composing.record import PieceRecord
from composer.composing.report import MEASURES, broken_promises, make_report, shared_passage, summarize_report
from composer.errors import BadInputError
from composer.plan import make_plan
from composer.rework import replay
from composer.score import Key, KeySignature, Note, Part, Score, Tempo, TimeSignature

EVERYTHING = {
    "style": "lied",
    "instruments": "flute,piano",
    "key": "D minor",
    "meter": "3/4",
    "form": "A4 B4 A4",
    "chords": "Dm Gm A7 Dm",
    "mood_curve": "calm@0 tense@50% triumphant@100%",
    "density": 0.4,
    "polyphony": 3,
    "scale": 0.5,
    "dynamic": "mf",
    "loudest": "fff",
    "arc": "swell",
    "hits": "0:08 big, 0:16 soft",
    "tempo_curve": "100%@0 110%@end",
    "duration": 24,
    "seed": 5,
}
LOOP = {"ensemble": "string-quartet", "valence": -0.5, "arousal": 0.5, "bars": 4, "tempo": 100, "loop": True, "seed": 2}


@pytest.fixture(scope="module")
def piece(tiny_model: Path) -> PieceRecord:
    return composing.compose(Brief.from_dict(EVERYTHING), model=str(tiny_model))


@pytest.fixture(scope="module")
def loop(tiny_model: Path) -> PieceRecord:
    return composing.compose(Brief.from_dict(LOOP), model=str(tiny_model))


def test_every_control_has_an_entry(piece: PieceRecord, loop: PieceRecord) -> None:
    # These have tests of their own; only church modes have a mode.
    elsewhere = {"sections", "features", "mode", "level", "ending", "texture", "pauses", "articulation"}
    assert {*piece.report, *loop.report} | elsewhere == set(MEASURES)
    assert {name for name, entry in piece.report.items() if entry["requested"] not in (None, False)} >= {
        "key", "meter", "programs", "form", "chords", "hits", "duration_s", "density", "polyphony", "scale", "style",
        "mood_curve",
    }  # fmt: skip
    for name, entry in (piece.report | loop.report).items():
        assert set(entry) == {"requested", "planned", "measured", "ok", "distance"}, name
        assert entry["ok"] is None or entry["distance"] is None, name
    assert json.loads(json.dumps(piece.report, allow_nan=False)) == piece.report


def test_a_model_that_knows_nothing_keeps_all_promises(piece: PieceRecord, loop: PieceRecord) -> None:
    assert broken_promises(piece.report) == broken_promises(loop.report) == ()
    found = summarize_report(piece.report, "sad")
    assert found.startswith("kept as requested: key, meter, tempo curve, duration, instruments, hit points")
    assert "number of bars" not in found  # nobody asked for it
    assert "None" not in found
    assert summarize_report(loop.report).startswith("kept as requested: tempo, number of bars, instruments, loop")


def test_what_came_out_otherwise_is_said_in_plain_words(loop: PieceRecord) -> None:
    off = {"requested": 0.5, "planned": 0.5, "measured": -0.6, "ok": None, "distance": 1.1}
    calm = {"requested": -0.6, "planned": -0.6, "measured": 0.7, "ok": None, "distance": 1.3}
    said = summarize_report({"valence": off, "arousal": calm}, "calm")
    assert said.startswith("missed: mood: requested calm, came out ")
    curve = {**off, "requested": None}
    assert summarize_report({"valence": off, "arousal": calm, "mood_curve": curve}).startswith(
        "missed: mood curve: on average "
    )
    assert summarize_report({"valence": off | {"requested": None}, "arousal": calm | {"requested": None}}) == ""
    style = {"requested": ["waltz"], "planned": ["waltz"], "measured": {"unlike": ["waltz"]}, "ok": None, "distance": 0.995}
    assert summarize_report({"style": style}) == "missed: style: little in the notes is typical of waltz"
    assert summarize_report({"style": style | {"measured": {"unlike": []}}}) == ""
    silent = {"requested": None, "planned": [], "measured": ["Viola"], "ok": None, "distance": 1.0}
    assert summarize_report({"silent_parts": silent}) == "missed: silent: Viola"


def test_a_mood_and_a_level_that_are_met_are_near_the_request() -> None:
    axis = {"requested": 0.5, "planned": 0.5, "measured": 0.3, "ok": None, "distance": 0.2}
    mood = {"valence": axis, "arousal": axis}
    level = {"requested": "easy", "planned": "easy", "measured": {}, "ok": None, "distance": 0.01}
    assert summarize_report({**mood, "level": level}) == "near the request: level, mood"
    assert summarize_report({"level": level | {"distance": 0.0}}) == "kept as requested: level"
    assert summarize_report({"level": level | {"distance": 0.3}}) == "missed: level: 30% of the strokes are harder than easy"
    unmeasured = {name: axis | {"measured": None, "distance": None} for name in mood}
    assert summarize_report({**unmeasured, "level": level | {"requested": None}}) == ""


def test_a_tempo_that_a_duration_bends_is_not_reported_as_kept() -> None:
    bent = {"requested": 150.0, "planned": 160.0, "measured": 160.0, "ok": True, "distance": None}
    assert summarize_report({"tempo_qpm": bent}) == ("missed: tempo: requested 150, 160 to meet the duration or the hit points")
    steady = dict.fromkeys(("requested", "planned", "measured"), 150.0)
    assert summarize_report({"tempo_qpm": bent | steady}) == "kept as requested: tempo"
    many = {"measured": [150.0, 140.0, 130.0, 120.0, 110.0]}
    assert "requested 150, 150, 140, 130, 120, ... to meet" in summarize_report({"tempo_qpm": bent | many})


@pytest.mark.parametrize("tempi", [{"tempo_curve": "90%@90% 70%@end"}, {"sections": "start: tempo 90%; middle: tempo 50%"}])
def test_a_tempo_that_the_brief_changes_is_compared_at_the_start(tempi: dict[str, str]) -> None:
    brief = Brief.from_dict({"tempo": 100, "form": "A8 B8 A8", **tempi})
    plan = make_plan(brief)
    tempos = tuple(Tempo(change.start_ticks(plan.meter), change.qpm) for change in plan.tempos)
    notes = (Note(0, 60, 480), Note(plan.bars * plan.meter.bar_ticks - 480, 60, 480))
    score = Score(tuple(Part(part.name, part.program, notes) for part in plan.parts), tempos=tempos)
    report = make_report(brief, plan, score)
    assert [report["tempo_qpm"][side] for side in ("requested", "planned", "measured")] == [90, 90, 90]
    assert "missed: tempo" not in summarize_report(report)


@pytest.mark.parametrize("last", ["Cmaj9", "C6", "C"])
def test_a_piece_that_ends_on_its_planned_tonic_closes(tiny_model: Path, last: str) -> None:
    brief = Brief.from_dict({"style": "swing", "chords": f"Dm7 Bb {last}", "key": "C major", "bars": 3})
    assert composing.compose(brief, model=str(tiny_model)).report["cadence"]["distance"] == 0


@pytest.mark.parametrize(("notes", "lines"), [(0, 0), (19, 0), (20, 1)])
def test_short_shared_passages_say_nothing(notes: int, lines: int) -> None:
    assert len(shared_passage({"checked": True, "longest_notes": notes, "title": "Mass"})) == lines


def each_note(score: Score, change: Callable[[Note], Note | None]) -> Score:
    """The score with every pitched note changed, or left out where the change says nothing."""

    def of_part(part: Part) -> Part:
        return replace(part, notes=tuple(sorted(filter(None, map(change, part.notes)))))

    return replace(score, parts=tuple(part if part.is_drum else of_part(part) for part in score.parts))


def higher(semitones: int) -> Callable[[Note], Note]:
    return lambda note: replace(note, pitch=min(127, note.pitch + semitones))


BROKEN: dict[str, Callable[[Score], Score]] = {
    "key": lambda score: replace(score, keys=(KeySignature(0, Key(3, "major")),)),
    "meter": lambda score: replace(score, time_signatures=(TimeSignature(0, 6, 8),)),
    "tempo_qpm": lambda score: replace(score, tempos=(Tempo(0, 77.0),)),
    "bars": lambda score: replace(score, end_ticks=score.end_ticks + 1440),
    "duration_s": lambda score: replace(score, end_ticks=score.end_ticks + 1440),
    "programs": lambda score: replace(score, parts=(replace(score.parts[0], program=13), *score.parts[1:])),
    "ranges": lambda score: each_note(score, higher(60)),
    "hits": lambda score: each_note(score, lambda note: None if note.start_ticks > 480 else note),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_promise_is_told(piece: PieceRecord, name: str) -> None:
    report = make_report(piece.brief, piece.plan, BROKEN[name](piece.score))
    assert report[name]["ok"] is False
    words = {"tempo_qpm": "tempo: planned", "bars": "number of bars: planned", "duration_s": "duration: planned"}
    words |= {"programs": "instruments: planned", "ranges": "outside the range", "hits": "a hit point is missed by"}
    assert words.get(name, f"{name}: planned") in summarize_report(report)


def test_a_loop_without_its_markers_is_told(loop: PieceRecord) -> None:
    assert loop.report["loop"]["ok"] is True
    assert make_report(loop.brief, loop.plan, replace(loop.score, markers=()))["loop"]["ok"] is False


def thinned(score: Score) -> Score:
    return replace(score, parts=tuple(replace(part, notes=part.notes[::4]) for part in score.parts))


def silenced(score: Score) -> Score:
    return replace(score, parts=(replace(score.parts[0], notes=()), *score.parts[1:]))


def confused(score: Score) -> Score:
    """B is what A was, and A comes back as something else."""
    start, end = score.bars[4].start_ticks, score.bars[8].start_ticks

    def of_part(part: Part) -> Part:
        first = [note for note in part.notes if note.start_ticks < start]
        second = [replace(note, start_ticks=note.start_ticks + start) for note in first]
        last = [replace(note, pitch=40 + (note.start_ticks // 240) ** 2 % 37) for note in part.notes if note.start_ticks >= end]
        return replace(part, notes=tuple(sorted({*first, *second, *last})))

    return replace(score, parts=tuple(map(of_part, score.parts)))


def clustered(score: Score) -> Score:
    first = score.parts[0]
    notes = sorted({*first.notes, *(replace(note, pitch=max(0, note.pitch - 17)) for note in first.notes)})
    return replace(score, parts=(replace(first, notes=tuple(notes)), *score.parts[1:]))


MISSED: dict[str, Callable[[Score], Score]] = {
    "estimated_key": lambda score: each_note(score, higher(6)),
    "scale": lambda score: each_note(score, higher(6)),
    "silent_parts": silenced,
    "playability": clustered,
    "form": confused,
    "chords": lambda score: each_note(score, higher(1)),
    "density": thinned,
    "polyphony": thinned,
}


@pytest.mark.parametrize("name", MISSED)
def test_a_missed_aim_is_further_away(piece: PieceRecord, name: str) -> None:
    found = make_report(piece.brief, piece.plan, MISSED[name](piece.score))[name]
    assert found["distance"] > piece.report[name]["distance"]
    assert found["ok"] is None


def test_moods_and_styles_are_measured_within_their_scales(piece: PieceRecord, loop: PieceRecord) -> None:
    assert 0 <= piece.report["style"]["distance"] <= 1
    assert piece.report["style"]["planned"] == ["lied"]
    assert 0 <= piece.report["mood_curve"]["distance"] <= 2
    assert loop.report["valence"]["requested"] == -0.5
    assert 0 <= loop.report["arousal"]["distance"] <= 2
    assert loop.report["cadence"]["planned"] == "open"
    assert piece.report["cadence"]["measured"] in ("authentic", "plagal")
    assert piece.report["cadence"]["distance"] == 0


def test_the_best_of_several_candidates_is_kept_and_replayed(tiny_model: Path, tmp_path: Path) -> None:
    brief = Brief.from_dict({"ensemble": "piano", "bars": 3, "seed": 4})
    first = composing.compose(brief, model=str(tiny_model))
    best = composing.compose(brief, model=str(tiny_model), candidates=3)
    found: dict[str, Any] = best.candidates or {}
    merits = [verdict["merit"] for verdict in found["verdicts"]]
    assert first.candidates is None
    assert found["count"] == len(merits) == 3
    assert found["chosen"] == 1 + merits.index(max(merits))
    sidecar = composing.write(best, tmp_path / "best", [])[0]
    again = replay(sidecar, model=str(tiny_model))
    assert (again.ids, again.candidates) == (best.ids, found)
    assert again.report == best.report
    assert again.originality["checked"] is False  # nobody made an index for this model
    assert "originality.npz" in again.originality["reason"]


@pytest.mark.parametrize("count", [0, 17])
def test_a_number_of_candidates_out_of_range_is_refused(tiny_model: Path, count: int) -> None:
    with pytest.raises(BadInputError, match=f"{count} is out of range: give 1 to 16"):
        composing.compose(Brief.from_dict({"bars": 2}), model=str(tiny_model), candidates=count)


def test_chords_that_end_elsewhere_are_where_the_piece_ends(tiny_model: Path) -> None:
    brief = {"chords": "Dm Gm A7", "key": "D minor", "bars": 3, "ensemble": "piano"}
    entry = composing.compose(Brief.from_dict(brief), model=str(tiny_model)).report["cadence"]
    assert entry["planned"].startswith("on A7")
    assert entry["distance"] is None


def test_the_report_of_a_church_mode_measures_its_characteristic_tone() -> None:
    brief = Brief.from_dict({"instruments": "flute", "key": "D mixolydian", "bars": 4})
    plan, key = make_plan(brief), KeySignature(0, Key.parse("D mixolydian"))

    def entry(pitches: tuple[int, ...]) -> dict[str, Any]:
        notes = tuple(Note(480 * place, pitch, 480) for place, pitch in enumerate(pitches))
        return make_report(brief, plan, Score((Part("Flute", 73, notes),), keys=(key,)))["mode"]

    assert entry((62, 66, 69, 72) * 4)["distance"] == 0
    without = entry((62, 66, 69, 71) * 4)
    assert (without["measured"], without["distance"]) == (0, 1)
    assert "the tone that makes D mixolydian is 0% of the notes" in summarize_report({"mode": without})


def test_composers_and_mixtures_that_the_notes_do_not_suggest_are_missed(tiny_model: Path) -> None:
    brief = Brief.from_dict({"style": "waltz,palestrina", "bars": 8, "seed": 5})
    record = composing.compose(brief, model=str(tiny_model))
    likely = StyleJudgment((("waltz", 0.9), ("metal", 0.1)), (("romantic", 0.95), ("renaissance", 0.05)))
    report = make_report(brief, record.plan, record.score, replace(survey(record.score), style=likely))
    assert report["style"]["measured"]["unlike"] == ["palestrina"]
    assert "style: little in the notes is typical of palestrina" in summarize_report(report)
    alone = Brief.from_dict({"style": "joplin:0.5,mozart:0.5", "ensemble": "piano", "bars": 8, "seed": 5})
    other = StyleJudgment((("metal", 1.0),), (("modern", 0.5), ("classical", 0.5)))
    mixed = make_report(alone, make_plan(alone), record.score, replace(survey(record.score), style=other))
    assert mixed["style"]["measured"]["unlike"] == []
    assert set(mixed["style"]["measured"]["chances"]) == {"modern", "classical"}
