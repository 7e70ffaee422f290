"""Build the catalog beside the starting server, so that the first page can show how far it is.

What pages read once per catalog and keep is read ahead, beside the running server: else the first visitor of a page
waits for it.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass

from app.ask import ask
from app.catalog import Catalog, ensure_built, is_built, open_catalog
from app.datasets import DatasetKind, datasets, holdings

#: Home, its search box, and the pages of datasets and releases, which need one another's figures.
_READ_AHEAD: tuple[Callable[[Catalog], object], ...] = (
    holdings,
    lambda opened: datasets(opened, DatasetKind.COLLECTION),
    lambda opened: ask("CT", opened),
)


@dataclass(frozen=True, slots=True)
class StartupState:
    """How far the catalog is; `error` is one sentence if it can't be built."""

    ready: bool
    share: float = 0.0
    step: str = "Starting"
    error: str = ""


_lock = threading.Lock()
_state = StartupState(ready=False)
_thread: threading.Thread | None = None


def state() -> StartupState:
    """Present state; starts the build at the first call if the catalog is missing, and again after an error."""
    global _thread
    if _state.ready:
        return _state
    with _lock:
        if is_built():
            _set(StartupState(ready=True, share=1.0))
        elif _thread is None or not (_thread.is_alive() or _state.error == ""):
            _thread = threading.Thread(target=_build, name="catalog-build", daemon=True)
            _thread.start()
    return _state


def start_reading_ahead() -> None:
    """Have `read_ahead` run beside the server."""
    threading.Thread(target=read_ahead, name="read-ahead", daemon=True).start()


def read_ahead() -> None:
    """Wait for the catalog, then read what the first visits need; nothing if the catalog can't be built."""
    if _thread is not None:
        _thread.join()
    if _state.ready:
        for read in _READ_AHEAD:
            read(open_catalog())


def _set(new: StartupState) -> None:
    global _state
    _state = new


def _build() -> None:
    _set(StartupState(ready=False))
    try:
        ensure_built(_report)
        open_catalog()
    except Exception as error:  # whatever it is, the page must say it
        _set(StartupState(ready=False, error=f"The catalog could not be built: {error}"))
        print(f"The catalog could not be built: {error}", file=sys.stderr, flush=True)
        return
    _set(StartupState(ready=True, share=1.0))


def _report(share: float, step: str) -> None:
    _set(StartupState(ready=False, share=share, step=step))
    print(f"Building the catalog: {share:4.0%}  {step}", file=sys.stderr, flush=True)
