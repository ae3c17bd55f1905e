"""A piano roll as SVG and PNG: parts in colour, bars, sections, chords and the mood curve.

Written as plain SVG; long pieces go on in further rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from composer.controls import PHRASE_BARS, Mood
from composer.formats.files import write_atomically
from composer.formats.provenance import Provenance
from composer.formats.raster import svg_to_png
from composer.formats.xml import clean
from composer.score import Bar, Score

# Colours that remain apart for colour-blind eyes (M. Okabe and K. Ito, "Color Universal Design", 2008), then darker ones.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#6a3d9a", "#8c510a", "#4d4d4d", "#1b7837")
_QUARTER, _PITCH = 20.0, 5.0  # units a quarter note is wide and a semitone high
_LEFT, _RIGHT, _ROW_GAP = 44.0, 16.0, 26.0
_ROW_QUARTERS = 64
_WORDS, _MOOD_HEIGHT = 18.0, 54.0
_FONT = 'font-family="Libertinus Serif, Georgia, serif"'
_VALENCE, _AROUSAL = "#0072b2", "#d55e00"


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


def write_roll(score: Score, path: Path, *, moods: Sequence[Mood | None] = ()) -> None:
    """Writes a piano roll as PNG where the path ends so, else as SVG; see `roll_svg` for `moods`.

    Raises:
        MissingExtraError: Typst is not installed and a PNG is asked for.
        BadInputError: the file cannot be written.
    """
    svg = roll_svg(score, moods)
    write_atomically(path, svg_to_png(svg, 1.25) if path.suffix.lower() == ".png" else svg.encode())


def roll_svg(score: Score, moods: Sequence[Mood | None] = ()) -> str:
    """The piano roll as SVG text.

    Args:
        moods: one for each phrase of `PHRASE_BARS` bars, drawn as curves of valence and arousal (-1..1) below the notes.
    """
    rows = list(_rows(score.bars))
    low, high = _pitch_range(score)
    mood_height = _MOOD_HEIGHT if any(moods) else 0.0
    row_height = 2 * _WORDS + (high - low + 1) * _PITCH + mood_height + _ROW_GAP
    widest = max((row[-1].end_ticks - row[0].start_ticks) for row in rows) / 480 * _QUARTER
    width, top = _LEFT + max(widest, 400.0) + _RIGHT, 56.0
    height = top + row_height * len(rows) + 8
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" {_FONT} font-size="12">',
        f'<rect width="{width:g}" height="{height:g}" fill="white"/>',
        _text(_LEFT, 24, score.title or "Piano roll", 'font-size="18"'),
        *_legend(score, width),
    ]
    for number, row in enumerate(rows):
        y = top + number * row_height
        lines += [f'<g transform="translate({_LEFT:g} {y:g})">', *_draw_row(score, row, low, high, moods), "</g>"]
    return "\n".join([*lines, "</svg>", ""])


def _rows(bars: Sequence[Bar]) -> Iterator[list[Bar]]:
    """Bars in rows of at most `_ROW_QUARTERS` quarters, one bar at least."""
    row: list[Bar] = []
    for bar in bars:
        if row and bar.end_ticks - row[0].start_ticks > _ROW_QUARTERS * 480:
            yield row
            row = []
        row.append(bar)
    yield row


def _pitch_range(score: Score) -> tuple[int, int]:
    """Lowest and highest pitch shown, whole octaves' room at least."""
    pitches = [note.pitch for _, note in score.notes()] or [60]
    low, high = min(pitches) - 2, max(pitches) + 2
    return (low, high) if high - low >= 12 else (low - 6, low + 12)


def _text(x: float, y: float, words: str, attributes: str = "") -> str:
    """A text element."""
    return f'<text x="{x:g}" y="{y:g}" {attributes}>{escape(clean(words))}</text>'


def _legend(score: Score, width: float) -> Iterator[str]:
    """Colour and name of each part that sounds, as far as they fit on a line."""
    x = _LEFT
    for index, part in enumerate(score.parts):
        name = part.name or f"Part {index + 1}"
        needed = 22 + 6.2 * len(name)
        if x + needed > width - _RIGHT:
            yield _text(x, 42, "…")
            return
        yield f'<rect x="{x:g}" y="33" width="10" height="10" rx="2" fill="{_colour(index)}"/>'
        yield _text(x + 14, 42, name)
        x += needed


def _colour(index: int) -> str:
    """A part's colour; beyond ten they repeat."""
    return _COLOURS[index % len(_COLOURS)]


def _draw_row(score: Score, row: Sequence[Bar], low: int, high: int, moods: Sequence[Mood | None]) -> Iterator[str]:
    """One row, from the section names down to the mood curve."""
    start, end = row[0].start_ticks, row[-1].end_ticks
    width, roof = (end - start) / 480 * _QUARTER, 2 * _WORDS
    floor = roof + (high - low + 1) * _PITCH

    def x(tick: int) -> float:
        return round((min(max(tick, start), end) - start) / 480 * _QUARTER, 2)

    def y(pitch: int) -> float:
        return round(roof + (high - pitch) * _PITCH, 2)

    yield f'<rect x="0" y="{roof:g}" width="{width:g}" height="{floor - roof:g}" fill="#fafafa"/>'
    for pitch in range(low, high + 1):
        if pitch % 12 in (1, 3, 6, 8, 10):
            yield f'<rect x="0" y="{y(pitch):g}" width="{width:g}" height="{_PITCH:g}" fill="#f0f0f0"/>'
        if pitch % 12 == 0:
            yield _text(-6, y(pitch) + _PITCH, f"C{pitch // 12 - 1}", 'font-size="10" text-anchor="end" fill="#666"')
    for bar in row:
        yield _line(x(bar.start_ticks), roof, x(bar.start_ticks), floor, "#bbb")
        if bar is row[0] or bar.index % PHRASE_BARS == 0:
            yield _text(x(bar.start_ticks), floor + 11, str(bar.index + 1), 'font-size="9" fill="#888"')
    yield _line(width, roof, width, floor, "#bbb")
    yield from _draw_notes(score, start, end, x, y)
    for marker in score.markers:
        if start <= marker.start_ticks < end:
            yield _line(x(marker.start_ticks), 2, x(marker.start_ticks), floor, "#333")
            yield _text(x(marker.start_ticks) + 4, 12, marker.text, 'font-weight="bold"')
    yield from _draw_chords(score, start, end, x)
    if any(moods):
        yield from _draw_moods(moods, row, floor + 18, width)


def _draw_notes(score: Score, start: int, end: int, x: Callable[[int], float], y: Callable[[int], float]) -> Iterator[str]:
    """Notes as bars in their part's colour, stronger where louder."""
    for index, part in enumerate(score.parts):
        for note in part.notes:
            if note.start_ticks < end and note.end_ticks > start:
                length = max(1.5, x(note.end_ticks) - x(note.start_ticks) - 0.6)
                strength = 0.45 + 0.55 * note.velocity / 127
                yield (
                    f'<rect x="{x(note.start_ticks):g}" y="{y(note.pitch):g}" width="{length:g}" height="{_PITCH - 0.6:g}" '
                    f'rx="1" fill="{_colour(index)}" fill-opacity="{strength:.2f}"/>'
                )


def _draw_chords(score: Score, start: int, end: int, x: Callable[[int], float]) -> Iterator[str]:
    """Chord symbols above the notes, left out where they would overlap."""
    free = -1.0
    for symbol in score.chords:
        if start <= symbol.start_ticks < end:
            words = symbol.chord.symbol(score.key) if symbol.chord else "N.C."
            place = x(symbol.start_ticks)
            if place >= free:
                yield _text(place + 2, 2 * _WORDS - 5, words, 'font-size="11" fill="#333"')
                free = place + 4 + 6.0 * len(words)


def _draw_moods(moods: Sequence[Mood | None], row: Sequence[Bar], top: float, width: float) -> Iterator[str]:
    """Valence and arousal as steps from -1 (bottom) to 1 (top), a step a phrase."""
    height = _MOOD_HEIGHT - 14
    yield f'<rect x="0" y="{top:g}" width="{width:g}" height="{height:g}" fill="#fafafa"/>'
    yield _line(0, top + height / 2, width, top + height / 2, "#ddd")
    for name, colour, label in (("valence", _VALENCE, 10), ("arousal", _AROUSAL, 22)):
        yield _text(-4, top + label, name, f'font-size="9" text-anchor="end" fill="{colour}"')
        points = []
        for bar in row:
            phrase = bar.index // PHRASE_BARS
            mood = moods[phrase] if phrase < len(moods) else None
            if mood is not None:
                level = top + height / 2 * (1 - getattr(mood, name))
                left = (bar.start_ticks - row[0].start_ticks) / 480 * _QUARTER
                right = (bar.end_ticks - row[0].start_ticks) / 480 * _QUARTER
                points += [f"{left:g},{level:.2f}", f"{right:g},{level:.2f}"]
        if points:
            yield f'<polyline points="{" ".join(points)}" fill="none" stroke="{colour}" stroke-width="2"/>'


def _line(x1: float, y1: float, x2: float, y2: float, colour: str) -> str:
    """A thin line."""
    return f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" stroke="{colour}" stroke-width="0.7"/>'
