"""The regions of a Venn diagram hold each patient once, and exactly those that their name says."""

import numpy as np
import pytest

from app.cohort.clauses import Scope
from app.cohort.cohort import Cohort, Operation
from app.selection.selection import Selection
from app.selection.venn import combined, count, regions
from tests.support import truth, truth_clauses

A, B, C = map(Cohort.from_query, ("Modality=CT", "Modality=SEG", "Modality=PT&scope=study"))


def units(cohort: Cohort, unit: Scope) -> set:
    codes = {
        Scope.SERIES: np.arange(len(truth.patients())),
        Scope.STUDY: truth.encoded("StudyInstanceUID").codes,
        Scope.PATIENT: truth.patients(),
    }[unit]
    return set(codes[truth_clauses.mask(cohort)])


@pytest.mark.parametrize("unit", list(Scope))
@pytest.mark.parametrize("cohorts", [(A, B), (A, B, C)], ids=["two", "three"])
def test_regions(cohorts, unit, catalog):
    sets = [units(cohort, unit) for cohort in cohorts]
    found = regions(catalog, cohorts, unit)
    assert len(found) == 2 ** len(cohorts) - 1
    for region in found:
        inside = set.intersection(*(sets[position] for position in region.inside))
        others = [members for position, members in enumerate(sets) if position not in region.inside]
        assert region.count(unit) == len(inside.difference(*others)), region.inside
    assert sum(region.count(unit) for region in found) == len(set.union(*sets))


def test_all_together(catalog):
    sets = [units(cohort, Scope.PATIENT) for cohort in (A, B, C)]
    expected = {
        Operation.UNION: set.union(*sets),
        Operation.INTERSECTION: set.intersection(*sets),
        Operation.DIFFERENCE: sets[0] - sets[1] - sets[2],
    }
    for operation, members in expected.items():
        cohort = combined(operation, (A, B, C), Scope.PATIENT)
        assert count(Selection(catalog, cohort).totals, Scope.PATIENT) == len(members)
