"""Which series the page is about: the address bar says it, or the visitor is asked."""

from __future__ import annotations

import streamlit as st

from app.catalog import open_catalog
from app.series import Series, UnknownSeriesError, find
from components.common.links import explore_link
from components.widgets.plain_table import PARAMETER

_BOX = "asked_series"


def chosen_series() -> Series | None:
    """The series of the address bar; where it names none, say so, ask, and give None."""
    asked = st.query_params.get(PARAMETER, "")
    try:
        series = find(open_catalog(), asked) if asked else None
    except UnknownSeriesError as error:
        _ask(str(error))
        if error.cohort:
            explore_link(error.cohort, "See its series in Explore")
        return None
    if series is None:
        _ask("All about one series: what it is, what surrounds it, its picture, its terms, and how to get it.")
    elif asked != series.uid and not series.note:
        st.query_params[PARAMETER] = series.uid
    return series


def _ask(sentence: str) -> None:
    st.title("Series", anchor=False)
    st.text(sentence)
    st.text_input(
        "SeriesInstanceUID or crdc_series_uuid",
        key=_BOX,
        on_change=_answered,
        placeholder="1.3.6.1.4.1.…, or the uuid of an address in a bucket",
    )


def _answered() -> None:
    if text := st.session_state[_BOX].strip():
        st.query_params.from_dict({PARAMETER: text})
