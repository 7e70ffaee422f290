"""A chart of a result: which columns, and drawn how."""

from __future__ import annotations

import math
from typing import Any

import pyarrow as pa
import streamlit as st

from app.common.numbers import exact
from app.console.bins import FAR_AWAY, histogram
from app.console.result import Result
from components.common import colours
from components.common.echarts import Option, draw, text, tooltip

#: Points that a chart can show and a browser can draw.
_MOST = 2_000
_HEIGHT = 420
_LABEL_WIDTH = 180
#: Labels that all stand there, turned when they have more letters than fit side by side.
_MOST_LABELS, _MOST_LETTERS = 60, 60
_KINDS = {"Bars": "bar", "Line": "line", "Points": "scatter", "Histogram": "bar"}


def chart(result: Result) -> None:
    """Choices in a row, and the chart below."""
    numeric = [field.name for field in result.table.schema if _is_number(field.type)]
    others = [name for name in result.columns if name not in numeric]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = st.selectbox("Chart", list(_KINDS), key="sql_chart_kind", width=140)
        across = st.selectbox("Across", others + numeric, key="sql_chart_x", width=220)
        up = None
        if kind != "Histogram":
            up = st.selectbox("Up", numeric, key="sql_chart_y", width=220)
    if kind == "Histogram":
        labels, counts = histogram(result.table.column(across))
        _say_how_many(len(labels), "values")
        option = _option("bar", _categories(labels[:_MOST]), list(enumerate(counts[:_MOST])), across, "rows")
    elif up is None:
        st.caption("Bars, lines and points need a column of numbers; a histogram counts whatever there is.")
        return
    else:
        _say_how_many(result.rows, "rows")
        rows = result.table.slice(0, _MOST)
        axis, places = _across(rows.column(across))
        points = list(zip(places, _numbers(rows.column(up)), strict=True))
        if kind == "Bars" and len(set(places)) < len(places):
            st.caption("Rows with the same value across are added up.")
            points = _added_up(points)
        option = _option(_KINDS[kind], axis, points, across, up)
    draw(option, _HEIGHT, "sql_chart", f"{kind} of {across}")


def _say_how_many(count: int, what: str) -> None:
    if count > _MOST:
        st.caption(f"The first {exact(_MOST)} of {exact(count)} {what} are drawn.")


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _option(kind: str, axis: Option, points: list[tuple[Any, Any]], across: str, up: str) -> Option:
    """One chart."""
    lines = {
        "axisLine": {"lineStyle": {"color": colours.muted()}},
        "axisTick": {"show": False},
        "splitLine": {"lineStyle": {"color": colours.muted()}},
        "nameLocation": "middle",
        "nameTextStyle": text(),
    }
    upright = {"type": "value", "name": up, "scale": kind != "bar", "axisLabel": text()}
    if all(isinstance(value, int) for _, value in points):
        upright["minInterval"] = 1
    series = {
        "type": kind,
        "data": points,
        "dimensions": [across, up],
        "encode": {"x": 0, "y": 1, "tooltip": [0, 1] if kind == "scatter" else 1},
        "color": colours.accent(),
        "barCategoryGap": "16%",
        "barMaxWidth": 120,
        "symbolSize": 6,
        "showSymbol": len(points) <= _MOST_LABELS,
    }
    return {
        "useUTC": True,
        "grid": {
            "left": 8,
            "right": 16,
            "top": 12,
            "bottom": 8,
            "outerBoundsMode": "same",
            "outerBoundsContain": "all",
        },
        "xAxis": lines | {"name": across} | axis | {"splitLine": {"show": False}},
        "yAxis": lines | upright,
        "series": [series],
        "tooltip": tooltip(trigger="item" if kind == "scatter" else "axis", axisPointer={"type": "none"}),
    }


def _across(column: pa.ChunkedArray) -> tuple[Option, list[Any]]:
    """The axis for what stands in a column, and where on it each row is; None where it has no value."""
    if _is_number(column.type):
        return {"type": "value", "scale": True, "axisLabel": text()}, _numbers(column)
    if pa.types.is_date(column.type) or pa.types.is_timestamp(column.type):
        times = column.cast(pa.timestamp("s"), safe=False).cast(pa.int64()).to_pylist()
        near = [None if time is None or abs(time) >= FAR_AWAY else 1_000 * time for time in times]
        return {"type": "time", "axisLabel": text()}, near
    texts = [None if value is None else str(value) for value in column.to_pylist()]
    order = {value: position for position, value in enumerate(dict.fromkeys(v for v in texts if v is not None))}
    return _categories(list(order)), [None if value is None else order[value] for value in texts]


def _categories(labels: list[str]) -> Option:
    """An axis of texts; where there are few, each has its label, cut where it is long."""
    style = text() | {"width": _LABEL_WIDTH, "overflow": "truncate", "ellipsis": "…"}
    if len(labels) <= _MOST_LABELS:
        turned = 0 if sum(map(len, labels)) <= _MOST_LETTERS else 90
        # On a narrow screen one that would lie over its neighbour is left out.
        style |= {"interval": 0, "rotate": turned, "hideOverlap": True}
    return {"type": "category", "data": [" ".join(label.split()) for label in labels], "axisLabel": style}


def _numbers(column: pa.ChunkedArray) -> list[float | int | None]:
    """Numbers as JSON has them: no decimals, nothing infinite."""
    if pa.types.is_decimal(column.type):
        column = column.cast(pa.float64())
    return [None if value is None or not math.isfinite(value) else value for value in column.to_pylist()]


def _added_up(points: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    sums: dict[Any, float] = {}
    for place, value in points:
        sums[place] = sums.get(place, 0) + (value or 0)
    return list(sums.items())
