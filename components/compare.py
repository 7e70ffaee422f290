"""Two or three cohorts side by side: their overlap as a picture, each region of which opens as a cohort.

The address bar holds the cohorts, so a comparison is a link too.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import plotly.graph_objects as go
import streamlit as st

from app.catalog import catalog
from app.clauses import Scope
from app.cohort import Cohort, Operation
from app.errors import UserError
from app.numbers import compact, exact, size
from app.portal import from_portal
from app.selection import Selection
from app.sentence import sentence
from app.venn import Region, combined, count, regions
from components import colours, state
from components.errors import plain
from components.links import explore_link, open_explore

_SLOTS = ("a", "b", "c")
_UNITS = {Scope.PATIENT: "Patients", Scope.STUDY: "Studies", Scope.SERIES: "Series"}
_RECENT = 5
_EXAMPLE = {"a": "Modality=CT", "b": "Modality=PT"}

#: Centres of the circles, by their number; and where the count of each region stands.
_CIRCLES = {2: [(-0.55, 0.0), (0.55, 0.0)], 3: [(-0.55, 0.4), (0.55, 0.4), (0.0, -0.5)]}
_PLACES = {
    2: {(0,): (-1.0, 0.0), (1,): (1.0, 0.0), (0, 1): (0.0, 0.0)},
    3: {
        (0,): (-1.0, 0.65),
        (1,): (1.0, 0.65),
        (2,): (0.0, -1.1),
        (0, 1): (0.0, 0.8),
        (0, 2): (-0.52, -0.22),
        (1, 2): (0.52, -0.22),
        (0, 1, 2): (0.0, 0.12),
    },
}


def compare() -> None:
    """The cohorts, their overlap, and what they give together."""
    cohorts = _inputs()
    _list_recent()
    if len(cohorts) < 2:
        st.text("See which patients, studies or series two or three cohorts share, and open any part as a cohort.")
        if not cohorts:
            st.button(
                "Try CT and PET", icon=":material/join_inner:", on_click=st.session_state.update, args=(_EXAMPLE,)
            )
        return
    unit = st.segmented_control(
        "Compare", list(_UNITS), default=Scope.PATIENT, format_func=lambda unit: _UNITS[unit], key="by"
    )
    unit = unit or Scope.PATIENT
    found = regions(catalog(), list(cohorts.values()), unit)
    letters = [slot.upper() for slot in cohorts]
    picture, table = st.columns([3, 4], gap="large")
    with picture:
        _venn(found, letters, unit)
    with table:
        _list_regions(found, letters, unit)
        _list_combinations(list(cohorts.values()), letters, unit)


def _inputs() -> dict[str, Cohort]:
    """The cohorts by slot, from boxes that the address bar fills."""
    cohorts = {}
    for slot, column in zip(_SLOTS, st.columns(len(_SLOTS), gap="medium"), strict=True):
        with column:
            text = st.text_input(
                f"Cohort {slot.upper()}",
                key=slot,
                bind="query-params",
                persist_state="session",
                placeholder="Paste a link from Explore",
                help="A link from Explore or from IDC's portal, or a cohort in URL form.",
            )
            if not text.strip():
                continue
            try:
                cohorts[slot] = _read(text.strip())
                totals = Selection(catalog(), cohorts[slot]).totals
            except UserError as error:
                cohorts.pop(slot, None)
                st.error(plain(str(error)), icon=":material/error:")
                continue
            st.text(sentence(cohorts[slot]))
            st.caption(f"{exact(totals.patients)} patients · {exact(totals.series)} series")
    return cohorts


def _list_recent() -> None:
    """Cohorts that this visit has seen in Explore, each to be put into the first empty box."""
    empty = next((slot for slot in _SLOTS if not st.session_state.get(slot)), None)
    taken = {st.session_state.get(slot) for slot in _SLOTS}
    recent = [query for query in state.seen() if query and query not in taken][:_RECENT]
    if not (recent and empty):
        return
    with st.container(border=True):
        st.text("Seen in Explore")
        for query in recent:
            with st.container(horizontal=True, vertical_alignment="center"):
                label = f"Use as {empty.upper()}"
                st.button(label, key=f"use_{query}", on_click=st.session_state.update, args=({empty: query},))
                st.text(sentence(Cohort.from_query(query)))


def _read(text: str) -> Cohort:
    if "/explore/filters" in text:
        return from_portal(text)[0]
    return Cohort.from_query(urlsplit(text).query if "://" in text else text)


def _name(inside: tuple[int, ...], letters: list[str]) -> str:
    """A region in words, such as “A and B, not C”."""
    within = " and ".join(letters[position] for position in inside)
    without = " or ".join(letter for position, letter in enumerate(letters) if position not in inside)
    return f"{within}, not {without}" if without else within


def _venn(found: list[Region], letters: list[str], unit: Scope) -> None:
    turn = st.session_state.setdefault("venn_turn", 0)
    event: Any = st.plotly_chart(
        _figure(found, letters, unit),
        key=f"venn_{turn}",
        theme=None,
        config={"displayModeBar": False},
        on_select="rerun",
        selection_mode="points",
        alt="Overlap of the cohorts",
    )
    for point in event["selection"]["points"]:
        st.session_state["venn_turn"] = turn + 1
        region = found[point["point_index"]]
        open_explore(region.cohort)


def _figure(found: list[Region], letters: list[str], unit: Scope) -> go.Figure:
    hues = ("#0072B2", "#D55E00", "#009E73")
    circles = _CIRCLES[len(letters)]
    places = [_PLACES[len(letters)][region.inside] for region in found]
    shapes = [
        {
            "type": "circle",
            "x0": x - 1,
            "x1": x + 1,
            "y0": y - 1,
            "y1": y + 1,
            "fillcolor": hue,
            "opacity": 0.28,
            "line": {"color": hue, "width": 2},
            "layer": "below",
        }
        for (x, y), hue in zip(circles, hues, strict=False)
    ]
    labels = [
        {"x": x * 2.6, "y": y + (0.95 if y >= 0 else -0.95), "text": f"<b>{letter}</b>", "showarrow": False}
        for (x, y), letter in zip(circles, letters, strict=True)
    ]
    counts = {
        "type": "scatter",
        "mode": "markers+text",
        "x": [x for x, _ in places],
        "y": [y for _, y in places],
        "text": [compact(region.count(unit)) for region in found],
        "hovertext": [f"{_name(r.inside, letters)}: {exact(r.count(unit))} {_UNITS[unit].lower()}" for r in found],
        "hovertemplate": "%{hovertext}<br>Click to open<extra></extra>",
        "textfont": {"size": 14, "color": colours.text()},
        "marker": {"size": 46, "opacity": 0.01, "color": colours.accent()},
    }
    axis = {"visible": False, "fixedrange": True, "range": [-1.9, 1.9]}
    low = -1.25 if len(letters) == 2 else -1.75
    layout = {
        "height": 300 if len(letters) == 2 else 400,
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": colours.FONT, "color": colours.text(), "size": 15},
        "xaxis": axis,
        "yaxis": {**axis, "scaleanchor": "x", "range": [low, 1.6]},
        "shapes": shapes,
        "annotations": labels,
        "dragmode": False,
        "clickmode": "event+select",
        "showlegend": False,
        "template": {},
    }
    return go.Figure({"data": [counts], "layout": layout}, _validate=False)


def _list_regions(found: list[Region], letters: list[str], unit: Scope) -> None:
    st.subheader("Regions", anchor=False)
    for region in found:
        _row(_name(region.inside, letters), region.cohort, region.count(unit), region.totals.size_bytes, unit)


def _list_combinations(cohorts: list[Cohort], letters: list[str], unit: Scope) -> None:
    st.subheader("Together", anchor=False)
    for operation, word in (
        (Operation.UNION, "or"),
        (Operation.INTERSECTION, "and"),
        (Operation.DIFFERENCE, "without"),
    ):
        cohort = combined(operation, cohorts, unit)
        totals = Selection(catalog(), cohort).totals
        _row(f" {word} ".join(letters), cohort, count(totals, unit), totals.size_bytes, unit)


def _row(name: str, cohort: Cohort, units: int, size_bytes: int, unit: Scope) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        explore_link(cohort, name, icon=None, width=170)
        st.text(f"{exact(units)} {_UNITS[unit].lower()}, {size(size_bytes)}")
