"""The real server and a real browser, for the tests that click and the benchmarks."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.answers import wait_for_answer
from tests.support.browser import ensure
from tests.support.paths import ROOT

# Chromium's own requests to its maker would hang in a closed network.
_QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    url: str
    pid: int


@contextmanager
def served(
    env: dict[str, str] | None = None, module: str = "app.server", ready: str = "_stcore/health"
) -> Iterator[Server]:
    """Run ``<module>:app`` as ``make run`` does, on a free port, from its answer at `ready` on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", f"{module}:app", "--port", str(port)]
    options = ["--ws-per-message-deflate", "false", "--log-level", "warning"]
    process = subprocess.Popen([*command, *options], cwd=ROOT, env=env)
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for_answer(f"{address}/{ready}", process, tries=12_000)
        yield Server(address, process.pid)
    finally:
        process.terminate()
        process.wait(30)


#: WebGL without a graphics card, instead of none.
_WEBGL = ("--enable-unsafe-swiftshader", "--use-gl=angle", "--use-angle=swiftshader")


@contextmanager
def browser(webgl: bool = False) -> Iterator[Browser]:
    """A headless Chromium; `webgl` lets pages draw in three dimensions, slowly."""
    flags = [flag for flag in _QUIET if flag != "--disable-gpu"] + [*_WEBGL] if webgl else [*_QUIET]
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=ensure(), args=flags)
        yield opened
        opened.close()


@contextmanager
def visited(address: str, profile: Path) -> Iterator[Browser]:
    """A headless Chromium for `new_visitor`, whose first context keeps in `profile` what it had from `address`."""
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=ensure(),
            args=[*_QUIET],
            base_url=address,
            viewport={"width": 1440, "height": 1200},
            reduced_motion="reduce",
        )
        assert context.browser
        yield context.browser
        context.close()


@contextmanager
def new_visitor(chromium: Browser, address: str) -> Iterator[Page]:
    """A page for somebody who has never been at `address`; the pages that open from it end with it.

    Only the app's files, and what Chromium made of its scripts, stay from one visitor to the next: a context of its own
    would fetch and compile megabytes again for each.
    """
    context = chromium.contexts[0]
    # Chromium began with a page; it ends when the last one is closed.
    first, *_ = context.pages
    try:
        yield context.new_page()
    finally:
        for page in context.pages[1:]:
            page.close()
        context.clear_cookies()
        origin = {"origin": address, "storageTypes": "all"}
        context.new_cdp_session(first).send("Storage.clearDataForOrigin", origin)
