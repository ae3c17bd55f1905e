"""Chord voicings with voice leading: the nearest voicing in the register, in the requested style of playing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise

from composer.analysis.chord_functions import bent_scale
from composer.score import CHORD_QUALITIES, Chord, Key

_OCTAVE = 12
_TOP = 127
# Cost of each semitone above the ceiling, of a pitch that another part has, and of a minor second between neighbors.
_OVER, _DOUBLED, _BEATING = 1.2, 1.5, 12.0
_SEMITONE, _TONE = 1, 2
_BARRED = 24.0  # cost of each semitone outside a player's range and of each second that an open section avoids
LOW_BELOW, LOW_APART = 48, 7  # below C3, notes struck together are at least a fifth apart (low interval limit)
FIFTHS = (7, 6, 8)  # intervals of fifths, most usual first
TIMPANI_PITCH = 48  # pitch around which timpani play
Voicing = tuple[int, ...]


def tones_of(chord: Chord) -> tuple[int, ...]:
    """Intervals of a chord above its root, in the order root, third (or what stands for it), fifth, seventh, extensions."""
    return CHORD_QUALITIES[chord.quality]


def chord_scale(key: Key, chord: Chord) -> frozenset[int]:
    """The key's scale, in minor the natural one, altered to fit a chord."""
    leading = (key.tonic + 11) % _OCTAVE
    return bent_scale([pc for pc in key.scale if key.mode != "minor" or pc != leading], chord)


def third_of(chord: Chord) -> int | None:
    """The interval of the third, or of the second or fourth that stands for it; `None` for a bare fifth."""
    tones = tones_of(chord)
    return next((tone for tone in (4, 3, 5, 2) if tone in tones), None)


def seventh_of(chord: Chord) -> int | None:
    """The interval of the seventh or sixth, if there is one."""
    tones = tones_of(chord)
    return next((tone for tone in (10, 11, 9) if tone in tones and not (tone == 9 and 10 in tones)), None)


def fifth_of(chord: Chord) -> int:
    """The interval of the fifth, perfect where the chord has none."""
    return next((tone for tone in FIFTHS if tone in tones_of(chord)), FIFTHS[0])


def classes(chord: Chord, kind: str) -> tuple[int, ...]:
    """Pitch classes of a chord that a kind of voicing uses, most important first.

    >>> classes(Chord.parse("G13"), "rootless"), classes(Chord.parse("Dm7"), "shell"), classes(Chord.parse("A5"), "power")
    ((11, 5, 4, 9), (5, 0), (9, 4))
    """
    tones = tones_of(chord)
    third, seventh = third_of(chord), seventh_of(chord)
    fifth = next((tone for tone in FIFTHS if tone in tones and tone != third), None)
    colors = [tone for tone in (9, 8, 2, 1) if tone in tones and tone not in (third, seventh, fifth)]
    if kind in ("power", "octave"):
        wanted = [0, fifth] if kind == "power" else [0]
    elif kind == "shell":
        wanted = [third, seventh if seventh is not None else 0 if third is None else fifth]
    elif kind == "rootless":
        wanted = [third, seventh, colors[0] if colors else fifth]
        wanted += [fifth] if seventh is None or third is None else []
        if colors and colors[0] in (9, 8) and 2 in tones:
            wanted.append(2)
        if seventh is None:
            wanted = [0, third, fifth]
    elif seventh is not None and kind != "open":
        wanted = [third, fifth, seventh]
    else:
        wanted = [0, third, fifth]
    found = [tone for tone in wanted if tone is not None]
    return tuple(dict.fromkeys((chord.root + tone) % _OCTAVE for tone in found)) or (chord.root,)


def voice(
    chord: Chord,
    kind: str,
    low: int,
    high: int,
    previous: Sequence[int],
    ceiling: int = _TOP,
    taken: Collection[int] = (),
) -> Voicing:
    """The voicing of a chord nearest to the previous voicing, within a register.

    Args:
        chord: to be voiced.
        kind: "triad", "rootless", "shell", "open", "power" or "octave".
        low, high: register as MIDI pitches, inclusive.
        previous: the voicing before it, empty at the start.
        ceiling: pitch below which a close voicing stays if it can.
        taken: pitches of other parts, which a close voicing avoids if it can.

    >>> voice(Chord.parse("C"), "triad", 55, 76, ()), voice(Chord.parse("F"), "triad", 55, 76, (60, 64, 67))
    ((60, 64, 67), (60, 65, 69))
    """
    wanted = classes(chord, kind)
    if kind in ("power", "octave"):
        lowest = chord.lowest if kind == "octave" else chord.root
        root = low + (lowest - low) % _OCTAVE
        pitches = [root, root + 7, root + _OCTAVE] if kind == "power" else [root, root + _OCTAVE]
        if kind == "power" and len(wanted) > 1:
            pitches[1] = root + (wanted[1] - wanted[0]) % _OCTAVE
        return tuple(pitch for pitch in pitches if pitch <= high) or (root,)
    if kind == "open":
        return _opened(wanted, low, high)
    middle = (low + high) / 2
    candidates = list(_inversions(wanted, low, high))
    if not candidates:
        return tuple(sorted({low + (pc - low) % _OCTAVE for pc in wanted} & set(range(low, high + 1)))) or (low,)
    before = list(previous)

    def cost(pitches: Voicing) -> float:
        beating = _BEATING * sum(upper - lower == 1 for lower, upper in pairwise(pitches))
        off = 0.35 * abs(sum(pitches) / len(pitches) - middle)
        beating += _OVER * max(0, pitches[-1] - ceiling + 1) + _DOUBLED * sum(pitch in taken for pitch in pitches)
        if not before:
            return off + beating
        moves = [min(abs(pitch - other) for other in before) for pitch in pitches]
        return beating + sum(moves) + 0.8 * abs(pitches[-1] - before[-1]) + 0.3 * off

    return min(candidates, key=cost)


def in_section(
    chord: Chord,
    ranges: Sequence[tuple[int, int]],
    low: int,
    high: int,
    before: Sequence[int],
    ceiling: int = _TOP,
    *,
    open_top: bool = False,
) -> Voicing:
    """A chord for a section of winds in close position, from the highest tone.

    Thirds and sevenths come first; more players double the tones an octave lower.

    Args:
        chord: to be voiced.
        ranges: lowest and highest pitch of each player, from the first, who has the highest tone.
        low, high: register of the highest tone as MIDI pitches, inclusive; the others are below it.
        before: the highest tone before, empty at the start.
        ceiling: pitch below which the section stays if it can.
        open_top: whether it has no second between its two highest tones and no semitone below them, if it can.

    >>> players = [(36, 84)] * 4
    >>> [in_section(Chord.parse("G7"), players, 60, 79, (), open_top=choice) for choice in (False, True)]
    [(67, 65, 62, 59), (71, 67, 65, 62)]
    """
    voices = len(ranges)
    tones = tones_of(chord)
    third, seventh = third_of(chord), seventh_of(chord)
    color = next((tone for tone in (2, 1) if tone in tones and tone != third), 0)
    wanted = [third, seventh, color, fifth_of(chord)] if seventh is not None else [third, 0, fifth_of(chord)]
    found = list(dict.fromkeys((chord.root + tone) % _OCTAVE for tone in wanted if tone is not None))[:voices]
    near = before[0] if before else (low + high) // 2

    def below(top: int) -> Voicing:
        pitches = [top]
        while len(pitches) < voices:
            pitches.append(max(pitches[-1] - ((pitches[-1] - pitch_class) % _OCTAVE or _OCTAVE) for pitch_class in found))
        return tuple(pitches)

    def cost(pitches: Voicing) -> float:
        steps = [upper - lower for upper, lower in pairwise(pitches)]
        seconds = steps.count(_SEMITONE) + (steps[:1] == [_TONE]) if open_top else 0
        outside = sum(max(0, least - pitch, pitch - most) for pitch, (least, most) in zip(pitches, ranges, strict=True))
        beating = _BEATING * (steps[:1] == [_SEMITONE]) + _BARRED * (seconds + outside)
        return beating + abs(pitches[0] - near) + _OVER * max(0, pitches[0] - ceiling + 1)

    return min((below(top) for top in range(low, high + 1) if top % _OCTAVE in found), key=cost)


def _inversions(wanted: Sequence[int], low: int, high: int) -> Iterator[Voicing]:
    """Close voicings with each tone at the bottom, in every octave."""
    order = sorted(wanted)
    for turn in range(len(order)):
        rotated = order[turn:] + order[:turn]
        for bottom in range(low + (rotated[0] - low) % _OCTAVE, high + 1, _OCTAVE):
            pitches = [bottom]
            for pitch_class in rotated[1:]:
                pitches.append(pitches[-1] + ((pitch_class - pitches[-1]) % _OCTAVE or _OCTAVE))
            if pitches[-1] <= high and not (len(pitches) > 1 and pitches[1] - pitches[0] == 1):
                yield tuple(pitches)


def _opened(wanted: Sequence[int], low: int, high: int) -> Voicing:
    """Root, fifth, and the third above them."""
    root = low + (wanted[0] - low) % _OCTAVE
    pitches = [root]
    for pitch_class in (*wanted[2:3], *wanted[1:2]):
        pitches.append(pitches[-1] + ((pitch_class - pitches[-1]) % _OCTAVE or _OCTAVE))
    return tuple(pitch for pitch in pitches if pitch <= high)


def timpani_classes(tonic: int) -> tuple[int, int]:
    """Pitch classes of a pair of timpani: the tonic and the dominant."""
    return tonic, (tonic + 7) % _OCTAVE


def drum_tones(chord: Chord, tonic: int) -> list[int]:
    """Pitch classes of a pair of timpani that suit a chord: its root, else its tones; empty if none does."""
    tuned = timpani_classes(tonic)
    tones = {(chord.root + tone) % _OCTAVE for tone in tones_of(chord)}
    return [chord.root] if chord.root in tuned else [pc for pc in tuned if pc in tones]


def nearest_tone(classes_wanted: Sequence[int], pitch: float, low: int, high: int) -> int:
    """The pitch of the given classes nearest to a pitch, within a register; the lower of two."""
    inside = [p for p in range(low, high + 1) if p % _OCTAVE in classes_wanted]
    return min(inside, key=lambda p: (abs(p - pitch), p)) if inside else low + (classes_wanted[0] - low) % _OCTAVE
