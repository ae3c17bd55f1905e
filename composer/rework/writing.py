"""Writing a draft's open cells: which stream each stretch of bars is written in, and the sampling of these streams.

A stretch that runs to the end is written in order. One that has music behind it is closed by a stream with a hole, which knows
both sides; since models learn holes of at most two phrases, only the stretch's last bars are written so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from composer.controls import PHRASE_BARS
from composer.guide import Rule, ScriptGuide
from composer.guide.guidance import STYLE_SCALE
from composer.guide.rule_list import RuleContext, rules_for
from composer.model.engines import Engine
from composer.model.sampling import Guide, Request, Settings, generate
from composer.rework.brief_controls import without_style
from composer.rework.draft import Draft
from composer.rework.rules import Beneath, HeldOver, Seams
from composer.rework.streams import Window, script_of, shorten_hole, take_written
from composer.tokenizer.stream import shorten

LONGEST_HOLE_BARS = 2 * PHRASE_BARS
_KEPT = 5 / 8  # of a full window: enough to remember by, and not too soon full again
# Weight of a stream that knows one side, beside one with a hole: models see few holes (`benchmarks/infill.py`).
LEFT_ALONE = 0.6
_MOST_STREAMS = 1 << 24  # random streams of one candidate
_FILL_MARGIN = 1.5  # how much longer than their neighbours written bars may become


@dataclass
class StreamSampler:
    """Samples the streams of one candidate.

    Attributes:
        engine: the network.
        settings: the sampling settings.
        seed: of the brief; with the numbers of candidate and stream it seeds the choices of a stream.
        take: number of the candidate, from 0.
        progress: called with the fraction of the bars written, 0 to 1.
        streams: ids of the streams so far.
        rules_passed_over: choices at which a rule was ignored, because it would have left nothing.
        choices: ids sampled so far.
        log_likelihood: of these, in nats; see `composer.model.sampling.Result`.
    """

    engine: Engine
    settings: Settings
    seed: int
    take: int = 0
    progress: Callable[[float], None] | None = None
    streams: list[list[int]] = field(default_factory=list)
    rules_passed_over: int = 0
    choices: int = 0
    log_likelihood: float = 0.0

    def stream_seed(self, number: int) -> tuple[int, int]:
        """The seed of a random stream of this candidate; `number` is below `_MOST_STREAMS`."""
        return self.seed, self.take * _MOST_STREAMS + number

    def write(self, draft: Draft) -> None:
        """Writes all open cells of a draft."""
        total = len({bar for bar, _ in draft.open})
        while draft.open:
            draft.settle_returns()
            if not draft.open:
                break
            window = _next_window(draft, self.settings.window)
            left = len({bar for bar, _ in draft.open} - set(window.written))
            self._write_window(draft, window, total, left)

    def _write_window(self, draft: Draft, window: Window, total: int, left: int) -> None:
        script = script_of(draft, window)
        vocabulary = draft.tokenizer.vocabulary
        guide = ScriptGuide(draft.tokenizer, script, draft.ranges, rules_of(draft))
        context = len(script.bars) - len(window.written)
        kept = int(self.settings.window * (_KEPT if not window.has_hole else 0.9))

        def step() -> None:
            if self.progress:
                written = max(0, guide.bars_written - context)
                self.progress(min(1.0, (total - left - len(window.written) + written) / total))

        def cut(ids: Sequence[int]) -> Sequence[int]:
            return (shorten_hole if vocabulary.special("HOLE") in ids else shorten)(ids, vocabulary, kept)

        request = Request(guide, self.stream_seed(len(self.streams)), branches=_branches(draft, window), shorten=cut)
        [result] = generate(self.engine, [request], self.settings, on_step=step)
        self.streams.append(result.ids)
        self.choices += result.choices
        self.log_likelihood += result.log_likelihood
        self.rules_passed_over += guide.rules_passed_over
        take_written(draft, window, result.ids)


def _branches(draft: Draft, window: Window) -> tuple[tuple[Guide, float], ...]:
    """For a hole, the stream of what stands before it alone, whose opinion is mixed in; for a style, the one without it."""

    def stream(draft: Draft, window: Window) -> Guide:
        return ScriptGuide(draft.tokenizer, script_of(draft, window), draft.ranges)

    found: list[tuple[Guide, float]] = []
    if window.has_hole:
        found.append((stream(draft, Window(window.before, window.written)), LEFT_ALONE))
    if (unstyled := without_style(draft)).header != draft.header:
        found.append((stream(unstyled, window), 1.0 - STYLE_SCALE))
    return tuple(found)


def rules_of(draft: Draft) -> tuple[Rule, ...]:
    """The rules of one stream: those of every stream, clean seams, and parts under the melody if there are any."""
    stated = frozenset(draft.chords)
    context = RuleContext(
        grammar=draft.tokenizer.grammar,
        players=draft.players,
        n_parts=len(draft.programs),
        ranges=draft.ranges,
        shift=draft.shift,
        mode=draft.mode,
        color=draft.mode,
        last=draft.n_bars - 1,
        ends="cadence" if draft.closes else "open",
        binds=lambda walk: walk.bar.index in stated,
        longest_rest=draft.longest_rest,
    )
    return rules_for(context, [HeldOver(draft)], [Seams(draft), *([Beneath(draft)] if draft.melody else [])])


def _next_window(draft: Draft, size: int) -> Window:
    """The window for the first stretch of open bars, or for as much of it as one stream may write."""
    open_bars = {bar for bar, _ in draft.open}
    first = min(open_bars)
    end = next((bar for bar in range(first, draft.n_bars) if bar not in open_bars), draft.n_bars)
    if end == draft.n_bars:
        before = _room_for(draft, size * _KEPT - _header_size(draft), reversed(range(first)))
        return Window(range(_phrase_start(first - before, first), first), range(first, end))
    if end - first > LONGEST_HOLE_BARS:  # all but the last phrases in order, as if nothing followed
        head = first + -(-(end - first - LONGEST_HOLE_BARS) // PHRASE_BARS) * PHRASE_BARS
        before = _room_for(draft, size * _KEPT - _header_size(draft), reversed(range(first)))
        return Window(range(_phrase_start(first - before, first), first), range(first, head))
    return _hole(draft, first, end, size)


def _hole(draft: Draft, first: int, end: int, size: int) -> Window:
    """Both sides of a hole, two thirds of the room before it."""
    neighbours = [*range(max(0, first - PHRASE_BARS), first), *range(end, min(draft.n_bars, end + PHRASE_BARS))]
    usual = max((_bar_size(draft, bar) for bar in neighbours), default=0)
    room = size * 0.9 - _header_size(draft) - _FILL_MARGIN * usual * (end - first)
    after = max(1, _room_for(draft, room / 3, iter(range(end, draft.n_bars))))
    used = sum(_bar_size(draft, bar) for bar in range(end, end + after))
    before = _room_for(draft, room - used, reversed(range(first)))
    return Window(range(_phrase_start(first - before, first), first), range(first, end), range(end, end + after))


def _phrase_start(bar: int, latest: int) -> int:
    """The first phrase start from a bar on, if there is one before `latest`."""
    start = -(-bar // PHRASE_BARS) * PHRASE_BARS
    return start if start < latest else bar


def _room_for(draft: Draft, room: float, bars: Iterator[int]) -> int:
    """How many of the bars fit, from the first on."""
    count = 0
    for bar in bars:
        room -= _bar_size(draft, bar)
        if room < 0:
            break
        count += 1
    return count


def _header_size(draft: Draft) -> int:
    return len(draft.header) + 4 + 2 * len(draft.programs)


def _bar_size(draft: Draft, bar: int) -> int:
    """About how many ids a bar takes."""
    cells: Sequence[int] = [len(draft.cells[bar, part].ids) + 1 for part in draft.parts if (bar, part) in draft.cells]
    return 5 + sum(cells)
