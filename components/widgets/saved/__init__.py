"""Cohorts that a browser keeps: saved under a name in Explore, listed on Home.

They lie in the browser's own storage: nobody needs an account, nobody sees another's, and they outlive the visit and
the server. What has to be shared is shared by its link.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import streamlit as st

from app.cohort import schema
from app.cohort.json_form import to_json
from app.common.numbers import exact, size
from app.selection import Selection
from components.common.scripts import module
from components.common.words import in_words

_HERE = Path(__file__).parent

_LONGEST_NAME = 80

_list = st.components.v2.component(
    "saved_cohorts",
    css=(_HERE / "list.css").read_text(encoding="utf-8"),
    js=module(_HERE / "list.js"),
    isolate_styles=True,
)


def to_save(selection: Selection) -> dict[str, str | int]:
    """What the browser keeps of a cohort, beside the name that the user gives it, and the name it gets if none."""
    words = in_words(selection.cohort)
    totals = selection.totals
    figures = f"{exact(totals.patients)} patients, {exact(totals.series)} series, {size(totals.size_bytes)}"
    return {
        "query": selection.cohort.to_query(),
        "json": to_json(selection.cohort),
        "sentence": words,
        "figures": f"{figures} in v{schema.idc_version()} on {date.today().isoformat()}",
        "suggested": words.removeprefix("Series where ").removesuffix(".")[:_LONGEST_NAME],
        "longest": _LONGEST_NAME,
    }


def saved_cohorts() -> None:
    """List the saved cohorts, the latest first, each with a link and a way to remove it; nothing if there are none."""
    _list(key="saved_cohorts", data={})
