"""Beds: music without a melody. Players of long tones hold chords and lead them softly; pianos and harps rock through them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from composer.analysis.playability import reach_of
from composer.arranging.casting import family_of
from composer.arranging.setting import LOUD, BandBar, Setting
from composer.arranging.tables import basses as basses_table
from composer.arranging.textures.layers import (
    OCTAVE,
    TIMPANI,
    Players,
    Stretch,
    Tone,
    bass_line,
    breathed,
    by_bar,
    chord_lines,
    drums_of,
    lift_of,
    loudness,
    notes_of,
    registers,
    stretches_of,
    suspended,
    tied,
)
from composer.arranging.voicing import drum_tones, fifth_of, nearest_tone, voice
from composer.controls import HELD
from composer.plan import Plan
from composer.presets import EnsemblePart, features
from composer.score import TICKS_PER_QUARTER, Chord, Note

_CALM_BAR_S = 3.2  # seconds for which a chord of a bed holds at least, in whole bars
_MOST_BARS = 4
_LAST_ENTRY = 4  # bars within which all players enter
_ROCK = (0, 1, 2, 1)  # tones of a chord, from the lowest, that a hand or harp rocks through
_PULSE_S = 0.42  # seconds from one of its strokes to the next, at least
_STRUCK_SOFTER, _TIMPANI_SOFTER = 6, 14  # velocity
_HAND = (58, 79)  # register of chords that are rocked
_LOW_HAND = 43  # pitch around which a left hand plays basses
_LEFT = "(left hand)"
_HEAVY = (56, 57, 58)  # trumpets, trombones and tubas
_ROLL_TICKS = TICKS_PER_QUARTER // 8
_LONGEST_RING = 2  # bars for which a bass that dies away is left to ring


def calm_chords(plan: Plan) -> tuple[tuple[Chord | None, ...], ...]:
    """The chords of a plan, each held for some seconds at least; the last two changes stay. Given ones stay all.

    Args:
        plan: with chords in every bar.
    """
    seconds = plan.meter.bar_ticks / TICKS_PER_QUARTER * 60.0 / plan.mean_qpm
    held = next(bars for bars in (1, 2, _MOST_BARS) if bars * seconds >= _CALM_BAR_S or bars == _MOST_BARS)
    if plan.chords_given:
        return plan.chords
    chords: list[tuple[Chord | None, ...]] = []
    for section in plan.all_sections:
        for place in range(section.bars):
            chords.append(plan.chords[section.start_bar + place // held * held][:1])
    if not plan.loop:
        last = plan.bars - 1
        chords[last] = plan.chords[last][-1:]
        begin = max(0, last - held)
        chords[begin:last] = [plan.chords[max(0, last - 1)][-1:]] * (last - begin)
    return tuple(chords)


def write_bed(setting: Setting, among: Sequence[int] | None = None) -> dict[int, list[Note]]:
    """The parts of a bed, by index.

    Args:
        setting: of the piece, with its chords.
        among: the parts that play; by default all.
    """
    plan = setting.plan
    players = Players(plan.parts, tuple(range(len(plan.parts)) if among is None else among))
    stretches, velocity = stretches_of(setting), loudness(setting)
    held = held_layers(setting, players, stretches)
    notes = {index: notes_of(tones, velocity) for index, tones in held.items()}
    for index in players.struck:
        if index not in notes:
            struck = rung_chords(setting, index, stretches) if plan.texture == HELD else _struck(setting, index, stretches)
            notes[index] = [
                Note(note.start_ticks, note.pitch, note.duration_ticks, max(1, note.velocity - _STRUCK_SOFTER))
                for note in notes_of(list(struck), velocity)
            ]
    for index in players.among:
        part = plan.parts[index]
        if part.is_drum:
            notes[index] = drums_of(setting, part)
        elif part.program in TIMPANI:
            notes[index] = _strokes(setting, part)
    return notes


def held_layers(
    setting: Setting, players: Players, stretches: Sequence[Stretch], *, together: bool = False
) -> dict[int, list[Tone]]:
    """What players of long tones hold, by part.

    Args:
        setting: of the piece.
        players: who plays.
        stretches: the chords.
        together: whether all enter and move with the chords; else they enter one by one from the lowest up, with suspensions.
    """
    plan, parts = setting.plan, setting.plan.parts
    found: dict[int, list[Tone]] = {index: [] for index in players.holding}
    low = parts[players.bass] if players.bass is not None else None
    basses = bass_line(over_drone(plan, stretches), low) if low else []
    roots = [tone.pitch for tone in basses] or [40 + stretch.chord.lowest % OCTAVE for stretch in stretches]
    lines = chord_lines(setting, stretches, roots, registers(players, lift_of(setting)))
    lines = lines if together else suspended(setting, lines)
    lowest_first = [basses, *reversed(lines)] if basses else list(reversed(lines))
    step = plan.meter.bar_ticks // 2 if len(lowest_first) > 1 and not together else 0
    latest = min(_LAST_ENTRY * plan.meter.bar_ticks, stretches[0].end - step)
    seats: list[int | None] = [players.bass] if basses else []
    seats += reversed(players.seats)
    for turn, (index, line) in enumerate(zip(seats, lowest_first, strict=True)):
        if index is None:
            continue
        part = parts[index]
        tones = breathed(tied(_entering(line, min(turn * step, max(0, latest)))), part, plan, turn)
        found.setdefault(index, []).extend(tones)
    for turn, index in enumerate(players.doubling):
        line = lines[min(turn, len(lines) - 1)] if lines else basses
        doubled = [_into_range(tone, parts[index]) for tone in line]
        heard = [each for tone in doubled for each in by_bar(tone, plan) if _joins(setting, parts[index], each)]
        found[index] = breathed(tied(heard), parts[index], plan, turn + 1)
    return found


def holds_drone(plan: Plan) -> bool:
    """Whether the bass of a bed holds the tonic: features ask for a drone, and somebody holds basses."""
    players = Players(plan.parts, tuple(range(len(plan.parts))))
    asked = (features()[name].bass for name in plan.features)
    return players.bass is not None and any(bass and basses_table()[bass].holds for bass in asked)


def over_drone(plan: Plan, stretches: Sequence[Stretch]) -> list[Stretch]:
    """Chords over the tonic where a drone is asked for, else as they are."""
    if not holds_drone(plan):
        return list(stretches)
    return [replace(each, chord=replace(each.chord, bass=plan.key.tonic)) for each in stretches]


def _entering(line: Sequence[Tone], start: int) -> list[Tone]:
    """A voice that begins at a tick."""
    return [Tone(max(tone.start, start), tone.end, tone.pitch) for tone in line if tone.end > start]


def _into_range(tone: Tone, part: EnsemblePart) -> Tone:
    """A tone in the octave nearest to its pitch that a part has, near the middle of its range."""
    low, high = part.low, max(part.high - 7, part.low + OCTAVE)
    return Tone(tone.start, tone.end, nearest_tone([tone.pitch % OCTAVE], max(low, min(tone.pitch, high)), low, part.high))


def _joins(setting: Setting, part: EnsemblePart, tone: Tone) -> bool:
    """Whether a part that doubles plays a tone: families by turns from section to section, trumpets where it is loudest."""
    band_bar = setting.bars[tone.start // setting.plan.meter.bar_ticks]
    if part.program in _HEAVY:
        return band_bar.energy >= setting.loud_quarter
    number = [section.start_bar for section in setting.plan.all_sections].index(band_bar.section.start_bar)
    return band_bar.energy >= LOUD or number % 2 == int(family_of(part) == "winds")


def _struck(setting: Setting, index: int, stretches: Sequence[Stretch]) -> Iterator[Tone]:
    """What a player plays whose tones die away: basses, single bells, or a chord through which a hand rocks."""
    part, meter = setting.plan.parts[index], setting.plan.meter
    family = family_of(part)
    if part.is_bass or part.name.endswith(_LEFT):
        yield from _rung(setting, part, stretches)
        return
    low, high = max(part.low, _HAND[0]), min(part.high, _HAND[1])
    low, high = (low, high) if high - low >= OCTAVE else (part.low, part.high)
    if family == "bells":
        yield from _bells(setting, part, stretches)
        return
    pulse = next(
        ticks
        for ticks in (meter.beat_ticks, meter.middle_ticks or meter.bar_ticks, meter.bar_ticks)
        if ticks / TICKS_PER_QUARTER * 60.0 / setting.plan.mean_qpm >= _PULSE_S or ticks == meter.bar_ticks
    )
    before: tuple[int, ...] = ()
    number, end = 0, setting.plan.bars * meter.bar_ticks
    for stretch in stretches:
        before = voice(stretch.chord, "triad", low, high, before)
        for bar in range(stretch.start // meter.bar_ticks, (stretch.end - 1) // meter.bar_ticks + 1):
            first, last = max(stretch.start, bar * meter.bar_ticks), min(stretch.end, (bar + 1) * meter.bar_ticks)
            if last == end and not setting.plan.loop:
                for place, pitch in enumerate(before):  # the last chord is rolled
                    yield Tone(first + place * _ROLL_TICKS, last, pitch)
                break
            for start in range(first, last, pulse):
                yield Tone(start, min(start + pulse, last), before[_ROCK[number % len(_ROCK)] % len(before)])
                number += 1
        number = 0


def rung_chords(setting: Setting, index: int, stretches: Sequence[Stretch]) -> Iterator[Tone]:
    """Chords of a player whose tones die away, struck again every two bars; a left hand has basses."""
    part = setting.plan.parts[index]
    if part.is_bass or part.name.endswith(_LEFT):
        yield from _rung(setting, part, stretches)
        return
    low, high = max(part.low, _HAND[0]), min(part.high, _HAND[1])
    low, high = (low, high) if high - low >= OCTAVE else (part.low, part.high)
    bar = setting.plan.meter.bar_ticks
    before: tuple[int, ...] = ()
    for stretch in stretches:
        tune = [n.pitch for n in setting.tune if n.start_ticks < stretch.end and n.end_ticks > stretch.start]
        before = voice(stretch.chord, "triad", low, high, before, min(tune, default=high + 1))
        for start in range(stretch.start, stretch.end, _LONGEST_RING * bar):
            for pitch in before[: reach_of(part.program).notes]:
                yield Tone(start, min(start + _LONGEST_RING * bar, stretch.end), pitch)


def _rung(setting: Setting, part: EnsemblePart, stretches: Sequence[Stretch]) -> Iterator[Tone]:
    """Basses, struck again every two bars; a left hand adds the fifth where it is not too low."""
    bar = setting.plan.meter.bar_ticks
    for tone, stretch in zip(bass_line(stretches, part), stretches, strict=True):
        starts = [tone.start, *range((tone.start // bar + _LONGEST_RING) * bar, tone.end, _LONGEST_RING * bar)]
        for start, end in zip(starts, [*starts[1:], tone.end], strict=True):
            yield Tone(start, end, tone.pitch)
            fifth = tone.pitch + fifth_of(stretch.chord)
            if not part.is_bass and stretch.chord.bass is None and tone.pitch >= _LOW_HAND - 7:
                yield Tone(start, end, fifth)


def _bells(setting: Setting, part: EnsemblePart, stretches: Sequence[Stretch]) -> Iterator[Tone]:
    """A bell on the second beat of every other bar, on tones of the chord by turns."""
    bar, beat = setting.plan.meter.bar_ticks, setting.plan.meter.beat_ticks
    center = min(max(79, part.low + OCTAVE // 2), part.high - OCTAVE // 2)
    tones = {start: stretch for stretch in stretches for start in range(stretch.start, stretch.end, bar)}
    for number, (start, stretch) in enumerate(list(tones.items())[::2]):
        wanted = [pitch for pitch in range(center - 7, center + 8) if pitch % OCTAVE in stretch.chord.pitch_classes]
        place = min(start + beat, stretch.end - beat) if stretch.end - start > beat else start
        if wanted:
            yield Tone(place, min(start + _LONGEST_RING * bar, stretch.end), wanted[(2 * number) % len(wanted)])


def _strokes(setting: Setting, part: EnsemblePart) -> list[Note]:
    """A soft stroke of the timpani where a section begins, if a drum suits the chord."""
    velocity = loudness(setting)

    def stroke(bar: BandBar) -> Note | None:
        classes = drum_tones(bar.spans[0].chord, setting.plan.key.tonic)
        if not classes:
            return None
        pitch = nearest_tone(classes[:1], (part.low + part.high) / 2, part.low, part.high)
        return Note(bar.start, pitch, setting.plan.meter.bar_ticks, max(1, velocity(bar.start) - _TIMPANI_SOFTER))

    struck = (stroke(bar) for bar in setting.bars if bar.is_first_of_section or bar.is_last)
    return [note for note in struck if note]
