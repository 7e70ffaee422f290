"""The head of the results: what the cohort adds up to."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

import streamlit as st

from app.cohort import ATTRIBUTES
from app.common.numbers import compact, exact, size
from app.help import explain
from app.selection import Selection


def head(selection: Selection) -> None:
    """Patients, studies, series, instances, size and licenses; exact figures on hover."""
    totals = selection.totals
    licenses = int((selection.facet_of_selected(ATTRIBUTES["license_short_name"])[1:] > 0).sum())
    figures = [
        ("Patients", compact(totals.patients), exact(totals.patients)),
        ("Studies", compact(totals.studies), exact(totals.studies)),
        ("Series", compact(totals.series), exact(totals.series)),
        ("Instances", compact(totals.instances), exact(totals.instances)),
        ("Size", size(totals.size_bytes), f"{exact(totals.size_bytes)} bytes"),
        ("Licenses", str(licenses), f"{licenses} different licenses"),
    ]
    st.html(f'<div class="idc-head" data-testid="head-counts">{cells(figures)}</div>', width="content")


def cells(figures: Iterable[tuple[str, str, str]]) -> str:
    """Figures side by side: label, short and exact figure; the label's tooltip says what it means."""
    return "".join(
        f'<div title="{escape(full)}"><span title="{escape(explain(label))}">{escape(label)}</span>'
        f"<strong>{escape(short)}</strong></div>"
        for label, short, full in figures
    )
