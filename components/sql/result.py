"""What a query gave: rows, chart, files, and the cohort that it stands for; or why it gave nothing."""

from __future__ import annotations

import streamlit as st

from app.cohort import ATTRIBUTES
from app.common.errors import UserError
from app.common.numbers import exact
from app.console.queries import QueryFailedError
from app.console.result import FORMATS, Result
from app.interface.result_links import link
from components.common.errors import plain
from components.common.links import open_explore
from components.sql import state
from components.sql.chart import chart

#: Rows that go to the browser; the files hold all.
_SHOWN = 1_000


def result_panel() -> None:
    """The last query's result or error; nothing before the first, or while one runs."""
    query = state.query()
    if query is None or query.is_running:
        return
    try:
        result = query.result()
    except QueryFailedError as error:
        state.remember(query.sql, str(error))
        st.error(plain(str(error)), icon=":material/error:")
        if error.detail:
            st.code(error.detail, language=None, wrap_lines=True)
        return
    state.remember(query.sql, f"{_rows(result)} in {result.seconds:.1f} s")
    _head(result)
    rows, drawn = st.tabs(["Rows", "Chart"], key="sql_result", on_change="rerun")
    if rows.open:
        with rows:
            _grid(result)
    if drawn.open:
        with drawn:
            chart(result)


def _head(result: Result) -> None:
    columns = len(result.columns)
    with st.container(horizontal=True, vertical_alignment="center", key="sql_head"):
        st.text(f"{_rows(result)}, {columns} {'column' if columns == 1 else 'columns'}, {result.seconds:.1f} s")
        for form in FORMATS:
            st.link_button(
                form.upper() if form != "parquet" else "Parquet", link(result, form), icon=":material/download:"
            )
        _cohort(result)
    if result.remark:
        st.warning(plain(f"{result.remark} Narrow it or add a LIMIT."), icon=":material/warning:")


def _rows(result: Result) -> str:
    return f"{exact(result.rows)} {'row' if result.rows == 1 else 'rows'}"


def _cohort(result: Result) -> None:
    """One click from identifiers to Explore."""
    if not result.identifiers or not result.rows:
        return
    columns = list(result.identifiers)
    column = columns[0]
    if len(columns) > 1:
        column = st.selectbox(
            "Identifiers",
            columns,
            key="sql_identifiers",
            label_visibility="collapsed",
            width=190,
            help="Which column says what belongs to the cohort",
        )
    label = ATTRIBUTES[result.identifiers[column]].label
    open_it = st.button(
        f"Open as a cohort, by {label}",
        icon=":material/arrow_forward:",
        key="sql_cohort",
        disabled=bool(result.remark),
        help="A part of the rows would make another cohort: narrow the query first." if result.remark else None,
    )
    if open_it:
        try:
            cohort = result.cohort(column)
        except UserError as error:
            st.error(plain(str(error)), icon=":material/error:")
            return
        open_explore(cohort)


def _grid(result: Result) -> None:
    with st.container(key="sql_rows"):
        st.dataframe(result.table.slice(0, _SHOWN), hide_index=True, height=min(560, 38 + 35 * max(result.rows, 1)))
    if result.rows > _SHOWN:
        st.caption(f"The first {exact(_SHOWN)} rows are shown; the files hold all {exact(result.rows)}.")
