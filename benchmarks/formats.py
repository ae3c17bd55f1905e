"""Speed of reading and writing scores: `python -m benchmarks formats [FOLDER_OR_ZIP ...]`.

Without arguments, times a generated piece of 32 bars and 4 parts in every format; with arguments, reads every MIDI file in
the folders and zips, and round-trips a sample.
"""

from __future__ import annotations

import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from composer.errors import BadInputError
from composer.formats import READERS, WRITERS
from composer.formats.midi.midi_score import midi_bytes, read_midi
from composer.formats.midi.smf import Limits
from composer.score import Key, KeySignature, Note, Part, Score, Tempo, TimeSignature
from tools.corpus import ROOT

WHOLE_WORKS = Limits(max_minutes=60)


def piece(bars: int = 32, parts: int = 4) -> Score:
    """Running eighth notes in every part."""
    scale = (0, 2, 4, 5, 7, 9, 11, 12)
    lines = [
        tuple(Note(i * 240, 72 - 9 * part + scale[(i * (part + 1)) % 8], 240, 64 + 16 * (i // 64 % 2)) for i in range(bars * 8))
        for part in range(parts)
    ]
    return Score(
        tuple(Part(name, program, line) for line, (name, program) in zip(lines, STRINGS * parts, strict=False)),
        tempos=(Tempo(0, 100.0),),
        time_signatures=(TimeSignature(0, 4, 4),),
        keys=(KeySignature(0, Key(0, "major")),),
        end_ticks=bars * 1920,
    )


STRINGS = (("Violin I", 40), ("Violin II", 40), ("Viola", 41), ("Cello", 42))


def time_formats() -> None:
    """CPU seconds of the first call (with imports) in a fresh process, then the best of three."""
    score = piece()
    print("format        first s    again s       bytes   read s")
    with TemporaryDirectory() as folder:
        for suffix, write in WRITERS.items():
            path = Path(folder) / f"piece{suffix}"
            code = (
                "import time; from benchmarks.formats import piece; from pathlib import Path;"
                "from composer.formats import WRITERS; score = piece(); began = time.process_time();"
                f"WRITERS[{suffix!r}](score, Path({str(path)!r}), None); print(time.process_time() - began)"
            )
            first = float(
                subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
            )
            again = min(_timed(lambda write=write, path=path: write(score, path, None)) for _ in range(3))
            reader = READERS.get(suffix)
            read = f"{min(_timed(lambda r=reader, p=path: r(p)) for _ in range(3)):8.3f}" if reader else "       -"
            print(f"{suffix:12} {first:8.3f}   {again:8.3f}  {path.stat().st_size:10,} {read}")


def _timed(action: object) -> float:
    began = time.process_time()
    action()  # type: ignore[operator]
    return time.process_time() - began


def midi_files(source: Path) -> Iterator[tuple[str, bytes]]:
    if source.suffix == ".zip":
        with zipfile.ZipFile(source) as archive:
            for name in archive.namelist():
                if name.endswith((".mid", ".midi")):
                    yield name, archive.read(name)
    else:
        for path in sorted(source.rglob("*.mid")):
            yield str(path), path.read_bytes()


def read_all(sources: list[Path]) -> None:
    """Reads everything; writes and re-reads every fortieth file."""
    files = notes = same = tried = written = 0
    reading = writing = 0.0
    refused: list[str] = []
    for source in sources:
        for name, data in midi_files(source):
            began = time.process_time()
            try:
                score = read_midi(data, WHOLE_WORKS)
            except BadInputError as error:
                refused.append(f"{name}: {error}")
                continue
            reading += time.process_time() - began
            files += 1
            count = sum(len(part.notes) for part in score.parts)
            notes += count
            if files % 40 == 0:
                began = time.process_time()
                again = midi_bytes(score)
                writing += time.process_time() - began
                written += count
                tried += 1
                same += replace(read_midi(again, WHOLE_WORKS), end_ticks=0) == score
    print(f"{files:,} files, {notes:,} notes read at {notes / max(reading, 1e-9):,.0f} notes/s; {len(refused)} refused")
    print(f"{written:,} notes written at {written / max(writing, 1e-9):,.0f} notes/s; {same} of {tried} came back equal")
    print("\n".join(refused[:10]))


def main() -> None:
    read_all([Path(argument) for argument in sys.argv[1:]]) if sys.argv[1:] else time_formats()
