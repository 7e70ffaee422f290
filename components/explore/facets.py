"""The sidebar: what the facet panel shows of a selection, and what its edits do."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from app.catalog import bin_edges, extra_attributes, open_catalog
from app.cohort import BASE_ATTRIBUTES, OPEN_GROUPS, Attribute, Cohort, Group, Kind, operators_of
from app.common.errors import UserError
from app.interface import fetch_background
from app.selection import FacetCounts, Selection
from components.common import colours, state
from components.common.absent_tables import absent_tables
from components.common.errors import plain
from components.explore.facet_panel import facet_panel, pending_edits

_KEY = "facets"
_UNIT = "unit"
#: Names of the attributes of fetched tables that stand open in the sidebar: no others are counted.
_OPENED = "facets_opened"


def unit() -> str:
    """What counts count: ``series`` or ``patients``."""
    return str(st.session_state.get(_UNIT, "series"))


def facet_counts(selection: Selection) -> dict[str, FacetCounts]:
    """Counts of the catalog's own attributes, and of those attributes of fetched tables that stand open."""
    there = {attribute.name: attribute for attribute in extra_attributes(open_catalog().tables())}
    opened = [there[name] for name in st.session_state.get(_OPENED, ()) if name in there]
    return selection.facets(unit()) | {
        attribute.name: selection.facet(attribute, unit())
        for attribute in opened
        if attribute.is_facet or attribute.is_range
    }


def facet_sidebar(selection: Selection, counts: dict[str, FacetCounts]) -> None:
    """Show all filters with counts under all other filters; tables that are absent say how to get them."""
    shown = [*BASE_ATTRIBUTES.values(), *extra_attributes(open_catalog().tables())]
    data = {
        "unit": unit(),
        "opened": st.session_state.get(_OPENED, []),
        "groups": [
            {
                "label": group.value,
                "open": group in OPEN_GROUPS,
                "facets": [a.name for a in shown if a.group is group],
                "absent": absent_tables(group),
            }
            for group in Group
        ],
        "facets": {a.name: _facet(a, selection.cohort, counts.get(a.name)) for a in shown},
    }
    with st.sidebar:
        facet_panel(data, key=_KEY, on_edit=_apply)


def _apply() -> None:
    """Turn the panel's edits into one new cohort; an invalid value is said once and changes nothing."""
    cohort = state.current()
    try:
        for edit in pending_edits(_KEY):
            if "unit" in edit:
                st.session_state[_UNIT] = edit["unit"]
            elif "opened" in edit:
                st.session_state[_OPENED] = edit["opened"]
            elif "fetch" in edit:
                fetch_background.start([edit["fetch"]])
            elif edit["operator"] == "range":
                low, high = edit["values"]
                cohort = cohort.with_values(edit["attribute"], "gte", [low] if low else [])
                cohort = cohort.with_values(edit["attribute"], "lte", [high] if high else [])
            else:
                cohort = cohort.with_values(edit["attribute"], edit["operator"], edit["values"])
    except UserError as error:
        st.toast(plain(str(error)), icon=":material/error:")
    state.show(cohort)


def _facet(attribute: Attribute, cohort: Cohort, counted: FacetCounts | None) -> dict[str, Any]:
    facet: dict[str, Any] = {
        "label": attribute.title,
        "help": attribute.description,
        "note": attribute.note,
        "operators": _operators(attribute),
        "selected": _selected(attribute, cohort),
        "lazy": attribute.is_extra,
    }
    kind = "term" if attribute.is_facet else attribute.kind.value if attribute.is_range else "text"
    if kind == "text":
        return facet | {"kind": kind}
    if counted is None:
        return facet | {"kind": kind, "values": [], "pending": True}
    facet["missing"] = int(counted.counts[0])
    if attribute.is_facet:
        return facet | {"kind": kind} | _values(attribute, cohort, counted)
    return facet | {"kind": kind} | _bins(attribute, counted)


def _operators(attribute: Attribute) -> list[str]:
    """Operators in the order in which the panel offers them: free text is searched before it is matched."""
    keys = [operator.key for operator in operators_of(attribute) if not operator.of_lists]
    return sorted(keys, key=lambda key: key != "contains") if attribute.kind is Kind.TEXT else keys


def _selected(attribute: Attribute, cohort: Cohort) -> dict[str, Any]:
    asked = cohort.by_attribute().get(attribute.name, {})
    single = {key: asked[key][0] if key in asked else None for key in ("gte", "lte", "missing")}
    return {key: list(asked.get(key, ())) for key in ("eq", "not", "contains")} | single


def _values(attribute: Attribute, cohort: Cohort, counted: FacetCounts) -> dict[str, Any]:
    names = open_catalog().values(attribute)
    # Codes stand in the order of names, so a stable sort leaves equal counts in that order.
    order = np.argsort(-counted.counts[1:], kind="stable").tolist()
    counts = counted.counts[1:].tolist()
    asked = (*cohort.values(attribute.name, "eq"), *cohort.values(attribute.name, "not"))
    values: dict[str, Any] = {
        "values": [[names[code], names[code], counts[code]] for code in order],
        "unknown": open_catalog().unknown_values(attribute, asked),
    }
    if attribute.colours:
        values["swatches"] = {name: colours.of_value(attribute.name, name) for name in names}
    return values


def _bins(attribute: Attribute, counted: FacetCounts) -> dict[str, Any]:
    """Bins from the first to the last that holds anything in the release, so that empty margins take no room."""
    lowest, highest = open_catalog().bounds(attribute)
    edges = [*(float(edge) for edge in bin_edges(attribute)), highest]
    bins = [
        [_edge(attribute, low), _edge(attribute, high), int(count)]
        for low, high, count in zip(edges[:-1], edges[1:], counted.counts[1:], strict=True)
        if high > lowest and low <= highest
    ]
    return {
        "bins": bins,
        "min": _edge(attribute, lowest),
        "max": _edge(attribute, highest),
        "unit": attribute.unit,
        "integer": attribute.integer,
        "scale": "log" if attribute.logarithmic else "linear",
    }


def _edge(attribute: Attribute, number: float) -> Any:
    if attribute.kind is Kind.DATE:
        return str(_days_to_date(number))
    return int(number) if number.is_integer() else number


def _days_to_date(days: float) -> str:
    return str(np.datetime64(0, "D") + int(days))
