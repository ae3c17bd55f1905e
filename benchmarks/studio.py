"""The studio's page in Chromium with the packaged model: how long a user waits, the live room, and a server that is killed.

    python -m benchmarks studio                       waits: the default prompts, three pieces each
    python -m benchmarks studio --prompt "a calm piano piece, 16 bars" --times 5
    python -m benchmarks studio live --seconds 180    the live room: gaps, and whether a change of mood is heard
    python -m benchmarks studio kills --times 20      SIGKILL at random moments of a session

`waits` measures from a click on Compose to the first visible bars and to the first sound; targets on two free cores are 1.5 s
and 5 s. Other work delays all of it, so the load of the machine and the CPU seconds of the server are printed too. Needs
Playwright, Chromium and Linux.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import mean, median
from typing import Any

from playwright.sync_api import sync_playwright

from composer.analysis.mood import estimate_moods
from composer.formats import read_score
from composer.model.checkpoint import find_model
from composer.score import Score
from tests.server.test_crash import done, killed_and_reopened, started
from tests.server.test_page import CHROMIUM, QUIET, SOUNDS, STUDIO

PROMPTS = ("a calm piano nocturne, 16 bars", "a piano piece in D minor, 16 bars")
MOODS = ((0.7, -0.6), (-0.8, 0.8))  # of the live room: valence and arousal before and after the change
_LONGEST_S = 120
_ROOM = "document.querySelector('live-room')"
_LISTEN = f"""() => {{ window.levels = [];
setInterval(() => window.levels.push([performance.now(), {STUDIO}.player.level() > 0.0005]), 50); }}"""


def main() -> None:
    """Runs one of the three checks and prints its figures."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("what", choices=("waits", "live", "kills"), nargs="?", default="waits")
    options.add_argument("--times", type=int, help="pieces per prompt (3) or kills (20)")
    options.add_argument("--prompt", action="append")
    options.add_argument("--seconds", type=float, default=180)
    given = options.parse_args()
    if given.what == "kills":
        kills(given.times or 20)
    elif given.what == "live":
        live(given.seconds)
    else:
        waits(given.prompt or PROMPTS, given.times or 3)


def waits(prompts: tuple[str, ...], times: int) -> None:
    """Prints one line per prompt."""
    with opened() as (browser, link, server):
        for prompt in prompts:
            found = []
            for _ in range(times):
                page = browser.new_page()
                page.goto(link)
                page.fill("textarea[name=prompt]", prompt)
                page.wait_for_timeout(1000)
                page.get_by_role("button", name="Compose", exact=True).click()
                begun, spent = time.monotonic(), cpu_s(server)
                bars = until(page, f"{STUDIO}.live && {STUDIO}.piece?.notes.length", begun), cpu_s(server) - spent
                found.append((*bars, until(page, SOUNDS, begun), cpu_s(server) - spent))
                until(page, f"{STUDIO}.current && !{STUDIO}.jobs.size", begun)  # the next piece must not wait for this one
                page.close()
            bars_s, bars_cpu, sound_s, sound_cpu = (median(values) for values in zip(*found, strict=True))
            print(
                f"{prompt}: bars {bars_s:.2f} s ({bars_cpu:.2f} s of CPU), sound {sound_s:.2f} s ({sound_cpu:.2f} s of CPU); "
                f"median of {times}; load {os.getloadavg()[0]:.1f}",
                flush=True,
            )


def live(seconds: float) -> None:
    """Plays the live room, changes the mood after a third of the time, and prints gaps and the moods of the phrases."""
    with opened() as (browser, link, _), tempfile.TemporaryDirectory() as folder:
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(link)
        page.get_by_role("button", name="Live room").click()
        move(page, *MOODS[0])
        page.get_by_role("button", name="Start").click()
        begun = time.monotonic()
        print(f"first sound after {until(page, SOUNDS, begun):.1f} s", flush=True)
        page.evaluate(_LISTEN)
        start, begun = page.evaluate(f"{STUDIO}.player.position"), time.monotonic()
        page.wait_for_timeout(seconds * 1000 / 3)
        move(page, *MOODS[1])
        moved = page.evaluate(f"{STUDIO}.player.position")
        page.wait_for_timeout(seconds * 1000 * 2 / 3)
        played, wall = page.evaluate(f"{STUDIO}.player.position") - start, time.monotonic() - begun
        underruns, repeats, slots = (page.evaluate(f"{_ROOM}.{name}") for name in ("underruns", "repeats", "slots"))
        silence = longest_silence(page.evaluate("window.levels"))
        print(
            f"played {played:.1f} s of music in {wall:.1f} s; {underruns} underruns, {repeats} phrases repeated, "
            f"longest silence {silence:.2f} s; load {os.getloadavg()[0]:.1f}"
        )
        page.get_by_role("button", name="Keep as a piece").click()
        until(page, f"{STUDIO}.current?.verb === 'live'", time.monotonic())
        with page.expect_download() as download:
            page.get_by_text("Download", exact=True).click()
            page.get_by_role("button", name="MIDI", exact=True).click()
        download.value.save_as(kept := Path(folder) / "kept.mid")
        report_moods(read_score(kept), slots, moved)


def report_moods(score: Score, slots: list[dict[str, Any]], moved_s: float) -> None:
    """Prints what the phrases before and after the change have in common, and when the change was heard."""
    bar_s, rows = score.seconds_at(score.bars[0].end_ticks), {mood: list[tuple[float, ...]]() for mood in MOODS}
    found = estimate_moods(score, score.key)
    for slot in slots:
        bars = score.bars[4 * slot["phrase"] : 4 * slot["phrase"] + 4]
        if slot["again"] or len(bars) < 4 or not (mood := found[slot["phrase"]]):
            continue
        notes = [note for _, note in score.notes() if bars[0].start_ticks <= note.start_ticks < bars[-1].end_ticks]
        row = (mood.valence, mood.arousal, len(notes) / (4 * bar_s), mean(note.velocity for note in notes))
        rows[min(MOODS, key=lambda pair: abs(pair[0] - slot["mood"][0]))].append(row)
    after = [slot["start_bar"] * bar_s - moved_s for slot in slots if slot["mood"][0] < 0]
    print(f"the change was heard after {min(after):.1f} s")
    for mood, values in rows.items():
        valence, arousal, density, velocity = (mean(column) for column in zip(*values, strict=True))
        print(
            f"valence {mood[0]:+.1f} arousal {mood[1]:+.1f}: {len(values)} phrases; estimated {valence:+.2f} {arousal:+.2f}, "
            f"{density:.1f} notes a second, velocity {velocity:.0f}"
        )


def kills(times: int) -> None:
    """Prints what each kill interrupted and a summary; fails if anything was lost or partial."""
    with tempfile.TemporaryDirectory() as folder:
        for sessions in killed_and_reopened(Path(folder) / "project", find_model(None), times):
            print(f"kill {len(sessions.caught)} during {sessions.caught[-1]}", flush=True)
    print(
        f"{times} kills: the project opened each time with all {len(sessions.versions)} finished versions and "
        f"{sessions.ratings} ratings, no file is partial; load {os.getloadavg()[0]:.1f}"
    )


@contextmanager
def opened() -> Iterator[tuple[Any, str, int]]:
    """A browser, the link to the page of a server that has loaded its model, and the server's process."""
    with (
        tempfile.TemporaryDirectory() as folder,
        sync_playwright() as driver,
        started(Path(folder) / "project", find_model(None)) as (process, client),
    ):
        token = client.headers["authorization"].split()[1]
        job = client.post("/api/jobs", json={"verb": "compose", "options": {"bars": 2, "style": "waltz"}}).json()
        done(client, job)
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=[f"--{flag}" for flag in QUIET])
        yield browser, f"{str(client.base_url).rstrip('/')}/?token={token}", process.pid
        browser.close()


def move(page: Any, valence: float, arousal: float) -> None:
    """Clicks a point of the mood pad."""
    box = page.locator("live-room svg.pad").bounding_box()
    page.mouse.click(box["x"] + box["width"] * (0.5 + 0.46 * valence), box["y"] + box["height"] * (0.5 - 0.46 * arousal))


def until(page: Any, condition: str, begun: float) -> float:
    """Seconds until a condition holds in the page."""
    while not page.evaluate(condition):
        if time.monotonic() - begun > _LONGEST_S:
            raise SystemExit(f"never: {condition}")
        page.wait_for_timeout(20)
    return time.monotonic() - begun


def longest_silence(levels: list[tuple[float, bool]]) -> float:
    """The longest time without sound, in seconds."""
    longest, since = 0.0, levels[0][0]
    for at, sounds in levels:
        longest = max(longest, at - since)
        if sounds:
            since = at
    return longest / 1000


def cpu_s(server: int) -> float:
    """CPU seconds that the server's process and its children have used (Linux)."""
    total, tick = 0.0, os.sysconf("SC_CLK_TCK")
    pids = [server]
    for pid in pids:
        try:
            pids += [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += (int(fields[11]) + int(fields[12])) / tick
    return total


if __name__ == "__main__":
    main()
