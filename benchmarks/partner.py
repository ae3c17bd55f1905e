"""The partner on files of other people: 60 real ones from the corpus's held-out split and the odd ones of tests/partner.

    python benchmarks/partner.py                      the table, one line a verb
    python benchmarks/partner.py --verbs "reduce to piano" --files 10 --each

Every verb gets each file as its owner wrote it. It succeeds, refuses with one line, or fails; and of what it was given to keep,
every note is looked for in the written file, tick for tick, by mido (not by our own reader). Without a corpus only the odd
files are tried.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from composer.errors import BadInputError  # noqa: E402
from composer.formats import read_score, write_score  # noqa: E402
from composer.formats.midi import read_midi  # noqa: E402
from composer.formats.midi_patch import patch_midi  # noqa: E402
from composer.pipeline.reduction import reduce  # noqa: E402
from composer.score import Note, Part  # noqa: E402
from composer.transcription import restore, understand  # noqa: E402
from tests.partner.checks import missing_notes  # noqa: E402
from tests.partner.odd_files import odd_files  # noqa: E402

CORPUS = Path(os.environ.get("CANTILENA_CORPUS", ROOT.parent / "shared" / "corpus"))


@dataclass(frozen=True)
class Outcome:
    """What a verb wrote: bytes to compare with the user's (`None` where nothing was to be kept), and a remark."""

    written: bytes | None
    remark: str = ""


Verb = Callable[[Path, Path], Outcome]  # (the user's file, a folder to write to)


def inspect_(file: Path, folder: Path) -> Outcome:
    """Understands; the remark says how."""
    understood = understand(read_score(file))
    return Outcome(None, "; ".join(understood.notes))


def restore_(file: Path, folder: Path) -> Outcome:
    """Adds a drone on every understood barline, and gives the user's file back with it."""
    data = file.read_bytes()
    user = read_midi(data)
    understood = understand(user)
    if restore(user, understood, understood.score) != user:
        raise AssertionError("the score does not come back")
    drone = tuple(Note(bar.start_ticks, 36, bar.time_signature.bar_ticks) for bar in understood.score.bars)
    written = replace(understood.score, parts=(*understood.score.parts, Part("Drone", 19, drone)))
    return Outcome(patch_midi(data, user, restore(user, understood, written)))


def reduce_(file: Path, folder: Path, to: str) -> Outcome:
    """Reduces and writes MusicXML."""
    out = folder / f"{to}.musicxml"
    write_score(reduce(understand(read_score(file)), to), out)
    return Outcome(None, f"{out.stat().st_size} bytes")


VERBS: dict[str, Verb] = {
    "inspect": inspect_,
    "restore": restore_,
    "reduce to piano": lambda file, folder: reduce_(file, folder, "piano"),
    "reduce to lead sheet": lambda file, folder: reduce_(file, folder, "lead-sheet"),
}


def real_files(count: int) -> Iterator[tuple[str, bytes]]:
    """Held-out MIDI files as they lie in the corpus, from all sources in turn, the same ones each time."""
    from composer.training.corpus import list_items

    by_source: dict[str, list[tuple[str, bytes]]] = {}
    items = [item for item in list_items(CORPUS, splits={"valid"}) if not item.movement]
    random.Random(8).shuffle(items)
    for item in items:
        chosen = by_source.setdefault(item.source, [])
        if len(chosen) < 20:
            with zipfile.ZipFile(item.folder / f"{item.source}.zip") as archive:
                chosen.append((item.id, archive.read(item.row["midi"])))
    queue = [files for _, files in sorted(by_source.items())]
    for turn in range(20):
        for files in queue:
            if turn < len(files) and count > 0:
                count -= 1
                yield files[turn]


def attempt(verb: Verb, data: bytes) -> tuple[str, str]:
    """What came of it ("ok", "refused", "failed", "not intact") and a remark."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "user.mid"
        file.write_bytes(data)
        try:
            outcome = verb(file, Path(folder))
        except BadInputError as error:
            return "refused", str(error)
        except Exception as error:
            return "failed", f"{type(error).__name__}: {error}"
    if outcome.written is not None and (lost := missing_notes(data, outcome.written)):
        return "not intact", f"{lost.total()} notes missing"
    return "ok", outcome.remark


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--verbs", nargs="*", choices=sorted(VERBS), default=list(VERBS))
    parser.add_argument("--files", type=int, default=60, help="real files")
    parser.add_argument("--each", action="store_true", help="a line for every file")
    arguments = parser.parse_args()
    kinds = {"odd": list(odd_files().items()), "real": list(real_files(arguments.files)) if CORPUS.is_dir() else []}
    print(f"{'verb':22}{'files':>12}{'ok':>6}{'refused':>9}{'failed':>8}{'not intact':>12}{'s a file':>10}")
    for verb in arguments.verbs:
        for kind, files in kinds.items():
            start, count, said = time.perf_counter(), Counter[str](), Counter[str]()
            for name, data in files:
                result, remark = attempt(VERBS[verb], data)
                count[result] += 1
                if arguments.each or result != "ok":
                    said[
                        f"{result}: {remark}" if result == "refused" and not arguments.each else f"{result}: {name}: {remark}"
                    ] += 1
            pace = (time.perf_counter() - start) / max(len(files), 1)
            figures = f"{count['ok']:6}{count['refused']:9}{count['failed']:8}{count['not intact']:12}{pace:10.2f}"
            remarks = (f"    {number} {line}" for line, number in said.items())
            print(f"{verb:22}{f'{len(files)} {kind}':>12}{figures}", *remarks, sep="\n", flush=True)


if __name__ == "__main__":
    main()
