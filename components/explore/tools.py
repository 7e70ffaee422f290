"""Scripts that fetch the cohort on screen with other tools."""

from __future__ import annotations

import streamlit as st

from app.export import DEFAULT_SHARDS, MAX_SHARDS, TOOLS, beginning
from app.interface.api import link
from app.selection import Selection
from app.storage.buckets import Cloud

_LANGUAGES = {"python": "python", "slicer": None, "snakemake": "python"}


@st.fragment
def commands_panel(selection: Selection) -> None:
    """A tool, how its script starts, and the script; for clusters, in how many shards."""
    with st.expander("Scripts for other tools, notebooks and clusters", icon=":material/terminal:"):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            tool = str(st.selectbox("Tool", list(TOOLS), format_func=lambda one: TOOLS[one].label, key="script_tool"))
            sources = TOOLS[tool].sources
            source = Cloud.AWS
            if sources:
                source = Cloud(str(st.selectbox("Cloud", sources, format_func=str.upper, key="script_source")))
            shards = int(st.number_input("Shards (clusters)", 1, MAX_SHARDS, DEFAULT_SHARDS, key="script_shards"))
        more = "…\n" if TOOLS[tool].lists_series else ""
        code = beginning(tool, selection, source, shards) + more
        st.code(code, language=_LANGUAGES.get(tool, "bash"), wrap_lines=True, height=320)
        with st.container(horizontal=True):
            address = link("commands", selection.cohort, tool=tool, source=source, shards=str(shards))
            st.link_button("Download the script", address, icon=":material/download:")
            st.link_button("Jupyter notebook", link("notebook", selection.cohort), icon=":material/book:")
