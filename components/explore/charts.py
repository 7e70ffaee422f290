"""Charts of a selection: six small bar charts that filter at a click."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from app.catalog import bin_edges, open_catalog
from app.cohort import ATTRIBUTES, Attribute, Cohort
from app.selection import FacetCounts, Selection
from components.common import colours, state
from components.common.echarts import Bar, Option, bars, draw_clickable, text
from components.common.links import open_explore

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
#: Heights of a chart, and in it of its title and of one bar that lies, in pixels.
_HEIGHT, _TITLE, _ROW = 156, 26, 16
#: Room for the labels of bars that lie, and for the counts at their ends, in pixels.
_LABELS, _COUNTS = 118, 48
#: Ages just below a bin's upper edge: no DICOM age lies between.
_GAP = 0.01


@dataclass(frozen=True, slots=True)
class _Place:
    """A bar, and what it stands for: the value `low`, or the numbers from `low` to `high` if that is not empty."""

    bar: Bar
    low: str
    high: str = ""


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
    places = _places(attribute, selection, counted)
    draw_clickable(
        _option(attribute, places, unit),
        _HEIGHT,
        f"chart_{attribute.name}",
        f"{unit.capitalize()} by {attribute.label}",
        lambda position: _take(attribute, places[position]),
    )


def overview_chart(attribute: Attribute, everything: Selection, counted: FacetCounts) -> None:
    """One chart of the whole of IDC; a click on a bar opens Explore."""
    places = _places(attribute, everything, counted)
    option = _option(attribute, places, "series")
    position = draw_clickable(option, _HEIGHT, f"overview_{attribute.name}", f"Series by {attribute.label}")
    if position is None:
        return
    low, high = places[position].low, places[position].high
    if attribute.is_range:
        open_explore(_between(everything.cohort, attribute, low, high))
    open_explore(everything.cohort.with_values(attribute.name, "eq", [low]))


def _take(attribute: Attribute, place: _Place) -> None:
    """Filter by a bar, or no longer if it is what the cohort asks for."""
    if not attribute.is_range:
        state.toggle(attribute.name, place.low)
        return
    cohort = state.current()
    narrowed = _between(cohort, attribute, place.low, place.high)
    state.show(_between(cohort, attribute, "", "") if narrowed == cohort else narrowed)


def _between(cohort: Cohort, attribute: Attribute, low: str, high: str) -> Cohort:
    """The cohort with these bounds of the attribute alone; none where one is empty."""
    bounded = cohort.with_values(attribute.name, "gte", [low] if low else [])
    return bounded.with_values(attribute.name, "lte", [high] if high else [])


def _places(attribute: Attribute, selection: Selection, counted: FacetCounts) -> list[_Place]:
    return _ranges(attribute, selection, counted) if attribute.is_range else _terms(attribute, selection, counted)


def _terms(attribute: Attribute, selection: Selection, counted: FacetCounts) -> list[_Place]:
    """The most frequent values, most frequent first."""
    names = open_catalog().values(attribute)
    chosen = set(selection.cohort.values(attribute.name, "eq"))
    ranked = sorted(range(len(names)), key=lambda code: (-counted.counts[code + 1], names[code]))
    places = []
    for code in ranked[:_MOST]:
        name, count = names[code], int(counted.counts[code + 1])
        own = colours.of_value(attribute.name, name) or colours.accent()
        if count:
            colour = own if not chosen or name in chosen else colours.muted()
            places.append(_Place(Bar(name, count, colour), name))
    return places


def _ranges(attribute: Attribute, selection: Selection, counted: FacetCounts) -> list[_Place]:
    """Every bin up to the highest number in the release."""
    asked = selection.cohort.by_attribute().get(attribute.name, {})
    low_asked = float(asked["gte"][0]) if "gte" in asked else float("-inf")
    high_asked = float(asked["lte"][0]) if "lte" in asked else float("inf")
    edges = [float(edge) for edge in bin_edges(attribute)]
    places = []
    for position, low in enumerate(edges):
        last = position == len(edges) - 1
        high = float("inf") if last else edges[position + 1] - (1 if attribute.integer else _GAP)
        single = attribute.integer and (last or high == low)
        upper = low if single else high
        label = f"{low:g}" if single else f"{low:g}+" if last else f"{low:g} to {edges[position + 1]:g}"
        within = (low_asked <= low and upper <= high_asked) or (last and low_asked <= low and "lte" not in asked)
        bar = Bar(label, int(counted.counts[position + 1]), colours.accent() if within else colours.muted())
        places.append(_Place(bar, f"{low:g}", "" if upper == float("inf") else f"{upper:g}"))
    return places


def _option(attribute: Attribute, places: list[_Place], unit: str) -> Option:
    """One chart; its bars have the same room each, however many there are."""
    if attribute.is_range:
        grid = {"left": 14, "right": 14, "top": _TITLE, "bottom": 22}
    else:
        grid = {"left": _LABELS, "right": _COUNTS, "top": _TITLE, "height": _ROW * len(places)}
    title = {
        "text": attribute.title,
        "left": 0,
        "top": 5,
        "padding": 0,
        "textStyle": text(13) | {"fontWeight": "normal"},
    }
    drawn = [place.bar for place in places]
    return {"title": title} | bars(drawn, unit, upright=attribute.is_range, grid=grid, labels=_LABELS, font_size=11)
