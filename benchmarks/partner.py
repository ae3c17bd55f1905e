"""The rework commands on foreign files: 60 real ones from the corpus's held-out split and the odd ones of tests/rework.

    python -m benchmarks partner                      the table, one line per command
    python -m benchmarks partner --verbs "reduce to piano" --files 10 --each

Every command gets each file unchanged. It succeeds, refuses with one line, or fails; every note that it must keep is searched
in the written file, tick for tick, with mido (not with our reader). Without a corpus only the odd files are tried.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from composer.brief import Brief
from composer.composing import PieceRecord, write
from composer.composing.source import Source
from composer.errors import BadInputError
from composer.formats import read_score, write_score
from composer.formats.midi.midi_patch import patch_midi
from composer.formats.midi.midi_score import read_midi
from composer.rework import accompany, continue_, infill, transfer, vary
from composer.rework.reducing import reduce
from composer.score import Note, Part, Score
from composer.understanding import restore, understand
from tests.rework.checks import missing_notes, written_notes
from tests.rework.odd_files import odd_files
from tools.corpus import corpus_folder

_EARLY_QUARTERS = 0.5  # maximum deviation of a performed note from its written position


@dataclass(frozen=True)
class Outcome:
    """Output of a command: bytes to compare with the user's (`None` if nothing had to be kept), and a remark.

    `changed` is the range in quarters in which notes were rewritten; `kept` is the reported number of kept notes, if some are
    inside `changed`.
    """

    written: bytes | None
    remark: str = ""
    changed: tuple[float, float] = (0.0, 0.0)
    kept: int | None = None

    def fault(self, data: bytes) -> str:
        """The error compared with the user's file, or an empty string."""
        if self.written is None:
            return ""
        if self.kept is not None:
            found = (written_notes(data) & written_notes(self.written)).total()
            return "" if found >= self.kept else f"{found} notes found of {self.kept} that are reported as kept"
        begin, end = self.changed
        lost = sum(count for note, count in missing_notes(data, self.written).items() if not begin <= note[0] < end)
        return f"{lost} notes missing" if lost else ""


Verb = Callable[[Path, Path], Outcome]  # (the user's file, a folder to write to)


def inspect_(file: Path, folder: Path) -> Outcome:
    """Understands the file; the remark says how."""
    understood = understand(read_score(file))
    return Outcome(None, "; ".join(understood.notes))


def restore_(file: Path, folder: Path) -> Outcome:
    """Adds a drone on every estimated barline and restores the user's file with it."""
    data = file.read_bytes()
    user = read_midi(data)
    understood = understand(user)
    if restore(user, understood, understood.score) != user:
        raise AssertionError("the score is not restored")
    drone = tuple(Note(bar.start_ticks, 36, bar.time_signature.bar_ticks) for bar in understood.score.bars)
    written = replace(understood.score, parts=(*understood.score.parts, Part("Drone", 19, drone)))
    return Outcome(patch_midi(data, user, restore(user, understood, written)))


def reduce_(file: Path, folder: Path, to: str) -> Outcome:
    """Reduces and writes MusicXML."""
    out = folder / f"{to}.musicxml"
    write_score(reduce(understand(read_score(file)), to), out)
    return Outcome(None, f"{out.stat().st_size} bytes")


def collaborate(act: Callable[[Score], PieceRecord], file: Path, folder: Path) -> tuple[bytes, PieceRecord]:
    """The written bytes and the result of a rework command."""
    source = Source.read(file)
    done = replace(act(source.score), source=source)
    write(done, folder / "out", ["mid"])
    return (folder / "out.mid").read_bytes(), done


def continue__(file: Path, folder: Path) -> Outcome:
    """Eight more bars."""
    return Outcome(collaborate(lambda score: continue_(score, Brief(bars=8, seed=1)), file, folder)[0])


def infill_(file: Path, folder: Path) -> Outcome:
    """The piece's middle bars, four at most."""
    understood = understand(read_score(file))
    bars = understood.score.bars
    first = max(0, len(bars) // 2 - 2)
    end = min(len(bars), first + 4)
    edges = [understood.warp.to_user(tick) / 480 for tick in (bars[first].start_ticks, bars[end - 1].end_ticks)]
    early = 0.0 if understood.timing == "notated" else _EARLY_QUARTERS
    written, _ = collaborate(lambda score: infill(score, [(first, end)], Brief(seed=1)), file, folder)
    return Outcome(written, changed=(edges[0] - early, edges[1] + early))


def accompany_(file: Path, folder: Path) -> Outcome:
    """A bass and a piano more."""
    add = ("bass", "piano")
    return Outcome(collaborate(lambda score: accompany(score, Brief(seed=1), add=add), file, folder)[0])


def vary_(file: Path, folder: Path) -> Outcome:
    """Varies by half; the number of kept notes must be as reported."""
    written, done = collaborate(lambda score: vary(score, 0.5, Brief(seed=1)), file, folder)
    return Outcome(written, kept=done.report["notes"]["kept"])


def transfer_(file: Path, folder: Path) -> Outcome:
    """To a string quartet."""
    brief = Brief(style="string-quartet", seed=1)
    collaborate(lambda score: transfer(score, brief), file, folder)
    return Outcome(None)


VERBS: dict[str, Verb] = {
    "inspect": inspect_,
    "restore": restore_,
    "reduce to piano": lambda file, folder: reduce_(file, folder, "piano"),
    "reduce to lead sheet": lambda file, folder: reduce_(file, folder, "lead-sheet"),
    "continue": continue__,
    "infill": infill_,
    "accompany": accompany_,
    "vary": vary_,
    "transfer": transfer_,
}


def real_files(count: int) -> Iterator[tuple[str, bytes]]:
    """Unchanged held-out MIDI files of the corpus, from all sources in turn; always the same ones."""
    from composer.training.data.corpus import list_items

    by_source: dict[str, list[tuple[str, bytes]]] = {}
    items = [item for item in list_items(corpus_folder(), splits={"valid"}) if not item.movement]
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
    """The outcome ("ok", "refused", "failed", "not intact") and a remark."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "user.mid"
        file.write_bytes(data)
        try:
            outcome = verb(file, Path(folder))
        except BadInputError as error:
            return "refused", str(error)
        except Exception as error:
            return "failed", f"{type(error).__name__}: {error}"
        else:
            fault = outcome.fault(data)
    return ("not intact", fault) if fault else ("ok", outcome.remark)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--verbs", nargs="*", choices=sorted(VERBS), default=list(VERBS))
    parser.add_argument("--files", type=int, default=60, help="real files")
    parser.add_argument("--each", action="store_true", help="print a line for every file")
    arguments = parser.parse_args()
    kinds = {"odd": list(odd_files().items()), "real": list(real_files(arguments.files)) if corpus_folder().is_dir() else []}
    print(f"{'verb':22}{'files':>12}{'ok':>6}{'refused':>9}{'failed':>8}{'not intact':>12}{'s a file':>10}")
    for verb in arguments.verbs:
        for kind, files in kinds.items():
            start, count, lines = time.perf_counter(), Counter[str](), Counter[str]()
            for name, data in files:
                result, remark = attempt(VERBS[verb], data)
                count[result] += 1
                if result == "refused" and not arguments.each:
                    lines[f"refused: {remark}"] += 1  # usually for the same reason
                elif arguments.each or result != "ok":
                    lines[f"{result}: {name}: {remark}"] += 1
            pace = (time.perf_counter() - start) / max(len(files), 1)
            figures = f"{count['ok']:6}{count['refused']:9}{count['failed']:8}{count['not intact']:12}{pace:10.2f}"
            remarks = (f"    {number} {line}" for line, number in lines.items())
            print(f"{verb:22}{f'{len(files)} {kind}':>12}{figures}", *remarks, sep="\n", flush=True)
