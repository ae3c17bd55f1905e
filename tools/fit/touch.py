"""Accents of drummers by sixteenth of the bar, from the Groove MIDI dataset (Gillick et al. 2019, CC BY).

    python -m tools.fit touch                    prints a table by style, with the position of the off-beats in the beat
    python -m tools.fit touch --write            writes composer/arranging/touch.toml

Reads beats in 4/4 (no fills) of the training split, with a maximum number of files per style. Strokes are rounded to the
nearest sixteenth. For the kick, the snare (without ghost notes) and the timekeeper (hats and ride) the table has the deviation
of each sixteenth from the mean velocity, and the spread of strokes on one sixteenth.
"""

from __future__ import annotations

import argparse
import io
import json
import zipfile
from collections import defaultdict
from statistics import mean, pstdev

import mido

from tools.corpus import ROOT, corpus_folder

_GROUPS = {
    "rock": ("rock",), "pop": ("pop", "pop/soft"), "punk": ("punk",), "funk": ("funk", "funk/fast"),
    "soul": ("soul", "soul/motown"),
    "hip-hop": ("hiphop",), "jazz": ("jazz", "jazz/swing", "jazz/mediumfast"), "blues": ("blues/shuffle", "rock/shuffle"),
    "latin": ("latin/brazilian-bossa", "latin/brazilian-samba", "latin/samba", "latin", "afrocuban"), "dance": ("dance/disco",),
    "reggae": ("reggae", "reggae/slow", "latin/reggaeton"), "country": ("country",),
}  # fmt: skip
_CLASSES = {35: "kick", 36: "kick", 37: "snare", 38: "snare", 40: "snare"} | dict.fromkeys(
    (22, 26, 42, 44, 46, 51, 53, 59), "time"
)
_GHOST = 45  # softer snare strokes are ghost notes, which patterns mark as such
_FEWEST = 12  # minimum strokes on a sixteenth for a mean


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--files", type=int, default=12, help="maximum files per style")
    parser.add_argument("--write", action="store_true", help="write the arranger's table")
    options = parser.parse_args()
    rows = [json.loads(line) for line in (corpus_folder() / "groove.manifest.jsonl").read_text().splitlines()]
    text = [
        f"# Accents of drummers by sixteenth of a bar in 4/4, in velocities above the mean, made by `python {_NAME} --write`.\n"
    ]
    with zipfile.ZipFile(corpus_folder() / "groove.zip") as archive:
        for group, names in _GROUPS.items():
            mine = [row for row in rows if row["style"] in names and row["beat_type"] == "beat" and row["split"] == "train"]
            mine = [row for row in mine if row["meters"] == [[1, "4/4"]]][: options.files]
            text.append(_row(group, [archive.read(row["midi"]) for row in mine]))
            print(text[-1])
    if options.write:
        (ROOT / "composer/arranging/touch.toml").write_text("\n".join(text))


def _row(group: str, files: list[bytes]) -> str:
    """The table's row of some files."""
    velocities: dict[tuple[str, int], list[int]] = defaultdict(list)
    off_beats: list[float] = []
    for content in files:
        for beat, name, velocity in _strokes(content):
            velocities[name, round(beat * 4) % 16].append(velocity)
            if name == "time" and abs(beat % 1 - 0.58) < 0.17:
                off_beats.append(beat % 1)
    lines = [f"[{group}]", f"files = {len(files)}"]
    lines.append(f"off_beat = {mean(off_beats):.3f}" if off_beats else "off_beat = 0.5")
    for name in ("kick", "snare", "time"):
        cells = [velocities[name, cell] for cell in range(16)]
        every = [velocity for cell in cells for velocity in cell]
        level = mean(every) if every else 0.0
        lines.append(f"{name} = [{', '.join(str(round(mean(c) - level) if len(c) >= _FEWEST else 0) for c in cells)}]")
        spreads = [pstdev(cell) for cell in cells if len(cell) >= _FEWEST]
        lines.append(f"{name}_spread = {round(mean(spreads)) if spreads else 0}")
    return "\n".join(lines) + "\n"


def _strokes(content: bytes) -> list[tuple[float, str, int]]:
    """(beat, class, velocity) of a file's strokes, without ghost notes on the snare."""
    midi = mido.MidiFile(file=io.BytesIO(content))
    found, tick = [], 0
    for message in mido.merge_tracks(midi.tracks):
        tick += message.time
        if message.type == "note_on" and message.velocity and message.note in _CLASSES:
            name = _CLASSES[message.note]
            if name != "snare" or message.velocity >= _GHOST:
                found.append((tick / midi.ticks_per_beat, name, message.velocity))
    return found


_NAME = "tools/fit/touch.py"
