"""Conditions on one attribute, against series counted by hand."""

from __future__ import annotations

import pytest

from app.catalog.catalog import Catalog
from app.cohort.attributes import ATTRIBUTES
from app.cohort.cohort import Cohort
from app.selection import masks
from tests.support.small_catalog import marked, marks


def met(catalog: Catalog, query: str) -> list[int]:
    """Rows that meet everything a query asks of its one attribute, each mask looked at by itself."""
    ((name, asked),) = Cohort.from_query(query).by_attribute().items()
    attribute = ATTRIBUTES[name]
    if attribute.is_facet:
        return marked(masks.of_combinations(catalog, attribute, asked)[catalog.array("combination")])
    return marked(masks.of_rows(catalog, attribute, asked))


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("Modality=MR", [0, 1, 3, 5]),
        ("Modality=CT&Modality=PT", [6, 7, 9, 10]),
        ("Modality=XA", []),
        ("Modality__not=MR&Modality__not=XA", [2, 4, 6, 7, 8, 9, 10, 11]),
        ("Modality__contains=t", [6, 7, 9, 10, 11]),
        ("BodyPartExamined=LUNG", [10]),
        ("BodyPartExamined__not=BRAIN", [4, 6, 7, 8, 9, 10, 11]),
        ("BodyPartExamined__not=BRAIN&BodyPartExamined__missing=false", [6, 7, 8, 9, 10]),
        ("BodyPartExamined=BRAIN&BodyPartExamined__missing=true", [0, 1, 2, 3, 4, 5, 11]),
        ("BodyPartExamined__missing=true", [4, 11]),
        ("BodyPartExamined__missing=false", [0, 1, 2, 3, 5, 6, 7, 8, 9, 10]),
        ("Manufacturer=Siemens&Manufacturer=GE&Manufacturer__not=GE", [0, 1, 3, 6, 7]),
        # What is said of a collection holds of each of its series; both have lymphomas.
        ("cancer_types=Glioma", [0, 1, 2, 3, 4, 5]),
        ("cancer_types=Lymphoma", [*range(12)]),
        ("cancer_types__not=Glioma", [6, 7, 8, 9, 10, 11]),
        ("species__not=Mouse", [*range(12)]),
        ("species__missing=true", [6, 7, 8, 9, 10, 11]),
    ],
)
def test_listed_values(tiny: Catalog, query: str, rows: list[int]) -> None:
    assert met(tiny, query) == rows


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("instanceCount__gte=60", [6, 7, 9, 10]),
        ("instanceCount__gte=10&instanceCount__lte=20", [0, 1, 3]),
        ("instanceCount=1&instanceCount=30", [2, 4, 5, 8, 11]),
        ("instanceCount__not=1", [0, 1, 3, 5, 6, 7, 9, 10]),
        ("series_size_MB__gte=30&series_size_MB__lte=45", [7, 9, 10]),
        # 18 months are a year and a half; a missing age is not less than anything.
        ("PatientAge__lte=2", [5]),
        ("PatientAge=1.5", [5]),
        ("PatientAge__gte=40&PatientAge__lte=55", [0, 1, 2, 3, 9, 10, 11]),
        ("PatientAge__not=40", [4, 5, 6, 7, 8, 9, 10, 11]),
        ("PatientAge__lte=2&PatientAge__missing=true", [4, 5]),
        ("PatientAge__missing=true", [4]),
        ("StudyDate__gte=2004-07-02", [10]),
        ("StudyDate__gte=2001-03-21&StudyDate__lte=2003-01-01", [3, 5, 6, 7, 8]),
        ("StudyDate__missing=true", [11]),
    ],
)
def test_numbers_and_dates(tiny: Catalog, query: str, rows: list[int]) -> None:
    assert met(tiny, query) == rows


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("SeriesDescription__contains=T1", [0, 3, 5]),
        ("SeriesDescription__contains=2_a", [1]),
        ("SeriesDescription__contains=%25&SeriesDescription__contains=coronal", [5, 10]),
        ("SeriesDescription=Thorax", [6, 9]),
        ("SeriesDescription__not=Thorax", [0, 1, 2, 3, 4, 5, 7, 8, 10, 11]),
        ("SeriesDescription__contains=thorax&SeriesDescription__not=Thorax", [7, 10]),
        ("SeriesDescription__missing=true", [2, 11]),
        # Two collections have a patient of this name.
        ("PatientID=P1", [0, 1, 2, 3, 6, 7, 8]),
        ("PatientID__not=P1", [4, 5, 9, 10, 11]),
        ("PatientID__contains=3", [9, 10, 11]),
        ("StudyInstanceUID=2.1&StudyInstanceUID=2.5", [0, 1, 2, 4, 9, 10, 11]),
        ("SeriesInstanceUID=1.111&SeriesInstanceUID=1.100&SeriesInstanceUID=1.999", [0, 11]),
        ("SeriesInstanceUID__not=1.111", [*range(11)]),
    ],
)
def test_texts_and_identifiers(tiny: Catalog, query: str, rows: list[int]) -> None:
    assert met(tiny, query) == rows


PRESENT = marks(4, [0, 1, 2])  # the last has no value
HOLDING = {"eq": marks(4, [0, 1]), "contains": marks(4, [1]), "not": marks(4, [0]), "gte": marks(4, [2])}


@pytest.mark.parametrize(
    ("operators", "missing", "expected"),
    [
        (["eq"], None, [0, 1]),
        (["eq"], "true", [0, 1, 3]),
        (["eq", "contains"], None, [1]),
        (["eq", "gte"], None, []),
        # "None of" alone keeps what has no value; beside another operator it does not.
        (["not"], None, [1, 2, 3]),
        (["not"], "false", [1, 2]),
        (["not"], "true", [1, 2, 3]),
        (["not", "eq"], None, [1]),
        ([], "true", [3]),
        ([], "false", [0, 1, 2]),
    ],
)
def test_operators_of_one_attribute_join(operators: list[str], missing: str | None, expected: list[int]) -> None:
    asked = dict.fromkeys(operators, ("x",)) | ({"missing": (missing,)} if missing else {})
    holding = {operator: HOLDING[operator] for operator in operators}
    assert marked(masks.meet(asked, PRESENT, holding)) == expected
