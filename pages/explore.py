"""Explore: narrow all of IDC down, see what is left, take it away."""

import streamlit as st

from components.common import state
from components.common.absent_tables import watch_fetches
from components.common.errors import explain_errors
from components.common.loading import wait_for_catalog
from components.common.style import page_style
from components.common.totals import head
from components.explore import exports
from components.explore.charts import chart_counts, charts
from components.explore.chips import cohort_chips
from components.explore.conditions import conditions_panel
from components.explore.dialogs import open_dialog
from components.explore.download_panel import download_panel
from components.explore.facets import facet_counts, facet_sidebar, unit
from components.explore.grid import grid
from components.explore.incomplete import wait_for_tables
from components.explore.sampling import sampling_panel
from components.explore.scope_switch import scope_switch
from components.widgets.preview import contact_sheet

page_style()
wait_for_catalog()

with explain_errors():
    wait_for_tables(state.current())
    selection = state.selection()
    counts = facet_counts(selection)

    facet_sidebar(selection, counts)
    watch_fetches()
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="head"):
        head(selection)
        scope_switch(selection)
    cohort_chips(selection.cohort, selection)
    open_dialog(selection.cohort)

    rows, pictures, conditions, sampling, data, citations, licenses, sql = st.tabs(
        ["Results", "Pictures", "Conditions", "Sample and split", "Data", "Citations", "Licenses", "SQL"],
        key="panel",
        on_change="rerun",
    )
    if rows.open:
        with rows:
            charts(selection, chart_counts(selection, counts, unit()), unit())
            grid(selection)
    if pictures.open:
        with pictures:
            contact_sheet(selection)
    if conditions.open:
        with conditions:
            conditions_panel(selection)
    if sampling.open:
        with sampling:
            sampling_panel(selection)
    if data.open:
        with data:
            exports.data_panel(selection)
            download_panel(selection)
    if citations.open:
        with citations:
            exports.citations_panel(selection)
    if licenses.open:
        with licenses:
            exports.licenses_panel(selection)
    if sql.open:
        with sql:
            exports.sql_panel(selection)
