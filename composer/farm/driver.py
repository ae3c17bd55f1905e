"""Runs the unfinished shards of a plan on any crew. It can be killed and restarted at any moment."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from composer.composing.batch import checked_together
from composer.errors import BadInputError
from composer.farm.shard import Done, Work, check_here, halves, run_shard
from composer.farm.sharding import DamagedTableError, Plan, part_name, read_done
from composer.farm.storage import PART, Store
from composer.processes import Crew, Hire, Spread


@dataclass(frozen=True, slots=True)
class Share:
    """Every `of`-th shard, starting at `index`: the share of one of several independent drivers."""

    index: int = 0
    of: int = 1

    @classmethod
    def parse(cls, text: str) -> Share:
        """Parses "I/N", with I from 0.

        Raises:
            BadInputError: the text has another form, or I is not less than N.

        >>> Share.parse("0/4")
        Share(index=0, of=4)
        """
        index, slash, of = text.partition("/")
        if not (slash and index.strip().isdecimal() and of.strip().isdecimal() and int(index) < int(of)):
            raise BadInputError(f"shard {text!r} cannot be read: give I/N, such as 0/4 to 3/4")
        return cls(int(index), int(of))

    def takes(self, shard: int) -> bool:
        """Whether a shard belongs to the share."""
        return shard % self.of == self.index


@dataclass(frozen=True, slots=True)
class Finished:
    """A shard that is finished.

    Attributes:
        shard: number of the shard, from 0.
        pieces: number of pieces.
        errors: number of briefs without a piece.
        composed: number of pieces composed in this run.
        seconds: work on the shard in this run, over all workers.
        deaths: number of workers that have died in this run so far, over all shards.
    """

    shard: int
    pieces: int
    errors: int
    composed: int
    seconds: float
    deaths: int


def finished_shards(store: Store, plan: Plan) -> list[int]:
    """The shards of a plan that have a table, in order."""
    found = store.names("done")
    return [shard for shard in range(plan.shards) if part_name("done", shard).removeprefix("done/") in found]


def forget_errors(store: Store) -> int:
    """Deletes the tables with errors and the damaged ones, so that their shards are run again; returns their number.

    Existing pieces are kept.
    """
    wrong = [shard for shard in finished_shards(store, Plan.read(store)) if _has_errors(store, shard)]
    store.delete(part_name("done", shard) for shard in wrong)
    return len(wrong)


def _has_errors(store: Store, shard: int) -> bool:
    try:
        return any(read_done(store, shard)["error"].to_pylist())
    except DamagedTableError:
        return True


class Run:
    """A run over the shards of a share that are unfinished when it starts.

    Args:
        address: address of the store.
        share: the shards to run.
        together: pieces per pass of the network, 1 to 16.
        model: name or path of the model if it is not found under its name in the plan.
        engine: a name in `engines.ENGINES`.
        elsewhere: whether workers run on other machines, so that model and engine are not needed on this one.

    Raises:
        BadInputError: there is no plan, or its model or program version differs.
        ModelNotFoundError: the model is not on this machine.
    """

    def __init__(
        self,
        address: str,
        share: Share = Share(),
        *,
        together: int = 8,
        model: str | None = None,
        engine: str | None = None,
        elsewhere: bool = False,
    ) -> None:
        self._store = Store(address)
        self.plan = Plan.read(self._store)
        if not elsewhere:
            check_here(self.plan, model)
        done = set(finished_shards(self._store, self.plan))
        self.shards = [shard for shard in range(self.plan.shards) if share.takes(shard)]
        self.todo = [shard for shard in self.shards if shard not in done]
        place = self._store.address if self._store.local else address  # workers may have a different working directory
        if model and Path(model).is_dir():
            model = str(Path(model).resolve())
        self._common = Work(place, 0, 0, 0, together=checked_together(together), model=model, engine=engine)

    def go(self, hire: Hire) -> Iterator[Finished]:
        """Runs the shards; yields each when its table is written.

        Args:
            hire: starts the workers, such as `functools.partial(ProcessCrew, jobs=2)`.

        Raises:
            OSError: the storage failed five times for the same task.
        """
        with hire(run_shard) as crew:
            yield from _Account(self.plan, self._common).follow(crew, self.todo)
        if len(finished_shards(self._store, self.plan)) == self.plan.shards:
            for folder in ("plan", "done", "times"):  # a killed writer may have left partial files there
                self._store.delete(f"{folder}/{name}" for name in self._store.names(folder) if name.endswith(PART))


class _Account:
    """Tracks the settled positions of split shards and the briefs that killed workers."""

    def __init__(self, plan: Plan, common: Work) -> None:
        self._plan, self._common = plan, common
        self._settled: Counter[int] = Counter()
        self._lost: defaultdict[int, set[int]] = defaultdict(set)
        self._composed: Counter[int] = Counter()
        self._seconds: defaultdict[int, float] = defaultdict(float)

    def follow(self, crew: Crew[Work, Done], todo: list[int]) -> Iterator[Finished]:
        spread = Spread[Work, Done](crew, halves)
        for shard in todo:
            spread.add(self._whole(shard))
            while spread.full:
                yield from self._collected(spread)
        while spread.busy:
            yield from self._collected(spread)

    def _whole(self, shard: int) -> Work:
        lost = tuple(sorted(self._lost[shard])) if shard in self._lost else ()
        return replace(self._common, shard=shard, end=self._plan.size_of(shard), lost=lost)

    def _collected(self, spread: Spread[Work, Done]) -> Iterator[Finished]:
        for work, done in spread.collect():
            shard = work.shard
            if done is None:
                self._lost[shard].add(work.first)
            else:
                self._composed[shard] += done.composed
                self._seconds[shard] += done.seconds
            if done is not None and work.finish:
                result = Finished(shard, done.pieces, done.errors, self._composed[shard], self._seconds[shard], spread.deaths)
                for each in (self._lost, self._composed, self._seconds, self._settled):
                    each.pop(shard, None)
                yield result
                continue
            self._settled[shard] += work.end - work.first
            if self._settled[shard] == self._plan.size_of(shard):
                del self._settled[shard]
                spread.add(self._whole(shard))
