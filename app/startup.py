"""Build the catalog beside the starting server, so that the first page can show how far it is."""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass

from app.build import ensure_built, is_built
from app.catalog import catalog


@dataclass(frozen=True, slots=True)
class State:
    """How far the catalog is; `error` is one sentence if it can't be built."""

    ready: bool
    share: float = 0.0
    step: str = "Starting"
    error: str = ""


_lock = threading.Lock()
_state = State(ready=False)
_thread: threading.Thread | None = None


def state() -> State:
    """Present state; starts the build at the first call if the catalog is missing, and again after an error."""
    global _thread
    if _state.ready:
        return _state
    with _lock:
        if is_built():
            _set(State(ready=True, share=1.0))
        elif _thread is None or not (_thread.is_alive() or _state.error == ""):
            _thread = threading.Thread(target=_build, name="catalog-build", daemon=True)
            _thread.start()
    return _state


def _set(new: State) -> None:
    global _state
    _state = new


def _build() -> None:
    _set(State(ready=False))
    try:
        ensure_built(_report)
        catalog()
    except Exception as error:  # whatever it is, the page must say it
        _set(State(ready=False, error=f"The catalog could not be built: {error}"))
        print(f"The catalog could not be built: {error}", file=sys.stderr, flush=True)
        return
    _set(State(ready=True, share=1.0))


def _report(share: float, step: str) -> None:
    _set(State(ready=False, share=share, step=step))
    print(f"Building the catalog: {share:4.0%}  {step}", file=sys.stderr, flush=True)
