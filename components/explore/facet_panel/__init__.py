"""The facet panel of the sidebar: a Streamlit component for filtering by counts.

``facet_panel`` shows the filters and their counts. Each edit in the browser calls
``on_edit``, which reads what to change with ``pending_edits``.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypedDict, TypeGuard

import streamlit as st

from components.common.scripts import module

_HERE: Final = Path(__file__).parent
_OPERATORS: Final = frozenset({"eq", "not", "contains", "gte", "lte", "missing", "range"})
_UNITS: Final = frozenset({"series", "patients"})
_MAX_EDITS: Final = 100
_MAX_VALUES: Final = 20_000
_MAX_TEXT: Final = 1_000


class Edit(TypedDict, total=False):
    """One change: a complete new list of values, another unit, which filters stand open, a table to fetch."""

    attribute: str
    operator: str
    values: list[str]
    unit: str
    opened: list[str]
    fetch: str


_component = st.components.v2.component(
    "facet_panel",
    css=(_HERE / "panel.css").read_text(encoding="utf-8"),
    js=module(_HERE / "panel.js"),
    isolate_styles=True,
)


def facet_panel(data: Mapping[str, Any], *, key: str, on_edit: Callable[[], None]) -> Any:
    """Show the panel; call ``on_edit`` before the next run when the user changed a filter.

    Args:
        data: The groups, facets, counts and present selection.
        key: The key of the component in the session state.
        on_edit: Applies ``pending_edits(key)`` to the selection.
    """
    payload = {**data, "key": key, "ack": st.session_state.get(_ack_key(key))}
    return _component(key=key, data=payload, on_edit_change=lambda: _receive(key, on_edit))


def pending_edits(key: str) -> list[Edit]:
    """Return the valid edits of this run, in order; they belong into one step of history."""
    message = _message(key)
    edits = message.get("edits", [message])
    if not isinstance(edits, list):
        return []
    cleaned = (_clean(edit) for edit in edits[:_MAX_EDITS])
    return [edit for edit in cleaned if edit is not None]


def _receive(key: str, on_edit: Callable[[], None]) -> None:
    """Acknowledge a message and apply it, once even if the browser sent it again."""
    sequence = _message(key).get("seq")
    if sequence is not None and sequence == st.session_state.get(_ack_key(key)):
        return
    st.session_state[_ack_key(key)] = sequence
    on_edit()


def _message(key: str) -> Mapping[str, Any]:
    """Return what the browser sent with this run, or an empty mapping."""
    state = st.session_state.get(key)
    message = state.get("edit") if isinstance(state, Mapping) else None
    return message if isinstance(message, Mapping) else {}


def _ack_key(key: str) -> str:
    return f"_{key}_ack"


def _clean(edit: object) -> Edit | None:
    """Return the edit if it has the promised shape; the browser is not to be trusted."""
    if not isinstance(edit, Mapping):
        return None
    if "unit" in edit:
        unit = edit["unit"]
        return Edit(unit=unit) if isinstance(unit, str) and unit in _UNITS else None
    if "opened" in edit:
        opened = edit["opened"]
        fits = isinstance(opened, list) and len(opened) <= _MAX_EDITS and all(map(_is_text, opened))
        return Edit(opened=list(opened)) if fits else None
    if "fetch" in edit:
        return Edit(fetch=edit["fetch"]) if _is_text(edit["fetch"]) else None
    attribute, operator, values = (edit.get(part) for part in ("attribute", "operator", "values"))
    if not _is_text(attribute) or not isinstance(operator, str) or operator not in _OPERATORS:
        return None
    if not isinstance(values, list) or len(values) > _MAX_VALUES:
        return None
    if not all(_is_text(value) for value in values):
        return None
    if operator == "range" and len(values) != 2:
        return None
    return Edit(attribute=attribute, operator=operator, values=list(values))


def _is_text(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and len(value) <= _MAX_TEXT
