"""Held layers: which players hold tones, which strike them, and the voices of chords that lead from one to the next."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from statistics import fmean

from composer.analysis.playability import KEYBOARDS, ONE_VOICE, reach_of
from composer.arranging.casting import family_of, height
from composer.arranging.chord_voices import ChordVoices
from composer.arranging.drums import write_drums
from composer.arranging.setting import Setting
from composer.arranging.tables import DRUM_KEYS
from composer.arranging.voicing import nearest_tone
from composer.plan import Plan
from composer.presets import EnsemblePart, programs_of
from composer.score import TICKS_PER_QUARTER, Chord, Note

TIMPANI = programs_of("timpani")
OCTAVE, _TOP = 12, 127
BOWED = programs_of("solo-strings", "fiddle")
_DYING = programs_of(
    "piano",
    "electric-piano",
    "harpsichord",
    "celesta",
    "mallet",
    "dulcimer",
    "kalimba",
    "harp",
    "plucked",
    "percussion",
    "acoustic-guitar",
    "electric-guitar",
    "acoustic-bass",
    "electric-bass",
    "pizzicato-strings",
    "orchestra-hit",
    "timpani",
)  # whose tones die away
_CORE = ("strings", "low", "pad", "choir", "organ", "synth")  # families that hold the voices; winds and brass double them
_MOST_VOICES, _HAND_VOICES = 4, 2
# Pitches around which voices move, by their number and from the highest; half the width of their registers; what valence adds.
_CENTERS = {1: (65,), 2: (68, 60), 3: (71, 64, 58), 4: (73, 67, 61, 55)}
_HALF, _BY_VALENCE = 8, 3
_ROOM = 10  # semitones from a melody down to the middle of the register of a single voice below it
_BEST = 0.35  # of its range, from the lowest pitch: where an instrument sounds best
_LOW_BASS, _BASS, _LOWEST_OF_LOW = 36, 43, 31  # pitches around which basses move, and up to which a part is a low one
_BREATH_S, _BOW_S = 9.0, 14.0  # seconds for which players of winds and of strings hold a tone at most
_LEVEL, _BY_ENERGY, _BY_PLACE = 58, 26.0, 9.0  # velocity: at medium intensity, by intensity, and in the middle of a section
_STROKE, _SOFTER = TICKS_PER_QUARTER // 2, 8  # ticks of a stroke of the bass drum, and how much softer it is
_STEP = 2  # semitones by which a suspension resolves down
_SUSPENDED = 0.4  # share of the changes of chord with a suspension, where a voice moves down by step


@dataclass(frozen=True, slots=True)
class Stretch:
    """A chord and the ticks for which it holds."""

    start: int
    end: int
    chord: Chord


@dataclass(frozen=True, slots=True)
class Tone:
    """A tone of a layer: ticks and pitch."""

    start: int
    end: int
    pitch: int


def stretches_of(setting: Setting) -> list[Stretch]:
    """The chords of a piece; one that stays is one stretch."""
    found: list[Stretch] = []
    for bar in setting.bars:
        for span in bar.spans:
            start, end = bar.start + span.start, bar.start + span.end
            if found and found[-1].chord == span.chord:
                found[-1] = replace(found[-1], end=end)
            else:
                found.append(Stretch(start, end, span.chord))
    return found


def holds(part: EnsemblePart) -> bool:
    """Whether an instrument holds its tones, rather than strikes or plucks them."""
    return not part.is_drum and part.program not in _DYING


def voices_of(part: EnsemblePart) -> int:
    """How many tones a part holds at once: single lines and solo strings one, a hand two that it reaches, others a chord."""
    most = 1 if part.program in BOWED else _HAND_VOICES if part.program in KEYBOARDS else _MOST_VOICES
    return min(most, reach_of(part.program).notes)


def lift_into(pitches: Sequence[int], low: int, high: int, best: float | None = None) -> int:
    """The octaves in semitones by which a line moves into a range: most of it is inside.

    Args:
        pitches: of the line.
        low, high: the range.
        best: pitch around which it is, if possible; by default where an instrument of the range sounds best.
    """
    center = low + _BEST * (high - low) if best is None else best

    def cost(octaves: int) -> tuple[int, float]:
        moved = [pitch + OCTAVE * octaves for pitch in pitches]
        return sum(not low <= pitch <= high for pitch in moved), abs(sum(moved) / len(moved) - center)

    return OCTAVE * min(range(-5, 6), key=cost)


def into(pitch: int, low: int, high: int) -> int:
    """A pitch in the octave nearest to it within a range; its lowest pitch where the range has no such pitch."""
    inside = [each for each in range(low, high + 1) if (each - pitch) % OCTAVE == 0]
    return min(inside, key=lambda each: abs(each - pitch)) if inside else low


@dataclass(frozen=True)
class Players:
    """Who does what in held layers.

    Attributes:
        parts: of the piece.
        among: indices of the parts that play.
    """

    parts: tuple[EnsemblePart, ...]
    among: tuple[int, ...]

    @cached_property
    def holding(self) -> list[int]:
        """Parts that hold tones, the highest first."""
        found = [index for index in self.among if holds(self.parts[index])]
        return sorted(found, key=lambda index: (-height(self.parts[index]), index))

    @cached_property
    def struck(self) -> list[int]:
        """Keyboards, plucked instruments and bells."""
        others = [index for index in self.among if index not in self.holding]
        return [i for i in others if not self.parts[i].is_drum and self.parts[i].program not in TIMPANI]

    @cached_property
    def bass(self) -> int | None:
        """The part that holds basses: a bass instrument, else the lowest of two or more that hold tones.

        A single one that holds whole chords does where nobody strikes basses.
        """
        basses = [index for index in (*self.holding, *self.struck) if self.parts[index].is_bass]
        if basses or not self.holding:
            return basses[-1] if basses else None
        lowest = self.parts[self.holding[-1]]
        are_struck = any(self.parts[index].low <= _LOW_BASS for index in self.struck)
        holds_all = voices_of(lowest) == _MOST_VOICES and lowest.low <= _LOW_BASS and not are_struck
        return self.holding[-1] if len(self.holding) > 1 or not self.struck or holds_all else None

    @cached_property
    def seats(self) -> tuple[int, ...]:
        """The part of each voice of the chords, from the highest; strings, choirs and pads before others."""
        upper = [index for index in self.holding if index != self.bass]
        if not upper and self.bass is not None and voices_of(self.parts[self.bass]) > 1:
            upper = [self.bass]  # it holds whole chords
        ranked = sorted(upper, key=lambda index: family_of(self.parts[index]) not in _CORE)[:_MOST_VOICES]
        shares = dict.fromkeys(ranked, 1)
        while sum(shares.values()) < _MOST_VOICES:
            able = [index for index in ranked if shares[index] < voices_of(self.parts[index])]
            if not able:
                break
            shares[min(able, key=lambda index: shares[index])] += 1
        return tuple(index for index in upper if index in shares for _ in range(shares[index]))

    @cached_property
    def doubling(self) -> list[int]:
        """Parts that double voices."""
        return [index for index in self.holding if index not in self.seats and index != self.bass]


def registers(players: Players, lift: int = 0) -> list[tuple[int, int]]:
    """The register of each voice, from the highest down, moved by semitones and within the range of its part."""
    seats = players.seats
    found = []
    for center, index in zip(_CENTERS.get(len(seats), ()), seats, strict=True):
        part = players.parts[index]
        middle = min(max(center + lift, part.low + OCTAVE // 2), part.high - OCTAVE // 2)
        found.append((max(part.low, middle - _HALF), min(part.high, middle + _HALF)))
    return found


def lift_of(setting: Setting) -> int:
    """Semitones by which bright moods raise layers and dark ones lower them; below a melody, down to where it leaves room."""
    if setting.tune:
        return min(0, round(fmean(note.pitch for note in setting.tune)) - _ROOM - _CENTERS[1][0])
    valences = [mood.valence for mood in setting.plan.moods]
    return round(_BY_VALENCE * fmean(valences)) if valences else 0


def bass_line(stretches: Sequence[Stretch], part: EnsemblePart) -> list[Tone]:
    """The basses of chords, each near the one before and in the low part of a range."""
    center = _LOW_BASS if part.low <= _LOWEST_OF_LOW else _BASS
    center = min(max(center, part.low + 5), part.high - 5)
    tones: list[Tone] = []
    for stretch in stretches:
        near = (2 * center + tones[-1].pitch) / 3 if tones else center
        pitch = nearest_tone([stretch.chord.lowest], near, part.low, min(part.high, center + OCTAVE))
        tones.append(Tone(stretch.start, stretch.end, pitch))
    return tones


def chord_lines(
    setting: Setting,
    stretches: Sequence[Stretch],
    basses: Sequence[int],
    spans: Sequence[tuple[int, int]],
) -> list[list[Tone]]:
    """The voices of chords, from the highest, one list of tones each; all move as little as possible.

    Args:
        setting: of the piece; where its melody sounds, voices stay below it if they can.
        stretches: the chords.
        basses: the bass of each.
        spans: the register of each voice.
    """
    voices = ChordVoices(spans, (setting.plan.key.tonic + 11) % OCTAVE)
    lines: list[list[Tone]] = [[] for _ in spans]
    for stretch, bass in zip(stretches, basses, strict=True):
        tune = [n.pitch for n in setting.tune if n.start_ticks < stretch.end and n.end_ticks > stretch.start]
        ceiling = min(tune, default=_TOP + 1) - 1
        for line, pitch in zip(lines, voices.chord(stretch.chord, ceiling, tune[0] if tune else None, bass), strict=True):
            line.append(Tone(stretch.start, stretch.end, pitch))
    return lines


def suspended(setting: Setting, lines: Sequence[Sequence[Tone]]) -> list[list[Tone]]:
    """The voices with suspensions: one that moves down by step keeps its tone for half of the next chord."""
    result = [list(line) for line in lines]
    for place in range(1, len(lines[0]) if lines else 0):
        falling = [
            voice
            for voice, line in enumerate(lines)
            if 0 < line[place - 1].pitch - line[place].pitch <= _STEP
            and all(abs(other[place].pitch - line[place - 1].pitch) != 1 for other in lines if other is not line)
        ]
        chance, length = setting.chance("suspension", place), lines[0][place].end - lines[0][place].start
        if not falling or place == len(lines[0]) - 1 or chance.random() >= _SUSPENDED:
            continue
        if length < 2 * setting.plan.meter.beat_ticks:
            continue
        voice = falling[int(chance.random() * len(falling))]
        middle = result[voice][place].start + length // 2 // setting.plan.meter.beat_ticks * setting.plan.meter.beat_ticks
        result[voice][place - 1] = replace(result[voice][place - 1], end=middle)
        result[voice][place] = replace(result[voice][place], start=middle)
    return result


def by_bar(tone: Tone, plan: Plan) -> list[Tone]:
    """A tone cut at the barlines."""
    ticks = plan.meter.bar_ticks
    cuts = range((tone.start // ticks + 1) * ticks, tone.end, ticks)
    return [Tone(start, end, tone.pitch) for start, end in pairwise((tone.start, *cuts, tone.end))]


def tied(tones: Sequence[Tone]) -> list[Tone]:
    """A voice whose repeated tones are held."""
    found: list[Tone] = []
    for tone in tones:
        if found and found[-1].pitch == tone.pitch and found[-1].end == tone.start:
            found[-1] = replace(found[-1], end=tone.end)
        else:
            found.append(tone)
    return found


def breathed(tones: Sequence[Tone], part: EnsemblePart, plan: Plan, turn: int = 0) -> list[Tone]:
    """Tones that a player can hold: longer ones begin again on a barline, where other players, by their turn, hold theirs."""
    longest_s = _BREATH_S if reach_of(part.program) == ONE_VOICE else _BOW_S if part.program in BOWED else math.inf
    bar = plan.meter.bar_ticks
    bar_s = bar / TICKS_PER_QUARTER * 60.0 / plan.mean_qpm
    most = max(1, int(longest_s / bar_s)) if longest_s < math.inf else plan.bars
    found = []
    for tone in tones:
        if tone.end - tone.start <= most * bar:
            found.append(tone)
            continue
        first = (tone.start // bar + 1 + turn % most) * bar
        cuts = [cut for cut in range(first, tone.end, most * bar) if cut - tone.start >= bar <= tone.end - cut]
        bounds = [tone.start, *cuts, tone.end]
        found += [Tone(start, end, tone.pitch) for start, end in pairwise(bounds)]
    return found


def loudness(setting: Setting) -> Callable[[int], int]:
    """The velocity of a layer at a tick: with the intensity of the bar, and in the middle of a section above its ends."""
    ticks = setting.plan.meter.bar_ticks

    def velocity(tick: int) -> int:
        bar = setting.bars[min(tick // ticks, len(setting.bars) - 1)]
        within = (tick / ticks - bar.section.start_bar) / bar.section.bars
        swell = math.sin(math.pi * min(max(within, 0.0), 1.0)) - 0.5
        return max(1, min(127, round(_LEVEL + _BY_ENERGY * (bar.energy - 0.5) + _BY_PLACE * swell)))

    return velocity


def drums_of(setting: Setting, part: EnsemblePart) -> list[Note]:
    """The beat of a style, or, where it has none, a soft stroke of the bass drum at the start of each section."""
    velocity = loudness(setting)
    starts = [bar.start for bar in setting.bars if bar.is_first_of_section]
    strokes = [Note(start, DRUM_KEYS["kick"], _STROKE, max(1, velocity(start) - _SOFTER)) for start in starts]
    return write_drums(setting, part) or strokes


def notes_of(tones: Sequence[Tone], velocity: Callable[[int], int]) -> list[Note]:
    """Tones as notes."""
    return [
        Note(tone.start, tone.pitch, tone.end - tone.start, velocity(tone.start)) for tone in tones if tone.end > tone.start
    ]
