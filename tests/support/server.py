"""The real server and a real browser, for the tests that click and the benchmarks."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Browser, sync_playwright

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
