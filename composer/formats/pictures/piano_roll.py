"""A piano roll as SVG and PNG: colored parts, bars, sections, chords and the mood curve.

Written as plain SVG; long pieces continue in further rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import cycle
from pathlib import Path
from xml.sax.saxutils import escape

from composer.controls import PHRASE_BARS, Mood
from composer.files import write_atomically
from composer.formats.engraving.drumkit import DRUM_STAFF
from composer.formats.engraving.spelling import with_signs
from composer.formats.musicxml.xml_text import clean
from composer.formats.pictures.raster import svg_to_png
from composer.formats.provenance import Provenance
from composer.score import TICKS_PER_QUARTER, Bar, Score

# Colors that remain distinct for color-blind readers (M. Okabe and K. Ito, "Color Universal Design", 2008), then darker ones.
_COLORS = (
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#6a3d9a", "#8c510a", "#4d4d4d", "#1b7837",
    "#e7298a", "#b8b000", "#3b4cc0", "#a50026", "#66c2a5", "#bc80bd",
)  # fmt: skip
_QUARTER, _PITCH = 20.0, 5.0  # width of a quarter note and height of a semitone in units
_LEFT, _LEFT_OF_DRUMS, _RIGHT, _ROW_GAP = 44.0, 92.0, 16.0, 26.0
_ROW_QUARTERS = 64
_WORDS, _MOOD_HEIGHT = 18.0, 70.0
_LEGEND, _LEGEND_LINE = 42.0, 18.0  # baseline of the first line of the legend, height of each further one
_SIGNS = str.maketrans("b#", "♭♯")  # of chord symbols, which have no other b
_FONT = 'font-family="Libertinus Serif, Georgia, serif"'
_DRUM = 11.0  # height of a drum's line in units
_DRUM_COLOR = "#444"
_AXES = (("valence", "#111", ""), ("arousal", "#b2182b", 'stroke-dasharray="5 3"'))  # distinct in black and white, too
_TINTS = ("#dbe9f6", "#fde3c8", "#d9f0d9", "#f3dcea", "#fff3bf", "#e3dff0")  # section backgrounds, one per name


def write_roll_svg(score: Score, path: Path, provenance: Provenance | None = None) -> None:
    """Writes a piano roll as SVG.

    Raises:
        BadInputError: the file cannot be written.
    """
    write_roll(score, path)


def write_roll_png(score: Score, path: Path, provenance: Provenance | None = None) -> None:
    """Writes a piano roll as PNG.

    Raises:
        MissingExtraError: Typst is not installed.
        BadInputError: the file cannot be written.
    """
    write_roll(score, path)


def write_roll(score: Score, path: Path, *, moods: Sequence[Mood | None] = (), subtitle: str = "") -> None:
    """Writes a piano roll as PNG if the path ends in .png, else as SVG; see `roll_svg` for `moods` and `subtitle`.

    Raises:
        MissingExtraError: a PNG is requested and Typst is not installed.
        BadInputError: the file cannot be written.
    """
    svg = roll_svg(score, moods, subtitle)
    write_atomically(path, svg_to_png(svg, 1.25) if path.suffix.lower() == ".png" else svg.encode())


def roll_svg(score: Score, moods: Sequence[Mood | None] = (), subtitle: str = "") -> str:
    """The piano roll as SVG text.

    Args:
        moods: one per phrase of `PHRASE_BARS` bars, drawn as curves of valence and arousal (-1..1) below the notes.
        subtitle: a few words beside the title.
    """
    rows = _rows(score.bars)
    low, high = _pitch_range(score)
    mood_height = _MOOD_HEIGHT if any(moods) else 0.0
    row_height = 2 * _WORDS + (high - low + 1) * _PITCH + _drum_height(score) + mood_height + _ROW_GAP
    widest = max((row[-1].end_ticks - row[0].start_ticks) for row in rows) / TICKS_PER_QUARTER * _QUARTER
    left = _left(score)
    width = left + max(widest, 400.0) + _RIGHT
    legend = _legend(score, width)
    top = _LEGEND + 14 + _LEGEND_LINE * max(0, len(legend) - 1)
    height = top + row_height * len(rows) + 8
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" {_FONT} font-size="12">',
        f'<rect width="{width:g}" height="{height:g}" fill="white"/>',
        _text(left, 24, with_signs(score.title) or "Piano roll", 'font-size="18"'),
        _text(width - _RIGHT, 24, subtitle, 'text-anchor="end" fill="#444"'),
        *_draw_legend(score, legend),
    ]
    for number, row in enumerate(rows):
        y = top + number * row_height
        lines += [f'<g transform="translate({left:g} {y:g})">', *_draw_row(score, row, low, high, moods), "</g>"]
    return "\n".join([*lines, "</svg>", ""])


def _rows(bars: Sequence[Bar]) -> list[list[Bar]]:
    """Bars in the fewest rows of at most `_ROW_QUARTERS` quarters, with about the same number of bars in each."""
    rows = _filled(bars, len(bars))
    return _filled(bars, -(-len(bars) // len(rows)))


def _filled(bars: Sequence[Bar], most: int) -> list[list[Bar]]:
    """Rows of at most `most` bars and `_ROW_QUARTERS` quarters, with at least one bar."""
    rows: list[list[Bar]] = []
    for bar in bars:
        fits = rows and len(rows[-1]) < most and bar.end_ticks - rows[-1][0].start_ticks <= _ROW_QUARTERS * TICKS_PER_QUARTER
        if fits:
            rows[-1].append(bar)
        else:
            rows.append([bar])
    return rows


def _pitch_range(score: Score) -> tuple[int, int]:
    """Lowest and highest pitch shown, at least an octave apart."""
    pitches = [note.pitch for part in score.parts if not part.is_drum for note in part.notes]
    if not pitches:
        return (60, 72) if not _drum_keys(score) else (60, 59)  # drums alone need no pitches
    low, high = min(pitches) - 2, max(pitches) + 2
    return (low, high) if high - low >= 12 else (low - 6, low + 12)


def _drum_keys(score: Score) -> list[int]:
    """General MIDI keys of the drums used, highest first."""
    return sorted({note.pitch for part in score.parts if part.is_drum for note in part.notes}, reverse=True)


def _drum_height(score: Score) -> float:
    """Height of all the lines of drums and the gap above them."""
    keys = _drum_keys(score)
    return len(keys) * _DRUM + 5.0 if keys else 0.0


def _text(x: float, y: float, words: str, attributes: str = "") -> str:
    """A text element."""
    return f'<text x="{x:g}" y="{y:g}" {attributes}>{escape(clean(words))}</text>'


def _left(score: Score) -> float:
    """Space left of the bars for octave or drum names."""
    return _LEFT_OF_DRUMS if _drum_keys(score) else _LEFT


def _legend(score: Score, width: float) -> list[list[tuple[float, int, str]]]:
    """Lines of the legend: place, index and name of each part."""
    lines: list[list[tuple[float, int, str]]] = []
    x = width
    for index, part in enumerate(score.parts):
        name = part.name or f"Part {index + 1}"
        needed = 22 + 6.2 * len(name)
        if x + needed > width - _RIGHT:
            x = _left(score)
            lines.append([])
        lines[-1].append((x, index, name))
        x += needed
    return lines


def _draw_legend(score: Score, legend: Sequence[Sequence[tuple[float, int, str]]]) -> Iterator[str]:
    """Color and name of each part."""
    for number, line in enumerate(legend):
        y = _LEGEND + number * _LEGEND_LINE
        for x, index, name in line:
            yield f'<rect x="{x:g}" y="{y - 9:g}" width="10" height="10" rx="2" fill="{_color(score, index)}"/>'
            yield _text(x + 14, y, name)


def _color(score: Score, index: int) -> str:
    """A part's color: gray for drums; beyond sixteen pitched parts, colors repeat."""
    if score.parts[index].is_drum:
        return _DRUM_COLOR
    return _COLORS[sum(not part.is_drum for part in score.parts[:index]) % len(_COLORS)]


def _draw_row(score: Score, row: Sequence[Bar], low: int, high: int, moods: Sequence[Mood | None]) -> Iterator[str]:
    """One row, from the section names down to the mood curve."""
    start, end = row[0].start_ticks, row[-1].end_ticks
    width, roof = (end - start) / TICKS_PER_QUARTER * _QUARTER, 2 * _WORDS
    stage = roof + (high - low + 1) * _PITCH  # where pitches end and drums begin
    floor = stage + _drum_height(score)
    drum_line = {key: floor - (len(keys) - line) * _DRUM for keys in (_drum_keys(score),) for line, key in enumerate(keys)}

    def x(tick: int) -> float:
        return round((min(max(tick, start), end) - start) / TICKS_PER_QUARTER * _QUARTER, 2)

    def y(pitch: int) -> float:
        return round(roof + (high - pitch) * _PITCH, 2)

    yield f'<rect x="0" y="{roof:g}" width="{width:g}" height="{stage - roof:g}" fill="#fafafa"/>'
    for pitch in range(low, high + 1):
        if pitch % 12 in (1, 3, 6, 8, 10):
            yield f'<rect x="0" y="{y(pitch):g}" width="{width:g}" height="{_PITCH:g}" fill="#f0f0f0"/>'
        if pitch % 12 == 0:
            yield _text(-6, y(pitch) + _PITCH, f"C{pitch // 12 - 1}", 'font-size="10" text-anchor="end" fill="#666"')
    for key, top in drum_line.items():
        yield _text(-3, top + 8, DRUM_STAFF[key].name, 'font-size="8" text-anchor="end" fill="#666"')
        yield _line(0, top + _DRUM / 2, width, top + _DRUM / 2, "#e4e4e4")
    yield from _draw_bars(score, row, roof, floor)
    yield from _draw_sections(score, start, end, x, floor)
    yield from _draw_notes(score, start, end, x, y, drum_line)
    yield from _draw_chords(score, start, end, x)
    if any(moods):
        yield from _draw_moods(moods, row, floor + 18, width)


def _draw_bars(score: Score, row: Sequence[Bar], roof: float, floor: float) -> Iterator[str]:
    """Barlines; below them the number of each phrase's first bar, and meter changes."""
    for bar in row:
        left = (bar.start_ticks - row[0].start_ticks) / TICKS_PER_QUARTER * _QUARTER
        yield _line(left, roof, left, floor, "#bbb")
        words = [str(bar.index + 1)] if bar is row[0] or bar.index % PHRASE_BARS == 0 else []
        if bar.index and str(score.bars[bar.index - 1].time_signature) != str(bar.time_signature):
            words.append(str(bar.time_signature))
        if words:
            yield _text(left, floor + 11, " · ".join(words), 'font-size="9" fill="#888"')
    right = (row[-1].end_ticks - row[0].start_ticks) / TICKS_PER_QUARTER * _QUARTER
    yield _line(right, roof, right, floor, "#bbb")


def _draw_sections(score: Score, start: int, end: int, x: Callable[[int], float], floor: float) -> Iterator[str]:
    """Section names on tinted bands (one tint per name), continued in the next row; key changes."""
    markers = score.section_markers
    tints = dict(zip(dict.fromkeys(marker.text for marker in markers), cycle(_TINTS), strict=False))
    for marker, following in zip(markers, [*(later.start_ticks for later in markers[1:]), end], strict=False):
        if marker.start_ticks < end and following > start:
            left, right, tint = x(marker.start_ticks), x(following), tints[marker.text]
            yield f'<rect x="{left:g}" y="0" width="{max(0.0, right - left - 1):g}" height="16" fill="{tint}"/>'
            goes_on = marker.start_ticks < start
            if not goes_on:
                yield _line(left, 0, left, floor, "#333")
            if right - left > 6 * len(marker.text):
                yield _text(left + 4, 12, marker.text, 'fill="#888"' if goes_on else 'font-weight="bold"')
    for signature in score.keys:
        if start <= signature.start_ticks < end and len(score.keys) > 1:
            place = min(x(signature.start_ticks) + 60, x(end) - 56)  # beside the section's name, within the row
            yield _text(place, 12, with_signs(str(signature.key)), 'font-size="10" font-style="italic" fill="#333"')


def _draw_notes(
    score: Score, start: int, end: int, x: Callable[[int], float], y: Callable[[int], float], drum_line: Mapping[int, float]
) -> Iterator[str]:
    """Notes as bars in their part's color, more opaque when louder; drums as strokes on their lines."""
    for index, part in enumerate(score.parts):
        color = _color(score, index)
        for note in part.notes:
            if note.start_ticks < end and note.end_ticks > start:
                length = 3.0 if part.is_drum else max(1.5, x(note.end_ticks) - x(note.start_ticks) - 0.6)
                top, height = (drum_line[note.pitch] + 1, _DRUM - 2) if part.is_drum else (y(note.pitch), _PITCH - 0.6)
                strength = 0.45 + 0.55 * note.velocity / 127
                yield (
                    f'<rect x="{x(note.start_ticks):g}" y="{top:g}" width="{length:g}" height="{height:g}" '
                    f'rx="1" fill="{color}" fill-opacity="{strength:.2f}"/>'
                )


def _draw_chords(score: Score, start: int, end: int, x: Callable[[int], float]) -> Iterator[str]:
    """Chord symbols above the notes at chord changes; overlapping symbols are omitted."""
    free, last = -1.0, ""
    for symbol in score.chords:
        if start <= symbol.start_ticks < end:
            keys = [signature.key for signature in score.keys if signature.start_ticks <= symbol.start_ticks]
            words = symbol.chord.symbol(keys[-1] if keys else None).translate(_SIGNS) if symbol.chord else "N.C."
            place = x(symbol.start_ticks)
            if place >= free and words != last:
                yield _text(place + 2, 2 * _WORDS - 5, words, 'font-size="11" fill="#333"')
                free, last = place + 4 + 6.0 * len(words), words


def _draw_moods(moods: Sequence[Mood | None], row: Sequence[Bar], top: float, width: float) -> Iterator[str]:
    """Valence and arousal as step curves from -1 (bottom) to 1 (top), one step per phrase."""
    height = _MOOD_HEIGHT - 14
    yield f'<rect x="0" y="{top:g}" width="{width:g}" height="{height:g}" fill="#fafafa"/>'
    for level, label in ((0.0, "+1"), (0.5, "0"), (1.0, "-1")):
        yield _line(0, top + height * level, width, top + height * level, "#ddd")
        yield _text(width + 2, top + height * level + 3, label, 'font-size="7" fill="#888"')
    for number, (name, color, dashes) in enumerate(_AXES):
        base = top + height / 2 - 4 + 14 * number
        yield _text(-4, base, name, f'font-size="9" text-anchor="end" fill="{color}"')
        yield f'<line x1="-36" y1="{base + 4:g}" x2="-4" y2="{base + 4:g}" stroke="{color}" stroke-width="2" {dashes}/>'
        for points in _curve(moods, row, name, top, height):
            yield f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="2" {dashes}/>'


def _curve(moods: Sequence[Mood | None], row: Sequence[Bar], axis: str, top: float, height: float) -> Iterator[str]:
    """Points of one axis, one line per stretch without silent phrases."""
    points: list[str] = []
    for bar in row:
        phrase = bar.index // PHRASE_BARS
        mood = moods[phrase] if phrase < len(moods) else None
        if mood is None:
            if points:
                yield " ".join(points)
            points = []
            continue
        level = top + height / 2 * (1 - getattr(mood, axis))
        left, right = ((tick - row[0].start_ticks) / TICKS_PER_QUARTER * _QUARTER for tick in (bar.start_ticks, bar.end_ticks))
        points += [f"{left:g},{level:.2f}", f"{right:g},{level:.2f}"]
    if points:
        yield " ".join(points)


def _line(x1: float, y1: float, x2: float, y2: float, color: str) -> str:
    """A thin line."""
    return f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" stroke="{color}" stroke-width="0.7"/>'
