"""A short table of texts that wrap, with a search box over its rows and links to Series pages if wanted.

Unlike a grid it shows long texts whole, and it puts what it is given into the page as text alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from components.common.scripts import module

_HERE = Path(__file__).parent

#: Name of the parameter that says which series the Series page shows.
PARAMETER = "SeriesInstanceUID"

_component = st.components.v2.component(
    "plain_table",
    html='<div id="root"></div>',
    css=(_HERE / "plain_table.css").read_text(encoding="utf-8"),
    js=module(_HERE / "plain_table.js"),
)


def plain_table(
    headings: Sequence[str],
    rows: Sequence[Sequence[str | None]],
    key: str,
    *,
    series: Sequence[str] = (),
    search: str = "",
) -> None:
    """Show rows; None stands for a value that is missing.

    Parameters
    ----------
    series
        For each row the SeriesInstanceUID that its first cell leads to; no links if left out.
    search
        What stands in the search box before something is typed; no box if left out.
    """
    data = {"headings": list(headings), "rows": [list(row) for row in rows], "series": list(series), "search": search}

    def opened() -> None:
        uid = str(st.session_state[key]["opened"])
        if uid in series:
            st.query_params.from_dict({PARAMETER: uid})

    _component(key=key, data=data, on_opened_change=opened)
