"""The distribution of a clinical column as a bar chart: values side by side, numbers as a histogram."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import streamlit as st

from app.clinical.distribution import Bar, Distribution
from app.numbers import compact
from components import colours
from components.figure import Figure

#: Bars of a chart; further values stand in the list beside it alone.
_MOST = 20
_CONFIG = {"displayModeBar": False, "scrollZoom": False}


def chart(spread: Distribution, key: str, is_chosen: Callable[[Bar], bool], take: Callable[[Bar], None]) -> None:
    """Patients with images per bar; those that are not chosen stand back, and a click calls `take`."""
    bars = spread.bars if spread.is_numeric else spread.bars[:_MOST]
    if not bars:
        st.info("Nobody has a value in this column.")
        return
    # A new key forgets the click, so that the same bar can be clicked again.
    turn = st.session_state.setdefault(f"{key}_turn", 0)
    widget = f"{key}_chart_{turn}"

    def clicked() -> None:
        points = st.session_state[widget]["selection"]["points"]
        st.session_state[f"{key}_turn"] += 1
        if points and 0 <= points[0]["point_index"] < len(bars):
            take(bars[points[0]["point_index"]])

    st.plotly_chart(
        _figure(spread, bars, [colours.accent() if is_chosen(bar) else colours.muted() for bar in bars]),
        key=widget,
        theme=None,
        config=_CONFIG,
        on_select=clicked,
        selection_mode="points",
        alt=f"Patients by {spread.column.title}",
    )


def _figure(spread: Distribution, bars: tuple[Bar, ...], fills: list[str]) -> Figure:
    """One chart; its bars lie or stand."""
    counts = [bar.imaged for bar in bars]
    # Positions rather than labels: two codes may have one label.
    places = list(range(len(bars)))
    trace: dict[str, Any] = {
        "type": "bar",
        "marker": {"color": fills},
        "hovertext": [f"{escape(bar.label, quote=False)}: {bar.imaged:,} patients" for bar in bars],
        "hovertemplate": "%{hovertext}<extra></extra>",
        "selected": {"marker": {"opacity": 1}},
        "unselected": {"marker": {"opacity": 1}},
    }
    layout: dict[str, Any] = {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"size": 12, "color": colours.text(), "family": colours.FONT},
        "dragmode": False,
        "clickmode": "event+select",
        "showlegend": False,
        "template": {},
    }
    quiet = {"showgrid": False, "zeroline": False, "fixedrange": True, "tickvals": places}
    hidden = {"visible": False, "fixedrange": True}
    if spread.is_numeric:
        labels = [bar.low for bar in bars]
        trace |= {"x": places, "y": counts}
        layout |= {"height": 260, "margin": {"l": 14, "r": 14, "t": 10, "b": 30}, "bargap": 0.12}
        every = max(1, len(places) // 8)
        ticks = {"tickvals": places[::every], "ticktext": labels[::every], "tickangle": 0}
        return Figure(trace, layout | {"xaxis": quiet | ticks, "yaxis": hidden})
    trace |= {"y": places, "x": counts, "orientation": "h", "text": [compact(count) for count in counts]}
    trace |= {"textposition": "outside", "cliponaxis": False, "constraintext": "none"}
    layout |= {"height": 24 + 26 * len(bars), "margin": {"l": 170, "r": 60, "t": 4, "b": 4}, "bargap": 0.28}
    ticks = {
        "ticktext": [_shorten(bar.label) for bar in bars],
        "range": [len(bars) - 0.5, -0.5],
        "ticklabelstandoff": 5,
    }
    return Figure(trace, layout | {"xaxis": hidden, "yaxis": quiet | ticks})


def _shorten(label: str, length: int = 24) -> str:
    """Label of a bar; Plotly reads labels as HTML."""
    return escape(label if len(label) <= length else f"{label[: length - 1]}…", quote=False)
