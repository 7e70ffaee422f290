"""Check a folder below the downloads' root: what to check, how far it is, what was found."""

from __future__ import annotations

import json
import shutil
from itertools import groupby
from operator import itemgetter
from typing import Any

import streamlit as st

from app.cohort import Cohort
from app.common.errors import UserError
from app.common.numbers import exact
from app.common.settings import settings
from app.downloads.folders import choose_folder
from app.validate.background import Background
from components.common.errors import plain

_RUN = "validation_run"
#: Rows of a table on the page; the files hold all.
_SHOWN = 1_000


def validation_form() -> None:
    """Folder, what is to be in it, and how thoroughly to look; nothing where the operator allows no downloads."""
    allowed = settings().download_root
    if allowed is None:
        st.text("Checking folders from the pages is switched off on this server; use python -m app validate.")
        return
    text = st.text_input("Folder", key="validate_folder", help=f"A folder below {allowed}", placeholder=str(allowed))
    query = st.text_input(
        "The cohort that is to be in it, as its link or query",
        key="validate_query",
        placeholder="Empty: whatever series are found, as the index has them",
    )
    with st.container(horizontal=True):
        decode = st.checkbox("Decode every frame (slow)", key="validate_decode")
        program = shutil.which("dciodvfy")
        use_program = st.checkbox(
            "Run dciodvfy", disabled=program is None, help="Offered where dciodvfy is installed on the server."
        )
    running: Background | None = st.session_state.get(_RUN)
    is_busy = running is not None and running.is_running
    if not st.button("Check", type="primary", icon=":material/fact_check:", disabled=is_busy):
        return
    try:
        folder = choose_folder(text or str(allowed), allowed)
        if not folder.is_dir():
            raise UserError("There is no such folder; give the one that the images are in.")
        cohort = Cohort.from_query(query.rpartition("?")[2].strip()) if query and query.strip() else None
        st.session_state[_RUN] = Background(folder, cohort, decode, use_program)
    except UserError as error:
        st.error(str(error), icon=":material/error:")
        return
    st.rerun()


def validation_report() -> None:
    """How far the visitor's own check is; then what it found, to be seen and taken away."""
    run: Background | None = st.session_state.get(_RUN)
    if run is None:
        return
    if run.is_running:
        _progress(run)
        return
    try:
        report, page = run.report()
    except UserError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    _show(report, page)


@st.fragment(run_every=0.5)
def _progress(run: Background) -> None:
    if not run.is_running:
        st.rerun()
    st.text(run.progress or "Starting")
    st.button("Stop", icon=":material/stop:", on_click=run.stop)


def _show(report: dict[str, Any], page: bytes) -> None:
    if report["clean"]:
        st.success(plain(report["verdict"]), icon=":material/check_circle:")
    else:
        st.error(plain(report["verdict"]), icon=":material/error:")
    st.dataframe({"What": list(report["facts"]), "Value": list(report["facts"].values())}, hide_index=True)
    name = f"idc-v{report['idc_version']}_validation"
    with st.container(horizontal=True):
        text = json.dumps(report, ensure_ascii=False, indent=2)
        st.download_button("Report as a page", page, f"{name}.html", "text/html", on_click="ignore")
        st.download_button("Report as JSON", text, f"{name}.json", "application/json", on_click="ignore")
    for grade, findings in (("Error", report["errors"]), ("Warning", report["warnings"])):
        for reason, group in groupby(findings, key=itemgetter("reason")):
            found = list(group)
            with st.expander(f"{grade}: {reason} ({exact(len(found))})"):
                columns = {"Series": "SeriesInstanceUID", "File": "file", "Detail": "detail"}
                shown = {title: [one[key] for one in found[:_SHOWN]] for title, key in columns.items()}
                st.dataframe(shown, hide_index=True)
                if len(found) > _SHOWN:
                    st.text(f"The first {exact(_SHOWN)} are shown; the reports hold all.")
