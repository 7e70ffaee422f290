"""The real server and a real browser, for the tests that click."""

from __future__ import annotations

import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.browser import ensure

ROOT = Path(__file__).parent.parent

# Chromium's own requests to its maker would hang in a closed network.
_QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@contextmanager
def served(env: dict[str, str] | None = None) -> Iterator[str]:
    """Run the app as ``make run`` does, on a free port; gives its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "app.server:app", "--port", str(port)]
    options = ["--ws-per-message-deflate", "false", "--log-level", "warning"]
    process = subprocess.Popen([*command, *options], cwd=ROOT, env=env)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(f"{address}/_stcore/health", process)
        yield address
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=ensure(), args=_QUIET)
        yield opened
        opened.close()


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    """Return at the first answer; the process is given a tenth of a second between two tries."""
    for _ in range(1200):
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            try:
                process.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
            break
    raise RuntimeError(f"The server did not answer at {url}.")
