"""Build the catalog: done once per data version and layout, on first start or by ``python -m app build``.

A catalog is a folder with one DuckDB file, made from all tables that idc-index-data brings, and plain numpy arrays
with one entry per series (or per distinct combination of values), which `app.selection` maps into memory. It is built
in a folder of its own under a lock and published by one rename, so readers see a whole catalog or none, several
processes starting at once share one build, and a killed build leaves only a folder that the next one clears. The
folder bears the fingerprint of what was built and how (`app.catalog.identity`), so another version of the code builds
another beside it; the old one goes once no process has it open (`app.catalog.in_use`).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from filelock import FileLock

from app.catalog import in_use
from app.catalog.array_store import ARRAYS
from app.catalog.arrays import Bins, Column, Edges, Quantities
from app.catalog.groups import Arrays, write_groups
from app.catalog.identity import fingerprint
from app.cohort import BASE_ATTRIBUTES, Attribute, Kind, schema
from app.cohort.sql import quote_text
from app.common.settings import settings

DATABASE = "catalog.duckdb"

#: Order of rows in the catalog, and of results where the user asks for none.
DEFAULT_ORDER = ("collection_id", "PatientID", "StudyInstanceUID", "SeriesInstanceUID")

ReportProgress = Callable[[float, str], None]
_STEPS = (
    "Reading the index",
    "Reading the other tables",
    "Listing the values of each attribute",
    "Numbering patients and studies",
    "Combining attributes",
    "Writing numbers and dates",
    "Grouping series",
)


def catalog_folder() -> Path:
    """Folder of the catalog of this data version and of this code."""
    return settings().data_folder / "catalog" / f"{schema.data_version()}-{fingerprint()}"


def build_lock() -> FileLock:
    """Held by whoever builds a catalog of any version, adds a table to it, or removes what is no longer in use."""
    return FileLock(catalog_folder().parent / "build.lock")


def is_built() -> bool:
    """Whether the catalog stands ready."""
    return (catalog_folder() / DATABASE).is_file()


def ensure_built(progress: ReportProgress = lambda share, step: None) -> Path:
    """Build the catalog unless it is there; wait if another process is building it.

    It stays there until this process ends, whatever other versions do.

    Parameters
    ----------
    progress
        Called with the share done (0 to 1) and the present step.

    Returns
    -------
    pathlib.Path
        Folder of the catalog.
    """
    final = catalog_folder()
    while not (is_built() and in_use.hold(final)):
        final.parent.mkdir(parents=True, exist_ok=True)
        progress(0.0, "Waiting for another process to build the catalog")
        with build_lock():
            if not is_built():
                _build_and_publish(final, progress)
            in_use.hold(final)  # before another version can remove it
        progress(1.0, "The catalog is ready")
    if others := in_use.unneeded(final.parent, final):
        # Else they are in nobody's way, and a later start removes them.
        with suppress(OSError), build_lock().acquire(timeout=0):
            in_use.remove(others)
    return final


def _build_and_publish(final: Path, progress: ReportProgress) -> None:
    for left_over in final.parent.glob("building-*"):
        shutil.rmtree(left_over)
    building = final.parent / f"building-{os.getpid()}"
    (building / ARRAYS).mkdir(parents=True)
    steps = _build(building)
    for done, step in enumerate(_STEPS):
        progress(done / len(_STEPS), step)
        next(steps)
    building.rename(final)


def _build(folder: Path) -> Iterator[None]:
    """Run the steps of `_STEPS`, one a turn; the last turn leaves everything on disk and closed."""
    arrays = Arrays(folder / ARRAYS)
    with duckdb.connect(str(folder / DATABASE)) as con:
        con.execute("SET enable_progress_bar = false")
        _load_index(con)
        yield
        _load_tables(con)
        yield
        _load_dictionary(con)
        yield
        _number_patients_and_studies(con, arrays)
        yield
        _combine(con, arrays)
        yield
        _write_numbers(con, arrays)
        _write_text_codes(con, arrays)
        _write_folded_texts(con, arrays)
        _write_keys(con, arrays)
        yield
        write_groups(arrays, [attribute.name for attribute in BASE_ATTRIBUTES.values() if attribute.is_range])
        con.execute("DROP TABLE coded")
        con.execute("CHECKPOINT")
    yield


def fetch_columns(con: duckdb.DuckDBPyConnection, query: str, parameters: Sequence[Any] = ()) -> dict[str, Column]:
    """Result columns by name, masked where NULL."""
    return {name: np.ma.asarray(column) for name, column in con.execute(query, list(parameters)).fetchnumpy().items()}


def _load_index(con: duckdb.DuckDBPyConnection) -> None:
    """Table ``series`` (sorted, numbered from 0, with its study's viewer) and its plain face, the view ``index``."""
    table = schema.tables()["index"]
    order = ", ".join(DEFAULT_ORDER)
    con.execute(
        "CREATE TABLE series AS SELECT (row_number() OVER () - 1)::INTEGER AS series_row, *,"
        " StudyInstanceUID IN (SELECT StudyInstanceUID FROM read_parquet($1) WHERE Modality = 'SM') AS in_slide_study"
        f" FROM (SELECT * FROM read_parquet($1) ORDER BY {order})",
        [str(table.parquet)],
    )
    con.execute("CREATE UNIQUE INDEX series_by_row ON series (series_row)")
    con.execute("CREATE VIEW index AS SELECT * EXCLUDE (series_row, in_slide_study) FROM series")
    con.execute(f"COMMENT ON VIEW index IS {quote_text(table.description)}")


def _load_tables(con: duckdb.DuckDBPyConnection) -> None:
    for table in schema.tables().values():
        if table.parquet and table.name != "index":
            con.execute(f"CREATE TABLE {table.name} AS SELECT * FROM read_parquet($1)", [str(table.parquet)])


def _load_dictionary(con: duckdb.DuckDBPyConnection) -> None:
    """Table ``dictionary``: the distinct values of each listed or text attribute, numbered from 1 in order."""
    con.execute("CREATE TABLE dictionary (attribute VARCHAR, code INTEGER, value VARCHAR)")
    for attribute in BASE_ATTRIBUTES.values():
        if attribute.kind in (Kind.TERM, Kind.TERMS, Kind.TEXT):
            value = f"unnest({attribute.expression})" if attribute.kind is Kind.TERMS else attribute.expression
            con.execute(
                "INSERT INTO dictionary SELECT $1, row_number() OVER (ORDER BY value), value"
                f" FROM (SELECT DISTINCT {value} AS value FROM {attribute.table}) WHERE value IS NOT NULL"
                " ORDER BY value",
                [attribute.name],
            )


def _number_patients_and_studies(con: duckdb.DuckDBPyConnection, arrays: Arrays) -> None:
    """Number patients, as (collection_id, PatientID), and studies from 1; a number is the code of its identifier."""
    con.execute(
        "CREATE TABLE patient AS SELECT row_number() OVER (ORDER BY collection_id, PatientID) AS code, *"
        " FROM (SELECT DISTINCT collection_id, PatientID FROM index)"
    )
    con.execute(
        "CREATE TEMP TABLE study AS SELECT row_number() OVER (ORDER BY first_row) AS code, StudyInstanceUID"
        " FROM (SELECT StudyInstanceUID, min(series_row) AS first_row FROM series GROUP BY ALL)"
    )
    con.execute("INSERT INTO dictionary SELECT 'PatientID', code, PatientID FROM patient ORDER BY code")
    con.execute("INSERT INTO dictionary SELECT 'StudyInstanceUID', code, StudyInstanceUID FROM study ORDER BY code")
    codes = fetch_columns(
        con,
        "SELECT patient.code AS patient, study.code AS study FROM series"
        " JOIN patient USING (collection_id, PatientID) JOIN study USING (StudyInstanceUID) ORDER BY series_row",
    )
    arrays.write("PatientID", codes["patient"].astype(np.uint32))
    arrays.write("StudyInstanceUID", codes["study"].astype(np.uint32))


def _combine(con: duckdb.DuckDBPyConnection, arrays: Arrays) -> None:
    """Number the distinct combinations of all listed attributes of ``index``, and say which values each one has.

    A few thousand combinations stand for a million series, which makes counts per value cheap. Membership of values is
    written as two parallel arrays, `<attribute>.combination` and `<attribute>.value`, one entry per combination and
    value; a combination without an entry lacks a value.
    """
    listed = [a for a in BASE_ATTRIBUTES.values() if a.is_facet and a.table == "index"]
    raw = ", ".join(f"{a.raw} AS {a.name}" for a in listed)
    names = ", ".join(a.name for a in listed)
    con.execute(f"CREATE TEMP TABLE coded AS SELECT series_row, {raw} FROM series")
    con.execute(
        f"CREATE TEMP TABLE combination AS SELECT row_number() OVER (ORDER BY {names}) - 1 AS number, *"
        f" FROM (SELECT DISTINCT {names} FROM coded)"
    )
    matches = " AND ".join(f"coded.{a.name} IS NOT DISTINCT FROM combination.{a.name}" for a in listed)
    numbers = fetch_columns(con, f"SELECT number FROM coded JOIN combination ON {matches} ORDER BY series_row")[
        "number"
    ]
    arrays.write_codes("combination", numbers)
    for attribute in (a for a in BASE_ATTRIBUTES.values() if a.is_facet):
        members = fetch_columns(
            con,
            f"SELECT number, code FROM ({_values_of_combinations(attribute)})"
            " JOIN dictionary USING (value) WHERE attribute = $1 ORDER BY number, code",
            [attribute.name],
        )
        arrays.write(f"{attribute.name}.combination", members["number"].astype(np.int32))
        arrays.write(f"{attribute.name}.value", members["code"].astype(np.int32))


def _values_of_combinations(attribute: Attribute) -> str:
    """SELECT of (number, value) over table ``combination``."""
    value = f"unnest({attribute.expression})" if attribute.kind is Kind.TERMS else attribute.name
    if attribute.table == "index":
        return f"SELECT number, {value} AS value FROM combination"
    value = value if attribute.kind is Kind.TERMS else attribute.expression
    return f"SELECT number, {value} AS value FROM combination JOIN {attribute.table} USING (collection_id)"


def _write_numbers(con: duckdb.DuckDBPyConnection, arrays: Arrays) -> None:
    """Numbers as floats (dates as days since 1970), NaN where missing; and the histogram bin, 0 where missing.

    Sums also stand per combination, so that totals of a selection by listed attributes alone need no series.
    """
    combination = arrays.read("combination")
    size = int(combination.max()) + 1
    sums = fetch_columns(
        con,
        "SELECT instanceCount AS instances, round(series_size_MB * 1e6)::BIGINT AS bytes FROM series"
        " ORDER BY series_row",
    )
    arrays.write("instances", sums["instances"].astype(np.int32))
    arrays.write("bytes", sums["bytes"].astype(np.int64))
    arrays.write("combination.series", np.bincount(combination, minlength=size))
    for name, column in sums.items():
        weighted = np.zeros(size, dtype=np.int64)
        np.add.at(weighted, combination, column)
        arrays.write(f"combination.{name}", weighted)
    for attribute in (a for a in BASE_ATTRIBUTES.values() if a.is_range):
        dated = attribute.kind is Kind.DATE
        number = f"epoch({attribute.expression}) / 86400" if dated else attribute.expression
        found = fetch_columns(con, f"SELECT ({number})::DOUBLE AS number FROM series ORDER BY series_row")["number"]
        numbers = np.ma.filled(found, np.nan)
        narrow = numbers.astype(np.float32)
        whole = attribute.integer or dated
        arrays.write(attribute.name, narrow if whole else numbers)
        arrays.write(f"{attribute.name}.bin", bins(attribute, numbers))


def bins(attribute: Attribute, numbers: Quantities) -> Bins:
    """Bin of each of `numbers`, from 1; 0 where missing."""
    found = np.searchsorted(bin_edges(attribute), numbers, side="right")
    found = np.clip(found, 1, len(attribute.edges))
    return np.where(np.isnan(numbers), 0, found).astype(np.uint8)


def bin_edges(attribute: Attribute) -> Edges:
    """Lower edges of the histogram's bins, on the scale of the stored numbers."""
    edges = np.asarray(attribute.edges)
    if attribute.kind is Kind.DATE:
        years = np.array([f"{int(year):04}-01-01" for year in edges], dtype="datetime64[D]")
        return years.astype(np.int64).astype(np.float64)
    return edges


def _write_folded_texts(con: duckdb.DuckDBPyConnection, arrays: Arrays) -> None:
    """All texts of a dictionary in lower case, as bytes with a NUL behind each, to be searched in one sweep."""
    for attribute in (a for a in BASE_ATTRIBUTES.values() if is_searched_in_sweep(a)):
        texts = con.execute(
            "SELECT lower(value) FROM dictionary WHERE attribute = $1 ORDER BY code", [attribute.name]
        ).fetchall()
        encoded = [text.encode() + b"\0" for (text,) in texts]
        arrays.write(f"{attribute.name}.folded", np.frombuffer(b"".join(encoded), dtype=np.uint8))
        arrays.write(f"{attribute.name}.ends", np.cumsum([len(text) for text in encoded]))


def _write_text_codes(con: duckdb.DuckDBPyConnection, arrays: Arrays) -> None:
    """Code of each free text in the dictionary, 0 where missing."""
    for attribute in (a for a in BASE_ATTRIBUTES.values() if a.kind is Kind.TEXT):
        codes = fetch_columns(
            con,
            f"SELECT coalesce(code, 0) AS code FROM series LEFT JOIN dictionary"
            f" ON attribute = $1 AND value = {attribute.expression} ORDER BY series_row",
            [attribute.name],
        )
        arrays.write(attribute.name, codes["code"].astype(np.uint32))


def _write_keys(con: duckdb.DuckDBPyConnection, arrays: Arrays) -> None:
    """Hashes of identifiers that are unique to a series, sorted, each with its row."""
    for attribute in (a for a in BASE_ATTRIBUTES.values() if a.unique):
        query = f"SELECT md5_number_lower({attribute.expression}) AS hash, series_row FROM series ORDER BY hash"
        keys = fetch_columns(con, query)
        arrays.write(f"{attribute.name}.hash", keys["hash"].astype(np.uint64))
        arrays.write(f"{attribute.name}.row", keys["series_row"].astype(np.uint32))


def is_searched_in_sweep(attribute: Attribute) -> bool:
    """Whether ``contains`` has many distinct texts to look through."""
    return attribute.kind is Kind.TEXT or (attribute.kind is Kind.ID and not attribute.pattern)


def is_of_collection(attribute: Attribute) -> bool:
    """Whether all series of a collection share the attribute's values."""
    return attribute.name == "collection_id" or attribute.table == "collections_index"
