"""The queue's SQLite file, ``downloads/jobs.sqlite`` in the data folder: its tables, and how it is opened."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from app.common.settings import settings

_SCHEMA = """
CREATE TABLE IF NOT EXISTS job (
    number INTEGER PRIMARY KEY AUTOINCREMENT, created REAL NOT NULL, title TEXT NOT NULL, root TEXT NOT NULL,
    source TEXT NOT NULL, parallel INTEGER NOT NULL, bytes_per_second REAL, dry_run INTEGER NOT NULL,
    state TEXT NOT NULL, message TEXT NOT NULL DEFAULT '',
    series INTEGER NOT NULL, files INTEGER NOT NULL, bytes INTEGER NOT NULL,
    series_done INTEGER NOT NULL DEFAULT 0, series_failed INTEGER NOT NULL DEFAULT 0,
    files_done INTEGER NOT NULL DEFAULT 0, bytes_done INTEGER NOT NULL DEFAULT 0,
    files_present INTEGER NOT NULL DEFAULT 0, bytes_present INTEGER NOT NULL DEFAULT 0,
    bytes_received INTEGER NOT NULL DEFAULT 0,
    rate REAL NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS series (
    job INTEGER NOT NULL REFERENCES job ON DELETE CASCADE, place INTEGER NOT NULL,
    uid TEXT NOT NULL, bucket TEXT NOT NULL, crdc_uuid TEXT NOT NULL, folder TEXT NOT NULL,
    instances INTEGER NOT NULL, size_bytes INTEGER NOT NULL, fault TEXT, detail TEXT,
    PRIMARY KEY (job, place)
) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS series_uid ON series (job, uid);
"""


def folder() -> Path:
    """Folder of the queue and its locks."""
    return settings().data_folder / "downloads"


@contextmanager
def reading() -> Iterator[sqlite3.Connection]:
    """A connection, closed with the block; while one stays open, SQLite need not tidy its log behind each other one."""
    folder().mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(folder() / "jobs.sqlite", timeout=30, isolation_level=None)) as connection:
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.executescript(_SCHEMA)
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
