"""Notates one bar of a voice: quantizes it, finds triplets, and adds rests, ties and beams.

Takes blocks in ticks, returns symbols in units (see `composer.formats.engraving.meter`). Knows neither note names nor file
formats.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise

from composer.formats.engraving.meter import BEAT, GROUP, UNIT_TICKS, VALUES, Division, divide, split
from composer.formats.engraving.voices import Block, Sounding
from composer.score import HitStrength, NoteMarks

# Ways to divide a window: (parts, whether triplets, penalty in ticks per onset). Simple divisions are preferred.
_READINGS = ((4, False, 0), (2, False, 0), (3, True, 5), (8, False, 15), (6, True, 20))
_APART_TICKS, _MERGED = 40, 100.0  # onsets this far apart are distinct; penalty for merging them
_EXACT_TICKS = 10  # maximum error of every onset in triplets longer than a beat


@dataclass(slots=True)
class Symbol:
    """One notated value of a voice.

    Attributes:
        start, length: sounding position and length in units from the start of the bar.
        value, dots: the notated value.
        members: the notes on the stem; empty for a rest.
        tied_from, tied_to: whether the stem continues from, or into, another symbol of the same block.
        triplet: index of its triplet window in the bar, `None` outside.
        tuplet: if `triplet` is set, written values to the values whose time they take: (3, 2) or (6, 4).
        triplet_ends: "start" and "stop" where a bracket begins and ends.
        bracketed: whether the bracket is drawn; not if one beam joins the whole triplet.
        accidentals: pitches that print an accidental, and whether it is a courtesy accidental; set by the caller.
        accent: hit point on which the symbol falls, if any; set by the caller.
        staccato, tenuto: whether it has a staccato dot, or a tenuto line.
        tremolo: strokes through the stem: 3 for a roll.
        slur_ends: "stop" and "start" of slurs.
        breath: whether a breath mark follows it.
        marks: the lyrics and articulations that a file gave its notes, without breath marks.
        beams: per beam level "begin", "continue", "end", "forward hook" or "backward hook".
    """

    start: int
    length: int
    value: str
    dots: int
    members: tuple[Sounding, ...] = ()
    tied_from: bool = False
    tied_to: bool = False
    triplet: int | None = None
    tuplet: tuple[int, int] = (3, 2)
    triplet_ends: tuple[str, ...] = ()
    bracketed: bool = True
    accidentals: dict[int, bool] = field(default_factory=dict)
    accent: HitStrength | None = None
    staccato: bool = False
    tenuto: bool = False
    tremolo: int = 0
    slur_ends: tuple[str, ...] = ()
    beams: list[str] = field(default_factory=list)
    breath: bool = False
    marks: NoteMarks | None = None

    @property
    def end(self) -> int:
        """End position in units."""
        return self.start + self.length


@dataclass(frozen=True, slots=True)
class _Window:
    """A span with one division: `start` and `length` in units, `step` is its grid."""

    start: int
    length: int
    step: int
    triplet: bool


def write_voice(blocks: Sequence[Block], division: Division, *, ties: bool = True) -> list[Symbol]:
    """Notates a voice with symbols that fill the bar.

    Args:
        blocks: the voice's blocks in order.
        division: how the bar divides.
        ties: whether to write lengths that need several symbols in full. Drum strokes have no ties, because a second symbol
            would be a second stroke: only the first symbol is written, followed by rests.
    """
    bar = len(division.levels) - 1
    ticks = {tick for block in blocks for tick in (block.start, block.end)}
    windows = list(_windows(sorted(ticks), sorted({block.start for block in blocks}), division))
    events = _quantize(blocks, windows, bar)
    triplets = [window for window in windows if window.triplet]
    symbols: list[Symbol] = []
    now = 0
    for start, end, members in [*events, (bar, bar, ())]:
        if start > now:
            symbols += _spell_out(now, start, (), triplets, division)
        if end > start:
            written = list(_spell_out(start, end, tuple(members), triplets, division))
            if not ties:
                written = written[:1]
                written[0].tied_to, end = False, written[0].end
            symbols += written
        now = end
    _beam(symbols, division)
    _bracket(symbols)
    return symbols


def _windows(ticks: Sequence[int], onsets: Sequence[int], division: Division) -> Iterator[_Window]:
    """Divides the bar into windows, longest triplets first; `ticks` are onsets and ends."""
    bar = len(division.levels) - 1
    beat = division.beat // 3 if division.compound else division.beat
    lengths = [beat]
    while not division.compound and lengths[0] < 96 and bar % (lengths[0] * 2) == 0:
        lengths.insert(0, lengths[0] * 2)
    for start in range(0, bar, lengths[0]):
        yield from _read_window(ticks, onsets, start, lengths[0], beat)


def _read_window(ticks: Sequence[int], onsets: Sequence[int], start: int, length: int, beat: int) -> Iterator[_Window]:
    """The division of one window, or of its halves."""
    inner = [tick - start * UNIT_TICKS for tick in ticks if start * UNIT_TICKS < tick < (start + length) * UNIT_TICKS]
    struck = [tick - start * UNIT_TICKS for tick in onsets if start * UNIT_TICKS <= tick < (start + length) * UNIT_TICKS]
    if length > beat or length > 24:
        third = length * UNIT_TICKS / 3
        if inner and all(abs(tick - round(tick / third) * third) <= _EXACT_TICKS for tick in inner):
            yield _Window(start, length, length // 3, True)
        else:
            for half in (start, start + length // 2):
                yield from _read_window(ticks, onsets, half, length // 2, beat)
        return
    error, _, step, triplet = min(_readings(inner, struck, length), key=lambda reading: reading[:2])
    if error > _EXACT_TICKS and length >= 24:
        halves = [
            window for half in (start, start + length // 2) for window in _read_window(ticks, onsets, half, length // 2, beat)
        ]
        if any(window.triplet for window in halves) and any(not window.triplet for window in halves):
            yield from halves
            return
    yield _Window(start, length, step, triplet and bool(inner))


def _readings(inner: Sequence[int], struck: Sequence[int], length: int) -> Iterator[tuple[float, int, int, bool]]:
    """(error in ticks with penalties, order of preference, step, triplet) of each possible division of a window."""
    for order, (parts, triplet, penalty) in enumerate(_READINGS):
        step = length // parts
        if length % parts or (step % 3 if not triplet else step < 2):
            continue
        grid = step * UNIT_TICKS
        merged = sum(b - a >= _APART_TICKS and round(a / grid) == round(b / grid) for a, b in pairwise(struck))
        error = sum(abs(tick - round(tick / grid) * grid) + penalty for tick in inner)
        yield error + _MERGED * merged, order, step, triplet
    if length == 3:
        yield 0.0, 0, 3, False


def _quantize(blocks: Sequence[Block], windows: Sequence[_Window], bar: int) -> list[tuple[int, int, list[Sounding]]]:
    """(start, end, notes) in units, in order, never empty or overlapping; keeps every note."""

    def place(tick: int) -> int:
        for window in windows:
            offset = tick - window.start * UNIT_TICKS
            if 0 <= offset < window.length * UNIT_TICKS:
                return window.start + round(offset / (window.step * UNIT_TICKS)) * window.step
        return bar

    def step_at(unit: int) -> int:
        return next(window.step for window in windows if window.start <= unit < window.start + window.length)

    events: list[tuple[int, int, list[Sounding]]] = []
    for block in blocks:
        start, end = place(block.start), place(block.end)
        if start >= bar:  # a late onset never rounds to the barline
            start = bar - windows[-1].step
        if events and events[-1][0] >= start:
            events[-1][2].extend(block.members)
            continue
        if events and events[-1][1] > start:
            events[-1] = (events[-1][0], start, events[-1][2])
        events.append((start, max(end, start + step_at(start)), list(block.members)))
    return events


def _spell_out(
    start: int, end: int, members: tuple[Sounding, ...], triplets: Sequence[_Window], division: Division
) -> Iterator[Symbol]:
    """One note or rest as symbols, split at triplet windows and where beats must show."""
    pieces: list[Symbol] = []
    edges = {start, end} | {edge for w in triplets for edge in (w.start, w.start + w.length) if start < edge < end}
    for left, right in pairwise(sorted(edges)):
        inside = next((i for i, w in enumerate(triplets) if w.start <= left and right <= w.start + w.length), None)
        if inside is None or right - left == triplets[inside].length:
            whole = not members and right - left == len(division.levels) - 1
            cuts = [(left, right)] if whole else split(left, right, division, rest=not members)
            pieces += [Symbol(a, b - a, *VALUES.get(b - a, ("whole", 0)), members) for a, b in cuts]
            continue
        window = triplets[inside]
        written = divide(window.length * 3 // 2, window.length // 2)  # three written beats in the time of two
        offsets = [(edge - window.start) * 3 // 2 for edge in (left, right)]
        for a, b in split(offsets[0], offsets[1], written, rest=not members):
            value, dots = VALUES[b - a]
            pieces.append(Symbol(window.start + a * 2 // 3, (b - a) * 2 // 3, value, dots, members, triplet=inside))
    for symbol, following in pairwise(pieces):
        symbol.tied_to = following.tied_from = bool(members)
    yield from pieces


def _beam(symbols: Sequence[Symbol], division: Division) -> None:
    """Beams each group of flagged notes."""
    groups = _beam_groups(symbols, division)
    for _, run in groupby(zip(symbols, groups, strict=True), key=lambda pair: pair[1]):
        group = [symbol for symbol, key in run if key is not None]
        if len(group) > 1:
            _beam_run(group)


def _flags(symbol: Symbol) -> int:
    """Number of flags: 1 for an eighth."""
    return {"eighth": 1, "16th": 2, "32nd": 3}.get(symbol.value, 0)


def _beam_groups(symbols: Sequence[Symbol], division: Division) -> list[int | None]:
    """A key for each symbol; neighbors with equal keys share a beam, `None` means no beam."""
    levels = division.levels
    wide = _wide_groups(symbols, division)
    keys: list[int | None] = []
    run = 0
    for symbol in symbols:
        boundary = levels[symbol.start] >= (GROUP if wide and not division.compound else BEAT)
        if division.beat == 12 and not division.compound:  # x/8 meters beam by groups, not by eighths
            boundary = levels[symbol.start] >= GROUP
        flagged = bool(symbol.members) and _flags(symbol) > 0
        run += boundary or not flagged
        keys.append(run if flagged else None)
    return keys


def _wide_groups(symbols: Sequence[Symbol], division: Division) -> bool:
    """Whether beams may span beats: only if all flagged values are undotted eighths outside triplets."""
    flagged = [symbol for symbol in symbols if _flags(symbol)]
    return division.beat == 24 and all(
        symbol.value == "eighth" and not symbol.dots and symbol.triplet is None and symbol.members for symbol in flagged
    )


def _beam_run(group: Sequence[Symbol]) -> None:
    """Beams two or more notes: full beams where neighbors share them, hooks elsewhere."""
    for level in range(1, 4):
        for i, symbol in enumerate(group):
            if _flags(symbol) < level:
                continue
            left = i > 0 and _flags(group[i - 1]) >= level
            right = i + 1 < len(group) and _flags(group[i + 1]) >= level
            if left or right:
                symbol.beams.append("continue" if left and right else "end" if left else "begin")
            else:
                symbol.beams.append("backward hook" if i > 0 else "forward hook")


def _bracket(symbols: Sequence[Symbol]) -> None:
    """Sets the ends of triplet brackets: one per window, two if its middle shows, a sextuplet for six equal values."""
    for triplet, run in groupby(symbols, key=lambda symbol: symbol.triplet):
        window = list(run)
        if triplet is None:
            continue
        middle = (window[0].start + window[-1].end) // 2
        groups = [window]
        if len(window) == 6 and len({symbol.length for symbol in window}) == 1:
            for symbol in window:
                symbol.tuplet = (6, 4)
        elif any(symbol.start == middle for symbol in window):
            groups = [[symbol for symbol in window if (symbol.start < middle) is early] for early in (True, False)]
        for group in groups:
            group[0].triplet_ends += ("start",)
            group[-1].triplet_ends += ("stop",)
            beams = [symbol.beams[0] if symbol.beams else "" for symbol in group]
            group[0].bracketed = beams[0] != "begin" or beams[-1] != "end" or not all(beams)
