"""SVG pages to PNG and PDF through Typst, which needs no system libraries or fonts.

Engraved pages need the typefaces that verovio used to measure text. Its wheel contains them compressed for browsers; they
are unpacked once into the user's cache. Knows pictures, not music.
"""

from __future__ import annotations

import base64
import io
import os
import re
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from composer.errors import BadInputError, MissingExtraError, pip_line
from composer.files import write_atomically

MISSING = f"pictures need packages that are not installed: {pip_line('notation')}"
_MAX_PIXELS = 16_000  # per side; larger pictures are rendered at a lower resolution


def svg_size(svg: str) -> tuple[float, float]:
    """Width and height of a picture from its outer viewBox.

    >>> svg_size('<svg viewBox="0 0 840 1188">')
    (840.0, 1188.0)
    """
    match = re.search(r'<svg[^>]*\bviewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    if not match:
        raise BadInputError("the picture has no viewBox that starts at 0 0: give an SVG with one")
    return float(match[1]), float(match[2])


def svg_to_png(svg: str, pixels_per_unit: float) -> bytes:
    """Renders on white, `pixels_per_unit` pixels per unit of the viewBox, at most 16,000 per side.

    Raises:
        MissingExtraError: Typst is not installed.
    """
    scale = min(pixels_per_unit, _MAX_PIXELS / max(svg_size(svg)))
    return _compile([svg], "png", ppi=72 * scale)


def svgs_to_pdf(pages: Sequence[str], width_mm: float = 210.0) -> bytes:
    """One PDF page per picture, each `width_mm` wide; text stays text.

    Raises:
        MissingExtraError: Typst is not installed.
    """
    return _compile(pages, "pdf", points_per_unit=width_mm / 25.4 * 72 / svg_size(pages[0])[0])


def _compile(pages: Sequence[str], kind: Literal["png", "pdf"], *, ppi: float = 72.0, points_per_unit: float = 1.0) -> bytes:
    """Lets Typst place each picture on a page of the same size; equal pages give equal bytes."""
    try:
        import typst
    except ImportError as error:
        raise MissingExtraError(MISSING) from error
    source = ["#set document(date: none)"]
    with TemporaryDirectory(prefix="cantilena-") as folder:
        for number, page in enumerate(pages):
            (Path(folder) / f"{number}.svg").write_text(page, encoding="utf-8")
            width, height = (round(side * points_per_unit, 3) for side in svg_size(page))
            source.append(f"#page(width: {width}pt, height: {height}pt, margin: 0pt, fill: white)[#image(")
            source.append(f'"{number}.svg", width: {width}pt)]')
        document = Path(folder) / "pages.typ"
        document.write_text("\n".join([source[0], *map("".join, zip(source[1::2], source[2::2], strict=True))]))
        compiled = typst.compile(
            str(document), format=kind, ppi=ppi, font_paths=[str(unpack_fonts())], ignore_system_fonts=True, timestamp=0
        )
    assert isinstance(compiled, bytes), "one picture per file: PNGs have single pages"
    return compiled


def unpack_fonts() -> Path:
    """Unpacks verovio's typefaces (Leipzig for music, Liberation Serif for text) as TrueType files and returns their folder.

    Raises:
        MissingExtraError: verovio or fontTools is not installed.
    """
    try:
        import verovio
        from fontTools.ttLib import TTFont
    except ImportError as error:
        raise MissingExtraError(MISSING) from error
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "cantilena" / f"fonts-verovio-{version('verovio')}"
    if (folder / "complete").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("Leipzig", "Liberation"):
        sheet = (Path(verovio.__file__).parent / "data" / f"{name}.css").read_text()
        for number, packed in enumerate(re.findall(r"base64,([A-Za-z0-9+/=]+)", sheet)):
            font = TTFont(io.BytesIO(base64.b64decode(packed)))
            font.flavor = None
            unpacked = io.BytesIO()
            font.save(unpacked)
            write_atomically(folder / f"{name}-{number}.ttf", unpacked.getvalue())
    write_atomically(folder / "complete", b"")
    return folder
