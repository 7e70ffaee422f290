"""Pages at every level, sorted by every column both ways, against plain SQL that is sorted in Python."""

from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pyarrow as pa
import pytest

from app.cohort.cohort import Cohort
from app.common.errors import UserError
from app.selection.rows import COLUMNS, DEFAULT_COLUMNS, PAGE_SIZE, Level, page
from app.selection.selection import Selection
from tests.support import truth

#: Series of 50 collections, of several modalities in one study, with and without values.
VIEWER_HOST = "https://viewer.imaging.datacommons.cancer.gov"
COHORT = Cohort.from_query("instanceCount=7")

LISTED = "nullif(array_to_string(list_sort(list_distinct(list({0}))), ', '), '')"
SUMS = {
    "series": "count(SeriesInstanceUID)",
    "instances": "sum(instanceCount)::BIGINT",
    "size_MB": "sum(round(series_size_MB * 1e6)::BIGINT)::DOUBLE / 1e6",
}
LISTS = {name: LISTED.format(name) for name in ("Modality", "BodyPartExamined", "license_short_name")}
STUDIES = {"studies": "len(list_distinct(list(StudyInstanceUID)))"}

#: Level → its key, and column → SQL, written otherwise than in the app.
EXPECTED = {
    Level.SERIES: ("SeriesInstanceUID", {name: f"first({name})" for name in COLUMNS[Level.SERIES]}),
    Level.STUDY: (
        "StudyInstanceUID",
        {"StudyInstanceUID": "StudyInstanceUID", **LISTS, **SUMS}
        | {
            name: f"list_sort(list({name}) FILTER ({name} IS NOT NULL))[1]"
            for name in ("collection_id", "PatientID", "StudyDate", "StudyDescription")
        },
    ),
    Level.PATIENT: (
        "collection_id, PatientID",
        {"collection_id": "collection_id", "PatientID": "PatientID", **LISTS, **SUMS, **STUDIES}
        | {name: LISTED.format(name) for name in ("PatientSex", "PatientAge")},
    ),
    Level.COLLECTION: (
        "collection_id",
        {"collection_id": "collection_id", "patients": "len(list_distinct(list(PatientID)))"}
        | {**LISTS, **SUMS, **STUDIES},
    ),
}
ORDER = ("collection_id", "PatientID", "StudyInstanceUID", "SeriesInstanceUID")


@pytest.fixture(scope="module")
def rows_of(plain_connection) -> dict[Level, list[dict]]:
    """All rows of the cohort at each level, in the default order."""
    found = {}
    with plain_connection.cursor() as cursor:
        cursor.register("wanted", pa.table({"file_row_number": truth.mask(COHORT).nonzero()[0]}))
        for level, (keys, columns) in EXPECTED.items():
            chosen = ", ".join(f"{sql} AS {name}" for name, sql in columns.items())
            rows = cursor.execute(
                f"SELECT {chosen} FROM index SEMI JOIN wanted USING (file_row_number) GROUP BY {keys}"
            )
            rows = rows.to_arrow_table().to_pylist()
            found[level] = sorted(rows, key=lambda row: [row[name] for name in ORDER if name in row])
    return found


YEARS = {"Y": 1, "M": 12, "W": 52.1775, "D": 365.25}


def years(age: str) -> float | None:
    """A DICOM age in years."""
    return int(age[:3]) / YEARS[age[-1]] if age[:3].isdigit() and age[-1] in YEARS else None


def rank(value, column: str):
    """What a value is sorted by; None if it counts as missing."""
    if value is None:
        return None
    if column == "SeriesNumber":
        return float(value)
    if column == "PatientAge":
        return min((found for age in value.split(", ") if (found := years(age)) is not None), default=None)
    return value


def in_order(rows: list[dict], column: str, descending: bool) -> list[dict]:
    """Sorted as a user expects: ties as they stood, missing values last either way."""
    ranks = [rank(row[column], column) for row in rows]
    places = {value: place for place, value in enumerate(sorted(set(ranks) - {None}))}
    present = [(places[value], row) for value, row in zip(ranks, rows, strict=True) if value is not None]
    present.sort(key=lambda pair: -pair[0] if descending else pair[0])
    return [row for _, row in present] + [row for value, row in zip(ranks, rows, strict=True) if value is None]


def shown(rows: list[dict], names: set[str]) -> list[dict]:
    return [{name: row[name] for name in names} for row in rows]


@pytest.mark.parametrize(("level", "column"), [(level, name) for level in Level for name in COLUMNS[level]])
def test_sorted_pages(level, column, catalog, rows_of):
    selection = Selection(catalog, COHORT)
    names = set(rows_of[level][0])
    assert names == set(COLUMNS[level])
    for descending in (False, True):
        expected = in_order(rows_of[level], column, descending)
        for offset in (0, 20, len(expected) - 10):
            found = page(
                selection, level, sort=column, descending=descending, offset=offset, limit=20, columns=list(names)
            )
            assert shown(found.rows, names) == expected[offset : offset + 20], (descending, offset)
            assert (found.offset, found.total) == (offset, len(expected))


def test_ages_and_numbers_are_no_texts(rows_of):
    ages = {row["PatientAge"] for row in rows_of[Level.SERIES]} - {None}
    assert sorted(ages) != sorted(ages, key=lambda age: (years(age) is None, years(age)))
    numbers = {row["SeriesNumber"] for row in rows_of[Level.SERIES]} - {None}
    assert sorted(numbers) != sorted(numbers, key=float)


@pytest.mark.parametrize("level", Level)
def test_default_order_and_columns(level, catalog, rows_of):
    names = set(DEFAULT_COLUMNS[level])
    for offset in (0, 13):
        found = page(Selection(catalog, COHORT), level, offset=offset)
        assert shown(found.rows, names) == shown(rows_of[level][offset : offset + PAGE_SIZE], names)
        assert set(found.rows[0]) == names | {"id", "viewer"}


def test_every_place_of_the_default_order(catalog, plain):
    ordered = plain.execute(f"SELECT file_row_number, SeriesInstanceUID FROM index ORDER BY {', '.join(ORDER)}")
    numbers, uids = ordered.fetchnumpy().values()
    for query in ("", "Modality=SM", "Modality=MR&BodyPartExamined=BREAST", "collection_id__not=nlst"):
        cohort = Cohort.from_query(query)
        expected = uids[truth.mask(cohort)[numbers]]
        for offset in (0, len(expected) // 3, len(expected) - 30):
            found = page(Selection(catalog, cohort), offset=offset, limit=50, columns=["SeriesInstanceUID"])
            assert [row["id"] for row in found.rows] == list(expected[offset : offset + 50])


def test_many_sort_all_of_idc_at_once(catalog, plain):
    expected = plain.execute(
        "SELECT StudyInstanceUID FROM index GROUP BY StudyInstanceUID"
        f" ORDER BY {LISTS['BodyPartExamined']} DESC NULLS LAST, min(collection_id), min(PatientID), StudyInstanceUID"
        " LIMIT 20 OFFSET 50000"
    ).fetchall()
    everything = Selection(catalog, Cohort())

    def ids(_):
        found = page(everything, Level.STUDY, sort="BodyPartExamined", descending=True, offset=50_000, limit=20)
        return [(row["id"],) for row in found.rows]

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(ids, range(4))) == [expected] * 4


@pytest.mark.parametrize("level", Level)
def test_ids_are_unique(level, catalog, rows_of):
    found = page(Selection(catalog, COHORT), level, limit=100_000)
    assert len({row["id"] for row in found.rows}) == len(rows_of[level]) == found.total


@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("query", ["", "PatientID=LUNG1-215", "Modality=SM&PatientSex__missing=false"])
def test_totals(level, query, catalog):
    cohort = Cohort.from_query(query)
    wanted = truth.mask(cohort)
    totals = truth.totals(wanted)
    expected = {
        Level.SERIES: totals.series,
        Level.STUDY: totals.studies,
        Level.PATIENT: totals.patients,
        Level.COLLECTION: len(pd.unique(truth.encoded("collection_id").codes[wanted])),
    }
    assert page(Selection(catalog, cohort), level, limit=1).total == expected[level]


@pytest.mark.parametrize("level", Level)
def test_beyond_the_end(level, catalog):
    assert page(Selection(catalog, COHORT), level, offset=10**6).rows == []
    assert page(Selection(catalog, COHORT), level, sort="Modality", offset=10**6).rows == []


def test_viewers_open_slides_in_slim_and_the_rest_in_ohif(catalog, plain):
    selection = Selection(catalog, COHORT)
    slides = plain.execute("SELECT DISTINCT StudyInstanceUID FROM index WHERE Modality = 'SM'").fetchall()
    slide_studies = {study for (study,) in slides}
    rows = page(selection, columns=["StudyInstanceUID"], limit=10_000).rows
    assert {row["StudyInstanceUID"] in slide_studies for row in rows} == {True, False}
    for row in rows:
        study, series = row["StudyInstanceUID"], row["id"]
        if study in slide_studies:
            assert row["viewer"] == f"{VIEWER_HOST}/slim/studies/{study}/series/{series}"
        else:
            path = f"/v3/viewer/?StudyInstanceUIDs={study}&initialSeriesInstanceUID={series}"
            assert row["viewer"] == VIEWER_HOST + path
    for row in page(selection, Level.STUDY, limit=10_000).rows:
        study = row["StudyInstanceUID"]
        path = f"/slim/studies/{study}" if study in slide_studies else f"/v3/viewer/?StudyInstanceUIDs={study}"
        assert row["viewer"] == VIEWER_HOST + path
    assert {row["viewer"] for row in page(selection, Level.PATIENT).rows} == {None}


def test_an_empty_cohort_has_no_rows(catalog):
    nothing = Selection(catalog, Cohort.from_query("BodyPartExamined=NOTHING"))
    for level in Level:
        assert page(nothing, level, sort=next(iter(COLUMNS[level]))).rows == []
        assert page(nothing, level).rows == []
        assert page(nothing, level).total == 0


def test_unknown_columns_can_not_be_sorted_by(catalog):
    with pytest.raises(UserError, match="There is no column"):
        page(Selection(catalog, COHORT), sort="size; DROP TABLE index")
