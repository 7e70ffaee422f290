"""Series: one series, what it is, how to look at it, what surrounds it, how to cite it and fetch it."""

import streamlit as st

from app.series import related
from components import series as parts
from components.common.errors import explain_errors
from components.common.loading import wait_for_catalog
from components.common.style import page_style

page_style()
wait_for_catalog()

with explain_errors():
    if series := parts.chosen_series():
        around = related(series)

        parts.head(series)
        parts.look(series, around)
        relatives, terms, commands, columns = st.tabs(
            ["Study and patient", "License and citation", "Download and DICOMweb", "All columns"], key="series_panel"
        )
        with relatives:
            parts.relatives(series, around)
        with terms:
            parts.terms(series)
        with commands:
            parts.commands(series)
        with columns:
            parts.columns(series)
