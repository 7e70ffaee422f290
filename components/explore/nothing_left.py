"""What stands where a cohort holds no series: which condition to give up, and what there is then."""

from __future__ import annotations

import streamlit as st

from app.common.numbers import compact
from app.selection import Selection, left_out, unknown_in
from components.common import state
from components.common.errors import plain

_MOST = 8


def nothing_left(selection: Selection) -> None:
    """Say that nothing is left; offer the cohort without each condition that alone is in the way.

    Values that the release does not hold are named first: they are mostly misspelt.
    """
    for unknown in unknown_in(selection.catalog, selection.cohort)[:_MOST]:
        st.warning(plain(unknown.sentence), icon=":material/warning:")
    ways = left_out(selection)[:_MOST]
    if not ways:
        st.info("No series meets all of these conditions. Remove two or more of them above to widen the cohort.")
        return
    st.info("No series meets all of these conditions. Without one of them there are:")
    with st.container(key="nothing_left", gap="xsmall"):
        for place, way in enumerate(ways):
            label = plain(f"{compact(way.series)} series without “{way.clause}”")
            st.button(label, key=f"without_{place}", icon=":material/close:", on_click=state.show, args=(way.cohort,))
