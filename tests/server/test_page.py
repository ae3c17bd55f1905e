"""The page in a real browser: prompt to sound, changes, undo, versions after a restart, no requests to other hosts."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.server.conftest import TOKEN, Running, running
from tests.server.test_crash import started

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = os.environ.get("CANTILENA_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
STATIC = Path(__file__).resolve().parents[2] / "composer" / "server" / "static" / "index.html"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: install it, or set CANTILENA_CHROMIUM"),
    pytest.mark.skipif(not STATIC.is_file(), reason="the page is not built: `npm run build` in studio/"),
]
QUIET = ("no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking", "disable-sync",
         "disable-component-update", "autoplay-policy=no-user-gesture-required")  # fmt: skip
STUDIO = "document.querySelector('cantilena-studio')"
SOUNDS = f"{STUDIO}.player.level() > 0.001"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=[f"--{flag}" for flag in QUIET])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Any, server: Running) -> Iterator[Any]:
    yield from opened(browser, server)


def opened(browser: Any, server: Running) -> Iterator[Any]:
    """A page of the studio without errors or requests to other hosts."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(180_000)
    page, hosts, errors = context.new_page(), set[str](), list[str]()
    page.on("request", lambda request: hosts.add(request.url.partition("?")[0]))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto(f"http://127.0.0.1:{server.port}/?token={TOKEN}")
    yield page
    context.close()
    errors = [text for text in errors if "status of 422" not in text]  # refusals, which the page shows
    assert not [url for url in hosts if not url.startswith((f"http://127.0.0.1:{server.port}/", "data:", "blob:"))]
    assert not errors


def until(page: Any, condition: str, seconds: float = 180) -> None:
    """Waits until an expression is true; the page's security policy blocks Playwright's `wait_for_function`."""
    end = time.monotonic() + seconds
    while not page.evaluate(condition):
        assert time.monotonic() < end, f"never: {condition}"
        page.wait_for_timeout(50)


def compose(page: Any, prompt: str) -> None:
    page.fill("textarea[name=prompt]", prompt)
    page.get_by_role("button", name="Compose", exact=True).click()


def current(page: Any) -> str:
    version: str = page.evaluate(f"{STUDIO}.current?.id ?? ''")
    return version


def another(page: Any, version: str) -> str:
    until(page, f"{STUDIO}.current && {STUDIO}.current.id !== '{version}'")
    return current(page)


def test_a_prompt_becomes_sound_score_and_roll(page: Any) -> None:
    compose(page, "a calm piano piece in D minor, 4 bars")
    until(page, SOUNDS)
    page.wait_for_selector("score-view .page svg g.note")
    page.wait_for_selector("score-view g.sounding")
    assert "D minor" in page.inner_text(".facts")
    page.keyboard.press("Escape")
    page.locator("button.play").click()
    assert page.evaluate(f"{STUDIO}.player.state") == "ready"
    assert "piano" in page.inner_text(".interpretation")


FEED = f"""async ([version, events]) => {{
    const studio = {STUDIO}, player = studio.player;
    studio.mine.add('job');
    studio.listening.add('job');
    await player.open();
    window.heard = [];
    player.addEventListener('change', () => heard.push([player.state, player.position]));
    for (const event of events) {{
        studio.heardBars({{ job: 'job', ...event }});
        await new Promise((resolve) => setTimeout(resolve, 150));
    }}
    const before = player.state;
    return [before, await studio.open(version), player.state];
}}"""


@pytest.mark.parametrize("kept", [True, False])
def test_a_piece_plays_while_it_is_written_and_goes_on_if_it_is_kept(
    page: Any, server: Running, song: dict[str, Any], kept: bool
) -> None:
    opened_song(page, song)
    whole = server.client.get(f"/api/versions/{song['id']}/files/score.json").json()
    notes = whole.pop("notes")
    news = [
        {"complete": bar, "plays": True, "notes": [note for note in notes if bar - 1 <= note[1] // 1920 < bar]}
        for bar in range(7)
    ]
    news[0]["frame"] = news[1]["frame"] = whole
    news[0]["plays"] = False
    if not kept:
        news[2]["notes"][0][3] += 1
    before, plays_on, after = page.evaluate(FEED, [song, news])
    assert (before, plays_on, after) == ("playing", kept, "playing" if kept else "ready")
    heard = page.evaluate("heard")
    states = [state for state, _ in heard]
    first = states.index("playing")
    assert 3 <= first < len(states) - 3, "after some bars, before the last"
    assert set(states[first:]) == ({"playing"} if kept else {"playing", "ready"})
    if kept:
        assert [place for _, place in heard[first:]] == sorted(place for _, place in heard[first:])
        page.locator("button.play").click()


def test_playback_waits_for_bars_that_are_not_written_yet(page: Any, song: dict[str, Any]) -> None:
    opened_song(page, song)
    player = f"{STUDIO}.player"
    page.locator("button.play").click()
    until(page, f"{player}.position > 0.1")
    page.evaluate(f"{player}.follow({STUDIO}.piece, 0.6)")
    until(page, f"{player}.state === 'waiting'")
    assert page.evaluate(f"{player}.position") == pytest.approx(0.6)
    assert page.locator("button.play").get_attribute("aria-label") == "Pause"
    page.evaluate(f"{player}.follow({STUDIO}.piece, Infinity)")
    until(page, f"{player}.position > 0.8 && {SOUNDS}")
    page.locator("button.play").click()


def test_changes_locks_undo_and_the_tree(page: Any, server: Running, song_file: Path) -> None:
    page.set_input_files("input[type=file]", song_file)
    until(page, f"{STUDIO}.current?.title === 'My song'")
    mine = current(page)
    page.get_by_role("button", name="Lock Cello").click()
    canvas = page.locator("piano-roll canvas")
    canvas.focus()
    for key in ("ArrowRight", "ArrowRight", "Shift+ArrowRight"):
        page.keyboard.press(key)
    assert "Bars 2–3" in page.inner_text(".actions")
    page.get_by_role("button", name="Regenerate").click()
    changed = another(page, mine)
    before, after = server.notes(mine), server.notes(changed)

    def outside(notes: list[list[int]]) -> list[list[int]]:
        return [note for note in notes if note[0] == 1 or not 1920 <= note[1] < 3 * 1920]

    assert before != after
    assert outside(before) == outside(after)
    page.keyboard.press("Control+z")
    assert another(page, changed) == mine
    page.keyboard.press("Control+Shift+Z")
    assert another(page, mine) == changed
    page.reload()
    until(page, f"{STUDIO}.current?.id === '{changed}'")
    assert page.locator("version-tree ul ul button[aria-current=true]").inner_text().startswith("Bars 2-3")


def test_a_path_on_the_pad_becomes_a_mood_curve(page: Any) -> None:
    page.check("text=Draw a path over time")
    box = page.locator("mood-pad svg").bounding_box()
    page.mouse.move(box["x"] + 40, box["y"] + box["height"] - 40)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 40, box["y"] + 40, steps=12)
    page.mouse.up()
    page.uncheck("text=Play at once")
    before = current(page)
    compose(page, "a piano piece of 8 bars")
    version = another(page, before)
    curve = page.evaluate(f"{STUDIO}.versions.find((version) => version.id === '{version}').options.mood_curve")
    assert curve.endswith("@100%")
    assert curve.count("@") >= 3


def test_two_versions_are_compared_blind_and_the_choice_is_kept(page: Any, server: Running) -> None:
    first = server.compose(seed=21)
    second = server.make("vary", first["id"], amount=1)["version"]
    page.goto("about:blank")  # the open page may still be opening an earlier version, whose id it then writes into the address
    page.goto(f"http://127.0.0.1:{server.port}/#{second['id']}")
    until(page, f"{STUDIO}?.current?.id === '{second['id']}'")
    page.get_by_role("button", name="Compare").click()
    prefer = page.get_by_role("button", name="I prefer A")
    assert prefer.is_disabled()
    for name in ("Play A", "Play B"):
        page.get_by_role("button", name=name).click()
        until(page, SOUNDS)
    prefer.click()
    page.wait_for_selector(".candidate.on")
    assert {server.client.get("/api/ratings").json()[-1][side] for side in ("preferred", "other")} == {
        first["id"],
        second["id"],
    }


def test_errors_are_shown_and_downloads_work(page: Any, server: Running, song: dict[str, Any]) -> None:
    until(page, f"{STUDIO}.versions.length")
    page.evaluate(f"{STUDIO}.open({STUDIO}.versions.find((version) => version.id === '{song['id']}'))")
    until(page, f"{STUDIO}.current?.id === '{song['id']}'")
    page.get_by_text("Download", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name="MusicXML").click()
    assert download.value.suggested_filename.endswith(".musicxml")
    page.get_by_text("More", exact=True).click()
    page.fill("input[name=add]", "a nose flute")
    page.get_by_role("button", name="Accompany").click()
    page.wait_for_selector(".message.error")
    assert "nose flute" in page.inner_text(".message.error")


def test_versions_survive_a_restart(browser: Any, tiny_model: Path, tmp_path: Path) -> None:
    with running(tmp_path / "project", tiny_model) as server:
        version = server.compose(bars=2)
    with running(tmp_path / "project", tiny_model) as server:
        for page in opened(browser, server):
            until(page, f"{STUDIO}.current?.id === '{version['id']}'")
            assert page.locator("version-tree button[aria-current=true]").count() == 1


def test_a_first_piece_that_is_canceled_leaves_the_page_empty(browser: Any, tiny_model: Path, tmp_path: Path) -> None:
    with running(tmp_path / "project", tiny_model) as server:
        for page in opened(browser, server):
            compose(page, "a dance suite for string quartet, 256 bars")
            until(page, f"{STUDIO}.piece?.notes.length && !document.querySelector('.job button')?.click()")
            page.locator(".empty").wait_for()
            assert page.evaluate(f"{STUDIO}.player.state") == "ready"


def test_the_live_room_follows_the_mood_without_a_gap(browser: Any, server: Running) -> None:
    follow_the_mood(browser, server, 12)


@pytest.mark.long
def test_the_live_room_plays_three_minutes_without_a_gap(browser: Any, server: Running) -> None:
    follow_the_mood(browser, server, 180)


def follow_the_mood(browser: Any, server: Running, seconds: float) -> None:
    for page in opened(browser, server):
        room = "document.querySelector('live-room')"
        page.get_by_role("button", name="Live room").click()
        page.get_by_role("button", name="Start").click()
        until(page, SOUNDS)
        clocks = f"[{STUDIO}.player.position, performance.now() / 1000]"
        begun, started_at = page.evaluate(clocks)
        page.locator("live-room svg.pad").focus()
        for _ in range(6):
            page.keyboard.press("ArrowLeft")
        page.wait_for_timeout(seconds * 1000)
        position, now = page.evaluate(clocks)
        assert position - begun == pytest.approx(now - started_at, rel=0.1), "the music went on"
        assert page.evaluate(f"{room}.underruns") == 0
        until(page, f"{room}.slots.some((slot) => slot.mood[0] < -0.3)")
        page.get_by_role("button", name="Keep as a piece").click()
        until(page, f"{STUDIO}.current?.verb === 'live'")


def test_an_audience_moves_the_mood(browser: Any, tiny_model: Path, tmp_path: Path) -> None:
    with started(tmp_path / "project", tiny_model, lan=True) as (_, client):
        address, token = str(client.base_url).rstrip("/"), client.headers["authorization"].split()[1]
        host, phone = (browser.new_context().new_page() for _ in range(2))
        host.goto(f"{address}/?token={token}")
        host.get_by_role("button", name="Live room").click()
        host.get_by_role("button", name="Open voting").click()
        port = client.get("/api/live").json()["audience"]["address"].rstrip("/").rpartition(":")[2]
        phone.goto(f"http://127.0.0.1:{port}/")
        box = phone.locator("#pad").bounding_box()
        phone.mouse.click(box["x"] + box["width"] * 0.9, box["y"] + box["height"] * 0.1)
        phone.get_by_text("Your vote counts").wait_for()
        host.get_by_role("button", name="Start").click()
        host.get_by_text("1 voter").wait_for()
        until(host, "document.querySelector('live-room').slots.some((slot) => slot.mood[0] > 0.7 && slot.mood[1] > 0.7)")


def test_notes_go_to_a_chosen_midi_port_and_a_selection_is_harmonized(page: Any, server: Running, song: dict[str, Any]) -> None:
    opened_song(page, song)
    port = "{ id: 'one', name: 'To the DAW', send: (data) => window.sent.push([...data]) }"
    page.evaluate(f"window.sent = []; navigator.requestMIDIAccess = async () => ({{ outputs: new Map([['one', {port}]]) }})")
    page.get_by_role("button", name="MIDI out").click()
    page.get_by_label("MIDI output").select_option("one")
    page.locator("button.play").click()
    until(page, "window.sent.some(([status, pitch]) => status === 0x90 && pitch === 72)")
    page.locator("button.play").click()
    assert page.evaluate("window.sent.some(([status, control]) => status === 0xb0 && control === 123)")
    page.locator("piano-roll canvas").focus()
    page.keyboard.press("ArrowRight")
    page.locator(".actions.selected summary").click()
    page.fill(".actions.selected input[name=chords]", "F")
    page.get_by_role("button", name="Harmonize").click()
    assert server.client.get(f"/api/versions/{another(page, song['id'])}").json()["verb"] == "harmonize"


def opened_song(page: Any, song: dict[str, Any], *keys: str) -> None:
    """Opens the song and selects bars in the roll with keys."""
    until(page, f"{STUDIO}.versions.some((version) => version.id === '{song['id']}')")
    page.evaluate(f"{STUDIO}.open({STUDIO}.versions.find((version) => version.id === '{song['id']}'))")
    until(page, f"{STUDIO}.current?.id === '{song['id']}'")
    page.locator("piano-roll canvas").focus()
    for key in keys:
        page.keyboard.press(key)


def test_bars_are_selected_in_the_score_between_its_lines_too_and_only_unlocked_parts_are_marked(
    page: Any, song: dict[str, Any]
) -> None:
    opened_song(page, song)
    page.wait_for_selector("score-view .page svg g.note")
    page.get_by_role("button", name="Lock Cello").click()
    for bar, keys in ((1, []), (2, ["Shift"])):
        box = page.locator("score-view g.measure").nth(bar).bounding_box()
        for key in keys:
            page.keyboard.down(key)
        page.mouse.click(box["x"] + 0.9 * box["width"], box["y"] + 0.5 * box["height"])
        for key in keys:
            page.keyboard.up(key)
    assert "Bars 2–3" in page.inner_text(".actions")
    marked = "[...document.querySelectorAll('g.measure')].map((bar) => [...bar.querySelectorAll(':scope > g.staff')]"
    marked += ".map((staff) => staff.classList.contains('chosen')))"
    assert page.evaluate(marked)[:4] == [[False, False], [True, False], [True, False], [False, False]]


def test_what_a_prompt_does_not_say_and_what_a_file_does_not_have_is_shown(page: Any, song: dict[str, Any]) -> None:
    opened_song(page, song)
    page.fill("textarea[name=prompt]", "xyzzy")
    page.locator(".interpretation .remark", has_text="xyzzy").wait_for()
    page.get_by_text("Download", exact=True).click()
    assert page.get_by_role("button", name="MusicXML").count() == 1
    assert page.get_by_role("button", name="Sidecar").count() == 0


@pytest.mark.parametrize("kept", ["rhythm", "pitches"])
def test_two_regions_are_regenerated_and_keep_rhythm_or_pitches(
    page: Any, server: Running, song: dict[str, Any], kept: str
) -> None:
    opened_song(page, song, "ArrowRight")
    page.get_by_role("button", name="Add region").click()
    page.locator("piano-roll canvas").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.get_by_label("Keep when regenerating").select_option(kept)
    page.get_by_role("button", name="Regenerate").click()
    version = another(page, song["id"])
    record = server.client.get(f"/api/versions/{version}").json()
    assert (record["options"]["bars"], record["options"]["keep"]) == ("1-1,3-3", kept)
    before, after = sorted(server.notes(song["id"])), sorted(server.notes(version))
    assert before != after
    if kept == "rhythm":
        assert {(part, start) for part, start, *_ in before} == {(part, start) for part, start, *_ in after}
    else:
        assert [(part, pitch) for part, _, _, pitch, _ in before] == [(part, pitch) for part, _, _, pitch, _ in after]
    regions = (range(1920), range(2 * 1920, 3 * 1920))
    outside = [[note for note in notes if not any(note[1] in region for region in regions)] for notes in (before, after)]
    assert outside[0] == outside[1]


def test_three_takes_are_compared_blind_and_the_best_is_kept(page: Any, server: Running, song: dict[str, Any]) -> None:
    opened_song(page, song, "ArrowRight", "ArrowRight")
    page.get_by_role("button", name="Lock Cello").click()
    rated = len(server.client.get("/api/ratings").json())
    page.locator(".actions.selected summary").click()
    page.fill(".actions.selected input[name=takes]", "3")
    page.get_by_role("button", name="Write takes").click()
    for _ in range(2):
        page.locator("compare-dialog dialog[open]").wait_for()
        until(page, "!document.querySelector('.candidate.on')")
        for name in ("Play A", "Play B"):
            page.get_by_role("button", name=name).click()
            until(page, SOUNDS)
        page.get_by_role("button", name="I prefer A").click()
        page.locator(".candidate.on").wait_for()
        page.get_by_role("button", name="Continue with this version").click()
    page.locator("compare-dialog dialog[open]").wait_for(state="detached")
    ratings = server.client.get("/api/ratings").json()[rated:]
    assert len(ratings) == 2
    until(page, f"{STUDIO}.current?.id === '{ratings[-1]['preferred']}'")
    takes = [
        server.client.get(f"/api/versions/{name}").json()
        for name in {one[side] for one in ratings for side in one if side != "at"}
    ]
    assert len(takes) == 3
    assert {(take["parent"], take["verb"], take["options"]["bars"]) for take in takes} == {(song["id"], "infill", "2-2")}
    seeds = sorted(take["options"]["seed"] for take in takes)
    assert seeds == list(range(seeds[0], seeds[0] + 3))
    assert "Bar 2" in page.inner_text(".actions"), "the selection stays"
    assert page.get_by_role("button", name="Lock Cello").get_attribute("aria-pressed") == "true", "and the lock"


def test_undo_keeps_locks_and_another_piece_has_none(page: Any, server: Running, song: dict[str, Any]) -> None:
    opened_song(page, song, "ArrowRight")
    lock, mute = (page.get_by_role("button", name=f"{action} Cello") for action in ("Lock", "Mute"))
    lock.click()
    mute.click()
    page.get_by_role("button", name="Regenerate").click()
    changed = another(page, song["id"])
    page.keyboard.press("Control+z")
    another(page, changed)
    assert (lock.get_attribute("aria-pressed"), mute.get_attribute("aria-pressed")) == ("true", "true")
    other = server.compose(ensemble="string-quartet", bars=2)
    until(page, f"{STUDIO}.versions.some((version) => version.id === '{other['id']}')")
    assert page.evaluate(f"{STUDIO}.current.id") == song["id"], "a piece of another client does not replace this one"
    page.locator("version-tree button", has_text=other["title"]).first.click()
    until(page, f"{STUDIO}.current?.id === '{other['id']}'")
    assert (lock.get_attribute("aria-pressed"), mute.get_attribute("aria-pressed")) == ("false", "false")


def test_a_canceled_piece_gives_the_page_back(page: Any, song: dict[str, Any]) -> None:
    opened_song(page, song)
    compose(page, "a dance suite for string quartet, 256 bars")
    bars = f"{STUDIO}.live && {STUDIO}.piece?.notes.length"
    # Waits and clicks in one call: on a busy machine, the piece could be finished before a second one.
    until(page, f"{bars} && [...document.querySelectorAll('.job button')].map((button) => button.click()).length")
    until(page, f"{STUDIO}.current?.id === '{song['id']}'")
    assert not page.locator(".message.error").count()
