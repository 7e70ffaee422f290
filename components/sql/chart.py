"""A chart of a result: which columns, and drawn how."""

from __future__ import annotations

from html import escape
from typing import Any

import plotly.graph_objects as go
import pyarrow as pa
import streamlit as st

from app.console.result import Result
from app.numbers import exact
from components import colours

#: Points that a chart can show and a browser can draw.
_MOST = 2_000
_HEIGHT = 420
_LABEL_LENGTH = 32
_MOST_LABELS = 60
_KINDS = ("Bars", "Line", "Points", "Histogram")


def chart(result: Result) -> None:
    """Choices in a row, and the chart below."""
    numeric = [field.name for field in result.table.schema if _is_number(field.type)]
    others = [name for name in result.columns if name not in numeric]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = st.selectbox("Chart", _KINDS, key="sql_chart_kind", width=140)
        across = st.selectbox("Across", others + numeric, key="sql_chart_x", width=220)
        up = None
        if kind != "Histogram":
            up = st.selectbox("Up", numeric, key="sql_chart_y", width=220)
    if kind != "Histogram" and up is None:
        st.caption("Bars, lines and points need a column of numbers; a histogram counts whatever there is.")
        return
    if result.rows > _MOST:
        st.caption(f"The first {exact(_MOST)} of {exact(result.rows)} rows are drawn.")
    drawn = result.table.slice(0, _MOST)
    st.plotly_chart(_figure(kind, drawn, across, up), theme=None, config={"displayModeBar": False}, key="sql_chart")


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _figure(kind: str, rows: pa.Table, across: str, up: str | None) -> go.Figure:
    """One chart, given to Plotly as a whole and unchecked, as `components.charts` does."""
    trace: dict[str, Any] = {"x": _values(rows, across), "marker": {"color": colours.accent()}}
    if kind == "Histogram":
        trace |= {"type": "histogram"}
    elif up is not None:
        trace |= {"y": _values(rows, up), "type": "bar" if kind == "Bars" else "scatter"}
        trace |= {"mode": "lines" if kind == "Line" else "markers", "line": {"color": colours.accent()}}
    lines = {"gridcolor": colours.muted(), "zeroline": False, "automargin": True, "linecolor": colours.muted()}
    layout: dict[str, Any] = {
        "height": _HEIGHT,
        "margin": {"l": 10, "r": 10, "t": 10, "b": 10},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"size": 12, "color": colours.text(), "family": colours.FONT},
        "showlegend": False,
        "bargap": 0.2,
        "xaxis": {**lines, "showgrid": False, "title": {"text": escape(across)}, **_ticks(rows, across)},
        "yaxis": {**lines, "title": {"text": escape(up or "rows")}},
        "template": {},
    }
    return go.Figure({"data": [trace], "layout": layout}, _validate=False)


def _values(rows: pa.Table, column: str) -> list[Any]:
    """Values for Plotly, which reads texts as HTML and knows no decimals."""
    values = rows.column(column)
    if pa.types.is_decimal(values.type):
        values = values.cast(pa.float64())
    if pa.types.is_string(values.type):
        return [None if value is None else escape(value) for value in values.to_pylist()]
    return list(values.to_pylist())


def _ticks(rows: pa.Table, column: str) -> dict[str, Any]:
    """Texts stand as they come, whatever they look like; where there are few, each has its label, shortened."""
    if not pa.types.is_string(rows.schema.field(column).type):
        return {}
    texts = rows.column(column).unique().drop_null().to_pylist()
    if len(texts) > _MOST_LABELS:
        return {"type": "category"}
    labels = [text if len(text) <= _LABEL_LENGTH else f"{text[: _LABEL_LENGTH - 1]}…" for text in texts]
    return {"type": "category", "tickvals": [*map(escape, texts)], "ticktext": [*map(escape, labels)]}
