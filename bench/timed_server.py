"""The server with a stopwatch: every script run's seconds are appended to the file ``BENCH_SCRIPT_RUNS``.

For `bench.browser` alone; the app itself carries no such hook.
"""

from __future__ import annotations

import os
from pathlib import Path
from time import perf_counter
from typing import Any

from streamlit.runtime.scriptrunner import script_runner

from app.server import app

__all__ = ["app"]

_FILE = Path(os.environ["BENCH_SCRIPT_RUNS"])
_NAME = "exec_func_with_error_handling"
_execute = getattr(script_runner, _NAME)


def _timed(*arguments: Any, **named: Any) -> Any:
    started = perf_counter()
    try:
        return _execute(*arguments, **named)
    finally:
        with _FILE.open("a") as file:
            file.write(f"{perf_counter() - started:.6f}\n")


setattr(script_runner, _NAME, _timed)
