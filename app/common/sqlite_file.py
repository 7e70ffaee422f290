"""SQLite files that outlive a version of the app: each carries a number, and moves forward by numbered steps.

The number is SQLite's own ``user_version``: how many steps have made the file's tables. A new file has taken none. To
change the tables, append a step; one that has been published never changes, since files that took it take it no more.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from app.common.errors import UserError

#: Statements, or a function that runs them; it neither begins nor ends a transaction.
Step = tuple[str, ...] | Callable[[sqlite3.Connection], None]

#: Seconds to wait for another writer.
_PATIENCE = 30.0


class NewerFileError(UserError):
    """A file that a newer version of the app has written."""


@contextmanager
def open_file(path: Path, steps: Sequence[Step]) -> Iterator[sqlite3.Connection]:
    """A connection without a transaction to the file at `path`, closed with the block.

    The file is made if it is not there; its folder must be. Whatever steps it lacks are done first, all in one
    transaction, by one process: others that start meanwhile wait. Readers go on beside a writer (SQLite's WAL mode).

    Raises
    ------
    NewerFileError
        If the file has taken more steps than there are; it is left as it is.
    OSError, sqlite3.Error
        If it can't be opened, or a step fails; then none is done.
    """
    with closing(sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)) as connection:
        if _steps_taken(connection, path, steps) < len(steps):
            _bring_up_to_date(connection, path, steps)
        yield connection


def _bring_up_to_date(connection: sqlite3.Connection, path: Path, steps: Sequence[Step]) -> None:
    from filelock import FileLock

    # SQLite does not promise that those who switch a new file to WAL at once wait for each other.
    with FileLock(path.with_suffix(".lock")):
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("BEGIN IMMEDIATE")
        try:
            for step in steps[_steps_taken(connection, path, steps) :]:
                _take(connection, step)
            connection.execute(f"PRAGMA user_version = {len(steps)}")
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")


def _take(connection: sqlite3.Connection, step: Step) -> None:
    if callable(step):
        step(connection)
    else:
        for statement in step:
            connection.execute(statement)


def _steps_taken(connection: sqlite3.Connection, path: Path, steps: Sequence[Step]) -> int:
    taken = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if taken > len(steps):
        raise NewerFileError(
            f"{path} was written by a newer version of this app: update the app, or name another folder in"
            " IDC_COHORT_DATA."
        )
    return taken
