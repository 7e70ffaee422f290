"""A small table of labels, bars and counts whose entries lead somewhere: to a cohort, a dataset, a viewer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from app.common.numbers import compact, exact
from components.common.links import Target
from components.common.scripts import module

_HERE = Path(__file__).parent

_component = st.components.v2.component(
    "tally",
    css=(_HERE / "tally.css").read_text(encoding="utf-8"),
    js=module(_HERE / "tally.js"),
    isolate_styles=True,
)


@dataclass(frozen=True, slots=True)
class Cell:
    """One entry.

    Parameters
    ----------
    text, hint
        What is read, and what hovering adds.
    share
        Length of its bar, 0 to 1; None for no bar.
    colour
        Colour of the bar, or of the swatch before a text; the accent unless given.
    target
        Page of the app that a click opens.
    address
        Web address that a click opens in a tab of its own.
    """

    text: str
    hint: str = ""
    share: float | None = None
    colour: str = ""
    target: Target | None = None
    address: str = ""


def number(count: int, unit: str, target: Target | None = None, share: float | None = None, colour: str = "") -> Cell:
    """A count, short with the exact one on hover; nothing where it is 0."""
    if not count:
        return Cell("")
    return Cell(compact(count), f"{exact(count)} {unit}", share, colour, target)


def tally(
    key: str,
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    *,
    most: int = 10,
    note: str = "",
    chosen: int | None = None,
) -> None:
    """Show the table; a click on an entry opens its target.

    Parameters
    ----------
    columns
        Headings, the first that of the labels, all others of numbers unless they begin with ``<``; none are shown if
        all are empty.
    most
        Rows shown until the visitor asks for all.
    chosen
        Number of the row that the page is about.
    """
    data = {
        "title": title,
        "note": note,
        "columns": [_column(place, label) for place, label in enumerate(columns)],
        "rows": [[_entry(cell) for cell in row] for row in rows],
        "most": most,
        "chosen": chosen,
    }
    _component(key=key, data=data)


def _column(place: int, label: str) -> dict[str, Any]:
    return {"label": label.lstrip("<"), "text": place == 0 or label.startswith("<")}


def _entry(cell: Cell) -> dict[str, Any]:
    entry = {
        "text": cell.text,
        "hint": cell.hint,
        "share": cell.share,
        "colour": cell.colour,
        "href": cell.target.href if cell.target else None,
        "address": cell.address if cell.address.startswith("https://") else None,
    }
    return {name: value for name, value in entry.items() if value not in (None, "")}
