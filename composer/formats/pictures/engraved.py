"""Engraved scores as SVG, PNG and PDF: MusicXML laid out by verovio.

SVG and PNG show the whole piece as one picture: its pages, cut below their last systems, one below the other. PDF has A4
pages. Contains no notation logic.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from composer.errors import CantilenaError, MissingExtraError
from composer.files import write_atomically
from composer.formats.engraving.layout import Layout
from composer.formats.engraving.staves import seat_players
from composer.formats.musicxml.musicxml_write import musicxml_bytes
from composer.formats.pictures.loading import for_verovio, load
from composer.formats.pictures.raster import MISSING, svg_size, svg_to_png, svgs_to_pdf
from composer.formats.provenance import Provenance
from composer.score import Score

_PAGE_WIDTH, _PAGE_HEIGHT, _MARGIN = 840, 1188, 48  # units of the pictures, a quarter of a millimeter
_SCALE, _SMALLEST_SCALE = 40, 22  # percent of verovio's default size
# The most staves of a system at full size, as in parts and chamber music, and the power by which more of them shrink: 12 staves
# to 29, about 5 mm. Source: the staff sizes of E. Gould, "Behind Bars" (2011), p. 483.
_STAVES, _SHRINKING = 4, 0.3
_PIXELS_PER_UNIT = 2.0
_SECTION_BONUS = 0.03  # squared share of the usual width of a system that it may differ in to begin with a section
_START_OF_MEASURE = r'<measure number="(\d+)"[^>]*>'
# A measure that verovio drew: its number, and the ends of the top line of its staff.
_MEASURE = re.compile(r'class="measure"[^>]*?data-n="(\d+)".*?<path d="M(\d+) \d+ L(\d+) \d+"', re.DOTALL)


def write_svg(score: Score, path: Path, provenance: Provenance | None = None, layout: Layout | None = None) -> None:
    """Writes the engraved score as one SVG.

    Raises:
        MissingExtraError: verovio is not installed.
        BadInputError: the file cannot be written.
    """
    write_atomically(path, _stack(engrave(score, provenance, layout, cut_pages=True)).encode())


def write_png(score: Score, path: Path, provenance: Provenance | None = None, layout: Layout | None = None) -> None:
    """Writes the engraved score as one PNG, 1,680 pixels wide.

    Raises:
        MissingExtraError: verovio or Typst is not installed.
        BadInputError: the file cannot be written.
    """
    write_atomically(path, svg_to_png(_stack(engrave(score, provenance, layout, cut_pages=True)), _PIXELS_PER_UNIT))


def write_pdf(score: Score, path: Path, provenance: Provenance | None = None, layout: Layout | None = None) -> None:
    """Writes the engraved score as a PDF of A4 pages.

    Raises:
        MissingExtraError: verovio or Typst is not installed.
        BadInputError: the file cannot be written.
    """
    write_atomically(path, svgs_to_pdf(engrave(score, provenance, layout, cut_pages=False)))


def engrave(
    score: Score, provenance: Provenance | None = None, layout: Layout | None = None, *, cut_pages: bool = False
) -> list[str]:
    """Engraved pages as SVG, 840 units wide; equal scores give equal text.

    Args:
        cut_pages: whether pages end below their last system; otherwise they are A4.

    Raises:
        MissingExtraError: verovio is not installed.
    """
    try:
        import verovio
    except ImportError as error:
        raise MissingExtraError(MISSING) from error
    verovio.enableLog(verovio.LOG_OFF)
    staves = sum(len(player.staves) for player in seat_players(score.parts))
    scale = max(_SMALLEST_SCALE, round(_SCALE * (_STAVES / max(_STAVES, staves)) ** _SHRINKING))
    width, height, margin = (round(size * 100 / scale) for size in (_PAGE_WIDTH, _PAGE_HEIGHT, _MARGIN))
    toolkit = verovio.toolkit()
    toolkit.setOptions(
        {
            "pageWidth": width, "pageHeight": height, "adjustPageHeight": cut_pages, "scale": scale,
            "pageMarginTop": margin, "pageMarginBottom": margin, "pageMarginLeft": margin, "pageMarginRight": margin,
            "svgViewBox": True, "footer": "none", "smuflTextFont": "none", "xmlIdSeed": 1, "minLastJustification": 0.5,
            "breaksNoWidow": True,
            "justifyVertically": not cut_pages, "multiRestStyle": "block", "systemDivider": "none",
        }
    )  # fmt: skip
    xml = for_verovio(musicxml_bytes(score, provenance, layout).decode())
    sections = re.findall(_START_OF_MEASURE + "(?:(?!</measure>).)*?<rehearsal", xml, re.DOTALL)
    toolkit.setOptions({"svgAdditionalAttribute": ["measure@n"], "noJustification": True})
    breaks = _even_breaks(_rendered(toolkit, xml), sections)
    toolkit.setOptions({"noJustification": False, "breaks": "line" if breaks else "auto"})
    pages = [_portable(page) for page in _rendered(toolkit, _with_breaks(xml, breaks))]
    return pages if cut_pages or len(pages) == 1 else [_numbered(page, number) for number, page in enumerate(pages, 1)]


def _rendered(toolkit: Any, xml: str) -> list[str]:
    """The pages of a score as SVG."""
    if not load(toolkit, xml):
        raise CantilenaError("verovio could not engrave the piece: write it as MusicXML and report this")
    return [toolkit.renderToSVG(number + 1) for number in range(toolkit.getPageCount())]


def _even_breaks(pages: Sequence[str], sections: Collection[str]) -> set[str]:
    """Numbers of the measures before which a system should begin, so that all are about as wide, best with a section.

    verovio fills each system before it begins the next, which leaves the last one short.

    Args:
        pages: as verovio broke them without stretching them, with the numbers of the measures.
        sections: numbers of the measures with a rehearsal mark.
    """
    systems = [_MEASURE.findall(system) for page in pages for system in page.split('class="system"')[1:]]
    if len(systems) < 2:
        return set()
    numbers = [number for system in systems for number, _, _ in system]
    lengths = [[int(right) - int(left) for _, left, right in system] for system in systems]
    # The first measure of a system holds clef and key as well; without them it is at most as wide as the widest of the others.
    lengths = [[min(first, max(others, default=first // 2)), *others] for first, *others in lengths]
    widths = [width for system in lengths for width in system]
    room, target = max(map(sum, lengths)), sum(widths) / len(lengths)
    best: list[tuple[float, int]] = [(0.0, 0)]  # least cost of the measures before each one, and where their last system begins
    for end in range(1, len(widths) + 1):
        ways: list[tuple[float, int]] = []
        width = 0
        for first in range(end - 1, -1, -1):
            width += widths[first]
            if width > room and ways:
                break
            bonus = _SECTION_BONUS if numbers[first] in sections else 0.0
            ways.append((best[first][0] + (width / target - 1) ** 2 - bonus, first))
        best.append(min(ways))
    found, end = set(), len(widths)
    while end := best[end][1]:
        found.add(numbers[end])
    return found


def _with_breaks(xml: str, numbers: Collection[str]) -> str:
    """MusicXML whose first part begins a system with each of some measures."""
    first, end, others = xml.partition("</part>")
    begun = '<print new-system="yes"/>'
    first = re.sub(_START_OF_MEASURE, lambda found: found[0] + (begun if found[1] in numbers else ""), first)
    return first + end + others


def _numbered(svg: str, number: int) -> str:
    """A page with its number at the foot."""
    width, height = svg_size(svg)
    place = f'<svg viewBox="0 0 {width:g} {height:g}"><text x="{width / 2:g}" y="{height - 20:g}" text-anchor="middle" '
    text = f'{place}font-family="Liberation Serif, Times New Roman, Times, serif" font-size="13">{number}</text></svg>'
    return re.sub(r"</svg>\s*$", f"{text}\n</svg>", svg)


def _portable(svg: str) -> str:
    """Moves anchors from spans to their texts, because few renderers support them on spans, and names the typeface."""
    anchor = r'<text font-size="0px">(\s*<tspan id="\w+" class="rend")((?: (?:x|y|text-anchor)="[^"]*")+)'
    svg = re.sub(anchor, r'<text\2 font-size="0px">\1', svg)
    return svg.replace('font-family="Times, serif"', 'font-family="Liberation Serif, Times New Roman, Times, serif"')


def _stack(pages: Sequence[str]) -> str:
    """Stacks pages vertically in one SVG on white."""
    sizes = [svg_size(page) for page in pages]
    width, height = max(size[0] for size in sizes), sum(size[1] for size in sizes)
    top, placed = 0.0, []
    for page, (page_width, page_height) in zip(pages, sizes, strict=True):
        inner = re.sub(r"^\s*<\?xml[^>]*\?>", "", page)
        place = f'<svg x="0" y="{top:g}" width="{page_width:g}" height="{page_height:g}" '
        placed.append(inner.replace("<svg ", place, 1))
        top += page_height
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}">\n'
        f'<rect width="{width:g}" height="{height:g}" fill="white"/>\n' + "\n".join(placed) + "\n</svg>\n"
    )
