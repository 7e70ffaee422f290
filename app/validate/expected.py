"""What is to be in a folder: series with their files and bytes, as the index has them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.catalog import Catalog, open_catalog
from app.catalog.arrays import RowNumbers
from app.cohort import ATTRIBUTES
from app.cohort.json_form import from_text, is_json
from app.common.errors import UserError
from app.imports import MAX_BYTES, report
from app.selection import Selection

_BATCH = 20_000
_IDENTIFIERS = ("SeriesInstanceUID", "crdc_series_uuid")


@dataclass(frozen=True, slots=True)
class ExpectedSeries:
    """A series of the index: identifiers, ``instanceCount`` and exact bytes."""

    uid: str
    study: str
    patient: str
    crdc_uuid: str
    instances: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Expectation:
    """The series that are wanted.

    Parameters
    ----------
    name
        What it was made from.
    unknown
        Entries of a manifest that this release does not hold.
    """

    name: str
    series: tuple[ExpectedSeries, ...]
    unknown: tuple[str, ...] = ()


def listing(text: str) -> Expectation:
    """Listing of a query in either form or of a manifest, where `text` is no query and names a file.

    Raises
    ------
    UserError
        If the query is invalid, the file is no list, or no series is meant.
    """
    # A query is never looked for among the files: it may come from a page.
    found = of_manifest(Path(text)) if names_file(text) else of_query(text)
    if not found.series:
        raise UserError("No series of this release is meant; widen the cohort, or give another manifest.")
    return found


def names_file(text: str) -> bool:
    """Whether it is the name of a file that is there, rather than a query."""
    return bool(text) and "=" not in text and not is_json(text) and Path(text).is_file()


def of_query(query: str) -> Expectation:
    """Listing of a cohort in URL form or as JSON."""
    cohort = from_text(query)
    opened = open_catalog()
    return Expectation(cohort.to_query() or "all of IDC", _read(opened, Selection(opened, cohort).rows))


def of_manifest(path: Path) -> Expectation:
    """Listing of a manifest, or of any other list of identifiers.

    Raises
    ------
    UserError
        If the file is too large, or no list of identifiers.
    """
    import pyarrow as pa

    opened = open_catalog()
    if path.stat().st_size > MAX_BYTES:
        raise UserError(f"{path.name} has more than {MAX_BYTES / 1e6:.0f} MB: give the cohort's query instead.")
    brought = report(path.read_bytes(), opened)
    cursor = opened.cursor()
    cursor.register("asked", pa.table({"value": pa.array(brought.found.values, pa.string())}))
    found = cursor.execute(
        f"SELECT series_row FROM series SEMI JOIN asked ON value = {brought.found.attribute} ORDER BY series_row"
    ).fetchnumpy()
    return Expectation(path.name, _read(opened, np.asarray(found["series_row"])), (*brought.older, *brought.not_found))


def find(identifiers: Collection[str]) -> tuple[ExpectedSeries, ...]:
    """The series of this release with one of these SeriesInstanceUIDs or CRDC UUIDs."""
    opened, asked = open_catalog(), sorted(identifiers)
    rows = {
        int(row)
        for name in _IDENTIFIERS
        if name in ATTRIBUTES
        for row in opened.rows_of_unique(ATTRIBUTES[name], asked)
    }
    return _read(opened, np.array(sorted(rows), dtype=np.int64))


def _read(opened: Catalog, rows: RowNumbers) -> tuple[ExpectedSeries, ...]:
    found: list[ExpectedSeries] = []
    for start in range(0, len(rows), _BATCH):
        cursor = opened.cursor()
        cursor.register("chosen", {"series_row": rows[start : start + _BATCH].astype("int32")})
        found += (
            ExpectedSeries(*row)
            for row in cursor.execute(
                "SELECT SeriesInstanceUID, StudyInstanceUID, PatientID, crdc_series_uuid, instanceCount,"
                " round(series_size_MB * 1e6)::BIGINT FROM series SEMI JOIN chosen USING (series_row)"
                " ORDER BY series_row"
            ).fetchall()
        )
    return tuple(found)
