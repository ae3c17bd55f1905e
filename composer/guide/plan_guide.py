"""From a plan to a guide: the script and the rules of a piece, and of the parts that accompany a melody.

Pitches and chords are functional here: C major or A minor.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from statistics import fmean

from composer.analysis.playability import KEYBOARDS
from composer.arranging.phrase_map import phrases_of
from composer.arranging.seats import register_of
from composer.guide.bed import Bed
from composer.guide.guide import ScriptGuide
from composer.guide.hand_figures import drawn_bars, hand_rules
from composer.guide.hand_rules import HandsApart, LedBass, LowBass, SteadyFigure, Strokes
from composer.guide.level_rules import Easy
from composer.guide.line_rules import Clear, Complete, Independent, LineRhythm, SmallLeaps, Tessitura
from composer.guide.note_rules import MOST_VOICE_NOTES, PlayableSpeed, hands_of
from composer.guide.plan_script import functional_key, functional_ranges, script_of
from composer.guide.rule import NoteRule, Rule, Within
from composer.guide.rule_list import PlannedMusic, RuleContext, rules_for
from composer.guide.tune_rules import Above, Apart, Beneath, Carried, GivenMelody, Together, clear_pairs
from composer.guide.walk import Walk
from composer.model.sampling import Settings
from composer.plan import Plan
from composer.presets import levels, programs_of
from composer.tokenizer import Tokenizer, functional_shift
from composer.tokenizer.vocabulary import STEPS_PER_QUARTER, TICKS_PER_STEP

_GROUP = 3  # staves
_ENTRIES = frozenset(("fugue", "motet", "madrigal", "mass"))  # styles whose voices may enter one after another
# Share of phrases in which a low line does not double the bass of a keyboard, beside at most so many lines: human cellos of
# piano trios double .18 of its tones.
_OFF_BASS, _FREE_LINES = 0.9, 2
_STEADY_LINES = (
    0.5  # share of phrases in which players keep a rhythm; human inner ones have that of the bar before in .26 of their bars
)
_WIDEST_SUNG, _WIDEST_PLAYED, _WIDEST_BASS = 4, 7, 12  # semitones that inner lines and the lowest one leap at most
_BASS_PLACES = (0.25, 0.6)  # where a bass moves in a phrase, from the lowest pitch (0) to the melody (1)
# Semitones from the mean of a melody up to the middle of the register of those who are above it, at least, and from that middle
# down to what they stay below.
_HIGHER, _BELOW_CENTER = 4, 6
_COOLER = 0.9  # temperature of accompaniments, relative to that of melodies


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


def _ranges(plan: Plan, bed: Bed | None) -> dict[int, tuple[int, int]]:
    """The ranges in which the parts are written: those of the instruments, or narrower ones of a bed."""
    return {**functional_ranges(plan), **(bed.ranges if bed else {})}


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
        single_voices=_single_strings(plan),
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
        return rules_for(
            context, notes=[*easy, PlayableSpeed(plan.qpm_at), *(HandsApart(hands) for hands in _keyboards(plan)), *leaps]
        )
    before, notes, after = _tune_rules(tokenizer, plan, bed, pickup)
    return rules_for(context, before, [*easy, *notes, *leaps], after)


def _single_strings(plan: Plan) -> frozenset[int]:
    """The string players of a group of three staves or more or of an easy piece, who play single notes.

    The chords of a group need no double stops.
    """
    pitched, bowed = hands_of(plan.parts), programs_of("solo-strings", "fiddle")
    strings = frozenset(index for index in pitched if plan.parts[index].program in bowed)
    is_easy = plan.level is not None and not levels()[plan.level].stops
    return strings if is_easy or (len(pitched) >= _GROUP and len(strings) > 1) else frozenset()


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
    for stage in _stages(plan, bed):
        found = _accompaniment(tokenizer, plan, bed, pickup, stage)
        first += [Within(stage.bars, rule) for rule in found[0]]
        notes += [Within(stage.bars, rule) for rule in found[1]]
        last += [Within(stage.bars, rule) for rule in found[2]]
    if bed.kept:
        bars = [plan.meter.bar_ticks // TICKS_PER_STEP] * plan.bars
        hands = hands_of(plan.parts)
        lines = [part for part in bed.arrangement.open_bars if hands[part].reach.notes <= MOST_VOICE_NOTES]
        notes.append(Apart(bed.kept, bars, frozenset(lines)))
    return first, notes, last


@dataclass(frozen=True, slots=True)
class _Stage:
    """The bars in which some parts have the melody, and some of the parts that accompany them.

    Attributes:
        bars: the bars.
        carriers: parts with the melody.
        players: parts that accompany it.
        raised: semitones, octaves, above the melody below which they stay; 0 if they are below it.
    """

    bars: frozenset[int]
    carriers: tuple[int, ...]
    players: frozenset[int]
    raised: int = 0


def _stages(plan: Plan, bed: Bed) -> Iterator[_Stage]:
    """The stages of a piece: of the players below the melody and, where it is low, of those above it in the same bars."""
    arrangement, found = bed.arrangement, dict[tuple[tuple[int, ...], int], set[int]]()
    usual = next(index for index, role in enumerate(arrangement.roles) if role.kind == "lead")
    for bar in range(plan.bars):
        carriers = tuple(part for part, bars in arrangement.carriers.items() if bar in bars)
        found.setdefault((carriers, arrangement.setting.leads[bar][0]), set()).add(bar)
    for (carriers, leader), bars in found.items():
        players = frozenset(arrangement.open_bars).difference(carriers)
        above, octaves = _above(bed, leader, bars, players) if leader != usual else (frozenset[int](), 0)
        yield _Stage(frozenset(bars), carriers, players - above)
        if above:
            yield _Stage(frozenset(bars), carriers, above, octaves)


def _above(bed: Bed, leader: int, bars: Collection[int], players: Collection[int]) -> tuple[frozenset[int], int]:
    """Those of some players who accompany a low melody from above, and how far above it they are, in semitones, octaves.

    The right hand of a pianist is above the left one. The lowest of several lines has the bass.
    """
    setting = bed.arrangement.setting
    parts, ticks = setting.plan.parts, setting.plan.meter.bar_ticks
    pitches = [note.pitch for note in setting.tune if note.start_ticks // ticks in bars]
    if not pitches:
        return frozenset(), 0
    middle, found = fmean(pitches), dict[int, float]()
    for index in players:
        center = fmean(register_of(parts[index]))
        is_right = index < leader and parts[index].program == parts[leader].program and parts[index].program in KEYBOARDS
        if is_right or (center > middle + _HIGHER and parts[index].program not in KEYBOARDS):
            found[index] = center
    if len(found) > 1 and len(found) == len(players):
        del found[min(found, key=lambda index: found[index])]
    octaves = max((math.ceil((center - _BELOW_CENTER - middle) / 12) for center in found.values()), default=1)
    return frozenset(found), 12 * max(1, octaves)


def _accompaniment(
    tokenizer: Tokenizer, plan: Plan, bed: Bed, pickup: int, stage: _Stage
) -> tuple[list[Rule], list[NoteRule], list[Rule]]:
    """The rules of `_tune_rules` for a stage."""
    grammar, setting = tokenizer.grammar, bed.arrangement.setting
    bars = [plan.meter.bar_ticks // TICKS_PER_STEP] * plan.bars
    tune = GivenMelody(bed.tune, bars)
    melody = GivenMelody([replace(note, pitch=note.pitch + stage.raised) for note in bed.tune], bars) if stage.raised else tune
    carriers, others = () if stage.raised else stage.carriers, stage.players
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
    given = _given(plan, bed)
    bass = lines and not stage.raised and not any(plan.parts[index].low < plan.parts[lines[-1]].low for index in given)
    above = keyboards and lines and not voices and len(lines) <= _FREE_LINES
    above = above and plan.parts[keyboards[-1]].low < plan.parts[lines[-1]].low
    off = drawn_bars(setting, phrases_of(setting), "off the bass", _OFF_BASS) if above else frozenset[int]()
    high = [Tessitura(grammar, melody, lines, _middles(bed, lines[-1]) if bass else [], answers, off)] if lines else []
    scale = functional_key(plan.key).scale
    choir = [Independent(grammar, melody, lines)] if len(voices) > 1 and voices == lines else []
    sound = [Clear(grammar, melody, lines, scale), *choir, Complete(grammar, melody, lines)] if lines else []
    figures, chords, motion = hand_rules(
        grammar,
        setting,
        keyboards,
        melody,
        stage.bars,
        strides=setting.strides or (len(carriers) > 1 and any(plan.parts[part].program in KEYBOARDS for part in carriers)),
    )
    if stage.raised:
        motion = [Above(tune, others), *(rule for rule in motion if not isinstance(rule, LedBass | LowBass))]
    if lines and not voices:
        phrases = phrases_of(setting)
        kept = drawn_bars(setting, phrases, "rhythm of lines", _STEADY_LINES) - {phrase.range[-1] for phrase in phrases}
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


def _pickup(plan: Plan, bed: Bed | None) -> int:
    """Steps of the first bar before an upbeat of the melody, in which choirs and other groups of single lines rest."""
    if bed is None or not bed.tune or plan.attack_bars:
        return 0
    if any(part.program in KEYBOARDS for part in plan.parts) and not plan.upbeat_bars:
        return 0
    start = bed.tune[0].start_ticks
    return start // TICKS_PER_STEP if plan.meter.bar_ticks // 2 <= start < plan.meter.bar_ticks else 0
