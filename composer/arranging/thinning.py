"""Thins what accompanies a melody where a brief asks for few notes: fewer players at a time, held chords, single strokes.

A phrase has two or three players beside the melody, or one; each begins a chord at most once in a given time and holds it. The
melody stays as it is. Knows the setting and the roles of the parts, not who wrote their notes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from composer.arranging.casting import Role
from composer.arranging.phrase_map import Phrase, phrases_of
from composer.arranging.setting import Setting
from composer.arranging.smoothing import SUSTAINED
from composer.presets import programs_of
from composer.score import TICKS_PER_QUARTER, Note

# Beside the melody, by the density from which they play: how many players, and how many tones of their chords.
_PLAYERS = ((0.5, 3, 3), (0.3, 2, 2), (0.0, 1, 2))
_HELD = SUSTAINED | programs_of("organ", "synth-pad", "synth-choir", "synth-strings", "tremolo-strings")
_LONGEST_HELD = 2  # bars for which a chord that stays is held
_BASS_RESTS = 0.3  # share of the phrases of two players or more in which the bass is not one of them
_STROKE_BARS = 2  # from one stroke of an orchestra's percussion to the next


def thinned(setting: Setting, roles: Sequence[Role], notes: Mapping[int, tuple[Note, ...]]) -> dict[int, tuple[Note, ...]]:
    """The notes of all parts, by part, with a thin accompaniment if the plan's density is sparse; else as they are.

    Voices that move together or imitate each other stay as they are, too.

    Args:
        setting: with the density.
        roles: of each part.
        notes: of parts that are written by grammar; the melody may go from one to another.
    """
    if not setting.is_thin:
        return dict(notes)
    ticks, parts = setting.plan.meter.bar_ticks, setting.plan.parts
    leads = _leads(setting, roles, notes)
    found: dict[int, list[Note]] = {index: [] for index in notes}
    for phrase in phrases_of(setting):
        inside = {
            index: [note for note in written if note.start_ticks // ticks in phrase.range] for index, written in notes.items()
        }
        playing = [
            index for index, written in inside.items() if written and not parts[index].is_drum and index not in leads(phrase)
        ]
        chosen = _chosen(setting, phrase, playing, roles)
        for index, written in inside.items():
            if index in leads(phrase):
                found[index] += written
            elif parts[index].is_drum:
                found[index] += sparse_strokes(setting, written)
            elif index in chosen:
                found[index] += held(setting, parts[index].program, written)
    return {index: tuple(sorted(written)) for index, written in found.items()}


def held(setting: Setting, program: int, notes: Sequence[Note]) -> list[Note]:
    """The first stroke of an accompanying part in each stretch of a chord; who can holds it to the end of that stretch.

    Args:
        setting: with a sparse density.
        program: of the part.
        notes: that it plays.
    """
    density = setting.plan.density or 0.0
    tones = next(count for least, _, count in _PLAYERS if density >= least)
    made: list[list[Note]] = []
    sustains = program in _HELD
    for end, struck in _by_stretch(setting, sorted(notes)):
        first = [note for note in struck if note.start_ticks == struck[0].start_ticks]
        kept = [*first[:1], *first[len(first) - tones + 1 :]] if len(first) > tones else first
        last = max(note.end_ticks for note in struck) if sustains else 0
        kept = [replace(note, duration_ticks=max(note.end_ticks, min(last, end)) - note.start_ticks) for note in kept]
        if sustains and made and _goes_on(setting, made[-1], kept):
            length = max(note.end_ticks for note in kept) - made[-1][0].start_ticks
            made[-1] = [replace(note, duration_ticks=length) for note in made[-1]]
        else:
            made.append(kept)
    return [note for chord in made for note in chord]


def _goes_on(setting: Setting, before: Sequence[Note], kept: Sequence[Note]) -> bool:
    """Whether a chord is that before it, which ends where it begins and is not yet long."""
    alike = [note.pitch for note in before] == [note.pitch for note in kept]
    meets = before[0].end_ticks == kept[0].start_ticks
    bars = (kept[0].end_ticks - before[0].start_ticks) / setting.plan.meter.bar_ticks
    attacks = kept[0].start_ticks // setting.plan.meter.bar_ticks in setting.plan.attack_bars
    return alike and meets and bars <= _LONGEST_HELD and not attacks


def _stretch_ticks(setting: Setting) -> int:
    """How long a stroke at least lasts for the density: a part of a bar, or a whole one."""
    ticks, beat = setting.plan.meter.bar_ticks, setting.plan.meter.beat_ticks
    least = TICKS_PER_QUARTER / (setting.plan.density or 1.0)
    return next((ticks // parts for parts in (4, 2) if ticks // parts >= max(beat, least * 0.99)), ticks)


def _by_stretch(setting: Setting, notes: Sequence[Note]) -> Iterator[tuple[int, list[Note]]]:
    """The end and the notes of each stretch in which one chord holds, at most as long as the density allows."""
    ticks, size = setting.plan.meter.bar_ticks, _stretch_ticks(setting)

    def bounds(note: Note) -> tuple[int, int]:
        bar, offset = divmod(note.start_ticks, ticks)
        span = next(span for span in setting.bars[bar].spans if offset < span.end)
        start = max(span.start, offset // size * size)
        return bar * ticks + start, bar * ticks + min(span.end, offset // size * size + size)

    for (_, end), struck in groupby(notes, key=bounds):
        yield end, list(struck)


def _chosen(setting: Setting, phrase: Phrase, playing: Sequence[int], roles: Sequence[Role]) -> frozenset[int]:
    """The players of a phrase beside the melody, alike where it returns: mostly a bass, and some of the others."""
    density, place = setting.plan.density or 0.0, phrase.start - phrase.section.start_bar
    count = next(count for least, count, _ in _PLAYERS if density >= least)
    chance = setting.chance("few players", phrase.section.letter, place)
    bass = [index for index in playing if roles[index].kind == "bass"]
    first = bass if count > 1 and chance.random() >= _BASS_RESTS else []
    others = [index for index in playing if index not in first]
    chance.shuffle(others)
    return frozenset([*first, *others][: min(count, max(1, len(playing) - 1))])


def _leads(
    setting: Setting, roles: Sequence[Role], notes: Mapping[int, tuple[Note, ...]]
) -> Callable[[Phrase], frozenset[int]]:
    """Who has the melody in a phrase: by its section, else the leading part, in orchestras the first with most notes."""
    ticks = setting.plan.meter.bar_ticks
    named = frozenset(index for index, role in enumerate(roles) if role.kind == "lead")
    played = {index: {(note.start_ticks, note.pitch % 12) for note in written} for index, written in notes.items()}

    def leads(phrase: Phrase) -> frozenset[int]:
        if setting.leads[phrase.start]:
            return frozenset(setting.leads[phrase.start])
        tune = {(note.start_ticks, note.pitch % 12) for note in setting.tune if note.start_ticks // ticks in phrase.range}
        shared = {index: len(tune & tones) for index, tones in played.items()}
        most = max(shared, key=lambda index: shared[index], default=-1)
        return frozenset([most]) if tune and shared[most] > len(tune) // 2 else named

    return leads


def sparse_strokes(setting: Setting, notes: Sequence[Note]) -> list[Note]:
    """The loudest stroke of a kit on a beat of each stretch; of an orchestra's percussion, those that begin every other bar.

    Args:
        setting: with a sparse density.
        notes: of the drums.
    """
    ticks, beat = setting.plan.meter.bar_ticks, setting.plan.meter.beat_ticks
    if setting.band.orchestral:
        return [note for note in notes if note.start_ticks % (_STROKE_BARS * ticks) == 0]
    size = _stretch_ticks(setting)
    on_beats = sorted(note for note in notes if note.start_ticks % ticks % beat == 0)
    stretches = groupby(on_beats, key=lambda note: (note.start_ticks // ticks, note.start_ticks % ticks // size))
    return [max(struck, key=lambda note: note.velocity) for _, struck in stretches]
