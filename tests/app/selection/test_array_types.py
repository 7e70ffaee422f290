"""Arrays are what their types say, at run time: mypy sees past most of what numpy gives."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from app.catalog import array_store
from app.catalog import catalog as opened_catalog
from app.catalog.arrays import Counts, RowNumbers, SeriesMask, StoredArray
from app.catalog.catalog import Catalog, extra_attributes
from app.cohort import schema
from app.cohort.attributes import ATTRIBUTES
from app.cohort.cohort import Cohort
from app.selection import entries, masks, profiles, relations, rows, samples
from app.selection import selection as evaluated
from app.selection.rows import COLUMNS, Level, page
from app.selection.selection import Selection
from app.selection.unknown import unknown_in
from tests.support import tables
from tests.support.array_types import contradicts, watched
from tests.support.clause_cohorts import EXAMPLES, random_clause_cohorts
from tests.support.cohorts import random_cohorts

MODULES = (array_store, opened_catalog, entries, masks, profiles, relations, rows, samples, evaluated)


@pytest.mark.parametrize(
    ("hint", "good", "bad"),
    [
        (RowNumbers, np.arange(3), np.zeros(3)),
        (RowNumbers, np.arange(3, dtype=np.uint16), np.zeros(3, dtype=bool)),
        (Counts, np.arange(3), np.arange(3, dtype=np.uint64)),
        (SeriesMask, np.ones(3, dtype=bool), np.ones((3, 1), dtype=bool)),
        (SeriesMask | None, None, np.arange(3)),
        (StoredArray, np.zeros(3), [0.0]),
        (tuple[Counts, SeriesMask], (np.arange(3), np.ones(3, dtype=bool)), (np.arange(3), np.arange(3))),
        (dict[str, SeriesMask], {"eq": np.ones(3, dtype=bool)}, {"eq": np.ones(3)}),
    ],
)
def test_what_contradicts(hint, good, bad):
    assert not contradicts(hint, good)
    assert contradicts(hint, bad)


@pytest.fixture
def opened(catalog, tmp_path) -> Iterator[Catalog]:
    """The catalog of a data folder of its own, with all tables that can be fetched."""
    home = tables.data_folder(tmp_path)
    tables.write(home / "tables" / schema.data_version())
    with tables.working_in(home) as changed:
        yield changed


def test_every_array_is_what_its_type_says(opened):
    fetched = "ct_SliceThickness__gte=1&ct_ConvolutionKernel=B30f"
    written = ("Modality=SEG", "SeriesInstanceUID=1.2", "PatientID__contains=a", fetched, "")
    cohorts = [*map(Cohort.from_query, (*written, *EXAMPLES.values())), *random_clause_cohorts(20, 7)]
    profiles._random_numbers.cache_clear()
    with watched(MODULES) as (uncalled, found):
        for cohort in (*cohorts, *random_cohorts(40, 7)):
            selection = Selection(opened, cohort)
            selection.facets("series")
            selection.facets("patients")
            selection.scopes()
            unknown_in(opened, cohort)
            selection.totals_by(ATTRIBUTES["Modality"])
            assert len(selection.parts) == len(selection.rows)
        for level in Level:
            page(Selection(opened, cohorts[0]), level, sort=next(iter(COLUMNS[level])))
            page(Selection(opened, cohorts[0]), level)
        for unit in ("series", "patients"):
            for attribute in extra_attributes(["ct_index"]):
                Selection(opened, cohorts[0]).facet(attribute, unit)
    assert (uncalled, found) == (set(), [])
