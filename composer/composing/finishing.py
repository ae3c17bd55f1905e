"""Completes what the model left out of a score: dynamics, the third of the last chord, and percussion on big hits.

Adds, moves or removes no other note. Deterministic, so that a replay gives the same score.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from statistics import fmean, median

from composer.analysis.playability import HAND_SPAN, KEYBOARDS, reach_of
from composer.arranging import PHRASES, Arrangement, is_accompanied
from composer.arranging.hand_percussion import with_percussion
from composer.arranging.outer_voices import bass_apart, is_of_lines
from composer.arranging.parallels import Voices
from composer.arranging.resting import without
from composer.arranging.staging import is_choir
from composer.arranging.variations import theme_of
from composer.composing.articulation import articulated
from composer.composing.balance import balanced
from composer.composing.grounds import with_ground
from composer.composing.hit_strokes import with_hit_strokes
from composer.composing.moved_keys import in_keys
from composer.composing.soundness import final_chord, final_third, has_thirds
from composer.controls import DYNAMICS, PHRASE_BARS, highest_velocity
from composer.guide.frame import skeleton
from composer.plan import Plan
from composer.plan.arc import climax_of, velocity_along
from composer.presets import levels
from composer.score import ChordSymbol, Note, Part, Score
from composer.tokenizer import functional_shift

# How much louder a note is on a hit point: 40 log10 of it in decibels, about 5 and 2 (an accent is 3 to 5: Repp 1999).
_ACCENTS = {"big": 1.33, "sudden": 1.33, "soft": 1.12}
_INTO_HIT = 0.25  # how much louder the end of the bar before a big hit is than its start
_HUSHED = 0.75  # the velocity of the bar before a sudden hit

_LEVELS = [DYNAMICS[mark] for mark in ("p", "mp", "mf", "f", "ff")]
_MIDDLE, _BY_AROUSAL, _BY_SHAPE = 72.0, 24.0, 12.0  # velocity of a neutral phrase, and how much arousal and form add at most
_BY_AROUSAL_OF_BANDS = 16.0  # of a band, whose sections are louder with arousal already
_DRUM_ROOM = 64  # velocity below the loudest at which a stroke rises in full, so that accents stay
_SOFTEST = 12  # velocity to which a calm mood softens at most
_LOUDEST = 117  # velocity of a loud *ff*
_CLIMAX = 0.7  # position of the loudest phrase as a share of the piece (golden section and later: Huron 2006 finds arches)
_BY_FORM, _BY_PHRASE = 14.0, 9.0  # how much louder than the mean phrases are at the climax, and every other two phrases
_OF_PUPILS = 0.4  # share of these differences in pieces of a level: beginners play no *ff* right after *mp*
_HANDS = ("(right hand)", "(left hand)")
# Velocity that drums of one velocity gain on the barline, in the middle of the bar, halfway between beats and elsewhere.
_ON_BARLINE, _ON_MIDDLE, _OFF_BEAT, _GHOST = 8, 4, -6, -12
_BOUNDED_FLOOR = 0.6  # most of the highest velocity of a piece with a loudest marking that its softest note has
_SWELL = 5  # velocity between the ends and the middle of a phrase; less than half a step between two markings


def mended(score: Score, plan: Plan, *, ended: bool = True) -> Score:
    """The score with dynamics, if it has none, and, once ended, with a third in its last chord, if the style has one."""
    if not plan.mends:
        return score
    shaped = with_dynamics(score, plan)
    return with_third(shaped, plan) if ended else shaped


def with_dynamics(score: Score, plan: Plan) -> Score:
    """The score with phrase-shaped dynamics shared by all parts, if the notes of each pitched part have one velocity.

    A phrase has one marking: louder with arousal and towards the climax. Within a phrase velocity rises and falls by less than
    a marking. Differences between parts stay. Drums of one velocity get accents on beats.
    """
    score = replace(score, parts=tuple(_accented(part, plan) if part.is_drum else part for part in score.parts))
    flat = [{note.velocity for note in part.notes} for part in score.parts if part.notes and not part.is_drum]
    if not flat or any(len(each) > 1 for each in flat):
        return score
    bar_ticks = plan.meter.bar_ticks
    levels = phrase_levels(plan)
    pitched = [note.velocity for part in score.parts if not part.is_drum for note in part.notes]
    usual = {True: fmean(levels), False: fmean(pitched)}  # of drums, whose accents stay, and of pitched parts

    def velocity(note: Note, *, is_drum: bool) -> int:
        bar = min(note.start_ticks / bar_ticks, plan.bars - 1e-6)
        phrase = plan.phrase_at(bar)
        start = plan.upbeat_bars + phrase * PHRASE_BARS
        within = max(0.0, bar - start) / min(PHRASE_BARS, plan.bars - start)
        swell = round(_SWELL * (1 - 2 * abs(2 * within - 1) ** 2))
        return max(_SOFTEST, min(127, levels[phrase] + swell + round(note.velocity - usual[is_drum])))

    parts = (_with_velocities((part,), partial(velocity, is_drum=part.is_drum))[0] for part in score.parts)
    return replace(score, parts=tuple(parts))


def _accented(part: Part, plan: Plan) -> Part:
    """Drums whose strokes all have one velocity, louder on beats and softer between them; others as they are."""
    if len({note.velocity for note in part.notes}) != 1:
        return part
    ticks, beat = plan.meter.bar_ticks, plan.meter.beat_ticks
    places = {0: _ON_BARLINE, plan.meter.middle_ticks: _ON_MIDDLE}

    def velocity(note: Note) -> int:
        place = note.start_ticks % ticks
        between = 0 if place % beat == 0 else _OFF_BEAT if place % beat == beat // 2 else _GHOST
        return max(_SOFTEST, min(127, note.velocity + places.get(place, between)))

    return _with_velocities((part,), velocity)[0]


def phrase_levels(plan: Plan) -> list[int]:
    """The velocity of each phrase's marking, from p to ff.

    >>> from composer.brief import Brief
    >>> from composer.plan import make_plan
    >>> phrase_levels(make_plan(Brief(bars=24, arousal=0.0))), phrase_levels(make_plan(Brief(bars=8, arousal=1.0)))
    ([64, 64, 80, 80, 80, 64], [80, 80])
    """
    levels = []
    for phrase in range(plan.n_phrases):
        shape = _shape(phrase / max(1, plan.n_phrases - 1))
        arousal = plan.moods[phrase].arousal if plan.moods else 0.0
        target = _MIDDLE + _BY_AROUSAL * arousal + _BY_SHAPE * (2 * shape - 1)
        levels.append(min(_LEVELS, key=lambda level: abs(level - target)))
    return levels


def _shape(place: float) -> float:
    """How near a place of a piece, 0 to 1, is to the climax: 0 at the ends, 1 there."""
    return place / _CLIMAX if place <= _CLIMAX else (1 - place) / (1 - _CLIMAX)


def with_third(score: Score, plan: Plan) -> Score:
    """The score with a doubled root or fifth of its last chord led to the missing third, the nearest way.

    A planned melody keeps its note; where only that is doubled, a player of chords who doubles it adds the third below it.
    Nothing changes if the last chord has a third, is more than a bare fifth, or doubles no tone above the bass.
    """
    chord, third = final_chord(plan), final_third(plan)
    if plan.loop or chord is None or third is None or not has_thirds(plan):
        return score
    final = _final_notes(score, plan)
    tones = [note.pitch % 12 for _, note in final]
    fifth = (chord.root + 7) % 12
    if not final or not set(tones) <= {chord.root, fifth} or tones[0] != chord.lowest:
        return score
    top, sung = max(note.pitch for _, note in final), plan.tune[-1][2] if plan.tune else None
    ways = [
        (note.pitch == sung, note.pitch == top, abs(pitch - note.pitch), pitch, index, note)
        for index, note in final[1:]
        if note.pitch > final[0][1].pitch and (tones.count(note.pitch % 12) > 1 or note.pitch % 12 == fifth)
        if note.pitch != sung or _plays_chords(plan, index)
        for pitch in (range(note.pitch - 9, note.pitch) if note.pitch == sung else range(note.pitch - 5, note.pitch + 6))
        if pitch % 12 == third and pitch > final[0][1].pitch and plan.parts[index].low <= pitch <= plan.parts[index].high
        if all(abs(pitch - other.pitch) <= HAND_SPAN for of, other in final if of == index and other is not note)
    ]
    if not ways:
        return score
    adds, _, _, pitch, index, chosen = min(ways, key=lambda way: way[:5])
    part = score.parts[index]
    notes = [note for note in part.notes if adds or note is not chosen]
    with_it = replace(part, notes=tuple(sorted([*notes, replace(chosen, pitch=pitch)])))
    return replace(score, parts=_replaced(score.parts, index, with_it))


def _plays_chords(plan: Plan, index: int) -> bool:
    """Whether a part may sound several notes at once, on its instrument and at the level of the piece."""
    program = plan.parts[index].program
    return reach_of(program).notes > 1 and (not plan.level or levels()[plan.level].together(program) > 1)


def _final_notes(score: Score, plan: Plan) -> list[tuple[int, Note]]:
    """The pitched notes of the last sonority by part, lowest first; where its chord is broken, those of the last bar."""
    pitched = [(index, note) for index, part in enumerate(score.parts) if not part.is_drum for note in part.notes]
    last = max((note.start_ticks for _, note in pitched), default=0)
    final = [(index, note) for index, note in pitched if note.end_ticks > last]
    if any(note.start_ticks < last for _, note in final):
        final = [(index, note) for index, note in pitched if note.start_ticks >= (plan.bars - 1) * plan.meter.bar_ticks]
    return sorted(final, key=lambda item: item[1].pitch)


def _replaced(parts: Sequence[Part], index: int, part: Part) -> tuple[Part, ...]:
    return (*parts[:index], part, *parts[index + 1 :])


def finish(decoded: Score, plan: Plan, arrangement: Arrangement | None = None, *, ended: bool = True) -> Score:
    """A decoded score in functional pitch, transposed to the plan's keys, with its tempi, names, sections and accents.

    Of an arranged piece it takes only what the network wrote; the rest, and the harmony, are the arrangement's.
    """
    shift = -functional_shift(plan.key)
    accompanied = is_accompanied(plan)
    moved = mended(decoded.transposed(shift), plan, ended=ended and not accompanied)
    frame = skeleton(plan)
    written = [part.notes for part in moved.parts]
    notes = written if arrangement is None else arrangement.parts(written)
    parts = tuple(
        replace(part, name=planned.name, notes=played)
        for part, planned, played in zip(moved.parts, plan.parts, notes, strict=True)
    )
    if arrangement is None and plan.mends:
        parts = tuple(map(_within_reach, balanced(parts, plan)))
        parts = parts if accompanied else along_moods(parts, plan)
    if accompanied:
        if ended and arrangement is not None and is_choir(plan):
            parts = _independent(parts, arrangement)
        if ended and arrangement is not None and is_of_lines(plan):
            parts = _with_bass_apart(parts, arrangement)
        if ended and plan.mends:
            parts = with_third(replace(moved, parts=parts), plan).parts
        parts = by_arousal(in_phrases(parts, plan), plan, _BY_AROUSAL)
    elif arrangement is not None and (plan.texture or arrangement.setting.band.lead != PHRASES):
        parts = by_arousal(parts, plan, _BY_AROUSAL_OF_BANDS)
    if ended and plan.chords_given and theme_of(plan):
        parts = with_ground(parts, plan)
    parts = with_hit_strokes(_with_hits(along_arc(leveled(parts, plan.dynamic), plan), plan), plan)
    parts = articulated(bounded(silenced(with_percussion(parts), plan), plan.loudest), plan.articulation)
    return in_keys(replace(frame, parts=parts, chords=chord_symbols(plan) if plan.chords else moved.chords), plan)


def _independent(parts: tuple[Part, ...], arrangement: Arrangement) -> tuple[Part, ...]:
    """The voices of a choir without parallels where an inner one that the network wrote can avoid them."""
    plan, bass = arrangement.setting.plan, _bass_of(arrangement)
    free = [frozenset[int]() if index == bass else _free_bars(arrangement, index) for index in range(len(parts))]
    voices = Voices(
        arrangement.setting, [list(part.notes) for part in parts], free, [(part.low, part.high) for part in plan.parts]
    )
    voices.mend()
    return tuple(replace(part, notes=tuple(line)) for part, line in zip(parts, voices.lines, strict=True))


def _with_bass_apart(parts: tuple[Part, ...], arrangement: Arrangement) -> tuple[Part, ...]:
    """The parts of a group of single lines, whose bass does not move in parallel with the melody if the network wrote it."""
    plan, bass = arrangement.setting.plan, _bass_of(arrangement)
    span = (plan.parts[bass].low, plan.parts[bass].high)
    lines = [part.notes for part in parts]
    line = bass_apart(arrangement.setting, lines, bass, _free_bars(arrangement, bass), span)
    return _replaced(parts, bass, replace(parts[bass], notes=tuple(line)))


def _bass_of(arrangement: Arrangement) -> int:
    """The part with the lowest range."""
    players = arrangement.setting.plan.parts
    return min(range(len(players)), key=lambda index: players[index].low)


def _free_bars(arrangement: Arrangement, index: int) -> frozenset[int]:
    """The bars of a part that the network wrote."""
    return arrangement.open_bars.get(index, frozenset()) - arrangement.carriers.get(index, frozenset())


def silenced(parts: tuple[Part, ...], plan: Plan) -> tuple[Part, ...]:
    """The parts without notes in pauses; notes that are held into them end there."""
    ticks = plan.meter.bar_ticks
    return tuple(replace(part, notes=without(part.notes, plan.pauses, ticks)) for part in parts) if plan.pauses else parts


def _within_reach(part: Part) -> Part:
    """The part; in a hand of a keyboard with two staves, notes end where a stroke is out of reach of a hand that holds them."""
    if part.program not in KEYBOARDS or not part.name.endswith(_HANDS):
        return part
    notes = sorted(part.notes)
    later = ((notes[place] for place in range(index + 1, len(notes))) for index in range(len(notes)))
    return replace(part, notes=tuple(map(_let_go, notes, later)))


def _let_go(held: Note, later: Iterable[Note]) -> Note:
    """A note that ends where the first of the later ones, in order, is out of reach."""
    for note in later:
        if note.start_ticks >= held.end_ticks:
            break
        if note.start_ticks > held.start_ticks and abs(note.pitch - held.pitch) > HAND_SPAN:
            return replace(held, duration_ticks=note.start_ticks - held.start_ticks)
    return held


def in_phrases(parts: tuple[Part, ...], plan: Plan) -> tuple[Part, ...]:
    """The parts with phrases that are louder towards the climax, and every two softer or louder than the next two.

    The mean stays; pieces of a level differ less. A melody that is given keeps its loudness, and so do the parts with it; an
    arc decides for itself.
    """
    phrases = -(-plan.bars // PHRASE_BARS)
    if plan.arc or plan.lead is not None or phrases == 1:
        return parts
    shapes = [_shape(phrase / (phrases - 1)) for phrase in range(phrases)]
    climax = shapes.index(max(shapes))
    offsets = [
        _BY_FORM * (2 * shape - 1) + (_BY_PHRASE if (phrase // 2 - climax // 2) % 2 == 0 else -_BY_PHRASE)
        for phrase, shape in enumerate(shapes)
    ]
    share = _OF_PUPILS if plan.level else 1.0
    offsets = [share * (offset - fmean(offsets)) for offset in offsets]
    size = PHRASE_BARS * plan.meter.bar_ticks

    def velocity(note: Note) -> int:
        return _moved(note.velocity, round(offsets[min(note.start_ticks // size, phrases - 1)]))

    return _with_velocities(parts, velocity)


def by_arousal(parts: tuple[Part, ...], plan: Plan, most: float) -> tuple[Part, ...]:
    """The parts with velocities that rise with the arousal of each phrase, by at most `most`; loud drums rise by less.

    The network marks most accompaniments *mf*, whatever their mood.
    """
    if not plan.moods:
        return parts

    def louder(note: Note) -> int:
        added = round(most * plan.mood_at(note.start_ticks / plan.meter.bar_ticks).arousal)
        return _moved(note.velocity, added)

    def struck(note: Note) -> int:
        more = louder(note) - note.velocity
        return note.velocity + (more * (127 - note.velocity) // _DRUM_ROOM if more > 0 else more)

    return tuple(_with_velocities((part,), struck if part.is_drum else louder)[0] for part in parts)


def along_moods(parts: tuple[Part, ...], plan: Plan) -> tuple[Part, ...]:
    """The parts with phrases that are softer or louder than the mean at least as their arousal asks for.

    The network marks some pieces alike throughout, whatever the course of their mood. A piece of one mood stays as it is.
    """
    arousals = [plan.mood_at(bar).arousal for bar in range(plan.bars)] if plan.moods else [0.0]
    ticks = plan.meter.bar_ticks

    def stretch(note: Note) -> tuple[int, float]:
        """The phrase of a note, and the arousal there, which a cut may change within the phrase."""
        bar = note.start_ticks / ticks
        return plan.phrase_at(bar), plan.mood_at(bar).arousal

    phrases: dict[tuple[int, float], list[int]] = {}
    for note in (note for part in parts if plan.moods and not part.is_drum for note in part.notes):
        phrases.setdefault(stretch(note), []).append(note.velocity)
    if len(set(arousals)) == 1 or not phrases:
        return parts
    middle, mean = fmean(fmean(each) for each in phrases.values()), fmean(arousals)
    offsets = {}
    for phrase, velocities in phrases.items():
        more = phrase[1] - mean
        missing = middle + _BY_AROUSAL * more - fmean(velocities)
        offsets[phrase] = round(max(0.0, missing) if more > 0 else min(0.0, missing))

    def velocity(note: Note) -> int:
        return _moved(note.velocity, offsets.get(stretch(note), 0))

    return _with_velocities(parts, velocity)


def _moved(velocity: int, by: int) -> int:
    """A velocity made louder or softer, but not *fff*, which only the user and hits ask for."""
    return max(_SOFTEST, min(max(velocity, _LOUDEST), velocity + by))


def leveled(parts: tuple[Part, ...], dynamic: str | None) -> tuple[Part, ...]:
    """The parts with their velocities moved to the mean of a marking.

    Contrasts are kept, and reduced where velocities would leave 1 to 127. The mean is that of the pitched notes, or of the
    drums if they play alone.

    >>> notes = (Note(0, 60, 480, 40), Note(480, 62, 480, 60))
    >>> [note.velocity for note in leveled((Part("Flute", 73, notes),), "f")[0].notes]
    [86, 106]
    """
    velocities = [note.velocity for part in parts if not part.is_drum for note in part.notes]
    velocities = velocities or [note.velocity for part in parts for note in part.notes]
    if dynamic is None or not velocities:
        return parts
    mean, target = fmean(velocities), DYNAMICS[dynamic]
    above, below = max(velocities) - mean, mean - min(velocities)
    contrast = min([1.0, *([(127 - target) / above] if above else []), *([(target - 1) / below] if below else [])])

    return _with_velocities(parts, lambda note: min(127, max(1, round(target + contrast * (note.velocity - mean)))))


def bounded(parts: tuple[Part, ...], loudest: str | None) -> tuple[Part, ...]:
    """The parts with their velocities narrowed so that none is above a marking; the softest note stays if it can.

    >>> notes = (Note(0, 60, 480, 40), Note(480, 62, 480, 60), Note(960, 64, 480, 104))
    >>> [note.velocity for note in bounded((Part("Flute", 73, notes),), "mp")[0].notes]
    [40, 50, 72]
    """
    velocities = [note.velocity for part in parts for note in part.notes]
    if loudest is None or not velocities or max(velocities) <= (highest := highest_velocity(loudest)):
        return parts
    softest = min(velocities)
    floor = min(softest, round(_BOUNDED_FLOOR * highest))
    share = (highest - floor) / (max(velocities) - softest) if max(velocities) > softest else 0.0
    return _with_velocities(parts, lambda note: highest - round(share * (max(velocities) - note.velocity)))


def along_arc(parts: tuple[Part, ...], plan: Plan) -> tuple[Part, ...]:
    """The parts with velocities that follow the plan's arc, drums too; the climax is on the only big hit."""
    if not plan.arc:
        return parts
    bar_ticks, bars = plan.meter.bar_ticks, plan.bars
    climax = climax_of([planned.bar / bars for planned in plan.hits if planned.hit.is_strong])

    return _with_velocities(
        parts, lambda note: velocity_along(plan.arc, note.velocity, note.start_ticks / bar_ticks, bars, climax)
    )


def _with_velocities(parts: tuple[Part, ...], velocity: Callable[[Note], int]) -> tuple[Part, ...]:
    """The parts with other velocities."""
    return tuple(replace(part, notes=tuple(replace(note, velocity=velocity(note)) for note in part.notes)) for part in parts)


def chord_symbols(plan: Plan) -> tuple[ChordSymbol, ...]:
    """A plan's chords where they change and where sections begin, in full; tokens hold only the nearest quality."""
    symbols: list[ChordSymbol] = []
    starts = {section.start_bar for section in plan.sections}
    for bar, chords in enumerate(plan.chords):
        for offset, chord in zip(plan.meter.chord_ticks(len(chords)), chords, strict=True):
            if not symbols or symbols[-1].chord != chord or (bar in starts and not offset):
                symbols.append(ChordSymbol(bar * plan.meter.bar_ticks + offset, chord))
    return tuple(symbols)


def _with_hits(parts: tuple[Part, ...], plan: Plan) -> tuple[Part, ...]:
    """The parts, louder where notes start on a hit point: on a strong one, also louder than the bar before.

    That bar grows into a big hit, and is soft before a sudden one.
    """
    ticks = plan.meter.bar_ticks
    least: dict[int, tuple[float, float]] = {}  # by tick, the factor and the velocity that is raised by it at least
    for planned in (each for each in plan.hits if each.hit.is_struck):
        start = planned.bar * ticks
        before = [note.velocity for part in parts for note in part.notes if start - ticks <= note.start_ticks < start]
        least[start] = _ACCENTS[planned.hit.strength], median(before) if before and planned.hit.is_strong else 0.0

    strengths = {planned.bar * ticks: planned.hit.strength for planned in plan.hits}

    def struck(note: Note) -> Note:
        if note.start_ticks not in least:
            bar, place = divmod(note.start_ticks, ticks)
            following = strengths.get((bar + 1) * ticks)
            factor = 1.0 + _INTO_HIT * place / ticks if following == "big" else _HUSHED if following == "sudden" else 1.0
            return replace(note, velocity=max(1, min(127, round(note.velocity * factor))))
        factor, floor = least[note.start_ticks]
        return replace(note, velocity=min(127, round(max(note.velocity, floor) * factor)))

    return tuple(replace(part, notes=tuple(map(struck, part.notes))) for part in parts)
