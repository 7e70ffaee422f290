"""What IDC holds now: the figures of the home page, counted once per catalog."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from app.catalog import Catalog
from app.cohort import ATTRIBUTES, Cohort
from app.selection import FacetCounts, Selection, Totals

#: Attributes with a chart on the home page.
CHARTED = ("Modality", "BodyPartExamined", "series_init_idc_version")


@dataclass(frozen=True, slots=True)
class Holdings:
    """The whole of IDC.

    Parameters
    ----------
    totals
        Of all series.
    collections, analysis_results
        How many there are.
    counts
        Series by each of `CHARTED`.
    """

    totals: Totals
    collections: int
    analysis_results: int
    counts: Mapping[str, FacetCounts]


@cache
def holdings(catalog: Catalog) -> Holdings:
    """What `catalog` holds."""
    everything = Selection(catalog, Cohort())
    return Holdings(
        everything.totals,
        _number_of(catalog, "collection_id"),
        _number_of(catalog, "analysis_result_id"),
        {name: everything.facet(ATTRIBUTES[name]) for name in CHARTED if name in ATTRIBUTES},
    )


def _number_of(catalog: Catalog, name: str) -> int:
    return len(catalog.values(ATTRIBUTES[name])) if name in ATTRIBUTES else 0
