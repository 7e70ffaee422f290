"""Waiting for a server that has just been started."""

from __future__ import annotations

import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable


def wait_for_answer(url: str, process: subprocess.Popen[bytes], tries: int, why: Callable[[], str] = str) -> None:
    """Return at the first answer; the process is given a hundredth of a second between two tries.

    Raises
    ------
    RuntimeError
        If the process ends or the tries do; it says `why`.
    """
    for _ in range(tries):
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            try:
                process.wait(0.01)
            except subprocess.TimeoutExpired:
                continue
            break
    raise RuntimeError(f"Nothing answered at {url}. {why()}".strip())
