"""Samples and splits, against the rule worked out by hand: patients stand in the order of an MD5 of their names."""

from __future__ import annotations

from hashlib import md5

import numpy as np
import pytest

from app.catalog.catalog import Catalog
from app.cohort.clauses import PARTS, Sample, Split
from app.selection.samples import sampled, split_parts
from tests.support.small_catalog import SERIES

#: Patient → its rows and their bytes.
ROWS = {"brain/P1": [0, 1, 2, 3], "brain/P2": [4, 5], "chest/P1": [6, 7, 8], "chest/P3": [9, 10, 11]}
BYTES = {"brain/P1": 5_000_000, "brain/P2": 4_100_000, "chest/P1": 80_250_000, "chest/P3": 85_050_000}

#: Seed → patients in the order of the MD5 of seed, slash and patient, with the digits that each of these begins with.
ORDERS = {
    0: {"chest/P1": "256218", "brain/P2": "5617f1", "brain/P1": "db76a2", "chest/P3": "fc1c33"},
    3: {"chest/P3": "10d1c0", "chest/P1": "13ba68", "brain/P1": "ce8938", "brain/P2": "dd8531"},
}

EVERYTHING = np.arange(12)


def patients(rows: np.ndarray) -> set[str]:
    """Patients of rows, of whom none may lack a row."""
    found = {f"{SERIES[row]['collection_id']}/{SERIES[row]['PatientID']}" for row in rows}
    assert rows.tolist() == sorted(row for patient in found for row in ROWS[patient])
    return found


def hexdigest(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()


@pytest.mark.parametrize("seed", ORDERS)
@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_the_first_patients_of_the_draw(tiny: Catalog, seed: int, count: int) -> None:
    order = ORDERS[seed]
    assert [*order] == sorted(ROWS, key=lambda patient: hexdigest(f"{seed}/{patient}"))
    assert all(hexdigest(f"{seed}/{patient}").startswith(digits) for patient, digits in order.items())
    assert patients(sampled(tiny, EVERYTHING, Sample(count), seed)) == {*[*order][:count]}


def test_only_the_cohorts_own_series_and_patients(tiny: Catalog) -> None:
    """Of the series with MR or CT: their patients are drawn as among all, and bring these series alone."""
    rows = np.array([0, 1, 3, 5, 6, 9, 10])
    assert sampled(tiny, rows, Sample(2), 0).tolist() == [5, 6]
    assert sampled(tiny, rows, Sample(1), 3).tolist() == [9, 10]
    assert sampled(tiny, np.array([0, 4]), Sample(1), 0).tolist() == [4]
    assert sampled(tiny, np.zeros(0, np.int64), Sample(1), 0).tolist() == []


@pytest.mark.parametrize(
    ("gigabytes", "expected"),
    [
        # Seed 0 draws 80.25 MB, 4.1 MB, 5 MB and 85.05 MB, one after the other.
        ("1", {*ROWS}),
        ("0.09", {"chest/P1", "brain/P2", "brain/P1"}),
        ("0.08935", {"chest/P1", "brain/P2", "brain/P1"}),
        ("0.089349999", {"chest/P1", "brain/P2"}),
        # The second no longer fits, which ends it: the third is not asked.
        ("0.081", {"chest/P1"}),
        # Patients larger than all of it are passed over.
        ("0.05", {"brain/P2", "brain/P1"}),
        ("0.0041", {"brain/P2"}),
        ("0.004", set()),
    ],
)
def test_until_the_next_would_be_too_large(tiny: Catalog, gigabytes: str, expected: set[str]) -> None:
    assert {patient: sum(tiny.array("bytes")[rows].tolist()) for patient, rows in ROWS.items()} == BYTES
    assert patients(sampled(tiny, EVERYTHING, Sample.of(gigabytes=gigabytes), 0)) == expected


@pytest.mark.parametrize(
    ("by", "seed", "order"),
    [
        # Two of each collection: the first of each stands at a quarter, the second at three.
        ("collection_id", 3, ["chest/P3", "brain/P1", "chest/P1", "brain/P2"]),
        # Siemens (first, third drawn) at 1/4 and 3/4, Philips (second) and GE (fourth) at 1/2.
        ("Manufacturer", 0, ["chest/P1", "brain/P2", "chest/P3", "brain/P1"]),
        # A patient counts under the first of its values: both of `brain` under MR, both of `chest` under CT.
        ("Modality", 3, ["chest/P3", "brain/P1", "chest/P1", "brain/P2"]),
        # Nobody's sex is known, which makes one stratum of all.
        ("PatientSex", 3, [*ORDERS[3]]),
    ],
)
def test_spread_evenly(tiny: Catalog, by: str, seed: int, order: list[str]) -> None:
    for count in range(1, 5):
        assert patients(sampled(tiny, EVERYTHING, Sample(count, by=by), seed)) == {*order[:count]}


def test_spread_evenly_until_it_is_too_large(tiny: Catalog) -> None:
    """80.25 MB, 4.1 MB, and 85.05 MB that no longer fit."""
    assert patients(sampled(tiny, EVERYTHING, Sample.of(gigabytes="0.09", by="Manufacturer"), 0)) == {
        "chest/P1",
        "brain/P2",
    }


@pytest.mark.parametrize(
    ("by", "seed", "rows", "order"),
    [
        ("", 0, EVERYTHING, [*ORDERS[0]]),
        ("", 3, EVERYTHING, [*ORDERS[3]]),
        # The strata stand one behind the other, in the order of the MD5 of seed, slash and value: here `brain` first,
        ("collection_id", 0, EVERYTHING, ["brain/P2", "brain/P1", "chest/P1", "chest/P3"]),
        # here `chest`,
        ("collection_id", 3, EVERYTHING, ["chest/P3", "chest/P1", "brain/P1", "brain/P2"]),
        # here GE, none, Siemens: without its MR, the second patient has no manufacturer.
        ("Manufacturer", 0, np.delete(EVERYTHING, 5), ["chest/P3", "brain/P2", "chest/P1", "brain/P1"]),
    ],
)
def test_a_split_deals_the_patients_out(tiny: Catalog, by: str, seed: int, rows: np.ndarray, order: list[str]) -> None:
    """Half of them to train and a quarter to each other part: train, validation, train, test."""
    parts = split_parts(tiny, rows, Split((50, 25, 25), by), seed)
    dealt = dict(zip(order, ("train", "validation", "train", "test"), strict=True))
    wanted = [dealt[f"{SERIES[row]['collection_id']}/{SERIES[row]['PatientID']}"] for row in rows]
    assert [PARTS[part - 1] for part in parts] == wanted


def test_strata_are_shuffled_by_their_md5() -> None:
    """As the expected orders above take for granted."""
    assert hexdigest("0/brain") < hexdigest("0/chest")
    assert hexdigest("3/chest") < hexdigest("3/brain")
    assert hexdigest("0/GE") < hexdigest("0/") < hexdigest("0/Siemens")
