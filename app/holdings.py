"""What IDC holds now: the figures of the home page, counted once per catalog."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from app import schema
from app.attributes import ATTRIBUTES
from app.catalog import Catalog
from app.cohort import Cohort
from app.selection import FacetCounts, Selection, Totals

#: Attributes with a chart on the home page.
CHARTED = ("Modality", "BodyPartExamined", "series_init_idc_version")


@dataclass(frozen=True, slots=True)
class Release:
    """One release: when it came, as far as the data says, and the series that it brought."""

    version: int
    day: str
    added: int

    @property
    def cohort(self) -> Cohort:
        """The series that it brought."""
        return Cohort.from_query(f"series_init_idc_version={self.version}")


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
    releases
        The latest first.
    """

    totals: Totals
    collections: int
    analysis_results: int
    counts: Mapping[str, FacetCounts]
    releases: tuple[Release, ...]


@cache
def holdings(catalog: Catalog) -> Holdings:
    """What `catalog` holds."""
    everything = Selection(catalog, Cohort())
    return Holdings(
        everything.totals,
        _number_of(catalog, "collection_id"),
        _number_of(catalog, "analysis_result_id"),
        {name: everything.facet(ATTRIBUTES[name]) for name in CHARTED if name in ATTRIBUTES},
        _releases(catalog),
    )


def _number_of(catalog: Catalog, name: str) -> int:
    return len(catalog.values(ATTRIBUTES[name])) if name in ATTRIBUTES else 0


def _releases(catalog: Catalog) -> tuple[Release, ...]:
    """Releases that brought series which are still there."""
    if "series_init_idc_version" not in ATTRIBUTES:
        return ()
    days: dict[int, str] = {}
    if schema.has_columns("version_metadata_index", ("idc_version", "version_timestamp")):
        query = "SELECT idc_version, left(version_timestamp, 10) FROM version_metadata_index"
        days = dict(catalog.cursor().execute(query).fetchall())
    query = "SELECT series_init_idc_version, count(*) FROM index GROUP BY ALL ORDER BY ALL DESC"
    added = catalog.cursor().execute(query).fetchall()
    return tuple(Release(version, days.get(version) or "", count) for version, count in added)
