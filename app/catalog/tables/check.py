"""Whether a parquet file is the table that the release's schema describes; asked before anything reads it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.types as types
from pyarrow import parquet

from app.cohort import schema
from app.common.errors import UserError

#: Rows that are decoded at once, so that a large table takes little memory.
_ROWS = 65_536

#: BigQuery's types as they come in parquet; whole numbers with gaps come as floats.
_IS: dict[str, Callable[[pa.DataType], bool]] = {
    "STRING": lambda kind: types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind),
    "INTEGER": lambda kind: types.is_integer(kind) or types.is_floating(kind),
    "FLOAT": lambda kind: types.is_floating(kind) or types.is_integer(kind) or types.is_decimal(kind),
    "BOOLEAN": types.is_boolean,
    "RECORD": types.is_struct,
}


class InvalidTableError(UserError):
    """A file that is not the table it should be."""


def check_table(path: Path, table: schema.Table) -> None:
    """Read a parquet file to its end, and compare it with the schema and with the series of this release.

    Raises
    ------
    InvalidTableError
        If it can't be read, lacks a column or has one of another type, or its rows belong to nothing in this release.
    """
    try:
        with parquet.ParquetFile(path, memory_map=True) as file:
            _check_columns(file.schema_arrow, table)
            for _ in file.iter_batches(_ROWS):
                pass
    except (pa.ArrowException, OSError) as error:
        line = str(error).partition("\n")[0].rstrip(".")
        raise InvalidTableError(f"it is no readable parquet file ({line[:200]})") from None
    _check_keys(path, table)


def _check_columns(found: pa.Schema, table: schema.Table) -> None:
    lacking = [name for name in table.columns if name not in found.names]
    if lacking:
        raise InvalidTableError(f"it lacks {' and '.join(lacking[:3])}")
    for column in table.columns.values():
        kind = found.field(column.name).type
        if not _fits(kind, column):
            expected = f"a list of {column.type}" if column.repeated else column.type
            raise InvalidTableError(f"its {column.name} is {kind}, not {expected}")


def _fits(kind: pa.DataType, column: schema.Column) -> bool:
    if types.is_null(kind):
        return True
    if column.repeated:
        if not (types.is_list(kind) or types.is_large_list(kind)):
            return False
        kind = kind.value_type
        if types.is_null(kind):
            return True
    if types.is_dictionary(kind):
        kind = kind.value_type
    return _IS.get(column.type, lambda kind: True)(kind)


def _check_keys(path: Path, table: schema.Table) -> None:
    """Every row names a series (or collection) in the right form, and most of them this release knows."""
    import duckdb

    key, pattern = table.key, "[0-9.]{1,64}" if table.key == "SeriesInstanceUID" else r"[a-z0-9_\-]+"
    index = schema.tables()["index"].parquet
    with duckdb.connect(config={"memory_limit": "1GB"}) as con:
        found = con.execute(
            f"SELECT count(*), count(*) FILTER (NOT coalesce(regexp_full_match({key}, $1), false)),"
            f" count(*) FILTER ({key} IN (SELECT {key} FROM read_parquet($2)))"
            f" FROM (SELECT DISTINCT {key} FROM read_parquet($3))",
            [pattern, str(index), str(path)],
        ).fetchall()
    rows, malformed, known = found[0]
    if not rows:
        raise InvalidTableError("it has no rows")
    if malformed:
        raise InvalidTableError(f"{malformed:,} of its rows have no {key} that can be one")
    if known * 2 < rows:
        raise InvalidTableError(f"IDC v{schema.idc_version()} knows only {known:,} of its {rows:,} values of {key}")
