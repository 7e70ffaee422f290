"""The dialog that adds a condition on patients or studies, in plain words."""

from __future__ import annotations

from datetime import date, timedelta

import streamlit as st

from app.catalog import extra_attributes, open_catalog
from app.cohort import BASE_ATTRIBUTES, Attribute, Cohort, Condition, Kind, QueryError, Relation, Scope
from app.common.numbers import compact, exact, size
from app.language import relation_clause
from app.selection import Selection
from components.common import state
from components.common.errors import plain

_OWNERS = {Scope.PATIENT: "Patients who", Scope.STUDY: "Studies that"}
_COUNTED = {Scope.SERIES: "series", Scope.STUDY: "studies"}

_LINES = "relation_lines"


@st.dialog("Add a condition on patients or studies", width="medium")
def relation_dialog(cohort: Cohort) -> None:
    """Ask for one relation, say what it means and what it leaves, and add it to `cohort`."""
    owner, lacks = _subject()
    conditions = [condition for line in _lines() for condition in _line(line)]
    st.button("And another attribute", icon=":material/add:", type="tertiary", on_click=_add_line)
    at_least, counted, within_days = _amounts(owner)
    try:
        asked = [Condition.of(*condition) for condition in conditions]
        if not asked and at_least == 1:
            st.caption("Choose a value, or ask for more than one series.")
            return
        relation = Relation.of(owner, lacks, asked, at_least, counted, within_days)
        wanted = cohort.with_clause(relation)
    except QueryError as error:
        st.error(plain(str(error)))
        return
    with st.container(border=True, gap="xsmall", key="relation_preview"):
        st.text(f"Series where {relation_clause(relation)}.")
        left = Selection(open_catalog(), wanted.matching()).totals
        st.caption(f"Leaves {exact(left.patients)} patients with {exact(left.series)} series, {size(left.size_bytes)}.")
    if st.button("Add", type="primary", key="relation_add"):
        st.session_state.pop(_LINES, None)
        state.show(wanted)
        st.rerun()


def _subject() -> tuple[Scope, bool]:
    """Whether it is asked of patients or studies, and whether they have or lack the series."""
    with st.container(horizontal=True, vertical_alignment="center"):
        owner = Scope(
            st.segmented_control(
                "Who",
                list(_OWNERS),
                default=Scope.PATIENT,
                required=True,
                format_func=lambda owner: _OWNERS[owner],
                key="relation_owner",
                label_visibility="collapsed",
            )
        )
        lacks = st.segmented_control(
            "Have or lack",
            [False, True],
            default=False,
            required=True,
            format_func=lambda lacks: "have no" if lacks else "also have",
            key="relation_lacks",
            label_visibility="collapsed",
        )
        st.text("series where")
    return owner, bool(lacks)


# --- conditions -----------------------------------------------------------------------------------------------------


def _lines() -> list[int]:
    """Numbers of the lines on screen, one attribute each."""
    lines: list[int] = st.session_state.setdefault(_LINES, [0])
    return lines


def _add_line() -> None:
    st.session_state[_LINES] = [*_lines(), max(_lines()) + 1]


def _drop_line(line: int) -> None:
    st.session_state[_LINES] = [kept for kept in _lines() if kept != line]


def _choices() -> list[Attribute]:
    """What can be asked. Identifiers name what one has in hand already; nobody looks for other series by them."""
    own = [attribute for attribute in BASE_ATTRIBUTES.values() if attribute.kind is not Kind.ID]
    return [*own, *extra_attributes(open_catalog().tables())]


def _line(line: int) -> list[tuple[str, str, list[str]]]:
    """One attribute and what is asked of it, as arguments of `Condition.of`."""
    choices = _choices()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        attribute = st.selectbox(
            "Attribute",
            choices,
            index=line % len(choices),
            format_func=lambda attribute: attribute.title,
            key=f"relation_attribute_{line}",
            width=200,
            label_visibility="collapsed",
        )
        key = f"relation_value_{attribute.name}_{line}"
        if attribute.is_facet:
            asked = _terms(attribute, key)
        elif attribute.is_range:
            asked = _bounds(attribute, key)
        else:
            asked = _text(attribute, key)
        if len(_lines()) > 1:
            st.button(
                "Remove",
                icon=":material/close:",
                type="tertiary",
                on_click=_drop_line,
                args=(line,),
                key=f"relation_drop_{line}",
            )
    return [(attribute.name, operator, values) for operator, values in asked.items() if values]


def _terms(attribute: Attribute, key: str) -> dict[str, list[str]]:
    counts = Selection(open_catalog(), Cohort()).facet(attribute).counts[1:].tolist()
    counted = dict(zip(open_catalog().values(attribute), counts, strict=True))
    chosen = st.multiselect(
        f"Values of {attribute.label}",
        sorted(counted, key=lambda value: -counted[value]),
        format_func=lambda value: f"{value} ({compact(counted[value])})",
        placeholder="is any of",
        select_all=False,
        key=key,
        label_visibility="collapsed",
    )
    return {"eq": chosen}


def _text(attribute: Attribute, key: str) -> dict[str, list[str]]:
    text = st.text_input(
        f"Text in {attribute.label}", placeholder="contains", key=key, live="300ms", label_visibility="collapsed"
    )
    return {"contains": [text] if text else []}


def _bounds(attribute: Attribute, key: str) -> dict[str, list[str]]:
    read = _date if attribute.kind is Kind.DATE else _number
    unit = f" ({attribute.unit})" if attribute.unit else ""
    return {"gte": read(attribute, f"From{unit}", f"{key}_gte"), "lte": read(attribute, f"To{unit}", f"{key}_lte")}


def _number(attribute: Attribute, label: str, key: str) -> list[str]:
    number = st.number_input(label, value=None, step=1 if attribute.integer else 1.0, placeholder="any", key=key)
    return [] if number is None else [str(number)]


def _date(attribute: Attribute, label: str, key: str) -> list[str]:
    first, last = (date(1970, 1, 1) + timedelta(days=int(day)) for day in open_catalog().bounds(attribute))
    day = st.date_input(label, value=None, min_value=first, max_value=last, format="YYYY-MM-DD", key=key)
    return [] if day is None else [day.isoformat()]


# --- how many, how near ---------------------------------------------------------------------------------------------


def _amounts(owner: Scope) -> tuple[int, Scope, int | None]:
    """How many there must be, of what, and within how many days; the last two make sense for patients alone."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        at_least = st.number_input("At least", min_value=1, value=1, step=1, key="relation_at_least", width=130)
        if owner is Scope.STUDY:
            return at_least, Scope.SERIES, None
        counted = st.selectbox(
            "of",
            list(_COUNTED),
            format_func=lambda scope: _COUNTED[scope],
            key="relation_counted",
            width=130,
        )
        within_days = st.number_input(
            "Within days of the matching series",
            min_value=0,
            max_value=36_500,
            value=None,
            step=1,
            placeholder="at any time",
            key="relation_within_days",
        )
    return at_least, counted, within_days
