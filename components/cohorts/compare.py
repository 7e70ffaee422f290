"""Two or three cohorts side by side: their overlap as a picture, each region of which opens as a cohort.

The address bar holds the cohorts, so a comparison is a link too.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import streamlit as st

from app.catalog import open_catalog
from app.cohort import Cohort, Operation, Scope
from app.common.errors import UserError
from app.common.numbers import compact, exact, size
from app.imports import from_portal
from app.selection import Selection, VennRegion, combined, count, regions
from components.common import state
from components.common.echarts import CLICKABLE, Option, draw_clickable, text, tooltip
from components.common.errors import plain
from components.common.links import explore_link, open_explore
from components.common.words import in_words

_SLOTS = ("a", "b", "c")
_UNITS = {Scope.PATIENT: "Patients", Scope.STUDY: "Studies", Scope.SERIES: "Series"}
_RECENT = 5
_EXAMPLE = {"a": "Modality=CT", "b": "Modality=PT"}

_HUES = ("#0072B2", "#D55E00", "#009E73")
#: Pixels of a circle's radius, small enough for a telephone; and of the picture's height by the number of circles.
_RADIUS, _HEIGHTS = 100, {2: 285, 3: 335}
#: Of the picture's middle from its sides; this and what follows is in radii.
_ACROSS = 1.75
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
    found = regions(open_catalog(), list(cohorts.values()), unit)
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
                cohorts[slot], remarks = _read(text.strip())
                totals = Selection(open_catalog(), cohorts[slot]).totals
            except UserError as error:
                cohorts.pop(slot, None)
                st.error(plain(str(error)), icon=":material/error:")
                continue
            for remark in remarks:
                st.warning(plain(remark), icon=":material/warning:")
            st.text(in_words(cohorts[slot]))
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
                st.text(in_words(Cohort.from_query(query)))


def _read(text: str) -> tuple[Cohort, tuple[str, ...]]:
    """The cohort, and what of a portal's link it can't say."""
    if "/explore/filters" in text:
        found = from_portal(text)
        return found.cohort, found.remarks
    return Cohort.from_query(urlsplit(text).query if "://" in text else text), ()


def _name(inside: tuple[int, ...], letters: list[str]) -> str:
    """A region in words, such as “A and B, not C”."""
    within = " and ".join(letters[position] for position in inside)
    without = " or ".join(letter for position, letter in enumerate(letters) if position not in inside)
    return f"{within}, not {without}" if without else within


def _venn(found: list[VennRegion], letters: list[str], unit: Scope) -> None:
    position = draw_clickable(_option(found, letters, unit), _HEIGHTS[len(letters)], "venn", "Overlap of the cohorts")
    if position is not None:
        open_explore(found[position].cohort)


def _option(found: list[VennRegion], letters: list[str], unit: Scope) -> Option:
    """Circles, their letters, and above them a place to click in each region, with its count."""
    centres = _CIRCLES[len(letters)]
    circles = {
        "type": "scatter",
        "silent": True,
        "symbolSize": 2 * _RADIUS,
        "data": [
            {"value": centre, "itemStyle": {"color": hue, "borderColor": hue, "borderWidth": 2, "opacity": 0.28}}
            for centre, hue in zip(centres, _HUES, strict=False)
        ],
    }
    named = {
        "type": "scatter",
        "silent": True,
        "symbolSize": 0,
        "itemStyle": {"opacity": 1},
        "data": [
            {"value": [x * 2.6, y + (0.95 if x else -1.14)], "label": {"formatter": letter}}
            for (x, y), letter in zip(centres, letters, strict=True)
        ],
        "label": {**text(15), "show": True, "position": "inside", "fontWeight": "bold"},
    }
    counts = {
        "type": "scatter",
        "symbolSize": 56,
        "data": [
            {
                "value": _PLACES[len(letters)][region.inside],
                "label": {"formatter": compact(region.count(unit))},
                "tooltip": {"formatter": _told(region, letters, unit)},
            }
            for region in found
        ],
        "label": {**text(14), "show": True, "position": "inside"},
        **CLICKABLE,
    }
    width, height = round(2 * _ACROSS * _RADIUS), _HEIGHTS[len(letters)]
    top = 1.6
    hidden = {"type": "value", "show": False}
    return {
        "grid": {"left": "center", "width": width, "top": 0, "height": height},
        "xAxis": {**hidden, "min": -_ACROSS, "max": _ACROSS},
        "yAxis": {**hidden, "min": top - height / _RADIUS, "max": top},
        "series": [circles, named, counts],
        "tooltip": tooltip(),
    }


def _told(region: VennRegion, letters: list[str], unit: Scope) -> str:
    return f"{_name(region.inside, letters)}: {exact(region.count(unit))} {_UNITS[unit].lower()}<br>Click to open"


def _list_regions(found: list[VennRegion], letters: list[str], unit: Scope) -> None:
    st.header("Regions", anchor=False)
    for region in found:
        _row(_name(region.inside, letters), region.cohort, region.count(unit), region.totals.size_bytes, unit)


def _list_combinations(cohorts: list[Cohort], letters: list[str], unit: Scope) -> None:
    st.header("Together", anchor=False)
    for operation, word in (
        (Operation.UNION, "or"),
        (Operation.INTERSECTION, "and"),
        (Operation.DIFFERENCE, "without"),
    ):
        cohort = combined(operation, cohorts, unit)
        totals = Selection(open_catalog(), cohort).totals
        _row(f" {word} ".join(letters), cohort, count(totals, unit), totals.size_bytes, unit)


def _row(name: str, cohort: Cohort, units: int, size_bytes: int, unit: Scope) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        explore_link(cohort, name, icon=None, width=170)
        st.text(f"{exact(units)} {_UNITS[unit].lower()}, {size(size_bytes)}")
