"""The pages' own style sheets, on top of the theme."""

from functools import cache
from pathlib import Path

import streamlit as st

_HERE = Path(__file__).parent


def page_style(*more: str) -> None:
    """Apply the style sheet of all pages, and further ones by name."""
    st.html("".join(_sheet(name) for name in ("page", *more)))


@cache
def _sheet(name: str) -> str:
    return f"<style>{(_HERE / name).with_suffix('.css').read_text(encoding='utf-8')}</style>"
