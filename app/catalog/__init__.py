"""The data of one release: built once per data version, opened read-only, with tables fetched beside it.

Never evaluates a cohort, and never changes what it has published.
"""

from app.catalog.array_store import ArrayStore
from app.catalog.build import DATABASE, bin_edges, catalog_folder, ensure_built, is_built, is_of_collection
from app.catalog.catalog import Catalog, extra_attributes, listed_attributes, open_catalog, range_attributes
from app.catalog.unknown import UnknownValue, find_unknown, folded, nearest_of

__all__ = [
    "DATABASE",
    "ArrayStore",
    "Catalog",
    "UnknownValue",
    "arrays",
    "bin_edges",
    "catalog_folder",
    "ensure_built",
    "extra_attributes",
    "find_unknown",
    "folded",
    "is_built",
    "is_of_collection",
    "listed_attributes",
    "nearest_of",
    "open_catalog",
    "range_attributes",
    "tables",
]
