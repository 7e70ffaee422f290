"""How a clinical table spreads over patients: whom it shares with the images, and who has which value.

Everything is counted in patients. ``imaged`` are those of the collection that have images in IDC, which is what a
condition on the value would leave; ``patients`` are all of the table. A patient with several values counts in each.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from app.catalog import Catalog
from app.clinical.columns import ClinicalColumn, columns_of
from app.clinical.sql import PATIENT, as_number, as_value, patients, present
from app.clinical.table import ClinicalTable, open_table, patients_of
from app.cohort import ClinicalClause, format_number
from app.cohort.sql import quote_name

if TYPE_CHECKING:
    import duckdb

#: Values that a distribution lists; more are added up.
MOST_VALUES = 100

#: A column of numbers with no more distinct values than this is shown value by value.
_FEW = 12

_MOST_BINS = 20


@dataclass(frozen=True, slots=True)
class Overlap:
    """Patients of a clinical table and of the collection's images."""

    in_table: int
    imaged: int
    both: int


@dataclass(frozen=True, slots=True)
class Bar:
    """A value, or an interval of numbers, and who has it.

    Parameters
    ----------
    low, high
        A value, and empty text; or the lowest and the highest number in the interval.
    label
        As people read it.
    """

    low: str
    high: str
    label: str
    patients: int
    imaged: int


@dataclass(frozen=True, slots=True)
class Distribution:
    """One column over patients.

    Parameters
    ----------
    column
        The column.
    is_numeric
        Whether `bars` are intervals, in order; else they are values, most frequent first.
    missing
        Imaged patients without a value, those who are not in the table included.
    others
        Distinct values beyond `MOST_VALUES`.
    """

    column: ClinicalColumn
    is_numeric: bool
    bars: tuple[Bar, ...]
    missing: int
    others: int = 0

    def clause(self, collection_id: str, table: str, bars: Sequence[Bar], *, missing: bool = False) -> ClinicalClause:
        """The condition that asks for these bars, and for patients without a value if `missing`.

        Intervals must be neighbours: the condition spans them.

        Raises
        ------
        QueryError
            If nothing is asked.
        """
        names = (collection_id, table, self.column.name)
        asked = True if missing else None
        if self.is_numeric and bars:
            return ClinicalClause.of(*names, gte=bars[0].low, lte=bars[-1].high, missing=asked)
        return ClinicalClause.of(*names, [bar.low for bar in bars], missing=asked)


def usable_columns(catalog: Catalog, collection_id: str, name: str) -> dict[str, ClinicalColumn]:
    """Columns that both clinical_index and the table have.

    Raises
    ------
    MissingClinicalError
        If the table is not there.
    QueryError
        If the collection has no such table.
    """
    there = set(open_table(name).columns())
    return {key: column for key, column in columns_of(catalog, collection_id, name).items() if key in there}


@lru_cache(maxsize=256)
def overlap(catalog: Catalog, collection_id: str, name: str) -> Overlap:
    """How many patients table and images share.

    Raises
    ------
    MissingClinicalError
        If the table is not there.
    """
    in_table = open_table(name).patients("true")
    _, imaged = patients_of(catalog, collection_id)
    return Overlap(len(in_table), len(imaged), len(in_table.intersection(imaged)))


@lru_cache(maxsize=1024)
def distribution(catalog: Catalog, collection_id: str, name: str, column: ClinicalColumn) -> Distribution:
    """Who has which value of a column of `usable_columns`.

    Raises
    ------
    MissingClinicalError
        If the table is not there.
    """
    table = open_table(name)
    cursor = table.cursor()
    _register(cursor, patients_of(catalog, collection_id)[1])
    having = f"SELECT DISTINCT {PATIENT} FROM ({patients(name, present(column.name))}) JOIN imaged USING ({PATIENT})"
    missing = _rows(cursor, f"SELECT (SELECT count(*) FROM imaged) - count(*) FROM ({having})")[0][0]
    low, high, distinct = _numbers(cursor, table, column)
    if distinct > _FEW and not column.labels:
        return Distribution(column, True, _intervals(cursor, table, column, _step(low, high)), missing)
    bars = _values(cursor, table, column)
    return Distribution(column, False, bars[:MOST_VALUES], missing, max(len(bars) - MOST_VALUES, 0))


def _values(cursor: duckdb.DuckDBPyConnection, table: ClinicalTable, column: ClinicalColumn) -> tuple[Bar, ...]:
    rows = _rows(
        cursor,
        f"SELECT value, count(*) AS patients, count(imaged.{PATIENT}) AS imaged"
        f" FROM (SELECT DISTINCT {PATIENT}, {as_value(column.name)} AS value FROM {quote_name(table.name)}"
        f" WHERE {present(column.name)} AND {PATIENT} IS NOT NULL) LEFT JOIN imaged USING ({PATIENT})"
        " GROUP BY value ORDER BY imaged DESC, patients DESC, value",
    )
    return tuple(Bar(value, "", column.shown(value), having, imaged) for value, having, imaged in rows)


def _numbers(
    cursor: duckdb.DuckDBPyConnection, table: ClinicalTable, column: ClinicalColumn
) -> tuple[float, float, int]:
    """Lowest and highest number, and how many distinct ones; none if any value is no number."""
    number = as_number(column.name)
    low, high, distinct, numeric = _rows(
        cursor,
        f"SELECT min({number}), max({number}), count(DISTINCT {number}), bool_and(coalesce(isfinite({number}), false))"
        f" FROM {quote_name(table.name)} WHERE {present(column.name)}",
    )[0]
    return (low, high, distinct) if numeric and max(abs(low), abs(high)) < 1e15 else (0.0, 0.0, 0)


def _step(low: float, high: float) -> float:
    """Width of the intervals: 1, 2 or 5 times a power of ten."""
    least = (high - low) / _MOST_BINS
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= least)


def _intervals(
    cursor: duckdb.DuckDBPyConnection, table: ClinicalTable, column: ClinicalColumn, step: float
) -> tuple[Bar, ...]:
    """Intervals with somebody in them; their bounds are numbers that occur, so that no two share one."""
    rows = _rows(
        cursor,
        f"SELECT min(number), max(number), count(DISTINCT {PATIENT}), count(DISTINCT imaged.{PATIENT})"
        f" FROM (SELECT {PATIENT}, {as_number(column.name)} AS number FROM {quote_name(table.name)}"
        f" WHERE {present(column.name)} AND {PATIENT} IS NOT NULL) AS row LEFT JOIN imaged USING ({PATIENT})"
        f" GROUP BY floor(number / {step!r}) ORDER BY 1",
    )
    bounds = ((format_number(low), format_number(high), having, imaged) for low, high, having, imaged in rows)
    return tuple(
        Bar(low, high, low if low == high else f"{low} to {high}", having, imaged)
        for low, high, having, imaged in bounds
    )


def _register(cursor: duckdb.DuckDBPyConnection, names: list[str]) -> None:
    import pyarrow as pa

    cursor.register("imaged", pa.table({PATIENT: pa.array(names, pa.string())}))


def _rows(cursor: duckdb.DuckDBPyConnection, query: str) -> list[Any]:
    return cursor.execute(query).fetchall()
