"""The grid of results: pages that the database cuts and sorts, and a selection that survives them."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st
from st_aggrid import AgGrid, JsCode, StAggridTheme

from app.cohort import ATTRIBUTES, Cohort
from app.common.numbers import compact
from app.selection import COLUMNS, DEFAULT_COLUMNS, PAGE_SIZE, Level, Page, RowColumn, Selection, page
from components.common import colours, state
from components.common.links import dataset_links
from components.common.scripts import parts
from components.explore.nothing_left import nothing_left

_LABELS = {
    Level.SERIES: "Series",
    Level.STUDY: "Studies",
    Level.PATIENT: "Patients",
    Level.COLLECTION: "Collections",
}

#: Rows that may be chosen; their UIDs must fit into a URL.
MOST_CHOSEN = 500

#: Room for the page switch, in pixels: left to itself it would show one number where there are few pages.
_PAGES_WIDTH = 360

#: What AG Grid runs, by the names in the script.
_TEXTS = parts(Path(__file__).with_suffix(".js"))
_SCRIPTS = {name: JsCode(text) for name, text in _TEXTS.items()}

#: A number, where the others are functions.
_ROW_HEIGHT = JsCode(f"({_TEXTS['rowHeight']})()")

#: Levels whose rows have a page of their own: what the column is called, and the address without the identifier.
_PAGES = {
    Level.SERIES: ("Series", "series?SeriesInstanceUID="),
    Level.COLLECTION: ("About", "collections?collection_id="),
}


def grid(selection: Selection) -> None:
    """Level, columns, page and rows; and what to do with the chosen ones."""
    level = _toolbar(selection)
    shown, descending = _sort(level)
    number = _page_number(selection, level)
    names = st.session_state.get(f"columns_{level}") or list(DEFAULT_COLUMNS[level])
    offset = (number - 1) * PAGE_SIZE
    rows = page(selection, level, sort=shown, descending=descending, offset=offset, columns=names)
    if not rows.total:
        nothing_left(selection)
        return
    _rows(rows, names, number, shown, descending)
    _footer(rows)


def _toolbar(selection: Selection) -> Level:
    with st.container(horizontal=True, vertical_alignment="center", key="grid_toolbar"):
        level = st.segmented_control(
            "Rows",
            list(Level),
            default=Level.SERIES,
            required=True,
            format_func=lambda level: _LABELS[level],
            key="level",
            label_visibility="collapsed",
            on_change=_first_page,
        )
        level = Level(level or Level.SERIES)
        with st.popover("Columns", icon=":material/view_column:"):
            st.multiselect(
                "Columns shown",
                list(COLUMNS[level]),
                default=list(DEFAULT_COLUMNS[level]),
                format_func=lambda name: COLUMNS[level][name].label,
                key=f"columns_{level}",
                persist_state="session",
            )
        dataset_links(selection.cohort)
        if level is Level.SERIES:
            _chosen_actions()
    return level


def _chosen_actions() -> None:
    """What can be done with the chosen series."""
    chosen = sorted(st.session_state.get("chosen", ()))
    if not chosen:
        return
    st.text(f"{len(chosen)} chosen")
    if len(chosen) == 1:
        page, asked = "../pages/series.py", {"SeriesInstanceUID": chosen[0]}
        st.page_link(page, label="Its page", icon=":material/description:", query_params=asked)
    st.button("Keep only these", on_click=_keep, args=(chosen,), key="keep_chosen")
    st.button("Clear choice", on_click=_forget, type="tertiary", key="clear_chosen")


def _keep(chosen: list[str]) -> None:
    state.show(Cohort().with_values("SeriesInstanceUID", "eq", chosen))
    _forget()


def _forget() -> None:
    st.session_state["chosen"] = set()
    _reload()


def _first_page() -> None:
    """Start over with a new page switch, which stands on 1."""
    st.session_state["page_turn"] = st.session_state.get("page_turn", 0) + 1


def _page_key() -> str:
    return f"page_{st.session_state.get('page_turn', 0)}"


def _reload() -> None:
    """Have the grid take the chosen rows from Python again."""
    st.session_state["grid_turn"] = st.session_state.get("grid_turn", 0) + 1


def _page_number(selection: Selection, level: Level) -> int:
    """Present page, back to the first one when the cohort changes."""
    query = selection.cohort.to_query()
    if st.session_state.get("paged_query") != query:
        st.session_state["paged_query"] = query
        _first_page()
    return int(st.session_state.get(_page_key(), 1))


def _sort(level: Level) -> tuple[str | None, bool]:
    shown: tuple[str, bool] | None = st.session_state.get(f"sort_{level}")
    return shown if shown else (None, False)


def _rows(rows: Page, names: list[str], number: int, sort: str | None, descending: bool) -> None:
    level = rows.level
    view = (st.session_state.get("paged_query"), level, sort, descending, number, st.session_state.get("grid_turn"))
    if st.session_state.get("grid_view") != view:
        # Frozen on entering a view: rows that the user chooses in it must not make the grid load again.
        st.session_state["grid_view"] = view
        st.session_state["grid_chosen"] = set(st.session_state.get("chosen", ()))
    entered = st.session_state["grid_chosen"]
    frame = pd.DataFrame.from_records([{name: row[name] for name in (*names, "id", "viewer")} for row in rows.rows])
    frame["chosen"] = [row["id"] in entered for row in rows.rows]
    AgGrid(
        frame,
        gridOptions=_options([COLUMNS[level][name] for name in names], level, sort, descending),
        # One for all levels: a new grid would load AG Grid anew.
        key="grid",
        height=min(620, 90 + 28 * len(rows.rows)),
        theme=StAggridTheme(base="quartz").withParams(**_theme()),
        allow_unsafe_jscode=True,
        update_on=["selectionChanged", "sortChanged"],
        data_return_mode="CUSTOM",
        custom_jscode_for_grid_return=_SCRIPTS["answer"],
        should_grid_return=_SCRIPTS["byUser"],
        callback=lambda returned: _returned(returned.raw_data, level, {row["id"] for row in rows.rows}),
        show_toolbar=False,
    )


def _returned(answer: Any, level: Level, on_page: set[str]) -> None:
    if not isinstance(answer, dict):
        return
    if answer.get("trigger") == "sortChanged":
        sort = answer.get("sort")
        known = isinstance(sort, list) and len(sort) == 2 and sort[0] in COLUMNS[level]
        st.session_state[f"sort_{level}"] = (answer["sort"][0], answer["sort"][1] == "desc") if known else None
        _first_page()
    elif answer.get("trigger") == "selectionChanged" and level is Level.SERIES:
        before: set[str] = st.session_state.get("chosen", set())
        chosen = (before - on_page) | (set(answer.get("chosen", ())) & on_page)
        if len(chosen) > MOST_CHOSEN:
            st.toast(f"At most {MOST_CHOSEN} series can be chosen; use filters for more.", icon=":material/error:")
            _reload()
            return
        st.session_state["chosen"] = chosen


def _options(columns: list[RowColumn], level: Level, sort: str | None, descending: bool) -> dict[str, Any]:
    definitions = [_definition(column, level, sort, descending) for column in columns]
    if level in (Level.SERIES, Level.STUDY):
        link = {
            "field": "viewer",
            "headerName": "Viewer",
            "width": 66,
            "sortable": False,
            "cellRenderer": _SCRIPTS["ViewerLink"],
        }
        definitions.insert(0, link | {"cellRendererParams": {"colour": colours.accent()}})
    if level in _PAGES:
        name, address = _PAGES[level]
        link = {"field": "id", "headerName": name, "width": 66, "sortable": False, "cellRenderer": _SCRIPTS["OwnPage"]}
        definitions.insert(0, link | {"cellRendererParams": {"colour": colours.accent(), "address": address}})
    choosable = level is Level.SERIES
    return {
        "columnDefs": definitions,
        "defaultColDef": {
            "resizable": True,
            "sortable": True,
            "comparator": _SCRIPTS["keepOrder"],
            "suppressMovable": False,
        },
        "getRowId": _SCRIPTS["rowId"],
        "animateRows": False,
        "rowHeight": _ROW_HEIGHT,
        "headerHeight": 32,
        "suppressDragLeaveHidesColumns": True,
        "enableCellTextSelection": True,
        "tooltipShowDelay": 400,
        "rowSelection": {
            "mode": "multiRow",
            "checkboxes": choosable,
            "headerCheckbox": choosable,
            "enableClickSelection": False,
        },
        "selectionColumnDef": {"width": 44, "pinned": "left"},
        "onFirstDataRendered": _SCRIPTS["showChosen"],
        "onRowDataUpdated": _SCRIPTS["showChosen"],
    }


#: Narrowest width in pixels at which a column can be read.
_WIDTHS = {
    "collection_id": 124,
    "PatientID": 124,
    "StudyDate": 92,
    "Modality": 84,
    "BodyPartExamined": 104,
    "SeriesDescription": 190,
    "StudyDescription": 160,
    "license_short_name": 100,
    "PatientSex": 64,
    "PatientAge": 76,
    "StudyInstanceUID": 260,
    "SeriesInstanceUID": 260,
    "patients": 84,
    "studies": 84,
    "series": 84,
    "size_MB": 118,
}
_WIDTH, _NUMBER_WIDTH = 120, 92

#: Columns that share what room is left; above series level also those that list several values.
_STRETCHED = ("SeriesDescription", "StudyDescription")
_LISTS = ("collection_id", "Modality", "BodyPartExamined", "license_short_name")


def _definition(column: RowColumn, level: Level, sort: str | None, descending: bool) -> dict[str, Any]:
    definition: dict[str, Any] = {
        "field": column.name,
        "headerName": column.label,
        "tooltipField": column.name,
        "width": _WIDTHS.get(column.name, _NUMBER_WIDTH if column.numeric else _WIDTH),
        # Said even if not so, as a column keeps what it had in the view before.
        "flex": None,
        "sort": None,
    }
    if column.name in _STRETCHED or (level is not Level.SERIES and column.name in _LISTS):
        definition |= {"flex": 1, "minWidth": definition["width"]}
    if column.numeric:
        definition |= {"type": "rightAligned", "valueFormatter": _SCRIPTS["numberText"]}
    if column.name in ATTRIBUTES and (own := ATTRIBUTES[column.name].colours):
        params = {"colours": own, "other": colours.OTHER}
        definition |= {"cellRenderer": _SCRIPTS["Coloured"], "cellRendererParams": params}
    if column.name == sort:
        definition["sort"] = "desc" if descending else "asc"
    return definition


def _theme() -> dict[str, Any]:
    dark = colours.is_dark()
    return {
        "accentColor": colours.accent(),
        "backgroundColor": "#12181F" if dark else "#FFFFFF",
        "foregroundColor": "#E4EAF0" if dark else "#1B2733",
        "headerBackgroundColor": "#1A222C" if dark else "#F4F6F8",
        "borderColor": "#2B3744" if dark else "#DDE3E9",
        "fontFamily": colours.FONT,
        "fontSize": 13,
        "spacing": 6,
        "cellHorizontalPadding": 10,
        "wrapperBorderRadius": 5,
        "browserColorScheme": "dark" if dark else "light",
    }


def _footer(rows: Page) -> None:
    pages = max(1, math.ceil(rows.total / PAGE_SIZE))
    last = min(rows.offset + PAGE_SIZE, rows.total)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.caption(f"{rows.offset + 1:,} to {last:,} of {compact(rows.total)} {_LABELS[rows.level].lower()}")
        if pages > 1:
            st.pagination(pages, key=_page_key(), width=_PAGES_WIDTH)
