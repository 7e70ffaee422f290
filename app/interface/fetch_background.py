"""Fetches that the pages started, each in a process of its own: the server can go on, and stays small."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from app.catalog import open_catalog
from app.clinical.fetching import require_any
from app.common.settings import settings

_ROOT = Path(__file__).resolve().parents[2]


class _Fetch:
    """One table on its way."""

    def __init__(self, table: str) -> None:
        self._told: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115, it lives as long as the fetch
        self.process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "app", "fetch", table],
            cwd=_ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._told,
        )

    @property
    def line(self) -> str:
        """The last that it said: how far it is, or why it ended."""
        self._told.seek(0)
        return (self._told.read().decode(errors="replace").splitlines() or ["Starting"])[-1]


_lock = threading.Lock()
_fetches: dict[str, _Fetch] = {}


def may_fetch() -> bool:
    """Whether visitors may fetch tables: where they may download images to this machine."""
    return settings().download_root is not None


def start(tables: Iterable[str]) -> None:
    """Fetch these tables, unless that is under way or not allowed.

    Raises
    ------
    UserError
        If there is no such table, clinical or other.
    """
    with _lock:
        for table in tables if may_fetch() else ():
            require_any(open_catalog(), table)
            if table not in _fetches or _fetches[table].process.poll() is not None:
                _fetches[table] = _Fetch(table)


def running() -> dict[str, str]:
    """Table → how far it is, for those under way."""
    return {table: line for table, (status, line) in _states().items() if status is None}


def failed() -> dict[str, str]:
    """Table → one sentence of why, for those whose last fetch failed."""
    return {table: line for table, (status, line) in _states().items() if status}


def _states() -> dict[str, tuple[int | None, str]]:
    """Table → exit status and last line, in this order: what is read after the end is all that was said."""
    with _lock:
        return {table: (fetch.process.poll(), fetch.line) for table, fetch in _fetches.items()}
