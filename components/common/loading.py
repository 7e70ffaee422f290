"""What a visitor sees while the catalog is built, and when it can't be."""

from __future__ import annotations

import streamlit as st

from app.interface import startup


def wait_for_catalog() -> None:
    """Return when the catalog is ready; until then show how far it is and end the run."""
    if startup.state().ready:
        return
    _progress()
    st.stop()


@st.fragment(run_every=0.5)
def _progress() -> None:
    now = startup.state()
    if now.ready:
        st.rerun()
    if now.error:
        st.error("The catalog could not be built. The server's log says why; the build is tried again at each visit.")
        return
    st.header("Getting the index ready", anchor=False)
    st.progress(now.share, text=now.step)
    st.text("This happens once per IDC release and takes about half a minute.")
