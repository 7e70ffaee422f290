"""Colours that mean something: one per modality, wherever it is shown.

The common modalities take hues that people with colour blindness can tell apart (after Okabe and Ito, and Tol);
the rare ones share a grey. A colour never stands without the modality's name.
"""

from __future__ import annotations

import streamlit as st

MODALITY = {
    "CT": "#0072B2",
    "MR": "#D55E00",
    "SM": "#CC79A7",
    "SEG": "#009E73",
    "SR": "#7A6FA8",
    "MG": "#E69F00",
    "RTSTRUCT": "#56B4E9",
    "PT": "#B8A100",
    "CR": "#882255",
    "DX": "#AA4499",
    "US": "#44AA99",
    "ANN": "#8A9A2B",
}
OTHER = "#7B8794"

#: Fonts of the theme, for parts that draw in a frame or a canvas of their own.
FONT = "-apple-system, 'Segoe UI', Roboto, 'Source Sans', 'Liberation Sans', sans-serif"


def is_dark() -> bool:
    """Whether the visitor's browser shows the dark theme."""
    return st.context.theme.type == "dark"


def accent() -> str:
    """The app's one accent."""
    return "#4FB3C8" if is_dark() else "#0F6E84"


def muted() -> str:
    """What stands back."""
    return "#3A4957" if is_dark() else "#CFD8DF"


def text() -> str:
    """Text of charts."""
    return "#C3CDD6" if is_dark() else "#43515E"


def ground() -> str:
    """What tooltips of charts stand on."""
    return "#1F2933" if is_dark() else "#FFFFFF"
