"""Series seen through their studies and patients, against series counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from app.catalog.catalog import Catalog
from app.cohort.clauses import Completion, Relation, Scope
from app.cohort.cohort import Cohort, Combination, Operation
from app.selection.relations import combination_mask, completed, in_scope, members, relation_mask
from tests.support.small_catalog import marked

MR, CT, PT = [0, 1, 3, 5], [6, 9, 10], [7]


@pytest.mark.parametrize(
    ("key", "inner", "others", "rows"),
    [
        ("patient_has", "Modality=MR", MR, [0, 1, 2, 3, 4, 5]),
        ("patient_lacks", "Modality=MR", MR, [6, 7, 8, 9, 10, 11]),
        ("study_has", "Modality=PT", PT, [6, 7, 8]),
        ("study_lacks", "Modality=PT", PT, [0, 1, 2, 3, 4, 5, 9, 10, 11]),
        # Study 2.1 was given to two patients: what one has of it, the study has.
        ("study_has", "Modality=MR", [0, 1, 3, 5], [0, 1, 2, 3, 4, 5]),
        ("study_has", "Modality=MR&at_least=2", MR, [0, 1, 2, 4]),
        ("patient_has", "Modality=MR&at_least=3", MR, [0, 1, 2, 3]),
        ("patient_lacks", "Modality=MR&at_least=3", MR, [4, 5, 6, 7, 8, 9, 10, 11]),
        # Three MR series of the first patient are of two studies, and two CT series of the last are of one.
        ("patient_has", "Modality=MR&at_least=2&of=studies", MR, [0, 1, 2, 3]),
        ("patient_has", "Modality=MR&at_least=3&of=studies", MR, []),
        ("patient_has", "Modality=CT&at_least=2&of=studies", CT, []),
        ("patient_has", "at_least=2&of=studies", [*range(12)], [0, 1, 2, 3, 4, 5]),
        ("patient_has", "Modality=XA", [], []),
        ("patient_lacks", "Modality=XA", [], [*range(12)]),
    ],
)
def test_what_a_patient_or_study_has(tiny: Catalog, key: str, inner: str, others: list[int], rows: list[int]) -> None:
    assert marked(relation_mask(tiny, Relation.parse(key, inner), np.array(others, dtype=np.int64))) == rows


@pytest.mark.parametrize(
    ("inner", "rows"),
    [
        # The MR studies of the first patient are 20 days apart.
        ("Modality=MR&at_least=3&within_days=19", []),
        ("Modality=MR&at_least=3&within_days=20", [0, 1, 2, 3]),
        ("Modality=MR&at_least=2&of=studies&within_days=19", []),
        ("Modality=MR&at_least=2&of=studies&within_days=20", [0, 1, 2, 3]),
        # The report of the second patient is a year before the MR.
        ("Modality=MR&within_days=0", [0, 1, 2, 3, 5]),
        ("Modality=MR&within_days=365", [0, 1, 2, 3, 5]),
        ("Modality=MR&within_days=430", [0, 1, 2, 3, 4, 5]),
        # The CT study has two dates, three days apart: two series of one study; the undated series is near nothing.
        ("Modality=CT&at_least=2&within_days=2", []),
        ("Modality=CT&at_least=2&within_days=3", [9, 10]),
        ("Modality=CT&at_least=2&of=studies&within_days=3", []),
    ],
)
def test_what_a_patient_has_near_in_time(tiny: Catalog, inner: str, rows: list[int]) -> None:
    others = np.array(MR if "MR" in inner else CT)
    having, lacking = (
        relation_mask(tiny, Relation.parse(f"patient_{verb}", inner), others) for verb in ("has", "lacks")
    )
    assert marked(having) == rows
    assert marked(lacking) == [row for row in range(12) if row not in rows]


@pytest.mark.parametrize(
    ("operation", "unit", "rows"),
    [
        (Operation.UNION, Scope.SERIES, [0, 1, 2, 3, 5, 6, 8]),
        (Operation.INTERSECTION, Scope.SERIES, [6]),
        (Operation.DIFFERENCE, Scope.SERIES, [0, 1, 3, 5]),
        (Operation.INTERSECTION, Scope.STUDY, [0, 1, 2, 6, 8]),
        (Operation.DIFFERENCE, Scope.STUDY, [3, 5]),
        (Operation.INTERSECTION, Scope.PATIENT, [0, 1, 2, 3, 6, 8]),
        (Operation.DIFFERENCE, Scope.PATIENT, [5]),
    ],
)
def test_two_cohorts(tiny: Catalog, operation: Operation, unit: Scope, rows: list[int]) -> None:
    """All MR and the first CT; the two segmentations, and that CT too."""
    left, right = np.array([*MR, 6]), np.array([2, 6, 8])
    combination = Combination.of(operation, Cohort(), Cohort.from_query("Modality=SEG"), unit)
    assert marked(combination_mask(tiny, combination, left, right)) == rows


@pytest.mark.parametrize(
    ("scope", "rows", "codes"),
    [
        (Scope.SERIES, [4, 9], None),
        (Scope.STUDY, [0, 1, 2, 4, 9, 10, 11], [1, 5]),
        (Scope.PATIENT, [4, 5, 9, 10, 11], [2, 4]),
    ],
)
def test_whole_studies_and_patients(tiny: Catalog, scope: Scope, rows: list[int], codes: list[int] | None) -> None:
    assert in_scope(tiny, np.array([4, 9]), scope).tolist() == rows
    if codes:
        assert marked(members(tiny, np.array([4, 9]), scope)) == codes


@pytest.mark.parametrize(
    ("rows", "added", "expected"),
    [
        ([0], [Completion.DERIVED], [0, 2, 4]),
        ([2], [Completion.SOURCES], [0, 1, 2]),
        ([2], [Completion.DERIVED], [2]),
        ([0], [Completion.SOURCES], [0]),
        ([3, 9], [Completion.DERIVED], [3, 9, 11]),
        ([5, 11], [Completion.SOURCES], [5, 9, 10, 11]),
        # What was added calls for nothing more: the second image of the study stays out.
        ([0, 8], [Completion.DERIVED, Completion.SOURCES], [0, 2, 4, 6, 7, 8]),
        ([], [Completion.DERIVED, Completion.SOURCES], []),
    ],
)
def test_what_was_derived_from_what(
    tiny: Catalog, rows: list[int], added: list[Completion], expected: list[int]
) -> None:
    assert completed(tiny, np.array(rows, dtype=np.int64), added).tolist() == expected
