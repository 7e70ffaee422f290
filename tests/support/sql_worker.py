"""Many queries in processes of their own, started from one that has loaded everything.

``python -m tests.support.sql_worker`` is that one.

Each runs `app.console.worker` as the server does, only without the quarter of a second that Python takes to start.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from app.console import worker
from tests.support.paths import ROOT


@dataclass(frozen=True, slots=True)
class Ending:
    """How a query ended: exit code (a signal's as a negative number), what it said, and what it wrote."""

    code: int
    said: str
    written: bytes

    @property
    def ending(self) -> dict[str, Any]:
        """Its last word."""
        return json.loads(self.said) if self.said else {}

    @property
    def rows(self) -> list[dict[str, Any]]:
        """What it gave."""
        return pa.ipc.open_stream(self.written).read_all().to_pylist()


def run_all(requests: Sequence[dict[str, Any]], folder: Path, *, guarded: bool = True) -> list[Ending]:
    """Run the requests one after the other; unguarded, without asking whether they may."""
    (folder / "requests.json").write_text(json.dumps(requests))
    command = [sys.executable, "-m", "tests.support.sql_worker", str(folder / "requests.json"), str(guarded)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    return [
        Ending(code, said, bytes.fromhex(written)) for code, said, written in map(json.loads, done.stdout.splitlines())
    ]


def _main() -> None:
    path, guarded = sys.argv[1:]
    if guarded == "False":
        vars(worker)["accepted"] = lambda connection, sql, tables, absent: sql
    for request in json.loads(Path(path).read_text()):
        print(json.dumps(_fork(request)), flush=True)


def _fork(request: dict[str, Any]) -> tuple[int, str, str]:
    with tempfile.TemporaryFile() as asked, tempfile.TemporaryFile() as rows, tempfile.TemporaryFile() as messages:
        asked.write(json.dumps(request).encode())
        asked.seek(0)
        child = os.fork()
        if not child:
            for target, file in enumerate((asked, rows, messages)):
                os.dup2(file.fileno(), target)
            sys.stdin = os.fdopen(0)
            worker.main()
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        messages.seek(0)
        rows.seek(0)
        return code, messages.read().decode(errors="replace"), rows.read().hex()


if __name__ == "__main__":
    _main()
