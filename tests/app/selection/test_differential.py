"""Random cohorts mean the same series to the catalog, to the compiled SQL and to the specification."""

import numpy as np
import pytest

from app.cohort.attributes import BASE_ATTRIBUTES
from app.cohort.cohort import Cohort
from app.cohort.conditions import Condition, format_number
from app.cohort.operators import operators_of
from app.language.statement import select
from app.selection.selection import Selection
from tests.support import truth
from tests.support.cohorts import every_shape, random_cohorts

COHORTS = random_cohorts(max(300, every_shape()), seed=25)


def test_cohorts_use_everything_and_find_something(catalog):
    used = {(condition.attribute, condition.operator) for cohort in COHORTS for condition in cohort}
    together = {tuple(asked) for cohort in COHORTS for asked in cohort.by_attribute().values()}
    offered = ((a.name, operator) for a in BASE_ATTRIBUTES.values() for operator in operators_of(a))
    assert used == {(name, operator.key) for name, operator in offered if not operator.of_lists}
    assert together >= {("eq", "missing"), ("not", "missing"), ("gte", "lte", "missing"), ("eq", "not")}
    assert {len(cohort.by_attribute()) for cohort in COHORTS} == {1, 2, 3, 4}
    sizes = [Selection(catalog, cohort).totals.series for cohort in COHORTS]
    assert sum(size > 0 for size in sizes) > 200
    assert sum(0 < size < 10_000 for size in sizes) > 50


@pytest.mark.parametrize("number", range(len(COHORTS)))
def test_same_series(number, catalog, plain, number_of_row):
    cohort = COHORTS[number]
    expected = truth.mask(cohort)

    selection = Selection(catalog, cohort)
    found = plain.execute(select(cohort, ["file_row_number"])).fetchnumpy()["file_row_number"]

    assert np.array_equal(truth.marked(number_of_row[selection.rows]), expected), cohort.to_query()
    assert np.array_equal(truth.marked(found), expected), select(cohort)
    assert selection.totals == truth.totals(expected)


def test_ages_of_weeks_and_days_compare_exactly(catalog, plain):
    """Their quotients have 17 digits, which SQL must read as the very number that the division gives."""
    ages = sorted({age for age in truth.values_of("PatientAge").values if age is not None})
    broken = [age for age in ages if len(format_number(age)) > 15]
    assert len(broken) > 50
    every = Cohort.of([Condition.of("PatientAge", "eq", map(format_number, broken))])
    bounds = [
        Cohort.from_query(f"PatientAge__{key}={format_number(age)}") for age in broken[::9] for key in ("gte", "lte")
    ]
    for cohort in (every, *bounds):
        series = truth.totals(truth.mask(cohort)).series
        assert series > 0
        assert plain.execute(f"SELECT count(*) FROM ({select(cohort)})").fetchone() == (series,)
        assert Selection(catalog, cohort).totals.series == series
