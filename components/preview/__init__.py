"""Pictures without a viewer: slices to turn through, headers to search, and a contact sheet of a cohort.

The parts are given a series' UID; pictures and headers come to the browser from the routes of `app.preview.routes`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from app.numbers import compact
from app.preview.kin import overlays_of
from app.preview.sheet import MOST, sheet
from app.selection import Selection
from components import colours

_HERE = Path(__file__).parent


def _part(name: str, *scripts: str) -> Callable[..., Any]:
    """A component out of scripts that build on each other."""
    return st.components.v2.component(
        f"series_{name}",
        html='<div id="root"></div>',
        css=(_HERE / f"{name}.css").read_text(encoding="utf-8"),
        js="\n".join((_HERE / f"{script}.js").read_text(encoding="utf-8") for script in (*scripts, name)),
    )


_preview = _part("preview", "dom", "stage", "controls")
_headers = _part("headers", "dom")
_sheet = _part("sheet", "dom")


def preview(uid: str) -> None:
    """The pictures of a series; what a SEG or RTSTRUCT marks, over its source."""
    offered = [{"uid": other, "label": label} for other, label in overlays_of(uid)]
    _preview(key=f"preview_{uid}", data={"uid": uid, "overlays": offered})


def header_table(uid: str) -> None:
    """The DICOM headers of a series; the content of a report as a tree."""
    _headers(key=f"headers_{uid}", data={"uid": uid})


def contact_sheet(selection: Selection) -> None:
    """Middle slices of series all over the cohort."""
    total, tiles = sheet(selection)
    if not tiles:
        st.text("No series of this cohort has pictures of its own.")
        return
    shown = f"{len(tiles)} of the cohort's {compact(total)} series with pictures, evenly spread"
    st.text(shown if total > MOST else f"The cohort's {compact(total)} series with pictures")
    data = [
        {
            "uid": tile.uid,
            "modality": tile.modality,
            "text": tile.description or tile.collection,
            "figures": f"{tile.collection} · {compact(tile.instances)} files",
            "hint": f"{tile.patient}: {tile.description}" if tile.description else tile.patient,
            "colour": colours.MODALITY.get(tile.modality, colours.OTHER),
            "link": f"series?SeriesInstanceUID={tile.uid}",
        }
        for tile in tiles
    ]
    _sheet(key="contact_sheet", data={"tiles": data})
