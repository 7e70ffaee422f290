"""What a user takes away: files, commands, citations, licenses and SQL of the cohort on screen."""

from __future__ import annotations

import streamlit as st

from app.common.errors import UserError
from app.common.numbers import compact, size
from app.export import (
    CITATIONS,
    bigquery,
    citation_text,
    cited_dois,
    file_name,
    licenses,
    python_code,
    verdict_of_all,
    writers,
)
from app.help import explain
from app.interface.api import link
from app.language import knowledge, select
from app.selection import Selection
from app.storage.buckets import ENDPOINTS, Cloud
from components.common import state
from components.common.errors import plain
from components.explore.archive import archive_button
from components.explore.tools import commands_panel
from components.sql.state import edit_as_sql


def data_panel(selection: Selection) -> None:
    """Manifests, rows, and the commands that use them."""
    totals = selection.totals
    cohort = selection.cohort
    st.text(f"{compact(totals.series)} series, {compact(totals.instances)} files, {size(totals.size_bytes)}")
    st.header("Download the images", anchor=False, help=explain("Manifest"))
    archive_button(selection)
    st.text("A manifest lists what to fetch; run it where the images should go.")
    with st.container(horizontal=True):
        commands, *tables = writers.MANIFESTS.values()
        for source in Cloud:
            st.link_button(
                f"{commands.label} for {source.upper()}",
                link("manifest", cohort, commands.name, source=source),
                icon=":material/download:",
                type="primary" if source is Cloud.AWS else "secondary",
            )
        for table in tables:
            st.link_button(table.label, link("manifest", cohort, table.name), icon=":material/download:")
    aws, gcs = (file_name(f"manifest-{source}", "s5cmd") for source in Cloud)
    tabs = st.tabs(["s5cmd, AWS", "s5cmd, GCS", "idc download", "Python"])
    with tabs[0]:
        st.code(
            f"s5cmd --no-sign-request --endpoint-url {ENDPOINTS[Cloud.AWS]} run {aws}",
            language="bash",
            wrap_lines=True,
        )
    with tabs[1]:
        st.code(
            f"s5cmd --no-sign-request --endpoint-url {ENDPOINTS[Cloud.GCS]} run {gcs}",
            language="bash",
            wrap_lines=True,
        )
    with tabs[2]:
        st.code(f"pip install idc-index\nidc download {aws}", language="bash", wrap_lines=True)
    with tabs[3]:
        st.code(python_code(cohort), language="python", height=320)
    commands_panel(selection)
    st.header("Take the rows", anchor=False)
    st.text("One row per series, with collection, patient, study, description, license, DOI and location.")
    with st.container(horizontal=True):
        for form in writers.ROWS.values():
            st.link_button(form.label, link("series", cohort, form.name), icon=":material/download:")


def citations_panel(selection: Selection) -> None:
    """Citations of everything in the cohort, in four formats."""
    dois = cited_dois(selection)
    if not dois:
        st.info("An empty cohort has nothing to cite.")
        return
    st.text(f"{len(dois)} {'source' if len(dois) == 1 else 'sources'} and the IDC paper; cite them all.")
    with st.container(horizontal=True, vertical_alignment="center"):
        chosen = st.segmented_control(
            "Format",
            list(CITATIONS),
            default=next(iter(CITATIONS)),
            required=True,
            format_func=lambda name: CITATIONS[name].label,
            key="citation_format",
            label_visibility="collapsed",
        )
        form = CITATIONS[chosen] if chosen else next(iter(CITATIONS.values()))
        st.link_button("Download", link("citations", selection.cohort, form.name), icon=":material/download:")
    st.code(citation_text(selection, form.name), language=form.language or None, wrap_lines=True, height=460)


def licenses_panel(selection: Selection) -> None:
    """Licenses with counts, and what they allow."""
    entries = licenses(selection)
    if not entries:
        st.info("An empty cohort has no licenses.")
        return
    uses = {entry["commercial_use"] for entry in entries}
    all_allowed, verdict = verdict_of_all(uses)
    if all_allowed:
        st.success(verdict, icon=":material/check_circle:")
    else:
        st.warning(verdict, icon=":material/gavel:")
        if "allowed" in uses:
            st.button(
                "Keep those that may",
                icon=":material/filter_alt:",
                help="Adds the filter “Commercial use: allowed”",
                on_click=state.set_values,
                args=("commercial_use", "eq", ["allowed"]),
            )
    st.dataframe(
        {
            "License": [entry["license"] for entry in entries],
            "Commercial use": [entry["commercial_use"] for entry in entries],
            "Patients": [entry["patients"] for entry in entries],
            "Series": [entry["series"] for entry in entries],
            "Size (GB)": [round(entry["size_bytes"] / 1e9, 3) for entry in entries],
            "Text": [entry["url"] for entry in entries],
        },
        column_config={
            "Text": st.column_config.LinkColumn(display_text="Read the license"),
            "Patients": st.column_config.NumberColumn(format="localized"),
            "Series": st.column_config.NumberColumn(format="localized"),
            "Size (GB)": st.column_config.NumberColumn(format="localized"),
        },
        hide_index=True,
    )
    if len(entries) > 1:
        st.text("A patient with series under two licenses counts in both rows.")


def sql_panel(selection: Selection) -> None:
    """The query behind the screen, for idc-index and for BigQuery."""
    here, google = st.tabs(["idc-index", "BigQuery"])
    with here:
        st.text("The same series in your own code: run it with IDCClient().sql_query of the Python package idc-index.")
        st.code(select(selection.cohort, known=knowledge(selection.catalog)), language="sql", wrap_lines=True)
        with st.container(horizontal=True):
            st.link_button("Download the query", link("sql", selection.cohort), icon=":material/download:")
            edit_as_sql(selection.cohort)
    with google:
        st.text(
            "The same series in Google BigQuery, which has all of IDC's DICOM metadata too. Run it in Google's console,"
            " or with your own credentials on the command line: python -m app bigquery-rows."
        )
        full = st.toggle("All DICOM metadata, a row per instance", key="bigquery_full")
        columns = "dicom_all" if full else "index"
        try:
            st.code(bigquery(selection.cohort, full_metadata=full), language="sql", wrap_lines=True, height=420)
        except UserError as error:
            st.error(plain(str(error)), icon=":material/error:")
            return
        address = link("bigquery", selection.cohort, columns=columns)
        st.link_button("Download the query", address, icon=":material/download:")
