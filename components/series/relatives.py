"""What surrounds a series: what was made from it or it from, its study, its patient."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.common.numbers import exact, size
from app.series import Related, Relative, Series
from components.widgets.plain_table import plain_table

#: Rows of a table; Explore has the rest.
_MOST = 100

_OF_SERIES = ("Series", "Modality", "Number", "Instances", "Size")
_OF_STUDIES = ("Study", "Date", "Modalities", "Series", "Size")


def relatives(series: Series, around: Related) -> None:
    """Tables that lead to the Series pages of the others."""
    near = (*around.sources, *around.derived)
    if near:
        st.header(_title(around), anchor=False)
        st.text(around.note)
        _series_table(near, "near_series")
    known = {other.uid for other in near}
    rest = [other for other in series.in_study if other.uid not in known]
    if rest:
        st.header(f"{'More series' if near else 'Other series'} of the study: {exact(len(rest))}", anchor=False)
        _series_table(rest, "study_series")
    studies = series.other_studies
    if studies:
        st.header(f"Other studies of the patient: {exact(len(studies))}", anchor=False)
        _studies_table(list(studies.values()))
    if not series.relatives:
        st.text("It is the only series of its patient.")
    elif not studies:
        st.text("The patient has no other study.")


def _title(around: Related) -> str:
    if around.sources:
        what = "Made from" if around.certain else "Images of its study, which it may be made from"
        return f"{what}: {exact(len(around.sources))}"
    what = "Made from it" if around.certain else "In its study, and perhaps made from it"
    return f"{what}: {exact(len(around.derived))}"


def _series_table(others: Sequence[Relative], key: str) -> None:
    shown = others[:_MOST]
    rows = [
        (other.description or other.uid, other.modality, other.number, exact(other.instances), size(other.size_bytes))
        for other in shown
    ]
    plain_table(_OF_SERIES, rows, key, series=[other.uid for other in shown])
    _more(len(others))


def _studies_table(studies: Sequence[tuple[Relative, ...]]) -> None:
    shown = studies[:_MOST]
    rows = [
        (
            study[0].study_description or study[0].study,
            study[0].study_date,
            ", ".join(sorted({other.modality for other in study})),
            exact(len(study)),
            size(sum(other.size_bytes for other in study)),
        )
        for study in shown
    ]
    # A study is entered at its largest image, as its viewer would.
    entries = [max(study, key=lambda other: (other.has_picture, other.instances)).uid for study in shown]
    plain_table(_OF_STUDIES, rows, "patient_studies", series=entries)
    _more(len(studies))


def _more(total: int) -> None:
    if total > _MOST:
        st.caption(f"The first {_MOST} are shown; the links to Explore above lead to all {exact(total)}.")
