"""Stems: one dry file per part, all of equal length, and their sum, the dry mix. Those of a loop repeat without a gap.

32-bit float WAV, which neither clips nor rounds at any level. The files are written without libsndfile, which would add the
current time; equal pieces must give equal bytes. Sound is added in place on disk, so memory does not grow with the number
of parts.
"""

from __future__ import annotations

import os
import shutil
import struct
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import numpy as np

from composer.errors import BadInputError
from composer.files import check_free, name_words, sync_folder, unfinished
from composer.performance import Performance
from composer.render.loop_points import smpl_chunk
from composer.render.synth import SAMPLE_RATE, TAIL_S, Sound, frames

DRY_MIX = "dry-mix.wav"
_HEADER_BYTES, _FRAME_BYTES = 80, 8
_CHUNK = 1 << 16
_FLOAT_GUID = bytes.fromhex("0300000000001000800000aa00389b71")


class StemFolder:
    """Context manager that collects the sound of the parts; on exit it renames the files into place, or removes them.

    Until then they are in a hidden folder. Files are read and written rather than memory-mapped: on a full disk, a write raises
    an error while a map kills the process.

    Attributes:
        files: one file per part in order, then the dry mix.
    """

    def __init__(self, folder: Path, performance: Performance) -> None:
        """Creates the folder and silent files named after the parts ("01-violin-1.wav").

        Raises:
            BadInputError: they cannot be created.
        """
        names = [f"{number:02d}-{name_words(part.name) or 'part'}.wav" for number, part in enumerate(performance.parts, 1)]
        self.files = tuple(folder / name for name in (*names, DRY_MIX))
        self._folder, self._unfinished = folder, unfinished(folder)
        self._loops = performance.loop_s is not None
        tailed = frames(performance.duration_s + TAIL_S) + 1
        self._length = tailed if performance.loop_s is None else round(performance.loop_s * SAMPLE_RATE)
        with self._clearing():
            check_free(self.files, overwrite=True)
            folder.mkdir(parents=True, exist_ok=True)
            self._unfinished.mkdir()
            for path in self.files:
                _make_wav(self._unfinished / path.name, self._length, loops=self._loops)

    def add(self, part: int, first_frame: int, sound: Sound) -> None:
        """Adds dry sound, (n, 2), to a part's file at a frame; in a loop, what goes beyond the end sounds in the beginning.

        Raises:
            BadInputError: the disk is full.
        """
        with self._clearing(), self._open(part) as file:
            while len(sound):
                piece = sound[: self._length - first_frame]
                _write(file, first_frame, _read(file, first_frame, len(piece)) + piece)
                sound, first_frame = (sound[len(piece) :] if self._loops else sound[:0]), 0

    def __enter__(self) -> StemFolder:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Sums the stems and renames all files into place; removes them after an error."""
        if kind is None:
            with self._clearing():
                self._sum_up()
                for path in self.files:
                    (self._unfinished / path.name).replace(path)
                sync_folder(self._folder)
        self._remove()

    def _sum_up(self) -> None:
        with ExitStack() as stack:
            *stems, total = [stack.enter_context(self._open(index)) for index in range(len(self.files))]
            for first in range(0, self._length, _CHUNK):
                count = min(_CHUNK, self._length - first)
                mixed = np.zeros((count, 2), np.float32)
                for stem in stems:
                    mixed += _read(stem, first, count)
                _write(total, first, mixed)
            for file in (*stems, total):
                file.flush()
                os.fsync(file.fileno())

    def _open(self, index: int) -> BinaryIO:
        return (self._unfinished / self.files[index].name).open("r+b")

    @contextmanager
    def _clearing(self) -> Iterator[None]:
        """Removes unfinished files on an OS error, and reports it in one line."""
        try:
            yield
        except OSError as error:
            self._remove()
            raise BadInputError(
                f"{self._folder} cannot be written ({error.strerror or error}): choose another folder"
            ) from None

    def _remove(self) -> None:
        shutil.rmtree(self._unfinished, ignore_errors=True)


def _read(file: BinaryIO, first: int, count: int) -> Sound:
    """`count` frames of a file starting at `first`. (count, 2)"""
    file.seek(_HEADER_BYTES + first * _FRAME_BYTES)
    return np.frombuffer(file.read(count * _FRAME_BYTES), "<f4").reshape(count, 2)


def _write(file: BinaryIO, first: int, sound: Sound) -> None:
    file.seek(_HEADER_BYTES + first * _FRAME_BYTES)
    file.write(np.ascontiguousarray(sound, "<f4").data)


def _make_wav(path: Path, length: int, *, loops: bool) -> None:
    """Writes a silent 32-bit float stereo WAV file of `length` frames (WAVE_FORMAT_EXTENSIBLE, left and right)."""
    points = smpl_chunk(length, SAMPLE_RATE) if loops else b""
    size = length * _FRAME_BYTES
    form = struct.pack("<HHIIHHHHI", 0xFFFE, 2, SAMPLE_RATE, SAMPLE_RATE * 8, 8, 32, 22, 32, 3) + _FLOAT_GUID
    chunks = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"fact" + struct.pack("<II", 4, length)
    with path.open("wb") as file:
        file.write(
            b"RIFF" + struct.pack("<I", len(chunks) + 8 + size + len(points)) + chunks + b"data" + struct.pack("<I", size)
        )
        file.truncate(_HEADER_BYTES + size)
        file.seek(_HEADER_BYTES + size)
        file.write(points)
