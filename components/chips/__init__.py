"""The cohort as a sentence of removable chips, above the results."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import streamlit as st

from app.attributes import ATTRIBUTES, Attribute
from app.catalog import catalog
from app.cohort import Cohort
from app.operators import OPERATORS
from app.sentence import on_missing, shown_value
from components import colours, state

_HERE = Path(__file__).parent
_KEY = "chips"

_component = st.components.v2.component(
    "cohort_chips",
    html='<div id="root"></div>',
    css=(_HERE / "chips.css").read_text(encoding="utf-8"),
    js=(_HERE / "chips.js").read_text(encoding="utf-8"),
)


def cohort_chips(cohort: Cohort) -> None:
    """Show what the cohort asks, and take things out of it by a click."""
    data = {
        "clauses": [_clause(ATTRIBUTES[name], asked) for name, asked in cohort.by_attribute().items()],
        "undo": state.can_undo(),
        "redo": state.can_redo(),
    }
    _component(key=_KEY, data=data, on_edit_change=_apply)


def _apply() -> None:
    edit = st.session_state[_KEY]["edit"] or {}
    action = edit.get("action")
    if action == "undo":
        state.undo()
    elif action == "redo":
        state.redo()
    elif action == "clear":
        state.show(Cohort())
    elif action == "remove" and edit.get("attribute") in ATTRIBUTES and edit.get("operator") in OPERATORS:
        left = [v for v in state.current().values(edit["attribute"], edit["operator"]) if v != edit.get("value")]
        state.set_values(edit["attribute"], edit["operator"], left)


def _clause(attribute: Attribute, asked: dict[str, tuple[str, ...]]) -> dict[str, Any]:
    parts: list[Any] = []
    for operator, values in asked.items():
        if operator == "missing":
            parts += ["or is" if len(asked) > 1 and values[0] == "true" else "and is" if len(asked) > 1 else "is"]
            parts.append(_chip(operator, values[0], "missing" if values[0] == "true" else "present"))
            continue
        if parts:
            parts.append("and")
        parts.append(OPERATORS[operator].phrase.removesuffix(" {values}"))
        parts += _chips(attribute, operator, values)
    return {
        "attribute": attribute.name,
        "label": attribute.label,
        "parts": parts,
        "note": on_missing(attribute, asked),
    }


def _chips(attribute: Attribute, operator: str, values: Sequence[str]) -> list[Any]:
    unknown = set()
    if attribute.is_facet and operator in ("eq", "not"):
        unknown = set(catalog().unknown_values(attribute, values))
    parts: list[Any] = []
    for value in values:
        if parts:
            parts.append("or")
        chip = _chip(operator, value, shown_value(attribute, value, operator))
        if attribute.name == "Modality":
            chip["swatch"] = colours.MODALITY.get(value, colours.OTHER)
        if value in unknown:
            chip |= {"unknown": True, "hint": _hint(attribute, value)}
        parts.append(chip)
    return parts


def _chip(operator: str, value: str, text: str) -> dict[str, Any]:
    return {"operator": operator, "value": value, "text": text}


def _hint(attribute: Attribute, value: str) -> str:
    by_folded = {known.lower(): known for known in catalog().values(attribute)}
    near = get_close_matches(value.lower(), by_folded, n=1)
    return f"Did you mean {by_folded[near[0]]}?" if near else ""
