"""What a query gave: an Arrow stream in a file without a name, mapped into memory rather than held there."""

from __future__ import annotations

import io
import mmap
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import IO, TYPE_CHECKING, Any

from app.catalog import open_catalog
from app.cohort import ATTRIBUTES, MAX_VALUE_LENGTH, Cohort, Condition
from app.cohort.kept_lists import KINDS, keep
from app.common.errors import UserError
from app.common.numbers import exact
from app.imports import MAX_IDS

if TYPE_CHECKING:
    import pyarrow as pa

_BATCH = 20_000

#: Columns whose values make a cohort, the most specific first.
_IDENTIFIERS = (*KINDS, "collection_id")

#: Up to so many identifiers stand in the link themselves, so that it works on every server.
_IN_LINK = 50


class Result:
    """Columns and rows.

    Parameters
    ----------
    file
        An Arrow stream; it may be closed afterwards.
    remark
        One sentence where rows are missing; empty where all are there.
    seconds
        How long it took.
    """

    def __init__(self, file: IO[bytes], remark: str, seconds: float) -> None:
        import pyarrow as pa

        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self.table: pa.Table = pa.ipc.open_stream(pa.py_buffer(mapped)).read_all()
        self.remark = remark
        self.seconds = seconds

    @property
    def rows(self) -> int:
        """Number of rows."""
        return int(self.table.num_rows)

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        return list(self.table.column_names)

    @cached_property
    def identifiers(self) -> dict[str, str]:
        """Column → the attribute whose values it holds by its name, the most specific first."""
        found = {}
        for kind in _IDENTIFIERS:
            for name, field in zip(self.columns, self.table.schema, strict=True):
                if name not in found and name.lower().endswith(kind.lower()) and str(field.type) == "string":
                    found[name] = kind
        return found

    def cohort(self, column: str) -> Cohort:
        """The series that the identifiers in a column stand for; a long list is kept in the store.

        A PatientID alone may stand in two collections, so the result's own collections are asked for too.

        Raises
        ------
        UserError
            If the column is none of `identifiers`, or they are not all there.
        """
        if column not in self.identifiers:
            raise UserError(f"There are no identifiers in the column {column}.")
        if self.remark:
            raise UserError(f"{self.remark} A part of them would make another cohort, so narrow the query first.")
        kind = self.identifiers[column]
        if kind == "PatientID" and "collection_id" in self.identifiers.values():
            collections = next(name for name, found in self.identifiers.items() if found == "collection_id")
            return _of_patients(self.table.select([column, collections]).rename_columns(["patient", "collection"]))
        return Cohort.of([_condition(kind, self._distinct(column))])

    def _distinct(self, column: str) -> list[str]:
        return _texts(self.table.column(column))

    def csv(self) -> Iterator[bytes]:
        """RFC 4180 CSV with a header line; missing values are empty."""
        from pyarrow import csv

        for number, batch in enumerate(self._batches()):
            piece = io.BytesIO()
            csv.write_csv(batch, piece, csv.WriteOptions(include_header=number == 0, eol="\r\n"))
            yield piece.getvalue()

    def json(self) -> Iterator[bytes]:
        """One JSON array of objects; missing values, NaN and infinity are null."""
        import pyarrow as pa

        fields = ", ".join(f"{_quoted(name)} := {_finite(_quoted(name), field)}" for name, field in self._fields())
        separator = b"[\n"
        for batch in self._batches():
            with open_catalog().cursor() as cursor:
                cursor.register("part", pa.table(batch))
                lines = cursor.execute(f"SELECT to_json(struct_pack({fields}))::VARCHAR FROM part").fetchall()
            yield separator + ",\n".join(line for (line,) in lines).encode() if lines else separator[:1]
            separator = b",\n"
        yield b"\n]\n"

    def parquet(self) -> Iterator[bytes]:
        """Parquet (zstd)."""
        from pyarrow import parquet

        sink = io.BytesIO()
        parquet.write_table(self.table, sink, compression="zstd")
        yield sink.getvalue()

    def _batches(self) -> Iterator[pa.Table]:
        """The rows, some at a time; at least one table, which may be empty."""
        for start in range(0, max(self.rows, 1), _BATCH):
            yield self.table.slice(start, _BATCH)

    def _fields(self) -> Iterator[tuple[str, Any]]:
        yield from zip(self.columns, self.table.schema, strict=True)


#: Format → media type and writer.
FORMATS: dict[str, tuple[str, Callable[[Result], Iterator[bytes]]]] = {
    "csv": ("text/csv; charset=utf-8", Result.csv),
    "json": ("application/json", Result.json),
    "parquet": ("application/vnd.apache.parquet", Result.parquet),
}


def _of_patients(pairs: pa.Table) -> Cohort:
    """All series of the patients in columns ``patient`` and ``collection``, and of no others.

    Two conditions say it, unless one of the patients also stands in the collection of another; then its series do.
    """
    pairs = pairs.drop_null()
    patients, collections = _texts(pairs.column("patient")), _texts(pairs.column("collection"))
    with open_catalog().cursor() as cursor:
        cursor.register("pairs", pairs)
        others = cursor.execute(
            "SELECT count(*) FROM patient WHERE PatientID IN (SELECT patient FROM pairs)"
            " AND collection_id IN (SELECT collection FROM pairs)"
            " AND (PatientID, collection_id) NOT IN (SELECT (patient, collection) FROM pairs)"
        )
        if not others.fetchall()[0][0]:
            return Cohort.of([_condition("PatientID", patients), _condition("collection_id", collections)])
        series = cursor.execute(
            "SELECT SeriesInstanceUID FROM series WHERE (PatientID, collection_id) IN"
            " (SELECT (patient, collection) FROM pairs)"
        )
        return Cohort.of([_condition("SeriesInstanceUID", [uid for (uid,) in series.fetchall()])])


def _texts(column: pa.ChunkedArray) -> list[str]:
    """Its distinct values, as far as they can be identifiers."""
    return [value for value in column.unique().drop_null().to_pylist() if 0 < len(value) <= MAX_VALUE_LENGTH]


def _condition(kind: str, values: list[str]) -> Condition:
    if not values:
        raise UserError(f"There is no {ATTRIBUTES[kind].label} in this result.")
    if len(values) <= _IN_LINK or kind not in KINDS:
        return Condition.of(kind, "eq", values)
    if len(values) > MAX_IDS:
        raise UserError(f"These are {exact(len(values))} identifiers, more than {exact(MAX_IDS)}: narrow the query.")
    return Condition.of(kind, "in", [keep(kind, values)])


def _quoted(name: str) -> str:
    """A column's name in SQL; names of a result's columns are whatever its query calls them."""
    return '"' + name.replace('"', '""') + '"'


def _finite(column: str, field: Any) -> str:
    """JSON knows finite numbers only."""
    return f"CASE WHEN isfinite({column}) THEN {column} END" if str(field.type) in ("float", "double") else column
