"""Start a download of the cohort on screen to the machine that the app runs on, or to the lab's share."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app.common.errors import UserError
from app.common.numbers import size
from app.common.settings import settings
from app.downloads import jobs, worker
from app.downloads.folders import choose_folder
from app.downloads.paths import COLUMNS, DEFAULT_TEMPLATE, Template
from app.downloads.plan import free_space, preview, series_of
from app.selection import Selection
from app.storage.buckets import Cloud
from app.storage.limits import DEFAULT_LIMITS, MAX_PARALLEL, Limits
from components.common.words import in_words


@st.fragment
def download_panel(selection: Selection) -> None:
    """Folder, template with a preview, source and limits; then a dry run or the download itself.

    Nothing where the operator allows no downloads.
    """
    allowed = settings().download_root
    if allowed is None or not selection.totals.series:
        return
    st.header("Download to this machine", anchor=False)
    text = st.text_input(
        "Folder", str(_usual_folder(allowed)), key="download_folder", help=f"A folder below {allowed}", live="300ms"
    )
    pattern = st.text_input(
        "Folders in it",
        DEFAULT_TEMPLATE,
        key="download_template",
        help=f"A % before a name stands for its value: {', '.join(COLUMNS)}",
        live="300ms",
    )
    with st.container(horizontal=True):
        source = Cloud(str(st.selectbox("Source", list(Cloud), format_func=_upper, key="download_source")))
        parallel = st.number_input(
            "Requests at once", 1, MAX_PARALLEL, DEFAULT_LIMITS.parallel, key="download_parallel"
        )
        limit = st.number_input("At most MB/s (0: no limit)", 0.0, step=1.0, key="download_limit")
    try:
        template, root = Template(pattern or ""), choose_folder(text or "", allowed)
        st.text("Some of the series, and the folders that their files would go to:")
        st.code("\n".join(str(root / folder) for folder in preview(selection, template)), language=None)
        needed, free = selection.totals.size_bytes, free_space(root)
        room = f"{size(needed)} in all, {size(free)} free on that disk"
        if needed <= free:
            st.text(f"{room}.")
        else:
            st.warning(f"{room}: this will not fit, unless most of it is already there.", icon=":material/hard_drive:")
        with st.container(horizontal=True):
            dry_run = st.button("Dry run", icon=":material/fact_check:", help="List and compare, fetch nothing")
            start = st.button("Start download", icon=":material/download:", type="primary")
        if start or dry_run:
            with st.spinner("Writing the list"):
                wanted = series_of(selection, source, template)
                limits = Limits(int(parallel), limit * 1e6 or None)
                number = jobs.add(in_words(selection.cohort), wanted, root, source, limits, dry_run)
                worker.ensure()
            st.text(f"Download {number} is in the list. It goes on when you close this page.")
            st.page_link("../pages/downloads.py", label="See how far it is", icon=":material/arrow_forward:")
    except UserError as error:
        st.text(str(error))


def _upper(source: Cloud) -> str:
    return source.upper()


def _usual_folder(allowed: Path) -> Path:
    home = Path.home()
    return (home if home.is_relative_to(allowed) else allowed) / "idc"
