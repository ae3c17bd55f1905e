"""From a plan to a guide: the script of a piece without given notes, and the rules of every piece.

Pitches and chords are functional here: C major or A minor.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from composer.analysis.playability import KEYBOARDS
from composer.arranging import players_resting
from composer.arranging.fugue import FUGUE
from composer.arranging.phrase_map import Phrase, phrases_of
from composer.arranging.registers import registers_of
from composer.arranging.setting import Setting
from composer.controls import PHRASE_BARS, Controls
from composer.guide.bed import Bed
from composer.guide.frame import skeleton
from composer.guide.guide import ScriptGuide
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
from composer.guide.level_rules import Easy
from composer.guide.line_rules import Clear, Complete, LineRhythm, SmallLeaps, Tessitura
from composer.guide.note_rules import MOST_VOICE_NOTES, hands_of, timpani_of
from composer.guide.rule import NoteRule, Rule, Within
from composer.guide.rule_list import PlannedMusic, RuleContext, rules_for
from composer.guide.script import BarScript, Script, closed_with_returns
from composer.guide.tune_rules import Beneath, Carried, GivenMelody, Together, clear_pairs
from composer.guide.walk import Walk
from composer.model.sampling import Settings
from composer.plan import Plan
from composer.plan.seeded import draw
from composer.presets import EnsemblePart, levels, programs_of
from composer.score import Chord, Key, TimeSignature
from composer.tokenizer import Grammar, Tokenizer, functional_shift
from composer.tokenizer.stream import StreamOptions, header_ids
from composer.tokenizer.vocabulary import STEPS_PER_QUARTER, TICKS_PER_STEP, Vocabulary

_GROUP = 3  # staves
_ENTRIES = frozenset(("fugue", "motet", "madrigal", "mass"))  # styles whose voices may enter one after another
_OCTAVES = 0.2  # share of pieces whose accompanying hands strike octaves; 9 to 15 % of the strokes of human left hands do
_MANY = 0.15  # share of the notes of a melody on thirds of quarters from which hands move in triplets, on halves from which not
_TRIPLETS = 0.3  # share of pieces in simple meters whose melody hardly divides beats in two, and whose hands do in three
_FASTER_MOTION = 0.35  # share of phrases in which single notes of a hand move as fast as they may
_SINGLE, _CHORDS = (1, 1), (2, 3)  # the fewest and the most notes of a hand's strokes
_FAST = 176.0  # quarter notes a minute above which hands that strike single notes need not move in eighths
_FEW_BEATS = 2  # of bars in which chords follow basses within the beat
_SLOW = 84.0  # quarter notes a minute below which they may move in sixteenths
_SHORTEST = 3  # bars of a phrase after its first four that have a figure of their own
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
# Share of phrases in which a low line does not double the bass of a keyboard, beside at most so many lines: human cellos of
# piano trios double .18 of its tones.
_OFF_BASS, _FREE_LINES = 0.9, 2
_STEADY_LINES = (
    0.5  # share of phrases in which players keep a rhythm; human inner ones have that of the bar before in .26 of their bars
)
_NEW_FIGURES = 0.5  # share of later phrases at which hands begin a new figure; human ones change no more often there
_DIVIDED = 0.7  # share of pieces in which two hands together strike on each division of the beat, in others on each beat
_WIDE, _LOWEST_BASS, _HIGHEST_BASS = 26, 4, 16  # semitones, see `_low_basses`
_ROOM = 8  # semitones by which basses are lower where another hand plays above them
_WIDEST_HAND = 127
_STRIDE_BASS, _BASS = 14, 20  # semitones from the lowest pitch of a left hand to the highest on a downbeat
_FASTEST_PULSE = 5.5  # divisions a second at most
_WIDEST_SUNG, _WIDEST_PLAYED, _WIDEST_BASS = 4, 7, 12  # semitones that inner lines and the lowest one leap at most
_BASS_PLACES = (0.25, 0.6)  # where a bass moves in a phrase, from the lowest pitch (0) to the melody (1)
_COOLER = 0.9  # temperature of accompaniments, relative to that of melodies
_LITERAL = 0.25  # share of pieces whose accompaniments return exactly; 23 % of human pieces repeat two bars exactly
# The stream's name of a close that only the harmony plan distinguishes: one in a related key is authentic.
_CADENCES = {"related": "authentic"}


class PlanGuide(ScriptGuide):
    """Guides the sampling of one piece.

    Args:
        tokenizer: the model's tokenizer.
        plan: of the piece.
        dropped: groups of controls (`DROPPABLE`) that this stream drops, as the unconditional branch of guidance does.
        bed: the arranged parts, if the plan has a band.
    """

    def __init__(self, tokenizer: Tokenizer, plan: Plan, dropped: frozenset[str] = frozenset(), bed: Bed | None = None) -> None:
        script = script_of(tokenizer, plan, dropped, bed)
        super().__init__(tokenizer, script, _ranges(plan, bed), rules_of(tokenizer, plan, bed))
        self._accompanies = bed is not None and bool(bed.tune)

    def settings(self, usual: Settings) -> Settings:
        """See `ScriptGuide.settings`; an accompaniment is sampled cooler than a melody."""
        settings = super().settings(usual)
        return replace(settings, temperature=_COOLER * settings.temperature) if self._accompanies else settings


def functional_ranges(plan: Plan) -> dict[int, tuple[int, int]]:
    """Lowest and highest pitch of each pitched part, in functional pitch."""
    shift = functional_shift(plan.key)
    return {
        index: (max(0, part.low + shift), min(127, part.high + shift))
        for index, part in enumerate(plan.parts)
        if not part.is_drum
    }


def _ranges(plan: Plan, bed: Bed | None) -> dict[int, tuple[int, int]]:
    """The ranges in which the parts are written: those of the instruments, or narrower ones of a bed."""
    return {**functional_ranges(plan), **(bed.ranges if bed else {})}


def functional_key(key: Key) -> Key:
    """The key moved so that its tonic is C (major) or A (minor): A dorian, with one sharp, for D dorian.

    >>> functional_key(Key.parse("D dorian")), functional_key(Key.parse("E minor"))
    (Key(fifths=1, mode='minor', church='dorian'), Key(fifths=0, mode='minor', church=''))
    """
    return Key.parse(f"{'C' if key.mode == 'major' else 'A'} {key.scale_name}")


def rules_of(tokenizer: Tokenizer, plan: Plan, bed: Bed | None = None) -> tuple[Rule, ...]:
    """The rules of a piece, fresh for one stream; a melody over a bed sounds in every bar that is open to it."""
    last = plan.bars - 1
    carriers = bed.arrangement.carriers if bed else {}
    pickup = _pickup(plan, bed)

    def binds(walk: Walk) -> bool:
        if walk.bar.index in carriers.get(walk.state.part, ()):
            return False  # the part is given, or follows the melody and the tones of the chord
        return bool(plan.chords) or (not plan.loop and walk.bar.index >= last - 1)

    context = RuleContext(
        grammar=tokenizer.grammar,
        players=plan.parts,
        n_parts=len(plan.parts),
        ranges=_ranges(plan, bed),
        shift=functional_shift(plan.key),
        mode=plan.key.mode,
        color=plan.key.scale_name,
        last=last,
        ends="loop" if plan.loop else "cadence",
        binds=binds,
        longest_rest=None if bed is None else 0,
        single_voices=frozenset(range(len(plan.parts))) if plan.band == FUGUE else _single_strings(plan.parts),
        planned=PlannedMusic(
            attack_bars=plan.attack_bars,
            section_starts={0, *(section.start_bar for section in plan.sections)} - ({0} if pickup else set()),
            steady_bass=bool(bed and bed.tune) or not _ENTRIES & set(plan.styles),
            scale=plan.scale,
            key=functional_key(plan.key),
            states_chords=bool(plan.chords),
            grouping=plan.grouping,
            pickup=pickup,
        ),
    )
    level = levels().get(plan.level or "")
    easy: list[NoteRule] = [Easy(level, accompanies=bool(bed and bed.tune))] if level else []
    leaps = [SmallLeaps(functional_ranges(plan).keys(), level.leap)] if level else []
    if bed is None:
        return rules_for(context, notes=[*easy, *(HandsApart(hands) for hands in _keyboards(plan)), *leaps])
    before, notes, after = _tune_rules(tokenizer, plan, bed, pickup)
    return rules_for(context, before, [*easy, *notes, *leaps], after)


def _single_strings(parts: Sequence[EnsemblePart]) -> frozenset[int]:
    """The string players of a group of three staves or more, who play single notes: its chords need no double stops."""
    pitched, bowed = hands_of(parts), programs_of("solo-strings", "fiddle")
    strings = frozenset(index for index in pitched if parts[index].program in bowed)
    return strings if len(pitched) >= _GROUP and len(strings) > 1 else frozenset()


def _keyboards(plan: Plan) -> list[list[int]]:
    """The staves of each keyboard that has two or more, from the highest down."""
    staves: dict[tuple[int, str], list[int]] = {}
    for index, part in enumerate(plan.parts):
        if part.program in KEYBOARDS and not part.is_drum:
            staves.setdefault((part.program, part.name.split(" (")[0]), []).append(index)
    return [hands for hands in staves.values() if len(hands) > 1]


def _tune_rules(tokenizer: Tokenizer, plan: Plan, bed: Bed, pickup: int) -> tuple[list[Rule], list[NoteRule], list[Rule]]:
    """The rules of parts that accompany a melody: those that come first, those about notes, and those that come last.

    Where other parts play the melody, other rules apply.
    """
    first: list[Rule] = []
    notes: list[NoteRule] = []
    last: list[Rule] = []
    if not bed.tune:
        return first, notes, last
    stages: dict[tuple[int, ...], set[int]] = {}
    for bar in range(plan.bars):
        carriers = tuple(part for part, bars in bed.arrangement.carriers.items() if bar in bars)
        stages.setdefault(carriers, set()).add(bar)
    for carriers, bars in stages.items():
        found = _accompaniment(tokenizer, plan, bed, pickup, carriers, bars)
        first += [Within(bars, rule) for rule in found[0]]
        notes += [Within(bars, rule) for rule in found[1]]
        last += [Within(bars, rule) for rule in found[2]]
    return first, notes, last


def _accompaniment(
    tokenizer: Tokenizer, plan: Plan, bed: Bed, pickup: int, carriers: Sequence[int], within: Collection[int]
) -> tuple[list[Rule], list[NoteRule], list[Rule]]:
    """The rules of `_tune_rules` for the bars in which some parts play the melody."""
    grammar, setting = tokenizer.grammar, bed.arrangement.setting
    bars = [plan.meter.bar_ticks // TICKS_PER_STEP] * plan.bars
    melody = GivenMelody(bed.tune, bars)
    others = frozenset(bed.arrangement.open_bars).difference(carriers)
    carried = [Carried(grammar, melody, part) for part in carriers if part in bed.arrangement.open_bars]
    hands = hands_of(plan.parts)
    lines = [part for part in sorted(others) if hands[part].reach.notes <= MOST_VOICE_NOTES]
    lines.sort(key=lambda part: -plan.parts[part].low - plan.parts[part].high)
    voices = [part for part in lines if plan.parts[part].program in programs_of("voice")]
    together = [Together(grammar, melody, voices)] if len(voices) > 1 else []
    widest = _WIDEST_SUNG if voices else _WIDEST_PLAYED
    inner, lowest = SmallLeaps(frozenset(lines[:-1]), widest), SmallLeaps(frozenset(lines[-1:]), _WIDEST_BASS)
    keyboards = [part for part in sorted(others) if plan.parts[part].program in KEYBOARDS]
    on_beats = keyboards or setting.band.chordal
    unit = plan.meter.beat_ticks // TICKS_PER_STEP if on_beats else STEPS_PER_QUARTER // 2
    below = {hand: part for part in carriers if plan.parts[part].program in KEYBOARDS for hand in keyboards}
    beneath = Beneath(melody, others, clear_pairs(functional_shift(plan.key)), lines, below, pickup)
    rhythm = LineRhythm(melody, lines, unit, sung=bool(voices))
    answers = {part: GivenMelody(notes, bars) for part, notes in bed.answers.items()}
    bass = lines and not any(plan.parts[index].low < plan.parts[lines[-1]].low for index in _given(plan, bed))
    above = keyboards and lines and not voices and len(lines) <= _FREE_LINES
    above = above and plan.parts[keyboards[-1]].low < plan.parts[lines[-1]].low
    off = _drawn_bars(setting, phrases_of(setting), "off the bass", _OFF_BASS) if above else frozenset[int]()
    high = [Tessitura(grammar, melody, lines, _middles(bed, lines[-1]) if bass else [], answers, off)] if lines else []
    scale = functional_key(plan.key).scale
    sound = [Clear(grammar, melody, lines, scale), Complete(grammar, melody, lines)] if lines else []
    figures, chords, motion = _hand_rules(
        grammar, setting, keyboards, melody, within, strides=setting.strides or len(carriers) > 1
    )
    if lines and not voices:
        phrases = phrases_of(setting)
        kept = _drawn_bars(setting, phrases, "rhythm of lines", _STEADY_LINES) - {phrase.range[-1] for phrase in phrases}
        free = set(range(plan.bars)) - kept
        figures.append(SteadyFigure(grammar, lines, {phrase.start: Strokes() for phrase in phrases}, free, {}))
    steady = [rule for rule in figures if isinstance(rule, NoteRule)]
    about_notes: list[NoteRule] = [
        *carried, *together, *steady, *chords, beneath, rhythm, inner, *high, *sound, lowest, *motion
    ]  # fmt: skip
    return [*carried, *together, *(rule for rule in motion if isinstance(rule, Rule))], about_notes, figures


def _given(plan: Plan, bed: Bed) -> list[int]:
    """The pitched parts that are given beside the melody."""
    closed = set(range(len(plan.parts))) - set(bed.arrangement.open_bars).union(bed.arrangement.carriers)
    return [index for index in closed if not plan.parts[index].is_drum]


def _middles(bed: Bed, part: int) -> list[float]:
    """The pitch around which the lowest line moves in each bar: higher in some phrases than in others."""
    setting, floor = bed.arrangement.setting, bed.ranges[part][0]
    room = sum(note.pitch for note in bed.tune) / len(bed.tune) - floor
    found: list[float] = []
    for phrase in phrases_of(setting):
        low, high = _BASS_PLACES
        share = low + (high - low) * setting.chance("tessitura", phrase.start).random()
        found += [floor + share * room] * phrase.bars
    return found


def _hand_rules(
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
            hands, _drawn_bars(setting, phrases, "shape of a figure", _SAME_SHAPE) - starts, _alike_bars(setting, phrases)
        ),
        SameChords(grammar, hands, _drawn_bars(setting, phrases, "chords again", _SAME_CHORDS)),
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
    return figures, [chordal], [*motion, *narrow, led, NearStrokes(hands, starts), *map(RoomAbove, both)]


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
    return _drawn_bars(setting, phrases, "halves of a bar", _ALIKE)


def _drawn_bars(setting: Setting, phrases: Sequence[Phrase], purpose: str, share: float) -> frozenset[int]:
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


def _pickup(plan: Plan, bed: Bed | None) -> int:
    """Steps of the first bar before an upbeat of the melody, in which choirs and other groups of single lines rest."""
    if bed is None or not bed.tune or plan.attack_bars:
        return 0
    if any(part.program in KEYBOARDS for part in plan.parts) and not plan.upbeat_bars:
        return 0
    start = bed.tune[0].start_ticks
    return start // TICKS_PER_STEP if plan.meter.bar_ticks // 2 <= start < plan.meter.bar_ticks else 0


def script_of(tokenizer: Tokenizer, plan: Plan, dropped: frozenset[str] = frozenset(), bed: Bed | None = None) -> Script:
    """The script of a plan: header and openings as far as the plan fixes them, all notes open except those of a bed."""
    vocabulary = tokenizer.vocabulary
    closed = _closed_bars(plan)
    order = bed.order if bed else tuple(range(len(plan.parts)))
    literal = bed is None or not bed.tune or draw(plan.band_seed, "literal accompaniment") < _LITERAL
    returns = [literal_return(plan, bar) if literal else 0 for bar in range(plan.bars)]
    bars = tuple(_bar(plan, bar, vocabulary, dropped, bar in closed, returns[bar]) for bar in range(plan.bars))
    if bed:
        bars = tuple(_over(bar, bed) for bar in bars)
    return Script(header_of(tokenizer, plan, dropped, order), bars, order, vocabulary.special("EOS"))


def _over(bar: BarScript, bed: Bed) -> BarScript:
    """A bar with its arranged parts; an open recall becomes the first choice."""
    return replace(
        bar,
        opening=tuple(choices[:1] for choices in bar.opening),
        given=bed.given[bar.index],
        open_parts=bed.open[bar.index],
        tune=None,
    )


def header_of(
    tokenizer: Tokenizer, plan: Plan, dropped: frozenset[str] = frozenset(), order: tuple[int, ...] = ()
) -> tuple[int, ...]:
    """The header of a stream with everything that the plan fixes, its parts in the given order."""
    controls = Controls(styles=plan.styles, composer=plan.composer, density=plan.density, polyphony=plan.polyphony)
    frame = skeleton(plan)
    piece = tokenizer.tokenize(frame if _has_harmony(plan) else replace(frame, keys=()), controls)
    return tuple(header_ids(piece, tokenizer.vocabulary, StreamOptions(dropped=dropped, part_order=order)))


def _bar(plan: Plan, bar: int, vocabulary: Vocabulary, dropped: frozenset[str], closed: bool, distance: int) -> BarScript:
    """A bar whose notes are open, or return literally from some bars before (0: they are new, and the chords are stated)."""
    opening: list[tuple[int, ...]] = []
    if plan.is_paced and bar and "tempo" not in dropped:
        before, here = (vocabulary.tempo(plan.qpm_at(place)) for place in (bar - 1, bar))
        opening += [(here,)] if here != before else []
    if plan.moods and bar % PHRASE_BARS == 0 and "mood" not in dropped:
        mood = plan.moods[bar // PHRASE_BARS]
        opening += [(vocabulary.affect("Valence", mood.valence),), (vocabulary.affect("Arousal", mood.arousal),)]
    if (close := plan.closes[bar] if plan.closes else None) and "phrase" not in dropped:
        opening.append((vocabulary.control("PhraseEnd", _CADENCES.get(close, close)),))
    opening.append(_recalls(plan, bar, vocabulary))
    if _has_harmony(plan) and not distance:
        opening += _chords(plan, bar, vocabulary)
    return BarScript(
        index=bar,
        begin=(vocabulary.bar(None if plan.loop else plan.bars - 1 - bar),),  # the end of a loop is not stated
        opening=tuple(opening),
        may_change_chord=not plan.chords and (plan.loop or bar < plan.bars - 1),
        open_parts=_players(plan, bar),
        closed=closed,
        harmony=functional_chords(plan, bar) if _has_harmony(plan) else (),
        repeats=bar - distance if distance else None,
        tune=_tune(plan, bar),
    )


def _closed_bars(plan: Plan) -> set[int]:
    """Bars whose notes end with them: what follows is known, has a hit point, begins a section, or is part of the ending."""
    starts = {section.start_bar for section in plan.sections} | plan.attack_bars | {plan.bars - 2, plan.bars - 1, plan.bars}
    distances = {
        bar: distance
        for bar in range(plan.bars)
        if (distance := literal_return(plan, bar) or (_tune(plan, bar) and plan.recalls[bar]))
    }
    return closed_with_returns({bar - 1 for bar in starts if bar}, distances)


def literal_return(plan: Plan, bar: int) -> int:
    """How many bars back the bar is that this one repeats exactly; 0 if it repeats none."""
    return _same_harmony(plan, bar) if plan.return_at(bar) == "literal" or not plan.chords else 0


def _same_harmony(plan: Plan, bar: int) -> int:
    """How many bars back the bar is that this one recalls, if both have the same chords and players; else 0."""
    distance = plan.recalls[bar] or 0
    is_same = not plan.chords or plan.chords[bar] == plan.chords[bar - distance]
    return distance if is_same and _players(plan, bar) == _players(plan, bar - distance) else 0


def _players(plan: Plan, bar: int) -> frozenset[int]:
    """The parts that do not rest in a bar by the settings of sections."""
    everyone = frozenset(range(len(plan.parts)))
    return everyone - {index for index in everyone if bar in players_resting(plan)[index]} if plan.settings else everyone


def _tune(plan: Plan, bar: int) -> tuple[int, int] | None:
    """Place and part of the tune that a bar takes from the one that it recalls; `None` if no other part could vary under it."""
    distance = _same_harmony(plan, bar)
    tuned = [index for index, part in enumerate(plan.parts) if not part.is_drum and index not in timpani_of(plan.parts)]
    varied = plan.chords and plan.return_at(bar) == "tune" and len(tuned) > 1
    return (bar - distance, tuned[0]) if distance and varied else None


def _recalls(plan: Plan, bar: int, vocabulary: Vocabulary) -> tuple[int, ...]:
    return tuple(vocabulary.recall(distance) for distance in plan.recall_choices(bar))


def _chords(plan: Plan, bar: int, vocabulary: Vocabulary) -> list[tuple[int, ...]]:
    """The ids that may state the bar's first chord, or its one or two chords where they are given.

    A piece begins on the tonic or the dominant, so that its key is clear.
    """
    if plan.chords:
        return [(token,) for token in _stated(functional_chords(plan, bar), plan.meter, vocabulary)]
    home = functional_key(plan.key)
    if bar == plan.bars - 1 and not plan.loop:
        return [(vocabulary.chord(home.tonic_triad),)]
    ids = vocabulary.ids_of("Chord")
    if bar:
        return [tuple(ids)]
    opening = (home.tonic, (home.tonic + 7) % 12)
    return [tuple(token for token in ids if (chord := vocabulary.chord_of(token)) and chord.root in opening)]


def functional_chords(plan: Plan, bar: int) -> tuple[Chord | None, ...]:
    """The chords of a bar in functional pitch; empty where the plan leaves them open."""
    shift = functional_shift(plan.key)
    return tuple(chord and chord.transposed(shift) for chord in plan.chords[bar]) if plan.chords else ()


def _stated(chords: tuple[Chord | None, ...], meter: TimeSignature, vocabulary: Vocabulary) -> list[int]:
    """The ids that state a bar's one or two chords with their basses: the first, and the one in force from the middle on."""
    ids = [vocabulary.chord_ids(chord) for chord in chords]
    late = [stated for tick, stated in zip(meter.chord_ticks(len(ids)), ids, strict=True) if tick <= meter.middle_ticks][-1]
    return list(ids[0] if len(ids) == 1 else (*ids[0], *late))


def _has_harmony(plan: Plan) -> bool:
    return any(not part.is_drum for part in plan.parts)
