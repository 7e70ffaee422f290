"""The way to Explore, known here alone: every other page that opens a cohort goes through these two."""

from __future__ import annotations

from typing import NoReturn

import streamlit as st

from app.cohort import Cohort
from app.sentence import sentence
from components.errors import plain

_EXPLORE = "../pages/explore.py"


def explore_link(
    cohort: Cohort, label: str, *, icon: str | None = ":material/arrow_forward:", width: int | str = "content"
) -> None:
    """Show a link that opens `cohort` in Explore; its sentence stands in the tooltip."""
    st.page_link(
        _EXPLORE,
        label=label,
        icon=icon,
        query_params=cohort.to_pairs(),
        help=plain(sentence(cohort)),
        width=width,  # type: ignore[arg-type]
    )


def open_explore(cohort: Cohort) -> NoReturn:
    """Leave this page for Explore with `cohort`."""
    st.switch_page(_EXPLORE, query_params=cohort.to_pairs())
