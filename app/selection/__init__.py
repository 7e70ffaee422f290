"""A cohort evaluated over the catalog: which series, what they add up to, facets, rows, steps, overlaps.

Never keeps a result beyond its Selection, and never writes.
"""

from app.selection.counts import FacetCounts, Totals
from app.selection.entries import sources
from app.selection.rows import COLUMNS, DEFAULT_COLUMNS, PAGE_SIZE, Level, Page, RowColumn, page
from app.selection.selection import Selection
from app.selection.steps import Step, left_out, missing_shares, waterfall
from app.selection.unknown import unknown_in
from app.selection.venn import VennRegion, combined, count, regions

__all__ = [
    "COLUMNS",
    "DEFAULT_COLUMNS",
    "PAGE_SIZE",
    "FacetCounts",
    "Level",
    "Page",
    "RowColumn",
    "Selection",
    "Step",
    "Totals",
    "VennRegion",
    "combined",
    "count",
    "left_out",
    "missing_shares",
    "page",
    "regions",
    "sources",
    "unknown_in",
    "waterfall",
]
