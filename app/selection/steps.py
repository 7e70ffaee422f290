"""How much each condition of a cohort removes, what each keeps from being there, and how much is missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from app.cohort import ATTRIBUTES, EXTRA_TABLES, Attribute, Cohort
from app.language import (
    Knowledge,
    clauses,
    clinical_clause,
    combination_clause,
    knowledge,
    option_clauses,
    relation_clause,
)
from app.selection.counts import Totals
from app.selection.selection import Selection


@dataclass(frozen=True, slots=True)
class Step:
    """One step from the whole of IDC to the cohort.

    Parameters
    ----------
    clause
        What it asks or adds, in words.
    totals
        What is left after it.
    removed
        By how much it is less than before it; negative where the step adds series.
    """

    clause: str
    totals: Totals
    removed: Totals


def waterfall(selection: Selection) -> list[Step]:
    """Steps in the order on screen; the first is the whole of IDC."""
    steps: list[Step] = []
    for clause, cohort in _prefixes(selection.cohort, knowledge(selection.catalog)):
        totals = Selection(selection.catalog, cohort).totals
        before = steps[-1].totals if steps else totals
        steps.append(Step(clause, totals, _difference(before, totals)))
    return steps


@dataclass(frozen=True, slots=True)
class Without:
    """The cohort without one of its conditions: `clause` says which, `series` how many there then are."""

    clause: str
    cohort: Cohort
    series: int


def left_out(selection: Selection) -> list[Without]:
    """For each condition by whose removal a cohort grows, what it then is; in the order on screen."""
    found = []
    for clause, cohort in _without_one(selection.cohort, knowledge(selection.catalog)):
        series = Selection(selection.catalog, cohort).totals.series
        if series > selection.totals.series:
            found.append(Without(clause, cohort, series))
    return found


def _without_one(cohort: Cohort, known: Knowledge) -> Iterator[tuple[str, Cohort]]:
    for name, words in clauses(cohort).items():
        yield words, cohort.without(name)
    for relation in cohort.relations:
        yield relation_clause(relation), cohort.without_clause(relation)
    for clinical in cohort.clinical:
        yield clinical_clause(clinical, known), cohort.without_clause(clinical)
    for combination in cohort.combinations:
        yield combination_clause(combination, known), cohort.without_clause(combination)


def missing_shares(selection: Selection) -> dict[str, float]:
    """Attribute → share (0 to 1) of the cohort's series that have no value; only attributes that can lack one.

    Attributes of tables that are not there are left out; of a cohort without series, all are.
    """
    rows = selection.rows
    result = Selection.of_rows(selection.catalog, rows)
    absent = selection.catalog.missing(EXTRA_TABLES)
    return {
        attribute.name: _count_missing(result, attribute) / len(rows)
        for attribute in ATTRIBUTES.values()
        if len(rows) and not attribute.complete and attribute.table not in absent
    }


def _count_missing(result: Selection, attribute: Attribute) -> int:
    if attribute.is_facet or attribute.is_range or attribute.is_extra:
        return int(result.facet(attribute).counts[0])
    return int(np.count_nonzero(result.catalog.array(attribute.name).take(result.rows) == 0))


def _prefixes(cohort: Cohort, known: Knowledge) -> list[tuple[str, Cohort]]:
    """The cohort's first clauses, then one more each time, with the words of the last."""
    found = [("all series of IDC", Cohort())]
    growing = Cohort()
    for name, clause in clauses(cohort).items():
        own = tuple(condition for condition in cohort.conditions if condition.attribute == name)
        growing = replace(growing, conditions=(*growing.conditions, *own))
        found.append((clause, growing))
    for relation in cohort.relations:
        growing = replace(growing, relations=(*growing.relations, relation))
        found.append((relation_clause(relation), growing))
    for clinical in cohort.clinical:
        growing = replace(growing, clinical=(*growing.clinical, clinical))
        found.append((clinical_clause(clinical, known), growing))
    for combination in cohort.combinations:
        growing = replace(growing, combinations=(*growing.combinations, combination))
        found.append((combination_clause(combination, known), growing))
    if cohort.scope is not growing.scope:
        growing = replace(growing, scope=cohort.scope)
        plural = {"study": "studies", "patient": "patients"}[cohort.scope]
        found.append((f"all series of these {plural}", growing))
    for wider in (
        replace(growing, added=cohort.added),
        replace(growing, added=cohort.added, sample=cohort.sample, seed=cohort.seed),
        cohort,
    ):
        if wider != growing:
            said = option_clauses(wider, known)[len(option_clauses(growing, known)) :]
            found.append(("; ".join(said), wider))
            growing = wider
    return found


def _difference(before: Totals, after: Totals) -> Totals:
    return Totals(
        before.patients - after.patients,
        before.studies - after.studies,
        before.series - after.series,
        before.instances - after.instances,
        before.size_bytes - after.size_bytes,
    )
