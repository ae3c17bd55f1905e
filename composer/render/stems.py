"""Stems: one dry file a part, all of one length, whose sum is the dry mix, which is written beside them.

32-bit float WAV, so that nothing clips and nothing is rounded, whatever the level. Written by hand: libsndfile stamps the
time of day into such files, and the same piece should give the same bytes. Sound is added in place on disk, so that
memory does not grow with the number of parts.
"""

from __future__ import annotations

import re
import struct
from pathlib import Path
from types import TracebackType

import numpy as np

from composer.errors import CantilenaError
from composer.performance import Performance
from composer.render.synth import SAMPLE_RATE, TAIL_S, Sound, frames

DRY_MIX = "dry-mix.wav"
_HEADER_BYTES = 80
_CHUNK = 1 << 16
_FLOAT_GUID = bytes.fromhex("0300000000001000800000aa00389b71")


class StemFolder:
    """Takes the sound of the parts bit by bit, as a context; its end renames the files to what they are, or removes them.

    Attributes:
        files: one file a part in their order, then the dry mix.
    """

    def __init__(self, folder: Path, performance: Performance) -> None:
        """Makes the folder and empty files named after the parts ("01-violin-1.wav").

        Raises:
            CantilenaError: they can't be made.
        """
        names = [f"{number:02d}-{_plain(part.name)}.wav" for number, part in enumerate(performance.parts, start=1)]
        self.files = tuple(folder / name for name in (*names, DRY_MIX))
        self._length = frames(performance.duration_s + TAIL_S) + 1
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for path in self.files:
                _make_wav(_unfinished(path), self._length)
        except OSError as error:
            self._remove()
            raise CantilenaError(f"{folder} can't be written ({error.strerror or error}): choose another place") from None

    def add(self, part: int, first_frame: int, sound: Sound) -> None:
        """Adds dry sound, (n, 2), to the file of a part from a frame on."""
        samples = self._samples(part)
        piece = sound[: self._length - first_frame]
        samples[first_frame : first_frame + len(piece)] += piece

    def __enter__(self) -> StemFolder:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Sums the stems up and gives all files their names; after an error it removes them."""
        if kind is None:
            self._sum_up()
            for path in self.files:
                _unfinished(path).replace(path)
        self._remove()

    def _sum_up(self) -> None:
        stems = [self._samples(index) for index in range(len(self.files) - 1)]
        total = self._samples(len(stems))
        for first in range(0, self._length, _CHUNK):
            for stem in stems:
                total[first : first + _CHUNK] += stem[first : first + _CHUNK]

    def _samples(self, index: int) -> Sound:
        """The samples of a file, in place. (n, 2)"""
        path = _unfinished(self.files[index])
        return np.memmap(path, "<f4", "r+", _HEADER_BYTES, (self._length, 2))

    def _remove(self) -> None:
        for path in self.files:
            _unfinished(path).unlink(missing_ok=True)


def _unfinished(path: Path) -> Path:
    return path.with_name(f".{path.name}.tmp")


def _plain(name: str) -> str:
    """A part's name as a file name.

    >>> _plain("Piano (right hand)")
    'piano-right-hand'
    """
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "part"


def _make_wav(path: Path, length: int) -> None:
    """Writes a silent 32-bit float stereo WAV file of so many frames (WAVE_FORMAT_EXTENSIBLE, left and right)."""
    size = length * 8
    form = struct.pack("<HHIIHHHHI", 0xFFFE, 2, SAMPLE_RATE, SAMPLE_RATE * 8, 8, 32, 22, 32, 3) + _FLOAT_GUID
    chunks = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"fact" + struct.pack("<II", 4, length)
    with path.open("wb") as file:
        file.write(b"RIFF" + struct.pack("<I", len(chunks) + 8 + size) + chunks + b"data" + struct.pack("<I", size))
        file.truncate(_HEADER_BYTES + size)
