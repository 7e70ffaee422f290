"""Which series a cohort means, and what they add up to: the one evaluation behind every count, row and file.

Conditions become masks at the level where they are cheapest: listed attributes over the few thousand distinct
*combinations* of their values, everything else over the series. A facet counts under all other attributes'
conditions, so masks are kept per attribute and joined as needed. Text conditions are answered by DuckDB over the
dictionary of distinct texts, with the same SQL that the cohort compiles to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from app import masks
from app.attributes import ATTRIBUTES, Attribute
from app.build import is_of_collection
from app.catalog import Catalog, listed_attributes, range_attributes
from app.clauses import PARTS, Scope
from app.cohort import Cohort
from app.relations import combination_mask, completed, in_scope, members, relation_mask
from app.samples import dealt, drawn
from app.shelf import Array
from app.tables import entries


@dataclass(frozen=True, slots=True)
class Totals:
    """What a selection adds up to; `size_bytes` is exact."""

    patients: int
    studies: int
    series: int
    instances: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class FacetCounts:
    """Counts of one attribute under the conditions of all others.

    Parameters
    ----------
    counts
        One entry per code (listed attributes) or bin (ranges); entry 0 counts the series without a value.
    """

    attribute: Attribute
    counts: Array


class Selection:
    """The series of one cohort in one catalog.

    `rows`, `totals` and whatever is said of the selected series hold for the whole cohort; facets count what matches,
    before the cohort's scope, additions, sample or split make more or less of it.
    """

    def __init__(self, catalog: Catalog, cohort: Cohort) -> None:
        self.catalog = catalog
        self.cohort = cohort
        self._combination_masks: dict[str, Array] = {}
        self._row_masks: dict[str, Array] = {}
        catalog.require(cohort.tables())
        for name, asked in cohort.by_attribute().items():
            attribute = ATTRIBUTES[name]
            if attribute.is_extra:
                self._row_masks[name] = entries.of_series(catalog, attribute, asked)
            elif attribute.is_facet:
                self._combination_masks[name] = masks.of_combinations(catalog, attribute, asked)
            else:
                self._row_masks[name] = masks.of_rows(catalog, attribute, asked)
        for relation in cohort.relations:
            others = Selection(catalog, Cohort(relation.conditions)).rows
            self._row_masks[f"{relation.key}={relation.value}"] = relation_mask(catalog, relation, others)
        for combination in cohort.combinations:
            left, right = (Selection(catalog, side).rows for side in (combination.left, combination.right))
            name = f"{combination.operation}={combination.value}"
            self._row_masks[name] = combination_mask(catalog, combination, left, right)

    @classmethod
    def of_rows(cls, catalog: Catalog, rows: Array) -> Selection:
        """Just these series."""
        found = cls(catalog, Cohort())
        mask = np.zeros(catalog.series_count, dtype=bool)
        mask[rows] = True
        found._row_masks["rows"] = mask
        return found

    @cached_property
    def result(self) -> Selection:
        """The cohort's series as a selection of its own, whose facets count them."""
        return self if self.cohort.is_plain else self.of_rows(self.catalog, self.rows)

    @cached_property
    def rows(self) -> Array:
        """Row numbers of the series, ascending, which is the catalog's default order; int64."""
        part = self.cohort.split.part if self.cohort.split else ""
        return self._rows_of_everybody[self._parts == PARTS.index(part) + 1] if part else self._rows_of_everybody

    @property
    def parts(self) -> Array:
        """For each of `rows` the number of its part, from 1; 0 without a split."""
        part = self.cohort.split.part if self.cohort.split else ""
        return self._parts[self._parts == PARTS.index(part) + 1] if part else self._parts

    @cached_property
    def _rows_of_everybody(self) -> Array:
        """Rows before a split keeps only one part."""
        cohort = self.cohort
        rows = in_scope(self.catalog, self._matching_rows, cohort.scope)
        if cohort.added:
            rows = completed(self.catalog, rows, cohort.added)
        return drawn(self.catalog, rows, cohort.sample, cohort.seed) if cohort.sample else rows

    @cached_property
    def _parts(self) -> Array:
        rows, split = self._rows_of_everybody, self.cohort.split
        return dealt(self.catalog, rows, split, self.cohort.seed) if split else np.zeros(len(rows), dtype=np.int8)

    def scopes(self) -> dict[Scope, Totals]:
        """Totals of the matching series, of their studies and of their patients."""
        array = self.catalog.array
        matching = self._totals(None)
        if matching.series == self.catalog.series_count:
            return dict.fromkeys(Scope, matching)
        found = {Scope.SERIES: matching}
        patients, studies = array("stay.patient"), array("stay.study")
        for scope, unit in ((Scope.STUDY, studies), (Scope.PATIENT, patients)):
            marks = members(self.catalog, self._matching_rows, scope)
            stays = np.flatnonzero(marks.take(unit))
            sums = (int(array(f"stay.{name}").take(stays).sum()) for name in ("series", "instances", "bytes"))
            seen = np.zeros(self.catalog.study_count + 1, dtype=bool)
            seen[studies.take(stays)] = True
            found[scope] = Totals(_count_runs(patients.take(stays)), int(np.count_nonzero(seen)), *sums)
        return found

    @cached_property
    def _matching_rows(self) -> Array:
        return self._rows_without(None)

    @cached_property
    def _patients(self) -> Array:
        """Patient of each matching series."""
        return self.catalog.array("PatientID").take(self._matching_rows).astype(np.int64)

    @cached_property
    def totals(self) -> Totals:
        """Patients, studies, series, instances and bytes."""
        return self.result._totals(None)

    def totals_by(self, attribute: Attribute) -> dict[str, Totals]:
        """Totals of the selected series per value of a listed attribute, for values that occur."""
        members = self.catalog.array(f"{attribute.name}.combination")
        values = self.catalog.array(f"{attribute.name}.value")
        counts = self.facet_of_selected(attribute)
        found = {}
        for code, value in enumerate(self.catalog.values(attribute), start=1):
            if counts[code]:
                having = np.zeros(self.catalog.combination_count, dtype=bool)
                having[members[values == code]] = True
                found[value] = self.result._totals(having)
        return found

    def _totals(self, within: Array | None) -> Totals:
        """Totals of the selected series in the combinations `within`, or of all."""
        array = self.catalog.array
        if self._row_masks:
            rows = self._matching_rows
            if within is not None:
                rows = rows[within.take(array("combination").take(rows))]
            studies = np.zeros(self.catalog.study_count + 1, dtype=bool)
            studies[array("StudyInstanceUID").take(rows)] = True
            return Totals(
                patients=_count_runs(array("PatientID").take(rows)),
                studies=int(np.count_nonzero(studies)),
                series=len(rows),
                instances=int(array("instances").take(rows).sum(dtype=np.int64)),
                size_bytes=int(array("bytes").take(rows).sum()),
            )
        allowed = _all_of([mask for mask in (self._combinations_without(None), within) if mask is not None])
        if allowed is None:
            allowed = np.ones(self.catalog.combination_count, dtype=bool)
        pairs = allowed.take(array("pair.combination"), mode="clip")
        visits = allowed.take(array("visit.combination"), mode="clip")
        return Totals(
            patients=_count_runs(array("pair.patient")[pairs]),
            studies=_count_runs(array("visit.study")[visits]),
            series=int(array("combination.series")[allowed].sum()),
            instances=int(array("combination.instances")[allowed].sum()),
            size_bytes=int(array("combination.bytes")[allowed].sum()),
        )

    def facet(self, attribute: Attribute, unit: str = "series") -> FacetCounts:
        """Counts of one attribute under all other conditions.

        Parameters
        ----------
        attribute
            A listed or a range attribute.
        unit
            What is counted: ``series`` or ``patients``.
        """
        if attribute.is_extra:
            rows = self._rows_without(attribute.name) if attribute.name in self._row_masks else self._matching_rows
            return FacetCounts(attribute, entries.count(self.catalog, attribute, rows, unit))
        if attribute.is_range:
            return FacetCounts(attribute, self._count_bins(attribute, unit))
        if unit == "series":
            return FacetCounts(attribute, self._count_series(attribute))
        return FacetCounts(attribute, self._count_patients(attribute))

    def facet_of_selected(self, attribute: Attribute) -> Array:
        """Series per value of a listed attribute among the selected series themselves; entry 0 lacks a value."""
        allowed = self.result._combinations_without(None)
        per_combination = self.result._series_per_combination
        return _per_value(self.catalog, attribute, per_combination if allowed is None else per_combination * allowed)

    def facets(self, unit: str = "series") -> dict[str, FacetCounts]:
        """Counts of every listed and every range attribute that the catalog itself holds."""
        return {a.name: self.facet(a, unit) for a in (*listed_attributes(), *range_attributes())}

    # --- rows ---------------------------------------------------------------------------------------------------

    def _rows_without(self, excluded: str | None) -> Array:
        """Rows that meet every condition but those on `excluded`."""
        mask = self._row_mask_without(excluded)
        combinations = self._combinations_without(excluded)
        if combinations is not None:
            of_row = combinations.take(self.catalog.array("combination"), mode="clip")
            mask = of_row if mask is None else mask & of_row
        return np.arange(self.catalog.series_count) if mask is None else np.flatnonzero(mask)

    def _row_mask_without(self, excluded: str | None) -> Array | None:
        return _all_of([mask for name, mask in self._row_masks.items() if name != excluded])

    def _combinations_without(self, excluded: str | None) -> Array | None:
        return _all_of([mask for name, mask in self._combination_masks.items() if name != excluded])

    # --- listed attributes --------------------------------------------------------------------------------------

    @cached_property
    def _series_per_combination(self) -> Array:
        """Series that meet the conditions on rows, per combination."""
        mask = self._row_mask_without(None)
        if mask is None:
            return self.catalog.array("combination.series")
        chosen = self.catalog.array("combination").take(np.flatnonzero(mask))
        return np.bincount(chosen, minlength=self.catalog.combination_count)

    def _count_series(self, attribute: Attribute) -> Array:
        per_combination = self._series_per_combination
        allowed = self._combinations_without(attribute.name)
        return _per_value(self.catalog, attribute, per_combination if allowed is None else per_combination * allowed)

    @cached_property
    def _pairs(self) -> Array | None:
        """Mask of the (patient, combination) pairs with a series that meets the conditions on rows."""
        mask = self._row_mask_without(None)
        if mask is None:
            return None
        pairs = np.zeros(len(self.catalog.array("pair.patient")), dtype=bool)
        pairs[self.catalog.array("pair").take(np.flatnonzero(mask))] = True
        return pairs

    @cached_property
    def _selected_pairs(self) -> Array:
        return self._pairs_under(self._combinations_without(None))

    def _pairs_under(self, combinations: Array | None) -> Array:
        """Mask of the pairs that meet the conditions on rows and lie in `combinations`."""
        if combinations is None:
            return np.ones(len(self.catalog.array("pair.patient")), bool) if self._pairs is None else self._pairs
        allowed = combinations.take(self.catalog.array("pair.combination"), mode="clip")
        return allowed if self._pairs is None else allowed & self._pairs

    def _count_patients(self, attribute: Attribute) -> Array:
        catalog = self.catalog
        if attribute.name in self._combination_masks:
            pairs = self._pairs_under(self._combinations_without(attribute.name))
        else:
            pairs = self._selected_pairs
        if is_of_collection(attribute):
            return self._count_patients_by_collection(attribute, pairs)
        group_value = catalog.array(f"{attribute.name}.group_value")
        groups = np.zeros(len(group_value), dtype=bool)
        entries = np.flatnonzero(pairs.take(catalog.array(f"{attribute.name}.entry_pair"), mode="clip"))
        groups[catalog.array(f"{attribute.name}.entry_group").take(entries)] = True
        marked = group_value.take(np.flatnonzero(groups))
        counts = np.bincount(marked, minlength=len(catalog.values(attribute)) + 1)
        counts[0] = self._count_patients_missing(attribute, pairs)
        return counts

    def _count_patients_missing(self, attribute: Attribute, pairs: Array) -> int:
        lacking = np.ones(self.catalog.combination_count, dtype=bool)
        lacking[self.catalog.array(f"{attribute.name}.combination")] = False
        if not lacking.any():
            return 0
        chosen = np.flatnonzero(pairs & lacking.take(self.catalog.array("pair.combination"), mode="clip"))
        return _count_runs(self.catalog.array("pair.patient").take(chosen))

    def _count_patients_by_collection(self, attribute: Attribute, pairs: Array) -> Array:
        """Each patient belongs to one collection: count per combination of its first marked pair."""
        chosen = np.flatnonzero(pairs)
        patients = self.catalog.array("pair.patient").take(chosen)
        first = chosen[np.flatnonzero(np.diff(patients, prepend=0))]
        combinations = self.catalog.array("pair.combination").take(first)
        per_combination = np.bincount(combinations, minlength=self.catalog.combination_count)
        return _per_value(self.catalog, attribute, per_combination)

    # --- ranges -------------------------------------------------------------------------------------------------

    def _count_bins(self, attribute: Attribute, unit: str) -> Array:
        array = self.catalog.array
        size = len(attribute.edges) + 1
        if unit == "series" and set(self._row_masks) <= {attribute.name}:
            histograms = array(f"{attribute.name}.histogram")
            allowed = self._combinations_without(None)
            total = histograms.sum(axis=0) if allowed is None else allowed.astype(np.float64) @ histograms
            return np.asarray(total).astype(np.int64)
        rows = self._rows_without(attribute.name) if attribute.name in self._row_masks else self._matching_rows
        bins = array(f"{attribute.name}.bin").take(rows)
        if unit == "series":
            return np.bincount(bins, minlength=size)
        patients = self._patients if rows is self._matching_rows else array("PatientID").take(rows).astype(np.int64)
        marks = np.zeros((self.catalog.patient_count + 1) * size, dtype=bool)
        marks[patients * size + bins] = True
        return np.bincount(np.flatnonzero(marks) % size, minlength=size)


def _per_value(catalog: Catalog, attribute: Attribute, per_combination: Array) -> Array:
    """Sum a count per combination over the values of `attribute`; entry 0 is what has no value."""
    members = catalog.array(f"{attribute.name}.combination")
    values = catalog.array(f"{attribute.name}.value")
    counts = np.bincount(values, weights=per_combination[members], minlength=len(catalog.values(attribute)) + 1)
    lacking = np.ones(len(per_combination), dtype=bool)
    lacking[members] = False
    counts[0] = per_combination[lacking].sum()
    return counts.astype(np.int64)


def _all_of(masks: Sequence[Array]) -> Array | None:
    """Conjunction of masks; None where there is none, which means everything."""
    if not masks:
        return None
    joined = masks[0]
    for mask in masks[1:]:
        joined = joined & mask
    return joined


def _count_runs(codes: Array) -> int:
    """Distinct codes where equal codes stand together."""
    return int(np.count_nonzero(codes[1:] != codes[:-1])) + 1 if len(codes) else 0
