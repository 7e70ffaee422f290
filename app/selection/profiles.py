"""Patients per value: each counts once, however many series of it have the value.

Patients who have the same set of combinations count alike in every facet, so they are counted as one *profile* with a
weight. Without conditions on single series the profiles stand in the catalog; with them, they are found anew among the
patients that are left.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from app.catalog import Catalog, is_of_collection
from app.catalog.arrays import (
    CombinationMask,
    CombinationNumbers,
    Counts,
    Hashes,
    Mask,
    Numbers,
    PairNumbers,
    ProfileNumbers,
)
from app.cohort import Attribute


class Profiles:
    """Entries of (profile, combination), sorted by profile, and how many patients have each profile."""

    def __init__(
        self, catalog: Catalog, owners: ProfileNumbers, combinations: CombinationNumbers, patients: Counts
    ) -> None:
        self._catalog = catalog
        self._owners = owners
        self._combinations = combinations
        self._patients = patients

    @classmethod
    def of_everybody(cls, catalog: Catalog) -> Profiles:
        """All patients of the release with all their combinations."""
        array = catalog.array
        return cls(catalog, array("profile.owner"), array("profile.combination"), array("profile.patients"))

    @classmethod
    def of_pairs(cls, catalog: Catalog, pairs: PairNumbers) -> Profiles:
        """Patients with the combinations of some of their series.

        Sets are told apart by the sum of a random 64-bit number per combination, which no two of a hundred thousand
        sets share, but for a chance of one in a billion.

        Parameters
        ----------
        pairs
            Numbers of pairs of (patient, cell), ascending.
        """
        patients = catalog.array("pair.patient").take(pairs)
        combinations = catalog.array("cell.combination").take(catalog.array("pair.cell").take(pairs))
        new_patient = _differs(patients)
        entries = np.flatnonzero(new_patient | _differs(combinations))
        combinations, starts = combinations.take(entries), np.flatnonzero(new_patient.take(entries))
        if not len(starts):
            return cls(catalog, entries, combinations, entries)
        sums = np.add.reduceat(_random_numbers(catalog.combination_count).take(combinations), starts)
        _, first, weights = np.unique(sums, return_index=True, return_counts=True)
        lengths = np.diff(starts, append=len(entries)).take(first)
        owners = np.repeat(np.arange(len(first)), lengths)
        offsets = np.arange(len(owners)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        return cls(catalog, owners, combinations.take(np.repeat(starts.take(first), lengths) + offsets), weights)

    def count(self, attribute: Attribute, allowed: CombinationMask | None) -> Counts:
        """Patients per code of a listed attribute; entry 0 counts those with a series that lacks a value.

        Parameters
        ----------
        allowed
            Mask of the combinations to look at; None for all.
        """
        owners, combinations = self._owners, self._combinations
        if allowed is not None:
            kept = np.flatnonzero(allowed.take(combinations))
            owners, combinations = owners.take(kept), combinations.take(kept)
        if is_of_collection(attribute):
            # A patient belongs to one collection, so any one of its combinations tells all values.
            first = np.flatnonzero(_differs(owners))
            weights = self._patients.take(owners.take(first))
            per_combination = np.bincount(combinations.take(first), weights, self._catalog.combination_count)
            return per_value(self._catalog, attribute, per_combination.astype(np.int64))
        codes, lengths, starts = self._catalog.codes_of_combinations(attribute)
        counts = lengths.take(combinations)
        of_entry = np.repeat(np.arange(len(combinations)), counts)
        offsets = np.arange(len(of_entry)) - np.repeat(np.cumsum(counts) - counts, counts)
        found = codes.take(starts.take(combinations).take(of_entry) + offsets)
        width = len(self._catalog.values(attribute)) + 1
        marks = np.zeros(len(self._patients) * width, dtype=bool)
        marks[owners.take(of_entry).astype(np.int64) * width + found] = True
        marked = np.flatnonzero(marks)
        return np.bincount(marked % width, self._patients.take(marked // width), width).astype(np.int64)


def per_value(catalog: Catalog, attribute: Attribute, per_combination: Counts) -> Counts:
    """Sum a count per combination over the values of `attribute`: one count per code; entry 0 is what has no value."""
    codes, lengths, _ = catalog.codes_of_combinations(attribute)
    weights = np.repeat(per_combination, lengths)
    return np.bincount(codes, weights, len(catalog.values(attribute)) + 1).astype(np.int64)


def _differs(numbers: Numbers) -> Mask:
    """Mask of the entries that differ from the one before; the first does."""
    mask = np.ones(len(numbers), dtype=bool)
    np.not_equal(numbers[1:], numbers[:-1], out=mask[1:])
    return mask


@lru_cache(maxsize=1)
def _random_numbers(count: int) -> Hashes:
    """A random 64-bit number for each combination."""
    return np.random.default_rng(0).integers(2**63, size=count, dtype=np.uint64)
