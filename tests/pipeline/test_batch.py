"""Batches: resumed, undisturbed by briefs that fail, the same notes as one at a time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from composer.brief import Brief
from composer.errors import BadInputError
from composer.pipeline import compose
from composer.pipeline.batch import Job, read_entries, run

LINES = [
    json.dumps({"style": "string-quartet", "bars": 3, "seed": 5}),
    json.dumps({"bars": 3, "meter": "13/17"}),
    "{",
    "[1]",
    "",
    json.dumps({"ensemble": "solo-piano", "bars": 2, "temperature": 0.8}),
    json.dumps({"bars": 2, "colour": "blue"}),
]


@pytest.fixture
def job(tmp_path: Path, tiny_model: Path) -> Job:
    return Job(tmp_path, ("mid",), model=str(tiny_model))


def made(job: Job, lines: list[str] = LINES, **options: int) -> dict[int, tuple[list[str], bool, str]]:
    outcomes = run(read_entries(lines), job, **options)
    return {o.number: ([path.name for path in o.files], o.skipped, o.error) for o in outcomes}


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
    assert "JSON object, not list" in outcomes[4][2]
    assert "colour" in outcomes[7][2]
    assert sorted(path.name for path in job.folder.iterdir()) == sorted(outcomes[1][0] + outcomes[6][0])


def test_the_notes_are_those_of_compose(job: Job) -> None:
    made(job, together=2)
    for name, brief in (("piece-00001", json.loads(LINES[0])), ("piece-00006", {"seed": 6, **json.loads(LINES[5])})):
        sidecar = json.loads((job.folder / f"{name}.json").read_text())
        assert tuple(sidecar["ids"]) == compose(Brief.from_dict(brief), model=job.model).ids


def test_resumes_and_makes_changed_briefs_again(job: Job) -> None:
    first = made(job)
    before = {path.name: path.read_bytes() for path in job.folder.iterdir()}
    assert made(job) == {number: (files, not error, error) for number, (files, _, error) in first.items()}
    (job.folder / "piece-00001.mid").unlink()
    (job.folder / "piece-00006.json").write_text("half a sid")
    assert not any(skipped for _, skipped, _ in made(job).values())
    assert {path.name: path.read_bytes() for path in job.folder.iterdir()} == before
    changed = [LINES[0].replace("5", "6"), *LINES[1:]]
    assert [number for number, (_, skipped, error) in made(job, changed).items() if not skipped and not error] == [1]


def test_a_piece_that_cannot_be_composed_does_not_stop_its_neighbours(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    from composer.pipeline import composition

    def refuse(brief: Brief):
        if brief.bars == 3:
            raise BadInputError("three bars are one too few")
        return make_plan(brief)

    make_plan = composition.make_plan
    monkeypatch.setattr(composition, "make_plan", refuse)
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
