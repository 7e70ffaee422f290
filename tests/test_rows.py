"""Pages of rows at four levels, against plain SQL over the parquet file."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from app.catalog import Catalog
from app.cohort import Cohort
from app.errors import UserError
from app.rows import COLUMNS, Level, page
from app.selection import Selection

QUERY = "Modality=MR&BodyPartExamined=PROSTATE"
WHERE = "Modality = 'MR' AND BodyPartExamined = 'PROSTATE'"
ORDER = {
    Level.SERIES: "collection_id, PatientID, StudyInstanceUID, SeriesInstanceUID",
    Level.STUDY: "collection_id, PatientID, StudyInstanceUID",
    Level.PATIENT: "collection_id, PatientID",
    Level.COLLECTION: "collection_id",
}
GROUPED = {
    Level.STUDY: ("StudyInstanceUID", "min(collection_id) AS collection_id, min(PatientID) AS PatientID"),
    Level.PATIENT: ("collection_id, PatientID", ""),
    Level.COLLECTION: ("collection_id", ""),
}


@pytest.fixture
def selection(catalog: Catalog) -> Selection:
    return Selection(catalog, Cohort.from_query(QUERY))


SORTS = [(Level.SERIES, name) for name in COLUMNS[Level.SERIES]] + [(Level.SERIES, None)]


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize(("level", "sort"), SORTS)
def test_series_are_sorted_over_the_whole_result(
    selection: Selection, plain: duckdb.DuckDBPyConnection, level: Level, sort: str | None, descending: bool
) -> None:
    first = f"{sort} {'DESC' if descending else 'ASC'} NULLS LAST, " if sort else ""
    names = ["SeriesInstanceUID", *([sort] if sort else [])]
    wanted = plain.execute(
        f"SELECT SeriesInstanceUID, {sort or 'NULL'} FROM index WHERE {WHERE}"
        f" ORDER BY {first}{ORDER[level]} LIMIT 25 OFFSET 1000"
    ).fetchall()
    got = page(selection, level, sort=sort, descending=descending, offset=1000, limit=25, columns=names)
    assert [(row["id"], row[sort] if sort else None) for row in got.rows] == wanted
    assert got.total == selection.totals.series == _one(plain, f"SELECT count(*) FROM index WHERE {WHERE}")


@pytest.mark.parametrize("level", GROUPED)
@pytest.mark.parametrize(("sort", "descending"), [(None, False), ("size_MB", True), ("series", False)])
def test_groups_add_up(
    selection: Selection, plain: duckdb.DuckDBPyConnection, level: Level, sort: str | None, descending: bool
) -> None:
    keys, firsts = GROUPED[level]
    first = f"{sort} {'DESC' if descending else 'ASC'}, " if sort else ""
    wanted = plain.execute(
        f"SELECT {keys}{', ' * bool(firsts)}{firsts}, count(*) AS series, sum(instanceCount) AS instances,"
        f" round(sum(series_size_MB), 6) AS size_MB FROM index WHERE {WHERE} GROUP BY {keys}"
        f" ORDER BY {first}{ORDER[level]}"
    )
    names = [column[0] for column in wanted.description or []]
    everything = [dict(zip(names, row, strict=True)) for row in wanted.fetchall()]
    got = page(selection, level, sort=sort, descending=descending, offset=2, limit=20)
    assert got.total == len(everything)
    for row, expected in zip(got.rows, everything[2:22], strict=True):
        assert {name: row[name] for name in names if name != "size_MB"} == {
            name: value for name, value in expected.items() if name != "size_MB"
        }
        assert row["size_MB"] == pytest.approx(expected["size_MB"])


def test_lists_in_groups_are_sorted_and_without_repeats(selection: Selection) -> None:
    for row in page(selection, Level.COLLECTION).rows:
        assert row["Modality"] == "MR"
        licences = row["license_short_name"].split(", ")
        assert licences == sorted(set(licences))


def test_an_empty_cohort_has_no_rows(catalog: Catalog) -> None:
    nothing = Selection(catalog, Cohort.from_query("BodyPartExamined=NOTHING"))
    for level in Level:
        assert page(nothing, level, sort=next(iter(COLUMNS[level]))).rows == []
        assert page(nothing, level).total == 0


def test_unknown_columns_can_not_be_sorted_by(selection: Selection) -> None:
    with pytest.raises(UserError, match="There is no column"):
        page(selection, sort="size; DROP TABLE index")


def _one(plain: duckdb.DuckDBPyConnection, query: str) -> Any:
    row = plain.execute(query).fetchone()
    assert row is not None
    return row[0]
