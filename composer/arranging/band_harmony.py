"""Adapts planned harmony to a melody in phrases: every chord gets a function, and every cadence its chords."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from composer.analysis.chord_functions import belongs_to, goes_on, is_dominant, leads_seventh, leads_to
from composer.plan import Plan
from composer.score import Chord, Key, Mode

_PLAIN = {"maj7": "maj", "min7": "min", "min6": "min", "sus4": "maj", "sus2": "maj", "add9": "maj", "aug": "maj"}
_MOST_FIFTHS = 7
Bars = tuple[tuple[Chord | None, ...], ...]


def written_out(plan: Plan) -> Plan:
    """The plan with chords that suit a melody in phrases: plain and functional, with the planned cadences."""
    chords = [tuple(_plain(chord) for chord in bar) for bar in plan.chords]
    ends = {bar for bar, kind in enumerate(plan.closes) if kind == "related"}
    return replace(plan, chords=_closed(_functional(chords, plan.composed_keys(), ends), plan))


def _functional(bars: Sequence[Sequence[Chord | None]], keys: Sequence[Key], ends: Collection[int]) -> Bars:
    """Gives each chord a function: in the key, in a related key to which its neighbors also belong, or by resolution.

    Other chords are replaced by the triad of the bar's key on their root, or the nearest one. A six-four stays only where the
    dominant follows over the same bass, or over a held bass. The last chords of the bars in `ends` stay as they are.
    """
    line = [chord for bar in bars for chord in bar]
    kept = {sum(map(len, bars[: bar + 1])) - 1 for bar in ends}
    key_of = [key for bar, key in zip(bars, keys, strict=True) for _ in bar]
    areas_of = {key: [key, *_related(key)] for key in keys}
    fixed: list[Chord | None] = []
    for index, chord in enumerate(line):
        following = line[index + 1] if index + 1 < len(line) else None
        key = key_of[index]
        areas = areas_of[key]
        if chord is None or index in kept:
            fixed.append(chord)
            continue
        around = [other for other in line[max(0, index - 1) : index + 2] if other]
        fits = belongs_to(chord, key.tonic, key.mode) or any(
            all(belongs_to(other, area.tonic, area.mode) for other in around) for area in areas
        )
        resolved = following is not None and any(goes_on(chord, following, area.tonic, area.mode) for area in areas)
        if not fits and not resolved:
            chord = _nearest_triad(chord, key)
        before = line[index - 1] if index else None
        fixed.append(_well_placed(_placed_mediant(chord, before, following, key), before, following))
    it = iter(fixed)
    return tuple(tuple(next(it) for _ in bar) for bar in bars)


def _related(key: Key) -> list[Key]:
    """The keys whose tonics are triads of a key: a fifth up and down, and the relatives of all three."""
    other: Mode = "minor" if key.mode == "major" else "major"
    near = [fifths for fifths in (key.fifths, key.fifths + 1, key.fifths - 1) if abs(fifths) <= _MOST_FIFTHS]
    return [Key(fifths, mode) for fifths in near for mode in (key.mode, other) if (fifths, mode) != (key.fifths, key.mode)]


def _closed(bars: Bars, plan: Plan) -> Bars:
    """Gives each cadence its chords: dominant and tonic for an authentic cadence, the dominant for a half cadence."""
    line = [[bar, place] for bar, chords in enumerate(bars) for place in range(len(chords))]
    result, keys = [list(chords) for chords in bars], plan.composed_keys()
    for number, (bar, place) in enumerate(line):
        kind = plan.closes[bar] if plan.closes else None
        if place != len(bars[bar]) - 1 or kind not in ("authentic", "half") or not number:
            continue
        tonic, dominant = Chord(keys[bar].tonic, keys[bar].mode[:3]), Chord((keys[bar].tonic + 7) % 12, "maj")
        lead = {dominant.root, (keys[bar].tonic + 11) % 12}
        before_bar, before = line[number - 1]
        earlier = result[before_bar][before]
        if kind == "authentic":
            result[bar][place] = tonic
            if earlier is None or earlier.root not in lead:
                result[before_bar][before] = replace(dominant, quality="7")
        elif (last := result[bar][place]) is None or last.lowest != dominant.root:
            result[bar][place] = dominant
    return tuple(map(tuple, result))


def _placed_mediant(chord: Chord, before: Chord | None, following: Chord | None, key: Key) -> Chord:
    """Replaces a mediant in major that is neither prepared nor left by fifth or third with the tonic over its third."""
    if key.mode != "major" or chord.root != (key.tonic + 4) % 12 or chord.quality != "min" or chord.bass is not None:
        return chord
    prepared = before is not None and leads_to(before, chord)
    continued = following is not None and ((following.root - key.tonic) % 12 in (5, 9) or is_dominant(following))
    return chord if prepared or continued else Chord(key.tonic, "maj", bass=chord.root)


def _well_placed(chord: Chord, before: Chord | None, following: Chord | None) -> Chord:
    """The chord, moved to root position if it is an unprepared six-four or a third inversion that does not lead on."""
    if chord.bass is None:
        return chord
    above = (chord.bass - chord.root) % 12
    if above in (6, 7, 8):
        held = following is not None and following.lowest == chord.bass
        stays = held and chord.bass in ((following and following.root), (before and before.lowest))
    else:
        stays = above < 9 or (following is not None and leads_seventh(before, chord, following))
    return chord if stays else replace(chord, bass=None)


def _nearest_triad(chord: Chord, key: Key) -> Chord:
    """The triad of a key that shares most tones with a chord, the same root first."""
    degrees = [(key.tonic + step) % 12 for step in ((0, 2, 4, 5, 7, 9) if key.mode == "major" else (0, 3, 5, 7, 8, 10))]
    triads = [
        Chord(root, quality)
        for root in degrees
        for quality in ("maj", "min")
        if belongs_to(Chord(root, quality), key.tonic, key.mode)
    ]
    return max(triads, key=lambda other: len(other.pitch_classes & chord.pitch_classes) + 0.5 * (other.root == chord.root))


def _plain(chord: Chord | None) -> Chord | None:
    """A chord reduced to common practice: no added notes except the sevenths of dominants and diminished chords."""
    return replace(chord, quality=_PLAIN.get(chord.quality, chord.quality)) if chord else None
