"""What the series is, in words, and the ways from it into Explore."""

from __future__ import annotations

import streamlit as st

from app.series import Series, kind, series_sentence
from components.common.errors import plain
from components.common.links import explore_link
from components.common.style import tab_title


def head(series: Series) -> None:
    """Title, sentence, UID, and links to its study and patient."""
    title = series.values.get("SeriesDescription") or f"{kind(series)} series"
    tab_title(title)
    st.title(plain(title), anchor=False)
    if series.note:
        st.info(plain(series.note), icon=":material/history:")
    st.text(series_sentence(series))
    with st.container(horizontal=True, vertical_alignment="center", key="series_links"):
        st.code(series.uid, language=None, width="content", wrap_lines=True)
        for label, cohort in (
            ("Series in Explore", series.cohort),
            ("Study in Explore", series.study_cohort),
            ("Patient in Explore", series.patient_cohort),
        ):
            explore_link(cohort, label, icon=":material/search:")
