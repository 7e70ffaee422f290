"""From an address to a page's content, and from an action to what it changes, for every page in a real browser.

Times are those of the page's own clock: from the start of the navigation, or from the event that the action sends, to
the frame that paints what `bench.visits` names. Waiting by this benchmark is in none of them; the 300 ms for which the
search box of Home waits for the next key are. Server and browser are warm; each change begins on a page just opened.
The server's processor time until then stands beside them: on a busy machine it is the only figure to compare.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page
from playwright.sync_api import Error as BrowserError

from app.clinical.fetching import fetch
from app.common.settings import settings
from bench.figures import say, spread, table
from bench.serving import Server, serve
from bench.visits import CHANGES, VISITS, Change, Seen, Visit
from tests.support import clinical, tables
from tests.support.server import browser

PAINT_AIM_MS, CHANGE_AIM_MS = 1_000, 800

_PATIENCE = 20_000

#: Finds what is visible, in frames and in the shadow of components too, and notes when something was last done.
_EYES = """
(() => {
  const note = () => { try { top.benchActed = top.performance.now(); } catch { /* in a foreign frame */ } };
  for (const kind of ["click", "input", "keydown"]) addEventListener(kind, note, true);
  function* roots(root) {
    yield root;
    for (const node of root.querySelectorAll("*")) {
      if (node.shadowRoot) yield* roots(node.shadowRoot);
      if (node.tagName === "IFRAME" && node.contentDocument) yield* roots(node.contentDocument);
    }
  }
  window.benchSee = ([selector, text]) => {
    const pattern = new RegExp(text);
    for (const root of roots(document))
      for (const node of root.querySelectorAll(selector))
        if (node.getClientRects().length && pattern.test(node.textContent)) return node.outerHTML;
    return "";
  };
})();
"""
_NOW = "wanted => wanted.map(benchSee)"
_CHANGED = """
([wanted, before]) =>
  wanted.map(benchSee).every((now, position) => now && now !== before[position])
  && performance.now() - (window.benchActed ?? 0);
"""
#: Goes to an address as the app's own links do.
_GO = """
href => {
  benchActed = performance.now();
  history.pushState(null, "", href);
  dispatchEvent(new PopStateEvent("popstate"));
}
"""


@dataclass(frozen=True, slots=True)
class _Wait:
    """Seconds until something was seen, and the server's processor time until then."""

    seconds: float
    server: float


def measure(rounds: int) -> dict[str, Any]:
    """Open every page and do every change `rounds` times; print and return the figures."""
    with (
        _data_folder() as home,
        serve(IDC_COHORT_DATA=str(home), IDC_COHORT_DOWNLOAD_ROOT=str(home)) as server,
        browser() as chromium,
    ):
        context = chromium.new_context(viewport={"width": 1440, "height": 1000}, base_url=server.url)
        context.set_default_timeout(_PATIENCE)
        context.add_init_script(_EYES)
        visitor = _Visitor(context, server)
        visits = {one.name: visitor.visit(one, rounds) for one in VISITS}
        _print_visits(visits)
        changes = {f"{one.page}: {one.what}": visitor.change(one, rounds) for one in CHANGES}
        _print_changes(changes)
    return {"visits": visits, "changes": changes}


@contextmanager
def _data_folder() -> Iterator[Path]:
    """A data folder of its own, with the built catalog and the small clinical tables of the tests."""
    # On the disk of the built catalog, whose files it links to.
    with tempfile.TemporaryDirectory(dir=settings().data_folder) as folder, clinical.bucket() as url:
        home = tables.data_folder(Path(folder))
        clinical.write_dictionary(home)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("IDC_COHORT_S3_ENDPOINT", url)
            with tables.working_in(home) as opened:
                fetch(opened, clinical.PERSONS)
        yield home


@dataclass(frozen=True, slots=True)
class _Visitor:
    """Somebody at a warm browser."""

    context: BrowserContext
    server: Server

    def visit(self, visit: Visit, rounds: int) -> dict[str, Any]:
        """Open it by its address, the first time apart; and from another page of the app."""
        say(f"opening {visit.name}")
        by_address = []
        for _ in range(rounds + 1):
            page = self.context.new_page()
            go = partial(page.goto, f"/{visit.address}", wait_until="commit")
            by_address.append(self._wait(page, go, visit.content, [""] * len(visit.content)))
            page.close()
        page = self.context.new_page()
        start = _named("Home" if visit.name == "Help" else "Help")
        from_page = []
        for _ in range(rounds):
            _open(page, start)
            before = page.evaluate(_NOW, list(visit.content))
            go = partial(page.evaluate, _GO, f"/{visit.address}")
            from_page.append(self._wait(page, go, visit.content, before))
        page.close()
        return {
            "first_ms": round(by_address[0].seconds * 1e3),
            "by_address": _figures(by_address[1:]),
            "from_another_page": _figures(from_page),
        }

    def change(self, change: Change, rounds: int) -> dict[str, float] | None:
        """Do it on a page just opened; the first time is left out. None if its end was not seen."""
        say(f"{change.page}: {change.what}")
        page = self.context.new_page()
        waits = []
        try:
            for _ in range(rounds + 1):
                _open(page, _named(change.page))
                before = page.evaluate(_NOW, [change.seen])
                waits.append(self._wait(page, partial(change.act, page), (change.seen,), before))
        except BrowserError as error:
            say(f"not seen: {error.message.splitlines()[0]}")
            return None
        finally:
            page.close()
        return _figures(waits[1:])

    def _wait(self, page: Page, act: Callable[[], Any], wanted: tuple[Seen, ...], before: list[str]) -> _Wait:
        """Act, and wait until all that is wanted is there and none of it as before."""
        started = self.server.processor_seconds()
        act()
        seconds = float(page.wait_for_function(_CHANGED, arg=[list(wanted), before]).json_value()) / 1e3
        return _Wait(seconds, self.server.processor_seconds() - started)


def _named(name: str) -> Visit:
    return next(one for one in VISITS if one.name == name)


def _open(page: Page, visit: Visit) -> None:
    """Open a page and let it come to rest."""
    page.goto(f"/{visit.address}")
    page.wait_for_function(_CHANGED, arg=[list(visit.content), [""] * len(visit.content)])
    page.wait_for_timeout(400)
    page.wait_for_function("() => !document.querySelector('[data-test-script-state=\"running\"]')")


def _figures(waits: list[_Wait]) -> dict[str, float]:
    return spread(one.seconds for one in waits) | {"server_p50_ms": spread(one.server for one in waits)["p50_ms"]}


def _print_visits(visits: dict[str, dict[str, Any]]) -> None:
    table(
        f"Pages by their address, and from another page, ms (aim: p95 at most {PAINT_AIM_MS})",
        ("page", "first", "p50", "p95", "max", "server", "from a page p50", "p95", "max", "server"),
        [
            (name, one["first_ms"], *one["by_address"].values(), *one["from_another_page"].values())
            for name, one in visits.items()
        ],
    )


def _print_changes(changes: dict[str, dict[str, float] | None]) -> None:
    table(
        f"Changes, from the action to what it changes, ms (aim: p95 at most {CHANGE_AIM_MS})",
        ("change", "p50", "p95", "max", "server"),
        [(name, *(figures.values() if figures else ["not seen"] * 4)) for name, figures in changes.items()],
    )
