"""Stems: one dry file a part, all of one length, whose sum is the dry mix, which is written beside them.

32-bit float WAV, so that nothing clips and nothing is rounded, whatever the level. Written by hand: libsndfile stamps the
time of day into such files, and the same piece should give the same bytes.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from composer.performance import PerformedPart
from composer.render.synth import SAMPLE_RATE, Sound

DRY_MIX = "dry-mix.wav"
_CHUNK = 1 << 16


class StemFolder:
    """Takes the parts' sounds one after the other and writes them to a folder; `close` adds the dry mix."""

    def __init__(self, folder: Path, parts: Sequence[PerformedPart]) -> None:
        """Makes the folder; `parts` give the files their names ("01-violin-1.wav")."""
        folder.mkdir(parents=True, exist_ok=True)
        self._paths = [folder / f"{number:02d}-{_plain(part.name)}.wav" for number, part in enumerate(parts, start=1)]
        self._dry_path = folder / DRY_MIX
        self._dry: Sound | None = None
        self.files: list[Path] = []

    def write(self, index: int, sound: Sound) -> None:
        """Writes the dry sound of the part at `index`, (n, 2); n is the same for all."""
        if self._dry is None:
            self._dry = np.zeros_like(sound)
        self._dry += sound
        self._save(self._paths[index], sound)

    def close(self) -> None:
        """Writes the sum of what was written."""
        if self._dry is not None:
            self._save(self._dry_path, self._dry)
            self._dry = None

    def _save(self, path: Path, sound: Sound) -> None:
        write_float_wav(path, sound)
        self.files.append(path)


def _plain(name: str) -> str:
    """A part's name as a file name.

    >>> _plain("Piano (right hand)")
    'piano-right-hand'
    """
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "part"


def write_float_wav(path: Path, sound: Sound) -> None:
    """Writes (n, 2) sound as a 32-bit float WAV file, replacing what is there only when it is complete."""
    size = sound.shape[0] * 8
    form = struct.pack("<HHIIHHH", 3, 2, SAMPLE_RATE, SAMPLE_RATE * 8, 8, 32, 0)
    fact = struct.pack("<I", sound.shape[0])
    chunks = b"fmt " + struct.pack("<I", len(form)) + form + b"fact" + struct.pack("<I", 4) + fact
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(
                b"RIFF" + struct.pack("<I", 4 + len(chunks) + 8 + size) + b"WAVE" + chunks + b"data" + struct.pack("<I", size)
            )
            for first in range(0, len(sound), _CHUNK):
                file.write(sound[first : first + _CHUNK].astype("<f4").tobytes())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
