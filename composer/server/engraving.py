"""Engraves a MusicXML file for the screen with verovio: SVG pages and the times of the notes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from composer.errors import CantilenaError, MissingExtraError, pip_line
from composer.formats.pictures.loading import for_verovio, load

_INCOMPLETE = re.compile(r'<measure number="0" implicit="yes">.*?<beats>(\d+)</beats>\s*<beat-type>(\d+)', re.DOTALL)
_PAGE_WIDTH, _PAGE_HEIGHT, _SCALE = 2600, 1900, 36


def engrave(musicxml: str) -> dict[str, Any]:
    """Engraves a score.

    Returns:
        `pages`: SVG texts; `timemap`: [quarter notes from the start of the first bar, complete or not, ids of starting notes,
        ids of ending notes, id of the starting bar or ""] in order of time.

    Raises:
        MissingExtraError: verovio is not installed.
        CantilenaError: verovio cannot read the score.
    """
    try:
        import verovio
    except ImportError as error:
        raise MissingExtraError(f"the engraved score needs verovio: {pip_line('studio')}") from error
    verovio.enableLog(verovio.LOG_OFF)
    toolkit = verovio.toolkit(False)
    toolkit.setResourcePath(str(Path(verovio.__file__).parent / "data"))  # the path is set per thread, not per process
    toolkit.setOptions(
        {
            "pageWidth": _PAGE_WIDTH, "pageHeight": _PAGE_HEIGHT, "scale": _SCALE, "adjustPageHeight": True,
            "pageMarginTop": 60, "pageMarginBottom": 60, "pageMarginLeft": 60, "pageMarginRight": 60,
            "svgViewBox": True, "svgRemoveXlink": True, "footer": "none", "header": "none", "xmlIdSeed": 1,
        }
    )  # fmt: skip
    if not load(toolkit, for_verovio(musicxml, multiple_rests=False)):
        raise CantilenaError("verovio could not engrave the piece: convert it to MusicXML and report this")
    timemap = toolkit.renderToTimemap({"includeMeasures": True})
    silence = _silence(musicxml, [entry["qstamp"] for entry in timemap if "measureOn" in entry])
    return {
        "pages": [toolkit.renderToSVG(number + 1) for number in range(toolkit.getPageCount())],
        "timemap": [
            [silence + entry["qstamp"], entry.get("on", []), entry.get("off", []), entry.get("measureOn", "")]
            for entry in timemap
        ],
    }


def _silence(musicxml: str, bars: Sequence[float]) -> float:
    """Quarter notes of the first bar before the upbeat from which on it is written; 0 if it is complete.

    Args:
        musicxml: a score as `musicxml_bytes` writes it.
        bars: quarter notes from the start of the upbeat to each bar.
    """
    if not (meter := _INCOMPLETE.search(musicxml)):
        return 0.0
    return 4 * int(meter[1]) / int(meter[2]) - bars[1]
