"""Audio files: WAV, FLAC, OGG and MP3 through libsndfile, with tags, written atomically and deterministically.

Sound is encoded in memory, in chunks because libsndfile's Vorbis encoder overflows its stack on long writes. Knows nothing
about how the sound was made.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from composer.errors import BadInputError, CantilenaError
from composer.files import write_atomically
from composer.render.loop_points import LOOPED
from composer.render.synth import SAMPLE_RATE, Sound

CHUNK_FRAMES = 1 << 16
TAGS = ("title", "artist", "album", "date", "genre", "comment", "copyright", "software", "license")


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """A container and its libsndfile encodings by bit depth; the first is the default."""

    container: str
    encodings: Mapping[int | None, str]


FORMATS: dict[str, AudioFormat] = {
    ".wav": AudioFormat("WAV", {24: "PCM_24", 16: "PCM_16"}),
    ".flac": AudioFormat("FLAC", {24: "PCM_24", 16: "PCM_16"}),
    ".ogg": AudioFormat("OGG", {None: "VORBIS"}),
    ".mp3": AudioFormat("MP3", {None: "MPEG_LAYER_III"}),
}


def write_audio(
    path: Path,
    sound: Sound,
    *,
    bits: int | None = None,
    tags: Mapping[str, str] | None = None,
    seed: int = 0,
    loops: bool = False,
) -> None:
    """Writes sound at `SAMPLE_RATE` to a file whose suffix determines the format.

    Args:
        path: ends in a suffix of `FORMATS`; an existing file is replaced.
        sound: (n, 2), full scale 1.0.
        bits: 16 (dithered) or 24 (default) for WAV and FLAC; other formats have no bit depth.
        tags: values by the names in `TAGS`; tags that a container does not support are dropped.
        seed: seed of the dither.
        loops: whether players should repeat the whole file; MP3 cannot say so.

    Raises:
        BadInputError: unknown suffix, bit depth or tag; a sample that is not a number or exceeds full scale; or the file cannot
            be written.
        CantilenaError: libsndfile cannot encode it.
    """
    form, encoding = check_format(path, bits)
    unknown = sorted(set(tags or ()) - set(TAGS))
    if unknown:
        raise BadInputError(f"audio tag {unknown[0]!r} is not known: use some of {', '.join(TAGS)}")
    peak = max((float(np.abs(block).max(initial=0.0)) for block in _chunks(sound)), default=0.0)
    if not peak <= 1.0:
        raise BadInputError(f"the sound's peak of {peak:.3f} exceeds full scale (1.0): lower it before writing")
    content = _encoded(path, form.container, encoding, sound, dict(tags or {}), seed)
    if loops and form.container in LOOPED:
        content = memoryview(bytearray(LOOPED[form.container](content.tobytes(), len(sound), SAMPLE_RATE)))
    if form.container == "OGG":
        _fix_ogg_serial(content)
    write_atomically(path, content)


def check_format(path: Path, bits: int | None) -> tuple[AudioFormat, str]:
    """Format by suffix, and libsndfile's name of the encoding.

    Raises:
        BadInputError: unknown suffix, or a bit depth that the format does not support.
    """
    form = FORMATS.get(path.suffix.lower())
    if form is None:
        raise BadInputError(f"audio format {path.suffix!r} is not known: use one of {', '.join(sorted(FORMATS))}")
    if bits is None:
        return form, next(iter(form.encodings.values()))
    if bits not in form.encodings:
        raise BadInputError(f"{bits} bits are not supported by {path.suffix}: WAV and FLAC take 16 or 24, other formats none")
    return form, form.encodings[bits]


def _chunks(sound: Sound) -> Iterator[Sound]:
    """Chunks of `CHUNK_FRAMES` frames."""
    for first in range(0, len(sound), CHUNK_FRAMES):
        yield sound[first : first + CHUNK_FRAMES]


def _encoded(path: Path, container: str, encoding: str, sound: Sound, tags: Mapping[str, str], seed: int) -> memoryview:
    """Encodes the file in memory, because libsndfile ignores a full disk when it closes a file."""
    import soundfile

    rng = np.random.default_rng([seed, 16])
    content = io.BytesIO()
    try:
        with soundfile.SoundFile(content, "w", SAMPLE_RATE, 2, encoding, format=container) as file:
            for name in TAGS:
                if tags.get(name):
                    setattr(file, name, tags[name])
            for block in _chunks(sound):
                file.write(dithered(block, rng) if encoding == "PCM_16" else block)
    except soundfile.LibsndfileError as error:
        raise CantilenaError(f"{path} cannot be encoded ({error.error_string}): choose another format") from None
    return content.getbuffer()


def dithered(block: Sound, rng: np.random.Generator) -> NDArray[np.int16]:
    """16-bit samples with triangular dither two steps wide (Lipshitz, Wannamaker and Vanderkooy 1992).

    Dither turns the rounding error into noise at -93 dBFS that is independent of the signal.
    """
    noise = rng.random(block.shape, dtype=np.float32) - rng.random(block.shape, dtype=np.float32)
    return np.clip(np.rint(block * 32767.0 + noise), -32768, 32767).astype(np.int16)


_REVERSED_BITS = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def _ogg_crc(page: bytes) -> int:
    """The Ogg checksum (RFC 3533): zlib's polynomial without reflection, initial value and final inversion."""
    plain = zlib.crc32(page.translate(_REVERSED_BITS), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{plain:032b}"[::-1], 2)


def _fix_ogg_serial(data: memoryview) -> None:
    """Sets the stream serial number to 1; libsndfile takes it from the clock, which would make files differ."""
    at = 0
    while at < len(data):
        segments = data[at + 26]
        size = 27 + segments + sum(data[at + 27 : at + 27 + segments])
        struct.pack_into("<I", data, at + 14, 1)
        struct.pack_into("<I", data, at + 22, 0)
        struct.pack_into("<I", data, at + 22, _ogg_crc(bytes(data[at : at + size])))
        at += size
