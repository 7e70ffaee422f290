"""Citations of all that a cohort holds."""

from __future__ import annotations

from collections.abc import Mapping

from app.catalog import Catalog
from app.cohort import ATTRIBUTES
from app.export import citations
from app.selection import Selection


def cited_dois(selection: Selection) -> list[str]:
    """DOIs of the sources of the selected series."""
    attribute = ATTRIBUTES["source_DOI"]
    counts = selection.facet_of_selected(attribute)
    return [doi for code, doi in enumerate(selection.catalog.values(attribute), start=1) if counts[code]]


def citation_text(selection: Selection, form: str) -> str:
    """Citations of everything in the selection, and of IDC itself."""
    return citations.cite(cited_dois(selection), _sources(selection.catalog), form)


def _sources(opened: Catalog) -> Mapping[str, citations.CitedSource]:
    return citations.load_sources(opened.cursor())
