"""Pictures of every view of the studio's page, light and dark, on a desktop (1280 by 800) and a tablet (820 by 1180).

    python -m benchmarks studio_views --out DIR       all pictures
    python -m benchmarks studio_views --docs          and the three of the documentation, into docs/images

Composes with the packaged model. Look at every picture. Needs Playwright and Chromium.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from composer.model.checkpoint import find_model
from tests.server.test_crash import done, started
from tests.server.test_page import CHROMIUM, QUIET, SOUNDS, STUDIO, current, until

SCREENS = {"desktop": (1280, 800), "tablet": (820, 1180)}
THEMES = ("light", "dark")
PHONE = (390, 844)
PROMPT = "a melancholic string quartet in D minor, 3/4, 12 bars"
DOCS = {"studio.png": "piece", "studio-change.png": "selection", "studio-live.png": "live"}
IMAGES = Path(__file__).parents[1] / "docs" / "images"
_SCORE = ".score-pane .page svg g.note"


def main() -> None:
    """Writes the pictures as SCREEN-THEME-VIEW.png."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--out", type=Path, default=Path("out/views"))
    options.add_argument("--docs", action="store_true")
    given = options.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        sync_playwright() as driver,
        started(Path(folder) / "project", find_model(None), lan=True) as (_, client),
    ):
        address, token = str(client.base_url).rstrip("/"), client.headers["authorization"].split()[1]
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=[f"--{flag}" for flag in QUIET])
        for first in (True, False):  # without versions, then with some
            if not first:
                fill_project(client)
            for screen, (width, height) in SCREENS.items():
                for theme in THEMES:
                    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=theme)
                    page.set_default_timeout(120_000)
                    page.goto(f"{address}/?token={token}")
                    until(page, f"{STUDIO}.tables", 120)
                    for name in empty_views(page, screen) if first else views(page, screen):
                        page.wait_for_timeout(400)
                        page.screenshot(path=given.out / f"{screen}-{theme}-{name}.png")
                    page.close()
        port = client.get("/api/live").json()["audience"]["address"].rstrip("/").rpartition(":")[2]
        client.post("/api/live/audience", params={"open": True})
        for theme in THEMES:
            page = browser.new_page(viewport={"width": PHONE[0], "height": PHONE[1]}, color_scheme=theme)
            page.goto(f"http://127.0.0.1:{port}/")
            box = page.locator("#pad").bounding_box()
            page.mouse.click(box["x"] + box["width"] * 0.8, box["y"] + box["height"] * 0.3)
            page.wait_for_timeout(500)
            page.screenshot(path=given.out / f"phone-{theme}-audience.png")
            page.close()
        browser.close()
    for image, view in DOCS.items() if given.docs else ():
        shutil.copy(given.out / f"desktop-light-{view}.png", IMAGES / image)
    print(f"{len(list(given.out.glob('*.png')))} pictures in {given.out}")


def fill_project(client: Any) -> None:
    """Adds a quartet, a change of it and a variation."""

    def make(verb: str, version: str | None, **options: Any) -> str:
        return done(client, client.post("/api/jobs", json={"verb": verb, "version": version, "options": options}).json())

    piece = make("compose", None, prompt=PROMPT, seed=7)
    make("vary", piece, amount=0.5, seed=7)
    make("engrave", make("infill", piece, bars="5-6", parts=[1, 2], seed=7))


def empty_views(page: Any, screen: str) -> Iterator[str]:
    """The page before the first piece."""
    yield "empty"
    if screen == "tablet":
        page.get_by_role("button", name="Show or hide the compose panel").click()
        yield "empty-closed"


def views(page: Any, screen: str) -> Iterator[str]:
    """Yields the name of each view while the page shows it."""
    press: Callable[..., None] = lambda name: page.get_by_role("button", name=name, exact=True).first.click()  # noqa: E731
    panel: Callable[[], None] = lambda: press("Show or hide the compose panel") if screen == "tablet" else None  # noqa: E731
    page.wait_for_selector(_SCORE)
    mine = current(page)
    panel()
    page.fill("textarea[name=prompt]", PROMPT)
    page.locator(".interpretation .chip").first.wait_for()
    page.check("text=Draw a path over time")
    box = page.locator("mood-pad svg").bounding_box()
    page.mouse.move(box["x"] + 50, box["y"] + box["height"] - 60)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 120, steps=8)
    page.mouse.move(box["x"] + box["width"] - 50, box["y"] + 60, steps=8)
    page.mouse.up()
    yield "path"
    page.get_by_role("button", name="Clear", exact=True).first.click()
    page.uncheck("text=Draw a path over time")
    panel()
    press("Play")
    until(page, f"{SOUNDS} && {STUDIO}.player.position > 3")
    press("Pause")
    page.wait_for_timeout(200)
    yield "piece"
    for view in ("Score", "Roll"):
        press(view)
        yield view.lower()
    press("Both")
    page.wait_for_selector(_SCORE)
    page.get_by_text("Download", exact=True).click()
    yield "download"
    page.keyboard.press("Escape")
    page.get_by_text("Download", exact=True).click()
    page.get_by_text("More", exact=True).click()
    yield "more"
    page.get_by_text("More", exact=True).click()
    press("Lock Cello")
    page.locator("piano-roll canvas").focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowRight", "Shift+ArrowRight"):
        page.keyboard.press(key)
    yield "selection"
    page.locator(".actions.selected summary").click()
    yield "selection-more"
    page.locator(".actions.selected summary").click()
    page.keyboard.press("Escape")
    press("Unlock Cello" if page.get_by_role("button", name="Unlock Cello").count() else "Lock Cello")
    press("Report")
    page.locator("report-dialog table").first.wait_for()
    yield "report"
    page.keyboard.press("Escape")
    press("Compare")
    page.get_by_role("button", name="Play A").wait_for()
    yield "compare"
    page.keyboard.press("Escape")
    page.get_by_text("More", exact=True).click()
    page.fill("input[name=add]", "a nose flute")
    page.locator("input[name=add]").press("Enter")
    page.locator(".message.error").wait_for()
    yield "error"
    panel()
    page.fill("textarea[name=prompt]", "a waltz for piano, 40 bars")
    page.get_by_role("button", name="Compose", exact=True).click()
    until(page, f"{STUDIO}.live && {STUDIO}.piece?.notes.length", 120)
    yield "writing"
    press("Cancel")
    until(page, f"{STUDIO}.current?.id === '{mine}'", 120)
    press("Live room")
    yield "live-room"
    page.get_by_role("button", name="Start").click()
    until(page, f"{STUDIO}.player.position > 1.5", 240)
    yield "live"
    page.get_by_role("button", name="Stop").click()


if __name__ == "__main__":
    main()
