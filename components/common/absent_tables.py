"""Tables that are not on this machine: what needs them, how to get them, and how far their fetching is."""

from __future__ import annotations

from typing import Any, NoReturn

import streamlit as st

from app.catalog import open_catalog
from app.catalog.tables.extensions import MissingTableError, fetch_command
from app.cohort import EXTRA_TABLES, Group
from app.interface import fetch_background

_SEEN = "fetches_seen"


def offer_tables(missing: list[str], need: str = "", label: str = "") -> NoReturn:
    """Say which tables are missing, offer to fetch them, and end the run.

    Parameters
    ----------
    need
        What they are for, where that says more than their names.
    label
        What the button reads then.
    """
    running, failed = fetch_background.running(), fetch_background.failed()
    with st.container(border=True, key="missing_tables"):
        st.text(need or f"{MissingTableError(missing).need}.")
        for name in missing:
            if line := running.get(name) or failed.get(name):
                st.text(line)
        if fetch_background.may_fetch():
            st.button(
                label or f"Fetch {' and '.join(missing)}",
                icon=":material/download:",
                type="primary",
                disabled=set(missing) <= set(running),
                on_click=fetch_background.start,
                args=(missing,),
            )
        who = "Or on the command line" if fetch_background.may_fetch() else "The operator of this site can fetch it"
        with st.expander(who, type="compact", expanded=not fetch_background.may_fetch()):
            st.code(fetch_command(missing), language="bash", wrap_lines=True)
    watch_fetches()
    st.stop()


def absent_tables(group: Group) -> list[dict[str, Any]]:
    """What the sidebar says of the tables that a group lacks."""
    running, failed = fetch_background.running(), fetch_background.failed()
    return [
        {
            "table": table,
            "command": fetch_command([table]),
            "allowed": fetch_background.may_fetch(),
            "running": running.get(table, ""),
            "failed": failed.get(table, ""),
        }
        for table in open_catalog().missing(table for table, heading in EXTRA_TABLES.items() if heading is group)
    ]


def watch_fetches() -> None:
    """Run the page again whenever a fetch has got further."""
    now = fetch_background.running()
    st.session_state[_SEEN] = now
    if now:
        _watch()


@st.fragment(run_every=1.0)
def _watch() -> None:
    if fetch_background.running() != st.session_state[_SEEN]:
        st.rerun()
