"""The Chromium that browser tests drive: find one, or install it.

``python -m tests.support.browser`` leaves a working browser behind and prints its path. In order: one that is already
there, Debian's package (with the fonts that make screenshots say something), Playwright's own download.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

from tests.support import debian

COMMANDS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
APPLICATIONS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
# A browser without fonts draws boxes; these have Latin, Arabic and Hebrew letters, and emoji.
# Playwright's driver is linked with libatomic, which a small Debian lacks.
PACKAGES = ("fonts-liberation", "fonts-dejavu-core", "fonts-noto-color-emoji", "libatomic1")


def find() -> str | None:
    """Path of a Chromium that starts, or None."""
    return _first(_on_this_machine()) or _first(_downloaded())


def wanted() -> list[str]:
    """Debian packages that are to be there."""
    return [*PACKAGES] if _first(_on_this_machine()) else ["chromium", *PACKAGES]


def ensure() -> str:
    """Path of a Chromium that starts, installed if need be.

    Raises
    ------
    SystemExit
        When there is none and none could be installed; it says what to do.
    """
    debian.install(wanted())
    if not find():
        debian.run([sys.executable, "-m", "playwright", "install", "chromium"])
    if browser := find():
        return browser
    raise SystemExit("The browser tests need Chromium: install Chromium or Google Chrome, then try again.")


def _on_this_machine() -> Iterator[str]:
    yield from filter(None, map(shutil.which, COMMANDS))
    yield from filter(os.path.exists, APPLICATIONS)


def _downloaded() -> Iterator[str]:
    """Playwright's own browser, if it has one."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    yield path


def _first(browsers: Iterator[str]) -> str | None:
    return next(filter(_starts, browsers), None)


def _starts(browser: str) -> bool:
    """Whether it is a browser, not the stub that sends to a store (Ubuntu without snap)."""
    try:
        return subprocess.run([browser, "--version"], capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


if __name__ == "__main__":
    print(ensure())
