"""Explore while a table that its cohort names is absent: the cohort stays editable, and the table can be fetched."""

from __future__ import annotations

import streamlit as st

from app.catalog import open_catalog
from app.clinical.fetching import to_fetch
from app.cohort import Cohort
from app.selection import Selection
from components.common.absent_tables import offer_tables
from components.explore.chips import cohort_chips
from components.explore.facets import facet_counts, facet_sidebar


def wait_for_tables(cohort: Cohort) -> None:
    """Return if all tables that the cohort names are there; else show what can be shown, and end the run.

    The sidebar then counts what the rest of the cohort leaves; its edits are edits of the whole.
    """
    missing = open_catalog().missing(cohort.tables()) or to_fetch(open_catalog(), cohort.clinical_tables())
    if not missing:
        return
    rest = Selection(open_catalog(), cohort.without_tables(missing))
    facet_sidebar(rest, facet_counts(rest))
    cohort_chips(cohort)
    st.text("The results wait for a table: fetch it, or remove the condition that needs it by its ×.")
    st.caption("Until then the sidebar counts without that condition.")
    offer_tables(missing)
