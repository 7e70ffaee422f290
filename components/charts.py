"""Charts of a selection: six small bar charts that filter at a click."""

from __future__ import annotations

from html import escape
from typing import Any

import streamlit as st

from app.attributes import ATTRIBUTES, Attribute
from app.build import bin_edges
from app.catalog import catalog
from app.numbers import compact
from app.selection import FacetCounts, Selection
from components import colours, state
from components.figure import Figure
from components.links import open_explore

#: Attributes with a chart, in their order on screen.
CHARTS = (
    "Modality",
    "BodyPartExamined",
    "collection_id",
    "license_short_name",
    "PatientAge",
    "series_init_idc_version",
)
_MOST = 8
_HEIGHT = 156
#: Room for the labels of horizontal bars, in pixels.
_LABELS = 118
#: Ages just below a bin's upper edge: no DICOM age lies between.
_GAP = 0.01
_CONFIG = {"displayModeBar": False, "scrollZoom": False}


def chart_counts(selection: Selection, counts: dict[str, FacetCounts], unit: str) -> dict[str, FacetCounts]:
    """Counts of what the charts show: the filters' own `counts`, or the whole cohort where it is not just what matches.

    The filters count what matches under all other filters, so there the two differ; one line says so.
    """
    if selection.cohort.is_plain:
        return counts
    st.caption("The charts count the whole cohort; the filters at the side count the matching series.")
    return {name: selection.result.facet(ATTRIBUTES[name], unit) for name in CHARTS if name in ATTRIBUTES}


def charts(selection: Selection, counts: dict[str, FacetCounts], unit: str) -> None:
    """Three charts a row; a click on a bar filters by it, and a second click takes it back."""
    if not selection.totals.series:
        return
    shown = [ATTRIBUTES[name] for name in CHARTS if name in ATTRIBUTES]
    with st.container(key="charts"):
        for start in range(0, len(shown), 3):
            for attribute, column in zip(shown[start : start + 3], st.columns(3, gap="medium"), strict=False):
                with column:
                    _chart(attribute, selection, counts[attribute.name], unit)


def _chart(attribute: Attribute, selection: Selection, counted: FacetCounts, unit: str) -> None:
    bars = _ranges(attribute, selection, counted) if attribute.is_range else _terms(attribute, selection, counted)
    turn = st.session_state.setdefault(f"chart_turn_{attribute.name}", 0)
    key = f"chart_{attribute.name}_{turn}"
    st.plotly_chart(
        _figure(attribute, bars, unit),
        key=key,
        theme=None,
        config=_CONFIG,
        on_select=lambda: _clicked(attribute, key),
        selection_mode="points",
        alt=f"{unit.capitalize()} by {attribute.label}",
    )


def overview_chart(attribute: Attribute, everything: Selection, counted: FacetCounts) -> None:
    """One chart of the whole of IDC; a click on a bar opens Explore."""
    bars = _ranges(attribute, everything, counted) if attribute.is_range else _terms(attribute, everything, counted)
    turn = st.session_state.setdefault(f"overview_turn_{attribute.name}", 0)
    event: Any = st.plotly_chart(
        _figure(attribute, bars, "series"),
        key=f"overview_{attribute.name}_{turn}",
        theme=None,
        config=_CONFIG,
        on_select="rerun",
        selection_mode="points",
        alt=f"Series by {attribute.label}",
    )
    for point in event["selection"]["points"]:
        # A new key forgets the click, so that the same bar can be clicked on the next visit.
        st.session_state[f"overview_turn_{attribute.name}"] = turn + 1
        low, high = point["customdata"][:2]
        if not attribute.is_range:
            open_explore(everything.cohort.with_values(attribute.name, "eq", [low]))
        bounds = everything.cohort.with_values(attribute.name, "gte", [low])
        open_explore(bounds.with_values(attribute.name, "lte", [high] if high else []))


def _clicked(attribute: Attribute, key: str) -> None:
    points = st.session_state[key]["selection"]["points"]
    # A new key forgets the click, so that the same bar can be clicked again.
    st.session_state[f"chart_turn_{attribute.name}"] += 1
    if not points:
        return
    low, high = points[0]["customdata"][:2]
    if not attribute.is_range:
        state.toggle(attribute.name, low)
        return
    cohort = state.current()
    if (cohort.values(attribute.name, "gte"), cohort.values(attribute.name, "lte")) == (
        (low,),
        (high,) if high else (),
    ):
        low, high = "", ""
    cohort = cohort.with_values(attribute.name, "gte", [low] if low else [])
    state.show(cohort.with_values(attribute.name, "lte", [high] if high else []))


def _terms(attribute: Attribute, selection: Selection, counted: FacetCounts) -> list[dict[str, Any]]:
    """The most frequent values, most frequent first."""
    names = catalog().values(attribute)
    chosen = set(selection.cohort.values(attribute.name, "eq"))
    ranked = sorted(range(len(names)), key=lambda code: (-counted.counts[code + 1], names[code]))
    return [
        {
            "label": names[code],
            "count": int(counted.counts[code + 1]),
            "data": [names[code], ""],
            "on": not chosen or names[code] in chosen,
            "colour": colours.MODALITY.get(names[code], colours.OTHER) if attribute.name == "Modality" else None,
        }
        for code in ranked[:_MOST]
        if counted.counts[code + 1]
    ]


def _ranges(attribute: Attribute, selection: Selection, counted: FacetCounts) -> list[dict[str, Any]]:
    """Every bin up to the highest number in the release."""
    asked = selection.cohort.by_attribute().get(attribute.name, {})
    low_asked = float(asked["gte"][0]) if "gte" in asked else float("-inf")
    high_asked = float(asked["lte"][0]) if "lte" in asked else float("inf")
    edges = [float(edge) for edge in bin_edges(attribute)]
    bars = []
    for position, low in enumerate(edges):
        last = position == len(edges) - 1
        high = float("inf") if last else edges[position + 1] - (1 if attribute.integer else _GAP)
        single = attribute.integer and (last or high == low)
        upper = low if single else high
        bars.append(
            {
                "label": f"{low:g}" if single else f"{low:g}+" if last else f"{low:g} to {edges[position + 1]:g}",
                "count": int(counted.counts[position + 1]),
                "data": [f"{low:g}", "" if upper == float("inf") else f"{upper:g}"],
                "on": (low_asked <= low and upper <= high_asked) or (last and low_asked <= low and "lte" not in asked),
                "colour": None,
            }
        )
    return bars


def _figure(attribute: Attribute, bars: list[dict[str, Any]], unit: str) -> Figure:
    """One chart."""
    upright = attribute.is_range
    labels, counts = [bar["label"] for bar in bars], [bar["count"] for bar in bars]
    quiet = {"showgrid": False, "zeroline": False, "fixedrange": True, "type": "category"}
    hidden = {"visible": False, "fixedrange": True}
    trace: dict[str, Any] = {
        "type": "bar",
        "marker": {"color": [(bar["colour"] or colours.accent()) if bar["on"] else colours.muted() for bar in bars]},
        "customdata": [bar["data"] for bar in bars],
        "hovertext": [f"{escape(bar['label'])}: {bar['count']:,} {unit}" for bar in bars],
        "hovertemplate": "%{hovertext}<extra></extra>",
        "selected": {"marker": {"opacity": 1}},
        "unselected": {"marker": {"opacity": 1}},
    }
    layout: dict[str, Any] = {
        "title": {
            "text": attribute.title,
            "font": {"size": 13},
            "x": 0,
            "xref": "container",
            "y": 0.97,
            "yanchor": "top",
        },
        "height": _HEIGHT,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"size": 11, "color": colours.text(), "family": colours.FONT},
        "dragmode": False,
        "clickmode": "event+select",
        "showlegend": False,
        "template": {},
    }
    if upright:
        trace |= {"x": labels, "y": counts}
        layout |= {
            "margin": {"l": 14, "r": 14, "t": 26, "b": 22},
            "bargap": 0.12,
            "xaxis": {**quiet, "nticks": 8, "tickangle": 0},
            "yaxis": hidden,
        }
    else:
        texts = [compact(count) for count in counts]
        trace |= {"y": labels, "x": counts, "orientation": "h", "text": texts, "textposition": "outside"}
        trace |= {"cliponaxis": False, "constraintext": "none", "textfont": {"size": 10}}
        shown = [_shorten(label) for label in labels]
        layout |= {
            "margin": {"l": _LABELS, "r": 48, "t": 26, "b": 2},
            "bargap": 0.28,
            "xaxis": hidden,
            # The same room for each bar, however many there are.
            "yaxis": {
                **quiet,
                "range": [_MOST - 0.5, -0.5],
                "tickvals": labels,
                "ticktext": shown,
                "ticklabelstandoff": 5,
            },
        }
    return Figure(trace, layout)


def _shorten(label: str, length: int = 17) -> str:
    """Label of a bar; Plotly reads labels as HTML."""
    return escape(label if len(label) <= length else f"{label[: length - 1]}…")
