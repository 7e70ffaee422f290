"""Histograms of columns: the labels name ranges that partition the values, counted here one by one."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from decimal import Decimal

import duckdb
import pyarrow as pa
import pytest

from app.console.bins import histogram

_DICE = random.Random(1)
_NUMBERS = {
    "few whole ones": [1, 1, 5, None, 3],
    "many whole ones": [_DICE.randrange(-500, 90_000) for _ in range(900)],
    "real ones": [_DICE.gauss(0, 0.002) for _ in range(900)],
    "nothing finite": [float("nan"), float("inf"), 0.1, 0.2, 0.30000000000000004, None],
    "one": [7.25] * 3,
    "huge": [-1e300, 1e300],
    "decimals": [Decimal("0.10"), Decimal("99.95")],
}


@pytest.mark.parametrize("values", _NUMBERS.values(), ids=_NUMBERS.keys())
def test_every_finite_number_is_in_the_range_that_its_label_names(values):
    labels, counts = histogram(pa.chunked_array([pa.array(values)]))
    finite = [float(v) for v in values if v is not None and abs(float(v)) < float("inf")]
    bounds = [tuple(map(float, label.split(" to "))) for label in labels]
    assert 1 <= len(labels) <= 90
    for bound, count in zip(bounds, counts, strict=True):
        low, high = bound if len(bound) == 2 else (bound[0], bound[0] + 1)
        slack = (high - low) * 1e-6
        assert sum(low + slack <= v < high - slack for v in finite) <= count
        assert count <= sum(low - slack <= v < high + slack for v in finite)
    assert sum(counts) == len(finite)
    assert [bound[-1] for bound in bounds[:-1] if len(bound) == 2] == [
        bound[0] for bound in bounds[1:] if len(bound) == 2
    ]


def test_times_are_counted_by_a_fitting_unit_with_empty_ones_between():
    days = [dt.date(2020, 1, 1) + dt.timedelta(days=_DICE.randrange(900)) for _ in range(30)]
    labels, counts = histogram(pa.chunked_array([days]))
    found = dict(zip(labels, counts, strict=True))
    assert {label: count for label, count in found.items() if count} == Counter(f"{day:%Y-%m}" for day in days)
    assert labels == sorted(labels)
    assert labels[0] == f"{min(days):%Y-%m}"
    moments = [dt.datetime(2020, 2, 29, 23, 59, second) for second in (1, 2, 2)]
    assert histogram(pa.chunked_array([moments])) == (["2020-02-29 23:59:01", "2020-02-29 23:59:02"], [1, 2])


def test_other_values_are_counted_as_they_are_the_most_frequent_first():
    assert histogram(pa.chunked_array([["b", "a", None, "b", "c"]])) == (["b", "a", "c"], [2, 1, 1])
    assert histogram(pa.chunked_array([[True, False, True]])) == (["True", "False"], [2, 1])
    assert histogram(pa.chunked_array([[[1], [1], [2]]])) == (["[1]", "[2]"], [2, 1])


def test_infinity_is_no_moment():
    column = duckdb.sql(
        "SELECT unnest([DATE 'infinity', DATE '-infinity', DATE '2020-03-01']) AS day"
    ).fetch_arrow_table()["day"]
    assert histogram(column) == (["2020-03-01"], [1])


@pytest.mark.parametrize("kind", [pa.int64(), pa.float64(), pa.string(), pa.date32(), pa.list_(pa.int64())], ids=str)
def test_nothing_has_no_ranges(kind):
    assert histogram(pa.chunked_array([pa.array([None, None], kind)])) == ([], [])
    assert histogram(pa.chunked_array([], kind)) == ([], [])
