"""The dialog that adds what belongs to a cohort: what was derived from its images, or what they were derived from."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from app.catalog import open_catalog
from app.catalog.tables.extensions import SOURCE_COLUMNS, linking
from app.cohort import EXTRA_TABLES, Cohort, Completion
from app.common.numbers import exact, size
from app.selection import Selection
from components.common import state

_LABELS = {
    Completion.DERIVED: "Add segmentations, structure sets, reports and annotations of these images",
    Completion.SOURCES: "Add the source images of these derived series",
}


@st.dialog("Add segmentations or source images", width="medium")
def completion_dialog(cohort: Cohort) -> None:
    """Say how many series each addition brings, and write the chosen ones into the cohort."""
    everybody = replace(cohort, sample=None, split=None, seed=0)
    chosen = []
    for completion, label in _LABELS.items():
        with st.container(gap="xxsmall"):
            if st.toggle(label, completion in cohort.added, key=f"complete_{completion}"):
                chosen.append(completion)
            st.caption(_brought(everybody, completion))
    st.text(_basis())
    if st.button("Apply", type="primary", key="complete_apply"):
        state.show(cohort.with_options(added=chosen))
        st.rerun()


def _basis() -> str:
    """What says which series was made from which, and how to be told more."""
    there, absent = linking(open_catalog().tables()), open_catalog().missing(SOURCE_COLUMNS)
    by_study = "all images and derived series of one study count as belonging together"
    said = f"This goes by {' and '.join(there)}; where they name no source, {by_study}." if there else ""
    if absent:
        groups = ", ".join(f"“{EXTRA_TABLES[table]}”" for table in absent)
        more = f"To go by the source that each series names, fetch in the sidebar the tables of: {groups}."
        said = f"{said or f'This goes by study: {by_study}.'} {more}"
    return said


def _brought(cohort: Cohort, completion: Completion) -> str:
    """What one addition brings to the cohort as it stands without additions."""
    before = Selection(open_catalog(), cohort.with_options(added=[])).totals
    after = Selection(open_catalog(), cohort.with_options(added=[completion])).totals
    if after.series == before.series:
        return "Adds nothing to this cohort."
    return f"Adds {exact(after.series - before.series)} series, {size(after.size_bytes - before.size_bytes)}."
