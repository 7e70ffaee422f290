"""Under which terms a series may be used, and how to cite it."""

from __future__ import annotations

import streamlit as st

from app.export import CITATIONS, citation_text, doi_url, licenses
from app.interface.api import link
from app.series import Series
from components.common.errors import plain


def terms(series: Series) -> None:
    """License with its verdict, citation, DOI."""
    for entry in licenses(series.selection):
        show = st.success if entry["commercial_use"] == "allowed" else st.warning
        show(plain(f"{entry['license']}: {entry['verdict']}"), icon=":material/gavel:")
        if entry["url"]:
            st.link_button("Read the license", entry["url"], icon=":material/open_in_new:")
    st.header("Cite it", anchor=False)
    shown = next(iter(CITATIONS))
    st.code(citation_text(series.selection, shown), language=None, wrap_lines=True)
    with st.container(horizontal=True):
        if doi := series.values.get("source_DOI"):
            st.link_button(f"DOI {plain(doi)}", doi_url(doi), icon=":material/open_in_new:")
        for form in (form for form in CITATIONS.values() if form.name != shown):
            st.link_button(form.label, link("citations", series.cohort, form.name), icon=":material/download:")
