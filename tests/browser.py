"""The Chromium that browser tests drive: find one, or install it.

``python -m tests.browser`` leaves a working browser behind and prints its path. In order: one that is already
there, Debian's package (with the fonts that make screenshots say something), Playwright's own download.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

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


def ensure() -> str:
    """Path of a Chromium that starts, installed if need be.

    Raises
    ------
    SystemExit
        When there is none and none could be installed; it says what to do.
    """
    root = _root_prefix()
    if root is not None and (missing := _missing_packages()):
        _run([*root, "apt-get", "update", "-q"])
        _run([*root, "apt-get", "install", "-q", "-y", "--no-install-recommends", *missing])
    if not find():
        _run([sys.executable, "-m", "playwright", "install", "chromium"])
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


def _root_prefix() -> list[str] | None:
    """What goes before apt-get, or None where it cannot be used without asking."""
    if not shutil.which("apt-get"):
        return None
    if os.geteuid() == 0:
        return []
    sudo = ["sudo", "-n"]
    can = shutil.which("sudo") and subprocess.run([*sudo, "true"], capture_output=True).returncode == 0
    return sudo if can else None


def _missing_packages() -> list[str]:
    wanted = PACKAGES if _first(_on_this_machine()) else ("chromium", *PACKAGES)
    known = subprocess.run(
        ["dpkg-query", "--show", "--showformat=${Package} ${db:Status-Status}\n", *wanted],
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    return [package for package in wanted if f"{package} installed" not in known]


def _run(command: list[str]) -> None:
    """Run it visibly; whether it helped is for find() to say."""
    print("+", *command, file=sys.stderr, flush=True)
    subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
    )


if __name__ == "__main__":
    print(ensure())
