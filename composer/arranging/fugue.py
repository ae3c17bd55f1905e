"""Fugues: the subject alone, answered by one voice after another, and entries in other keys between free bars.

The subject and the harmony are written by grammar, answers a fifth higher in exact transposition (a real answer). The network
writes the counterpoint of the voices that have entered (Fux 1725; Mann, *The Study of Fugue*).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from composer.arranging.cells import lay
from composer.arranging.line_search import Place, find_line
from composer.arranging.progressions import Bars
from composer.arranging.setting import Setting, pick
from composer.arranging.tables import row_in_meter, tunes
from composer.arranging.voicing import chord_scale
from composer.plan import Plan
from composer.plan.seeded import choose
from composer.presets import EnsemblePart
from composer.score import TICKS_PER_QUARTER, Chord, Note

FUGUE = "fugue"  # the lead of styles whose voices enter with a subject
FEWEST_VOICES, MOST_VOICES = 2, 5
_SUBJECT, _OF_SHORT_BARS = 2, 4  # bars of a subject, and of one in bars of less than three quarters
_EPISODE, _CLOSE = 2, 2  # bars between later entries, and after the last one
_OCTAVE, _FIFTH, _FOURTH = 12, 7, 5
_ENTRIES = {2: (0, 1), 3: (1, 0, 2), 4: (2, 1, 0, 3), 5: (2, 1, 0, 3, 4)}  # voices from the top in the order of their entries
_LATER = (_FOURTH, 0, _FIFTH)  # semitones above the tonic of the keys of later entries
_HIGHEST, _LOWEST = 76, 48  # middle of the range of the highest and the lowest voice
_WIDE = 10  # semitones from the middle of its range that a voice may move
_AROUND, _VERSIONS = 72, 8  # lowest pitch of the octave of the subject's tonic, less one octave; versions of a subject
_LEAST_PITCHES, _SPANS = 4, range(5, 13)  # different pitches of a subject, and semitones that it spans
_ACCENT = 6  # in velocity, of an entry
# Semitones above the tonic of the chords of episodes by half bars, and their qualities.
_EPISODES = {
    "major": (((0, "maj"), (9, "min"), (2, "min"), (7, "maj")), ((9, "min"), (5, "maj"), (2, "min"), (7, "maj"))),
    "minor": (((0, "min"), (8, "maj"), (5, "min"), (7, "maj")), ((0, "min"), (5, "min"), (10, "maj"), (3, "maj"))),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the subject: its voice from the top, its first bar, and the semitones above the tonic of its key."""

    voice: int
    bar: int
    key: int


@dataclass(frozen=True)
class Layout:
    """Where the voices of a fugue enter.

    Attributes:
        plan: of the piece.
    """

    plan: Plan

    @property
    def size(self) -> int:
        """Bars of the subject."""
        return _SUBJECT if self.plan.meter.bar_ticks >= 3 * TICKS_PER_QUARTER else _OF_SHORT_BARS

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """The entries of the exposition in tonic and dominant by turns, later ones, and the last one in the tonic."""
        voices = len(self.plan.parts)
        found = [Entry(voice, place * self.size, _FIFTH * (place % 2)) for place, voice in enumerate(_ENTRIES[voices])]
        last = self.plan.bars - _CLOSE - self.size
        place, bar = 0, voices * self.size + _EPISODE
        while bar + self.size <= last:
            found.append(Entry((place - 1) % voices, bar, _LATER[place % len(_LATER)]))
            place, bar = place + 1, bar + self.size + _EPISODE
        return (*found, Entry(voices - 1 if found[-1].voice != voices - 1 else 0, last, 0))

    def entry_at(self, bar: int) -> Entry | None:
        """The entry that sounds in a bar."""
        return next((entry for entry in self.entries if entry.bar <= bar < entry.bar + self.size), None)

    @property
    def chords(self) -> Bars:
        """The chords of every bar."""
        plan, found = self.plan, list[tuple[Chord, ...]]()
        episode: list[Chord] = []
        for bar in range(plan.bars):
            left = plan.bars - bar
            if left <= _CLOSE:
                found.append((self._triad(0),) if left == 1 else (self._triad(_FOURTH), self._triad(_FIFTH, "maj")))
            elif entry := self.entry_at(bar):
                is_close = bar - entry.bar == self.size - 1
                opened = self._triad(entry.key)
                is_middle = 2 * (bar - entry.bar) >= self.size - (self.size > _SUBJECT)
                dominant = self._triad(entry.key + _FIFTH, "maj")
                found.append((dominant, opened) if is_close else (dominant,) if is_middle else (opened,))
            else:
                if not episode:
                    rows = _EPISODES[plan.key.mode]
                    row = choose(plan.band_seed, f"episode {bar}", rows, [1.0] * len(rows))
                    episode = [self._triad(degree, quality) for degree, quality in row]
                found.append((episode.pop(0), episode.pop(0)))
        return tuple(found)

    def _triad(self, degree: int, quality: str = "") -> Chord:
        return Chord((self.plan.key.tonic + degree) % _OCTAVE, quality or self.plan.key.mode[:3])


def fits(plan: Plan) -> bool:
    """Whether a plan has the voices and the bars of a fugue in which every voice enters."""
    voices = len(plan.parts)
    if not FEWEST_VOICES <= voices <= MOST_VOICES or any(part.is_drum for part in plan.parts) or plan.loop:
        return False
    return plan.bars >= (voices + 1) * Layout(plan).size + _CLOSE


def fugue_ranges(parts: Sequence[EnsemblePart]) -> list[tuple[int, int]]:
    """The lowest and highest pitch of each voice."""
    steps = max(1, len(parts) - 1)
    middles = [_HIGHEST - (_HIGHEST - _LOWEST) * place / steps for place in range(len(parts))]
    kept = [
        min(max(middle, part.low + _WIDE), max(part.low + _WIDE, part.high - _WIDE))
        for middle, part in zip(middles, parts, strict=True)
    ]
    return [
        (max(part.low, round(middle) - _WIDE), min(part.high, round(middle) + _WIDE))
        for middle, part in zip(kept, parts, strict=True)
    ]


def write_fugue(setting: Setting) -> tuple[dict[int, tuple[Note, ...]], dict[int, frozenset[int]]]:
    """The entries of a fugue by part, and the bars of each part in which it has free counterpoint."""
    plan, layout = setting.plan, Layout(setting.plan)
    subject, ranges = _subject(setting, layout), fugue_ranges(plan.parts)
    notes: Mapping[int, list[Note]] = {index: [] for index in range(len(plan.parts))}
    free: dict[int, frozenset[int]] = {}
    for entry in layout.entries:
        low, high = ranges[entry.voice]
        middle = sum(note.pitch for note in subject) / len(subject) + entry.key
        lift = entry.key + _OCTAVE * round(((low + high) / 2 - middle) / _OCTAVE)
        part = plan.parts[entry.voice]
        start = entry.bar * plan.meter.bar_ticks
        for note in subject:
            pitch = note.pitch + lift
            pitch += _OCTAVE * ((pitch < part.low) - (pitch > part.high))
            notes[entry.voice].append(replace(note, start_ticks=note.start_ticks + start, pitch=pitch))
    for index in notes:
        given = {bar for entry in layout.entries if entry.voice == index for bar in range(entry.bar, entry.bar + layout.size)}
        first = min(entry.bar for entry in layout.entries if entry.voice == index)
        free[index] = frozenset(range(first, plan.bars)) - given
    return {index: tuple(sorted(written)) for index, written in notes.items()}, free


def _subject(setting: Setting, layout: Layout) -> list[Note]:
    """The first of several subjects with enough pitches within an octave, from tick 0 on, about the tonic above C4."""
    versions = [_version(setting, layout, version) for version in range(_VERSIONS)]

    def is_good(notes: Sequence[Note]) -> bool:
        pitches = {note.pitch for note in notes}
        return len(pitches) >= _LEAST_PITCHES and max(pitches) - min(pitches) in _SPANS

    return next(filter(is_good, versions), versions[0])


def _version(setting: Setting, layout: Layout, version: int) -> list[Note]:
    """A subject that begins on the tonic or the fifth, runs, and closes on a tone of the tonic chord."""
    plan, chance = setting.plan, setting.chance("subject", version)
    tune = row_in_meter(tunes(), setting.band.tune, plan.meter)
    low = _AROUND - _OCTAVE + (plan.key.tonic - _FIFTH // 2) % _OCTAVE - _FIFTH // 2
    starts, places = list[tuple[int, int]](), list[Place]()
    for bar in setting.bars[: layout.size]:
        is_close = bar.index == layout.size - 1
        rhythm = pick(chance, tune.close if is_close else tune.go if bar.index == 0 else tune.solo)
        for cell in lay(rhythm, 0, plan.meter, tune.meter):
            chord = bar.chord_at(cell.start)
            tones = frozenset(chord.pitch_classes)
            if not starts:
                tones = frozenset((plan.key.tonic, (plan.key.tonic + _FIFTH) % _OCTAVE))
            rests = cell.start % plan.meter.beat_ticks == 0 or cell.ticks >= 2 * plan.meter.beat_ticks
            share = (bar.start + cell.start) / (layout.size * plan.meter.bar_ticks)
            aim = low + _OCTAVE * (0.3 + 0.8 * share * (1 - share))
            starts.append((bar.start + cell.start, cell.ticks))
            places.append(Place(tones=tones, chord=tones, scale=chord_scale(plan.key, chord), rests=rests, aim=aim))
    pitches = find_line(places, low, low + _OCTAVE + 2, [], tune.leap, chance)
    return [
        Note(tick, pitch, ticks, 80 + _ACCENT * (tick % plan.meter.bar_ticks == 0))
        for (tick, ticks), pitch in zip(starts, pitches, strict=True)
    ]
