"""The cohort of the page: the address bar holds it, and edits write it back there.

Each edit is one entry of the browser's history, so back and forward work by themselves; undo and redo walk a list of
their own, since a page can't read the browser's.
"""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from app.catalog import open_catalog
from app.cohort import Cohort
from app.selection import Selection

_HISTORY = "cohort_history"
_POSITION = "cohort_position"


def current() -> Cohort:
    """The cohort that the address bar holds.

    Raises
    ------
    QueryError
        If it holds none.
    """
    pairs = [(key, value) for key in st.query_params for value in st.query_params.get_all(key)]
    cohort = Cohort.from_pairs(pairs)
    _remember(cohort.to_query())
    return cohort


def selection() -> Selection:
    """The series of the current cohort."""
    return Selection(open_catalog(), current())


def show(cohort: Cohort) -> None:
    """Make `cohort` the current one, from the next run on."""
    st.query_params.from_dict(parameters(cohort.to_pairs()))


def parameters(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """URL parameters in the one form that every way of Streamlit's keeps whole.

    Of pairs, some of its ways keep only the last value of a repeated key.
    """
    found: dict[str, list[str]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found


def set_values(attribute: str, operator: str, values: Iterable[str]) -> None:
    """Replace the values of one attribute and operator."""
    show(current().with_values(attribute, operator, values))


def toggle(attribute: str, value: str) -> None:
    """Add a value to "any of" an attribute, or take it out again."""
    chosen = set(current().values(attribute, "eq"))
    set_values(attribute, "eq", chosen ^ {value})


def seen() -> list[str]:
    """URL forms of the cohorts of this visit, the latest first, each once."""
    return list(dict.fromkeys(reversed(st.session_state.get(_HISTORY, []))))


def can_undo() -> bool:
    """Whether there is an earlier cohort in this visit."""
    return bool(st.session_state.get(_POSITION, 0) > 0)


def can_redo() -> bool:
    """Whether something was undone."""
    return bool(st.session_state.get(_POSITION, 0) < len(st.session_state.get(_HISTORY, ())) - 1)


def undo() -> None:
    """Show the cohort before this one."""
    _step(-1)


def redo() -> None:
    """Show the cohort that was undone."""
    _step(1)


def _step(by: int) -> None:
    history, position = st.session_state.get(_HISTORY, []), st.session_state.get(_POSITION, 0) + by
    if 0 <= position < len(history):
        st.session_state[_POSITION] = position
        show(Cohort.from_query(history[position]))


def _remember(query: str) -> None:
    """Note a new cohort; one that the browser's back or forward brought is looked up beside the present one."""
    history = st.session_state.setdefault(_HISTORY, [])
    position = st.session_state.setdefault(_POSITION, 0)
    if history and history[position] == query:
        return
    for neighbour in (position - 1, position + 1):
        if 0 <= neighbour < len(history) and history[neighbour] == query:
            st.session_state[_POSITION] = neighbour
            return
    del history[position + 1 :]
    history.append(query)
    st.session_state[_POSITION] = len(history) - 1
