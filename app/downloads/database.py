"""The queue's SQLite file, ``downloads/jobs.sqlite`` in the data folder: its tables, and how it is opened.

Its columns have been renamed since workers of earlier versions were written. If one still runs while this version
opens the file first, it can no longer write down how far it is: its job ends as failed, with what has come left on the
disk, and the worker ends at its next job. Its lock is free then: a worker of this version runs the other jobs, and
“Start again” goes on with that one. Pages of the earlier server fail until it is started anew.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.common.settings import settings
from app.common.sqlite_file import Step, open_file

_TABLES = (
    """
    CREATE TABLE job (
        number INTEGER PRIMARY KEY AUTOINCREMENT, created REAL NOT NULL, title TEXT NOT NULL, root TEXT NOT NULL,
        source TEXT NOT NULL, parallel INTEGER NOT NULL, bytes_per_second REAL, dry_run INTEGER NOT NULL,
        state TEXT NOT NULL, message TEXT NOT NULL DEFAULT '',
        series INTEGER NOT NULL, files INTEGER NOT NULL, bytes INTEGER NOT NULL,
        series_done INTEGER NOT NULL DEFAULT 0, series_failed INTEGER NOT NULL DEFAULT 0,
        files_done INTEGER NOT NULL DEFAULT 0, bytes_done INTEGER NOT NULL DEFAULT 0,
        files_present INTEGER NOT NULL DEFAULT 0, bytes_present INTEGER NOT NULL DEFAULT 0,
        bytes_received INTEGER NOT NULL DEFAULT 0,
        rate REAL NOT NULL DEFAULT 0
    )
    """,
    """
    CREATE TABLE series (
        job INTEGER NOT NULL REFERENCES job ON DELETE CASCADE, place INTEGER NOT NULL,
        uid TEXT NOT NULL, bucket TEXT NOT NULL, crdc_uuid TEXT NOT NULL, folder TEXT NOT NULL,
        instances INTEGER NOT NULL, size_bytes INTEGER NOT NULL, error TEXT, detail TEXT,
        PRIMARY KEY (job, place)
    ) WITHOUT ROWID
    """,
    "CREATE UNIQUE INDEX series_uid ON series (job, uid)",
)

#: What the first layout of ``job`` counted becomes what the next one counts: what of a job's files was there before.
_COUNT_PRESENT = (
    "ALTER TABLE job ADD COLUMN files_present INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE job ADD COLUMN bytes_present INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE job ADD COLUMN bytes_received INTEGER NOT NULL DEFAULT 0",
    "UPDATE job SET files_present = max(0, files_done - files_fetched),"
    " bytes_present = max(0, bytes_done - bytes_fetched), bytes_received = bytes_fetched",
    "ALTER TABLE job DROP COLUMN files_fetched",
    "ALTER TABLE job DROP COLUMN bytes_fetched",
)

#: Sentence that stood for an error, in the words of any version before → its name, which stands there now.
_ERRORS = {
    "the source refuses access (403)": "FORBIDDEN",
    "the source does not have it (404)": "NOT_FOUND",
    "the source failed (5xx)": "SERVER",
    "the source rejected the request": "REJECTED",
    "the connection was cut": "CUT",
    "the source stopped answering": "STALLED",
    "the source's name could not be resolved": "NAME",
    "no network, or none that knows the source's name": "NAME",
    "no network reaches the source": "NAME",
    "no connection to the source": "REFUSED",
    "the disk is full": "DISK_FULL",
    "a file can't be written": "WRITE",
    "the number of files differs from the index": "COUNT",
    "the number of bytes differs": "BYTES",
    "the source lists an unsafe file name": "UNSAFE",
    "not tried, since the download had to stop": "NOT_TRIED",
    "unexpected": "OTHER",
}


def _name_columns_and_errors(connection: sqlite3.Connection) -> None:
    """Step 1: from nothing, or from any of the layouts of before the steps were counted."""
    job = _columns(connection, "job")
    if not job:
        statements = [*_TABLES]
    else:
        statements = [*_COUNT_PRESENT] if "files_fetched" in job else []
        if "series_faulty" in job:
            statements.append("ALTER TABLE job RENAME COLUMN series_faulty TO series_failed")
        statements.append("ALTER TABLE series RENAME COLUMN fault TO error")
    for statement in statements:
        connection.execute(statement)
    connection.execute(
        "UPDATE series SET error = ifnull((SELECT value FROM json_each(?) WHERE key = series.error), 'OTHER')"
        " WHERE error IS NOT NULL",
        [json.dumps(_ERRORS)],
    )


def _columns(connection: sqlite3.Connection, table: str) -> set[str]:
    """Names of the columns of a table; none if there is no such table."""
    return {name for (name,) in connection.execute("SELECT name FROM pragma_table_info(?)", [table])}


#: Steps from a new file, or one of before they were numbered, to the present tables; only ever append.
_STEPS: tuple[Step, ...] = (_name_columns_and_errors,)


def folder() -> Path:
    """Folder of the queue and its locks."""
    return settings().data_folder / "downloads"


@contextmanager
def reading() -> Iterator[sqlite3.Connection]:
    """A connection, closed with the block; while one stays open, SQLite need not tidy its log behind each other one.

    Raises
    ------
    NewerFileError
        If a newer version of the app has written the file.
    """
    folder().mkdir(parents=True, exist_ok=True)
    with open_file(folder() / "jobs.sqlite", _STEPS) as connection:
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA foreign_keys = ON")
        yield connection


@contextmanager
def writing(is_lasting: bool = True) -> Iterator[sqlite3.Connection]:
    """A connection within one transaction, kept only if the block ends well.

    What is not lasting outlives the process, but perhaps not a power cut: it does not wait for the disk, which is busy
    with the downloaded files.
    """
    with reading() as connection:
        if not is_lasting:
            connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
