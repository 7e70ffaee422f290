"""Debian packages that tests need, installed where that is possible without asking."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence


def install(wanted: Sequence[str]) -> None:
    """Install those packages that are not there; whether it helped is for the caller to see.

    Does nothing without apt-get, or where root's rights cannot be had without asking.
    """
    root = _root_prefix()
    if root is None or not (missing := _missing(wanted)):
        return
    run([*root, "apt-get", "update", "-q"])
    run([*root, "apt-get", "install", "-q", "-y", "--no-install-recommends", *missing])


def run(command: list[str]) -> None:
    """Run it visibly."""
    print("+", *command, file=sys.stderr, flush=True)
    subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
    )


def _root_prefix() -> list[str] | None:
    """What goes before apt-get, or None where it cannot be used without asking."""
    if not shutil.which("apt-get"):
        return None
    if os.geteuid() == 0:
        return []
    sudo = ["sudo", "-n"]
    can = shutil.which("sudo") and subprocess.run([*sudo, "true"], capture_output=True).returncode == 0
    return sudo if can else None


def _missing(wanted: Sequence[str]) -> list[str]:
    known = subprocess.run(
        ["dpkg-query", "--show", "--showformat=${Package} ${db:Status-Status}\n", *wanted],
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    return [package for package in wanted if f"{package} installed" not in known]
