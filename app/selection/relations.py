"""Series seen through their studies and patients: relations, combinations, scope and completion, over arrays."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from app.catalog import Catalog
from app.catalog.arrays import Counts, PatientDays, RowNumbers, SeriesMask, StudyCodes, UnitMask
from app.catalog.tables.extensions import linking
from app.cohort import ATTRIBUTES, Combination, Completion, Operation, Relation, Scope
from app.common.modalities import DERIVED, WITHOUT_PICTURE
from app.selection.entries import sources

_UNITS = {Scope.STUDY: "StudyInstanceUID", Scope.PATIENT: "PatientID"}

#: More days than lie between any two dates, so that patient and day fit into one number.
_DAYS = 1_000_000


def relation_mask(catalog: Catalog, relation: Relation, others: RowNumbers) -> SeriesMask:
    """Mask of the series that meet a relation, given the series that it looks for.

    Their patient or study has, or lacks, `relation.at_least` of the series `others`, or of their studies; where
    `relation.within_days` is given, only those count that are dated at most so many days before or after.
    """
    if relation.within_days is not None:
        enough = _count_near(catalog, relation, others, relation.within_days) >= relation.at_least
        return ~enough if relation.lacks else enough
    unit = catalog.array(_UNITS[relation.owner])
    if relation.counted is Scope.STUDY:
        # Rows stand by patient and study, so the first of each study is where it differs from the row before.
        studies, patients = catalog.array("StudyInstanceUID").take(others), unit.take(others)
        others = others[(np.diff(studies, prepend=0) != 0) | (np.diff(patients, prepend=0) != 0)]
    enough = np.bincount(unit.take(others), minlength=_size(catalog, relation.owner)) >= relation.at_least
    return (~enough if relation.lacks else enough).take(unit)


def _count_near(catalog: Catalog, relation: Relation, others: RowNumbers, days: int) -> Counts:
    """For each series, how many of the series (or studies) `others` of its patient lie at most `days` from its date."""
    patients, dates = catalog.array("PatientID"), catalog.array("StudyDate")

    def dated_rows(rows: RowNumbers) -> tuple[RowNumbers, PatientDays]:
        """Those of `rows` that have a date, and patient and day of each as one number."""
        dated = rows[~np.isnan(dates.take(rows))]
        return dated, patients.take(dated).astype(np.int64) * _DAYS + dates.take(dated).astype(np.int64)

    others, when = dated_rows(others)
    rows, here = dated_rows(in_scope(catalog, others, Scope.PATIENT))
    # The series of a study stand together and mostly share its date: one answer serves a run of them.
    starts = np.flatnonzero(np.diff(here, prepend=-1))
    if relation.counted is Scope.STUDY:
        found = _studies_between(when, catalog.array("StudyInstanceUID").take(others), here[starts], days)
    else:
        found = _between(np.sort(when, kind="stable"), here[starts] - days, here[starts] + days)
    counts = np.zeros(catalog.series_count, dtype=np.int64)
    counts[rows] = np.repeat(found, np.diff(starts, append=len(here)))
    return counts


def _between(ordered: PatientDays, low: PatientDays, high: PatientDays) -> Counts:
    return np.searchsorted(ordered, high, side="right") - np.searchsorted(ordered, low, side="left")


def _studies_between(when: PatientDays, studies: StudyCodes, here: PatientDays, days: int) -> Counts:
    """Distinct studies in the window around each of `here`.

    A study with several dates must count once: wherever two neighbouring dates of it both lie in a window, one is
    taken off again.
    """
    order = np.lexsort((when, studies))
    when, studies = when[order], studies[order]
    first = np.ones(len(when), dtype=bool)
    first[1:] = (when[1:] != when[:-1]) | (studies[1:] != studies[:-1])
    when, studies = when[first], studies[first]
    counts = _between(np.sort(when), here - days, here + days)
    neighbours = np.flatnonzero((studies[1:] == studies[:-1]) & (np.diff(when) <= 2 * days))
    earlier, later = when[neighbours], when[neighbours + 1]
    # Both lie in the window unless the earlier one is before it or the later one behind it, which exclude each other.
    before = np.searchsorted(np.sort(earlier), here - days, side="left")
    behind = len(later) - np.searchsorted(np.sort(later), here + days, side="right")
    return np.asarray(counts - (len(neighbours) - before - behind))


def combination_mask(catalog: Catalog, combination: Combination, left: RowNumbers, right: RowNumbers) -> SeriesMask:
    """Mask of the series of two cohorts, given the rows of each."""
    in_left, in_right = _mask(catalog, left), _mask(catalog, right)
    if combination.operation is Operation.UNION:
        return in_left | in_right
    near_right = _mask(catalog, in_scope(catalog, right, combination.unit))
    if combination.operation is Operation.DIFFERENCE:
        return in_left & ~near_right
    return (in_left | in_right) & _mask(catalog, in_scope(catalog, left, combination.unit)) & near_right


def in_scope(catalog: Catalog, rows: RowNumbers, scope: Scope) -> RowNumbers:
    """Rows of all series of the studies or patients of `rows`; ascending."""
    if scope is Scope.SERIES:
        return rows
    return np.flatnonzero(members(catalog, rows, scope).take(catalog.array(_UNITS[scope])))


def members(catalog: Catalog, rows: RowNumbers, scope: Scope) -> UnitMask:
    """Mask over the codes of studies or patients, whichever `scope` is: those of `rows`."""
    marks = np.zeros(_size(catalog, scope), dtype=bool)
    marks[catalog.array(_UNITS[scope]).take(rows)] = True
    return marks


def completed(catalog: Catalog, rows: RowNumbers, added: Iterable[Completion]) -> RowNumbers:
    """Rows with what was derived from them, or what they were derived from; ascending.

    Fetched tables say which image series a series was made from. Where none does, the study stands for it.
    """
    studies = catalog.array("StudyInstanceUID")
    derived, pictures = _having(catalog, DERIVED), ~_having(catalog, WITHOUT_PICTURE)
    made, source = sources(catalog, linking(catalog.tables()))
    unnamed = ~_mask(catalog, made)
    mask = _mask(catalog, rows)
    there = mask.copy()
    for completion in added:
        if completion is Completion.DERIVED:
            mask[made[there[source]]] = True
            wanted, given = derived & unnamed, pictures
        else:
            mask[source[there[made]]] = True
            wanted, given = pictures, derived & unnamed
        mask |= wanted & members(catalog, np.flatnonzero(there & given), Scope.STUDY).take(studies)
    return np.flatnonzero(mask)


def _having(catalog: Catalog, modalities: Iterable[str]) -> SeriesMask:
    """Mask of the series of these modalities."""
    codes = catalog.codes(ATTRIBUTES["Modality"])
    wanted = np.array([codes[modality] for modality in modalities if modality in codes], dtype=np.int32)
    of_combination = np.zeros(catalog.combination_count, dtype=bool)
    members = catalog.array("Modality.combination")
    of_combination[members[np.isin(catalog.array("Modality.value"), wanted)]] = True
    return of_combination.take(catalog.array("combination"))


def _mask(catalog: Catalog, rows: RowNumbers) -> SeriesMask:
    mask = np.zeros(catalog.series_count, dtype=bool)
    mask[rows] = True
    return mask


def _size(catalog: Catalog, scope: Scope) -> int:
    """Codes of a scope, which begin at 1, and 0."""
    return (catalog.study_count if scope is Scope.STUDY else catalog.patient_count) + 1
