"""Which series a cohort means, and what they add up to: the one evaluation behind every count, row and file.

Conditions become masks at the level where they are cheapest: listed attributes over the few thousand distinct
*combinations* of their values, everything else over the series. A facet counts under all other attributes'
conditions, so masks are kept per attribute and joined as needed. Text conditions are answered by DuckDB over the
dictionary of distinct texts, with the same SQL that the cohort compiles to.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from app.catalog import Catalog, listed_attributes, range_attributes
from app.catalog.arrays import (
    CellMask,
    CellNumbers,
    CombinationMask,
    Counts,
    Mask,
    Numbers,
    PairMask,
    Parts,
    PatientCodes,
    PatientStudyNumbers,
    RowNumbers,
    SeriesMask,
)
from app.clinical.table import clinical_mask
from app.cohort import ATTRIBUTES, PARTS, Attribute, Cohort, Scope
from app.selection import entries, masks
from app.selection.counts import FacetCounts, Totals
from app.selection.profiles import Profiles, per_value
from app.selection.relations import combination_mask, completed, in_scope, relation_mask
from app.selection.samples import sampled, split_parts


class Selection:
    """The series of one cohort in one catalog.

    `rows`, `totals` and whatever is said of the selected series hold for the whole cohort; facets count what matches,
    before the cohort's scope, additions, sample or split make more or less of it.

    Raises
    ------
    MissingTableError
        If the cohort goes by a table that is not there.
    MissingClinicalError
        If it goes by a clinical table that is not there.
    UserError
        If it names a list of identifiers that this server lacks, or a clinical column that there is not.
    """

    def __init__(self, catalog: Catalog, cohort: Cohort) -> None:
        self.catalog = catalog
        self.cohort = cohort
        self._combination_masks: dict[str, CombinationMask] = {}
        self._row_masks: dict[str, SeriesMask] = {}
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
        for clause in cohort.clinical:
            self._row_masks[f"{clause.key}={clause.value}"] = clinical_mask(catalog, clause)
        for combination in cohort.combinations:
            left, right = (Selection(catalog, side).rows for side in (combination.left, combination.right))
            name = f"{combination.operation}={combination.value}"
            self._row_masks[name] = combination_mask(catalog, combination, left, right)

    @classmethod
    def of_rows(cls, catalog: Catalog, rows: RowNumbers) -> Selection:
        """Just these series, in whatever order they are given."""
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
    def rows(self) -> RowNumbers:
        """Row numbers of the series, ascending, which is the catalog's default order; int64."""
        part = self.cohort.split.part if self.cohort.split else ""
        return self._rows_of_everybody[self._parts == PARTS.index(part) + 1] if part else self._rows_of_everybody

    def first_rows(self, count: int) -> RowNumbers:
        """The first `count` of `rows`, found without looking at all series where the conditions allow."""
        if self._row_masks or not self.cohort.is_plain:
            return self.rows[:count]
        allowed = self._combinations_without(None)
        if allowed is None:
            return np.arange(min(count, self.catalog.series_count))
        # Each of these patient studies has a series that matches, so as many patient studies are enough.
        patient_studies = self._matching_patient_studies[:count]
        lengths = self.catalog.array("patient_study.series").take(patient_studies)
        ends = np.cumsum(lengths)
        rows = np.arange(ends[-1] if len(ends) else 0)
        rows += np.repeat(self.catalog.array("patient_study.start").take(patient_studies) - (ends - lengths), lengths)
        return rows[allowed.take(self.catalog.array("combination").take(rows))][:count]

    @property
    def parts(self) -> Parts:
        """For each of `rows`, the number of its part, from 1; 0 without a split."""
        part = self.cohort.split.part if self.cohort.split else ""
        return self._parts[self._parts == PARTS.index(part) + 1] if part else self._parts

    @cached_property
    def _rows_of_everybody(self) -> RowNumbers:
        """Rows before a split keeps only one part."""
        cohort = self.cohort
        rows = in_scope(self.catalog, self._matching_rows, cohort.scope)
        if cohort.added:
            rows = completed(self.catalog, rows, cohort.added)
        return sampled(self.catalog, rows, cohort.sample, cohort.seed) if cohort.sample else rows

    @cached_property
    def _parts(self) -> Parts:
        rows, split = self._rows_of_everybody, self.cohort.split
        return split_parts(self.catalog, rows, split, self.cohort.seed) if split else np.zeros(len(rows), dtype=np.int8)

    def scopes(self) -> dict[Scope, Totals]:
        """Totals of the matching series, of their studies and of their patients."""
        array, matching = self.catalog.array, self._totals_of_matching
        if matching.series == self.catalog.series_count:
            return dict.fromkeys(Scope, matching)
        found = {Scope.SERIES: matching}
        for scope, name in ((Scope.STUDY, "patient_study.study"), (Scope.PATIENT, "patient_study.patient")):
            unit = array(name)
            marks = np.zeros(int(unit.max()) + 1, dtype=bool)
            marks[unit.take(self._matching_patient_studies)] = True
            patient_studies = np.flatnonzero(marks.take(unit))
            sums = (
                int(array(f"patient_study.{part}").take(patient_studies).sum())
                for part in ("series", "instances", "bytes")
            )
            found[scope] = Totals(*self._count_patient_studies(patient_studies), *sums)
        return found

    @cached_property
    def _matching_mask(self) -> SeriesMask | None:
        """Mask of the series that meet every condition; None for all series."""
        return self._mask_without(None)

    def _mask_without(self, excluded: str | None) -> SeriesMask | None:
        mask, allowed = self._row_mask_without(excluded), self._combinations_without(excluded)
        if allowed is None:
            return mask
        of_row = allowed.take(self.catalog.array("combination"))
        return of_row if mask is None else mask & of_row

    @cached_property
    def _matching_rows(self) -> RowNumbers:
        mask = self._matching_mask
        return np.arange(self.catalog.series_count) if mask is None else np.flatnonzero(mask)

    @cached_property
    def _matching_patient_studies(self) -> PatientStudyNumbers:
        """Numbers of the patient studies with a series that meets every condition."""
        if self._row_masks and self._matching_mask is not None:
            return np.flatnonzero(
                np.logical_or.reduceat(self._matching_mask, self.catalog.array("patient_study.start"))
            )
        return self._patient_studies_with(self._combinations_without(None))

    def _patient_studies_with(self, allowed: CombinationMask | None) -> PatientStudyNumbers:
        """Numbers of the patient studies with a series in `allowed` combinations, or of all."""
        array = self.catalog.array
        if allowed is None:
            return np.arange(len(array("patient_study.study")))
        signatures = np.logical_or.reduceat(allowed.take(array("signature.combination")), array("signature.start"))
        return np.flatnonzero(signatures.take(array("patient_study.signature")))

    def _count_patient_studies(self, patient_studies: PatientStudyNumbers) -> tuple[int, int]:
        """How many patients and studies they are."""
        studies = np.zeros(self.catalog.study_count + 1, dtype=bool)
        studies[self.catalog.array("patient_study.study").take(patient_studies)] = True
        return _count_runs(self.catalog.array("patient_study.patient").take(patient_studies)), int(
            np.count_nonzero(studies)
        )

    @cached_property
    def totals(self) -> Totals:
        """Patients, studies, series, instances and bytes."""
        return self.result._totals_of_matching

    @cached_property
    def _totals_of_matching(self) -> Totals:
        if self._row_masks:
            return Totals(
                *self._count_patient_studies(self._matching_patient_studies), *self._sums(self._matching_rows)
            )
        return self._totals_in(None)

    def _sums(self, rows: RowNumbers) -> tuple[int, int, int]:
        """Series, instances and bytes of `rows`."""
        array = self.catalog.array
        instances = int(array("instances").take(rows).sum(dtype=np.int64))
        return len(rows), instances, int(array("bytes").take(rows).sum())

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
                found[value] = self.result._totals_in(having)
        return found

    def _totals_in(self, within: CombinationMask | None) -> Totals:
        """Totals of the matching series in the combinations `within`, or of all."""
        array = self.catalog.array
        if self._row_masks and within is not None:
            rows = self._matching_rows
            rows = rows[within.take(array("combination").take(rows))]
            patients, studies = array("PatientID").take(rows), array("StudyInstanceUID").take(rows)
            seen = np.zeros(self.catalog.study_count + 1, dtype=bool)
            seen[studies] = True
            return Totals(_count_runs(patients), int(np.count_nonzero(seen)), *self._sums(rows))
        allowed = _all_of([mask for mask in (self._combinations_without(None), within) if mask is not None])
        chosen = slice(None) if allowed is None else allowed
        sums = (int(array(f"combination.{name}")[chosen].sum()) for name in ("series", "instances", "bytes"))
        patient_studies = self._matching_patient_studies if within is None else self._patient_studies_with(allowed)
        return Totals(*self._count_patient_studies(patient_studies), *sums)

    def facet(self, attribute: Attribute, unit: str = "series") -> FacetCounts:
        """Counts of one attribute under all other conditions.

        Parameters
        ----------
        attribute
            A listed or a range attribute.
        unit
            What is counted: ``series`` or ``patients``.

        Raises
        ------
        MissingTableError
            If the attribute's table is not there.
        """
        if attribute.is_extra:
            mask = self._mask_without(attribute.name) if attribute.name in self._row_masks else self._matching_mask
            return FacetCounts(attribute, entries.count(self.catalog, attribute, mask, unit))
        if attribute.is_range:
            count = self._series_per_bin if unit == "series" else self._patients_per_bin
            return FacetCounts(attribute, count(attribute))
        allowed = self._combinations_without(attribute.name)
        if unit == "patients":
            return FacetCounts(attribute, self._profiles.count(attribute, allowed))
        series = self._series_per_combination
        return FacetCounts(
            attribute, per_value(self.catalog, attribute, series if allowed is None else series * allowed)
        )

    def facet_of_selected(self, attribute: Attribute) -> Counts:
        """Series per value of a listed attribute among the selected series themselves; entry 0 lacks a value."""
        return self.result._series_per_value(attribute, self.result._combinations_without(None))

    def facets(self, unit: str = "series") -> dict[str, FacetCounts]:
        """Counts of every listed and every range attribute that the catalog itself holds."""
        return {a.name: self.facet(a, unit) for a in (*listed_attributes(), *range_attributes())}

    # --- masks --------------------------------------------------------------------------------------------------

    def _row_mask_without(self, excluded: str | None) -> SeriesMask | None:
        return _all_of([mask for name, mask in self._row_masks.items() if name != excluded])

    def _combinations_without(self, excluded: str | None) -> CombinationMask | None:
        return _all_of([mask for name, mask in self._combination_masks.items() if name != excluded])

    # --- series per value and bin -------------------------------------------------------------------------------

    @cached_property
    def _series_per_cell(self) -> Counts:
        """Series that meet the conditions on rows, per cell."""
        return self._count_cells(self._row_mask_without(None))

    def _count_cells(self, mask: SeriesMask | None) -> Counts:
        array = self.catalog.array
        if mask is None:
            return array("cell.series")
        return np.bincount(array("cell").take(np.flatnonzero(mask)), minlength=len(array("cell.series")))

    @cached_property
    def _series_per_combination(self) -> Counts:
        """Series that meet the conditions on rows, per combination."""
        if not self._row_masks:
            return self.catalog.array("combination.series")
        of_cell = self.catalog.array("cell.combination")
        return np.bincount(of_cell, self._series_per_cell, self.catalog.combination_count).astype(np.int64)

    def _series_per_value(self, attribute: Attribute, allowed: CombinationMask | None) -> Counts:
        series = self._series_per_combination
        return per_value(self.catalog, attribute, series if allowed is None else series * allowed)

    def _series_per_bin(self, attribute: Attribute) -> Counts:
        if attribute.name in self._row_masks:
            series = self._count_cells(self._row_mask_without(attribute.name))
        else:
            series = self._series_per_cell
        if self._combination_masks:
            series = series * self._allowed_cells
        of_cell = self.catalog.array(f"{attribute.name}.cell_bin")
        return np.bincount(of_cell, series, len(attribute.edges) + 1).astype(np.int64)

    @cached_property
    def _allowed_cells(self) -> CellMask:
        """Mask of the cells that meet the conditions on listed attributes."""
        allowed, of_cell = self._combinations_without(None), self.catalog.array("cell.combination")
        return np.ones(len(of_cell), dtype=bool) if allowed is None else allowed.take(of_cell)

    # --- patients per value and bin -----------------------------------------------------------------------------

    @cached_property
    def _pairs(self) -> PairMask | None:
        """Mask of the (patient, cell) pairs with a series that meets the conditions on rows; None for all pairs."""
        return self._mark_pairs(self._row_mask_without(None))

    def _mark_pairs(self, mask: SeriesMask | None) -> PairMask | None:
        if mask is None:
            return None
        pairs = np.zeros(len(self.catalog.array("pair.patient")), dtype=bool)
        pairs[self.catalog.array("pair").take(np.flatnonzero(mask))] = True
        return pairs

    @cached_property
    def _profiles(self) -> Profiles:
        """Profiles of the patients with series that meet the conditions on rows."""
        if self._pairs is None:
            return Profiles.of_everybody(self.catalog)
        return Profiles.of_pairs(self.catalog, np.flatnonzero(self._pairs))

    @cached_property
    def _patients_and_cells(self) -> tuple[PatientCodes, CellNumbers]:
        return self._patients_in(self._pairs)

    def _patients_in(self, pairs: PairMask | None) -> tuple[PatientCodes, CellNumbers]:
        """Patient and cell of each of the pairs that meet the conditions on listed attributes."""
        patients, cells = self.catalog.array("pair.patient"), self.catalog.array("pair.cell")
        if self._combination_masks:
            allowed = self._allowed_cells.take(cells)
            pairs = allowed if pairs is None else allowed & pairs
        chosen = np.arange(len(patients)) if pairs is None else np.flatnonzero(pairs)
        return patients.take(chosen).astype(np.int64), cells.take(chosen)

    def _patients_per_bin(self, attribute: Attribute) -> Counts:
        if attribute.name in self._row_masks:
            patients, cells = self._patients_in(self._mark_pairs(self._row_mask_without(attribute.name)))
        else:
            patients, cells = self._patients_and_cells
        size = len(attribute.edges) + 1
        marks = np.zeros((self.catalog.patient_count + 1) * size, dtype=bool)
        marks[patients * size + self.catalog.array(f"{attribute.name}.cell_bin").take(cells)] = True
        return np.bincount(np.flatnonzero(marks) % size, minlength=size)


def _all_of(masks: Sequence[Mask]) -> Mask | None:
    """Conjunction of masks; None where there is none, which means everything."""
    if not masks:
        return None
    joined = masks[0]
    for mask in masks[1:]:
        joined = joined & mask
    return joined


def _count_runs(codes: Numbers) -> int:
    """Distinct codes where equal codes stand together."""
    return int(np.count_nonzero(codes[1:] != codes[:-1])) + 1 if len(codes) else 0
