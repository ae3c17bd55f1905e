"""Rounds: equal voices sing one theme, each a phrase later than the one before, over chords that return with every phrase.

The theme has a phrase for each voice, at most four. All phrases have the same chords, so that they fit over each other. Each is
written by beam search; of several versions the one that goes best with the phrases before it is kept. Voices of other registers
sing the theme in other octaves, and all end together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from composer.arranging.casting import family_of
from composer.arranging.cells import lay
from composer.arranging.line_search import Place, find_line
from composer.arranging.progressions import Bars, progression_for
from composer.arranging.setting import BandBar, Setting, pick
from composer.arranging.tables import row_in_meter, tunes
from composer.arranging.voicing import chord_scale, third_of
from composer.controls import PHRASE_BARS
from composer.errors import BadInputError
from composer.plan import Plan
from composer.plan.choices import spread_chords
from composer.presets import EnsemblePart
from composer.score import Chord, Note

ROUND = "round"  # the lead of styles in which all voices sing one theme
_OCTAVE = 12
_SHORT = 2  # bars of a phrase where longer ones would not leave a phrase in which all sing
_MOST_PHRASES = 4
_FEWEST_VOICES = 2
_ACCOMPANYING = ("guitar", "keys", "left", "organ", "harp", "pad", "bells")
_WIDEST, _NARROWEST = 16, 5  # semitones that the theme spans
_USUAL = 69  # pitch around which voices sing
_VERSIONS = 12  # of a phrase
# How far each phrase lies from the middle of the theme's range as a share of it, and how a phrase rises and falls.
_HEIGHTS, _ARCH = (0.0, 0.3, -0.35, 0.1), (-0.1, 0.08, 0.1, -0.06)
_SECONDS, _PERFECT, _FIFTH = (1, 2, 10, 11), (0, 7), 7
_ACCENT = 6  # in velocity, on barlines
# Costs: of a second or seventh struck together and of one against a held note, of a unison, of parallel fifths and octaves, of
# a chord without its third, and of a fifth in the bass.
_CLASH, _RUB, _SAME, _PARALLEL, _BARE, _SIX_FOUR = 2.0, 0.5, 0.6, 2.5, 1.0, 0.7


def voices_of(parts: Sequence[EnsemblePart]) -> list[int]:
    """The parts that sing a round: those that play single lines; where fewer than two do, each staff of the others, too.

    Raises:
        BadInputError: there is only one part.
    """
    pitched = [index for index, part in enumerate(parts) if not part.is_drum]
    if len(pitched) < _FEWEST_VOICES:
        raise BadInputError(f"a round needs at least {_FEWEST_VOICES} parts, not {len(pitched)}: name more instruments")
    lines = [index for index in pitched if family_of(parts[index]) not in _ACCOMPANYING]
    return lines if len(lines) >= _FEWEST_VOICES else pitched


def round_chords(plan: Plan, idiom: str, seed: int) -> Bars:
    """The chords of a round: those given, else those of a phrase, repeated; bars left over repeat the end of the phrase.

    Raises:
        BadInputError: there are too few voices, the piece is too short for all of them to enter, or it has pauses.
    """
    if plan.pauses:
        raise BadInputError("a round has no pauses, since its voices sing on one after the other: leave pauses out")
    voices, chords = len(voices_of(plan.parts)), plan.chords
    if not chords:
        phrase = progression_for(replace(plan, bars=PHRASE_BARS, sections=(), settings=(), loop=True), idiom, seed)
        if plan.bars < PHRASE_BARS * (voices + 1):
            phrase = tuple(first + then for first, then in zip(phrase[::2], phrase[1::2], strict=True))
        chords = spread_chords(phrase, max(plan.bars, len(phrase)))[: plan.bars]
    phrase_bars(replace(plan, chords=chords))
    return chords


def phrase_bars(plan: Plan) -> int:
    """Bars from the entry of one voice to that of the next: a period of the chords, at least two bars.

    Raises:
        BadInputError: the chords do not return as often as there are voices.
    """
    voices = len(voices_of(plan.parts))
    for size in range(_SHORT, plan.bars // voices + 1):
        whole = plan.bars - plan.bars % size
        if all(plan.chords[bar] == plan.chords[bar - size] for bar in range(size, whole)):
            return size
    raise BadInputError(
        f"{plan.bars} bars are too few for a round in {voices} voices, whose chords return for each voice: "
        f"give at least {_SHORT * voices} bars, shorter --chords, or fewer voices"
    )


def write_round(setting: Setting) -> dict[int, tuple[Note, ...]]:
    """The voices of a round, by part.

    Raises:
        BadInputError: the ranges of the parts are too narrow for one theme.
    """
    plan = setting.plan
    size, ticks = phrase_bars(plan), plan.meter.bar_ticks
    voices = voices_of(plan.parts)
    low, high, octaves = _register([plan.parts[index] for index in voices])
    count, theme = min(_MOST_PHRASES, len(voices)), _Theme(setting, size, low, high)
    for number in range(count):
        theme.add_phrase(is_last=number == count - 1)
    rounds, left = divmod(plan.bars, size)
    sung: dict[int, tuple[Note, ...]] = {}
    for number, (index, octave) in enumerate(zip(voices, octaves, strict=True)):
        notes = list[Note]()
        for turn in range(number, rounds + (left > 0)):
            skipped = 0 if turn < rounds else size - left  # at the end the last bars of the phrase are sung again
            source = theme.phrases[(min(turn, rounds - 1) - number) % count]
            shift = (turn * size - skipped) * ticks
            notes += [_moved(note, shift, octave) for note in source if note.start_ticks >= skipped * ticks]
        sung[index] = tuple(notes)
    return sung if plan.loop else _closed(sung, setting.bars[-1].spans[-1].chord, plan.parts)


def _moved(note: Note, ticks: int, semitones: int) -> Note:
    return replace(note, start_ticks=note.start_ticks + ticks, pitch=note.pitch + semitones)


def _register(parts: Sequence[EnsemblePart]) -> tuple[int, int, list[int]]:
    """Lowest and highest pitch of the theme, and for each part the semitones of the octaves by which it sings it elsewhere."""
    middle = min(max(_USUAL, parts[0].low + _OCTAVE // 2), max(parts[0].low, parts[0].high - _OCTAVE // 2))
    for span in range(_WIDEST, _NARROWEST - 1, -1):
        for low in sorted(range(parts[0].low, parts[0].high - span + 1), key=lambda low: abs(low + span / 2 - middle)):
            moves = [_octave(part, low, low + span) for part in parts]
            if None not in moves:
                return low, low + span, [move for move in moves if move is not None]
    raise BadInputError(
        "the ranges of the parts are too narrow for the theme of a round: give each at least an octave and a fourth"
    )


def _octave(part: EnsemblePart, low: int, high: int) -> int | None:
    """The least move by octaves that brings a range into that of a part."""
    moves = sorted(range(-5 * _OCTAVE, 6 * _OCTAVE, _OCTAVE), key=abs)
    return next((move for move in moves if part.low <= low + move and high + move <= part.high), None)


@dataclass
class _Theme:
    """The theme of a round, phrase by phrase, each from tick 0 on.

    Attributes:
        setting: the piece.
        size: bars of a phrase.
        low, high: lowest and highest pitch.
        phrases: those written so far.
    """

    setting: Setting
    size: int
    low: int
    high: int
    phrases: list[list[Note]] = field(default_factory=list)

    def add_phrase(self, *, is_last: bool) -> None:
        """Adds the best version of the next phrase."""
        drawn = []
        for version in range(_VERSIONS):
            written = self._phrase(version)
            drawn.append((self._cost(written, is_last=is_last), version, written))
        self.phrases.append(min(drawn)[2])

    def _phrase(self, version: int) -> list[Note]:
        """One version of the next phrase, whose rhythm and height differ from those of the one before."""
        meter, number = self.setting.plan.meter, len(self.phrases)
        tune = row_in_meter(tunes(), self.setting.band.tune, meter)
        chance = self.setting.chance("round", number, version)
        rhythms = (tune.open, tune.solo, tune.go)[number % 3]
        motif, end = pick(chance, rhythms), self.size * meter.bar_ticks
        starts, places = list[tuple[int, int]](), list[Place]()
        for bar in self.setting.bars[: self.size]:
            is_close = bar.index == self.size - 1
            rhythm = pick(chance, tune.close) if is_close else pick(chance, rhythms) if bar.index % 2 else motif
            for cell in lay(rhythm, 0, meter, tune.meter):
                tick = bar.start + cell.start
                height = 0.5 + _HEIGHTS[number] + _ARCH[len(_ARCH) * tick // end]
                rests = cell.start % meter.beat_ticks == 0 or cell.ticks >= 2 * meter.beat_ticks
                starts.append((tick, cell.ticks))
                places.append(self._place(bar, cell.start, rests, self.low + height * (self.high - self.low)))
        before = [note.pitch for note in self.phrases[-1]][-2:] if self.phrases else []
        pitches = find_line(places, self.low, self.high, before, tune.leap, chance)
        loud = 66 + 30 * self.setting.bars[0].energy
        return [
            Note(tick, pitch, ticks, round(loud + _ACCENT * (tick % meter.bar_ticks == 0)))
            for (tick, ticks), pitch in zip(starts, pitches, strict=True)
        ]

    def _place(self, bar: BandBar, offset: int, rests: bool, aim: float) -> Place:
        """A note; if it is a tone of the chord, one that no other phrase has at its time, if there is any."""
        chord = bar.chord_at(offset)
        taken = {pitch % _OCTAVE for pitch in self._sounding(bar.start + offset) if pitch is not None}
        free = frozenset(chord.pitch_classes - taken) or frozenset(chord.pitch_classes)
        scale = chord_scale(self.setting.plan.key, chord)
        return Place(tones=free, chord=frozenset(chord.pitch_classes), scale=scale, rests=rests, aim=aim)

    def _sounding(self, tick: int) -> list[int | None]:
        return [_pitch_at(phrase, tick) for phrase in self.phrases]

    def _cost(self, new: Sequence[Note], *, is_last: bool) -> float:
        """How badly a phrase goes with those before it when all sound together."""
        meter, struck = self.setting.plan.meter, [{note.start_ticks for note in phrase} for phrase in (*self.phrases, new)]
        moments = sorted(set().union(*struck))
        pitches = [[*self._sounding(tick), _pitch_at(new, tick)] for tick in moments]
        cost = 0.0
        for tick, sounding in zip(moments, pitches, strict=True):
            *others, pitch = sounding
            for place, other in enumerate(others):
                if pitch is None or other is None:
                    continue
                together = tick in struck[place] and tick in struck[-1]
                cost += (_CLASH if together else _RUB) * ((pitch - other) % _OCTAVE in _SECONDS)
                cost += _SAME * (pitch == other and tick % meter.beat_ticks == 0)
            heard = [each for each in sounding if each is not None]
            if is_last and heard and tick % meter.beat_ticks == 0:
                chord = self.setting.bars[tick // meter.bar_ticks].chord_at(tick % meter.bar_ticks)
                third = third_of(chord)
                cost += _BARE * (third is not None and all((each - chord.root - third) % _OCTAVE for each in heard))
                cost += _SIX_FOUR * ((min(heard) - chord.root) % _OCTAVE == _FIFTH)
        for first, then in pairwise(pitches):
            cost += sum(
                _PARALLEL * _are_parallel(first[place], then[place], first[-1], then[-1]) for place in range(len(first) - 1)
            )
        return cost


def _pitch_at(phrase: Sequence[Note], tick: int) -> int | None:
    return next((note.pitch for note in phrase if note.start_ticks <= tick < note.end_ticks), None)


def _are_parallel(low: int | None, low_then: int | None, high: int | None, high_then: int | None) -> bool:
    """Whether two voices move in parallel fifths or octaves."""
    if low is None or low_then is None or high is None or high_then is None or low == low_then or high == high_then:
        return False
    interval = (high - low) % _OCTAVE
    return interval in _PERFECT and (high_then - low_then) % _OCTAVE == interval


def _closed(sung: Mapping[int, tuple[Note, ...]], chord: Chord, parts: Sequence[EnsemblePart]) -> dict[int, tuple[Note, ...]]:
    """The voices, the lowest of which ends on the root where it can: it changes tones with a voice that has it."""
    last = {index: notes[-1].pitch for index, notes in sung.items()}
    lowest = min(last, key=lambda index: last[index])
    if last[lowest] % _OCTAVE == chord.root:
        return dict(sung)
    partner = next((index for index, pitch in last.items() if pitch % _OCTAVE == chord.root), lowest)
    others = [pitch for index, pitch in last.items() if index not in (lowest, partner)]

    def placed(index: int, tone: int) -> list[int]:
        return [p for p in range(parts[index].low, parts[index].high + 1) if (p - tone) % _OCTAVE == 0]

    ways = [
        (abs(root - last[lowest]) + abs(other - last[partner]), {partner: other, lowest: root})
        for root in placed(lowest, chord.root)
        for other in placed(partner, last[lowest])
        if root <= min([*others, *([other] if partner != lowest else [])], default=root)
    ]
    ends = min(ways, key=lambda way: way[0])[1] if ways else {}
    return {index: (*notes[:-1], replace(notes[-1], pitch=ends.get(index, notes[-1].pitch))) for index, notes in sung.items()}
