"""Batches: resumed, undisturbed by briefs that fail, the same notes as one at a time."""

from __future__ import annotations

import json
import os
import signal
from dataclasses import replace
from multiprocessing import active_children
from pathlib import Path

import pytest

from composer.brief import Brief
from composer.composing import batch, compose
from composer.composing.batch import Job, read_entries, run
from composer.errors import BadInputError, ModelNotFoundError

LINES = [
    json.dumps({"style": "string-quartet", "bars": 3, "seed": 5}),
    json.dumps({"bars": 3, "meter": "13/17"}),
    "{",
    "[1]",
    "",
    json.dumps({"ensemble": "solo-piano", "bars": 2, "temperature": 0.8}),
    json.dumps({"bars": 2, "color": "blue"}),
]


@pytest.fixture
def job(tmp_path: Path, tiny_model: Path) -> Job:
    return Job(tmp_path, ("mid",), model=str(tiny_model))


def made(job: Job, lines: list[str] = LINES, **options: int) -> dict[int, tuple[list[str], bool, str]]:
    outcomes = run(read_entries(lines), job, **options)
    return {o.number: ([path.name for path in o.files], o.skipped, o.error) for o in outcomes}


def test_a_wrong_value_comes_before_an_unknown_field() -> None:
    (entry,) = read_entries([json.dumps({"color": "blue", "bars": "many"})])
    assert "bars" in entry.error
    assert "color" not in entry.error
    (entry,) = read_entries([json.dumps({"color": "blue"})])
    assert all(name in entry.error for name in ("'color'", "prompt", "name", "formats", "influence", "bars"))


def test_failures_are_told_and_stop_nothing(job: Job) -> None:
    outcomes = made(job)
    assert outcomes[1] == (["piece-00001.mid", "piece-00001.json"], False, "")
    assert outcomes[6] == (["piece-00006.mid", "piece-00006.json"], False, "")
    assert {number: error != "" for number, (_, _, error) in outcomes.items() if number not in (1, 6)} == {
        2: True,
        3: True,
        4: True,
        7: True,
    }
    assert "JSON object, not a list" in outcomes[4][2]
    assert "color" in outcomes[7][2]
    assert sorted(path.name for path in job.folder.iterdir()) == sorted(outcomes[1][0] + outcomes[6][0])


def test_the_notes_are_those_of_compose(job: Job) -> None:
    made(job, together=2)
    for name, brief in (("piece-00001", json.loads(LINES[0])), ("piece-00006", {"seed": 6, **json.loads(LINES[5])})):
        sidecar = json.loads((job.folder / f"{name}.json").read_text())
        assert tuple(sidecar["streams"][0]) == compose(Brief.from_dict(brief), model=job.model).ids


def test_a_damaged_sidecar_is_not_of_a_piece_that_is_made(job: Job) -> None:
    made(job, LINES[:1])
    sidecar = job.folder / "piece-00001.json"
    content = json.loads(sidecar.read_text())
    for damage in (
        {"influence": []},
        {"influence": None},
        {"model": 3},
        {"model": {"name": []}},
        {"brief": []},
        {"brief": "x"},
    ):
        sidecar.write_text(json.dumps(content | damage))
        assert "already exists" in made(job, LINES[:1])[1][2]
    assert made(replace(job, overwrite=True), LINES[:1])[1][2] == ""
    assert json.loads(sidecar.read_text()) == content


def test_resumes_and_replaces_nothing_unasked(job: Job) -> None:
    first = made(job)
    before = {path.name: path.read_bytes() for path in job.folder.iterdir()}
    assert made(job) == {number: (files, not error, error) for number, (files, _, error) in first.items()}
    (job.folder / "piece-00001.mid").unlink()
    (job.folder / "piece-00006.json").unlink()
    assert not any(skipped for _, skipped, _ in made(job).values())
    assert {path.name: path.read_bytes() for path in job.folder.iterdir()} == before
    changed = [LINES[0].replace("5", "6"), *LINES[1:]]
    outcome = made(job, changed)[1]
    assert outcome[0] == []
    assert "piece-00001.json already exists" in outcome[2]
    assert {path.name: path.read_bytes() for path in job.folder.iterdir()} == before
    replacing = replace(job, overwrite=True)
    assert [number for number, (_, skipped, error) in made(replacing, changed).items() if not skipped and not error] == [1]
    assert (job.folder / "piece-00001.json").read_bytes() != before["piece-00001.json"]


def test_a_file_of_somebody_else_is_not_replaced(job: Job) -> None:
    (job.folder / "piece-00001.mid").write_text("mine")
    assert "piece-00001.mid already exists" in made(job, LINES[:1])[1][2]
    assert [path.name for path in job.folder.iterdir()] == ["piece-00001.mid"]
    assert (job.folder / "piece-00001.mid").read_text() == "mine"


def test_lines_take_a_prompt_a_name_formats_and_an_influence(job: Job) -> None:
    made(job, [json.dumps({"bars": 2, "ensemble": "piano"})])
    inspiring = str(job.folder / "piece-00001.mid")
    lines = [
        json.dumps({"prompt": "a sad waltz for flute in D minor", "bars": 2, "name": "flute", "formats": ["musicxml"]}),
        json.dumps({"bars": 2, "name": "heard", "influence": inspiring}),
        json.dumps({"bars": 2, "name": "Flute"}),
        json.dumps({"bars": 2, "influence": "nowhere.mid"}),
        json.dumps({"bars": 2, "name": "../out"}),
        json.dumps({"bars": 2, "formats": "docx"}),
    ]
    outcomes = made(job, lines)
    assert outcomes[1][0] == ["flute.musicxml", "flute.json"]
    sidecar = json.loads((job.folder / "flute.json").read_text())
    assert (sidecar["brief"]["key"], sidecar["brief"]["bars"]) == ("D minor", 2)
    assert sidecar["prompt"]["text"] == "a sad waltz for flute in D minor"
    assert json.loads((job.folder / "heard.json").read_text())["influence"]["file"] == "piece-00001.mid"
    assert [made(job, lines)[number][1] for number in (1, 2)] == [True, True]
    for number, message in {3: "line 1 already", 4: "nowhere.mid", 5: "is a path", 6: "docx"}.items():
        assert message in outcomes[number][2]


def fail_with_three_bars(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """Lets the planning of a piece of three bars fail."""
    from composer.composing import composition

    def plan_or_fail(brief: Brief, model: Path):
        if brief.bars == 3:
            raise error
        return plan_for(brief, model)

    plan_for = composition.plan_for
    monkeypatch.setattr(composition, "plan_for", plan_or_fail)


def test_a_piece_that_cannot_be_composed_does_not_stop_its_neighbors(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_with_three_bars(monkeypatch, BadInputError("three bars are one too few"))
    outcomes = made(job)
    assert outcomes[1][2] == "three bars are one too few"
    assert outcomes[6][0]


@pytest.mark.parametrize("options", [{"jobs": 0}, {"jobs": 65}, {"together": 0}, {"together": 17}], ids=str)
def test_numbers_out_of_range(job: Job, options: dict[str, int]) -> None:
    with pytest.raises(BadInputError, match="out of range"):
        made(job, **options)


def test_several_processes_make_the_same(job: Job) -> None:
    made(job)
    before = {path.name: path.read_bytes() for path in job.folder.iterdir()}
    for path in job.folder.iterdir():
        path.unlink()
    assert made(job, jobs=2, together=1)[2][2]
    assert {path.name: path.read_bytes() for path in job.folder.iterdir()} == before


def test_lines_that_are_no_briefs_stop_nothing() -> None:
    long = f'{{"bars": {"9" * 5_000}}}'
    entries = list(read_entries(["[1", "[" * 100_000, long, '{"bars": 2, "bars": 3}', '{"bars": 2}']))
    assert "not JSON" in entries[0].error
    for entry in entries[1:3]:
        assert entry.error == "a number of the brief has too many digits, or its lists too many levels: shorten them"
    assert "field 'bars' is given twice" in entries[3].error
    assert entries[4].brief is not None


def test_an_unexpected_error_in_one_piece_is_reported_and_stops_nothing(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_with_three_bars(monkeypatch, ZeroDivisionError("three"))
    outcomes = made(job)
    assert outcomes[1][2] == "unexpected error, ZeroDivisionError: three"
    assert outcomes[6][0]


def test_an_impossible_brief_leaves_its_neighbors_together(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    from composer.composing import composition

    sizes = []

    def count(engine, requests, settings, **options):
        sizes.append(len(requests))
        return generate(engine, requests, settings, **options)

    generate = composition.generate
    monkeypatch.setattr(composition, "generate", count)
    lines = [json.dumps(brief) for brief in ({"bars": 1}, {"duration": 7, "tempo": 40, "meter": "4/4"}, {"bars": 1})]
    outcomes = made(job, lines)
    assert sizes == [2]
    assert [number for number, (_, _, error) in sorted(outcomes.items()) if error] == [2]


def test_pieces_of_another_model_or_of_rounded_weights_are_not_taken_for_these(job: Job, tmp_path: Path) -> None:
    line = [json.dumps({"bars": 1})]
    made(job, line)
    assert made(job, line)[1][1]
    sidecar = job.folder / "piece-00001.json"
    content = json.loads(sidecar.read_text())
    for change in ({"fingerprint": "0" * 16}, {"engine": "onnx-int8"}, {"adapter": {"name": "a", "fingerprint": "b"}}):
        sidecar.write_text(json.dumps(content | {"model": content["model"] | change}))
        assert "already exists" in made(job, line)[1][2]
        assert made(replace(job, overwrite=True), line)[1] == (["piece-00001.mid", "piece-00001.json"], False, "")


@pytest.mark.parametrize(
    ("entries", "jobs", "together", "sizes"),
    [(8, 4, 8, [2, 2, 2, 2]), (3, 4, 8, [1, 1, 1]), (7, 2, 2, [2, 2, 1, 2]), (9, 1, 4, [4, 4, 1]), (0, 2, 2, [])],
)
def test_small_files_are_shared_out_between_the_jobs(
    job: Job, entries: int, jobs: int, together: int, sizes: list[int]
) -> None:
    read = read_entries([json.dumps({"bars": 1})] * entries)
    groups = [item for item in batch._known_or_grouped(read, job, jobs, together) if isinstance(item, list)]
    assert [len(group) for group in groups] == sizes
    assert [entry.number for group in groups for entry in group] == list(range(1, entries + 1))


def test_what_is_known_is_told_before_the_rest_is_read(job: Job) -> None:
    def lines():
        yield "{"
        raise AssertionError("read too far")

    assert next(run(read_entries(lines()), job)).number == 1


@pytest.mark.parametrize(("wrong", "error"), [({"model": "nope"}, ModelNotFoundError), ({"engine": "nope"}, BadInputError)])
def test_model_and_engine_are_checked_before_anything_is_read(job: Job, wrong: dict[str, str], error: type[Exception]) -> None:
    with pytest.raises(error, match="nope"):
        run(iter(()), replace(job, **wrong))


def test_a_killed_process_costs_no_piece(job: Job) -> None:
    coming = run(read_entries([json.dumps({"bars": 1})] * 6), job, jobs=2, together=1)
    numbers = [next(coming).number]
    os.kill(active_children()[0].pid or 0, signal.SIGKILL)
    outcomes = list(coming)
    assert sorted(numbers + [outcome.number for outcome in outcomes]) == [1, 2, 3, 4, 5, 6]
    assert not any(outcome.error for outcome in outcomes)
