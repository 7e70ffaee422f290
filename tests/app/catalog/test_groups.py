"""What many series have in common, of nine series worked out by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.catalog.groups import Arrays, write_groups

#: Four patients; study 1 was given to two of them. A bin of 0 is a missing number.
SERIES = {
    "PatientID": [1, 1, 1, 2, 2, 3, 3, 4, 4],
    "StudyInstanceUID": [1, 1, 2, 1, 3, 4, 4, 5, 5],
    "combination": [0, 1, 0, 1, 0, 2, 0, 0, 1],
    "size.bin": [1, 2, 1, 2, 1, 1, 3, 1, 0],
    "age.bin": [1, 1, 1, 1, 1, 1, 1, 2, 1],
    "instances": [10, 1, 12, 2, 20, 100, 7, 8, 9],
    "bytes": [100, 5, 120, 6, 200, 1000, 70, 80, 90],
}

EXPECTED = {
    # Cells are the distinct triples of combination, bin of size and bin of age.
    "cell": [0, 4, 0, 4, 0, 5, 2, 1, 3],
    "cell.series": [3, 1, 1, 1, 2, 1],
    "cell.combination": [0, 0, 0, 1, 1, 2],
    "size.cell_bin": [1, 1, 3, 0, 2, 1],
    "age.cell_bin": [1, 2, 1, 1, 1, 1],
    # The first patient has two series of the first cell, which are one pair.
    "pair": [0, 1, 0, 3, 2, 5, 4, 6, 7],
    "pair.patient": [1, 1, 2, 2, 3, 3, 4, 4],
    "pair.cell": [0, 4, 0, 4, 2, 5, 1, 3],
    "patient_study.start": [0, 2, 3, 4, 5, 7],
    "patient_study.patient": [1, 1, 2, 2, 3, 4],
    "patient_study.study": [1, 2, 1, 3, 4, 5],
    "patient_study.series": [2, 1, 1, 1, 2, 2],
    "patient_study.instances": [11, 12, 2, 20, 107, 17],
    "patient_study.bytes": [105, 120, 6, 200, 1070, 170],
    # Sets of combinations: {0, 1} of the first and last patient study, {0} of two, {1}, {0, 2}.
    "patient_study.signature": [0, 1, 2, 1, 3, 0],
    "signature.combination": [0, 1, 0, 1, 0, 2],
    "signature.start": [0, 2, 3, 4],
    # Of patients: {0, 1} of three, {0, 2} of one.
    "profile.owner": [0, 0, 1, 1],
    "profile.combination": [0, 1, 0, 2],
    "profile.patients": [3, 1],
}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("groups")
    for name, values in SERIES.items():
        np.save(folder / f"{name}.npy", np.array(values))
    write_groups(Arrays(folder), ["size", "age"])
    return folder


def test_nothing_else_is_written(written: Path) -> None:
    assert {path.name.removesuffix(".npy") for path in written.iterdir()} == {*SERIES, *EXPECTED}


@pytest.mark.parametrize("name", EXPECTED)
def test_groups(written: Path, name: str) -> None:
    assert np.load(written / f"{name}.npy").tolist() == EXPECTED[name]


@pytest.mark.parametrize(("highest", "dtype"), [(0, "u1"), (255, "u1"), (256, "u2"), (65_535, "u2"), (65_536, "u4")])
def test_codes_are_as_narrow_as_they_can_be(tmp_path: Path, highest: int, dtype: str) -> None:
    Arrays(tmp_path).write_codes("codes", np.array([0, highest], dtype=np.int64))
    read = np.load(tmp_path / "codes.npy")
    assert (read.dtype, read.tolist()) == (np.dtype(dtype), [0, highest])


def test_many_ranges_do_not_outgrow_their_numbers(tmp_path: Path) -> None:
    """Ten ranges of a hundred bins would make 10^20 cells, more than a number has room for."""
    names = [f"range{number}" for number in range(10)]
    series = {name: np.array(values) for name, values in SERIES.items() if not name.endswith(".bin")}
    bins = {f"{name}.bin": np.array([0, 99, 0, 0, 0, 0, 0, 0, 0], np.uint8) for name in names}
    for name, values in (series | bins).items():
        np.save(tmp_path / f"{name}.npy", values)
    write_groups(Arrays(tmp_path), names)
    assert np.load(tmp_path / "cell.npy").tolist() == [0, 2, 0, 1, 0, 3, 0, 0, 1]
