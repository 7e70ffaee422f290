"""Charts that ECharts draws, by `st.echarts_chart`: what all share, bars, and clicks.

Texts of the data stand where ECharts takes plain text: names of a category axis. Strings that it reads as a template
or as HTML (`formatter`) are made of numbers and of our own words alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from app.common.numbers import compact
from components.common import colours

Option = dict[str, Any]

_LABEL_GAP = 6
#: A series that takes clicks: above all others, and seen below the pointer alone.
CLICKABLE: Option = {
    "z": 3,
    "itemStyle": {"color": "rgba(128, 140, 152, 0)", "opacity": 1},
    "emphasis": {"scale": False, "itemStyle": {"color": "rgba(128, 140, 152, .16)"}},
    "selectedMode": "single",
    "select": {"disabled": True},
}


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar that can be clicked."""

    label: str
    count: int
    colour: str


def draw(option: Option, height: int, key: str, alt: str, **selecting: Any) -> Any:
    """Draw a chart.

    Parameters
    ----------
    option
        ECharts' option, without what `basics` gives.
    height
        In pixels.
    key
        The chart's own.
    alt
        What it shows, for those who do not see it.
    selecting
        How `draw_clickable` has it report clicks.
    """
    return st.echarts_chart(basics() | option, height=height, theme=None, key=key, renderer="svg", alt=alt, **selecting)


def draw_clickable(
    option: Option, height: int, key: str, alt: str, take: Callable[[int], None] | None = None
) -> int | None:
    """Draw a chart as `draw` does, and tell what of its last series was clicked.

    A click must be forgotten, so that the same thing can be clicked again. A new key would do, but leaves the place
    empty until the chart is drawn anew; so the series takes another place among the others, where none is chosen yet.
    A click on what the server has replaced meanwhile is none.

    Parameters
    ----------
    option
        Its last series takes the clicks; where positions may change their meaning, its `id` changes with them.
    take
        Called with the position of what was clicked, before the run that follows.

    Returns
    -------
    int or None
        Position of what was clicked since the last run; None where nothing was, and where `take` has it.
    """
    turn = st.session_state.setdefault(f"{key}_turn", 0)
    *others, taking = option["series"]
    series = [taking, *others] if turn % 2 else [*others, taking]
    place = series.index(taking)

    def clicked() -> None:
        position = _clicked(st.session_state[key], place, taking)
        if take and position is not None:
            st.session_state[f"{key}_turn"] = turn + 1
            take(position)

    event = draw(option | {"series": series}, height, key, alt, on_select=clicked if take else "rerun")
    position = None if take else _clicked(event, place, taking)
    if position is not None:
        st.session_state[f"{key}_turn"] = turn + 1
    return position


def _clicked(event: Any, place: int, series: Option) -> int | None:
    """Position in the series, which is at `place`."""
    for group in event["selection"]["selected"]:
        position = group["data_indices"][0]
        if (group["series_index"], group["series_id"]) == (place, series.get("id")) and position < len(series["data"]):
            return int(position)
    return None


def basics() -> Option:
    """What every chart has; `draw` adds it."""
    return {"animation": False, "textStyle": text(), "tooltip": tooltip()}


def text(size: int = 12) -> Option:
    """Font and colour, which ECharts wants with every kind of text."""
    return {"fontFamily": colours.FONT, "fontSize": size, "color": colours.text()}


def tooltip(**more: Any) -> Option:
    """What is seen where the pointer is; it stays within its chart."""
    return {
        "confine": True,
        "transitionDuration": 0,
        "backgroundColor": colours.ground(),
        "borderColor": colours.muted(),
        "textStyle": text(),
        "padding": [4, 8],
        "extraCssText": "max-width: 24em; white-space: normal; overflow-wrap: anywhere; box-shadow: none",
        **more,
    }


def bars(
    drawn: Sequence[Bar], unit: str, *, upright: bool, grid: Option, labels: int = 0, font_size: int = 12
) -> Option:
    """Bars that stand or lie in `grid`, each with its count at its end if it lies.

    Above them lie others, as long as the longest and as wide as there is room, which are not seen and take the clicks.

    Parameters
    ----------
    drawn
        The bars.
    unit
        What is counted, in the plural.
    upright
        Whether they stand.
    grid
        Where, as ECharts has it.
    labels
        Room for the labels of bars that lie, in pixels; longer ones are cut.
    font_size
        Of the labels, in pixels.
    """
    longest = max((bar.count for bar in drawn), default=0) or 1
    names: Option = {
        "type": "category",
        "data": [" ".join(bar.label.split()) for bar in drawn],
        "inverse": not upright,
        "axisLine": {"show": False},
        "axisTick": {"show": False},
        "axisPointer": {"type": "none"},
        "axisLabel": {**text(font_size), "margin": _LABEL_GAP},
    }
    if not upright:
        names["axisLabel"] |= {"interval": 0, "width": labels - _LABEL_GAP, "overflow": "truncate", "ellipsis": "…"}
    lengths = {"type": "value", "show": False, "min": 0, "max": longest}
    axes = [names, {**names, "show": False}]
    seen = {
        "id": "seen",
        "type": "bar",
        "silent": True,
        "emphasis": {"disabled": True},
        "barWidth": "88%" if upright else "72%",
        "barMinHeight": 1,
        "data": [
            {"value": bar.count or None, "itemStyle": {"color": bar.colour}, "label": {"formatter": compact(bar.count)}}
            for bar in drawn
        ],
        "label": {**text(font_size - 1), "show": not upright, "position": "right", "distance": 3},
    }
    taking = {
        "id": f"taking {hash(tuple(bar.label for bar in drawn))}",
        "type": "bar",
        ("xAxisIndex" if upright else "yAxisIndex"): 1,
        "barWidth": "100%",
        "data": [longest] * len(drawn),
        "tooltip": {"show": False},
        **CLICKABLE,
    }
    return {
        "grid": grid,
        "xAxis": axes if upright else lengths,
        "yAxis": lengths if upright else axes,
        "series": [seen, taking],
        "tooltip": tooltip(trigger="axis", valueFormatter=f"%,d {unit}"),
    }
