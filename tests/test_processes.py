"""Distribution of tasks to workers: no task is lost when a worker dies."""

from __future__ import annotations

import os

import pytest

from composer.errors import BadInputError
from composer.processes import ProcessCrew, Spread
from tests.farm.crews import Crew, DiedError

Task = tuple[int, ...]


def halves(task: Task) -> list[Task]:
    middle = len(task) // 2
    return [task[:middle], task[middle:]] if middle else []


def results(crew: Crew, tasks: list[Task]) -> dict[Task, Task | None]:
    spread, found = Spread[Task, Task](crew, halves), {}
    for task in tasks:
        spread.add(task)
        while spread.full:
            found.update(spread.collect())
    while spread.busy:
        found.update(spread.collect())
    return found


def die_of(number: int):
    def fails(task: Task) -> None:
        if number in task:
            raise DiedError

    return fails


def test_a_task_that_kills_workers_is_halved_until_its_cause_is_isolated():
    crew = Crew(lambda task: task, fails=die_of(5))
    found = results(crew, [tuple(range(4)), tuple(range(4, 12))])
    assert found == {(0, 1, 2, 3): (0, 1, 2, 3), (4,): (4,), (5,): None, (6, 7): (6, 7), (8, 9, 10, 11): (8, 9, 10, 11)}
    assert sum(5 in task for task in crew.tasks) == 5  # 8, 4, 2, 1 and once more, since one death may be an accident


def test_an_accidental_death_loses_nothing():
    accidents = [DiedError()]

    def fails(task: Task) -> None:
        if accidents:
            raise accidents.pop()

    assert None not in results(Crew(lambda task: task, fails=fails), [(1,), (2,)]).values()


def test_failing_storage_is_tried_five_times():
    failures = [OSError("slow down")] * 4

    def fails(task: Task) -> None:
        if failures:
            raise failures.pop()

    assert results(Crew(lambda task: task, fails=fails), [(1,)]) == {(1,): (1,)}
    failures += [OSError("slow down")] * 5
    with pytest.raises(OSError, match="slow down"):
        results(Crew(lambda task: task, fails=fails), [(1,)])


def test_other_failures_are_raised():
    def fails(task: Task) -> None:
        raise BadInputError("no such model")

    with pytest.raises(BadInputError, match="no such model"):
        results(Crew(lambda task: task, fails=fails), [(1,)])


def test_running_tasks_never_exceed_the_capacity():
    spread = Spread[Task, Task](Crew(lambda task: task, capacity=3), halves)
    for number in range(3):
        assert not spread.full
        spread.add((number,))
    assert spread.full


def exit_of_three(number: int) -> int:
    if number == 3:
        os._exit(9)
    return 2 * number


def test_processes_are_replaced_when_they_die():
    with ProcessCrew(exit_of_three, 2) as crew:
        spread, found = Spread[int, int](crew, lambda task: []), {}
        for number in range(5):
            spread.add(number)
        while spread.busy:
            found.update(spread.collect())
    assert found == {0: 0, 1: 2, 2: 4, 3: None, 4: 8}
    assert spread.deaths == 2
