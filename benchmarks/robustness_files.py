"""Mutated files, read as by `inspect`, `replay` and `compose`: a result, or a one-line error within 2 s and 512 MB."""

from __future__ import annotations

import io
import json
import logging
import multiprocessing
import os
import random
import re
import resource
import shutil
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass
from functools import cache, partial
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread
from typing import Any

from benchmarks.robustness_common import Tally, Workshop
from composer.analysis.overview import survey
from composer.brief import Brief
from composer.composing import compose
from composer.errors import CantilenaError
from composer.formats import READERS, read_score
from composer.formats.midi.midi_score import midi_bytes
from composer.formats.musicxml.musicxml_write import musicxml_bytes
from composer.model.checkpoint import CONFIG_FILE, GENERATION_FILE
from composer.rework import replay
from composer.understanding import understand
from tests.formats.fuzz import mutate
from tests.formats.pieces import BY_HAND
from tests.formats.test_files import ABC, KERN
from tests.formats.test_musicxml import _mxl
from tests.rework.odd_files import odd_files

# Shares of the mutated files. Kern and ABC start a process that loads music21.
SHARES = {"mid": 0.42, "musicxml": 0.18, "mxl": 0.14, "json": 0.14, "model": 0.02, "krn": 0.05, "abc": 0.05}
MAX_SECONDS, MAX_MEGABYTES = 2.0, 512.0  # limits of a refusal
HANGS_S = 60.0
_MEMORY_STOP = 2 * 1024**3  # memory limit of a reading process on a shared machine
_CORPUS_BYTES = 20_000
_HOSTILE: tuple[Any, ...] = (
    None, True, -1, 0, 1, 7, 2**31, 2**63, 10**300, 0.5, float("inf"), float("nan"), "", "x", "a\ud800", "9" * 5000, [], [[]],
    [None], {}, {"": []}, ["C"] * 300, "../../etc/passwd", "\\\\host\\share", [1e308] * 20,
)  # fmt: skip


@dataclass(frozen=True)
class Reading:
    """How a file was read: "read", "refused" or the error; CPU seconds, and peak memory in MB."""

    outcome: str
    seconds: float = 0.0
    megabytes: float = 0.0
    failure: str = ""


# Content of files ----------------------------------------------------------------------------------------------------------


@cache
def seeds(kind: str) -> list[bytes]:
    """Valid files of a kind; sidecars for files designed to do harm, none for models."""
    if kind == "model":
        return []
    if kind in ("krn", "abc"):
        return [(KERN if kind == "krn" else ABC).encode(), *_corpus(kind)]
    if kind in ("json", "malicious"):
        return [json.dumps(piece.to_sidecar()).encode() for piece in _composed()]
    scores = [*(piece() for piece in BY_HAND.values()), *(piece.score for piece in _composed())]
    if kind == "mid":
        return [*map(midi_bytes, scores), *odd_files().values()]
    texts = [musicxml_bytes(score) for score in scores]
    return texts if kind == "musicxml" else [*map(_mxl, texts), *(_packed(texts[0], method) for method in (0, 8, 12, 14))]


def _corpus(kind: str) -> list[bytes]:
    """Small files of music21's corpus."""
    import music21

    root = Path(music21.__file__).parent / "corpus"
    paths = sorted(path for path in root.rglob(f"*.{kind}") if path.stat().st_size <= _CORPUS_BYTES)
    return [path.read_bytes() for path in paths[:: max(1, len(paths) // 12)]]


@cache
def _composed() -> list[Any]:
    """Pieces by the small model, of several kinds."""
    requests: list[dict[str, object]] = [
        {"style": "waltz", "bars": 8}, {"mood": "sad", "ensemble": "string-quartet", "form": "ABA", "bars": 12},
        {"hits": "0:05 big, 0:09 soft", "duration": 14}, {"instruments": "drums,electric bass", "bars": 4, "loop": True},
        {"style": "bach:0.4,chopin:0.6", "bars": 8, "density": 0.5, "chords": "Dm Gm | A7 | Dm |"},
    ]  # fmt: skip
    return [compose(Brief.from_dict({"seed": number, **request})) for number, request in enumerate(requests)]


def _packed(text: bytes, method: int) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive:
        archive.writestr("score.xml", text)
    return content.getvalue()


def made(kind: str, number: int, seed: int, originals: Sequence[bytes]) -> bytes:
    """The mutated file of a number, from valid ones of its kind."""
    random_ = random.Random(f"{seed}{kind}{number}")
    if kind == "model":
        name = random_.choice((CONFIG_FILE, GENERATION_FILE, "tokenizer.json"))
        content = (Path(os.environ["CANTILENA_MODEL"]) / name).read_bytes()
        return name.encode() + b"\n" + (_changed_json(content, random_) if random_.random() < 0.7 else mutate(content, random_))
    data = random_.choice(originals)
    if kind == "json" and random_.random() < 0.75:
        return _changed_json(data, random_)
    return mutate(data, random_)


def _changed_json(data: bytes, random_: random.Random) -> bytes:
    """One to three values anywhere in a record replaced, or fields left out."""
    record = json.loads(data)
    for _ in range(random_.randint(1, 3)):
        place: Any = record
        key: Any = None
        while isinstance(place, dict | list) and place and (key is None or random_.random() < 0.85):
            key = random_.choice(sorted(place)) if isinstance(place, dict) else random_.randrange(len(place))
            if not isinstance(place[key], dict | list) or not place[key]:
                break
            if random_.random() < 0.85:
                place = place[key]
                key = None
        if key is None:
            continue
        if isinstance(place, dict) and random_.random() < 0.15:
            del place[key]
        else:
            place[key] = deepcopy(random_.choice(_HOSTILE))  # a later change may be made inside it
    return json.dumps(record).encode()


# Reading ---------------------------------------------------------------------------------------------------------------------


def examine(kind: str, data: bytes, folder: Path) -> None:
    """Reads a file as the command line does, with the same exceptions."""
    if kind == "model":
        _open_changed(data, folder)
        return
    path = folder / f"file.{kind}"
    path.write_bytes(data)
    if kind == "json":
        piece = replay(path)
        json.dumps(piece.to_sidecar())
        midi_bytes(piece.score)
        musicxml_bytes(piece.score)
    else:
        survey_file(path)


def survey_file(path: Path) -> None:
    """What `inspect` does with a score file."""
    score = read_score(path)
    survey(understand(score).score if any(part.notes for part in score.parts) else score)


def _open_changed(data: bytes, folder: Path) -> None:
    name, _, content = data.partition(b"\n")
    model = folder / f"model-{random.getrandbits(64):x}"  # open models are cached by path
    shutil.copytree(os.environ["CANTILENA_MODEL"], model)
    try:
        (model / name.decode()).write_bytes(content)
        compose(Brief(bars=1), model=str(model))
    finally:
        shutil.rmtree(model)


def judged(work: Callable[[], None], allowance_s: float) -> Reading:
    """Runs a task and checks that its outcome is as promised."""
    _forget_peak()
    start = _cpu()
    failure = ""
    try:
        work()
        outcome = "read"
    except CantilenaError as error:
        outcome = "refused"
        failure = "several lines: " + repr(str(error))[:200] if "\n" in str(error) else ""
    except BaseException as error:
        outcome, failure = "unexpected", f"{type(error).__name__}: {str(error)[:200]}"
    seconds, megabytes = _cpu() - start, _peak_megabytes()
    if outcome == "refused" and not failure:
        if seconds > MAX_SECONDS + allowance_s:
            failure = f"refused after {seconds:.1f} s"
        elif megabytes > MAX_MEGABYTES:
            failure = f"refused with {megabytes:.0f} MB"
    return Reading(outcome, seconds, megabytes, failure)


def _cpu() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _forget_peak() -> None:
    """Resets the kernel's peak memory counter of this process (Linux)."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _peak_megabytes() -> float:
    status = Path("/proc/self/status")
    if status.is_file():
        return int(re.search(r"VmHWM:\s+(\d+)", status.read_text())[1]) / 1024  # type: ignore[index]
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


# Workers ---------------------------------------------------------------------------------------------------------------------


def _serve(pipe: Connection, folder: Path, seed: int, allowance_s: float, originals: Sequence[bytes]) -> None:
    """A process that reads files of one kind by number. It has composed nothing, so that the memory measured is theirs."""
    logging.disable()  # remarks on what was read
    resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY_STOP, _MEMORY_STOP))
    while True:
        try:
            kind, number = pipe.recv()
        except EOFError:
            return
        if kind == "malicious":
            name, work = list(harmful(folder, originals[0]))[number]
            pipe.send((name, judged(work, allowance_s)))
        else:
            data = made(kind, number, seed, originals)
            extra = allowance_s if kind in ("krn", "abc") else 0.0
            pipe.send((f"{kind}:{number}", judged(partial(examine, kind, data, folder), extra)))


def campaign(workshop: Workshop, count: int, seed: int, jobs: int, kinds: Sequence[str]) -> list[Tally]:
    """Reads the mutated and the malicious files."""
    tasks = [(kind, number) for kind in kinds for number in range(round(count * SHARES[kind] / sum(SHARES[k] for k in kinds)))]
    if set(kinds) == set(SHARES):
        tasks += [("malicious", number) for number in range(len(list(harmful(workshop.folder, b"{}"))))]
    tallies = {kind: Tally(kind) for kind, _ in tasks}
    waiting = iter(tasks)
    allowance_s = _loading_s()
    threads = [
        Thread(target=_feed, args=(waiting, tallies, workshop.folder / f"worker-{i}", seed, allowance_s)) for i in range(jobs)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return list(tallies.values())


def _loading_s() -> float:
    """CPU seconds that the process for kern and ABC takes for any file."""
    start = _cpu()
    READERS[".krn"](_written(KERN.encode()))
    return _cpu() - start


def _written(data: bytes) -> Path:
    path = Path(os.environ["CANTILENA_MODEL"]).parent / "seed.krn"
    path.write_bytes(data)
    return path


def _feed(tasks: Iterator[tuple[str, int]], tallies: dict[str, Tally], folder: Path, seed: int, allowance_s: float) -> None:
    """Gives tasks to a process for each kind; one that hangs or dies is replaced."""
    folder.mkdir(exist_ok=True)
    context = multiprocessing.get_context("spawn")
    ours: Any = None
    process: Any = None
    serves = ""
    for kind, number in tasks:
        if process is not None and kind != serves:
            ours.close()
            process.join()
            process = None
        if process is None:
            ours, theirs = context.Pipe()
            serves, given = kind, (theirs, folder, seed, allowance_s, seeds(kind))
            process = context.Process(target=_serve, args=given, daemon=True)
            process.start()
            theirs.close()
        ours.send((kind, number))
        label, reading = f"{kind}:{number}", Reading("hangs", failure=f"no answer in {HANGS_S:g} s of CPU time")
        try:
            if _answers(ours, process):
                label, reading = ours.recv()
        except (EOFError, OSError):
            reading = Reading("killed", failure="the process that read it died")
        if reading.outcome in ("hangs", "killed"):
            process.kill()
            process.join()
            process = None
        tally = tallies[kind]
        tally.add(reading.outcome, f"{label}: {reading.failure}" if reading.failure else "")
        tally.worst_s, tally.worst_mb = max(tally.worst_s, reading.seconds), max(tally.worst_mb, reading.megabytes)
    if process is not None:
        ours.close()
        process.join()


def _answers(pipe: Connection, process: Any) -> bool:
    """Waits for an answer, until the process and those it waited for have used too much CPU time; other work may slow it."""
    before = _used_s(process.pid)
    deadline = time.monotonic() + 20 * HANGS_S
    while not pipe.poll(1.0):
        if _used_s(process.pid) - before > HANGS_S or time.monotonic() > deadline:
            return False
    return True


def _used_s(pid: int) -> float:
    """CPU seconds of a process and of its children that have ended (Linux)."""
    try:
        values = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, values[11:15])) / os.sysconf("SC_CLK_TCK")


def repeat(workshop: Workshop, label: str, seed: int) -> None:
    """Writes one mutated file into the current folder and reads it, with a traceback if there is one."""
    kind, _, number = label.partition(":")
    data = made(kind, int(number), seed, seeds(kind))
    Path(f"repeated-{number}.{kind}").write_bytes(data)
    print(judged(lambda: examine(kind, data, workshop.folder), 0.0))
    examine(kind, data, workshop.folder)


# Malicious files -------------------------------------------------------------------------------------------------------------


def _midi(events: bytes, division: int = 480) -> bytes:
    track = events + b"\x00\xff\x2f\x00"
    return (
        b"MThd\x00\x00\x00\x06\x00\x01\x00\x01" + division.to_bytes(2, "big") + b"MTrk" + len(track).to_bytes(4, "big") + track
    )


_ON, _OFF = b"\x90\x3c\x40", b"\x80\x3c\x00"
_FAST = b"\x00\xff\x51\x03\x00\x00\x01"  # 60,000,000 quarters a minute


def _meter(numerator: int, power: int) -> bytes:
    return b"\x00\xff\x58\x04" + bytes([numerator, power, 24, 8])


def _part(notes: str) -> bytes:
    head = (
        b'<?xml version="1.0"?><score-partwise><part-list><score-part id="P1"><part-name>A</part-name></score-part></part-list>'
    )
    return head + b'<part id="P1"><measure number="1">' + notes.encode() + b"</measure></part></score-partwise>"


def _xml_note(extra: str = "") -> str:
    return f"<note><pitch><step>C</step><octave>4</octave></pitch><duration>1</duration>{extra}</note>"


def _scores_made_to_harm() -> Iterator[tuple[str, str, bytes]]:
    """Name, kind and content."""
    many = b"".join(b"\x10" + _ON + b"\x10" + _OFF for _ in range(60_000))
    played = b"".join(b"\x11\xff\x51\x03\x07\xa1" + bytes([i % 251]) + b"\x12" + _ON + b"\x17" + _OFF for i in range(20_000))
    yield "one note of 99/1 in 64 bytes", "mid", _midi(_FAST + _meter(99, 0) + b"\x00" + _ON + b"\x83\xff\x7f" + _OFF, 1)
    yield "19,456 bars of 1/32", "mid", _midi(_FAST + _meter(1, 5) + b"\x00" + _ON + b"\x93\x00" + _OFF, 1)
    yield "ticks beyond 2^31", "mid", _midi(b"\xff\xff\xff\x7f\xb0\x01\x01" * 9 + b"\x00" + _ON + b"\x60" + _OFF)
    yield "ticks beyond 2^32", "mid", _midi(b"\xff\xff\xff\x7f\xb0\x01\x01" * 17 + b"\x00" + _ON + b"\x60" + _OFF)
    yield "60,000 notes in a minute", "mid", _midi(many, 960)
    yield "20,000 notes and tempi", "mid", _midi(played, 960)
    yield "5 MB of aftertouch", "mid", _midi(b"\x00" + _ON + b"\x60" + _OFF + b"\x00\xd0\x10" + b"\x00\x10" * 2_490_000)
    yield (
        "300 tracks",
        "mid",
        b"MThd\x00\x00\x00\x06\x00\x01\x01\x2c\x01\xe0" + _midi(b"\x00" + _ON + b"\x60" + _OFF)[14:] * 300,
    )
    yield "3,000 staves", "musicxml", _part("".join(_xml_note(f"<staff>{i}</staff>") for i in range(1, 3001)))
    yield (
        "100,000 notes of XML",
        "musicxml",
        _part("<attributes><divisions>64</divisions></attributes>" + _xml_note() * 100_000),
    )
    yield "nested XML, 12 MB", "musicxml", b"<score-partwise>" + b"<a>" * 4_000_000
    yield (
        "nested XML, 900,000 tags",
        "musicxml",
        b"<score-partwise>" + b"<a>" * 450_000 + b"</a>" * 450_000 + b"</score-partwise>",
    )
    yield "nested MXL, 14 kB", "mxl", _packed(b"<score-partwise>" + b"<a>" * 4_900_000, zipfile.ZIP_DEFLATED)
    yield "zip bomb", "mxl", _packed(b"\0" * 200_000_000, zipfile.ZIP_DEFLATED)
    yield "divisions of 10^9", "musicxml", _part("<attributes><divisions>1000000000</divisions></attributes>" + _xml_note())
    yield "kern of 999,999 bytes", "krn", b"**kern\n" + b"4c\n" * 333_330
    yield "ABC of 999,999 bytes", "abc", b"X:1\nK:C\n" + b"CDEF|" * 199_998


def harmful(folder: Path, sidecar: bytes) -> Iterator[tuple[str, Callable[[], None]]]:
    """Everything designed to exhaust time and memory, with a function that reads it."""
    for name, kind, data in _scores_made_to_harm():
        yield name, partial(examine, kind, data, folder)
    for name, request in (
        ("mood curve of 40,000 digits", {"mood_curve": "9" * 40_000}),
        ("mood curve of 9,999 digits", {"mood_curve": "9" * 9_999}),
        ("hit after 10^310 s", {"hits": "0:" + "9" * 310}),
        ("form of 10^5000 bars", {"form": "A" + "9" * 5000}),
    ):
        yield name, partial(_refused_brief, request)
    yield "sidecar of 2^63 bars", partial(_replay_bars, sidecar, 2**63, folder)
    if Path("/dev/zero").exists():
        for suffix in READERS:
            yield f"/dev/zero as {suffix}", partial(_read_device, suffix, folder)


def _refused_brief(request: dict[str, str]) -> None:
    Brief.from_dict(request)


def _replay_bars(sidecar: bytes, bars: int, folder: Path) -> None:
    record = json.loads(sidecar)
    record["plan"]["bars"] = bars
    examine("json", json.dumps(record).encode(), folder)


def _read_device(suffix: str, folder: Path) -> None:
    path = folder / f"device{suffix}"
    path.unlink(missing_ok=True)
    path.symlink_to("/dev/zero")
    read_score(path)
