"""Ways from page to page: to Explore with a cohort, and to the pages of datasets and releases.

A `Target` is a page with its query; parts with a script of their own get its address.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import urlencode

import streamlit as st

from app.catalog import open_catalog
from app.cohort import Cohort
from app.common.settings import settings
from app.datasets import DatasetKind, datasets
from components.common.errors import plain
from components.common.state import parameters
from components.common.words import in_words

_EXPLORE = "../pages/explore.py"
_DATASETS = {DatasetKind.COLLECTION: "../pages/collections.py", DatasetKind.RESULT: "../pages/results.py"}


def explore_link(
    cohort: Cohort, label: str, *, icon: str | None = ":material/arrow_forward:", width: int | str = "content"
) -> None:
    """Show a link that opens `cohort` in Explore; its sentence stands in the tooltip."""
    st.page_link(
        _EXPLORE,
        label=label,
        icon=icon,
        query_params=parameters(cohort.to_pairs()),
        help=plain(in_words(cohort)),
        width=width,  # type: ignore[arg-type]
    )


def dataset_links(cohort: Cohort) -> None:
    """Show a link to the page of the collection, and of the analysis result, that the cohort names if it names one."""
    for kind, page in _DATASETS.items():
        named = cohort.values(kind, "eq")
        if len(named) == 1 and (found := datasets(open_catalog(), kind).get(named[0])):
            query = {str(kind): found.id}
            st.page_link(page, label=f"About {plain(found.title)}", icon=":material/info:", query_params=query)


def open_explore(cohort: Cohort) -> NoReturn:
    """Leave this page for Explore with `cohort`."""
    st.switch_page(_EXPLORE, query_params=parameters(cohort.to_pairs()))


@dataclass(frozen=True, slots=True)
class Target:
    """A page by its path below the server's root, and its query parameters."""

    path: str
    pairs: tuple[tuple[str, str], ...] = ()

    @property
    def href(self) -> str:
        """Address relative to the server's root."""
        return f"{self.path}?{urlencode(self.pairs)}" if self.pairs else self.path


def explore(cohort: Cohort) -> Target:
    """The cohort in Explore."""
    return Target("explore", tuple(cohort.to_pairs()))


def dataset_page(kind: DatasetKind, name: str) -> Target:
    """The page of a dataset."""
    return Target("collections" if kind is DatasetKind.COLLECTION else "results", ((str(kind), name),))


def query_page(sql: str) -> Target | None:
    """The SQL page with this query run; None where the operator has none."""
    return Target("sql", (("sql", sql),)) if settings().queries_at_once else None


def release_page(version: int) -> Target:
    """The page of a release."""
    return Target("releases", (("release", str(version)),))


def series_page(uid: str) -> Target:
    """The page of a series."""
    return Target("series", (("SeriesInstanceUID", uid),))
