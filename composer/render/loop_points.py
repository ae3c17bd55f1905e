"""Loop points in audio files, so that players and game engines repeat a whole file without a gap.

WAV has them in a `smpl` chunk (Multimedia Programming Interface and Data Specifications 1.0, Microsoft and IBM 1991), FLAC and
OGG in the comments LOOPSTART and LOOPLENGTH, in frames, which game engines read. MP3 has no place for them. Knows bytes only.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

_MIDDLE_C = 60
_COMMENT_BLOCK, _LAST_BLOCK = 4, 0x80  # of FLAC: type of the block of comments, and the mark of the last block
_OGG_HEADER, _OGG_SEGMENTS = 27, 255  # bytes of the fixed part of a page, and segments in one at most
_OGG_HEADERS = 3  # packets before the sound: identification, comments, setup
_FIRST_PAGE, _CONTINUED = 2, 1  # flags of pages
_VORBIS_COMMENTS = 7  # bytes before the comments in their packet


def smpl_chunk(frames: int, sample_rate: int) -> bytes:
    """The chunk of a WAV file that repeats all its frames, forwards and without end."""
    loop = struct.pack("<6I", 0, 0, 0, frames - 1, 0, 0)
    body = struct.pack("<9I", 0, 0, round(1e9 / sample_rate), _MIDDLE_C, 0, 0, 0, 1, 0) + loop
    return b"smpl" + struct.pack("<I", len(body)) + body


def looped_wav(content: bytes, frames: int, sample_rate: int) -> bytes:
    """A WAV file that repeats all its frames."""
    whole = content + b"\0" * (len(content) % 2) + smpl_chunk(frames, sample_rate)
    return whole[:4] + struct.pack("<I", len(whole) - 8) + whole[8:]


def looped_flac(content: bytes, frames: int, _: int) -> bytes:
    """A FLAC file that repeats all its frames, of one with a block of comments."""
    at, found = 4, [content[:4]]
    is_last = False
    while not is_last:
        kind, size = content[at], int.from_bytes(content[at + 1 : at + 4], "big")
        body, is_last = content[at + 4 : at + 4 + size], bool(kind & _LAST_BLOCK)
        if kind & ~_LAST_BLOCK == _COMMENT_BLOCK:
            body = _with_comments(body, frames)
        found.append(bytes([kind]) + len(body).to_bytes(3, "big") + body)
        at += 4 + size
    return b"".join((*found, content[at:]))


def looped_ogg(content: bytes, frames: int, _: int) -> bytes:
    """An OGG file that repeats all its frames. The checksums of its pages are wrong until they are computed again."""
    pages = list(_pages(content))
    packets, taken = [b""], 0
    while len(packets) <= _OGG_HEADERS:
        header, body = pages[taken]
        at = 0
        for length in header[_OGG_HEADER:]:
            packets[-1] += body[at : at + length]
            at += length
            packets += [b""] * (length < _OGG_SEGMENTS)
        taken += 1
    first, comments, setup = packets[:_OGG_HEADERS]
    head, listed, framing = comments[:_VORBIS_COMMENTS], comments[_VORBIS_COMMENTS:-1], comments[-1:]
    made = [*_paged([first]), *_paged([head + _with_comments(listed, frames) + framing, setup])]
    found, serial = [], pages[0][0][14:18]
    for number, (table, body) in enumerate(made):
        flags = (_FIRST_PAGE, 0)[number] if number < 2 else _CONTINUED
        start = b"OggS\0" + bytes([flags]) + bytes(8) + serial + struct.pack("<II", number, 0)
        found.append(start + bytes([len(table)]) + table + body)
    for number, (header, body) in enumerate(pages[taken:], len(made)):
        found.append(header[:18] + struct.pack("<I", number) + header[22:] + body)
    return b"".join(found)


LOOPED: dict[str, Callable[[bytes, int, int], bytes]] = {"WAV": looped_wav, "FLAC": looped_flac, "OGG": looped_ogg}


def _with_comments(block: bytes, frames: int) -> bytes:
    """A block of Vorbis comments with the loop points added (a vendor, a count, and comments, each with its length)."""
    vendor = 4 + struct.unpack_from("<I", block)[0]
    count = struct.unpack_from("<I", block, vendor)[0]
    added = [b"LOOPSTART=0", f"LOOPLENGTH={frames}".encode()]
    more = b"".join(struct.pack("<I", len(each)) + each for each in added)
    return block[:vendor] + struct.pack("<I", count + len(added)) + block[vendor + 4 :] + more


def _pages(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The pages of an OGG stream: header with the table of segments, and body."""
    at = 0
    while at < len(content):
        head = at + _OGG_HEADER + content[at + 26]
        end = head + sum(content[at + _OGG_HEADER : head])
        yield content[at:head], content[head:end]
        at = end


def _paged(packets: list[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Packets as tables of segments and bodies of pages."""
    lacing = b"".join(bytes([255]) * (len(packet) // 255) + bytes([len(packet) % 255]) for packet in packets)
    body = b"".join(packets)
    for first in range(0, len(lacing), _OGG_SEGMENTS):
        table = lacing[first : first + _OGG_SEGMENTS]
        yield table, body[: sum(table)]
        body = body[sum(table) :]
