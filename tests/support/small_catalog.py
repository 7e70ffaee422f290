"""A made-up release of twelve series, built by the app's own code: small enough to work out by hand what it holds.

Four patients, two of them called P1, in two collections; five studies, of which 2.1 was given to two patients and 2.5
has two dates. A row of the catalog is a row of `SERIES`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from app.catalog import build
from app.catalog.arrays import Mask
from app.catalog.catalog import Catalog
from app.cohort import schema
from app.common.settings import Settings

_COLUMNS = (
    "collection_id",
    "PatientID",
    "StudyInstanceUID",
    "Modality",
    "BodyPartExamined",
    "StudyDate",
    "PatientAge",
    "Manufacturer",
    "SeriesDescription",
    "instanceCount",
    "series_size_MB",
)

_ROWS: tuple[tuple[Any, ...], ...] = (
    ("brain", "P1", "2.1", "MR", "BRAIN", "2001-03-01", "040Y", "Siemens", "T1 axial", 10, 1.0),  # 0
    ("brain", "P1", "2.1", "MR", "BRAIN", "2001-03-01", "040Y", "Siemens", "T2_axial", 20, 2.0),  # 1
    ("brain", "P1", "2.1", "SEG", "BRAIN", "2001-03-01", "040Y", None, None, 1, 0.5),  # 2
    ("brain", "P1", "2.2", "MR", "BRAIN", "2001-03-21", "040Y", "Siemens", "T1 axial", 12, 1.5),  # 3
    ("brain", "P2", "2.1", "SR", None, "2001-03-01", None, None, "Findings", 1, 0.1),  # 4
    ("brain", "P2", "2.3", "MR", "BRAIN", "2002-05-05", "018M", "Philips", "t1 coronal", 30, 4.0),  # 5
    ("chest", "P1", "2.4", "CT", "CHEST", "2003-01-01", "060Y", "Siemens", "Thorax", 100, 50.0),  # 6
    ("chest", "P1", "2.4", "PT", "CHEST", "2003-01-01", "060Y", "Siemens", "Thorax PET", 60, 30.0),  # 7
    ("chest", "P1", "2.4", "SEG", "CHEST", "2003-01-01", "060Y", None, "Lungs", 1, 0.25),  # 8
    ("chest", "P3", "2.5", "CT", "CHEST", "2004-07-01", "055Y", "GE", "Thorax", 80, 40.0),  # 9
    ("chest", "P3", "2.5", "CT", "LUNG", "2004-07-04", "055Y", "GE", "Thorax 100%", 90, 45.0),  # 10
    ("chest", "P3", "2.5", "RTSTRUCT", None, None, "055Y", None, None, 1, 0.05),  # 11
)

SERIES = [dict(zip(_COLUMNS, row, strict=True)) for row in _ROWS]

#: What is said of the collections; `chest` names no species.
COLLECTIONS = [
    {"collection_id": "brain", "cancer_types": "Glioma, Lymphoma", "species": "Human"},
    {"collection_id": "chest", "cancer_types": "Lymphoma", "species": None},
]


def uid(row: int) -> str:
    """SeriesInstanceUID of a row."""
    return f"1.{100 + row}"


def build_in(folder: Path) -> Catalog:
    """The catalog of this release, with its parquet files, in `folder`."""
    index = [row | {"SeriesInstanceUID": uid(number)} for number, row in enumerate(SERIES)]
    rows = {"index": index, "collections_index": COLLECTIONS}
    tables = {}
    for name, table in schema.tables().items():
        if table.parquet:
            path = folder / f"{name}.parquet"
            described = parquet.read_schema(table.parquet).remove_metadata()
            parquet.write_table(pa.Table.from_pylist(rows.get(name, []), described), path)
            tables[name] = replace(table, parquet=path)
    with (
        mock.patch.object(schema, "tables", return_value=tables),
        mock.patch.object(build, "settings", return_value=Settings(folder)),
    ):
        return Catalog(build.ensure_built())


def marked(mask: Mask) -> list[int]:
    """Numbers of what a mask marks."""
    return np.flatnonzero(mask).tolist()


def marks(count: int, numbers: Iterable[int]) -> Mask:
    """Mask of so many, of which `numbers` are marked."""
    mask = np.zeros(count, dtype=bool)
    mask[list(numbers)] = True
    return mask
