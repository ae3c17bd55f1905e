"""Rules of the hands of keyboards that accompany a given melody: their figures, chords and registers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from composer.guide.harmony_rules import harmony_of
from composer.guide.note_bounds import ANY_END, NOT_OCTAVES, OCTAVE, Bounds, NoteTable, Steps
from composer.guide.rule import NoteRule, Onsets, Rule
from composer.guide.tune_rules import GivenMelody
from composer.guide.walk import Walk
from composer.tokenizer import Grammar
from composer.tokenizer.grammar import Mask
from composer.tokenizer.vocabulary import MAX_BAR_STEPS, TICKS_PER_STEP

_FEWEST_ONSETS = 2  # of a figure that is kept
_TURNS = 3  # notes that go back and forth
_CHORD = 2  # notes of which a stroke of more has at least as many where it returns
_NEAR, _LESS_NEAR = 7, 9  # semitones to the stroke at the same place of the bar before
_MIDDLE = 57
_ROOM = 12  # semitones from a bass to the melody, in which the other tones of the chord have a place
_LOW_BASS = 7  # semitones from the lowest pitch to that around which basses below chords move
_BARE = {0, 5, 7}  # semitones above the lowest note of strokes without a third
_pitches = np.arange(128)

Count = tuple[int, int]  # the fewest and the most notes of a stroke
Figure = Mapping[int, Count]  # by onset in steps
_ANY: Count = (0, 128)


@dataclass(frozen=True, slots=True)
class Strokes:
    """How a hand begins a figure.

    Attributes:
        basses: number of notes where a chord begins, also in later bars of the figure.
        others: the same elsewhere.
        gap: steps between strokes at most.
        unit: steps between places at which it may strike.
    """

    basses: Count = _ANY
    others: Count = _ANY
    gap: int = MAX_BAR_STEPS
    unit: int = 1

    @property
    def strides(self) -> bool:
        """Whether chords follow single basses."""
        return self.basses[1] == 1 < self.others[1] < _ANY[1]


class SteadyFigure(Rule, NoteRule):
    """The hands of a keyboard keep the figure with which they begin, up to the bar that begins another one.

    A figure is a rhythm and the number of notes of each stroke; a first bar without one leaves it to the next. Basses may be
    held; other strokes end where the next one is due. The rule comes after those about notes: where these leave no further
    note, a stroke may be thinner or missing.

    Args:
        grammar: of the model's tokenizer.
        parts: those that keep it.
        starts: bars that begin a figure, with how they begin.
        free: other bars that need not keep it.
        usual: the figure of the style, which phrases begin with as well; empty for any.
    """

    def __init__(
        self,
        grammar: Grammar,
        parts: Collection[int],
        starts: Mapping[int, Strokes],
        free: Collection[int],
        usual: Figure,
    ) -> None:
        self._grammar, self._begun, self._table = grammar, Onsets(grammar), NoteTable.of(grammar)
        self._parts, self._starts, self._free = parts, starts, free
        self._usual, self._strokes = usual, Strokes()
        self._begins: dict[int, tuple[int, Figure]] = {}  # by part, the bar that began the phrase's figure, and the figure
        self._counts: dict[int, tuple[Steps, Steps, Mask]] = {}  # by part, see `_notes`

    def begin_bar(self, walk: Walk) -> None:
        """Forgets the figure where another one begins."""
        self._counts = {}
        if walk.bar.index in self._starts:
            self._begins, self._strokes = {}, self._starts[walk.bar.index]

    def accept(self, token: int, walk: Walk) -> None:
        """Collects the figure of the first bar that has one."""
        part, bar = walk.state.part, walk.bar.index
        begun, figure = self._begins.get(part, (bar, {}))
        if part in self._parts and bar not in self._free and (begun == bar or len(figure) < _FEWEST_ONSETS):
            struck = Counter(onset for onset, _, _ in walk.line.notes)
            self._begins[part] = bar, {onset: (min(many, _CHORD), many) for onset, many in struck.items()}

    def fewest(self, walk: Walk) -> Steps:
        """The fewest notes of a stroke of the part being written at each onset of the bar, (S,)."""
        return self._notes(walk)[0] if walk.state.part in self._parts else np.zeros(0, np.int16)

    def _figure(self, walk: Walk) -> Figure:
        """The figure that the part being written has to keep; empty for any."""
        part, bar = walk.state.part, walk.bar.index
        if part not in self._parts or bar in self._free:
            return {}
        begun, figure = self._begins.get(part, (bar, {}))
        if self._usual or begun == bar or len(figure) < _FEWEST_ONSETS:
            return self._usual
        return figure

    def shape(self, bounds: Bounds, walk: Walk) -> None:
        """Forbids onsets that the figure lacks, without a figure those between its units; chords may be struck in any case."""
        if walk.state.part not in self._parts:
            return
        figure, starts = self._figure(walk), set(harmony_of(self._grammar, walk).starts)
        places = sorted(starts.union(figure or range(0, len(bounds.latest), self._strokes.unit)))
        bounds.forbid_all_but(places)
        if figure or walk.bar.index not in self._free:
            for place, following in pairwise([*places, len(bounds.latest)]):
                end = following if figure else min(place + self._strokes.gap, len(bounds.latest))
                if place not in starts:
                    bounds.latest[place] = np.minimum(bounds.latest[place], end)

    def narrow(self, bounds: Bounds, walk: Walk) -> None:
        """Forbids more notes at an onset than the figure has."""
        row = walk.state.position
        if walk.state.part in self._parts and row >= 0 and len(walk.line.struck(row)) >= self._notes(walk)[1][row]:
            bounds.forbid_here(row)

    def restrict(self, mask: Mask, walk: Walk) -> None:
        """Removes ids that would skip a stroke or change its number of notes, and ends while notes are missing."""
        if walk.state.part not in walk.bar.open_parts or walk.state.part not in self._parts:
            return
        row, (least, most, even) = walk.state.position, self._notes(walk)
        struck = walk.line.struck(row)
        _keep(mask, even)
        if row >= 0:
            missing, more = int(least[row]) - len(struck), int(most[row]) - len(struck)
            if struck and missing > 0 and _keep(mask, self._table.fitting(missing, more) & self._begun.up_to(row)):
                return
            _keep(mask, self._table.fitting(0 if struck else missing, more))
        for due in self._dues(walk):
            if _keep(mask, self._begun.up_to(due)):
                return

    def _dues(self, walk: Walk) -> Sequence[int]:
        """The latest onsets of the next stroke in this bar; each holds where no stroke can come by those before it."""
        row, bar = walk.state.position, walk.bar.index
        if figure := self._figure(walk):
            return sorted(onset for onset in figure if onset > row)
        steps, gap = walk.meter.bar_ticks // TICKS_PER_STEP, self._strokes.gap
        return range(max(row, 0) + gap, 0 if bar in self._free else steps, gap)

    def _notes(self, walk: Walk) -> tuple[Steps, Steps, Mask]:
        """The fewest and the most notes of a stroke at each onset of the bar, (S,), and the ids that have as many, (V,)."""
        part = walk.state.part
        if part not in self._counts:
            strokes = Strokes() if walk.bar.index in self._free else self._strokes
            figure, starts = self._figure(walk), harmony_of(self._grammar, walk).starts if walk.bar.harmony else (0,)
            led = () if self._usual or strokes.basses == _ANY else starts
            steps = range(walk.meter.bar_ticks // TICKS_PER_STEP)
            others = {step: figure.get(step, _ANY) if figure else strokes.others for step in steps}
            counts = [strokes.basses if step in led else others[step] for step in steps]
            least, most = np.array(counts, np.int16).T
            self._counts[part] = least, most, self._table.even(least, most)
        return self._counts[part]


class RoomAbove(NoteRule):
    """Strokes of several notes begin with a tone of the chord above which the hand has another one.

    It comes after rules that shape bars.

    Args:
        grammar: of the model's tokenizer.
        figure: with the number of notes of each stroke.
    """

    def __init__(self, grammar: Grammar, figure: SteadyFigure) -> None:
        self._grammar, self._figure = grammar, figure

    def shape(self, bounds: Bounds, walk: Walk) -> None:
        """Forbids other notes as the lowest of such a stroke, where some are left."""
        several = np.flatnonzero(self._figure.fewest(walk) > 1).tolist()
        if several and walk.bar.harmony:
            foreign = harmony_of(self._grammar, walk).foreign()
            for step in several:
                bounds.avoid(foreign[step].reshape(1, -1), slice(step, step + 1))
        apart = _pitches[None, :] - _pitches[:, None]
        joined = (apart > 0) & (apart <= bounds.span)
        if bounds.partners is not None:
            joined &= bounds.partners
        for step in several:
            row = slice(step, step + 1)
            roomy: Mask = np.asarray(joined[:, bounds.latest[step] > 0].any(axis=1))
            if (bounds.begins(row) & roomy).any():
                bounds.begin_on(row, roomy)


class Pulse(Rule):
    """The hands of a keyboard together strike on each place of a pulse: the last one where the others do not.

    Args:
        grammar: of the model's tokenizer.
        hands: all that accompany, in the order of the stream.
        bars: those that begin a figure; others keep one that has the pulse.
        unit: steps of the pulse.
    """

    def __init__(self, grammar: Grammar, hands: Sequence[int], bars: Collection[int], unit: int) -> None:
        self._begun, self._hands, self._bars, self._unit = Onsets(grammar), hands, bars, unit

    def restrict(self, mask: Mask, walk: Walk) -> None:
        """Removes ids that would skip a place of the pulse, and the end of a bar in which places are missing."""
        part, bar = walk.state.part, walk.bar
        if part != self._hands[-1] or bar.index not in self._bars or part not in bar.open_parts:
            return
        struck = {onset for hand in self._hands for onset, _, _ in walk.lines[hand].notes}
        places = range(0, walk.meter.bar_ticks // TICKS_PER_STEP, self._unit)
        if (
            due := min((place for place in places if place > walk.state.position and place not in struck), default=None)
        ) is not None:
            _keep(mask, self._begun.up_to(due))


class ChordalHands(NoteRule):
    """Accompanying hands of keyboards play chord tones; between beats also single tones of the scale, but not in a left hand.

    Args:
        grammar: of the model's tokenizer.
        parts: the hands, the left one last.
        scale: pitch classes of the scale, functional.
        octaves: whether two notes an octave apart may be struck together.
        clear: pairs of notes that may be struck together, see `tune_rules.clear_pairs`.
    """

    def __init__(self, grammar: Grammar, parts: Sequence[int], scale: Collection[int], octaves: bool, clear: Mask) -> None:
        self._grammar, self._parts, self._octaves, self._clear = grammar, parts, octaves, clear
        self._chromatic = ~np.isin(_pitches % 12, list(scale))

    def shape(self, bounds: Bounds, walk: Walk) -> None:
        """Forbids foreign tones on beats, and chromatic ones throughout."""
        if walk.state.part not in self._parts or not walk.bar.harmony:
            return
        foreign = harmony_of(self._grammar, walk).foreign()
        if walk.state.part != self._parts[-1]:
            between = np.arange(len(foreign)) % (walk.meter.beat_ticks // TICKS_PER_STEP) > 0
            foreign[between] &= self._chromatic
        bounds.latest[foreign], bounds.held[foreign] = 0, ANY_END
        if not self._octaves:
            bounds.partners = self._clear & NOT_OCTAVES

    def narrow(self, bounds: Bounds, walk: Walk) -> None:
        """Forbids a foreign tone together with another note of the hand."""
        row = walk.state.position
        struck = walk.line.struck(row) if walk.state.part in self._parts and walk.bar.harmony else []
        if struck:
            tones = harmony_of(self._grammar, walk).at(row)
            doubled = np.isin(_pitches - OCTAVE, [] if self._octaves else struck)
            bounds.forbid_here(row, ~tones | doubled if all(tones[pitch] for pitch in struck) else np.ones(128, bool))


class Unclouded(NoteRule):
    """Accompanying hands of keyboards strike no tone on which a foreign tone of the melody resolves, but for basses of chords.

    Such a tone is a semitone, or octaves and a semitone, from the melody, which another stroke leaves clear. Two tones of the
    chord may clash.

    Args:
        grammar: of the model's tokenizer.
        parts: the hands.
        melody: which they accompany.
    """

    def __init__(self, grammar: Grammar, parts: Collection[int], melody: GivenMelody) -> None:
        self._grammar, self._parts, self._melody = grammar, parts, melody

    def shape(self, bounds: Bounds, walk: Walk) -> None:
        """Forbids these tones at onsets that allow others."""
        if walk.state.part not in self._parts or not walk.bar.harmony:
            return
        tones = ~harmony_of(self._grammar, walk).foreign()
        sung, sounds = self._melody.pitches(walk.bar.index), self._melody.sounds(walk.bar.index)
        near = np.isin((_pitches[None, :] - sung[:, None]) % OCTAVE, (1, OCTAVE - 1)) & sounds[:, None]
        in_chord = tones[np.arange(len(sung)), sung]
        bounds.avoid(near & ~(tones & in_chord[:, None]))


class NewTones(NoteRule):
    """Accompanying hands of keyboards do not strike a single note again within a beat, where other rules leave another one.

    Args:
        parts: the hands.
    """

    def __init__(self, parts: Collection[int]) -> None:
        self._parts = parts

    def narrow(self, bounds: Bounds, walk: Walk) -> None:
        """Forbids the single note of the last onset at the onsets of the beat after it."""
        if walk.state.part in self._parts and len(walk.line.pitches) == 1:
            _avoid_next(bounds, walk, walk.line.onset, walk.line.pitches)


class BrokenChords(NoteRule):
    """Accompanying hands of keyboards do not go back and forth between two single notes, where other rules leave a third one.

    Args:
        parts: the hands.
    """

    def __init__(self, parts: Collection[int]) -> None:
        self._parts = parts

    def narrow(self, bounds: Bounds, walk: Walk) -> None:
        """Forbids the note before the last one, which is between two equal ones, at the onsets of the beat after it."""
        if walk.state.part not in self._parts:
            return
        struck = sorted(walk.line.notes)[-_TURNS:]
        onsets, pitches = [onset for onset, _, _ in struck], [pitch for _, pitch, _ in struck]
        if len(set(onsets)) == _TURNS and pitches[0] == pitches[2] != pitches[1]:
            _avoid_next(bounds, walk, onsets[-1], [pitches[1], pitches[0]])


class SameShape(Rule, NoteRule):
    """Accompanying hands of keyboards keep the order of a figure's single notes, from low to high, where other rules allow it.

    They keep it from one bar to the next, and from the first half of a bar to the second.

    Args:
        parts: the hands.
        kept: bars in which they keep that of the bar before.
        alike: bars in which they keep that of the first half in the second.
    """

    def __init__(self, parts: Collection[int], kept: Collection[int], alike: Collection[int]) -> None:
        self._parts, self._kept, self._alike = parts, kept, alike
        self._strokes: dict[tuple[int, int], dict[int, int]] = {}  # by part and bar: lowest notes by onset

    def accept(self, token: int, walk: Walk) -> None:
        """Collects the strokes of the bar."""
        if walk.state.part in self._parts and walk.line.notes:
            self._strokes[walk.state.part, walk.bar.index] = _lowest(walk)

    def narrow(self, bounds: Bounds, walk: Walk) -> None:
        """Forbids notes that are out of order at the next onset."""
        part, bar, line = walk.state.part, walk.bar.index, walk.line
        if part not in self._parts or not line.notes:
            return
        struck, half = _lowest(walk), walk.meter.bar_ticks // TICKS_PER_STEP // 2
        if bar in self._kept and (before := self._strokes.get((part, bar - 1))):
            self._order(bounds, walk, struck, before)
        if bar in self._alike and line.onset >= half:
            first = {onset + half: pitch for onset, pitch in struck.items() if onset < half}
            self._order(bounds, walk, {onset: pitch for onset, pitch in struck.items() if onset >= half}, first)

    def _order(self, bounds: Bounds, walk: Walk, struck: Mapping[int, int], model: Mapping[int, int]) -> None:
        """Forbids at the next onset of a model what is not above, on or below the same notes as there."""
        row = min((onset for onset in model if onset > walk.line.onset), default=None)
        if row is None or row < walk.state.position or walk.line.onset not in model:
            return
        open_here = bounds.begins(slice(row, row + 1))[0] if row < len(bounds.latest) else np.zeros(128, bool)
        for onset in sorted(model.keys() & struck.keys(), reverse=True):  # the last notes matter most
            wrong = np.sign(_pitches - struck[onset]) != np.sign(model[row] - model[onset])
            if not open_here[~wrong].any():
                continue
            open_here = open_here & ~wrong
            if row == walk.state.position:
                bounds.forbid_here(row, wrong)
            else:
                bounds.bar(row, wrong)


def _outer(walk: Walk) -> dict[int, tuple[int, int]]:
    """The lowest and the highest pitch of each stroke of the part and bar being written, by onset."""
    outer: dict[int, tuple[int, int]] = {}
    for onset, pitch, _ in walk.line.notes:
        low, high = outer.get(onset, (pitch, pitch))
        outer[onset] = min(low, pitch), max(high, pitch)
    return outer


def _lowest(walk: Walk) -> dict[int, int]:
    """The lowest pitch of each of these strokes, by onset."""
    return {onset: low for onset, (low, _) in _outer(walk).items()}


class SameChords(NoteRule):
    """Accompanying hands of keyboards strike a chord again as it is until the harmony changes, where other rules allow it.

    Bare fifths, fourths and octaves are not kept.

    Args:
        grammar: of the model's tokenizer.
        parts: the hands.
        bars: those in which they do.
    """

    def __init__(self, grammar: Grammar, parts: Collection[int], bars: Collection[int]) -> None:
        self._grammar, self._parts, self._bars = grammar, parts, bars

    def narrow(self, bounds: Bounds, walk: Walk) -> None:
        """Forbids other notes at the onsets after a chord and before the next harmony."""
        if walk.state.part not in self._parts or walk.bar.index not in self._bars or not walk.bar.harmony:
            return
        row = max(walk.state.position, 0)
        if (here := self._chord(walk, row)) and (bounds.at(row)[0][here] > 0).all() and _begins(bounds, here)[row]:
            struck = walk.line.struck(row)
            bounds.forbid_here(row, ~np.isin(_pitches, here if struck else here[:1]))
        if later := self._chord(walk, row + 1):
            fits = (bounds.latest[:, later] > 0).all(axis=1) & _begins(bounds, later)
            ends = (start for start in harmony_of(self._grammar, walk).starts if start > row)
            fits[: row + 1], fits[min(ends, default=len(fits)) :] = False, False
            bounds.bar(fits, ~np.isin(_pitches, later))
            bounds.bar_lowest(fits, _pitches != later[0])

    def _chord(self, walk: Walk, row: int) -> list[int]:
        """The pitches of the last stroke before an onset, ascending; empty if it lacks a third or is over another harmony."""
        since = max(start for start in harmony_of(self._grammar, walk).starts if start <= max(row - 1, 0))
        last = max((onset for onset, _, _ in walk.line.notes if since <= onset < row), default=None)
        pitches = sorted(pitch for onset, pitch, _ in walk.line.notes if onset == last)
        is_bare = {(pitch - pitches[0]) % OCTAVE for pitch in pitches} <= _BARE
        return [] if is_bare or row in harmony_of(self._grammar, walk).starts else pitches


class NearStrokes(Rule, NoteRule):
    """Accompanying hands of keyboards lead each stroke to the one at the same place of the next bar.

    The lowest note moves by a fifth at most, or by a sixth where the chord has no tone so near, and so does the highest; where
    other rules leave neither, the stroke is free.

    Args:
        parts: the hands.
        starts: bars that begin a phrase, in which the hands are free.
    """

    def __init__(self, parts: Collection[int], starts: Collection[int]) -> None:
        self._parts, self._starts = parts, starts
        self._strokes: dict[int, dict[int, tuple[int, int]]] = {}  # by part and onset: lowest, highest pitch

    def begin_bar(self, walk: Walk) -> None:
        """Forgets the strokes where a phrase begins."""
        if walk.bar.index in self._starts:
            self._strokes = {}

    def accept(self, token: int, walk: Walk) -> None:
        """Collects the strokes of the bar."""
        if walk.state.part in self._parts:
            self._strokes.setdefault(walk.state.part, {}).update(_outer(walk))

    def shape(self, bounds: Bounds, walk: Walk) -> None:
        """Forbids notes farther from the stroke at the same place of the bar before, where nearer ones are left."""
        steps, strokes = len(bounds.latest), self._strokes.get(walk.state.part)
        if not strokes:
            return
        for onset, (low, high) in strokes.items():
            for reach in (_NEAR, _LESS_NEAR) if onset < steps else ():
                near, row = (_pitches >= low - reach) & (_pitches <= low + reach), slice(onset, onset + 1)
                if (bounds.begins(row) & near).any():
                    bounds.begin_on(row, near)
                    bounds.forbid(row, (_pitches < low - reach) | (_pitches > high + reach))
                    break


class NarrowHand(NoteRule):
    """An accompanying hand of a keyboard stays within a span in each bar, where other rules leave such notes.

    Above a low bass, it may always reach the middle register.

    Args:
        parts: the hand.
        span: semitones from its lowest to its highest note.
    """

    def __init__(self, parts: Collection[int], span: int) -> None:
        self._parts, self._span = parts, span

    def narrow(self, bounds: Bounds, walk: Walk) -> None:
        """Forbids notes farther from those of the bar."""
        if walk.state.part in self._parts and walk.line.notes:
            struck = [pitch for _, pitch, _ in walk.line.notes]
            top = max(min(struck) + self._span, _MIDDLE)
            _forbid(bounds, walk, (_pitches < max(struck) - self._span) | (_pitches > top))


class LowBass(NoteRule):
    """A left hand strikes low basses, where other rules leave them.

    Args:
        parts: the hand.
        bars: those in which it does.
        room: semitones from its lowest pitch to the highest of these notes.
        places: onsets of the basses in steps.
    """

    def __init__(self, parts: Collection[int], bars: Collection[int], room: int, places: Collection[int] = (0,)) -> None:
        self._parts, self._bars, self._room, self._places = parts, bars, room, places

    def shape(self, bounds: Bounds, walk: Walk) -> None:
        """Forbids higher notes at the onsets of basses."""
        if walk.state.part in self._parts and walk.bar.index in self._bars:
            high = (_pitches > walk.ranges[walk.state.part][0] + self._room).reshape(1, -1)
            for place in self._places:
                bounds.avoid(high, slice(place, place + 1))


class LedBass(NoteRule):
    """A left hand leads the bass of each chord to one near it, and stays above it up to the next chord where it can.

    Args:
        grammar: of the model's tokenizer.
        parts: the hand.
        melody: below which it leaves room for the other tones of the chord.
        height: semitones from its lowest pitch to its usual basses.
        chords: bars in which it strikes chords: its basses are lower there, and not struck again below a chord.
        once: whether only the first chord of a bar has a bass below the others, as in waltzes.
    """

    def __init__(
        self,
        grammar: Grammar,
        parts: Collection[int],
        melody: GivenMelody,
        height: int,
        chords: Collection[int],
        once: bool,
    ) -> None:
        self._grammar, self._parts, self._melody, self._chords, self._once = grammar, parts, melody, chords, once
        self._height = height
        self._last: dict[int, int] = {}  # by bar, the pitch of the last bass

    def shape(self, bounds: Bounds, walk: Walk) -> None:
        """Allows one bass at the onset of each chord whose bass is given, and forbids lower notes after it."""
        if walk.state.part not in self._parts or not walk.bar.harmony:
            return
        chordal = walk.bar.index in self._chords
        middle = walk.ranges[walk.state.part][0] + (min(_LOW_BASS, self._height) if chordal else self._height)
        before = self._last.get(walk.bar.index - 1, middle)
        starts = sorted(harmony_of(self._grammar, walk).starts)[: 1 if self._once else None]
        for start, end in pairwise([*starts, len(bounds.latest)]):
            onset = slice(start, start + 1)
            basses = np.flatnonzero(bounds.begins(onset)[0])
            if len(basses) and (basses % OCTAVE == basses[0] % OCTAVE).all():
                sung = int(self._melody.pitches(walk.bar.index)[start:end].min())
                crowded = np.maximum(0, _ROOM - (sung - basses))
                before = int(basses[(2 * abs(basses - before) + abs(basses - middle) + 2 * crowded).argmin()])
                bounds.begin_on(onset, _pitches == before)
                bounds.avoid((_pitches < before + chordal).reshape(1, -1), slice(start + 1, end))
        self._last[walk.bar.index] = before


class HandsApart(NoteRule):
    """A hand of a keyboard stays below what the one above it plays, where other rules leave such a note.

    Args:
        hands: from the highest down.
    """

    def __init__(self, hands: Sequence[int]) -> None:
        self._above = dict(zip(hands[1:], hands, strict=False))

    def shape(self, bounds: Bounds, walk: Walk) -> None:
        """Forbids pitches as high as the lowest note that sounds in the hand above."""
        if (upper := self._above.get(walk.state.part)) is None:
            return
        lowest = np.full(len(bounds.latest), len(_pitches))
        for onset, pitch, end in walk.lines[upper].notes:
            lowest[onset:end] = np.minimum(lowest[onset:end], pitch)
        bounds.avoid(_pitches >= lowest[:, None])


def _keep(mask: Mask, wanted: Mask) -> bool:
    """Removes the other ids from a mask, in place, if any of those wanted are in it; returns whether they are."""
    kept = mask & wanted
    found = bool(kept.any())
    if found:
        mask &= kept
    return found


def _begins(bounds: Bounds, chord: Sequence[int]) -> Mask:
    """Onsets at which a stroke may begin with the lowest pitch of a chord, ascending, (S,)."""
    return np.ones(len(bounds.latest), bool) if bounds.lowest is None else bounds.lowest[:, chord[0]]


def _avoid_next(bounds: Bounds, walk: Walk, onset: int, pitches: Sequence[int]) -> None:
    """Forbids the first of some pitches within a beat after an onset, if a note of none of these pitches is left there."""
    row = max(walk.state.position, 0)
    rows = slice(max(onset + 1, row), onset + walk.meter.beat_ticks // TICKS_PER_STEP + 1)
    if rows.start < rows.stop and np.delete(bounds.begins(rows), pitches, axis=1).any():
        bounds.unshare(row)
        bounds.latest[rows, pitches[0]], bounds.held[rows, pitches[0]] = 0, ANY_END


def _forbid(bounds: Bounds, walk: Walk, pitches: Mask) -> None:
    """Forbids pitches from the onset being written on, at each onset for which others are left."""
    row = walk.state.position
    open_rows: Mask = np.asarray(bounds.begins(slice(None))[:, ~pitches].any(axis=1))
    if row >= 0 and open_rows[row]:
        bounds.forbid_here(row, pitches)
    open_rows[: row + 1] = False
    bounds.bar(open_rows, pitches)
