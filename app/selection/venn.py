"""How two or three cohorts overlap: each region of their Venn diagram is a cohort again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import combinations

from app.catalog import Catalog
from app.cohort import Cohort, Combination, Operation, Scope
from app.selection.counts import Totals
from app.selection.selection import Selection


@dataclass(frozen=True, slots=True)
class VennRegion:
    """One region: `inside` are the positions of the cohorts that it lies in, and it lies in no other."""

    inside: tuple[int, ...]
    cohort: Cohort
    totals: Totals

    def count(self, unit: Scope) -> int:
        """Number of series, studies or patients."""
        return count(self.totals, unit)


def count(totals: Totals, unit: Scope) -> int:
    """Number of series, studies or patients."""
    return {Scope.SERIES: totals.series, Scope.STUDY: totals.studies, Scope.PATIENT: totals.patients}[unit]


def combined(operation: Operation, cohorts: Sequence[Cohort], unit: Scope) -> Cohort:
    """All of `cohorts` combined, from the first to the last; one alone is itself."""
    return reduce(lambda left, right: Cohort().with_clause(Combination.of(operation, left, right, unit)), cohorts)


def regions(catalog: Catalog, cohorts: Sequence[Cohort], unit: Scope) -> list[VennRegion]:
    """Regions of two or three cohorts, those in the fewest cohorts first; together they hold every unit once."""
    found = []
    for size in range(1, len(cohorts) + 1):
        for inside in combinations(range(len(cohorts)), size):
            common = combined(Operation.INTERSECTION, [cohorts[position] for position in inside], unit)
            others = [cohort for position, cohort in enumerate(cohorts) if position not in inside]
            region = combined(Operation.DIFFERENCE, [common, *others], unit)
            found.append(VennRegion(inside, region, Selection(catalog, region).totals))
    return found
