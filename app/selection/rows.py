"""Pages of a cohort's rows, at four levels, sorted by the database over the whole result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from app.catalog.arrays import Codes, RowNumbers, SeriesMask
from app.cohort import ATTRIBUTES, schema
from app.common.errors import UserError
from app.common.viewer_urls import viewer_url
from app.selection.selection import Selection

PAGE_SIZE = 100

#: Rows that are read for each that is wanted, at most, before they are looked up one by one.
_NEAR = 10


class Level(StrEnum):
    """What one row stands for."""

    SERIES = "series"
    STUDY = "study"
    PATIENT = "patient"
    COLLECTION = "collection"


@dataclass(frozen=True, slots=True)
class RowColumn:
    """One column of the grid: `sql` is an aggregate, except at series level; `rank` is what it is sorted by instead."""

    name: str
    label: str
    sql: str
    numeric: bool = False
    rank: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Rows `offset` … of `total`; each row maps column names, ``id`` and ``viewer`` (a URL or None) to values."""

    level: Level
    rows: list[dict[str, Any]]
    offset: int
    total: int


_KEYS = {
    Level.STUDY: ("StudyInstanceUID",),
    Level.PATIENT: ("collection_id", "PatientID"),
    Level.COLLECTION: ("collection_id",),
}

#: Headings that are shorter in a grid than in a sentence, or that no attribute has.
_LABELS = {
    "instanceCount": "Instances",
    "series_size_MB": "Size (MB)",
    "SeriesDescription": "Description",
    "series_aws_url": "S3 URL",
    "SeriesDate": "Series date",
    "SeriesNumber": "Series number",
}


#: Columns of texts that stand for numbers.
_RANKS = {
    "PatientAge": ATTRIBUTES["PatientAge"].expression,
    "SeriesNumber": "TRY_CAST(SeriesNumber AS DOUBLE)",
}


def _series_columns() -> dict[str, RowColumn]:
    columns = {}
    for name, column in schema.tables()["index"].columns.items():
        label = _LABELS.get(name) or (ATTRIBUTES[name].title if name in ATTRIBUTES else name)
        numeric = column.type in ("INTEGER", "FLOAT")
        columns[name] = RowColumn(name, label, name, numeric=numeric, rank=_RANKS.get(name, ""))
    return columns


def _list(name: str) -> str:
    return f"string_agg(DISTINCT {name}, ', ' ORDER BY {name})"


_SUMS = (
    RowColumn("series", "Series", "count(*)", numeric=True),
    RowColumn("instances", "Instances", "sum(instanceCount)::BIGINT", numeric=True),
    RowColumn("size_MB", "Size (MB)", "round(sum(series_size_MB), 6)", numeric=True),
)
_MODALITIES = RowColumn("Modality", "Modalities", _list("Modality"))
_BODY_PARTS = RowColumn("BodyPartExamined", "Body parts", _list("BodyPartExamined"))
_LICENSES = RowColumn("license_short_name", "Licenses", _list("license_short_name"))
_STUDIES = RowColumn("studies", "Studies", "count(DISTINCT StudyInstanceUID)", numeric=True)

#: Level → columns that a user may choose, in order.
COLUMNS: dict[Level, dict[str, RowColumn]] = {
    Level.SERIES: _series_columns(),
    Level.STUDY: {
        column.name: column
        for column in (
            RowColumn("collection_id", "Collection", "min(collection_id)"),
            RowColumn("PatientID", "Patient ID", "min(PatientID)"),
            RowColumn("StudyDate", "Study date", "min(StudyDate)"),
            RowColumn("StudyDescription", "Study description", "min(StudyDescription)"),
            _MODALITIES,
            _BODY_PARTS,
            *_SUMS,
            _LICENSES,
            RowColumn("StudyInstanceUID", "Study UID", "min(StudyInstanceUID)"),
        )
    },
    Level.PATIENT: {
        column.name: column
        for column in (
            RowColumn("collection_id", "Collection", "min(collection_id)"),
            RowColumn("PatientID", "Patient ID", "min(PatientID)"),
            RowColumn("PatientSex", "Sex", _list("PatientSex")),
            RowColumn("PatientAge", "Age", _list("PatientAge"), rank=f"min({_RANKS['PatientAge']})"),
            _MODALITIES,
            _BODY_PARTS,
            _STUDIES,
            *_SUMS,
            _LICENSES,
        )
    },
    Level.COLLECTION: {
        column.name: column
        for column in (
            RowColumn("collection_id", "Collection", "min(collection_id)"),
            _MODALITIES,
            _BODY_PARTS,
            RowColumn("patients", "Patients", "count(DISTINCT PatientID)", numeric=True),
            _STUDIES,
            *_SUMS,
            _LICENSES,
        )
    },
}

#: Columns shown until the user chooses others.
DEFAULT_COLUMNS: dict[Level, tuple[str, ...]] = {
    Level.SERIES: (
        "collection_id",
        "PatientID",
        "Modality",
        "BodyPartExamined",
        "SeriesDescription",
        "instanceCount",
        "series_size_MB",
        "license_short_name",
        "StudyDate",
        "SeriesInstanceUID",
    ),
    Level.STUDY: tuple(COLUMNS[Level.STUDY]),
    Level.PATIENT: tuple(COLUMNS[Level.PATIENT]),
    Level.COLLECTION: tuple(COLUMNS[Level.COLLECTION]),
}


def page(
    selection: Selection,
    level: Level = Level.SERIES,
    *,
    sort: str | None = None,
    descending: bool = False,
    offset: int = 0,
    limit: int = PAGE_SIZE,
    columns: Sequence[str] | None = None,
) -> Page:
    """One page of rows.

    Parameters
    ----------
    columns
        Names of `COLUMNS` to fetch at series level, where each costs time; the default ones unless given.
    sort
        Column to sort by, over the whole result; ties and None fall back on the catalog's order. Missing values last.
    offset, limit
        Rows before the page, and rows on it at most.

    Raises
    ------
    UserError
        If there is no column `sort` at this level.
    """
    if sort is not None and sort not in COLUMNS[level]:
        raise UserError(f"There is no column “{sort}” to sort by at {level} level.")
    if level is Level.SERIES:
        names = [name for name in COLUMNS[level] if name in (columns or DEFAULT_COLUMNS[level])]
        rows = _fetch_series(selection, _numbers(selection, sort, descending, offset, limit), names)
    else:
        rows = _groups(selection, level, sort, descending, offset, limit)
    return Page(level, rows, offset, _total(selection, level))


def _total(selection: Selection, level: Level) -> int:
    if level is Level.COLLECTION:
        return int((selection.facet_of_selected(ATTRIBUTES["collection_id"])[1:] > 0).sum())
    totals = selection.totals
    return {Level.SERIES: totals.series, Level.STUDY: totals.studies, Level.PATIENT: totals.patients}[level]


def _numbers(selection: Selection, sort: str | None, descending: bool, offset: int, limit: int) -> RowNumbers:
    """Numbers of the series on a page."""
    if sort is None:
        return selection.first_rows(offset + limit)[offset:]
    cursor = selection.catalog.cursor()
    cursor.register("chosen", {"chosen": _mask(selection)})
    with selection.catalog.sorting:
        found = cursor.execute(
            "SELECT series_row FROM series POSITIONAL JOIN chosen WHERE chosen"
            f" ORDER BY {_rank(Level.SERIES, sort)} {'DESC' if descending else 'ASC'} NULLS LAST, series_row"
            f" LIMIT {int(limit)} OFFSET {int(offset)}"
        )
        return np.asarray(found.fetchnumpy()["series_row"])


def _fetch_series(selection: Selection, numbers: RowNumbers, names: Sequence[str]) -> list[dict[str, Any]]:
    """Rows of the series with these numbers, in their order."""
    if not len(numbers):
        return []
    names_found = f"series_row, in_slide_study, StudyInstanceUID, SeriesInstanceUID, {', '.join(names)}"
    first, last = int(min(numbers)), int(max(numbers))
    if last - first < _NEAR * len(numbers):
        # Neighbours are read in one stretch, which is quicker than to look each up in the database's index.
        where = f"series_row BETWEEN {first} AND {last}"
    else:
        where = f"series_row IN ({', '.join(str(int(number)) for number in numbers)})"
    found = selection.catalog.cursor().execute(f"SELECT {names_found} FROM series WHERE {where}")
    by_number = {record[0]: record[1:] for record in found.fetchall()}
    rows = []
    for number in numbers:
        slides, study, series, *values = by_number[int(number)]
        row = dict(zip(names, values, strict=True))
        rows.append({**row, "id": series, "viewer": viewer_url(study, series, slides=slides)})
    return rows


def _rank(level: Level, sort: str) -> str:
    column = COLUMNS[level][sort]
    return column.rank or column.sql


def _groups(
    selection: Selection, level: Level, sort: str | None, descending: bool, offset: int, limit: int
) -> list[dict[str, Any]]:
    """Rows that each stand for a group of series: found first, then only these are added up."""
    columns = COLUMNS[level]
    codes = _group_codes(selection, level)
    groups = _sorted_groups(selection, codes, level, sort, descending, offset, limit)
    places = np.full(int(codes.max(initial=0)) + 1, -1, dtype=np.int32)
    places[groups] = np.arange(len(groups), dtype=np.int32)
    place = places.take(codes)
    shown = place >= 0
    cursor = selection.catalog.cursor()
    cursor.register("shown", {"series_row": selection.rows[shown].astype(np.int32), "place": place[shown]})
    listed = ", ".join(f'{column.sql} AS "{column.name}"' for column in columns.values())
    found = cursor.execute(
        f"SELECT bool_or(in_slide_study), {listed} FROM series JOIN shown USING (series_row)"
        " GROUP BY place ORDER BY place"
    )
    rows = []
    for slides, *record in found.fetchall():
        row = dict(zip(columns, record, strict=True))
        row["id"] = "/".join(str(row[key]) for key in _KEYS[level])
        row["viewer"] = viewer_url(row["StudyInstanceUID"], None, slides=slides) if level is Level.STUDY else None
        rows.append(row)
    return rows


def _group_codes(selection: Selection, level: Level) -> Codes:
    """Code of the group of each selected series."""
    array = selection.catalog.array
    if level is not Level.COLLECTION:
        return array(_KEYS[level][-1]).take(selection.rows)
    of_combination = np.zeros(selection.catalog.combination_count, dtype=np.int32)
    of_combination[array("collection_id.combination")] = array("collection_id.value")
    return of_combination.take(array("combination").take(selection.rows))


def _sorted_groups(
    selection: Selection, codes: Codes, level: Level, sort: str | None, descending: bool, offset: int, limit: int
) -> Codes:
    """Codes of the groups on a page."""
    if sort is None:
        # The catalog's order has the series of a group together, so few entries are left to look through.
        starts = codes[np.flatnonzero(np.diff(codes, prepend=-1))]
        groups, first = np.unique(starts, return_index=True)
        return groups[np.argsort(first)][offset : offset + limit]
    group = np.full(selection.catalog.series_count, -1, dtype=np.int32)
    group[selection.rows] = codes
    cursor = selection.catalog.cursor()
    cursor.register("grouped", {"code": group})
    with selection.catalog.sorting:
        found = cursor.execute(
            "SELECT code FROM series POSITIONAL JOIN grouped WHERE code >= 0 GROUP BY code"
            f" ORDER BY {_rank(level, sort)} {'DESC' if descending else 'ASC'} NULLS LAST, min(series_row)"
            f" LIMIT {int(limit)} OFFSET {int(offset)}"
        )
        return np.asarray(found.fetchnumpy()["code"])


def _mask(selection: Selection) -> SeriesMask:
    mask = np.zeros(selection.catalog.series_count, dtype=bool)
    mask[selection.rows] = True
    return mask
