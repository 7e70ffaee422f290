"""The switch between matching series, their whole studies and their whole patients, with what each comes to."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app.cohort import Scope
from app.common.numbers import compact, exact, size
from app.selection import Selection, Totals
from components.common import state
from components.common.scripts import module

_HERE = Path(__file__).parent
_KEY = "scope"

_LABELS = {
    Scope.SERIES: "Matching series",
    Scope.STUDY: "Their whole studies",
    Scope.PATIENT: "Their whole patients",
}

_component = st.components.v2.component(
    "scope_switch",
    html='<div id="root" role="radiogroup" aria-label="What the cohort takes in"></div>',
    css=(_HERE / "scope_switch.css").read_text(encoding="utf-8"),
    js=module(_HERE / "scope_switch.js"),
)


def scope_switch(selection: Selection) -> None:
    """Show all three scopes with their figures; a click chooses one."""
    scopes = [
        {
            "value": scope.value,
            "label": _LABELS[scope],
            "figures": [f"{compact(totals.series)} series", size(totals.size_bytes)],
            "hint": _hint(totals),
        }
        for scope, totals in selection.scopes().items()
    ]
    _component(
        key=_KEY,
        data={"scopes": scopes, "chosen": selection.cohort.scope.value},
        on_chosen_change=_apply,
        width="content",
    )


def _apply() -> None:
    chosen = st.session_state[_KEY]["chosen"]
    if chosen in list(Scope):
        state.show(state.current().with_options(scope=Scope(chosen)))


def _hint(totals: Totals) -> str:
    return (
        f"{exact(totals.patients)} patients, {exact(totals.studies)} studies, {exact(totals.series)} series,"
        f" {exact(totals.instances)} instances, {exact(totals.size_bytes)} bytes"
    )
