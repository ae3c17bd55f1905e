"""From a plan to a script: header and bars as far as the plan fixes them.

Pitches and chords are functional here: C major or A minor.
"""

from __future__ import annotations

from dataclasses import replace

from composer.arranging import players_resting
from composer.controls import PHRASE_BARS, Controls
from composer.guide.bed import Bed
from composer.guide.frame import skeleton
from composer.guide.note_rules import timpani_of
from composer.guide.script import BarScript, Script, closed_with_returns
from composer.plan import Plan
from composer.plan.seeded import draw
from composer.score import Chord, Key, TimeSignature
from composer.tokenizer import Tokenizer, functional_shift
from composer.tokenizer.stream import StreamOptions, header_ids
from composer.tokenizer.vocabulary import Vocabulary

_LITERAL = 0.25  # share of pieces whose accompaniments return exactly; 23 % of human pieces repeat two bars exactly
# The stream's name of a close that only the harmony plan distinguishes: one in a related key is authentic.
_CADENCES = {"related": "authentic"}


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


def header_of(
    tokenizer: Tokenizer, plan: Plan, dropped: frozenset[str] = frozenset(), order: tuple[int, ...] = ()
) -> tuple[int, ...]:
    """The header of a stream with everything that the plan fixes, its parts in the given order."""
    controls = Controls(styles=plan.styles, composer=plan.composer, density=plan.density, polyphony=plan.polyphony)
    frame = skeleton(plan)
    piece = tokenizer.tokenize(frame if _has_harmony(plan) else replace(frame, keys=()), controls)
    return tuple(header_ids(piece, tokenizer.vocabulary, StreamOptions(dropped=dropped, part_order=order)))


def functional_ranges(plan: Plan) -> dict[int, tuple[int, int]]:
    """Lowest and highest pitch of each pitched part, in functional pitch."""
    shift = functional_shift(plan.key)
    return {
        index: (max(0, part.low + shift), min(127, part.high + shift))
        for index, part in enumerate(plan.parts)
        if not part.is_drum
    }


def functional_key(key: Key) -> Key:
    """The key moved so that its tonic is C (major) or A (minor): A dorian, with one sharp, for D dorian.

    >>> functional_key(Key.parse("D dorian")), functional_key(Key.parse("E minor"))
    (Key(fifths=1, mode='minor', church='dorian'), Key(fifths=0, mode='minor', church=''))
    """
    return Key.parse(f"{'C' if key.mode == 'major' else 'A'} {key.scale_name}")


def functional_chords(plan: Plan, bar: int) -> tuple[Chord | None, ...]:
    """The chords of a bar in functional pitch; empty where the plan leaves them open."""
    shift = functional_shift(plan.key)
    return tuple(chord and chord.transposed(shift) for chord in plan.chords[bar]) if plan.chords else ()


def literal_return(plan: Plan, bar: int) -> int:
    """How many bars back the bar is that this one repeats exactly; 0 if it repeats none."""
    return _same_harmony(plan, bar) if plan.return_at(bar) == "literal" or not plan.chords else 0


def _over(bar: BarScript, bed: Bed) -> BarScript:
    """A bar with its arranged parts; an open recall becomes the first choice."""
    return replace(
        bar,
        opening=tuple(choices[:1] for choices in bar.opening),
        given=bed.given[bar.index],
        open_parts=bed.open[bar.index],
        tune=None,
    )


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


def _same_harmony(plan: Plan, bar: int) -> int:
    """How many bars back the bar is that this one recalls, if both have the same chords and players; else 0."""
    distance = plan.recalls[bar] or 0
    is_same = not plan.chords or plan.chords[bar] == plan.chords[bar - distance]
    return distance if is_same and _players(plan, bar) == _players(plan, bar - distance) else 0


def _players(plan: Plan, bar: int) -> frozenset[int]:
    """The parts that do not rest in a bar by the settings of sections."""
    everyone = frozenset(range(len(plan.parts)))
    return everyone - {index for index in everyone if bar in players_resting(plan)[index]} if plan.has_rests else everyone


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


def stated_chords(chords: tuple[Chord | None, ...], meter: TimeSignature) -> tuple[Chord | None, ...]:
    """The one or two of a bar's chords that ids state: the first, and the one in force from the middle on.

    >>> [chord.symbol() for chord in stated_chords(tuple(map(Chord.parse, "CFGA")), TimeSignature(0, 4, 4))]
    ['C', 'G']
    """
    starts = zip(meter.chord_ticks(len(chords)), chords, strict=True)
    late = [chord for tick, chord in starts if tick <= meter.middle_ticks][-1]
    return chords if len(chords) == 1 else (chords[0], late)


def _stated(chords: tuple[Chord | None, ...], meter: TimeSignature, vocabulary: Vocabulary) -> list[int]:
    """The ids that state a bar's one or two chords with their basses."""
    return [token for chord in stated_chords(chords, meter) for token in vocabulary.chord_ids(chord)]


def _has_harmony(plan: Plan) -> bool:
    return any(not part.is_drum for part in plan.parts)
