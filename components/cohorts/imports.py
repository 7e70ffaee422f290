"""What people bring along: lists of identifiers, manifests, links of IDC's portal; each opens as a cohort."""

from __future__ import annotations

from html import escape

import streamlit as st

from app.catalog import open_catalog
from app.cohort import Cohort, Condition, schema
from app.cohort.kept_lists import keep
from app.common.errors import UserError
from app.common.numbers import compact, exact, size
from app.imports import MAX_BYTES, IdReport, from_portal, report
from app.selection import Selection
from components.common.errors import plain
from components.common.links import explore_link
from components.common.totals import cells
from components.common.words import in_words

#: Up to so many identifiers stand in the link themselves, so that it works on every server.
_IN_LINK = 50
_SHOWN = 200


def import_list() -> None:
    """Paste or upload identifiers, see what they are, open them."""
    st.header("A list of identifiers or a manifest", anchor=False)
    st.text(
        "Patient IDs, study or series UIDs, CRDC UUIDs: as text, CSV, JSON, or a manifest of s5cmd or of the portal."
    )
    pasted = st.text_area("Paste them here", height=140, placeholder="One per line, or separated by commas")
    uploaded = st.file_uploader(f"Or choose a file of at most {MAX_BYTES // 10**6} MB", type=None)
    data = uploaded.getvalue() if uploaded else pasted
    if not data.strip():
        return
    try:
        found = report(data, open_catalog())
        _show_report(found)
        if found.found.values:
            cohort = _cohort(found)
            _show_totals(cohort, "list_totals")
            explore_link(cohort, "Open these in Explore")
    except UserError as error:
        st.error(plain(str(error)), icon=":material/error:")


def import_link() -> None:
    """Paste a link of IDC's portal, see what of it was understood and what was not, open it."""
    st.header("A link of the IDC Portal", anchor=False)
    st.text("The filters of a link from portal.imaging.datacommons.cancer.gov, as a cohort here.")
    link = st.text_input(
        "Paste the link here", placeholder="https://portal.imaging.datacommons.cancer.gov/explore/filters/?…"
    )
    if not link.strip():
        return
    try:
        found = from_portal(link.strip())
    except UserError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    for remark in found.remarks:
        st.warning(plain(remark), icon=":material/warning:")
    st.text(in_words(found.cohort))
    if _show_totals(found.cohort, "link_totals"):
        explore_link(found.cohort, "Open this wider cohort in Explore" if found.is_wider else "Open this in Explore")
    for program in found.programs:
        with st.container(border=True):
            st.text(f"With all collections of {program.name}, {program.collections} of them:")
            if _show_totals(program.with_it, f"with_{program.name}"):
                explore_link(program.with_it, f"Open it with all of {plain(program.name)}")


def _show_totals(cohort: Cohort, name: str) -> bool:
    """What the cohort adds up to, before it is opened; whether there is anything to open."""
    try:
        totals = Selection(open_catalog(), cohort).totals
    except UserError as error:  # a table that Explore can fetch
        st.warning(plain(str(error)), icon=":material/warning:")
        return True
    figures = [
        ("Patients", compact(totals.patients), exact(totals.patients)),
        ("Studies", compact(totals.studies), exact(totals.studies)),
        ("Series", compact(totals.series), exact(totals.series)),
        ("Size", size(totals.size_bytes), f"{exact(totals.size_bytes)} bytes"),
    ]
    st.html(f'<div class="idc-head" data-testid="{escape(name)}">{cells(figures)}</div>')
    if not totals.series:
        st.text(f"Nothing of this is in IDC v{schema.idc_version()}, so there is nothing to open.")
    return bool(totals.series)


def _cohort(found: IdReport) -> Cohort:
    ids = found.found
    if len(ids.values) <= _IN_LINK:
        return Cohort.of([Condition.of(ids.attribute, "eq", ids.values)])
    return Cohort.of([Condition.of(ids.attribute, "in", [keep(ids.attribute, ids.values)])])


def _show_report(found: IdReport) -> None:
    with st.container(border=True):
        for line in found.sentences:
            st.text(line)
    for title, entries in (("Not found", list(found.not_found)), ("Found in older releases only", list(found.older))):
        if entries:
            with st.expander(f"{title}: {exact(len(entries))}"):
                st.code("\n".join(entries[:_SHOWN]), language=None, height=min(320, 40 + 22 * len(entries)))
                if len(entries) > _SHOWN:
                    st.text(f"The first {_SHOWN} are shown.")
