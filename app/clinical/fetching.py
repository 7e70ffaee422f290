"""Fetch a clinical table: its parquet files from the public bucket, checked, and published by one rename.

A lock per table lets one process fetch it while others wait; whoever comes later finds it there.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import obstore
import pyarrow as pa
from filelock import FileLock
from obstore.exceptions import BaseError
from obstore.store import S3Store
from pyarrow import parquet, types

from app.catalog import Catalog
from app.catalog.tables.fetching import fetchable
from app.catalog.tables.transfer import fetch_file
from app.clinical.columns import dictionary
from app.clinical.sql import PATIENT
from app.clinical.table import DATABASE, folder, is_there, missing
from app.cohort import QueryError, schema
from app.cohort.sql import quote_name
from app.common.errors import UserError, shorten
from app.common.settings import settings
from app.storage.errors import ErrorKind, StorageError, classify
from app.storage.limits import Limits
from app.storage.store import open_store

BUCKET = "idc-open-metadata"

_AMAZON = "https://s3.amazonaws.com"
_FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,119}\.parquet")

#: Rows that are decoded at once, so that a large table takes little memory.
_ROWS = 65_536

#: Called with what is happening, and how far it is: done and whole, in bytes.
Progress = Callable[[str, int, int], None]


class ClinicalFetchError(UserError):
    """A clinical table that could not be had."""


def prefix(table: str) -> str:
    """Where the table's files lie in the bucket."""
    return f"bigquery_export/idc_v{schema.idc_version()}_clinical/{table}/"


def to_fetch(catalog: Catalog, tables: list[str]) -> list[str]:
    """Those of `tables` that this release has and this machine lacks.

    Raises
    ------
    MissingTableError
        If clinical_index, which knows them, is not there.
    """
    known = {table for tables in dictionary(catalog).values() for table in tables} if tables else ()
    return [table for table in missing(tables) if table in known]


def require_known(catalog: Catalog, tables: list[str]) -> None:
    """Refuse names that are not those of a clinical table.

    Raises
    ------
    QueryError
        If there is no such table in this release.
    MissingTableError
        If clinical_index, which knows them, is not there.
    """
    known = {table for tables in dictionary(catalog).values() for table in tables}
    for table in tables:
        if table not in known:
            raise QueryError(f"IDC v{schema.idc_version()} has no clinical table “{shorten(table)}”.")


def require_any(catalog: Catalog, table: str) -> None:
    """Refuse names that are neither those of a clinical table nor of another one to fetch.

    Raises
    ------
    UserError
        If there is no such table.
    """
    if table not in fetchable():
        require_known(catalog, [table])


def fetch(catalog: Catalog, table: str, progress: Progress = lambda step, done, size: None) -> None:
    """Fetch a table unless it is there; wait if another process is fetching it.

    Raises
    ------
    QueryError
        If there is no such table.
    ClinicalFetchError
        If the bucket can't be read, or what lies there is no clinical table.
    """
    require_known(catalog, [table])
    if is_there(table):
        return
    try:
        folder().mkdir(parents=True, exist_ok=True)
        with FileLock(folder() / f"{table}.lock"):
            if not is_there(table):
                _fetch(table, folder() / f"{table}.part", progress)
    except (BaseError, StorageError) as error:
        kind = classify(error)[0]
        raise ClinicalFetchError(
            f"The clinical table {table} could not be fetched from the bucket {BUCKET}: {kind}."
            " Try again later; what came is kept."
        ) from None
    except OSError as error:
        raise ClinicalFetchError(f"{error.filename or folder()}: {error.strerror}.") from None


def _fetch(table: str, part: Path, progress: Progress) -> None:
    """Bring the files into `part`, check them, and publish them as one database."""
    store = open_store(settings().s3_endpoint or _AMAZON, BUCKET, Limits())
    part.mkdir(exist_ok=True)
    files = []
    for name, size in _list(store, table).items():
        path = part / name
        if not path.is_file() or path.stat().st_size != size:
            coming = path.with_name(f"{name}.coming")
            fetch_file(
                store, prefix(table) + name, coming, lambda done, whole: progress(f"Fetching {table}", done, whole)
            )
            coming.rename(path)
        files.append(path)
    progress(f"Verifying {table}", 0, 0)
    try:
        for path in files:
            _check(path)
        _build(table, files, part / DATABASE)
    except (_InvalidFileError, pa.ArrowException, duckdb.Error) as error:
        shutil.rmtree(part)
        reason = str(error).partition("\n")[0].rstrip(".")[:200]
        raise ClinicalFetchError(f"What the bucket {BUCKET} holds as {table} is no clinical table: {reason}.") from None
    for path in files:
        path.unlink()
    final = folder() / table
    part.rename(final)


def _list(store: S3Store, table: str) -> dict[str, int]:
    """Name → bytes of the table's parquet files."""
    found = {}
    for page in obstore.list(store, prefix(table)):
        for meta in page:
            name = meta["path"].removeprefix(prefix(table))
            if name.endswith(".parquet"):
                if not _FILE.fullmatch(name):
                    raise StorageError(ErrorKind.UNSAFE, repr(name[:60]))
                found[name] = meta["size"]
    if not found:
        raise StorageError(ErrorKind.NOT_FOUND, f"nothing lies at {BUCKET}/{prefix(table)}")
    return dict(sorted(found.items()))


class _InvalidFileError(Exception):
    """A file that is not part of a clinical table."""


def _check(path: Path) -> None:
    """Read a file to its end; its patients must have a column of text."""
    with parquet.ParquetFile(path, memory_map=True) as file:
        names = file.schema_arrow.names
        if names.count(PATIENT) != 1:
            raise _InvalidFileError(f"{path.name} has no column {PATIENT}")
        kind = file.schema_arrow.field(PATIENT).type
        if not (types.is_string(kind) or types.is_large_string(kind) or types.is_dictionary(kind)):
            raise _InvalidFileError(f"{PATIENT} of {path.name} is {kind}, not text")
        for _ in file.iter_batches(_ROWS):
            pass


def _build(table: str, files: list[Path], database: Path) -> None:
    database.unlink(missing_ok=True)
    with duckdb.connect(str(database), config={"memory_limit": "1GB"}) as con:
        con.execute("SET enable_progress_bar = false")
        con.execute(
            f"CREATE TABLE {quote_name(table)} AS SELECT * FROM read_parquet($1, union_by_name = true)",
            [[str(path) for path in files]],
        )
        if not con.execute(f"SELECT count({PATIENT}) FROM {quote_name(table)}").fetchall()[0][0]:
            raise _InvalidFileError("it has no patients")
        con.execute("CHECKPOINT")
    with database.open("rb") as written:
        os.fsync(written.fileno())
