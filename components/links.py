"""Where a click leads: a page of the app with its query, as an address and as Streamlit's own link."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

import streamlit as st

from app.cohort import Cohort
from app.datasets import Kind

#: Page file → its path below the server's root.
_PATHS = {
    "../pages/explore.py": ".",
    "../pages/collections.py": "collections",
    "../pages/results.py": "results",
    "../pages/releases.py": "releases",
}


@dataclass(frozen=True, slots=True)
class Target:
    """A page and its query parameters."""

    page: str
    pairs: tuple[tuple[str, str], ...] = ()

    @property
    def href(self) -> str:
        """Address relative to the server's root."""
        path = "./" if _PATHS[self.page] == "." else _PATHS[self.page]
        return f"{path}?{urlencode(self.pairs)}" if self.pairs else path

    def show(self, label: str, icon: str) -> None:
        """A link to it, drawn by Streamlit."""
        st.page_link(self.page, label=label, icon=icon, query_params=list(self.pairs))

    def show_first(self, label: str, icon: str) -> None:
        """The same as the page's main way on."""
        with st.container(key="leading_link", width="content"):
            self.show(label, icon)


def explore(cohort: Cohort) -> Target:
    """The cohort in Explore."""
    return Target("../pages/explore.py", tuple(cohort.to_pairs()))


def dataset_page(kind: Kind, name: str | None = None) -> Target:
    """The page of a dataset, or of all."""
    page = "../pages/collections.py" if kind is Kind.COLLECTION else "../pages/results.py"
    return Target(page, ((str(kind), name),) if name else ())


def release_page(version: int) -> Target:
    """The page of a release."""
    return Target("../pages/releases.py", (("release", str(version)),))
