"""Chords of a given piece in the colors of a style: triads become the sevenths, sixths and ninths of its progressions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache

from composer.arranging.progressions import BarChords, Bars, progressions
from composer.arranging.voicing import tones_of
from composer.plan import Plan
from composer.score import Chord, Mode, Note

_Place = tuple[int, frozenset[int]]  # degree in semitones above the tonic, and kind of triad
_RARE = 0.15  # share of a degree's chords below which a quality belongs to another function: a tonic with a minor seventh
_PLAIN = ("maj", "min", "dim", "aug")
_OCTAVE = 12
_TONIC = {"major": 0, "minor": 9}  # of the table, whose progressions are in C major and A minor


def colored(plan: Plan, idiom: str, melody: Sequence[Note]) -> Bars:
    """The chords of a plan with the usual quality of each degree in an idiom.

    A chord stays as it is where its new tones would rub against a melody note of a beat or more, and where the idiom does not
    have its degree.

    Args:
        plan: with chords in every bar.
        idiom: row of progressions.
        melody: in the plan's key.
    """
    usual, key, ticks = _usual(idiom, plan.key.mode), plan.key, plan.meter.bar_ticks
    long = [note for note in melody if note.duration_ticks >= plan.meter.beat_ticks]
    bars: list[BarChords] = []
    for index, bar in enumerate(plan.chords):
        starts = [index * ticks + offset for offset in plan.meter.chord_ticks(len(bar))]
        made: list[Chord | None] = []
        for chord, start, end in zip(bar, starts, [*starts[1:], (index + 1) * ticks], strict=True):
            sung = {note.pitch % _OCTAVE for note in long if note.start_ticks < end and note.end_ticks > start}
            color = chord and _in_color(chord, usual, key.tonic, sung)
            made.append(chord if color and key.church and not color.pitch_classes <= key.scale else color)
        bars.append(tuple(made))
    return tuple(bars)


def _in_color(chord: Chord, usual: Mapping[_Place, Sequence[str]], tonic: int, sung: set[int]) -> Chord:
    """The chord with the first usual quality whose new tones do not rub against the pitch classes that are sung."""
    for quality in usual.get(((chord.root - tonic) % _OCTAVE, _triad(chord)), ()):
        other = replace(chord, quality=quality)
        new = other.pitch_classes - chord.pitch_classes
        if not {(tone + step) % _OCTAVE for tone in new for step in (-1, 1)} & sung:
            return other
    return chord


@cache
def _usual(idiom: str, mode: Mode) -> Mapping[_Place, Sequence[str]]:
    """The qualities by degree and kind of triad in the progressions of an idiom, the commonest first.

    A plain triad comes last where the others together are commoner.
    """
    rows = progressions()[idiom]
    own = mode if mode in rows else next(iter(rows))
    texts = [text for value in rows[own].values() for text in ([value] if isinstance(value, str) else value)]
    counts: dict[_Place, Counter[str]] = {}
    for symbol in (symbol for text in texts for symbol in text.replace("|", " ").split()):
        chord = Chord.parse(symbol)
        place = (chord.root - _TONIC[own]) % _OCTAVE, _triad(chord)
        counts.setdefault(place, Counter())[chord.quality] += 1
    return {place: _ordered(count) for place, count in counts.items()}


def _ordered(count: Counter[str]) -> list[str]:
    """Qualities with added tones, unless they are rare, and plain ones, the commoner kind first."""
    rich = [quality for quality, times in count.most_common() if quality not in _PLAIN and times >= _RARE * count.total()]
    plain = [quality for quality, _ in count.most_common() if quality in _PLAIN]
    is_rich = 2 * sum(count[quality] for quality in plain) <= count.total()
    return [*rich, *plain] if is_rich else [*plain, *rich]


def _triad(chord: Chord) -> frozenset[int]:
    """The third and fifth of a chord, as far as it has them, above its root."""
    return frozenset(tone % _OCTAVE for tone in tones_of(chord)) & {3, 4, 6, 7, 8}
