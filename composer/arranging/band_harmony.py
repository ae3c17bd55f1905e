"""The harmony of a band's piece: the chords of the plan, or progressions of the style along the form."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from composer.arranging.setting import kinds_of, sections_of
from composer.arranging.tables import Band, progressions
from composer.controls import PHRASE_BARS
from composer.plan import Plan
from composer.plan.seeded import draw
from composer.score import TICKS_PER_QUARTER, Chord, Key, Mode

_PLAIN = {"maj7": "maj", "min7": "min", "min6": "min", "sus4": "maj", "sus2": "maj", "add9": "maj", "aug": "maj"}
_MOST_FIFTHS = 7
BarChords = tuple[Chord | None, ...]
Bars = tuple[BarChords, ...]


def harmony_for(plan: Plan, band: Band, seed: int) -> Bars:
    """One or two chords for every bar: those of the plan where it has any.

    A section's progression is drawn once a letter, so that it returns with it, and repeats until the section is full. The
    piece ends with the style's cadence on the tonic, unless it is a loop.

    Args:
        plan: the plan.
        band: the row of its style.
        seed: of the brief.
    """
    if plan.chords:
        return plan.chords
    rows = progressions()[band.idiom]
    mode = plan.key.mode if plan.key.mode in rows else next(iter(rows))
    shift = plan.key.tonic - (0 if mode == "major" else 9)
    if mode != plan.key.mode:  # the relative key's chords have the plan's signature
        shift = (7 * plan.key.fifths) % 12
    row, kinds = rows[mode], kinds_of(plan)
    bars: list[tuple[Chord, ...]] = []
    for section in sections_of(plan):
        choices: Sequence[str] = row.get(kinds[section.letter], row["verse"])
        source = _parsed(_choice(seed, section.letter, choices))
        bars += [source[place % len(source)] for place in range(section.bars)]
    moved: list[tuple[Chord | None, ...]] = [tuple(chord.transposed(shift) for chord in bar) for bar in bars]
    if not plan.loop:
        if plan.bars > 2:
            moved[-2] = tuple(chord.transposed(shift) for chord in _parsed(row["end"])[0])
        moved[-1] = (Chord(plan.key.tonic, "5" if band.bare else plan.key.mode[:3]),)
    return tuple(moved)


def written_out(plan: Plan) -> Plan:
    """A plan whose chords suit a melody of phrases: plain, functional, as slow as short bars want them.

    Short bars of simple meters keep one chord, but for those before a close. A return keeps the chords
    of what it brings back: all but its close, or the first half where it is varied.
    """
    chords = [tuple(_plain(chord) for chord in bar) for bar in plan.chords]
    closing = {bar + back for bar, kind in enumerate(plan.closes) if kind for back in (0, -1)}
    closing |= {plan.bars - 1, plan.bars - 2}
    if plan.meter.bar_ticks < 4 * TICKS_PER_QUARTER and not plan.meter.is_compound:
        chords = _one_a_bar(chords, {bar for bar, kind in enumerate(plan.closes) if kind}, closing)
    for bar, distance in enumerate(plan.recalls):
        kind = plan.return_at(bar) if distance else ""
        if distance and (kind in ("literal", "tune") or (kind == "varied" and bar % PHRASE_BARS < PHRASE_BARS // 2)):
            chords[bar] = chords[bar] if bar in closing else chords[bar - distance]
    return replace(plan, chords=_closed(_functional(chords, plan.key), plan))


def _one_a_bar(bars: Sequence[BarChords], ends: Collection[int], closing: Collection[int]) -> list[BarChords]:
    """One chord for each bar but those that lead to a close: the first, or the last where the first only goes on."""
    kept: list[BarChords] = []
    for index, bar in enumerate(bars):
        goes_on = bool(kept) and bar[0] == kept[-1][-1]
        kept.append(bar[-1:] if index in ends or goes_on else bar if index in closing else bar[:1])
    return kept


def _functional(bars: Sequence[Sequence[Chord | None]], key: Key) -> Bars:
    """Chords of which each has a function: of the key, of a related key that its neighbors belong to as well, or applied.

    Others give way to the triad of the key on their root or nearest to it. A six-four stays only where the dominant follows
    over the same bass.
    """
    line = [chord for bar in bars for chord in bar]
    other: Mode = "minor" if key.mode == "major" else "major"
    related = [Key(fifths, key.mode) for fifths in (key.fifths + 1, key.fifths - 1) if abs(fifths) <= _MOST_FIFTHS]
    related.append(Key(key.fifths, other))
    fixed: list[Chord | None] = []
    for index, chord in enumerate(line):
        following = line[index + 1] if index + 1 < len(line) else None
        if chord is None:
            fixed.append(None)
            continue
        around = [other for other in line[max(0, index - 1) : index + 2] if other]
        fits = _is_of(chord, key) or any(all(_is_of(other, area) for other in around) for area in related)
        if not fits and not (following and _leads_to(chord, following)):
            chord = _nearest_triad(chord, key)
        chord = _placed_mediant(chord, following, key)
        fixed.append(_well_placed(chord, following))
    it = iter(fixed)
    return tuple(tuple(next(it) for _ in bar) for bar in bars)


def _closed(bars: Bars, plan: Plan) -> Bars:
    """Chords whose closes are what they are called: dominant and tonic of an authentic one, the dominant of a half one."""
    tonic, dominant = Chord(plan.key.tonic, plan.key.mode[:3]), Chord((plan.key.tonic + 7) % 12, "maj")
    lead = {dominant.root, (plan.key.tonic + 11) % 12}
    line = [[bar, place] for bar, chords in enumerate(bars) for place in range(len(chords))]
    result = [list(chords) for chords in bars]
    for number, (bar, place) in enumerate(line):
        kind = plan.closes[bar] if plan.closes else None
        if place != len(bars[bar]) - 1 or kind not in ("authentic", "half") or not number:
            continue
        before_bar, before = line[number - 1]
        earlier = result[before_bar][before]
        if kind == "authentic":
            result[bar][place] = tonic
            if earlier is None or earlier.root not in lead:
                result[before_bar][before] = replace(dominant, quality="7")
        elif (last := result[bar][place]) is None or last.lowest != dominant.root:
            result[bar][place] = dominant
    return tuple(map(tuple, result))


def _placed_mediant(chord: Chord, following: Chord | None, key: Key) -> Chord:
    """The tonic over its third instead of a mediant in major that does not go on to the sixth or fourth degree."""
    if key.mode != "major" or chord.root != (key.tonic + 4) % 12 or chord.quality != "min" or chord.bass is not None:
        return chord
    goes_on = following is not None and (following.root - key.tonic) % 12 in (5, 9)
    return chord if goes_on else Chord(key.tonic, "maj", bass=chord.root)


def _well_placed(chord: Chord, following: Chord | None) -> Chord:
    """The chord, in root position if it is a six-four that is not cadential or a third inversion whose bass does not fall."""
    if chord.bass is None:
        return chord
    above = (chord.bass - chord.root) % 12
    if above in (6, 7, 8):
        stays = following is not None and following.lowest == following.root == chord.bass
    else:
        stays = above < 9 or (following is not None and (chord.bass - following.lowest) % 12 in (1, 2))
    return chord if stays else replace(chord, bass=None)


def _is_of(chord: Chord, key: Key) -> bool:
    """Whether a chord belongs to a key; in minor with the raised leading note over the dominant, or the natural seventh."""
    scale = set(key.scale)
    natural = scale | ({(key.tonic + 10) % 12} if key.mode == "minor" else set())
    if key.mode == "minor":
        leading = (key.tonic + 11) % 12
        if leading in chord.pitch_classes:
            return chord.root in ((key.tonic + 7) % 12, leading) and chord.pitch_classes <= (natural | {leading})
        return chord.pitch_classes <= (natural - {leading})
    return chord.pitch_classes <= scale


def _leads_to(chord: Chord, following: Chord) -> bool:
    """Whether a chord is the dominant, or the diminished chord on the leading note, of the one after it."""
    fall = (following.root - chord.root) % 12
    return (fall == 5 and chord.quality in ("maj", "7")) or (fall == 1 and chord.quality in ("dim", "dim7", "hdim7"))


def _nearest_triad(chord: Chord, key: Key) -> Chord:
    """The triad of a key that shares most tones with a chord, the same root first."""
    degrees = [(key.tonic + step) % 12 for step in ((0, 2, 4, 5, 7, 9) if key.mode == "major" else (0, 3, 5, 7, 8, 10))]
    triads = [Chord(root, quality) for root in degrees for quality in ("maj", "min") if _is_of(Chord(root, quality), key)]
    return max(triads, key=lambda other: len(other.pitch_classes & chord.pitch_classes) + 0.5 * (other.root == chord.root))


def _plain(chord: Chord | None) -> Chord | None:
    """A chord as harmony of common practice has it: no added notes but the sevenths of dominants and diminished chords."""
    return replace(chord, quality=_PLAIN.get(chord.quality, chord.quality)) if chord else None


def _choice(seed: int, letter: str, choices: Sequence[str]) -> str:
    """What a letter of the form gets."""
    return choices[int(draw(seed, f"progression {letter}") * len(choices))]


def _parsed(text: str) -> tuple[tuple[Chord, ...], ...]:
    return tuple(tuple(map(Chord.parse, bar.split())) for bar in text.split("|"))
