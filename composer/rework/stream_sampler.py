"""Samples a partial piece's open segments: chooses the stream for each range of open bars, and samples it.

A range that reaches the end is written in order. One that is followed by given music ends with a stream with a hole, which
knows both sides; since models learn holes of at most two phrases, only the last bars of the range are written so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from composer.arranging import Arrangement
from composer.controls import PHRASE_BARS
from composer.guide import PlanGuide, Rule, ScriptGuide
from composer.guide.bed import bed_of
from composer.guide.guidance import DIAL_SCALE, STYLE_SCALE, branches_of
from composer.guide.note_rules import ScaleFloor
from composer.guide.rule_list import RuleContext, rules_for
from composer.guide.tune_rules import Apart, Beneath, GivenMelody, clear_pairs
from composer.model.engines import Engine
from composer.model.sampling import Guide, Request, Result, Settings, generate
from composer.plan import Plan
from composer.rework.brief_controls import without_dials, without_style
from composer.rework.partial_piece import PartialPiece
from composer.rework.rules import HeldOver, KeptUpbeat, SamePlayers, Seams, StruckChords
from composer.rework.streams import Window, read_written, script_of, shorten_hole
from composer.score import Score
from composer.tokenizer import Tokenizer
from composer.tokenizer.stream import shorten
from composer.tokenizer.vocabulary import TICKS_PER_STEP

LONGEST_HOLE_BARS = 2 * PHRASE_BARS
_KEPT = 5 / 8  # share of a full window that is kept: enough context, without shortening again soon
# Weight of a stream that knows one side, beside one with a hole: models see few holes (`benchmarks/infill.py`).
LEFT_ALONE = 0.6
_MOST_STREAMS = 1 << 24  # random streams of one candidate
_FILL_MARGIN = 1.5  # how much longer than their neighbors written bars may become


@dataclass
class StreamSampler:
    """Samples the streams of one candidate.

    Attributes:
        engine: the network.
        tokenizer: that of the network.
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
    tokenizer: Tokenizer
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

    def write(self, piece: PartialPiece) -> None:
        """Writes all open segments of a partial piece."""
        total = len({bar for bar, _ in piece.open})
        while piece.open:
            piece.fill_returns()
            if not piece.open:
                break
            window = _next_window(piece, self.settings.window)
            left = len({bar for bar, _ in piece.open} - set(window.written))
            self._write_window(piece, window, total, left)

    def write_plan(self, plan: Plan, arrangement: Arrangement) -> Score:
        """Writes the open parts of a planned piece, as `compose` does; the score is in functional pitch."""
        bed = bed_of(self.tokenizer, plan, arrangement)
        guide = PlanGuide(self.tokenizer, plan, bed=bed)

        def step() -> None:
            if self.progress:
                self.progress(min(1.0, guide.bars_written / plan.bars))

        def cut(ids: Sequence[int]) -> Sequence[int]:
            return shorten(ids, self.tokenizer.vocabulary, self.settings.kept)

        result = self._generate(guide, branches_of(self.tokenizer, plan, bed), cut, step)
        return self.tokenizer.decode(result.ids)[0]

    def _generate(
        self,
        guide: ScriptGuide,
        branches: tuple[tuple[Guide, float], ...],
        cut: Callable[[Sequence[int]], Sequence[int]],
        step: Callable[[], None],
    ) -> Result:
        """Samples one stream and counts its choices."""
        request = Request(guide, self.stream_seed(len(self.streams)), branches=branches, shorten=cut)
        [result] = generate(self.engine, [request], self.settings, on_step=step)
        self.streams.append(result.ids)
        self.choices += result.choices
        self.log_likelihood += result.log_likelihood
        self.rules_passed_over += guide.rules_passed_over
        return result

    def _write_window(self, piece: PartialPiece, window: Window, total: int, left: int) -> None:
        script = script_of(piece, window)
        vocabulary = piece.tokenizer.vocabulary
        guide = ScriptGuide(piece.tokenizer, script, piece.ranges, rules_of(piece))
        context = len(script.bars) - len(window.written)
        kept = int(self.settings.window * (_KEPT if not window.has_hole else 0.9))

        def step() -> None:
            if self.progress:
                written = max(0, guide.bars_written - context)
                self.progress(min(1.0, (total - left - len(window.written) + written) / total))

        def cut(ids: Sequence[int]) -> Sequence[int]:
            return (shorten_hole if vocabulary.special("HOLE") in ids else shorten)(ids, vocabulary, kept)

        read_written(piece, window, self._generate(guide, _branches(piece, window), cut, step).ids)


def _branches(piece: PartialPiece, window: Window) -> tuple[tuple[Guide, float], ...]:
    """Guidance branches: for a hole, the stream of what is before it alone; for a style or dials, the stream without them."""

    def stream(piece: PartialPiece, window: Window) -> Guide:
        return ScriptGuide(piece.tokenizer, script_of(piece, window), piece.ranges)

    found: list[tuple[Guide, float]] = []
    if window.has_hole:
        found.append((stream(piece, Window(window.before, window.written)), LEFT_ALONE))
    if (unstyled := without_style(piece)).header != piece.header:
        found.append((stream(unstyled, window), 1.0 - STYLE_SCALE))
    if piece.dials:
        found.append((stream(without_dials(piece), window), 1.0 - DIAL_SCALE))
    return tuple(found)


def rules_of(piece: PartialPiece) -> tuple[Rule, ...]:
    """The rules of one stream: those of every stream, clean seams, and parts under the melody if there are any."""
    stated = frozenset(piece.chords)
    context = RuleContext(
        grammar=piece.tokenizer.grammar,
        players=piece.players,
        n_parts=len(piece.programs),
        ranges=piece.ranges,
        shift=piece.shift,
        mode=piece.mode,
        color=piece.home.scale_name,
        last=piece.n_bars - 1,
        ends="cadence" if piece.closes else "open",
        binds=lambda walk: piece.binds_new or walk.bar.index in stated,
        longest_rest=piece.longest_rest,
        single_voices=piece.voices,
    )
    first = [rule for rule in piece.rules if isinstance(rule, Rule)]
    bars = [meter.bar_ticks // TICKS_PER_STEP for meter in piece.meters]
    all_stated = len(stated) == piece.n_bars
    modal = [ScaleFloor(piece.tokenizer.grammar, piece.church, 1.0, bound_chords=all_stated)] if piece.church else []
    beneath = [Beneath(GivenMelody(piece.melody, bars), piece.beneath, clear_pairs(piece.shift))] if piece.melody else []
    apart = [Apart(piece.kept, bars, piece.apart)] if piece.kept and piece.apart else []
    return rules_for(
        context,
        [HeldOver(piece), SamePlayers(piece), *first, *modal],
        [*piece.rules, *modal, StruckChords(), KeptUpbeat(piece), Seams(piece), *beneath, *apart],
    )


def _next_window(piece: PartialPiece, size: int) -> Window:
    """The window for the first range of open bars, or for as much of it as one stream may write."""
    open_bars = {bar for bar, _ in piece.open}
    first = min(open_bars)
    end = next((bar for bar in range(first, piece.n_bars) if bar not in open_bars), piece.n_bars)
    if end == piece.n_bars:
        before = _room_for(piece, size * _KEPT - _header_size(piece), reversed(range(first)))
        return Window(range(_phrase_start(first - before, first), first), range(first, end))
    if end - first > LONGEST_HOLE_BARS:  # all but the last phrases in order, as if nothing followed
        head = first + -(-(end - first - LONGEST_HOLE_BARS) // PHRASE_BARS) * PHRASE_BARS
        before = _room_for(piece, size * _KEPT - _header_size(piece), reversed(range(first)))
        return Window(range(_phrase_start(first - before, first), first), range(first, head))
    return _hole(piece, first, end, size)


def _hole(piece: PartialPiece, first: int, end: int, size: int) -> Window:
    """The window of a hole: context on both sides, two thirds of it before the hole."""
    neighbors = [*range(max(0, first - PHRASE_BARS), first), *range(end, min(piece.n_bars, end + PHRASE_BARS))]
    usual = max((_bar_size(piece, bar) for bar in neighbors), default=0)
    room = size * 0.9 - _header_size(piece) - _FILL_MARGIN * usual * (end - first)
    after = max(1, _room_for(piece, room / 3, iter(range(end, piece.n_bars))))
    used = sum(_bar_size(piece, bar) for bar in range(end, end + after))
    before = _room_for(piece, room - used, reversed(range(first)))
    return Window(range(_phrase_start(first - before, first), first), range(first, end), range(end, end + after))


def _phrase_start(bar: int, latest: int) -> int:
    """The first phrase start from a bar on, if there is one before `latest`."""
    start = -(-bar // PHRASE_BARS) * PHRASE_BARS
    return start if start < latest else bar


def _room_for(piece: PartialPiece, room: float, bars: Iterator[int]) -> int:
    """Number of the bars that fit, from the first on."""
    count = 0
    for bar in bars:
        room -= _bar_size(piece, bar)
        if room < 0:
            break
        count += 1
    return count


def _header_size(piece: PartialPiece) -> int:
    return len(piece.header) + 4 + 2 * len(piece.programs)


def _bar_size(piece: PartialPiece, bar: int) -> int:
    """Approximate number of ids of a bar."""
    segments: Sequence[int] = [len(piece.segments[bar, part].ids) + 1 for part in piece.parts if (bar, part) in piece.segments]
    return 5 + sum(segments)
