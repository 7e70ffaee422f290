"""The distribution of a clinical column as a bar chart: values side by side, numbers as a histogram."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from app.clinical.values import Bar, Distribution
from components.common import colours, echarts

#: Bars of a chart; further values stand in the list beside it alone.
_MOST = 20
_ROW, _LABELS, _COUNTS = 26, 170, 60


def chart(spread: Distribution, key: str, is_chosen: Callable[[Bar], bool], take: Callable[[Bar], None]) -> None:
    """Patients with images per bar; those that are not chosen stand back, and a click calls `take`."""
    bars = spread.bars if spread.is_numeric else spread.bars[:_MOST]
    if not bars:
        st.info("Nobody has a value in this column.")
        return
    drawn = [
        echarts.Bar(bar.label, bar.imaged, colours.accent() if is_chosen(bar) else colours.muted()) for bar in bars
    ]
    if spread.is_numeric:
        height, grid = 260, {"left": 14, "right": 14, "top": 10, "bottom": 30}
    else:
        height = 24 + _ROW * len(bars)
        grid = {"left": _LABELS, "right": _COUNTS, "top": 4, "bottom": 4}
    echarts.draw_clickable(
        echarts.bars(drawn, "patients", upright=spread.is_numeric, grid=grid, labels=_LABELS),
        height,
        f"{key}_chart",
        f"Patients by {spread.column.title}",
        lambda position: take(bars[position]),
    )
