"""Queries at work: a thread of the server watches each, and a process of its own runs it (`app.console.worker`).

Nothing that a query does can hold up the server: it shares no memory and no lock with it, gives way to it, and is
killed when its time is over or when somebody cancels it. So many run at a time; the others wait their turn, and nobody
has two.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Hashable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from time import monotonic
from typing import IO

from app.common.errors import UserError
from app.common.numbers import exact
from app.common.settings import settings
from app.console.result import Result
from app.console.tables import absent, sources_for

_ROOT = Path(__file__).resolve().parents[2]

#: Longest text of a query, in characters.
MAX_LENGTH = 100_000

#: What a process needs of the server's environment to start at all; the rest is nobody's business.
_ENVIRONMENT = ("LD_LIBRARY_PATH", "SYSTEMROOT")

#: Seconds that a process may take to start, and a query may wait for its turn.
_START, _TURN = 15.0, 120.0

#: Queries that may wait for their turn.
_MOST_WAITING = 50


class QueryFailedError(UserError):
    """A query that was refused or failed; `detail` is DuckDB's own message, with the line and the place."""

    def __init__(self, sentence: str, detail: str = "") -> None:
        super().__init__(sentence)
        self.detail = detail


@dataclass(frozen=True, slots=True)
class QueryLimits:
    """What one query may take."""

    seconds: float
    memory_mb: int
    max_rows: int
    max_bytes: int = 64_000_000
    max_columns: int = 500


class Query:
    """One query: waiting for its turn, at work, or ended."""

    def __init__(self, sql: str, limits: QueryLimits) -> None:
        self.sql = sql
        self.limits = limits
        self._asked, self._started, self._ended = monotonic(), 0.0, 0.0
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._cancelled = threading.Event()
        self._done = threading.Event()
        self._outcome: Result | QueryFailedError | None = None

    @property
    def is_running(self) -> bool:
        """Whether it is waiting or at work."""
        return not self._done.is_set()

    @property
    def is_waiting(self) -> bool:
        """Whether others go first."""
        return self.is_running and not self._started

    @property
    def seconds(self) -> float:
        """Time at work so far, or from its start to its end."""
        return (self._ended or monotonic()) - (self._started or self._asked)

    def cancel(self) -> None:
        """End it now."""
        with self._lock:
            self._cancelled.set()
            if self._process:
                self._process.kill()

    def wait(self, seconds: float | None = None) -> bool:
        """Return when it has ended, or after so many seconds; whether it has ended."""
        return self._done.wait(seconds)

    def result(self) -> Result:
        """What it gave, when it has ended.

        Raises
        ------
        QueryFailedError
            If it was refused, failed, took too much or was cancelled.
        """
        if isinstance(self._outcome, Result):
            return self._outcome
        raise self._outcome or QueryFailedError("The query is still running.")

    def run(self, turn: threading.Semaphore) -> None:
        """Take a turn and run to the end."""
        try:
            waits_until = monotonic() + _TURN
            while not turn.acquire(timeout=0.05):
                if self._cancelled.is_set() or monotonic() > waits_until:
                    raise QueryFailedError(
                        "Cancelled." if self._cancelled.is_set() else "Many queries are running: try again later."
                    )
            try:
                self._outcome = self._run()
            finally:
                turn.release()
        except QueryFailedError as error:
            self._outcome = error
        except Exception as error:  # whatever it is, somebody waits for an answer
            self._outcome = QueryFailedError("The query could not be started.")
            print(f"A query could not be started: {error}", file=sys.stderr, flush=True)

    def finish(self) -> None:
        """Tell whoever waits."""
        self._ended = monotonic()
        self._done.set()

    def _run(self) -> Result:
        with tempfile.TemporaryFile() as messages, tempfile.TemporaryFile() as rows:
            self._started = monotonic()
            code = self._work(rows, messages)
            messages.seek(0)
            ending = _ending(messages.read())
            if self._cancelled.is_set():
                raise QueryFailedError("Cancelled.")
            if not ending:
                raise QueryFailedError(self._why_killed(code))
            if "error" in ending:
                raise QueryFailedError(str(ending["error"]), str(ending["detail"]))
            return Result(rows, _remark(str(ending["cut_by"]), self.limits), monotonic() - self._started)

    def _work(self, rows: IO[bytes], messages: IO[bytes]) -> int | None:
        """Run the process to its end; its exit code, or None if its time was over."""
        with self._lock:
            if self._cancelled.is_set():
                return None
            self._process = subprocess.Popen(
                [sys.executable, "-m", "app.console.worker"],
                cwd=_ROOT,
                env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
                stdin=subprocess.PIPE,
                stdout=rows,
                stderr=messages,
            )
            _give_way(self._process.pid)
        try:
            self._process.communicate(self._request(), timeout=self.limits.seconds + _START)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            return None
        return self._process.returncode

    def _request(self) -> bytes:
        tables = {name: (str(source.database), source.name) for name, source in sources_for(self.sql).items()}
        limits = {name: getattr(self.limits, name) for name in QueryLimits.__slots__}
        return json.dumps({"sql": self.sql, "tables": tables, "absent": absent(), **limits}).encode()

    def _why_killed(self, code: int | None) -> str:
        if code in (None, *(-getattr(signal, name, 0) for name in ("SIGALRM", "SIGXCPU"))):
            return f"The query ran longer than {self.limits.seconds:g} seconds: let it read fewer rows."
        return f"The query broke down; it may need more than its {exact(self.limits.memory_mb)} MB of memory."


def _give_way(process: int) -> None:
    """Put a process behind the server's own work, from its start on, for starting costs more than a small query.

    At this priority it gets about a tenth of a processor that others want whole: enough to end on a busy server.

    It stays in the server's session: kernels that share the processor by session would give it half of it otherwise.
    """
    if hasattr(os, "setpriority"):
        with suppress(OSError):  # it has ended already
            os.setpriority(os.PRIO_PROCESS, process, 10)


def _ending(messages: bytes) -> dict[str, object] | None:
    """The last line of what the process said, if it came to an end by itself."""
    lines = messages.decode(errors="replace").splitlines() or [""]
    try:
        ending = json.loads(lines[-1])
    except ValueError:
        return None
    return ending if isinstance(ending, dict) else None


def _remark(cut_by: str, limits: QueryLimits) -> str:
    """Why there are not all rows; empty if there are."""
    if not cut_by:
        return ""
    amount = f"{exact(limits.max_rows)} rows" if cut_by == "rows" else f"{limits.max_bytes // 10**6} MB"
    return f"Cut after {amount}: the query gives more."


class Console:
    """All queries of this process."""

    def __init__(self, at_once: int, limits: QueryLimits) -> None:
        self._limits = limits
        self._turn = threading.BoundedSemaphore(at_once)
        self._lock = threading.Lock()
        self._of_owner: dict[Hashable, Query] = {}
        atexit.register(self.close)

    def start(self, sql: str, owner: Hashable) -> Query:
        """Start a query, or have it wait for its turn.

        Parameters
        ----------
        owner
            Whoever may have one query at a time.

        Raises
        ------
        UserError
            If the owner's last query is not over, the text is too long, or too many wait already.
        """
        if len(sql) > MAX_LENGTH or "\0" in sql:
            raise UserError(f"A query is a text of at most {exact(MAX_LENGTH)} characters.")
        query = Query(sql.encode(errors="replace").decode(), self._limits)
        with self._lock:
            if owner in self._of_owner:
                raise UserError("Your last query is still running: cancel it first.")
            if sum(known.is_waiting for known in self._of_owner.values()) >= _MOST_WAITING:
                raise UserError("Many queries are waiting: try again later.")
            self._of_owner[owner] = query
        threading.Thread(target=self._run, args=(query, owner), name="query", daemon=True).start()
        return query

    def _run(self, query: Query, owner: Hashable) -> None:
        """Run a query; its result is kept by whoever asked, and by nobody else."""
        query.run(self._turn)
        with self._lock:
            del self._of_owner[owner]
        query.finish()

    def close(self) -> None:
        """End all queries."""
        for query in list(self._of_owner.values()):
            query.cancel()


@cache
def console() -> Console:
    """The console of this process, under the operator's settings."""
    chosen = settings()
    limits = QueryLimits(chosen.query_seconds, chosen.query_memory_mb, chosen.query_rows)
    return Console(max(chosen.queries_at_once, 1), limits)
