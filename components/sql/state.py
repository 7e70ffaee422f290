"""What the SQL page keeps of a visit: the text in the editor, the query at work or last run, and those before.

The address bar holds the last query that was run, as far as it fits there, so that a link says what its screen shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

import streamlit as st

from app.cohort import Cohort
from app.common.errors import UserError
from app.common.settings import settings
from app.console.examples import EXAMPLES
from app.console.queries import Query, console
from app.language import select

_TEXT, _TURN, _QUERY, _OWNER, _LINKED = "sql_text", "sql_turn", "sql_query", "sql_owner", "sql_linked"
_PAST, _REFUSED = "sql_past", "sql_refused"

#: Proxies cut addresses above 8 kB.
_LONGEST_LINK = 6_000
_MOST_PAST = 20

#: Seconds that a run of the page waits for a query, so that a quick one shows at once.
_AT_ONCE = 0.7


@dataclass(frozen=True, slots=True)
class Past:
    """One query of this visit, and what became of it in a few words."""

    sql: str
    outcome: str


def text() -> str:
    """The text that the editor was last given; at first an example."""
    return str(st.session_state.get(_TEXT, EXAMPLES[0].sql))


def turn() -> int:
    """Changes when the editor is given another text."""
    return int(st.session_state.get(_TURN, 0))


def query() -> Query | None:
    """The query at work, or the last one."""
    found: Query | None = st.session_state.get(_QUERY)
    return found


def refused() -> str:
    """Why the last query was not even started."""
    return str(st.session_state.get(_REFUSED, ""))


def past() -> list[Past]:
    """The queries of this visit, the latest first, each once."""
    return list(st.session_state.get(_PAST, ()))


def write(sql: str) -> None:
    """Give the editor another text."""
    st.session_state[_TEXT] = sql
    st.session_state[_TURN] = turn() + 1


def start(sql: str) -> None:
    """Run a query, and name it in the address bar."""
    st.session_state[_TEXT] = sql
    st.session_state[_LINKED] = sql if len(quote(sql)) <= _LONGEST_LINK else ""
    if st.session_state[_LINKED]:
        st.query_params["sql"] = sql
    else:
        st.query_params.pop("sql", None)
    owner = st.session_state.setdefault(_OWNER, object())
    st.session_state[_REFUSED] = ""
    try:
        started = console().start(sql, owner)
    except UserError as error:
        st.session_state[_REFUSED] = str(error)
        return
    st.session_state[_QUERY] = started
    started.wait(_AT_ONCE)


def follow_link() -> None:
    """Take over the query that the address bar names, when a link, back or forward brought it."""
    linked = st.query_params.get("sql", "")
    if linked and linked != st.session_state.get(_LINKED):
        last = query()
        if last is not None:
            last.cancel()
            last.wait()
        write(linked)
        start(linked)


def remember(sql: str, outcome: str) -> None:
    """Note what became of a query, once."""
    others = [one for one in past() if one.sql != sql]
    st.session_state[_PAST] = [Past(sql, outcome), *others][:_MOST_PAST]


def edit_as_sql(cohort: Cohort) -> None:
    """A button that opens a cohort's query in the editor."""
    if settings().queries_at_once and st.button("Edit as SQL", icon=":material/edit:", key="edit_as_sql"):
        write(select(cohort))
        st.switch_page("../pages/sql.py")
