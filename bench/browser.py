"""From a click on a facet value to new totals on screen, in a real browser, and the script runs behind it."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import ElementHandle, Page

from bench.figures import say, spread, table
from bench.serving import Server, serve
from tests.support.server import browser

#: What the page must offer: the totals, and one checkbox per value of a facet.
HEAD = '[data-testid="head-counts"]'
ROW = '[data-attribute="{attribute}"] [data-value]'
TICK = ".pick input"
ATTRIBUTES = ("Modality", "BodyPartExamined", "collection_id", "license_short_name")

CLICK_AIM_MS = 300
_WARM_UP = 4
_TIMEOUT_MS = 30_000

#: Click, then wait for the totals to differ and for that to be painted; milliseconds, or null if they stay.
_CLICK = """
([tick, head, patience]) => new Promise((resolve) => {
  const shown = () => document.querySelector(head)?.innerHTML;
  const before = shown();
  const started = performance.now();
  const finish = (found) => { watch.disconnect(); clearTimeout(timer); resolve(found); };
  const watch = new MutationObserver(() => {
    const now = shown();
    if (now && now !== before) requestAnimationFrame(() => finish(performance.now() - started));
  });
  const timer = setTimeout(() => finish(null), patience);
  watch.observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
  tick.click();
})
"""


def measure(clicks: int, seed: int) -> dict[str, Any]:
    """Click `clicks` times; print and return the figures."""
    with tempfile.TemporaryDirectory() as folder:
        runs = Path(folder) / "runs"
        with serve("bench.timed_server", BENCH_SCRIPT_RUNS=str(runs)) as server, browser() as chromium:
            page = chromium.new_page(viewport={"width": 1400, "height": 1000})
            say("opening Explore")
            page.goto(f"{server.url}/explore", timeout=_TIMEOUT_MS * 4)
            page.wait_for_selector(HEAD, timeout=_TIMEOUT_MS * 4)
            page.wait_for_selector(ROW.format(attribute=ATTRIBUTES[0]), timeout=_TIMEOUT_MS)
            found = _click_around(page, clicks, seed, runs)
            found["memory"] = _memory(server)
    _print(found)
    return found


def _click_around(page: Page, clicks: int, seed: int, runs: Path) -> dict[str, Any]:
    draw = random.Random(seed)
    _settle(page)
    say(f"clicking {clicks} times")
    waits: list[float] = []
    unchanged = first_run = 0
    while len(waits) < clicks + _WARM_UP and unchanged < clicks:
        if len(waits) == _WARM_UP and not first_run:
            first_run = len(_lines(runs))
        tick = _choose(page, draw)
        waited = page.evaluate(_CLICK, [tick, HEAD, 5_000])
        _settle(page)
        if waited is None:
            unchanged += 1
        else:
            waits.append(waited)
    scripts = [float(line) for line in _lines(runs)[first_run:]]
    return {
        "clicks": len(waits) - _WARM_UP,
        "clicks_without_change": unchanged,
        "click_to_totals": spread(wait / 1e3 for wait in waits[_WARM_UP:]),
        "script_run": spread(scripts),
        "script_runs": len(scripts),
    }


def _choose(page: Page, draw: random.Random) -> ElementHandle:
    """A value to tick, or, from two ticked ones on, mostly one to untick."""
    ticks = [
        tick
        for attribute in ATTRIBUTES
        for row in page.query_selector_all(ROW.format(attribute=attribute))
        if (tick := row.query_selector(TICK)) is not None and tick.is_visible()
    ]
    if not ticks:
        raise RuntimeError("No facet value is on screen.")
    ticked = [tick for tick in ticks if tick.is_checked()]
    return draw.choice(ticked if len(ticked) >= 2 and draw.random() < 0.7 else ticks)


def _settle(page: Page) -> None:
    """Let the rest of the page follow, as a user who looks before clicking again would."""
    page.wait_for_timeout(400)
    page.wait_for_function("() => !document.querySelector('[data-test-script-state=\"running\"]')", timeout=_TIMEOUT_MS)


def _lines(runs: Path) -> list[str]:
    return runs.read_text().split() if runs.exists() else []


def _memory(server: Server) -> dict[str, int]:
    return server.memory()


def _print(found: dict[str, Any]) -> None:
    table(
        f"In the browser, {found['clicks']} clicks on facet values (aim: p95 at most {CLICK_AIM_MS} ms)",
        ("what", "p50 ms", "p95 ms", "max ms"),
        [
            ("click to new totals on screen", *found["click_to_totals"].values()),
            ("script run", *found["script_run"].values()),
        ],
    )
    table("Memory of the server after that", tuple(found["memory"]), [tuple(found["memory"].values())])
