"""Beside the editor: the tables with their columns, examples, and the queries of this visit."""

from __future__ import annotations

from html import escape

import streamlit as st

from app.cohort.schema import Table
from app.common.numbers import exact
from app.common.settings import settings
from app.console.examples import EXAMPLES
from app.console.tables import absent, sources
from components.common.errors import plain
from components.sql import state

_LINE_LENGTH = 64
_HEIGHT = 560


def guide() -> None:
    """Three tabs, and what a query may take."""
    tables, examples, past = st.tabs(["Tables", "Examples", "History"], key="sql_guide")
    with tables:
        _tables()
    with examples, st.container(gap="xsmall"):
        st.caption("A click puts the query into the editor.")
        for example in EXAMPLES:
            st.button(example.title, on_click=state.write, args=(example.sql,), type="tertiary", key=example.title)
    with past, st.container(gap="xsmall"):
        _history()
    chosen = settings()
    st.caption(
        f"The same SQL runs in idc-index, by IDCClient().sql_query. Here a query may take {chosen.query_seconds:g}"
        f" seconds and {exact(chosen.query_memory_mb)} MB, and gives at most {exact(chosen.query_rows)} rows."
    )


def _tables() -> None:
    known = sources()
    name = st.selectbox("Table", list(known), key="sql_table", label_visibility="collapsed")
    table = known[name].table
    with st.container(height=_HEIGHT, key="sql_columns"):
        st.html(_listing(table))
    if absent():
        st.caption(
            plain(f"{exact(len(absent()))} more tables of idc-index are not on this server, which are fetched with:")
        )
        st.code("python -m app fetch --all", language="bash")


def _listing(table: Table) -> str:
    """The table and its columns in words."""
    entries = "".join(
        f"<dt><code>{escape(column.name)}</code> {escape(column.type.lower())}</dt>"
        f"<dd>{escape(column.description)}</dd>"
        for column in table.columns.values()
    )
    return f'<div class="idc-columns" tabindex="0"><p>{escape(table.description)}</p><dl>{entries}</dl></div>'


def _history() -> None:
    if not state.past():
        st.caption("The queries of this visit will stand here.")
    for number, one in enumerate(state.past()):
        line = " ".join(one.sql.split())
        shown = line if len(line) <= _LINE_LENGTH else f"{line[: _LINE_LENGTH - 1]}…"
        st.button(plain(shown), on_click=state.write, args=(one.sql,), type="tertiary", key=f"sql_past_{number}")
        st.caption(plain(one.outcome))
