"""Charts of a selection: small bar charts that filter at a click. To add one, name its attribute in `CHARTS`."""

from __future__ import annotations

import math
from dataclasses import dataclass

import streamlit as st

from app.catalog import bin_edges, extra_attributes, open_catalog
from app.cohort import BASE_ATTRIBUTES, Attribute, Cohort, Kind, just_beside, number_of, value_of
from app.selection import FacetCounts, Selection
from components.common import colours, state
from components.common.echarts import Bar, Option, bars, draw_clickable, text
from components.common.links import open_explore

#: Attributes with a chart, in their order on screen: any whose values are listed or have a histogram.
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
    shown = charted()
    if selection.cohort.is_plain:
        # Filters of fetched tables are counted only while they stand open.
        return counts | {a.name: selection.facet(a, unit) for a in shown if a.name not in counts}
    st.caption("The charts count the whole cohort; the filters at the side count the matching series.")
    return {attribute.name: selection.result.facet(attribute, unit) for attribute in shown}


def charted() -> list[Attribute]:
    """Attributes with a chart, as far as this release and this machine have them."""
    there = BASE_ATTRIBUTES | {attribute.name: attribute for attribute in extra_attributes(open_catalog().tables())}
    return [there[name] for name in CHARTS if name in there]


def charts(selection: Selection, counts: dict[str, FacetCounts], unit: str) -> None:
    """Three charts a row; a click on a bar filters by it, and a second click takes it back."""
    if not selection.totals.series:
        return
    shown = charted()
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
    """Every bin; the first begins where the values do, and the last is open unless they end in it."""
    asked = selection.cohort.by_attribute().get(attribute.name, {})
    low_asked = number_of(attribute, asked["gte"][0]) if "gte" in asked else -math.inf
    high_asked = number_of(attribute, asked["lte"][0]) if "lte" in asked else math.inf
    lowest, highest = open_catalog().bounds(attribute)
    edges = [float(edge) for edge in bin_edges(attribute)]
    edges[0] = min(edges[0], lowest)
    places = []
    for low, until, count in zip(edges, [*edges[1:], math.inf], counted.counts[1:].tolist(), strict=True):
        is_last = until == math.inf
        high = low if is_last and low == highest else just_beside(attribute, until, above=False)
        within = (low_asked <= low and high <= high_asked) or (is_last and low_asked <= low and "lte" not in asked)
        bar = Bar(_range_label(attribute, low, until, high), count, colours.accent() if within else colours.muted())
        places.append(_Place(bar, value_of(attribute, low), "" if high == math.inf else value_of(attribute, high)))
    return places


def _range_label(attribute: Attribute, low: float, until: float, high: float) -> str:
    """A bin by its lower edge and the next one; by its last value where those can be counted, dates by their years."""
    if attribute.kind is Kind.DATE:
        first, last = (value_of(attribute, day)[:4] if day < math.inf else "" for day in (low, high))
    else:
        first, last = f"{low:g}", f"{high if attribute.integer or high == low else until:g}"
    if high == math.inf:
        return f"{first}+"
    return first if first == last else f"{first} to {last}"


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
