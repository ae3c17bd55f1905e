"""Time from a click on Compose to the first visible bars and to the first sound in the studio's page.

    python -m benchmarks studio                       the default prompts, three pieces each
    python -m benchmarks studio --times 5 --prompt "a calm piano piece, 16 bars"

Targets on two free cores: bars within 1.5 s, sound within 5 s. Needs Playwright and Chromium, and the packaged model. The
load of the machine is printed, since other work delays both times.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path
from statistics import median

from playwright.sync_api import sync_playwright

from composer.model.checkpoint import find_model
from tests.server.test_crash import start
from tests.server.test_page import CHROMIUM, QUIET, SOUNDS, STUDIO

PROMPTS = ("a calm piano nocturne, 16 bars", "a piano piece in D minor, 16 bars")
_LONGEST_S = 120


def main() -> None:
    """Measures and prints one line per prompt."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--times", type=int, default=3)
    options.add_argument("--prompt", action="append")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        process, client = start(Path(folder) / "project", find_model(None))
        with process, client:
            browser = driver.chromium.launch(executable_path=CHROMIUM, args=[f"--{flag}" for flag in QUIET])
            address, token = str(client.base_url).rstrip("/"), client.headers["authorization"].split()[1]
            client.post("/api/jobs", json={"verb": "compose", "options": {"bars": 2, "style": "waltz"}})
            time.sleep(5)  # the model is loaded when a user has typed a prompt
            for prompt in given.prompt or PROMPTS:
                found = []
                for _ in range(given.times):
                    page = browser.new_page()
                    page.goto(f"{address}/?token={token}")
                    page.fill("textarea[name=prompt]", prompt)
                    page.wait_for_timeout(1000)
                    page.get_by_role("button", name="Compose", exact=True).click()
                    begun = time.monotonic()
                    found.append(
                        (_until(page, f"{STUDIO}.live && {STUDIO}.piece?.notes.length", begun), _until(page, SOUNDS, begun))
                    )
                    page.close()
                bars, sound = (median(values) for values in zip(*found, strict=True))
                print(
                    f"{prompt}: bars {bars:.2f} s, sound {sound:.2f} s (median of {given.times}); load {os.getloadavg()[0]:.1f}"
                )
            browser.close()
            process.terminate()


def _until(page: object, condition: str, begun: float) -> float:
    while not page.evaluate(condition):  # type: ignore[attr-defined]
        if time.monotonic() - begun > _LONGEST_S:
            raise SystemExit(f"never: {condition}")
        page.wait_for_timeout(20)  # type: ignore[attr-defined]
    return time.monotonic() - begun


if __name__ == "__main__":
    main()
