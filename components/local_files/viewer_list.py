"""Finished downloads in the built-in viewer, where it is installed."""

from __future__ import annotations

import streamlit as st

from app.viewer.downloaded import viewable
from app.viewer.package import is_installed

_SHOWN = 200


def viewer_list(job: int) -> None:
    """The series that a job has brought, each with a link that opens it."""
    if not is_installed():
        return
    with st.expander("Look at the images", key=f"look_{job}", on_change="rerun") as look:
        if not look.open:
            return
        found = viewable(job, _SHOWN)
        if not found:
            st.text("The viewer shows none of these series, or their files are gone.")
            return
        st.dataframe(
            {
                "Viewer": [f"/{one.address}" for one in found],
                "Patient": [one.patient for one in found],
                "Modality": [one.modality for one in found],
                "Series": [one.description for one in found],
                "Images": [one.instances for one in found],
            },
            hide_index=True,
            column_config={"Viewer": st.column_config.LinkColumn(display_text="Open", width="small")},
            key=f"look_list_{job}",
        )
        if len(found) == _SHOWN:
            st.caption(f"The first {_SHOWN} series.")


def viewer_hint() -> None:
    """One line on how to get the viewer."""
    if not is_installed():
        st.caption("`make viewer` installs a viewer that opens finished downloads here.")
