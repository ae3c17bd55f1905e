"""Strokes on big and sudden hits: a full chord of the whole ensemble, drums and timpani, which roll into big ones.

Before a sudden hit all players fall silent. The crescendo into a big hit and the accents are in `finishing`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from composer.arranging import players_resting
from composer.arranging.tables import DRUM_KEYS
from composer.arranging.voicing import LOW_APART, fifth_of, timpani_classes
from composer.plan import Plan
from composer.presets import EnsemblePart
from composer.score import TICKS_PER_QUARTER, Chord, Note, Part

_TIMPANI, _BRASS_SECTION = 47, 61
# How many notes players strike at once, and within how many semitones: keyboards and harps, bowed strings, string sections,
# choirs and brass sections.
_CHORDS = ((range(24), 4, 12), ((46,), 4, 16), ((40, 41, 42), 2, 12), (range(48, 56), 3, 14), ((_BRASS_SECTION,), 3, 16))
_BASSES = (*range(32, 40), 43, 58)  # they strike the bass as low as they can
_CLOSE_FROM = 52  # pitch from which thirds sound clear; below it, a chord has octaves and fifths of its bass
_CRASH, _LOW_TOM, _KICK = DRUM_KEYS["crash"], DRUM_KEYS["tom_low"], DRUM_KEYS["kick"]
_CRASH_VELOCITY, _CRASH_TICKS = 118, TICKS_PER_QUARTER // 4
_STROKE_TICKS = TICKS_PER_QUARTER // 8
_ROLL_FROM, _ROLL_TO = 52, 108  # velocity of the first stroke of a roll and of the last


def with_hit_strokes(parts: tuple[Part, ...], plan: Plan) -> tuple[Part, ...]:
    """The parts with strokes on the strong hits of a plan; players who rest there by the settings of sections play none."""
    ticks = plan.meter.bar_ticks
    strengths = {planned.bar: planned.hit.strength for planned in plan.hits if planned.hit.is_strong}
    sudden = [bar * ticks for bar, strength in strengths.items() if strength == "sudden"]
    made, resting = [_with_rests(part, sudden, plan) for part in parts], players_resting(plan)
    for bar, strength in strengths.items():
        struck = [note for part in made if not part.is_drum for note in part.notes if note.start_ticks == bar * ticks]
        stroke = _Stroke.at(bar, plan, struck) if struck else None
        for index, (part, player) in enumerate(zip(made, plan.parts, strict=True)):
            if bar in resting[index]:
                continue
            if part.is_drum:
                made[index] = _with_percussion(part, bar, plan, rolls=strength == "big")
            elif part.program == _TIMPANI and bar:
                made[index] = _with_timpani(part, player, bar, plan, rolls=strength == "big")
            elif stroke:
                made[index] = _with_stroke(part, player, stroke)
    return tuple(made)


@dataclass(frozen=True, slots=True)
class _Stroke:
    """What an ensemble strikes on a hit: its tick, the end of its bar, the chord, its lowest pitch and highest velocity."""

    start: int
    end: int
    tones: frozenset[int]
    lowest: int
    velocity: int

    @classmethod
    def at(cls, bar: int, plan: Plan, struck: Sequence[Note]) -> _Stroke:
        """The planned chord of a bar if its bass is struck there, else the tones that are struck."""
        chord, start = plan.chords[bar][0] if plan.chords else None, bar * plan.meter.bar_ticks
        lowest, loudest = min(note.pitch for note in struck), max(note.velocity for note in struck)
        is_planned = chord is not None and chord.lowest == lowest % 12
        tones = chord.pitch_classes if chord and is_planned else frozenset(note.pitch % 12 for note in struck)
        return cls(start, start + plan.meter.bar_ticks, tones, lowest, loudest)


def _with_stroke(part: Part, player: EnsemblePart, stroke: _Stroke) -> Part:
    """The part with a note on a hit if it has none, held up to its next note in the bar; who can plays a chord.

    Args:
        part: one with pitch.
        player: who plays it.
        stroke: what the ensemble strikes.
    """
    mine = [note for note in part.notes if note.start_ticks == stroke.start]
    earlier = [note for note in part.notes if note.start_ticks < stroke.start]
    later = [note for note in part.notes if note.start_ticks > stroke.start]
    following = min((note.start_ticks for note in later if note.start_ticks < stroke.end), default=stroke.end)
    if not mine:
        near = earlier[-1].pitch if earlier else (player.low + player.high) // 2
        classes = {stroke.lowest % 12} if near <= stroke.lowest or player.program in _BASSES else stroke.tones
        tones = [pitch for pitch in range(player.low, player.high + 1) if pitch % 12 in classes]
        if not tones:
            return part
        pitch = tones[0] if player.program in _BASSES else min(tones, key=lambda tone: abs(tone - near))
        mine = [Note(stroke.start, pitch, following - stroke.start, stroke.velocity)]
        earlier = [replace(note, duration_ticks=min(note.duration_ticks, stroke.start - note.start_ticks)) for note in earlier]
    mine += [replace(mine[0], pitch=pitch) for pitch in _below(mine, player, stroke)]
    return replace(part, notes=tuple(sorted([*earlier, *mine, *later])))


def _below(mine: Sequence[Note], player: EnsemblePart, stroke: _Stroke) -> list[int]:
    """Pitches that fill the chord of a player who can play several, from the highest one down."""
    voices, reach = next(((v, r) for programs, v, r in _CHORDS if player.program in programs), (1, 0))
    taken = [note.pitch for note in mine]
    if voices == 1 or len(taken) >= voices:
        return []
    top, found = max(taken), list[int]()
    for pitch in range(top - 3, max(player.low, top - reach) - 1, -1):
        is_free = all(abs(pitch - other) >= (3 if pitch >= _CLOSE_FROM else LOW_APART) for other in (*taken, *found))
        tones = stroke.tones if pitch >= _CLOSE_FROM else stroke.tones & {stroke.lowest % 12, (stroke.lowest + 7) % 12}
        if pitch % 12 in tones and is_free and len(taken) + len(found) < voices:
            found.append(pitch)
    low = player.low + (stroke.lowest - player.low) % 12
    if player.program == _BRASS_SECTION and low < min((*taken, *found)) - 6:  # the low brass has the bass
        found.append(low)
    return found


def _with_rests(part: Part, hits: Sequence[int], plan: Plan) -> Part:
    """The part without its notes in the last beat before each of some ticks; the drums rest for half a bar."""
    ticks = plan.meter.bar_ticks
    length = ticks - plan.meter.middle_ticks if part.is_drum else min(plan.meter.beat_ticks, ticks // 2)
    kept = list(part.notes)
    for end in hits:
        kept = [note for note in kept if not end - length <= note.start_ticks < end]
        kept = [
            replace(note, duration_ticks=end - length - note.start_ticks)
            if note.start_ticks < end < note.end_ticks + length
            else note
            for note in kept
        ]
    return replace(part, notes=tuple(kept))


def _with_percussion(part: Part, bar: int, plan: Plan, *, rolls: bool) -> Part:
    """The drums with a crash and a low stroke on a hit, after a roll of the low tom that grows, if it `rolls`."""
    end = bar * plan.meter.bar_ticks
    start = end - plan.meter.bar_ticks + plan.meter.middle_ticks if bar and rolls else end
    step = _STROKE_TICKS * 2
    roll = [Note(tick, _LOW_TOM, step, _grown((tick - start) / (end - start))) for tick in range(start, end, step)]
    struck = [Note(end, key, _CRASH_TICKS, _CRASH_VELOCITY) for key in (_CRASH, _LOW_TOM, _KICK)]
    taken = {(note.start_ticks, note.pitch) for note in (*roll, *struck)}
    others = [note for note in part.notes if (note.start_ticks, note.pitch) not in taken]
    return replace(part, notes=tuple(sorted([*others, *roll, *struck])))


def _grown(share: float) -> int:
    """The velocity of a stroke of a roll at a share of its length, 0 to 1."""
    return round(_ROLL_FROM + (_ROLL_TO - _ROLL_FROM) * share)


def _with_timpani(part: Part, player: EnsemblePart, bar: int, plan: Plan, *, rolls: bool) -> Part:
    """The timpani with a stroke on a hit, after a roll that grows through the second half of the bar before, if it `rolls`."""
    end = bar * plan.meter.bar_ticks
    start = end - plan.meter.bar_ticks + plan.meter.middle_ticks if rolls else end
    chord = plan.chords[bar][0] if plan.chords else None
    root = chord.lowest if chord else plan.key.tonic
    pitch = next((pitch for pitch in range(player.low, player.high + 1) if pitch % 12 == root), None)
    if pitch is None:
        return part
    before = [
        replace(note, duration_ticks=min(note.duration_ticks, start - note.start_ticks))
        for note in part.notes
        if note.start_ticks < start
    ]
    after = [note for note in part.notes if note.start_ticks > end]
    tone = _roll_tone(plan, bar, chord) if chord else (plan.key.tonic + _steps_into(plan, bar)) % 12
    tuned = (each for each in range(player.low, player.high + 1) if each % 12 == tone)
    rolled = min(tuned, key=lambda each: abs(each - pitch), default=pitch)
    count = (end - start) // _STROKE_TICKS
    roll = [Note(start + place * _STROKE_TICKS, rolled, _STROKE_TICKS, _grown(place / count)) for place in range(count)]
    struck = next((note for note in part.notes if note.start_ticks == end), None)
    length = struck.duration_ticks if struck else TICKS_PER_QUARTER
    return replace(part, notes=tuple(sorted([*before, *roll, Note(end, pitch, length, 120), *after])))


def _steps_into(plan: Plan, bar: int) -> int:
    """Semitones from notes of the bar before a hit to those of the hit that sound alike: sections may be transposed."""
    return plan.steps_at(bar) - plan.steps_at(bar - 1)


def _roll_tone(plan: Plan, bar: int, chord: Chord) -> int:
    """The pitch class of a roll of timpani into the chord of a bar, as written in the bar before.

    It is the bass of that chord where this clashes with no chord of the roll, or is the tonic under the dominant; else a tone
    of both chords, or the fifth or the root of the last one before the hit.
    """
    chord, tonic = chord.transposed(_steps_into(plan, bar)), (plan.key.tonic + _steps_into(plan, bar)) % 12
    before, meter = plan.chords[bar - 1], plan.meter
    ends = [*meter.chord_ticks(len(before))[1:], meter.bar_ticks]
    sounding = [each for each, end in zip(before, ends, strict=True) if each and end > meter.middle_ticks]
    wanted = [chord.lowest]
    if sounding:
        last = sounding[-1]
        if chord.lowest == tonic and last.root == timpani_classes(tonic)[1]:
            return chord.lowest
        shared = [tone for tone in (chord.root, *sorted(chord.pitch_classes)) if tone in last.pitch_classes]
        wanted += [*shared, (last.root + fifth_of(last)) % 12, last.root]
    return next((tone for tone in wanted if not any(_clashes(tone, each) for each in sounding)), wanted[-1])


def _clashes(tone: int, chord: Chord) -> bool:
    """Whether a pitch class is foreign to a chord and a half step from one of its tones."""
    return tone not in chord.pitch_classes and any((tone - other) % 12 in (1, 11) for other in chord.pitch_classes)
