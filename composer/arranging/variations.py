"""Theme and variations: each variation has its figuration of the theme's melody, over the theme's harmony. Knows no network.

The notes of the theme stay where they are; between them runs a line of steps and chord tones in the rhythm of the variation, as
in the divisions of a ground and in the doubles of suites (C. Simpson, *The Division-Viol*, 1665, part 3).
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise

from composer.arranging.casting import accompanies_itself, family_of
from composer.arranging.cells import lay
from composer.arranging.mode_change import in_other_mode, line_in_other_mode
from composer.arranging.tables import figures, read_table, row_in_meter
from composer.arranging.voicing import chord_scale
from composer.plan import Plan, Section
from composer.plan.sections import theme_and_variations
from composer.score import TICKS_PER_QUARTER, Chord, Key, TimeSignature

Tone = tuple[int, int, int]  # start and length in ticks, pitch

_FASTEST = 9.0  # notes per second of a figuration
_REACH = 9  # semitones from a note of the theme to those that follow it
_CLOSE_BARS = 2  # at the end of the piece, which closes even if the theme does not
# Cost of a repeated note, a third, a wider leap, a leap to or from a tone foreign to the chord, a foreign tone on and off the
# beat, and a semitone from the line between two notes of the theme; how much a figure is preferred at random.
_REPEATED, _THIRD, _LEAP, _FOREIGN_LEAP, _ON_BEAT, _OFF_BEAT, _FAR, _DRAWN = 2.5, 0.5, 1.5, 2.0, 1.5, 0.2, 0.08, 1.0
_STEP, _SKIP = 2, 4  # semitones of the widest step and third


@dataclass(frozen=True, slots=True)
class Variation:
    """A row of `variations.toml`."""

    name: str
    left: str
    alone: str
    rhythm: str = ""
    chords: bool = False
    meter: str = "4/4"


@dataclass(frozen=True, slots=True)
class Varied:
    """A section of a plan that varies the theme in the way of a row."""

    section: Section
    row: Variation

    @property
    def bars(self) -> range:
        """Its bars."""
        return range(self.section.start_bar, self.section.start_bar + self.section.bars)


@cache
def variations() -> Mapping[str, Variation]:
    """Ways of varying a theme by name, those of other meters with the meter ("eighths@6/8")."""
    rows = read_table("variations.toml")
    return {name: Variation(name, **{**row, "rhythm": row.get("rhythm", "").replace(" ", "")}) for name, row in rows.items()}


def theme_of(plan: Plan) -> Section | None:
    """The section that the others vary; `None` in plans that are no theme with variations."""
    found = theme_and_variations(plan.sections)
    return found[0] if found and plan.level is None else None


def variations_of(plan: Plan) -> list[Varied]:
    """The variations of a plan in order, empty if it has none.

    Rows too fast for its tempo are left out, and those that change the accompaniment alone where no pianist or lone player of
    chords has it. Few variations have some of the rows, many have all in turn; the last variation has the last row.
    """
    if (theme := theme_of(plan)) is None:
        return []
    all_rows = [row_in_meter(variations(), name, plan.meter) for name in variations() if "@" not in name]
    has_left = accompanies_itself(plan.parts) or any(family_of(part) == "left" for part in plan.parts)
    played = [row for row in all_rows if row.rhythm or has_left]
    rows = [row for row in played if _speed(row, plan) <= _FASTEST] or played[:1]
    varied = [section for section in plan.sections if section.letter == theme.letter and section != theme]
    *others, last = rows
    inner = len(varied) - 1
    chance = random.Random(f"{plan.band_seed}:variations")
    kept = sorted(chance.sample(range(len(others)), min(inner, len(others))))
    chosen = [others[kept[number % len(kept)]] if kept else last for number in range(inner)]
    return [Varied(section, row) for section, row in zip(varied, [*chosen, last], strict=True)]


def on_theme(plan: Plan) -> Plan:
    """A plan whose variations have the harmony and the closes of the theme.

    In the other mode, the chords are those on the same degrees. The last bars of the piece keep theirs.
    """
    if (theme := theme_of(plan)) is None or plan.chords_given:
        return plan
    chords, closes, keys = list(plan.chords), list(plan.closes), plan.composed_keys()
    for varied in variations_of(plan):
        start, end = varied.bars.start, _end(varied, plan)
        given = slice(theme.start_bar, theme.start_bar + end - start)
        home, steps = keys[theme.start_bar], _steps_to(keys[start], keys[theme.start_bar])
        chords[start:end] = (
            chords[given]
            if keys[start] == home
            else [tuple(chord and in_other_mode(chord, home).transposed(steps) for chord in bar) for bar in chords[given]]
        )
        if closes:
            closes[start:end] = closes[given]
    return replace(plan, chords=tuple(chords), closes=tuple(closes))


def varied_tune(plan: Plan, tune: Sequence[Tone], chords: Sequence[Sequence[Chord]], span: tuple[int, int]) -> tuple[Tone, ...]:
    """The melody of a piece whose variations are figurations of its theme; unchanged if it has none.

    Args:
        plan: of the piece.
        tune: its melody as it was drawn.
        chords: those of each bar.
        span: lowest and highest pitch.
    """
    if (theme := theme_of(plan)) is None:
        return tuple(tune)
    ticks, keys = plan.meter.bar_ticks, plan.composed_keys()
    written = list(tune)
    for number, varied in enumerate(variations_of(plan)):
        first, end = varied.bars.start * ticks, varied.bars.stop * ticks
        home, key = keys[theme.start_bar], keys[varied.bars.start]
        shift, close = first - theme.start_bar * ticks, _end(varied, plan) * ticks
        sung = [(start, length, pitch) for start, length, pitch in tune if first <= start + shift < close]
        if key != home:
            sung = _in_other_mode(plan, sung, chords, (home, _steps_to(key, home)), span)
        sung = [(start + shift, length, pitch) for start, length, pitch in sung]
        sung += [tone for tone in tune if close <= tone[0] < end]
        line = _figured(plan, varied, sung, chords, span, f"{plan.band_seed}:variation {number}")
        written = [tone for tone in written if not first <= tone[0] < end] + line
    return tuple(sorted(written))


def _steps_to(key: Key, home: Key) -> int:
    """Semitones from the tonic of a theme to that of a variation, the nearest way."""
    return (key.tonic - home.tonic + 5) % 12 - 5


def _in_other_mode(
    plan: Plan, tones: Sequence[Tone], chords: Sequence[Sequence[Chord]], key: tuple[Key, int], span: tuple[int, int]
) -> list[Tone]:
    """The notes of a theme in the other mode, moved by semitones from its key, within a span if an octave helps."""
    home, steps = key
    before = [_chord_at(plan, chords, start) for start, _, _ in tones]
    after = [in_other_mode(chord, home) for chord in before]
    line = line_in_other_mode([pitch for _, _, pitch in tones], before, after, home)
    moves = (steps, steps - 12, steps + 12)
    best = min(moves, key=lambda move: (sum(not span[0] <= pitch + move <= span[1] for pitch in line), abs(move)))
    return [(start, length, pitch + best) for (start, length, _), pitch in zip(tones, line, strict=True)]


def _chord_at(plan: Plan, chords: Sequence[Sequence[Chord]], tick: int) -> Chord:
    bar, offset = divmod(tick, plan.meter.bar_ticks)
    return chords[bar][min(len(chords[bar]) - 1, offset * len(chords[bar]) // plan.meter.bar_ticks)]


def _end(varied: Varied, plan: Plan) -> int:
    """The bar after the last one in which a variation follows the theme."""
    return max(varied.bars.start, varied.bars.stop - _CLOSE_BARS * (varied.bars.stop == plan.bars and not plan.loop))


def _speed(row: Variation, plan: Plan) -> float:
    """Notes per second of the melody of a row, or of its left hand where the melody is the theme."""
    left = row_in_meter(figures(), row.left, plan.meter)
    rhythm, meter = (row.rhythm, row.meter) if row.rhythm else (left.rhythms[0], left.meter)
    strokes = sum(1 for _ in lay(rhythm, 0, plan.meter, meter))
    return strokes * plan.mean_qpm / 60 * TICKS_PER_QUARTER / plan.meter.bar_ticks


@dataclass(frozen=True, slots=True)
class _Slot:
    """A note to be found: its start, the pitches that it may have, and by pitch what each costs."""

    start: int
    costs: Mapping[int, float]
    chord: frozenset[int]


def _figured(
    plan: Plan, varied: Varied, theme: Sequence[Tone], chords: Sequence[Sequence[Chord]], span: tuple[int, int], seed: str
) -> list[Tone]:
    """The notes of a theme, moved to the bars of a variation, with the line between them; the last one is held.

    A note of the theme between two cells of the rhythm moves to the stroke before it.
    """
    if not varied.row.rhythm or len(theme) < 2:
        return list(theme)
    *_, last = theme
    slots = list(_slots(plan, varied, theme, chords, span, seed))
    pitches = _cheapest(slots)
    ends = [*(slot.start for slot in slots[1:]), last[0]]
    line = [(slot.start, end - slot.start, pitch) for slot, end, pitch in zip(slots, ends, pitches, strict=True)]
    return [*line, last]


def _slots(
    plan: Plan, varied: Varied, theme: Sequence[Tone], chords: Sequence[Sequence[Chord]], span: tuple[int, int], seed: str
) -> Iterator[_Slot]:
    ticks, keys, begin, stop = plan.meter.bar_ticks, plan.composed_keys(), theme[0][0], theme[-1][0]
    starts = [
        bar * ticks + cell.start for bar in varied.bars for cell in lay(varied.row.rhythm, bar, plan.meter, varied.row.meter)
    ]
    cell = TimeSignature.parse(varied.row.meter).bar_ticks // len(varied.row.rhythm)
    starts += [start for start, _, _ in theme if start % cell == 0]
    starts = sorted({begin, *(start for start in starts if begin < start < stop)})
    place = 0
    for start, end in zip(starts, [*starts[1:], stop], strict=True):
        struck = next((number for number in range(place, len(theme)) if start <= theme[number][0] < end), None)
        place = place if struck is None else struck
        bar, offset = divmod(start, ticks)
        chord = _chord_at(plan, chords, start)
        if struck is not None:
            yield _Slot(start, {theme[struck][2]: 0.0}, chord.pitch_classes)
            continue
        after = theme[min(place + 1, len(theme) - 1)]
        passed = (start - theme[place][0]) / max(1, after[0] - theme[place][0])
        aim = theme[place][2] + passed * (after[2] - theme[place][2])
        costs = _costs(keys[bar], chord, theme[place][2], aim, span, is_on_beat=offset % plan.meter.beat_ticks == 0)
        drawn = {pitch: random.Random(f"{seed}:{offset}:{pitch - theme[place][2]}").random() for pitch in costs}
        yield _Slot(start, {pitch: cost + _DRAWN * drawn[pitch] for pitch, cost in costs.items()}, chord.pitch_classes)


def _costs(key: Key, chord: Chord, anchor: int, aim: float, span: tuple[int, int], *, is_on_beat: bool) -> dict[int, float]:
    """What each pitch near a note of the theme costs as one of those that follow it."""
    scale = chord_scale(key, chord) | chord.pitch_classes
    low, high = max(span[0], anchor - _REACH), min(span[1], anchor + _REACH)
    foreign = _ON_BEAT if is_on_beat else _OFF_BEAT
    return {
        pitch: foreign * (pitch % 12 not in chord.pitch_classes) + _FAR * abs(pitch - aim)
        for pitch in range(low, high + 1)
        if pitch % 12 in scale
    } or {anchor: 0.0}


def _cheapest(slots: Sequence[_Slot]) -> list[int]:
    """The pitches of the cheapest line through all slots."""
    paths: dict[int, tuple[float, list[int]]] = {pitch: (cost, [pitch]) for pitch, cost in slots[0].costs.items()}
    for before, slot in pairwise(slots):
        paths = {
            pitch: min((cost + own + _move(last, pitch, before, slot), [*line, pitch]) for last, (cost, line) in paths.items())
            for pitch, own in slot.costs.items()
        }
    return min(paths.values())[1]


def _move(last: int, pitch: int, before: _Slot, slot: _Slot) -> float:
    """What an interval costs."""
    size = abs(pitch - last)
    if size <= _STEP:
        return 0.0 if size else _REPEATED
    is_foreign = last % 12 not in before.chord or pitch % 12 not in slot.chord
    return (_THIRD if size <= _SKIP else _LEAP) + _FOREIGN_LEAP * is_foreign
