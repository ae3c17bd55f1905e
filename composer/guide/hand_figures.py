"""Figures of accompanying hands: what each phrase draws (chords, broken chords, a stride, a pulse), and the rules that keep it.

Pitches and chords are functional here: C major or A minor.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from composer.arranging.phrase_map import Phrase, phrases_of
from composer.arranging.registers import registers_of
from composer.arranging.setting import Setting
from composer.controls import PHRASE_BARS
from composer.guide.hand_rules import (
    BrokenChords,
    ChordalHands,
    HandsApart,
    LedBass,
    LowBass,
    NarrowHand,
    NearStrokes,
    NewTones,
    Pulse,
    RoomAbove,
    SameChords,
    SameShape,
    SteadyFigure,
    Strokes,
    Unclouded,
)
from composer.guide.plan_script import functional_key
from composer.guide.rule import NoteRule, Rule
from composer.guide.tune_rules import GivenMelody, clear_pairs
from composer.plan import Plan
from composer.plan.seeded import draw
from composer.presets import levels
from composer.score import TimeSignature
from composer.tokenizer import Grammar, functional_shift
from composer.tokenizer.vocabulary import STEPS_PER_QUARTER, TICKS_PER_STEP

_OCTAVES = 0.2  # share of pieces whose accompanying hands strike octaves; 9 to 15 % of the strokes of human left hands do
_MANY = 0.15  # share of the notes of a melody on thirds of quarters from which hands move in triplets, on halves from which not
_TRIPLETS = 0.3  # share of pieces in simple meters whose melody hardly divides beats in two, and whose hands do in three
_FASTER_MOTION = 0.35  # share of phrases in which single notes of a hand move as fast as they may
_SINGLE, _CHORDS = (1, 1), (2, 3)  # the fewest and the most notes of a hand's strokes
_FAST = 176.0  # quarter notes a minute above which hands that strike single notes need not move in eighths
_FEW_BEATS = 2  # of bars in which chords follow basses within the beat
_SLOW = 84.0  # quarter notes a minute below which they may move in sixteenths
_SHORTEST = 3  # bars of a phrase after its first four that begin another figure
_FREE_CLOSES = 1.8  # closes in which hands need not keep their figure, for each bar with another rhythm
# Shares of the figures of two hands with repeated chords above basses, broken ones above basses, and held above broken ones.
_REPEATED, _BROKEN, _UNDER = 0.42, 0.27, 0.27
_OTHER_TEXTURES = 0.25  # share of the figures of two hands with another texture than most of the piece
_ALIKE = 0.8  # share of phrases in whose bars figures rise and fall in the second half as in the first; .71 of human bars do
# Share of phrases in which figures keep the order of their notes from bar to bar: human left hands do in half of the bars that
# have the rhythm of the bar before.
_SAME_SHAPE = 0.75
# Share of phrases in which hands strike a chord again until the harmony changes: human hands do so at half of the chords that
# follow another one in a bar.
_SAME_CHORDS = 0.75
_NEW_FIGURES = 0.5  # share of later phrases at which hands begin a new figure; human ones change no more often there
_DIVIDED = 0.7  # share of pieces in which two hands together strike on each division of the beat, in others on each beat
_WIDE, _LOWEST_BASS, _HIGHEST_BASS = 26, 4, 16  # semitones, see `_low_basses`
_ROOM = 8  # semitones by which basses are lower where another hand plays above them
_WIDEST_HAND = 127
_STRIDE_BASS, _BASS = 14, 20  # semitones from the lowest pitch of a left hand to the highest on a downbeat
_FASTEST_PULSE = 5.5  # divisions a second at most


def hand_rules(
    grammar: Grammar,
    setting: Setting,
    hands: Sequence[int],
    melody: GivenMelody,
    within: Collection[int],
    *,
    strides: bool,
) -> tuple[list[Rule], list[NoteRule], list[NoteRule]]:
    """The rules of the accompanying hands of keyboards within some bars: on their figures, their chords, and how they move.

    A left hand that `strides` plays basses and chords by turns.
    """
    if not hands:
        return [], [], []
    plan = setting.plan
    phrases, free = phrases_of(setting)[plan.upbeat_bars :], set(range(plan.upbeat_bars))
    starts = {phrase.start for phrase in phrases}
    usual, left = dict[int, tuple[int, int]](), hands[-1:]
    if strides:
        usual = _stride(plan.meter)
        free.add(plan.bars - 1)
    else:
        share = _FREE_CLOSES * registers_of(setting).changes
        free |= {p.range[-1] for p in phrases if setting.chance("close of a hand", p.range[-1]).random() < share} | {
            plan.bars - 1
        }
    octaves = draw(plan.band_seed, "octaves of a hand") < _OCTAVES
    clear = clear_pairs(functional_shift(plan.key))
    chordal = ChordalHands(grammar, hands, functional_key(plan.key).scale, octaves, clear)
    motion: list[NoteRule] = [
        Unclouded(grammar, hands, melody),
        NewTones(hands),
        BrokenChords(hands),
        SameShape(
            hands, drawn_bars(setting, phrases, "shape of a figure", _SAME_SHAPE) - starts, _alike_bars(setting, phrases)
        ),
        SameChords(grammar, hands, drawn_bars(setting, phrases, "chords again", _SAME_CHORDS)),
    ]
    if len(hands) > 1:
        begins = {
            start
            for start in starts
            if start == plan.upbeat_bars
            or start - 1 not in within
            or setting.chance("figure of a hand", start).random() < _NEW_FIGURES
        }
        textures = {start: _texture(setting, start) for start in begins}
        both = [
            SteadyFigure(grammar, hand, {start: texture[which] for start, texture in textures.items()}, free, usual)
            for which, hand in enumerate((hands[:-1], left))
        ]
        figures: list[Rule] = [*both, Pulse(grammar, hands, begins, _pulse(plan))]
        motion += [HandsApart(hands)]
        chords = set[int]()
    else:
        strokes = _strokes(setting, phrases)
        both = [SteadyFigure(grammar, hands, strokes, free, usual)]
        figures = [*both]
        ends = [*sorted(strokes)[1:], plan.bars]
        chords = {
            bar for (start, each), end in zip(strokes.items(), ends, strict=True) if each.strides for bar in range(start, end)
        }
    chords |= set(range(plan.bars)) if strides else set()
    basses = [place for place, notes in usual.items() if notes == _SINGLE] or [0]
    motion += [LowBass(left, chords, _STRIDE_BASS, basses), LowBass(left, range(plan.bars), _BASS)]
    span = min(registers_of(setting).span, levels()[plan.level].span if plan.level else _WIDEST_HAND)
    narrow = [] if strides else [NarrowHand(left, span)]
    height = _low_basses(span + _ROOM * (len(hands) - 1))
    led = LedBass(grammar, left, melody, height, chords, setting.is_waltz)
    return figures, [chordal], [*motion, *narrow, led, NearStrokes(hands, starts), *(RoomAbove(grammar, each) for each in both)]


def _low_basses(span: int) -> int:
    """Semitones from the lowest pitch of a hand to its usual basses: few for a hand that spans much above them."""
    return min(max(_WIDE - span, _LOWEST_BASS), _HIGHEST_BASS)


def _stride(meter: TimeSignature) -> dict[int, tuple[int, int]]:
    """The figure of basses and chords by turns: a bass and two chords in threes, else a bass and a chord; by onset in steps.

    >>> _stride(TimeSignature(0, 3, 4))
    {0: (1, 1), 24: (2, 3), 48: (2, 3)}
    """
    bar, beat = meter.bar_ticks // TICKS_PER_STEP, meter.beat_ticks // TICKS_PER_STEP
    in_threes = meter.is_compound or bar == 3 * beat
    unit = beat // 3 if meter.is_compound else beat if in_threes else bar // 4
    return {place: _SINGLE if place // unit % (3 if in_threes else 2) == 0 else _CHORDS for place in range(0, bar, unit)}


def _strokes(setting: Setting, phrases: Sequence[Phrase]) -> dict[int, Strokes]:
    """How an accompanying hand begins each phrase and each half of a long one, alike in returns, by its first bar.

    It holds chords, or has a bass and chords, or moving single notes; later ones may go on as the one before.
    """
    registers, plan, found = registers_of(setting), setting.plan, dict[int, Strokes]()
    held = _held_strokes(plan.meter)
    chordal = Strokes(_SINGLE, _CHORDS, _chord_gap(plan.meter), max(_unit(plan), STEPS_PER_QUARTER // 2))
    kind = ""
    begins = [(p, bar) for p in phrases for bar in (p.start, *p.range[PHRASE_BARS : 1 - _SHORTEST : PHRASE_BARS])]
    for phrase, start in begins:
        place = phrase.section.letter, start - phrase.section.start_bar
        changes, holds, strikes, motion = (setting.chance("figure of a hand", *place, which).random() for which in range(4))
        if not kind or changes < registers.changes:
            kind = "held" if holds < registers.held else "chords" if strikes < registers.chords else "single"
        found[start] = held if kind == "held" else chordal if kind == "chords" else _moving(plan, motion)
    return found


def _alike_bars(setting: Setting, phrases: Sequence[Phrase]) -> frozenset[int]:
    """The bars in whose halves figures rise and fall alike: whole phrases, alike in returns, in meters of two or four beats."""
    meter = setting.plan.meter
    if meter.bar_ticks // meter.beat_ticks % 2:
        return frozenset()
    return drawn_bars(setting, phrases, "halves of a bar", _ALIKE)


def drawn_bars(setting: Setting, phrases: Sequence[Phrase], purpose: str, share: float) -> frozenset[int]:
    """The bars of a share of the phrases, alike in returns."""
    places = [(phrase.section.letter, phrase.start - phrase.section.start_bar) for phrase in phrases]
    drawn = [setting.chance(purpose, *place).random() < share for place in places]
    return frozenset(bar for phrase, is_drawn in zip(phrases, drawn, strict=True) if is_drawn for bar in phrase.range)


def _texture(setting: Setting, start: int) -> tuple[Strokes, Strokes]:
    """How the right and the left hand together begin a figure in a bar, by the bar: one moves, the other holds.

    Human right hands mix chords and single notes in a quarter of the bars; left to itself, the network does in half of them.
    """
    plan = setting.plan
    held, pulse = _held_strokes(plan.meter), _pulse(plan)
    changes = setting.chance("texture changes", start).random() < _OTHER_TEXTURES
    drawn = setting.chance("texture of hands", start if changes else "").random()
    basses = Strokes(_SINGLE, _SINGLE, held.gap, held.unit)
    moving = Strokes(_SINGLE, _SINGLE, pulse, pulse)
    if drawn < _REPEATED:
        return Strokes(_CHORDS, _CHORDS, pulse, pulse), basses
    if drawn < _REPEATED + _BROKEN:
        return moving, basses
    if drawn < _REPEATED + _BROKEN + _UNDER:
        return held, moving
    return Strokes(unit=_unit(plan)), Strokes(unit=_unit(plan))


def _held_strokes(meter: TimeSignature) -> Strokes:
    """Chords that last for a bar, or for half of one of four quarters or more."""
    bar = meter.bar_ticks // TICKS_PER_STEP
    length = bar // 2 if bar >= 4 * STEPS_PER_QUARTER else bar
    return Strokes(_CHORDS, _CHORDS, length, length)


def _moving(plan: Plan, drawn: float) -> Strokes:
    """Single notes in even motion: mostly of the fastest that the piece has, else of eighths, in fast pieces of quarters."""
    unit, slower = _unit(plan), STEPS_PER_QUARTER // (1 if plan.mean_qpm > _FAST else 2)
    step = unit if drawn < _FASTER_MOTION or slower % unit else slower
    return Strokes(_SINGLE, _SINGLE, step, step)


def _chord_gap(meter: TimeSignature) -> int:
    """Steps within which a hand strikes again, so that a chord follows the bass also where the harmony changes in mid-bar."""
    beat, beats = meter.beat_ticks // TICKS_PER_STEP, meter.bar_ticks // meter.beat_ticks
    return beat * 2 // 3 if meter.is_compound else beat // 2 if beats <= _FEW_BEATS else beat


def _unit(plan: Plan) -> int:
    """Steps of the fastest motion of accompanying hands: eighths, sixteenths in slow pieces, triplets below such melodies."""
    triplet, beat = STEPS_PER_QUARTER // 3, plan.meter.beat_ticks // TICKS_PER_STEP
    places = [start // TICKS_PER_STEP % STEPS_PER_QUARTER for start, _, _ in plan.tune]
    thirds, halves = (sum(place > 0 and place % size == 0 for place in places) for size in (triplet, STEPS_PER_QUARTER // 4))
    sung = thirds > _MANY * len(places)
    if plan.level:
        level = levels()[plan.level]
        return beat if level.on_beats else round(level.unit * STEPS_PER_QUARTER)
    drawn = halves <= _MANY * len(places) and draw(plan.band_seed, "triplets") < _TRIPLETS
    if not plan.meter.is_compound and beat % triplet == 0 and (sung or drawn):
        return triplet
    return STEPS_PER_QUARTER // (4 if plan.mean_qpm < _SLOW else 2)


def _pulse(plan: Plan) -> int:
    """Steps between strokes of two accompanying hands together: a division of the beat, or the beat."""
    beat, unit = plan.meter.beat_ticks // TICKS_PER_STEP, _unit(plan)
    if plan.level and levels()[plan.level].on_beats:
        return beat
    in_thirds = plan.meter.is_compound or unit == STEPS_PER_QUARTER // 3
    division = beat // (3 if in_thirds else 2)
    rate = plan.mean_qpm / 60 * STEPS_PER_QUARTER / division
    divided = division % unit == 0 and rate <= _FASTEST_PULSE and draw(plan.band_seed, "pulse of hands") < _DIVIDED
    return division if divided else beat
