"""The cohort as a sentence of removable chips, above the results."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import streamlit as st

from app.catalog import open_catalog
from app.cohort import ATTRIBUTES, OPERATORS, Attribute, Cohort, Condition, Scope
from app.language import (
    Knowledge,
    clinical_clause,
    combination_clause,
    knowledge,
    on_missing,
    opening,
    option_clauses,
    relation_clause,
    shown_value,
)
from app.selection import Selection
from components.common import colours, state
from components.common.scripts import module
from components.explore.dialogs import ask_for
from components.widgets.saved import to_save

_HERE = Path(__file__).parent
_KEY = "chips"

_component = st.components.v2.component(
    "cohort_chips",
    html='<div id="root"></div><div id="save"></div>',
    css=(_HERE / "chips.css").read_text(encoding="utf-8"),
    js=module(_HERE / "chips.js"),
)


def cohort_chips(cohort: Cohort, selection: Selection | None = None) -> None:
    """Show what the cohort asks, and take things out of it by a click.

    With its `selection`, which can't be had while a table is absent, it can be added to by dialogs and be saved.
    """
    known = knowledge(open_catalog())
    data = {
        "opening": _opening(cohort),
        "clauses": [
            *(_clause(ATTRIBUTES[name], asked) for name, asked in cohort.by_attribute().items()),
            *({"parts": [part]} for part in _long_chips(cohort, known)),
        ],
        "options": [
            {"text": text, "name": text, "edit": edit}
            for text, edit in zip(option_clauses(cohort, known), _option_edits(cohort), strict=True)
        ],
        "undo": state.can_undo(),
        "redo": state.can_redo(),
        "clear": bool(cohort),
        "openers": selection is not None,
        "save": to_save(selection) if selection and cohort else None,
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
    elif action == "open":
        ask_for(str(edit.get("dialog")))
    elif action == "remove":
        _remove(edit)


def _remove(edit: dict[str, Any]) -> None:
    """Take one chip out; the browser's word is taken for nothing but a choice among what is there."""
    cohort, value = state.current(), str(edit.get("value"))
    if edit.get("attribute") in ATTRIBUTES and edit.get("operator") in OPERATORS:
        left = [v for v in cohort.values(edit["attribute"], edit["operator"]) if v != value]
        state.set_values(edit["attribute"], edit["operator"], left)
    elif edit.get("option") == "add":
        state.show(cohort.with_options(added=[added for added in cohort.added if added != value]))
    elif edit.get("option") == "scope":
        state.show(cohort.with_options(scope=Scope.SERIES))
    elif edit.get("option") == "sample":
        state.show(cohort.with_options(sample=None))
    elif edit.get("option") == "split":
        state.show(cohort.with_options(split=None))
    for clause in cohort.clauses:
        if (clause.key, clause.value) == (edit.get("clause"), value):
            state.show(cohort.without_clause(clause))


def _opening(cohort: Cohort) -> dict[str, Any]:
    text = opening(cohort)
    if cohort.scope is Scope.SERIES:
        return {"text": text}
    return {"text": text, "name": f"{cohort.scope} scope", "edit": {"option": "scope"}}


def _clause(attribute: Attribute, asked: dict[str, tuple[str, ...]]) -> dict[str, Any]:
    parts: list[Any] = []
    for operator, values in asked.items():
        if operator == "missing":
            parts += ["or is" if len(asked) > 1 and values[0] == "true" else "and is" if len(asked) > 1 else "is"]
            parts.append(_chip(attribute, operator, values[0], "missing" if values[0] == "true" else "present"))
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
    unknown = _unknown(attribute, operator, values)
    parts: list[Any] = []
    for value in values:
        if parts:
            parts.append("or")
        chip = _chip(attribute, operator, value, shown_value(attribute, value, operator))
        if colour := colours.of_value(attribute.name, value):
            chip["swatch"] = colour
        if value in unknown:
            chip |= {"warning": "not in this release", "hint": _hint(attribute, value)}
        parts.append(chip)
    return parts


def _chip(attribute: Attribute, operator: str, value: str, text: str) -> dict[str, Any]:
    edit = {"attribute": attribute.name, "operator": operator, "value": value}
    return {"text": text, "name": f"{attribute.label} {text}", "edit": edit}


def _long_chips(cohort: Cohort, known: Knowledge) -> Iterator[dict[str, Any]]:
    """One chip for each clause that is no condition."""
    for relation in cohort.relations:
        chip = {"text": relation_clause(relation), "edit": {"clause": relation.key, "value": relation.value}}
        yield chip | {"name": chip["text"]} | _warnings(relation.conditions)
    for clause in cohort.clinical:
        chip = {"text": clinical_clause(clause, known), "edit": {"clause": clause.key, "value": clause.value}}
        yield chip | {"name": chip["text"]}
    for combination in cohort.combinations:
        edit = {"clause": combination.operation.value, "value": combination.value}
        chip = {"text": combination_clause(combination, known), "edit": edit}
        inner = (*_conditions(combination.left), *_conditions(combination.right))
        yield chip | {"name": chip["text"]} | _warnings(inner)


def _conditions(cohort: Cohort) -> Iterator[Condition]:
    """All conditions of a cohort, those inside its relations and combinations included."""
    yield from cohort.conditions
    for relation in cohort.relations:
        yield from relation.conditions
    for combination in cohort.combinations:
        yield from (*_conditions(combination.left), *_conditions(combination.right))


def _warnings(conditions: Iterable[Condition]) -> dict[str, str]:
    """What to say of values that this release does not hold."""
    found = {
        (condition.attribute, value): None
        for condition in conditions
        for value in _unknown(ATTRIBUTES[condition.attribute], condition.operator, condition.values)
    }
    if not found:
        return {}
    hints = [hint for name, value in found if (hint := _hint(ATTRIBUTES[name], value))]
    return {"warning": f"{', '.join(value for _, value in found)}: not in this release", "hint": " ".join(hints)}


def _unknown(attribute: Attribute, operator: str, values: Sequence[str]) -> set[str]:
    if attribute.is_facet and operator in ("eq", "not") and not open_catalog().missing([attribute.table]):
        return set(open_catalog().unknown_values(attribute, values))
    return set()


def _hint(attribute: Attribute, value: str) -> str:
    by_folded = {known.lower(): known for known in open_catalog().values(attribute)}
    near = get_close_matches(value.lower(), by_folded, n=1)
    return f"Did you mean {by_folded[near[0]]}?" if near else ""


def _option_edits(cohort: Cohort) -> list[dict[str, str]]:
    """What takes each of the cohort's options out, in the order of the sentence."""
    edits = [{"option": "add", "value": completion.value} for completion in cohort.added]
    edits += [{"option": "sample"}] if cohort.sample else []
    return edits + ([{"option": "split"}] if cohort.split else [])
