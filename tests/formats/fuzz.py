"""Feeds mutated files to every reader and to `inspect`: each gives a score or a one-line error within limits.

Run it in a separate process to notice crashes and leaks: `python -m tests.formats.fuzz COUNT SEED [SUFFIX ...]`. Prints one
line of figures per suffix; exits with 1 on the first unexpected result and says how to reproduce its file.
"""

from __future__ import annotations

import os
import random
import re
import resource
import sys
import warnings
from pathlib import Path

from composer.analysis.overview import survey
from composer.errors import BadInputError
from composer.formats.midi.midi_score import midi_bytes, read_midi
from composer.formats.music21_read import read_abc, read_kern
from composer.formats.musicxml.musicxml_write import musicxml_bytes, read_musicxml
from composer.understanding import understand
from tests.formats.pieces import BY_HAND
from tests.formats.test_files import ABC, KERN
from tests.formats.test_musicxml import _mxl

MAX_SECONDS, MAX_MEGABYTES = 2.0, 512
STARTING_SECONDS = {".krn": 0.5, ".abc": 0.5}  # loading music21 takes a second
READERS = {".mid": read_midi, ".musicxml": read_musicxml, ".mxl": read_musicxml, ".krn": read_kern, ".abc": read_abc}
SEEDS = {
    ".mid": [midi_bytes(piece()) for piece in BY_HAND.values()],
    ".musicxml": [musicxml_bytes(piece()) for piece in BY_HAND.values()],
    ".mxl": [_mxl(musicxml_bytes(piece())) for piece in BY_HAND.values()],
    ".krn": [KERN.encode()],
    ".abc": [ABC.encode()],
}


def mutate(data: bytes, random_: random.Random) -> bytes:
    """Applies one to eight small mutations."""
    content = bytearray(data)
    if random_.random() < 0.4:  # well-formed files with absurd numbers reach deeper than broken ones
        for _ in range(random_.randint(1, 4)):
            content = bytearray(_change_number(bytes(content), random_))
        return bytes(content)
    for _ in range(random_.randint(1, 8)):
        place = random_.randrange(len(content) or 1)
        size = random_.choice((1, 1, 2, 4, 16, 200))
        kind = random_.randrange(6)
        if kind == 0:
            content[place : place + size] = random_.randbytes(size)
        elif kind == 1:
            del content[place : place + size]
        elif kind == 2:
            content[place:place] = random_.randbytes(size)
        elif kind == 3:
            content[place:place] = content[place : place + size] * random_.choice((1, 3, 50))
        elif kind == 4:
            content[place : place + size] = bytes([random_.choice((0, 0x7F, 0x80, 0xFF))]) * size
        else:
            content = bytearray(_change_number(bytes(content), random_))
    return bytes(content) if random_.random() > 0.1 else bytes(content[: random_.randrange(len(content) + 1)])


def _change_number(data: bytes, random_: random.Random) -> bytes:
    """Replaces a number written in digits."""
    numbers = list(re.finditer(rb"\d+", data))
    if not numbers:
        return data
    found = random_.choice(numbers)
    new = random_.choice((b"0", b"-1", b"1e9", b"nan", b"99999999999", b"65536", str(random_.randrange(10**6)).encode()))
    return data[: found.start()] + new + data[found.end() :]


def _cpu() -> float:
    """CPU seconds of this process and its finished children."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def check(suffix: str, count: int, seed: int) -> str:
    """Reads `count` mutated files. Raises AssertionError on an unexpected result."""
    slowest, rejected = 0.0, 0
    for index in range(count):
        random_ = random.Random(f"{seed}{suffix}{index}")
        data = mutate(random_.choice(SEEDS[suffix]), random_)
        began = _cpu()
        try:
            score = READERS[suffix](data)
            survey(understand(score).score if any(part.notes for part in score.parts) else score)
        except BadInputError as error:
            rejected += 1
            assert "\n" not in str(error), f"{suffix} {seed} {index}: several lines: {error}"  # noqa: PT017
        except BaseException as error:
            raise AssertionError(f"{suffix} {seed} {index}: {type(error).__name__}: {error}") from error
        took = _cpu() - began
        slowest = max(slowest, took)
        assert took <= MAX_SECONDS + STARTING_SECONDS.get(suffix, 0), f"{suffix} {seed} {index}: {took:.1f} s"
    memory = max(_peak_kilobytes(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1024
    assert memory <= MAX_MEGABYTES, f"{suffix}: {memory:.0f} MB"
    return f"{suffix:10} {count:6} files, {rejected:6} rejected, slowest {slowest:.2f} s, memory at most {memory:.0f} MB"


def _peak_kilobytes() -> int:
    """Peak memory of this process. On Linux `ru_maxrss` starts at the parent's memory at the fork."""
    status = Path("/proc/self/status")
    if status.is_file():
        return int(re.search(r"VmHWM:\s+(\d+)", status.read_text())[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    warnings.simplefilter("error")
    for chosen in sys.argv[3:] or READERS:
        print(check(chosen, int(sys.argv[1]), int(sys.argv[2])), flush=True)
