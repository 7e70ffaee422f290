"""How to get a series, and its row of the index."""

from __future__ import annotations

import streamlit as st

from app.cohort import schema
from app.export import dicomweb, one_series
from app.series import Series
from components.explore.archive import archive_button
from components.explore.tools import commands_panel
from components.widgets.plain_table import plain_table


def commands(series: Series) -> None:
    """Commands that fetch it, scripts for other tools, and DICOMweb."""
    bucket, _, uuid = series.place.partition("/")
    short = one_series(bucket, uuid, series.uid)
    for tab, (label, text) in zip(st.tabs(list(short)), short.items(), strict=True):
        tab.code(text, language="python" if label == "Python" else "bash", wrap_lines=True)
    archive_button(series.selection)
    commands_panel(series.selection)
    _dicomweb(series)


@st.fragment
def _dicomweb(series: Series) -> None:
    st.header("DICOMweb", anchor=False)
    st.text(dicomweb.limits())
    whole = st.toggle("The whole study", key="dicomweb_study")
    uid = None if whole else series.uid
    curl, python, addresses = st.tabs(["curl", "Python", "Addresses"])
    curl.code(dicomweb.curl(series.study, uid), language="bash", wrap_lines=True)
    python.code(dicomweb.python(series.study, uid), language="python", wrap_lines=True)
    with addresses:
        plain_table(("What", "Address"), list(dicomweb.addresses(series.study, uid).items()), "dicomweb_addresses")


def columns(series: Series) -> None:
    """Every column of the index with its value and description."""
    known = schema.tables()["index"].columns
    rows = [
        (name, None if value is None else str(value), known[name].description) for name, value in series.values.items()
    ]
    plain_table(("Column", "Value", "What it is"), rows, "series_columns", search="Search columns and values")
