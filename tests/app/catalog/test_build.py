"""The catalog: closed to writing and to files, and holding what the wheel brings."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import duckdb
import pytest

from app.catalog.catalog import Catalog
from app.cohort.attributes import ATTRIBUTES, BASE_ATTRIBUTES
from app.cohort.schema import tables

WAYS_OUT = (
    "COPY (SELECT 1) TO '/tmp/out.csv'",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_text('/etc/hostname')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM glob('/*')",
    "ATTACH '/tmp/other.duckdb'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET memory_limit = '100GB'",
    "SET enable_external_access = true",
    "PRAGMA threads = 64",
    "EXPORT DATABASE '/tmp/out'",
)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE x (a INTEGER)",
        "INSERT INTO dictionary VALUES ('x', 1, 'x')",
        "DROP VIEW index",
        *WAYS_OUT,
    ],
)
def test_the_catalog_is_read_only_and_has_no_way_out(catalog: Catalog, statement: str) -> None:
    with pytest.raises(duckdb.Error):
        catalog.cursor().execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE catalog.x (a INTEGER)",
        "INSERT INTO catalog.dictionary VALUES ('x', 1, 'x')",
        "DROP VIEW catalog.index",
        *WAYS_OUT,
    ],
)
def test_long_reads_have_no_way_out_either(catalog: Catalog, statement: str) -> None:
    with catalog.long_reads() as connection, pytest.raises(duckdb.Error):
        connection.cursor().execute(statement)


def test_long_reads_share_a_connection_until_the_last_one_ends(catalog: Catalog) -> None:
    query = "SELECT count(*) FROM catalog.series"
    with catalog.long_reads() as first:
        with catalog.long_reads() as second:
            assert second is first
        assert first.cursor().execute(query).fetchone() == (catalog.series_count,)
    with pytest.raises(duckdb.ConnectionException):
        first.cursor().execute(query)
    with catalog.long_reads() as third:
        assert third.cursor().execute(query).fetchone() == (catalog.series_count,)


def test_tables_hold_what_the_wheel_brings(catalog: Catalog) -> None:
    for table in (table for table in tables().values() if table.parquet):
        names = [row[0] for row in catalog.cursor().execute(f"DESCRIBE {table.name}").fetchall()]
        rows = catalog.cursor().execute(f"SELECT count(*) FROM {table.name}").fetchone()
        wanted = duckdb.execute("SELECT count(*) FROM read_parquet($1)", [str(table.parquet)]).fetchone()
        assert names == list(table.columns)
        assert rows == wanted


def test_raw_columns_stay_untouched(catalog: Catalog, plain: duckdb.DuckDBPyConnection) -> None:
    columns = ", ".join(tables()["index"].columns)
    query = f"SELECT bit_xor(hash({columns})), sum(hash(PatientAge, StudyDate)::HUGEINT) FROM index"
    assert catalog.cursor().execute(query).fetchone() == plain.execute(query).fetchone()


def test_concurrent_queries_do_not_mix(catalog: Catalog) -> None:
    """One connection used by several threads gives wrong rows; a cursor per query does not."""
    modalities = catalog.values(ATTRIBUTES["Modality"])
    query = "SELECT count(*), min(Modality), max(Modality) FROM index WHERE Modality = '{}'"
    alone = [catalog.cursor().execute(query.format(name)).fetchone() for name in modalities]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda name: catalog.cursor().execute(query.format(name)).fetchone(), modalities * 6))
    assert together == alone * 6
    assert all(row is not None and row[1] == row[2] == name for row, name in zip(alone, modalities, strict=True))


def test_what_is_said_to_be_complete_is(plain: duckdb.DuckDBPyConnection) -> None:
    for attribute in BASE_ATTRIBUTES.values():
        missing = plain.execute(f"SELECT count(*) FROM {attribute.table} WHERE ({attribute.raw}) IS NULL").fetchone()
        assert attribute.complete <= (missing == (0,)), attribute.name
