"""Directions above and below the staves in MusicXML: tempo, rehearsal marks, hit points, chord symbols, dynamics, pedal,
pizzicato.

Each is an event at a position in its bar, inserted before the note at that position. Knows no notes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement

from composer.formats.engraving.meter import UNIT_TICKS
from composer.formats.engraving.notation import PIZZICATO, PrintedPart, Sheet
from composer.formats.engraving.rhythm import Symbol
from composer.formats.engraving.spelling import letter_and_alter
from composer.formats.engraving.tempo_marks import TempoMark, tempo_marks
from composer.formats.musicxml.xml_text import add_text
from composer.score import Chord, Key, Score, TimeSignature

Degree = tuple[int, int, str]  # value relative to the root, alteration, and type
# Quality -> MusicXML kind, and the degrees that it needs in addition. An added degree is altered relative to a dominant
# thirteenth chord, so an added seventh is minor.
KINDS: dict[str, tuple[str, tuple[Degree, ...]]] = {
    "maj": ("major", ()), "min": ("minor", ()), "dim": ("diminished", ()), "aug": ("augmented", ()),
    "7": ("dominant", ()), "maj7": ("major-seventh", ()), "min7": ("minor-seventh", ()),
    "hdim7": ("half-diminished", ()), "dim7": ("diminished-seventh", ()), "sus4": ("suspended-fourth", ()),
    "5": ("power", ()), "sus2": ("suspended-second", ()), "add9": ("major", ((9, 0, "add"),)),
    "minadd9": ("minor", ((9, 0, "add"),)), "6": ("major-sixth", ()), "min6": ("minor-sixth", ()),
    "69": ("major-sixth", ((9, 0, "add"),)), "min69": ("minor-sixth", ((9, 0, "add"),)), "minmaj7": ("major-minor", ()),
    "7sus4": ("suspended-fourth", ((7, 0, "add"),)), "9": ("dominant-ninth", ()), "maj9": ("major-ninth", ()),
    "min9": ("minor-ninth", ()), "9sus4": ("suspended-fourth", ((7, 0, "add"), (9, 0, "add"))), "11": ("dominant-11th", ()),
    "min11": ("minor-11th", ()), "13": ("dominant-13th", ()), "maj13": ("major-13th", ()), "min13": ("minor-13th", ()),
    "7b5": ("dominant", ((5, -1, "alter"),)), "7#5": ("augmented-seventh", ()), "7b9": ("dominant", ((9, -1, "add"),)),
    "7#9": ("dominant", ((9, 1, "add"),)), "7#11": ("dominant", ((11, 1, "add"),)), "7b13": ("dominant", ((13, -1, "add"),)),
    "7alt": ("dominant", ((5, 1, "alter"), (9, 1, "add"), (11, 1, "add"))),  # as notation programs encode it
    "maj7#11": ("major-seventh", ((11, 1, "add"),)), "maj7#5": ("major-seventh", ((5, 1, "alter"),)),
}  # fmt: skip
QUALITIES = {kind: quality for quality, kind in KINDS.items()} | {("major-11th", ()): "maj9"}
# Italian tempo words by beats per minute, each with an exclusive upper limit.
TEMPO_WORDS = (
    (40, "Grave"), (55, "Largo"), (66, "Adagio"), (76, "Andante"), (92, "Andante con moto"), (112, "Moderato"),
    (120, "Allegretto"), (156, "Allegro"), (176, "Vivace"), (1e9, "Presto"),
)  # fmt: skip
_SWING = "Swing"
_SEEN_CHANGE = 0.03  # smaller relative tempo changes are played but not printed
_BEAT_UNITS = {
    960: ("half", 0),
    480: ("quarter", 0),
    240: ("eighth", 0),
    720: ("quarter", 1),
    360: ("eighth", 1),
    1440: ("half", 1),
}


@dataclass(frozen=True, slots=True)
class BarEvent:
    """An element and its position in its bar, in units."""

    unit: int
    element: Element


def bar_events(sheet: Sheet, part: PrintedPart, *, first: bool) -> list[list[BarEvent]]:
    """Events of each bar of a part; the first part also carries those of the whole score."""
    score = sheet.score
    timed = [*_dynamics(part), *_pedals(part, score), *_pizzicato(part)]
    if first:
        timed = [*_tempos(score, swing=sheet.swing), *_rehearsals(score), *_hits(score), *timed, *_harmonies(sheet, part)]
    events: list[list[BarEvent]] = [[] for _ in score.bars]
    end = score.bars[-1].end_ticks
    for tick, element in sorted(timed, key=lambda event: event[0]):
        bar = score.bar_at(min(tick, end - 1))
        events[bar.index].append(BarEvent(min(tick, end - 1) // UNIT_TICKS - bar.start_ticks // UNIT_TICKS, element))
    return events


def add_events(measure: Element, waiting: Sequence[BarEvent], symbol: Symbol) -> list[BarEvent]:
    """Inserts the events that fall on a symbol before it, and returns the remaining ones."""
    for event in waiting:
        if event.unit < symbol.end:
            if event.unit > symbol.start:
                _insert_offset(event.element, event.unit - symbol.start)
            measure.append(event.element)
    return [event for event in waiting if event.unit >= symbol.end]


def _insert_offset(element: Element, offset: int) -> None:
    """Inserts an offset where the schema requires it: before the staff and the sound."""
    child = Element("offset")
    child.text = str(offset)
    tags = [other.tag for other in element]
    place = next((i for i, tag in enumerate(tags) if tag in ("staff", "sound")), len(tags))
    element.insert(place, child)


def _direction(placement: str) -> tuple[Element, Element]:
    """A direction and its first type."""
    direction = Element("direction", placement=placement)
    return direction, SubElement(direction, "direction-type")


def _dynamics(part: PrintedPart) -> list[tuple[int, Element]]:
    """Dynamic marks and hairpins below the (upper) staff; a hairpin ends before the mark to which it leads."""
    timed: list[tuple[int, Element]] = []
    for hairpin in part.dynamics.hairpins:
        for tick, what in ((hairpin.start, "crescendo" if hairpin.louder else "diminuendo"), (hairpin.end - 1, "stop")):
            direction, kind = _direction("below")
            SubElement(kind, "wedge", type=what, number="1")
            timed.append((tick, direction))
    for tick, name in part.dynamics.marks:
        direction, kind = _direction("below")
        SubElement(SubElement(kind, "dynamics"), name)
        timed.append((tick, direction))
    for _, direction in timed:
        if len(part.staves) > 1:
            add_text(direction, "staff", 1)
    return timed


def _pedals(part: PrintedPart, score: Score) -> list[tuple[int, Element]]:
    """The brackets of the sustain pedal below the lowest staff; one that ends on a barline ends in the bar before it."""
    timed: list[tuple[int, Element]] = []
    for tick, sign in part.pedals:
        direction, kind = _direction("below")
        SubElement(kind, "pedal", type=sign, line="yes")
        if len(part.staves) > 1:
            add_text(direction, "staff", len(part.staves))
        timed.append((tick - (sign == "stop" and score.bar_at(tick).start_ticks == tick), direction))
    return timed


def _pizzicato(part: PrintedPart) -> list[tuple[int, Element]]:
    """The word above the first note of strings that are plucked, and the way of playing for playback."""
    if part.plucked_from is None:
        return []
    direction, kind = _direction("above")
    add_text(kind, "words", PIZZICATO)
    SubElement(direction, "sound", pizzicato="yes")
    return [(part.plucked_from, direction)]


def _add_swing(sound: Element) -> None:
    """The swing ratio for playback."""
    swing = SubElement(sound, "swing")
    for tag, value in (("first", 2), ("second", 1), ("swing-type", "eighth")):
        add_text(swing, tag, value)


def _rehearsals(score: Score) -> list[tuple[int, Element]]:
    """Section names in boxes; repeated names are numbered, so that every mark is unique."""
    found = []
    seen: Counter[str] = Counter()
    for marker in score.section_markers:
        seen[marker.text] += 1
        count = seen[marker.text]
        direction, kind = _direction("above")
        add_text(kind, "rehearsal", marker.text if count == 1 else f"{marker.text}{count}")
        found.append((marker.start_ticks, direction))
    return found


def _hits(score: Score) -> list[tuple[int, Element]]:
    """Hit points of a film as text."""
    found = []
    for marker in score.markers:
        if marker.hit:
            direction, kind = _direction("above")
            add_text(kind, "words", marker.text, **{"font-style": "italic"})
            found.append((marker.start_ticks, direction))
    return found


def _tempos(score: Score, *, swing: bool) -> list[tuple[int, Element]]:
    """The first tempo as a word, "Swing" if it swings, and a metronome mark; later ones as marks if they differ enough.

    Gradual changes are words. Without a tempo, only "Swing".
    """
    found: list[tuple[int, Element]] = []
    printed = 0.0
    for mark in tempo_marks(score):
        if mark.qpm is None:
            found += _gradual(mark)
            continue
        meter = score.bar_at(mark.start_ticks).time_signature
        visible = mark.holds and (bool(mark.words) or abs(mark.qpm - printed) > _SEEN_CHANGE * printed)
        word = mark.words if printed else _SWING if swing else None
        found.append((mark.start_ticks, _tempo(mark.qpm, meter, word) if visible else _silent_tempo(mark.qpm)))
        printed = mark.qpm if visible else printed
    if swing and not found:
        direction, kind = _direction("above")
        add_text(kind, "words", _SWING, **{"font-weight": "bold"})
        SubElement(direction, "sound")
        found = [(0, direction)]
    if swing:
        first = found[0][1]
        _add_swing(first if first.tag == "sound" else next(first.iterfind("sound")))
    return found


def _gradual(mark: TempoMark) -> list[tuple[int, Element]]:
    """The word of a gradual change, and dashes to its end."""
    start, kind = _direction("above")
    add_text(kind, "words", mark.words, **{"font-style": "italic"})
    SubElement(SubElement(start, "direction-type"), "dashes", type="start", number="1")
    stop, kind = _direction("above")
    SubElement(kind, "dashes", type="stop", number="1")
    return [(mark.start_ticks, start), (mark.end_ticks - 1, stop)]


def _tempo(qpm: float, meter: TimeSignature, word: str | None) -> Element:
    """A metronome mark on the beat after a word; `None` for the Italian one of the tempo."""
    beat_ticks = meter.beat_ticks if meter.beat_ticks in _BEAT_UNITS else 480
    if meter.denominator >= 8 and not meter.is_compound:
        beat_ticks = 480  # tempos in x/8 are counted in quarters
    pace = qpm * 480 / beat_ticks
    if str(meter) == "3/8":
        beat_ticks = meter.bar_ticks  # counted in bars, but not felt slower for that
    beats = qpm * 480 / beat_ticks
    direction, kind = _direction("above")
    if word is None:
        word = next(word for limit, word in TEMPO_WORDS if pace < limit)
    if word:
        add_text(kind, "words", f"{word} ", **{"font-weight": "bold"})
        kind = SubElement(direction, "direction-type")
    metronome = SubElement(kind, "metronome", parentheses="no")
    value, dots = _BEAT_UNITS[beat_ticks]
    add_text(metronome, "beat-unit", value)
    for _ in range(dots):
        SubElement(metronome, "beat-unit-dot")
    add_text(metronome, "per-minute", round(beats))
    direction.append(_silent_tempo(qpm))
    return direction


def _silent_tempo(qpm: float) -> Element:
    """A tempo for playback only."""
    return Element("sound", tempo=f"{round(qpm, 6):g}")


def _harmonies(sheet: Sheet, part: PrintedPart) -> list[tuple[int, Element]]:
    """Chord symbols at the written pitch of their part."""
    up = -part.transposition.semitones if part.transposition else 0
    written = ((symbol.start_ticks, symbol.chord and symbol.chord.transposed(up)) for symbol in sheet.chords)
    return [(tick, _harmony(chord, part.keys[sheet.score.bar_at(tick).index])) for tick, chord in written]


def _harmony(chord: Chord | None, key: Key | None) -> Element:
    """A chord symbol; "N.C." for `None`."""
    harmony = Element("harmony", placement="above")
    root = SubElement(harmony, "root")
    if chord is None:
        add_text(root, "root-step", "C", text="")  # the schema requires a root; nothing is printed
        add_text(harmony, "kind", "none", text="N.C.")
        return harmony
    root_position, bass_position = chord.spelled(key)
    _write_step(root, "root", root_position)
    kind, degrees = KINDS[chord.quality]
    add_text(harmony, "kind", kind, text=chord.suffix)
    if bass_position is not None:
        _write_step(SubElement(harmony, "bass"), "bass", bass_position)
    for value, alter, what in degrees:
        degree = SubElement(harmony, "degree", {"print-object": "no"})  # the text of the kind already shows it
        add_text(degree, "degree-value", value)
        add_text(degree, "degree-alter", alter)
        add_text(degree, "degree-type", what)
    return harmony


def _write_step(element: Element, name: str, position: int) -> None:
    """Letter and alteration of a line-of-fifths position, as `name`-step and `name`-alter."""
    letter, alter = letter_and_alter(position)
    add_text(element, f"{name}-step", letter)
    if alter:
        add_text(element, f"{name}-alter", alter)
