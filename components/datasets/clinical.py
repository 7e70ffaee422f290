"""Clinical data: a collection's tables, whom they share with the images, their columns, and the way into a cohort.

The address bar holds the collection, the table and the column, so each of them is a link.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import cycle

import streamlit as st

from app.catalog import open_catalog
from app.clinical.columns import ClinicalColumn, dictionary, tables_of
from app.clinical.export import JOINED
from app.clinical.table import is_there
from app.clinical.values import Bar, Distribution, Overlap, distribution, overlap, usable_columns
from app.cohort import DICTIONARY, ClinicalClause, Cohort, QueryError
from app.common.numbers import exact, size
from app.datasets import Dataset, DatasetKind, datasets
from app.language import clinical_clause, knowledge
from app.selection import Selection
from components.common import state
from components.common.absent_tables import offer_tables, watch_fetches
from components.common.errors import plain
from components.common.links import explore_link
from components.datasets.clinical_chart import chart

_COLLECTION, _TABLE, _COLUMN = "collection_id", "table", "column"

#: What is said before anything of this page works.
_FIRST = (
    "The list of these tables is not on this machine yet. It is one small file of the National Cancer Institute’s"
    " public release, and getting it needs a network. The tables themselves come one by one, when you choose them."
)

#: Columns shown at a glance until others are chosen.
_AT_ONCE = 5

#: Whether the chosen values are those that patients must have, or must not.
_ANY, _NONE = "any", "none"
_WORDS = {_ANY: "Any of these", _NONE: "None of these"}


def clinical_data() -> None:
    """Everything below the title."""
    st.text(
        "Many collections bring tables about their patients beside the images: age, diagnosis, treatment, how they"
        " fared. Choose values, and see the images of these patients in Explore."
    )
    named = datasets(open_catalog(), DatasetKind.COLLECTION).get(st.query_params.get(_COLLECTION, ""))
    if missing := open_catalog().missing([DICTIONARY]):
        if named:
            st.text(_listed(named))
        offer_tables(missing, _FIRST, "Get the list of clinical tables")
    tables = dictionary(open_catalog())
    if named and named.id not in tables:
        st.info(plain(f"IDC has no clinical tables of {named.title}. Other collections have some."))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        collection_id = _choose("Collection", _COLLECTION, sorted(tables))
        table = _choose("Table", _TABLE, list(tables_of(open_catalog(), collection_id)), above=collection_id)
    if not is_there(table):
        offer_tables([table], _table_need(table, tables[collection_id][table]))
    watch_fetches()
    _show_overlap(overlap(open_catalog(), collection_id, table), collection_id)
    columns = usable_columns(open_catalog(), collection_id, table)
    if not columns:
        st.info("The table has no columns of its own.")
        return
    name = _choose(
        f"Column, of {len(columns)}",
        _COLUMN,
        list(columns),
        above=f"{collection_id}/{table}",
        shown=lambda name: _title(columns[name]),
    )
    _filter(collection_id, table, distribution(open_catalog(), collection_id, table, columns[name]))
    _others(collection_id, table, columns, name)
    _exports(collection_id, table)


def _listed(named: Dataset) -> str:
    """What the index alone knows of a collection's clinical data."""
    has = "lists clinical data for" if "Clinical" in named.supporting_data else "lists no clinical data for"
    return f"IDC {has} {named.title}."


def _table_need(table: str, columns: Mapping[str, ClinicalColumn]) -> str:
    """What a table that is not here would tell."""
    titles = [column.title for column in columns.values()]
    names = ", ".join(titles[:_AT_ONCE])
    told = f": {names}{' and more' if len(titles) > _AT_ONCE else ''}" if names else ""
    return (
        f"{table} has {len(titles)} columns about patients{told}. Its rows are not on this machine yet; they come from"
        " IDC’s public bucket, which needs a network."
    )


def _choose(label: str, name: str, options: Sequence[str], above: str = "", shown: Callable[[str], str] = str) -> str:
    """One of `options`, kept in the address bar under `name`; `above` is what they depend on."""
    given = st.query_params.get(name, "")
    key = f"clinical_{name}_{above}_{given}"

    def keep() -> None:
        st.query_params[name] = st.session_state[key]

    chosen = st.selectbox(
        label,
        options,
        index=options.index(given) if given in options else 0,
        format_func=shown,
        key=key,
        on_change=keep,
    )
    return str(chosen)


def _title(column: ClinicalColumn) -> str:
    return f"{column.label} ({column.name})" if column.label else column.name


def _show_overlap(shared: Overlap, collection_id: str) -> None:
    """Whom table and images share, before anything else."""
    figures = (
        ("Patients with both", shared.both),
        ("Images, not in the table", shared.imaged - shared.both),
        ("In the table, no images", shared.in_table - shared.both),
    )
    cells = "".join(f"<div><span>{label}</span><strong>{exact(n)}</strong></div>" for label, n in figures)
    share = shared.both / max(shared.imaged, 1)
    st.html(f'<div class="idc-head" data-testid="overlap">{cells}</div>')
    st.caption(
        f"The table knows {share:.0%} of the {exact(shared.imaged)} patients whom {plain(collection_id)} has images of."
        " All counts below are of these patients; who is not in the table has no value."
    )


def _filter(collection_id: str, table: str, spread: Distribution) -> None:
    """The distribution of a column; what is chosen of it becomes a condition."""
    key = f"clinical_{collection_id}_{table}_{spread.column.name}"
    picture, choice = st.columns([3, 2], gap="large")
    with picture:
        chart(spread, key, lambda bar: _is_chosen(spread, key, bar), lambda bar: _take(spread, key, bar))
        if spread.others:
            st.caption(f"{exact(spread.others)} more values are not listed.")
    with choice:
        try:
            ask = _bounds if spread.is_numeric else _values
            clause = ask(collection_id, table, spread, key)
        except QueryError as error:
            st.error(plain(str(error)))
            return
        if clause is None:
            st.caption("Click a bar or choose here, and see what it leaves.")
            return
        _open(clause)


def _others(collection_id: str, table: str, columns: Mapping[str, ClinicalColumn], shown: str) -> None:
    """Further columns at a glance; a click on a bar chooses it, and takes its column to the top."""
    if len(columns) < 2:
        return
    chosen = st.multiselect(
        "Other columns at a glance",
        list(columns),
        default=list(columns)[:_AT_ONCE],
        format_func=lambda name: _title(columns[name]),
        key=f"clinical_others_{collection_id}_{table}",
        select_all=False,
        placeholder="Choose columns",
    )
    places = cycle(st.columns(2, gap="large"))
    for name, place in zip((name for name in chosen if name != shown), places, strict=False):
        spread = distribution(open_catalog(), collection_id, table, columns[name])
        key = f"clinical_{collection_id}_{table}_{name}"

        def take(bar: Bar, spread: Distribution = spread, key: str = key) -> None:
            _take(spread, key, bar)
            st.query_params[_COLUMN] = spread.column.name

        with place:
            st.text(_title(spread.column))
            chart(spread, f"{key}_glance", lambda bar: True, take)


def _values(collection_id: str, table: str, spread: Distribution, key: str) -> ClinicalClause | None:
    labels = {bar.low: f"{bar.label} ({exact(bar.imaged)})" for bar in spread.bars}
    st.segmented_control(
        "Patients who have",
        list(_WORDS),
        default=_ANY,
        required=True,
        format_func=lambda word: _WORDS[word],
        key=f"{key}_word",
    )
    chosen = st.multiselect(
        "Values",
        list(labels),
        format_func=lambda value: labels[value],
        key=f"{key}_values",
        select_all=False,
        placeholder="Choose values",
    )
    if _is_none_of(key):
        given = spread.missing and st.checkbox(
            f"Only patients with a value (leaves {exact(spread.missing)} out)", key=f"{key}_given"
        )
        names = (collection_id, table, spread.column.name)
        return ClinicalClause.of(*names, missing=False if given else None, excluded=chosen) if chosen or given else None
    bars, missing = [bar for bar in spread.bars if bar.low in chosen], _without_value(spread, key)
    return spread.clause(collection_id, table, bars, missing=missing) if bars or missing else None


def _bounds(collection_id: str, table: str, spread: Distribution, key: str) -> ClinicalClause | None:
    with st.container(horizontal=True):
        low = st.number_input(
            "From", value=None, placeholder=spread.bars[0].low, format="%g", step=1.0, key=f"{key}_gte"
        )
        high = st.number_input(
            "To", value=None, placeholder=spread.bars[-1].high, format="%g", step=1.0, key=f"{key}_lte"
        )
    missing = _without_value(spread, key)
    if low is None and high is None and not missing:
        return None
    gte, lte = ("" if bound is None else repr(bound) for bound in (low, high))
    return ClinicalClause.of(collection_id, table, spread.column.name, (), gte, lte, True if missing else None)


def _without_value(spread: Distribution, key: str) -> bool:
    if not spread.missing:
        return False
    return st.checkbox(f"Patients without a value ({exact(spread.missing)})", key=f"{key}_missing")


def _is_chosen(spread: Distribution, key: str, bar: Bar) -> bool:
    """Whether the condition asks for this bar, or for none in particular."""
    if spread.is_numeric:
        low, high = st.session_state.get(f"{key}_gte"), st.session_state.get(f"{key}_lte")
        return (low is None or float(bar.low) >= low) and (high is None or float(bar.high) <= high)
    chosen = st.session_state.get(f"{key}_values", [])
    return not chosen or (bar.low in chosen) is not _is_none_of(key)


def _is_none_of(key: str) -> bool:
    return bool(st.session_state.get(f"{key}_word") == _NONE)


def _take(spread: Distribution, key: str, bar: Bar) -> None:
    """A bar was clicked: add its value or take it out again; an interval replaces the bounds."""
    if spread.is_numeric:
        wanted = (float(bar.low), float(bar.high))
        now = (st.session_state.get(f"{key}_gte"), st.session_state.get(f"{key}_lte"))
        low, high = (None, None) if now == wanted else wanted
        st.session_state[f"{key}_gte"], st.session_state[f"{key}_lte"] = low, high
        return
    chosen = st.session_state.get(f"{key}_values", [])
    kept = [value for value in chosen if value != bar.low]
    st.session_state[f"{key}_values"] = kept if bar.low in chosen else [*chosen, bar.low]


def _open(clause: ClinicalClause) -> None:
    """What the condition says and leaves, and the ways to Explore."""
    cohort = Cohort().with_clause(clause)
    with st.container(border=True, gap="xsmall", key="clinical_condition"):
        st.text(f"Series where {clinical_clause(clause, knowledge(open_catalog()))}.")
        left = Selection(open_catalog(), cohort).totals
        st.caption(f"{exact(left.patients)} patients with {exact(left.series)} series, {size(left.size_bytes)}")
        explore_link(cohort, "Open in Explore")
        if (seen := state.seen()) and seen[0]:
            try:
                wider = Cohort.from_query(seen[0]).with_clause(clause)
            except QueryError:
                return
            explore_link(wider, "Add to the cohort seen last in Explore", icon=":material/add:")


def _exports(collection_id: str, table: str) -> None:
    st.header("Take the table, joined with the images", anchor=False)
    st.text(
        "One row per patient with images: studies, series, modalities and size, then the table’s columns, and beside"
        " codes what they mean. Where the table has several rows of a patient, each of its columns holds a list."
    )
    with st.container(horizontal=True):
        for form in JOINED.values():
            address = f"api/clinical.{form.extension}?collection_id={collection_id}&table={table}"
            st.link_button(form.label, address, icon=":material/download:")
