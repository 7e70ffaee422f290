"""Pictures without a viewer: slices to turn through, headers to search, and a contact sheet of a cohort.

The parts are given a series' UID; pictures and headers come to the browser from the routes of `app.preview.routes`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from app.common.modalities import OVERLAYS
from app.common.numbers import compact
from app.preview.contact_sheet import MOST, sheet
from app.selection import Selection
from app.series import Relative
from components.common import colours
from components.common.scripts import module
from components.widgets.plain_table import PARAMETER

_HERE = Path(__file__).parent

#: So many series are offered to be drawn over a picture.
_MOST_OVERLAYS = 100


def _part(name: str) -> Callable[..., Any]:
    return st.components.v2.component(
        f"series_{name}",
        html='<div id="root"></div>',
        css=(_HERE / f"{name}.css").read_text(encoding="utf-8"),
        js=module(_HERE / f"{name}.js"),
    )


_preview = _part("preview")
_headers = _part("headers")
_sheet = _part("sheet")


def preview(uid: str, derived: Sequence[Relative] = ()) -> None:
    """The pictures of a series; what a SEG or RTSTRUCT marks, over its source.

    Parameters
    ----------
    derived
        Series that may have been made from it; segmentations and contours among them are offered to be drawn over it.
    """
    offered = [
        {"uid": other.uid, "label": f"{other.modality}: {other.description or other.uid}"}
        for other in derived[:_MOST_OVERLAYS]
        if other.modality in OVERLAYS
    ]
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
    if total > MOST:
        st.text(
            f"{len(tiles)} of the {compact(total)} series with pictures, from all over the cohort; a click opens one."
        )
    else:
        st.text(f"Series with pictures: {compact(total)}; a click opens one.")
    data = [
        {
            "uid": tile.uid,
            "modality": tile.modality,
            "text": tile.description or tile.collection,
            "figures": f"{tile.collection} · {compact(tile.instances)} files",
            "hint": f"{tile.patient}: {tile.description}" if tile.description else tile.patient,
            "colour": colours.of_value("Modality", tile.modality),
            "link": f"series?{PARAMETER}={tile.uid}",
        }
        for tile in tiles
    ]
    _sheet(key="contact_sheet", data={"tiles": data})
