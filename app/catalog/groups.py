"""What many series have in common, written once into the catalog so that counts need not look at a million rows.

A *cell* is a distinct pair of a combination and the histogram bins of all ranges: some ten thousand stand for all
series, and what all facets count is a sum over them. A *patient study* is a distinct pair of (patient, study). Patient
studies have few distinct sets of combinations, their *signatures*, and patients have few, their *profiles*: whether a
condition on listed attributes meets a study or a patient is answered per signature or profile.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from app.catalog.arrays import (
    CellNumbers,
    CombinationNumbers,
    Numbers,
    PatientCodes,
    PatientStudyNumbers,
    Starts,
    StoredArray,
)


class Arrays:
    """Named arrays in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, name: str, array: StoredArray) -> None:
        """Keep an array."""
        np.save(self._folder / f"{name}.npy", np.asarray(array), allow_pickle=False)

    def write_codes(self, name: str, codes: Numbers) -> None:
        """Keep whole numbers from 0 up, as narrow as they can be."""
        self.write(name, codes.astype(np.min_scalar_type(int(codes.max()))))

    def read(self, name: str) -> StoredArray:
        """An array kept earlier."""
        return np.asarray(np.load(self._folder / f"{name}.npy", allow_pickle=False))


def write_groups(arrays: Arrays, ranges: list[str]) -> None:
    """Write cells, pairs of (patient, cell), patient studies, signatures and profiles.

    Parameters
    ----------
    arrays
        Holds ``combination``, ``PatientID``, ``StudyInstanceUID``, ``instances``, ``bytes`` and ``<range>.bin`` per
        series, series of a patient together and of a study together within them.
    ranges
        Names of the attributes with histograms.
    """
    combination = arrays.read("combination").astype(np.int64)
    patient = arrays.read("PatientID").astype(np.int64)
    cells = _write_cells(arrays, combination, ranges)
    _write_pairs(arrays, patient, cells)
    starts = _write_patient_studies(arrays, patient)
    _write_signatures(arrays, np.repeat(np.arange(len(starts)), arrays.read("patient_study.series")), combination)
    _write_profiles(arrays, patient - 1, combination)


def _write_cells(arrays: Arrays, combination: CombinationNumbers, ranges: list[str]) -> CellNumbers:
    """Cells in the order of their combinations; returns the cell of each series."""
    keys = combination
    for name in ranges:
        bins = arrays.read(f"{name}.bin").astype(np.int64)
        # Numbered anew after each range, so that the product never outgrows 64 bits.
        _, keys = np.unique(keys * (int(bins.max()) + 1) + bins, return_inverse=True)
    _, first, cells = np.unique(keys, return_index=True, return_inverse=True)
    arrays.write_codes("cell", cells)
    arrays.write("cell.series", np.bincount(cells))
    arrays.write_codes("cell.combination", combination[first])
    for name in ranges:
        arrays.write(f"{name}.cell_bin", arrays.read(f"{name}.bin")[first])
    return np.asarray(cells)


def _write_pairs(arrays: Arrays, patient: PatientCodes, cells: CellNumbers) -> None:
    """The distinct pairs of (patient, cell), in order, and the pair of each series."""
    size = int(cells.max()) + 1
    pairs, of_row = np.unique(patient * size + cells, return_inverse=True)
    arrays.write_codes("pair", of_row)
    arrays.write_codes("pair.patient", pairs // size)
    arrays.write_codes("pair.cell", pairs % size)


def _write_patient_studies(arrays: Arrays, patient: PatientCodes) -> Starts:
    """The patient studies in the order of the rows, with what their series add up to; returns where each begins.

    Nearly every study has one patient; where a UID was given twice, it is one study of two.
    """
    study = arrays.read("StudyInstanceUID").astype(np.int64)
    starts = np.flatnonzero((np.diff(patient, prepend=0) != 0) | (np.diff(study, prepend=0) != 0))
    arrays.write("patient_study.start", starts)
    arrays.write_codes("patient_study.patient", patient[starts])
    arrays.write_codes("patient_study.study", study[starts])
    arrays.write("patient_study.series", np.diff(starts, append=len(patient)))
    for name in ("instances", "bytes"):
        arrays.write(f"patient_study.{name}", np.add.reduceat(arrays.read(name).astype(np.int64), starts))
    return starts


def _write_signatures(arrays: Arrays, patient_studies: PatientStudyNumbers, combination: CombinationNumbers) -> None:
    """The signature of each patient study; entries of all signatures, one behind the other, and where each begins."""
    of_patient_study, combinations, starts = _distinct_sets(patient_studies, combination)
    arrays.write_codes("patient_study.signature", of_patient_study)
    arrays.write_codes("signature.combination", combinations)
    arrays.write("signature.start", starts)


def _write_profiles(arrays: Arrays, patients: Numbers, combination: CombinationNumbers) -> None:
    """Entries of all profiles, as parallel arrays of (profile, combination), and how many patients have each."""
    of_patient, combinations, starts = _distinct_sets(patients, combination)
    lengths = np.diff(starts, append=len(combinations))
    arrays.write_codes("profile.owner", np.repeat(np.arange(len(starts)), lengths))
    arrays.write_codes("profile.combination", combinations)
    arrays.write("profile.patients", np.bincount(of_patient))


def _distinct_sets(owners: Numbers, members: Numbers) -> tuple[Numbers, Numbers, Starts]:
    """Number the distinct sets of members that owners have.

    Parameters
    ----------
    owners
        Owner of each entry, numbered from 0 without gaps.
    members
        Member of each entry.

    Returns
    -------
    tuple of arrays
        The number of each owner's set; the members of all sets, one set behind the other; where each set begins.
    """
    size = int(members.max()) + 1
    pairs = np.unique(owners * size + members)
    ends = np.flatnonzero(np.diff(pairs // size, append=-1)) + 1
    numbers: dict[bytes, int] = {}
    found = [part.tobytes() for part in np.split(pairs % size, ends[:-1])]
    of_owner = np.array([numbers.setdefault(members_of_one, len(numbers)) for members_of_one in found])
    sets = [np.frombuffer(one, dtype=np.int64) for one in numbers]
    lengths = np.array([len(one) for one in sets])
    return of_owner, np.concatenate(sets), np.cumsum(lengths) - lengths
