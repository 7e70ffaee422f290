"""The cohort on screen as one ZIP."""

from __future__ import annotations

import streamlit as st

from app.common.numbers import size
from app.common.settings import settings
from app.export import refusal
from app.interface.archive_links import link
from app.selection import Selection
from app.storage.buckets import Cloud


def archive_button(selection: Selection) -> None:
    """Download in the browser, or what to use instead; nothing where the operator allows no ZIPs."""
    if not settings().zip_limit_bytes:
        return
    if reason := refusal(selection.totals):
        st.text(reason)
        return
    st.link_button(
        f"ZIP with the images, {size(selection.totals.size_bytes)}",
        link(selection.cohort, Cloud.AWS),
        icon=":material/folder_zip:",
        help="Images in folders, manifest, citations and licenses",
    )
