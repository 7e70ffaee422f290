"""Programs of the portal, which stand among its collections: which collections each has in this release."""

from __future__ import annotations

from functools import cache

from app.catalog import folded, open_catalog
from app.cohort import ATTRIBUTES, schema


def is_collection(name: str) -> bool:
    """Whether the release has images of a collection of exactly this name."""
    return name in open_catalog().codes(ATTRIBUTES["collection_id"])


def programs_collections(name: str) -> list[str]:
    """Collections with images of a program, however its name is spelled; none if it is no program, or a collection."""
    return [] if is_collection(name) else _programs().get(folded(name), [])


@cache
def _programs() -> dict[str, list[str]]:
    """Program, as `folded` spells it → its collections with images, in order."""
    if not schema.has_columns("collections_index", ("program_id", "collection_id")):
        return {}
    found: dict[str, list[str]] = {}
    rows = open_catalog().cursor().execute("SELECT program_id, collection_id FROM collections_index ORDER BY ALL")
    for program, collection_id in rows.fetchall():
        if program and is_collection(collection_id):
            found.setdefault(folded(program), []).append(collection_id)
    return found
