"""From a brief to a composed piece, and from its sidecar to the same piece again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from composer.arranging import arrange, is_outlined, settle
from composer.brief import Brief
from composer.composing.candidates import MOST_CANDIDATES, checked_count, pick
from composer.composing.finishing import finish
from composer.composing.influence import Influence, PrefixedGuide, without_prefix
from composer.composing.outlines import UNWATCHED, Watch, drawn_plan
from composer.composing.record import PieceRecord, Sidecar, damaged
from composer.composing.report import make_report
from composer.composing.session import OpenModel, open_model
from composer.composing.soundness import faults
from composer.composing.user_style import check_same_style
from composer.composing.usual import plan_for
from composer.errors import BadInputError, CantilenaError
from composer.guide import PlanGuide
from composer.guide.bed import Bed, bed_of
from composer.guide.guidance import branches_of
from composer.harmony import with_harmony
from composer.model import engines
from composer.model.checkpoint import find_model
from composer.model.sampling import Guide, Request, Result, Settings, generate
from composer.plan import Plan
from composer.records import fields, reason
from composer.score import Score
from composer.tokenizer.stream import shorten

Progress = Callable[[float], None]
OnBars = Callable[[Score, int], None]
_MOST_TRIES = 3


def compose(
    brief: Brief,
    *,
    model: str | None = None,
    candidates: int | None = None,
    progress: Progress | None = None,
    on_bars: OnBars | None = None,
    prompt: Mapping[str, Any] | None = None,
    engine: str | None = None,
    influence: Influence | None = None,
) -> PieceRecord:
    """Composes one piece.

    Args:
        brief: the request.
        model: name or path of a model; by default the packaged one.
        candidates: 1 to 16; that many are composed in one batch and the critic keeps the best. By default 1, and what the
            quality says in a style that the network writes.
        progress: called with the fraction of bars written, 0 to 1, after every round of sampling; may raise to stop.
        on_bars: called after each bar of the first candidate with the piece so far and the number of complete bars. The piece
            has all its bars and parts from the start; later notes are missing, and held ones may still grow. A piece with
            faults is composed again, from its first bar on. Styles with a melody give drafts first, with 0 complete bars: its
            chords and what is arranged, then the first melody as it is drawn.
        prompt: how a free-text prompt was read; it is recorded only.
        engine: a name among `engine.ENGINES`; by default as `engine.engine_name` says.
        influence: a piece to be inspired by.

    Raises:
        ModelNotFoundError: there is no such model.
        BadInputError: the brief cannot be met.
    """
    opened = open_model(find_model(model), engines.engine_name(engine), brief)
    done = 0.0

    def once(number: int) -> PieceRecord:
        draft = (lambda score: on_bars(score, 0)) if on_bars else None
        wait = (lambda: progress(done)) if progress else None
        work = _Work.prepare(brief, opened, candidates, influence, number, Watch(draft, wait))
        complete = 0

        def step() -> None:
            nonlocal done, complete
            done = max(done, min(guide.bars_written for guide in work.guides) / work.plans[0].bars)  # further tries keep it
            if progress:
                progress(done)
            if on_bars and (bars := work.complete_bars) > complete:
                complete = bars
                on_bars(work.so_far(opened), bars)

        return work.finish(generate(opened.engine, work.requests, work.settings, on_step=step), opened, prompt)

    return _whole(once(0), once)


def _whole(first: PieceRecord, once: Callable[[int], PieceRecord]) -> PieceRecord:
    """The first composition without faults (see `soundness`) of at most `_MOST_TRIES`, else the one with the fewest."""
    made, found = [first], [_faults_of(first)]
    while found[-1] and len(made) < _MOST_TRIES:
        made.append(once(len(made)))
        found.append(_faults_of(made[-1]))
    if len(made) == 1:
        return first
    kept = min(range(len(made)), key=lambda index: len(found[index]))
    return replace(made[kept], tries={"kept": kept + 1, "faults": [list(names) for names in found]})


def _faults_of(record: PieceRecord) -> tuple[str, ...]:
    return faults(record.report.get("soundness", {}).get("measured"))


def compose_together(
    briefs: Sequence[Brief],
    *,
    model: str | None = None,
    engine: str | None = None,
    influences: Sequence[Influence | None] = (),
    prompts: Sequence[Mapping[str, Any] | None] = (),
) -> list[PieceRecord | BadInputError]:
    """Composes pieces in one batch: the same notes as when composed separately, in less time.

    Args:
        briefs: the requests.
        model: name or path of a model; by default the packaged one.
        engine: a name among `engine.ENGINES`.
        influences: the piece that inspires each piece; empty for none.
        prompts: how the prompt of each was read; empty for none.

    Returns:
        A composition for each brief, or the reason why it cannot be met.

    Raises:
        ModelNotFoundError: there is no such model.
        BadInputError: there is no such engine.
    """
    folder, name = find_model(model), engines.engine_name(engine)
    models: dict[int, OpenModel] = {}
    works: dict[int, _Work] = {}
    made: dict[int, PieceRecord | BadInputError] = {}
    for index, brief in enumerate(briefs):
        try:
            models[index] = open_model(folder, name, brief)
            works[index] = _Work.prepare(brief, models[index], None, influences[index] if influences else None)
        except BadInputError as error:
            made[index] = error
    kinds = {index: (models[index].user_style, work.settings) for index, work in works.items()}
    for kind in dict.fromkeys(kinds.values()):
        alike = [index for index, other in kinds.items() if other == kind]
        requests = [request for index in alike for request in works[index].requests]
        sampled = iter(generate(models[alike[0]].engine, requests, kind[1]))
        for index in alike:
            results = [next(sampled) for _ in works[index].requests]
            prompt = prompts[index] if prompts else None

            def once(number: int, index: int = index, prompt: Mapping[str, Any] | None = prompt) -> PieceRecord:
                again = influences[index] if influences else None
                work = _Work.prepare(briefs[index], models[index], None, again, number)
                return work.finish(generate(models[index].engine, work.requests, work.settings), models[index], prompt)

            first = works[index].finish(results, models[index], prompt)
            made[index] = _whole(first, once)
    return [made[index] for index in range(len(briefs))]


def compose_candidates(brief: Brief, count: int, *, model: str | None = None) -> tuple[list[PieceRecord], dict[str, Any]]:
    """All candidates of a brief and the critic's verdicts (see `candidates.pick`), for measuring the critic.

    Raises:
        ModelNotFoundError: there is no such model.
        BadInputError: the brief cannot be met, or the count is out of range.
    """
    opened = open_model(find_model(model), engines.engine_name(), brief)
    work = _Work.prepare(brief, opened, count)
    results = generate(opened.engine, work.requests, work.settings)
    made = [_record(brief, plan, result.ids, opened) for plan, result in zip(work.plans, results, strict=True)]
    return made, pick(made, results, opened)[1]


@dataclass(frozen=True, slots=True)
class _Work:
    """A brief prepared for sampling, with one or more candidates."""

    brief: Brief
    plans: list[Plan]  # one per candidate: bands play differently in each
    beds: list[Bed | None]
    guides: list[PlanGuide]
    requests: list[Request]
    settings: Settings
    influence: Influence | None = None
    prefix: tuple[int, ...] = ()

    @classmethod
    def prepare(
        cls,
        brief: Brief,
        opened: OpenModel,
        candidates: int | None,
        influence: Influence | None = None,
        number: int = 0,
        watch: Watch = UNWATCHED,
    ) -> _Work:
        """Prepares all that is known before sampling; `number` counts the tries from 0, each with other random choices.

        `watch` is called meanwhile.
        """
        drawn = influence.plan(brief) if influence else plan_for(brief, opened.folder)
        precedes = influence is not None and influence.can_precede(drawn)
        outlined = not precedes and is_outlined(brief, drawn)
        if candidates is None:
            candidates = brief.draws.candidates if outlined or not settle(drawn, brief).band else 1
        takes = [number * MOST_CANDIDATES + index for index in range(checked_count(candidates))]
        if outlined:
            harmonies = [with_harmony(drawn, brief, index, on_step=watch.on_step) for index in range(len(takes))]
            watches = [watch, *[replace(watch, on_draft=None)] * (len(takes) - 1)]  # the first candidate is shown
            plans = list(map(drawn_plan, harmonies, [brief] * len(takes), takes, watches))
        else:
            plans = [settle(drawn, brief, take) for take in takes]
            if not plans[0].band:
                plans = [with_harmony(drawn, brief, on_step=watch.on_step)] * len(plans)
        beds = [bed_of(opened.tokenizer, plan, arrange(plan)) for plan in plans]
        guides = [PlanGuide(opened.tokenizer, plan, bed=bed) for plan, bed in zip(plans, beds, strict=True)]
        settings = opened.settings_for(brief)

        def keep(ids: Sequence[int]) -> Sequence[int]:
            return shorten(ids, opened.tokenizer.vocabulary, settings.kept)

        prefix = influence.prefix(opened.tokenizer, drawn, settings.window) if influence else ()

        def prefixed(guide: Guide) -> Guide:
            return PrefixedGuide(guide, prefix, opened.tokenizer.vocabulary) if prefix else guide

        requests = [
            Request(
                prefixed(guide),
                seed=(brief.seed, takes[index]),
                branches=tuple(
                    (prefixed(other), weight) for other, weight in branches_of(opened.tokenizer, plans[index], beds[index])
                ),
                shorten=keep,
            )
            for index, guide in enumerate(guides)
        ]
        return cls(brief, plans, beds, guides, requests, settings, influence, prefix)

    @property
    def complete_bars(self) -> int:
        """Number of complete bars of the first candidate."""
        guide = self.guides[0]
        return self.plans[0].bars if guide.finished else max(0, guide.bars_written - 1)

    def so_far(self, opened: OpenModel) -> Score:
        """The first candidate so far."""
        bed, guide = self.beds[0], self.guides[0]
        decoded = opened.tokenizer.decode(guide.ids)[0]
        return finish(decoded, self.plans[0], bed.arrangement if bed else None, ended=guide.finished)

    def finish(self, results: Sequence[Result], opened: OpenModel, prompt: Mapping[str, Any] | None = None) -> PieceRecord:
        """The best of the sampled candidates."""
        vocabulary = opened.tokenizer.vocabulary
        streams = [without_prefix(result.ids, self.prefix, vocabulary) for result in results]
        made = [_record(self.brief, plan, ids, opened) for plan, ids in zip(self.plans, streams, strict=True)]
        chosen, judged = pick(made, results, opened) if len(made) > 1 else (0, None)
        best, record = made[chosen], None
        originality = opened.originality(best.score)
        if self.influence:
            record = self.influence.record(self.prefix, opened.tokenizer)
            originality["influence"] = self.influence.originality(best.score)
        score = _titled(best.score, prompt)
        return replace(best, score=score, originality=originality, candidates=judged, prompt=prompt, influence=record)


def _titled(score: Score, prompt: Mapping[str, Any] | None) -> Score:
    """The score with the title that a prompt gives it, if any."""
    return replace(score, title=str(prompt["title"])) if prompt and prompt.get("title") else score


def _record(brief: Brief, plan: Plan, ids: Sequence[int], opened: OpenModel) -> PieceRecord:
    score = finish(opened.tokenizer.decode(ids)[0], plan, arrange(plan))
    return PieceRecord(
        score=score,
        brief=brief,
        model=opened.record,
        streams=(tuple(ids),),
        report=make_report(brief, plan, score),
        originality={},
        style=plan.preset or next(iter(plan.styles), None),
        plan=plan,
    )


def decode_sidecar(sidecar: Sidecar, folder: Path) -> PieceRecord:
    """The composed piece that a sidecar describes: its ids are decoded by its plan, nothing is sampled.

    Args:
        sidecar: of a composed piece.
        folder: of its model.

    Raises:
        BadInputError: the sidecar is damaged, or its user style is not the installed one.
    """
    content, brief = sidecar.content, sidecar.brief
    try:
        plan = Plan.from_dict(fields(content["plan"]))
        [ids] = sidecar.streams
        influence = content.get("influence")
        influence_originality = content["originality"]["influence"] if influence else None
        prompt, tries = (dict(fields(content[key])) if content.get(key) else None for key in ("prompt", "tries"))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise damaged(sidecar.path, error) from None
    opened = open_model(folder, engines.engine_name(), brief)
    check_same_style(sidecar.path, sidecar.model.adapter, opened.user_style)
    if not all(token < len(opened.tokenizer) for token in ids):
        raise BadInputError(f"{sidecar.path} holds ids outside 0 to {len(opened.tokenizer) - 1}: it has been changed")
    try:
        record = _record(brief, plan, ids, opened)
    except (CantilenaError, LookupError, TypeError, ValueError) as error:  # each id is valid, but they do not form one piece
        raise BadInputError(
            f"{sidecar.path} holds ids that do not go with its plan ({reason(error)}): it has been changed"
        ) from None
    originality = opened.originality(record.score)
    if influence:  # the music that it was compared with is not stored here
        originality["influence"] = influence_originality
    score = _titled(record.score, prompt)
    return replace(
        record, score=score, model=sidecar.model, originality=originality, prompt=prompt, influence=influence, tries=tries
    )
