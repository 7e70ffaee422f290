"""Which dialog is to open in the next run: a part of the page asks for it, the page shows it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from app.cohort import Cohort
from components.explore.completion import completion_dialog
from components.explore.relation_builder import relation_dialog

_ASKED = "dialog"

_DIALOGS: dict[str, Callable[[Cohort], None]] = {"relation": relation_dialog, "complete": completion_dialog}


def ask_for(name: str) -> None:
    """Open this dialog in the next run; an unknown name opens none."""
    st.session_state[_ASKED] = name


def open_dialog(cohort: Cohort) -> None:
    """Show the dialog that was asked for, once."""
    dialog = _DIALOGS.get(st.session_state.pop(_ASKED, ""))
    if dialog:
        dialog(cohort)
