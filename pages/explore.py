"""Explore: narrow all of IDC down, see what is left, take it away."""

import streamlit as st

from components import exports, state
from components.charts import charts
from components.chips import cohort_chips
from components.download_panel import download_panel
from components.errors import explain_errors
from components.facets import facet_sidebar, unit
from components.grid import grid
from components.loading import wait_for_catalog
from components.style import page_style
from components.totals import head

page_style()
wait_for_catalog()

with explain_errors():
    selection = state.selection()
    counts = selection.facets(unit())

    facet_sidebar(selection, counts)
    head(selection)
    cohort_chips(selection.cohort)

    rows, data, citations, licences, sql = st.tabs(
        ["Results", "Data", "Citations", "Licences", "SQL"], key="panel", on_change="rerun"
    )
    if rows.open:
        with rows:
            charts(selection, counts, unit())
            grid(selection)
    if data.open:
        with data:
            exports.data_panel(selection)
            download_panel(selection)
    if citations.open:
        with citations:
            exports.citations_panel(selection)
    if licences.open:
        with licences:
            exports.licenses_panel(selection)
    if sql.open:
        with sql:
            exports.sql_panel(selection)
