"""What is counted of a selection: its totals, and the values of one attribute."""

from __future__ import annotations

from dataclasses import dataclass

from app.catalog.arrays import Counts
from app.cohort import Attribute


@dataclass(frozen=True, slots=True)
class Totals:
    """What a selection adds up to; `size_bytes` is the sum of the files, exact."""

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
    counts: Counts
