"""Scores the four voices of a chorale for a choir or for four to six players, phrase by phrase.

A fifth player has a voice between the others; in some phrases a player rests, or the melody or the bass is doubled in octaves
(Adler, *The Study of Orchestration*, 2002, on quintets of winds and brass).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from composer.arranging.choir_lines import choir_lines, parts_below
from composer.arranging.fifth_voice import fifth_voice
from composer.arranging.four_parts import lower_voices
from composer.arranging.leading import placed, softer
from composer.arranging.phrase_map import phrases_of
from composer.arranging.seats import register_of
from composer.arranging.setting import Setting
from composer.arranging.smoothing import apart
from composer.arranging.staging import Voices, doubling_singers, voices_of
from composer.presets import EnsemblePart, programs_of
from composer.score import Note

_OCTAVE = 12
_DEEPEST = 32  # lowest pitch below which a player of the bass sounds an octave below the voice, as tubas and double basses do
_ROOM = 5  # semitones by which another bass below a fifth voice is lower than usual
_FEWEST_PHRASES = 4  # of a piece in which a player may rest for the first one
# Ways to score a phrase, and the share of phrases in which each is tried.
_FULL, _FOUR, _HIGH, _DEEP = "full", "four", "high", "deep"
_SHARES = {_FOUR: 0.6, _HIGH: 0.4, _DEEP: 0.5}
_SOPRANO, _INNER = "soprano", "inner"
_ALTO, _TENOR, _BASS = lower_voices(3)

Cast = Mapping[int, tuple[str, int]]  # by player, the voice and the semitones by which it is moved


def consort_lines(setting: Setting, lead: int) -> dict[int, tuple[Note, ...]]:
    """The notes of each player of a chorale, or singer of a choir.

    Args:
        setting: the piece with its melody.
        lead: the part that has the melody.
    """
    parts, voices = setting.plan.parts, voices_of(setting.plan, lead)
    ranges = [(parts[index].low, parts[index].high) for index in voices.lower]
    drop = -_OCTAVE if voices.inner is not None and ranges[-1][0] < _DEEPEST else 0
    ranges[-1] = (ranges[-1][0] - drop, ranges[-1][1] - drop)
    events = parts_below(setting, setting.tune, ranges, 0 if voices.inner is None or drop else _ROOM)
    lines: dict[str, Sequence[Note]] = {_SOPRANO: setting.tune, **choir_lines(setting, events, setting.tune)}
    if voices.inner is not None:
        player, others = parts[voices.inner], {**lines, _BASS: _moved(lines[_BASS], drop)}
        joints = [first for first, _ in _spans(setting)]
        lines[_INNER] = fifth_voice(setting, events, list(others.values()), (player.low, player.high), joints)
    consort = _Consort(setting, lead, voices, lines, drop)
    found: dict[int, list[Note]] = {index: [] for index in consort.cast(_FULL)}
    for first, end, cast in consort.casts():
        for index, (voice, move) in cast.items():
            notes = _moved(_between(lines[voice], first, end), move)
            if index != lead:
                notes = notes if _reaches(parts[index], notes) else placed(notes, parts[index])
                notes = [*map(softer, notes)] if voice == _SOPRANO else notes
            found[index] += notes
    return _with_doublings(setting, lead, {index: tuple(apart(notes)) for index, notes in found.items()})


def singers_below(setting: Setting, lead: int, singers: Sequence[int]) -> dict[int, tuple[Note, ...]]:
    """The notes of the singers below the melody of a choir that players accompany, who share the planned chords with them.

    Args:
        setting: the piece with its melody.
        lead: the singer of the melody.
        singers: the lower voices, from the highest down.
    """
    ranges = [(part.low, part.high) for part in (setting.plan.parts[index] for index in singers)]
    events = parts_below(setting, setting.tune, ranges, harmonize=False)
    lines = choir_lines(setting, events, setting.tune).values()
    found = {index: tuple(apart(line)) for index, line in zip(singers, lines, strict=True)}
    return {
        index: line for index, line in _with_doublings(setting, lead, {lead: setting.tune, **found}).items() if index != lead
    }


def _with_doublings(setting: Setting, lead: int, lines: Mapping[int, tuple[Note, ...]]) -> dict[int, tuple[Note, ...]]:
    """The lines with those of further singers, who sing along with another one."""
    doubled, parts = doubling_singers(setting.plan, lead), setting.plan.parts
    return {**lines, **{index: tuple(placed(list(lines[voice]), parts[index])) for index, voice in doubled.items()}}


@dataclass(frozen=True, slots=True)
class _Consort:
    """The voices of a piece and who can play them.

    Attributes:
        setting: the piece.
        lead: the player of the melody.
        voices: the other players.
        lines: notes by voice.
        drop: semitones from the bass of the four voices to that of the lowest of five players.
    """

    setting: Setting
    lead: int
    voices: Voices
    lines: Mapping[str, Sequence[Note]]
    drop: int

    def casts(self) -> Iterator[tuple[int, int, Cast]]:
        """First tick, end and cast of each phrase; the same doubling never comes twice running."""
        spans, before = _spans(self.setting), ""
        middle = [(_HIGH, _DEEP)] * (len(spans) - 2)
        tried = [(_FOUR,) if len(spans) >= _FEWEST_PHRASES else (), *middle, (_HIGH,)]
        for number, (first, end) in enumerate(spans):
            chance, closes = self.setting.chance("consort", number), 0 < number == len(spans) - 1
            drawn = [way for way in tried[number] if (closes or chance.random() < _SHARES[way]) and way != before]
            before = next((way for way in drawn if self._fits(way, first, end)), _FULL)
            yield first, end, self.cast(before)

    def cast(self, way: str) -> Cast:
        """Who plays which voice where a phrase is scored in one of the ways.

        "full" has a fifth voice; in "four" the lowest player rests if it sounds an octave below the bass, else the inner one;
        in "high" the melody is in octaves, in "deep" the bass.
        """
        inner, along, lower = self.voices.inner, self.voices.along, self.voices.lower
        (alto, *_, bass), names = lower, lower_voices(len(lower))
        cast = {self.lead: (_SOPRANO, 0), **{index: (name, 0) for index, name in zip(lower, names, strict=True)}}
        cast[bass] = (_BASS, self.drop)
        if along is not None:
            cast[along] = (_SOPRANO, _OCTAVE if way == _HIGH else 0)
        elif way == _HIGH and inner is not None:
            shared = {self.lead: (_SOPRANO, _OCTAVE), alto: (_SOPRANO, 0), lower[1]: (_ALTO, 0), inner: (_TENOR, 0)}
            return {**cast, **shared}
        if way == _FOUR and self.drop:
            del cast[bass]
        if inner is not None and (way == _DEEP or (way == _FOUR and self.drop)):
            cast[inner] = (_BASS, 0)
        elif inner is not None and way != _FOUR:
            cast[inner] = (_INNER, 0)
        return cast

    def _fits(self, way: str, first: int, end: int) -> bool:
        """Whether players can score a phrase so; a melody stays in a user's octave, a singer's and that of named players."""
        plan, ticks = self.setting.plan, self.setting.plan.meter.bar_ticks
        parts, cast = plan.parts, self.cast(way)
        named = any(self.setting.leads[bar] for bar in range(first // ticks, -(-end // ticks)))
        if self.voices.inner is None or (way == _DEEP and not self.drop):
            return False
        if cast[self.lead][1] and (named or plan.lead is not None or parts[self.lead].program in programs_of("voice")):
            return False
        lines = {index: _moved(_between(self.lines[voice], first, end), move) for index, (voice, move) in cast.items()}
        return all(_reaches(parts[index], line, at_ease=cast[index][1] > 0) for index, line in lines.items())


def _spans(setting: Setting) -> list[tuple[int, int]]:
    """First tick and end of each phrase; what the melody strikes after the longest note of a last bar is an upbeat."""
    ticks, found = setting.plan.meter.bar_ticks, [0]
    for phrase in phrases_of(setting)[1:]:
        start = phrase.start * ticks
        closing = _between(setting.tune, start - ticks, start)
        longest = max(closing, key=lambda note: note.duration_ticks, default=None)
        upbeat = [note for note in closing if longest is not None and note.start_ticks > longest.start_ticks]
        found.append(upbeat[0].start_ticks if upbeat else start)
    return list(pairwise([*found, setting.plan.bars * ticks]))


def _between(notes: Sequence[Note], first: int, end: int) -> list[Note]:
    """The notes that begin in a span of ticks."""
    return [note for note in notes if first <= note.start_ticks < end]


def _moved(notes: Sequence[Note], semitones: int) -> list[Note]:
    return [replace(note, pitch=note.pitch + semitones) for note in notes]


def _reaches(part: EnsemblePart, notes: Sequence[Note], *, at_ease: bool = False) -> bool:
    """Whether a part has all notes, `at_ease` below the end of its register for melodies."""
    high = min(part.high, register_of(part)[1]) if at_ease else part.high
    return all(part.low <= note.pitch <= high for note in notes)
