"""Smooths accompaniments that the network wrote.

Lines lose neighboring tones and notes struck again, and basses get passing tones in thirds: in choirs and quartets, the network
strikes a pitch again within a beat about three times as often as in openings of human pieces, and moves basses by step half as
often. Hands of keyboards hold each note up to the next stroke.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import pairwise, zip_longest

from composer.analysis.chord_functions import bent_scale
from composer.analysis.playability import KEYBOARDS
from composer.arranging.setting import Setting
from composer.presets import EnsemblePart, levels, programs_of
from composer.score import Chord, Note

SUSTAINED = programs_of("solo-strings", "string-section", "voice", "pipe", "reed", "brass", "brass-section", "saxophone")
_FILLED, _FILLED_INNER = 0.7, 0.6  # shares of the thirds of a bass and of other lines that are filled
_OCTAVE = 12  # semitones
_ANY_NUMBER = 128  # of notes of a stroke
_THIRDS = (3, 4)
_MIDDLE = 55  # lowest pitch of a third that a right hand adds
_HAND, _LEAST = 12, 3  # semitones from it to the other notes of the hand at most, and to them and the melody at least
_STEP = 2  # semitones to a neighboring tone at most
_TWICE = 0.8  # share of waltzes that strike their chords twice; human ones do in 84 % of their bars
_HELD_BASSES = 0.15  # share of pieces whose hands hold basses under later strokes; human left hands hold 4 to 7 % of them
_NEIGHBORS = 0.3  # share of neighboring tones that stay


def smoothed(notes: Sequence[Note], setting: Setting, part: EnsemblePart) -> list[Note]:
    """The notes of an accompanying part; chords of a line stay as they are.

    Args:
        notes: of one part, in order.
        setting: of the piece.
        part: the player.
    """
    if part.program in KEYBOARDS:
        hands = [other for other in setting.plan.parts if other.program in KEYBOARDS]
        upper = len(hands) > 1 and part == hands[0]
        return _held(_with_thirds(_twice(notes, setting), setting, part) if upper else _twice(notes, setting), setting)
    is_bass = part == min((other for other in setting.plan.parts if not other.is_drum), key=lambda other: other.low)
    sung = part.program in programs_of("voice")
    line = apart(notes) if part.program in SUSTAINED else notes
    joined = _joined(_without_neighbors(line, setting), setting, sung=sung, is_bass=is_bass)
    if setting.band.chordal:
        return _together(_entering(_covered(joined, setting), setting), setting)
    filled = _covered(_filled(joined, setting, part.name, _FILLED if is_bass else _FILLED_INNER), setting)
    alone = part.program in SUSTAINED and not any(other.program in KEYBOARDS for other in setting.plan.parts)
    return _breathed(filled, setting) if alone else filled


def apart(notes: Sequence[Note]) -> list[Note]:
    """The notes of a line, each of which ends where the next one begins; notes struck together stay together."""
    following = dict(pairwise(sorted({note.start_ticks for note in notes})))
    ends = [min(note.end_ticks, following.get(note.start_ticks, note.end_ticks)) for note in notes]
    return [replace(note, duration_ticks=end - note.start_ticks) for note, end in zip(notes, ends, strict=True)]


def _twice(notes: Sequence[Note], setting: Setting) -> list[Note]:
    """The notes of a hand, which in most waltzes strikes the chord of the second beat again on the third."""
    if not setting.is_waltz or setting.chance("chords of a waltz").random() >= _TWICE:
        return list(notes)
    beat, changes = setting.plan.meter.beat_ticks, _changes(setting)
    struck: dict[int, list[Note]] = {}
    for note in notes:
        struck.setdefault(note.start_ticks, []).append(note)
    for bar in setting.bars:
        second, third = bar.start + beat, bar.start + 2 * beat
        chord = max(struck.get(second, []), struck.get(third, []), key=len)
        lowest = min(
            (tone.pitch for tone in setting.tune if tone.start_ticks < third + beat and tone.end_ticks > second), default=128
        )
        if second in struck and third in struck and third not in changes and max(note.pitch for note in chord) < lowest:
            for place in (second, third):
                struck[place] = [replace(note, start_ticks=place, duration_ticks=beat) for note in chord]
    return sorted(note for stroke in struck.values() for note in stroke)


def _with_thirds(notes: Sequence[Note], setting: Setting, part: EnsemblePart) -> list[Note]:
    """The notes of a right hand, with the third of each chord where it strikes with a chord that lacks it.

    The bass, the melody and the other notes of the stroke may have it; the level of a piece may allow no further note.
    """
    most = levels()[setting.plan.level].chord if setting.plan.level else _ANY_NUMBER
    struck: dict[int, list[Note]] = {}
    for note in notes:
        struck.setdefault(note.start_ticks, []).append(note)
    for start, chord in _changes(setting).items():
        stroke = struck.get(start, [])
        sung = [tone.pitch for tone in setting.tune if tone.start_ticks <= start < tone.end_ticks]
        third = next((pitch for pitch in chord.pitch_classes if (pitch - chord.root) % _OCTAVE in _THIRDS), None)
        if not 0 < len(stroke) < most or third is None or third in {chord.lowest, *(pitch % _OCTAVE for pitch in sung)}:
            continue
        low, high = stroke[0].pitch, stroke[-1].pitch
        reach = range(max(_MIDDLE, part.low, high - _HAND), min([low + _HAND, *(pitch - _LEAST for pitch in sung)]) + 1)
        places = [pitch for pitch in reach if pitch % _OCTAVE == third]
        apart = [pitch for pitch in places if all(abs(pitch - note.pitch) >= _LEAST for note in stroke)]
        if apart and all(note.pitch % _OCTAVE != third for note in stroke):
            pitch = min(apart, key=lambda pitch: abs(2 * pitch - low - high))
            struck[start] = sorted([*stroke, replace(stroke[0], pitch=pitch)])
    return sorted(note for stroke in struck.values() for note in stroke)


def _held(notes: Sequence[Note], setting: Setting) -> list[Note]:
    """The notes of a hand, each held up to its next stroke, or to the chord before it, for two beats at most.

    In some pieces the lowest note of a bar sounds on.
    """
    ticks, strokes = setting.plan.meter.bar_ticks, sorted({note.start_ticks for note in notes})
    following, ends = dict(pairwise(strokes)), dict(pairwise(sorted({*strokes, *_changes(setting)})))
    sounds_on = setting.chance("held basses").random() < _HELD_BASSES
    lowest: dict[int, int] = {}
    for note in notes:
        bar = note.start_ticks // ticks
        lowest[bar] = min(note.pitch, lowest.get(bar, note.pitch))
    held = []
    for note in notes:
        start, most = note.start_ticks, note.duration_ticks
        if not (sounds_on and note.pitch == lowest[start // ticks]):
            most = min(most, following.get(start, start + most) - start)
        gap = min(ends.get(start, 0) - start, 2 * setting.plan.meter.beat_ticks)
        held.append(replace(note, duration_ticks=max(most, gap)))
    return held


def _without_neighbors(notes: Sequence[Note], setting: Setting) -> list[Note]:
    """The notes of a line without most of its short neighboring tones off the beat, in whose place the note before is held."""
    ticks, beat, chance = setting.plan.meter.bar_ticks, setting.plan.meter.beat_ticks, setting.chance("neighboring tones")
    struck = Counter(note.start_ticks for note in notes)
    plain: list[Note] = []
    for index, note in enumerate(notes):
        before, after = (plain[-1] if plain else None), (notes[index + 1] if index + 1 < len(notes) else None)
        if before is None or after is None or before.pitch != after.pitch or not 0 < abs(note.pitch - before.pitch) <= _STEP:
            plain.append(note)
            continue
        chord = setting.bars[min(note.start_ticks // ticks, len(setting.bars) - 1)].chord_at(note.start_ticks % ticks)
        ornaments = (
            note.pitch % 12 not in chord.pitch_classes
            and note.start_ticks % beat > 0
            and note.duration_ticks < beat
            and before.end_ticks == note.start_ticks
            and {struck[each.start_ticks] for each in (before, note, after)} == {1}
        )
        if ornaments and chance.random() >= _NEIGHBORS:
            plain[-1] = replace(before, duration_ticks=note.end_ticks - before.start_ticks)
        else:
            plain.append(note)
    return plain


def _joined(notes: Sequence[Note], setting: Setting, *, sung: bool, is_bass: bool) -> list[Note]:
    """The notes, joined where a pitch is struck again within a beat.

    Voices strike each beat, instruments each chord and barline. Instruments that play the bass hold it as long as the chord.
    """
    meter = setting.plan.meter
    struck = Counter(note.start_ticks for note in notes)
    kept = range(0, setting.plan.bars * meter.bar_ticks, meter.beat_ticks) if sung else _changes(setting)
    longest = meter.bar_ticks if is_bass and not sung else meter.beat_ticks - 1
    joined: list[Note] = []
    latest = 0  # the last onset that was joined
    for note in notes:
        before = joined[-1] if joined else None
        again = (
            before is not None
            and before.pitch == note.pitch
            and struck[before.start_ticks] == struck[note.start_ticks] == 1
            and note.start_ticks - latest <= longest
            and note.start_ticks not in kept
            and 2 * (note.start_ticks - before.end_ticks) < note.start_ticks - latest
        )
        if again and before is not None:
            joined[-1] = replace(before, duration_ticks=note.end_ticks - before.start_ticks)
        else:
            joined.append(note)
        latest = note.start_ticks
    return joined


def _covered(notes: Sequence[Note], setting: Setting) -> list[Note]:
    """The notes of a line, held over rests of less than a beat below the melody, but not into a chord that lacks them."""
    beat, changes, covered = setting.plan.meter.beat_ticks, _changes(setting), list[Note]()
    for note, after in zip_longest(notes, notes[1:]):
        end = after.start_ticks if after is not None else 0
        sounds = any(tone.start_ticks < end and tone.end_ticks > note.end_ticks for tone in setting.tune)
        if 0 < end - note.end_ticks < beat and sounds:
            until = next(
                (
                    start
                    for start, chord in changes.items()
                    if note.end_ticks <= start < end and note.pitch % _OCTAVE not in chord.pitch_classes
                ),
                end,
            )
            note = replace(note, duration_ticks=until - note.start_ticks)
        covered.append(note)
    return covered


def _entering(notes: Sequence[Note], setting: Setting) -> list[Note]:
    """The notes of a voice, each from the first beat of the rest before it on which the melody moves and the chord has it."""
    meter, entered = setting.plan.meter, list[Note]()
    places = [tone.start_ticks for tone in setting.tune if tone.start_ticks % meter.beat_ticks == 0]
    for before, note in zip([None, *notes], notes, strict=False):
        first = before.end_ticks if before is not None else note.start_ticks
        rests = [place for place in places if first <= place < note.start_ticks]
        fits = (
            note.pitch % _OCTAVE in setting.bars[place // meter.bar_ticks].chord_at(place % meter.bar_ticks).pitch_classes
            for place in rests
        )
        start = next((place for place, is_tone in zip(rests, fits, strict=True) if is_tone), note.start_ticks)
        entered.append(replace(note, start_ticks=start, duration_ticks=note.end_ticks - start))
    return entered


def _together(notes: Sequence[Note], setting: Setting) -> list[Note]:
    """The notes of a voice, struck again where the melody moves on a beat."""
    beat = setting.plan.meter.beat_ticks
    places = [tone.start_ticks for tone in setting.tune if tone.start_ticks % beat == 0]
    parted: list[Note] = []
    for note in notes:
        cuts = [place for place in places if note.start_ticks < place < note.end_ticks]
        for start, end in pairwise([note.start_ticks, *cuts, note.end_ticks]):
            parted.append(replace(note, start_ticks=start, duration_ticks=end - start))
    return parted


def _filled(notes: Sequence[Note], setting: Setting, who: str, share: float) -> list[Note]:
    """The notes with a passing tone in a share of the thirds between notes of at least a beat.

    It is not above the melody, and not a half step from it or from a tone of the chord, but for the tone that the line leaves.
    """
    meter, chance = setting.plan.meter, setting.chance("passing tones", who)
    filled: list[Note] = []
    for note, after in zip_longest(notes, notes[1:]):
        drawn = chance.random()
        if after is None or drawn >= share or after.start_ticks != note.end_ticks or note.duration_ticks < meter.beat_ticks:
            filled.append(note)
            continue
        length = meter.beat_ticks if note.duration_ticks > meter.beat_ticks else meter.beat_ticks // 2
        start = note.end_ticks - length
        sung = [tone.pitch for tone in setting.tune if tone.start_ticks < note.end_ticks and tone.end_ticks > start]
        bar = setting.bars[start // meter.bar_ticks]
        chord = bar.chord_at(start - bar.start)
        passing = _between(note.pitch, after.pitch, bent_scale(setting.plan.key.scale, chord))
        others = {*sung, *chord.pitch_classes - ({note.pitch % _OCTAVE} - {chord.root})}
        crosses = passing is not None and passing > min(sung, default=passing)
        if passing is None or crosses or any((pitch - passing) % _OCTAVE in (1, _OCTAVE - 1) for pitch in others):
            filled.append(note)
            continue
        if any(other.start_ticks <= note.start_ticks < other.end_ticks for other in filled):
            filled.append(note)
            continue
        filled.append(replace(note, duration_ticks=note.duration_ticks - length))
        filled.append(replace(note, start_ticks=start, pitch=passing, duration_ticks=length))
    return filled


def _between(pitch: int, after: int, scale: Collection[int]) -> int | None:
    """The tone of a scale between two that are a third apart, if there is one."""
    if abs(after - pitch) not in _THIRDS:
        return None
    way = 1 if after > pitch else -1
    found = [other for other in range(pitch + way, after, way) if other % 12 in scale]
    return found[-1] if found else None


def _breathed(notes: Sequence[Note], setting: Setting) -> list[Note]:
    """The notes of a line, which rests with the melody at closes: voices breathe together."""
    breathed = list[Note]()
    breaths = [breath for breath in _breaths(setting) if not _is_suspended(notes, breath[0], setting)]
    for note in notes:
        start, end = note.start_ticks, note.end_ticks
        for first, last in breaths:
            start, end = (last if first <= start < last else start), (min(end, first) if start < first else end)
        if start < end:
            breathed.append(replace(note, start_ticks=start, duration_ticks=end - start))
    return breathed


def _is_suspended(notes: Sequence[Note], tick: int, setting: Setting) -> bool:
    """Whether a line sounds a tone at a tick that is foreign to the chord, and so must resolve."""
    bar = setting.bars[tick // setting.plan.meter.bar_ticks]
    tones = bar.chord_at(tick - 1 - bar.start).pitch_classes
    return any(note.start_ticks < tick <= note.end_ticks and note.pitch % _OCTAVE not in tones for note in notes)


def _breaths(setting: Setting) -> list[tuple[int, int]]:
    """First tick and end of the rests of the melody, a beat long at least, in bars with closes after their last chord."""
    meter, plan, found = setting.plan.meter, setting.plan, list[tuple[int, int]]()
    for bar, close in zip(setting.bars[:-1], plan.closes, strict=False):
        end = bar.start + meter.bar_ticks
        inside = [note for note in setting.tune if bar.start <= note.start_ticks < end]
        ends = [note.end_ticks for note in inside if note.start_ticks >= bar.start + bar.spans[-1].start]
        for first in ends if close else ():
            last = min((note.start_ticks for note in inside if note.start_ticks >= first), default=end)
            if last - first >= meter.beat_ticks:
                found.append((first, last))
    return found


def _changes(setting: Setting) -> dict[int, Chord]:
    """The ticks at which bars and chords begin, with their chords."""
    return {bar.start + span.start: span.chord for bar in setting.bars for span in bar.spans}
