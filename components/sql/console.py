"""The editor, and how far the query is."""

from __future__ import annotations

from functools import cache

import streamlit as st

from app.console.queries import Query
from app.console.tables import sources
from components.common.errors import plain
from components.sql import state
from components.sql.sql_editor import sql_editor

_INFO_LENGTH = 220


def console_panel() -> None:
    """Editor, Run, and while a query runs its time and Cancel."""
    state.follow_link()
    query = state.query()
    sql_editor(
        state.text(),
        state.turn(),
        tables=_completions(tuple(sources())),
        running=query is not None and query.is_running,
        on_run=state.start,
    )
    if state.refused():
        st.error(plain(state.refused()), icon=":material/error:")
    if query is not None and query.is_running:
        _progress(query)


@st.fragment(run_every=0.4)
def _progress(query: Query) -> None:
    if not query.is_running:
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center"):
        most = query.limits.seconds
        said = (
            "Waiting for its turn" if query.is_waiting else f"Running: {query.seconds:.0f} of at most {most:g} seconds"
        )
        st.text(said)
        st.button("Cancel", icon=":material/stop:", on_click=query.cancel)


@cache
def _completions(names: tuple[str, ...]) -> dict[str, list[dict[str, str]]]:
    """Table → columns, with type and the beginning of the description."""
    known = sources()
    return {
        name: [
            {"label": column.name, "detail": column.type.lower(), "info": column.description[:_INFO_LENGTH]}
            for column in known[name].table.columns.values()
        ]
        for name in names
    }
