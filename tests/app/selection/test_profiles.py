"""Patients per value, against patients counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from app.catalog.catalog import Catalog
from app.cohort.attributes import ATTRIBUTES
from app.selection.profiles import Profiles, per_value
from tests.support.small_catalog import marks

#: Patients per value; the empty text stands for patients with a series that has none.
EVERYBODY = {
    "Modality": {"MR": 2, "CT": 2, "PT": 1, "SEG": 2, "SR": 1, "RTSTRUCT": 1},
    "BodyPartExamined": {"BRAIN": 2, "CHEST": 2, "LUNG": 1, "": 2},
    "Manufacturer": {"Siemens": 2, "Philips": 1, "GE": 1, "": 4},
    "collection_id": {"brain": 2, "chest": 2},
    "cancer_types": {"Glioma": 2, "Lymphoma": 4},
    "species": {"Human": 2, "": 2},
}


def counted(catalog: Catalog, profiles: Profiles, name: str, rows: list[int] | None = None) -> dict[str, int]:
    """Patients per value that occurs, of the combinations of `rows` alone if given."""
    attribute = ATTRIBUTES[name]
    allowed = None if rows is None else marks(catalog.combination_count, catalog.array("combination")[rows].tolist())
    counts = profiles.count(attribute, allowed).tolist()
    return {value: n for value, n in zip(["", *catalog.values(attribute)], counts, strict=True) if n}


@pytest.mark.parametrize("name", EVERYBODY)
def test_everybody(tiny: Catalog, name: str) -> None:
    assert counted(tiny, Profiles.of_everybody(tiny), name) == EVERYBODY[name]


@pytest.mark.parametrize("name", EVERYBODY)
def test_all_pairs_are_everybody(tiny: Catalog, name: str) -> None:
    pairs = np.arange(len(tiny.array("pair.patient")))
    assert counted(tiny, Profiles.of_pairs(tiny, pairs), name) == EVERYBODY[name]


def test_in_some_combinations(tiny: Catalog) -> None:
    """The CT combinations are of two patients; only one of the two has a series of a lung."""
    everybody = Profiles.of_everybody(tiny)
    assert counted(tiny, everybody, "Modality", [6, 9, 10]) == {"CT": 2}
    assert counted(tiny, everybody, "BodyPartExamined", [6, 9, 10]) == {"CHEST": 2, "LUNG": 1}
    assert counted(tiny, everybody, "cancer_types", [6, 9, 10]) == {"Lymphoma": 2}
    assert counted(tiny, everybody, "Modality", []) == {}


@pytest.mark.parametrize(
    ("rows", "modalities", "cancers"),
    [
        ([0, 1], {"MR": 1}, {"Glioma": 1, "Lymphoma": 1}),
        ([0, 1, 5], {"MR": 2}, {"Glioma": 2, "Lymphoma": 2}),
        ([2, 4, 8, 11], {"SEG": 2, "SR": 1, "RTSTRUCT": 1}, {"Glioma": 2, "Lymphoma": 4}),
        ([6, 9], {"CT": 2}, {"Lymphoma": 2}),
        ([], {}, {}),
    ],
)
def test_of_some_series(tiny: Catalog, rows: list[int], modalities: dict[str, int], cancers: dict[str, int]) -> None:
    some = Profiles.of_pairs(tiny, np.unique(tiny.array("pair")[rows]))
    assert counted(tiny, some, "Modality") == modalities
    assert counted(tiny, some, "cancer_types") == cancers


def test_series_per_value(tiny: Catalog) -> None:
    """A number per combination counts for each of its values, and for the missing one."""
    series = tiny.array("combination.series")
    of_sex, of_part, of_cancer = (
        per_value(tiny, ATTRIBUTES[name], series).tolist()
        for name in ("PatientSex", "BodyPartExamined", "cancer_types")
    )
    assert of_sex == [12]
    assert of_part == [2, 5, 4, 1]  # none, BRAIN, CHEST, LUNG
    assert of_cancer == [0, 6, 12]  # none, Glioma, Lymphoma
