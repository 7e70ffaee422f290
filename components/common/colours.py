"""Colours that mean something: those of an attribute's values, wherever they are shown, and those of the theme.

A colour never stands without the value's name.
"""

from __future__ import annotations

import streamlit as st

from app.cohort import ATTRIBUTES

#: Values of an attribute with colours that have none of their own.
OTHER = "#7B8794"

#: Fonts of the theme, for parts that draw in a frame or a canvas of their own.
FONT = "-apple-system, 'Segoe UI', Roboto, 'Source Sans', 'Liberation Sans', sans-serif"


def of_value(attribute: str, value: str) -> str:
    """Colour of a value; empty if the attribute's values have no colours."""
    own = ATTRIBUTES[attribute].colours
    return own.get(value, OTHER) if own else ""


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
