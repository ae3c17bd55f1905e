"""Tests that a farm loses and duplicates nothing, whatever dies, and measures its cost.

    python -m benchmarks farm faults        two Ray nodes, one killed; the driver killed and restarted
    python -m benchmarks farm s3            the same on an S3 server on loopback (moto, s3fs)
    python -m benchmarks farm kills         run_shard killed at 200 random moments
    python -m benchmarks farm shards        --shard 0/2 and 1/2 in two processes, without Ray
    python -m benchmarks farm throughput    processor time of the farm beside batch, two workers beside one, what a shard costs

All but `throughput` use an untrained model (tests/tiny.py), since they compare bytes, not music. Files are compared with those
of a run with processes on one machine; everything must be equal except times/, which records durations.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from statistics import median
from typing import Any

from tests.tiny import save_tiny_model
from tools.corpus import ROOT

CANTILENA = [sys.executable, str(ROOT / "cli.py")]
BUCKET = "s3://farm"
Tree = dict[str, str]


def environment(**more: str) -> dict[str, str]:
    """Environment of all processes: one thread each, no telemetry, Ray on loopback."""
    paths = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    quiet = {
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    }
    return {**os.environ, "PYTHONPATH": paths, **quiet, **more}


def farm(*arguments: object, **more: str) -> subprocess.CompletedProcess[str]:
    command = [*CANTILENA, "farm", *map(str, arguments)]
    done = subprocess.run(command, env=environment(**more), capture_output=True, text=True)
    if done.returncode not in (0, 1) or "Traceback" in done.stderr:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done


def write_briefs(path: Path, count: int, *, bad: bool = True) -> Path:
    """Briefs of one bar; one in the middle cannot be read."""
    lines = [json.dumps({"bars": 1, "ensemble": "solo-piano", "quality": "draft"}) for _ in range(count)]
    if bad:
        lines[count // 3] = '{"bars": 0}'
    path.write_text("\n".join(lines) + "\n")
    return path


def tree(address: str) -> Tree:
    """SHA-256 of every file by name, except times/, which differs between runs."""
    from composer.farm.storage import Store

    store = Store(address)
    return {name: sha256(store.read(name)).hexdigest() for name in sorted(store.names("")) if not name.startswith("times/")}


def compare(what: str, found: Tree, expected: Tree) -> None:
    same = found == expected
    print(f"{what}: {len(found)} files, {'equal byte for byte' if same else 'DIFFERENT'}", flush=True)
    if not same:
        for name in sorted(found.keys() | expected.keys()):
            if found.get(name) != expected.get(name):
                print(f"  {name}: {found.get(name, 'missing')[:8]}, expected {expected.get(name, 'none')[:8]}")
        raise SystemExit(1)


@contextmanager
def ray_cluster(**more: str) -> Iterator[Any]:
    """A head without cores and two nodes of one core each, all on loopback."""
    os.environ.update(environment(**more))
    import ray
    from ray.cluster_utils import Cluster

    # On a busy machine nodes time out: run without the dashboard and wait longer.
    ray._private.utils.get_dashboard_dependency_error = lambda: ImportError("left out")
    ray._private.services.get_node = patient(ray._private.services.get_node)
    start, cluster = time.monotonic(), Cluster()
    try:
        join(cluster, 0, include_dashboard=False)  # the head
        for _ in range(2):
            join(cluster, 1)
        print(f"cluster of two nodes up in {time.monotonic() - start:.1f} s", flush=True)
        yield cluster
    finally:
        cluster.shutdown()


def patient(ask: Callable[..., Any]) -> Callable[..., Any]:
    """The same with retries for a minute."""

    def asking(*arguments: object) -> Any:
        for _ in range(60):
            try:
                return ask(*arguments)
            except RuntimeError:
                time.sleep(1)
        return ask(*arguments)

    return asking


def join(cluster: Any, cores: int, **more: Any) -> None:
    """Adds a node, which may take several attempts."""
    for attempt in range(5):
        try:
            cluster.add_node(num_cpus=cores, object_store_memory=80 * 2**20, **more)
            return
        except Exception:
            if attempt == 4:
                raise


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def kill_node(node: Any) -> None:
    """Kills a node's scheduler and all its workers at once, as a power cut does."""
    import psutil

    [raylet] = [each.process for each in node.all_processes["raylet"]]
    for process in [psutil.Process(raylet.pid), *psutil.Process(raylet.pid).children(recursive=True)]:
        try:
            process.send_signal(signal.SIGKILL)
        except psutil.NoSuchProcess:
            continue


def kill_when(process: subprocess.Popen[str], ready: Callable[[], bool], kill: Callable[[], None]) -> None:
    while not ready():
        if process.poll() is not None:
            raise SystemExit(f"the driver ended too early: {process.communicate()}")
        time.sleep(0.2)
    kill()


def faults(work: Path, count: int, size: int, *, address: str | None = None, **storage: str) -> None:
    """A bad brief, a brief that kills its worker, a node that dies, a driver that dies."""
    from composer.farm.storage import Store

    os.environ.update(storage)
    model, briefs = save_tiny_model(work / "tiny"), write_briefs(work / "briefs.jsonl", count)
    deadly = {"CANTILENA_TEST_DEADLY_SEED": str(count * 2 // 3), **storage}
    base = address or str(work)
    for name, place in (("one", str(work)), ("calm", base), ("faults", base)):
        farm("plan", briefs, "-o", f"{place}/{name}", "--size", size, "--model", model, **deadly)
    start = time.monotonic()
    answer = farm("run", work / "one", "--jobs", 2, "--model", model, "-q", **deadly)
    print(f"one machine, two processes: {time.monotonic() - start:.1f} s\n{answer.stderr.strip()}", flush=True)
    expected = tree(str(work / "one"))
    with ray_cluster(**deadly) as cluster:
        named = {"RAY_ADDRESS": cluster.address, **deadly}
        start = time.monotonic()
        farm("run", f"{base}/calm", "--on", "ray", "--model", model, **named)
        print(f"Ray, two nodes, bad and deadly brief only: {time.monotonic() - start:.1f} s", flush=True)
        compare("without other faults", tree(f"{base}/calm"), expected)

        store, start = Store(f"{base}/faults"), time.monotonic()
        command = [*CANTILENA, "farm", "run", f"{base}/faults", "--on", "ray", "--model", str(model)]
        done = lambda: sum(name.endswith(".json") for name in store.names("pieces"))  # noqa: E731
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        with subprocess.Popen(command, env=environment(**named), **pipes) as driver:
            kill_when(driver, lambda: done() > count // 4, lambda: kill_node(cluster.worker_nodes.copy().pop()))
            print(f"{time.monotonic() - start:.1f} s: {done()} pieces there, node killed by SIGKILL", flush=True)
            join(cluster, 1)
            kill_when(driver, lambda: done() > count // 2, driver.kill)
        print(f"{time.monotonic() - start:.1f} s: {done()} pieces there, driver killed by SIGKILL", flush=True)
        time.sleep(2)
        print(f"{time.monotonic() - start:.1f} s: called again with {len(store.names('done'))} shards finished", flush=True)
        answer = farm("run", f"{base}/faults", "--on", "ray", "--model", model, **named)
        print(f"{time.monotonic() - start:.1f} s: finished\n{answer.stderr.strip()}", flush=True)
    compare("with faults", tree(f"{base}/faults"), expected)
    for line in farm("status", f"{base}/faults", **storage).stdout.splitlines():
        print(f"status: {line}")
    print(f"verify: {farm('verify', f'{base}/faults', '--model', model, **storage).stdout.strip()}")
    print(f"manifest: {farm('manifest', f'{base}/faults', **storage).stdout.strip()}")


@contextmanager
def s3_server() -> Iterator[dict[str, str]]:
    """An S3 server on loopback, and the environment that names it."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    named = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any"}
    try:
        os.environ.update(named)
        import s3fs

        for _ in range(100):
            try:
                s3fs.S3FileSystem(skip_instance_cache=True).mkdir(BUCKET)
                break
            except Exception:
                time.sleep(0.2)
        yield named
    finally:
        server.terminate()
        server.wait()


def s3(work: Path, count: int, size: int) -> None:
    with s3_server() as named:
        faults(work, count, size, address=BUCKET, **named)


def kills(work: Path, count: int, size: int, times: int = 200, pack: bool = False) -> None:
    """A worker killed at random moments of its work; at the end one run finishes what is left."""
    from multiprocessing import get_context

    from composer.farm.shard import Work, run_shard

    model, briefs = save_tiny_model(work / "tiny"), write_briefs(work / "briefs.jsonl", count)
    options = ["--size", size, "--model", model, *["--pack"] * pack]
    for name in ("one", "killed", "timed"):
        farm("plan", briefs, "-o", work / name, *options)
    farm("run", work / "one", "--model", model)
    expected, chance = tree(str(work / "one")), random.Random(0)
    (work / "scratch").mkdir()
    tempfile.tempdir = str(work / "scratch")  # killed workers leave their folders there

    def work_of(name: str, shard: int) -> Work:
        return Work(str(work / name), shard, 0, min(size, count - shard * size), together=2, model=str(model))

    def worker(name: str, shard: int) -> Any:
        return get_context("fork").Process(target=run_shard, args=(work_of(name, shard),))

    run_shard(work_of("timed", 0))  # forked workers find everything imported and the model loaded
    longest = 0.0
    for shard in range(1, 4):
        begun, timed = time.monotonic(), worker("timed", shard)
        timed.start()
        timed.join()
        longest = max(longest, time.monotonic() - begun)
    killed, moments = work / "killed", {"nothing": 0, "some files": 0, "its table": 0}
    finished = rounds = 0
    while sum(moments.values()) < times:
        shard = rounds % -(-count // size)
        if shard == 0:  # all shards from the start, so that there is something to interrupt
            for folder in ("done", "pieces", "loose"):
                shutil.rmtree(killed / folder, ignore_errors=True)
        rounds += 1
        for _ in range(2):  # the second worker finds what the first has left
            victim = worker("killed", shard)
            victim.start()
            victim.join(chance.uniform(0, 1.2 * longest))
            victim.kill()
            victim.join()
            if victim.exitcode != -signal.SIGKILL:
                finished += 1
                continue
            table = (killed / f"done/part-{shard:05}.parquet").exists()
            files = any(killed.glob(f"*/{shard:05}*/*")) or any(killed.glob(f"pieces/{shard:05}.tar"))
            moments["its table" if table else "some files" if files else "nothing"] += 1
    left = len(list(killed.rglob("*.part")))
    farm("run", killed, "--model", model)
    there = ", ".join(f"{number} with {what}" for what, number in moments.items())
    print(
        f"{sum(moments.values())} times killed ({there} of the shard there), {finished} times finished first, "
        f"{left} half-written files left before the last run"
    )
    compare("after the last run", tree(str(killed)), expected)


def shards(work: Path, count: int, size: int) -> None:
    """Two independent processes."""
    model, briefs = save_tiny_model(work / "tiny"), write_briefs(work / "briefs.jsonl", count)
    for name in ("one", "two"):
        farm("plan", briefs, "-o", work / name, "--size", size, "--model", model)
    start = time.monotonic()
    farm("run", work / "one", "--model", model)
    alone, start = time.monotonic() - start, time.monotonic()
    command = [*CANTILENA, "farm", "run", str(work / "two"), "--model", str(model), "-q"]
    pair = [subprocess.Popen([*command, "--shard", f"{index}/2"], env=environment()) for index in range(2)]
    codes = [process.wait() for process in pair]
    print(
        f"one process {alone:.1f} s, --shard 0/2 and 1/2 at the same time {time.monotonic() - start:.1f} s, exit codes {codes}"
    )
    compare("two processes", tree(str(work / "two")), tree(str(work / "one")))


def throughput(work: Path, count: int, size: int, rounds: int = 3) -> None:
    """Processor seconds, user and system, of all processes: the default model, 4 bars for two parts, 8 pieces in a pass.

    What a piece costs is the slope between a run of 16 briefs and one of all; the rest is start-up. Wall time says nothing on a
    machine with other work. Figures are printed after every round, from the medians so far.
    """
    lines = [json.dumps({"bars": 4, "ensemble": "solo-piano"}) for _ in range(count)]
    briefs, few = work / "briefs.jsonl", work / "few.jsonl"
    briefs.write_text("\n".join(lines) + "\n")
    few.write_text("\n".join(lines[:_FEW]) + "\n")

    def batch(source: Path) -> float:
        shutil.rmtree(work / "out", ignore_errors=True)
        return processor_s([*CANTILENA, "batch", source, "-o", work / "out", "-q"])

    def farmed(source: Path, shard: int, jobs: int = 1) -> float:
        shutil.rmtree(work / "out", ignore_errors=True)
        farm("plan", source, "-o", work / "out", "--size", shard)
        return processor_s([*CANTILENA, "farm", "run", work / "out", "-q", "--jobs", jobs])

    runs: dict[str, Callable[[], float]] = {
        "batch, few": lambda: batch(few),
        "farm, few": lambda: farmed(few, size),
        "two, few": lambda: farmed(few, _FEW // 2, 2),
        "batch": lambda: batch(briefs),
        "farm": lambda: farmed(briefs, size),
        "two": lambda: farmed(briefs, size, 2),
        "shards of 8": lambda: farmed(briefs, _FEW // 2),
    }
    measured: dict[str, list[float]] = {name: [] for name in runs}
    for number in range(1, rounds + 1):
        for name, run in runs.items():
            measured[name].append(run())
        print(f"round {number}: " + ", ".join(f"{name} {found[-1]:.2f}" for name, found in measured.items()) + " s", flush=True)
        _tell_costs({name: median(found) for name, found in measured.items()}, count, size)


_FEW = 16  # briefs of the short runs: a pass of eight for each of two workers


def _tell_costs(middle: dict[str, float], count: int, size: int) -> None:
    """Costs and ratios from processor seconds by run."""
    piece = {name: (middle[name] - middle[f"{name}, few"]) / (count - _FEW) for name in ("batch", "farm", "two")}
    for name in piece:
        start = middle[name] - count * piece[name]
        print(f"  {name:6}{middle[name]:7.2f} processor s for {count} pieces: start-up {start:.2f}, {piece[name]:.4f} a piece")
    print(
        f"  farm to batch, a piece: {piece['farm'] / piece['batch']:.3f}; with start-up: {middle['farm'] / middle['batch']:.3f}"
    )
    print(f"  two workers to one, a piece: {piece['two'] / piece['farm']:.3f}, scales {2 * piece['farm'] / piece['two']:.2f}")
    more = -(-count // (_FEW // 2)) - -(-count // size)
    print(f"  a shard: {(middle['shards of 8'] - middle['farm']) / more * 1000:.0f} ms of processor time", flush=True)


def processor_s(command: list[object]) -> float:
    """Processor time of a command and its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(list(map(str, command)), env=environment(), stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    shown: dict[str, Callable[..., None]] = {
        "faults": faults, "s3": s3, "kills": kills, "shards": shards, "throughput": throughput
    }  # fmt: skip
    parser.add_argument("what", choices=shown)
    parser.add_argument("--count", type=int, help="briefs")
    parser.add_argument("--size", type=int, help="briefs per shard")
    parser.add_argument("--times", type=int, default=200, help="kills")
    parser.add_argument("--rounds", type=int, default=3, help="throughput: how often everything is measured")
    parser.add_argument("--pack", action="store_true", help="kills: with packed shards")
    given = parser.parse_args()
    defaults = {"faults": (300, 32), "s3": (300, 32), "kills": (48, 8), "shards": (96, 16), "throughput": (128, 32)}
    count, size = given.count or defaults[given.what][0], given.size or defaults[given.what][1]
    more: dict[str, Any] = {"kills": {"times": given.times, "pack": given.pack}, "throughput": {"rounds": given.rounds}}
    with tempfile.TemporaryDirectory(prefix="cantilena-farm-") as work:
        shown[given.what](Path(work), count, size, **more.get(given.what, {}))
