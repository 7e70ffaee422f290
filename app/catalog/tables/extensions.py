"""A fetched table beside the catalog: published as a folder of its own while others go on reading.

An extension is never changed. It is built under the catalog's lock and published by one rename, like the catalog; a
reader notices it when it next looks into the folder. Per attribute it holds *entries*, one per series and value: its
attributes do not join the catalog's combinations, which would become as many as there are series.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import duckdb
import numpy as np
from filelock import Timeout

from app.catalog.array_store import ARRAYS, ArrayStore
from app.catalog.arrays import Codes, RowNumbers
from app.catalog.build import DATABASE, bins, build_lock, catalog_folder, fetch_columns, is_built
from app.catalog.groups import Arrays
from app.catalog.tables.fetching import fetchable, is_fetched, parquet_of
from app.cohort import ATTRIBUTES, EXTRA_TABLES, Attribute, schema
from app.cohort.sql import any_value, quote_text
from app.common.errors import UserError

#: Folder in that of the catalog.
EXTENSIONS = "extensions"

#: Table → its column that names the image series which a series was made from.
SOURCE_COLUMNS = {
    "ann_index": "referenced_SeriesInstanceUID",
    "rtstruct_index": "referenced_SeriesInstanceUID",
    "seg_index": "segmented_SeriesInstanceUID",
}

_TABLE_DATABASE = "table.duckdb"


class MissingTableError(UserError):
    """Something is asked of `tables` that are not on this machine; `need` says so without the remedy."""

    def __init__(self, tables: list[str]) -> None:
        self.tables = tables
        names = " and ".join(tables)
        needed = f"table {names}, which is" if len(tables) == 1 else f"tables {names}, which are"
        self.need = f"This needs the {needed} not on this machine"
        super().__init__(f"{self.need}; fetch {'it' if len(tables) == 1 else 'them'} with: {fetch_command(tables)}")


class Extension(ArrayStore):
    """One published table: `cursor` queries it under its own name, `array` gives the entries of its attributes."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, _TABLE_DATABASE)
        self.table = folder.name


def fetch_command(tables: list[str]) -> str:
    """What to type to have these tables."""
    return f"python -m app fetch {' '.join(tables)}"


def published(folder: Path | None = None) -> list[str]:
    """Names of the tables that are published in the catalog in `folder`, the present one unless given."""
    try:
        return sorted(os.listdir((folder or catalog_folder()) / EXTENSIONS))
    except FileNotFoundError:
        return []


def database_of(name: str) -> Path:
    """DuckDB file that holds the rows of a published table, under its name."""
    return catalog_folder() / EXTENSIONS / name / _TABLE_DATABASE


def linking(tables: list[str]) -> list[str]:
    """Those of `tables` that say which image series a series was made from."""
    return [name for name in SOURCE_COLUMNS if name in tables and schema.has_columns(name, (SOURCE_COLUMNS[name],))]


def publish_waiting() -> None:
    """Publish tables that were fetched but not published: for a catalog before this one, or by a killed process.

    One that another process is publishing will appear by itself.
    """
    there = published()
    for name in fetchable():
        if name not in there and is_fetched(name):
            try:
                publish(name, wait=False)
            except Timeout:
                return
            except UserError as error:
                print(error, file=sys.stderr, flush=True)


def publish(name: str, *, wait: bool = True) -> None:
    """Publish a fetched table into the catalog, which stands ready.

    Raises
    ------
    filelock.Timeout
        If another process is building and this one is not to wait.
    UserError
        If it can't be built.
    """
    catalog = catalog_folder()
    final = catalog / EXTENSIONS / name
    if final.is_dir() or not is_built():
        return
    with build_lock().acquire(timeout=-1 if wait else 0):
        if final.is_dir():
            return
        for left_over in catalog.parent.glob(f"building-*-{name}"):
            shutil.rmtree(left_over)
        building = catalog.parent / f"building-{os.getpid()}-{name}"
        (building / ARRAYS).mkdir(parents=True)
        try:
            _build(name, building, catalog)
        except duckdb.Error as error:
            shutil.rmtree(building, ignore_errors=True)
            line = str(error).partition("\n")[0]
            raise UserError(f"{name} is there but could not be added to the catalog ({line}).") from None
        final.parent.mkdir(exist_ok=True)
        building.rename(final)


def _build(name: str, folder: Path, catalog: Path) -> None:
    arrays = Arrays(folder / ARRAYS)
    with duckdb.connect(str(folder / _TABLE_DATABASE), config={"memory_limit": "2GB"}) as con:
        con.execute("SET enable_progress_bar = false")
        con.execute(f"CREATE TABLE {name} AS SELECT * FROM read_parquet($1)", [str(parquet_of(name))])
        con.execute("CREATE TABLE dictionary (attribute VARCHAR, code INTEGER, value VARCHAR)")
        if name in EXTRA_TABLES:
            con.execute(f"ATTACH {quote_text(str(catalog / DATABASE))} AS base (READ_ONLY)")
            con.execute(
                "CREATE TEMP TABLE place AS SELECT SeriesInstanceUID, series_row FROM base.series"
                f" WHERE SeriesInstanceUID IN ({_named_series(name)})"
            )
            for attribute in (a for a in ATTRIBUTES.values() if a.table == name):
                _write_entries(con, attribute, arrays)
            if name in SOURCE_COLUMNS:
                _write_sources(con, name, arrays)
            con.execute("DETACH base")
        con.execute("CHECKPOINT")


def _named_series(name: str) -> str:
    """SELECT of all series that the table speaks of."""
    sources = f" UNION SELECT source_uid FROM ({source_rows(name)})" if name in SOURCE_COLUMNS else ""
    return f"SELECT SeriesInstanceUID FROM {name}{sources}"


def _write_entries(con: duckdb.DuckDBPyConnection, attribute: Attribute, arrays: Arrays) -> None:
    """Which series have which values, in the order of the series.

    Listed and text attributes get ``<name>.row`` and ``<name>.code``. Numbers get ``<name>.row`` and ``<name>``, and
    ``<name>.bin.row`` and ``<name>.bin.code``, in which a series stands once per bin.
    """
    source, value = attribute.value_rows
    values = (
        f"SELECT DISTINCT series_row, value FROM (SELECT SeriesInstanceUID, {value} AS value FROM {source}"
        f" WHERE {any_value(attribute, value)}) JOIN place USING (SeriesInstanceUID)"
    )
    if attribute.is_range:
        found = fetch_columns(con, f"SELECT series_row, value::DOUBLE AS value FROM ({values}) ORDER BY ALL")
        numbers = np.ma.filled(found["value"], np.nan).astype(np.float64)
        rows = found["series_row"].astype(np.int32)
        arrays.write(f"{attribute.name}.row", rows)
        arrays.write(attribute.name, numbers)
        width = len(attribute.edges) + 1
        binned = np.unique(np.asarray(rows, dtype=np.int64) * width + bins(attribute, numbers))
        _write_codes(arrays, f"{attribute.name}.bin", binned // width, binned % width)
        return
    con.execute(
        "INSERT INTO dictionary SELECT $1, row_number() OVER (ORDER BY value), value"
        f" FROM (SELECT DISTINCT value FROM ({values})) ORDER BY value",
        [attribute.name],
    )
    found = fetch_columns(
        con,
        f"SELECT series_row, code FROM ({values}) JOIN dictionary USING (value) WHERE attribute = $1 ORDER BY ALL",
        [attribute.name],
    )
    _write_codes(arrays, attribute.name, found["series_row"], found["code"])


def _write_codes(arrays: Arrays, name: str, rows: RowNumbers, codes: Codes) -> None:
    narrow = np.uint16 if not len(codes) or codes.max() < 2**16 else np.uint32
    arrays.write(f"{name}.row", rows.astype(np.int32))
    arrays.write(f"{name}.code", codes.astype(narrow))


def _write_sources(con: duckdb.DuckDBPyConnection, name: str, arrays: Arrays) -> None:
    """Pairs of a series and the image series that it was made from, where both are in the release."""
    found = fetch_columns(
        con,
        "SELECT DISTINCT made.series_row AS made, source.series_row AS source"
        f" FROM ({source_rows(name)}) JOIN place AS made USING (SeriesInstanceUID)"
        " JOIN place AS source ON source.SeriesInstanceUID = source_uid ORDER BY ALL",
    )
    arrays.write("sources.made", found["made"].astype(np.int32))
    arrays.write("sources.source", found["source"].astype(np.int32))


def source_rows(name: str) -> str:
    """SELECT of (SeriesInstanceUID, source_uid): the image series that each series of the table names."""
    column = SOURCE_COLUMNS[name]
    if schema.tables()[name].columns[column].repeated:
        return f"SELECT SeriesInstanceUID, source_uid FROM {name}, unnest({column}) AS each(source_uid)"
    return f"SELECT SeriesInstanceUID, {column} AS source_uid FROM {name}"
