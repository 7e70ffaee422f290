"""What every page has: style sheets on top of the theme, and a tidy history of the browser."""

from functools import cache
from pathlib import Path

import streamlit as st

from app.common.settings import PRODUCT
from components.common.scripts import module

_HERE = Path(__file__).parent

_history = st.components.v2.component("browser_history", js=module(_HERE / "history.js"))


def page_style(*more: str) -> None:
    """Apply the style sheet of all pages, and further ones by name; keep links to one entry of the history each."""
    st.html("".join(_sheet(name) for name in ("page", *more)))
    with st.container(key="browser_history"):
        _history()


def tab_title(title: str) -> None:
    """Name the browser's tab after what the page shows; the entry script names it after the page."""
    st.set_page_config(page_title=f"{title} · {PRODUCT}")


@cache
def _sheet(name: str) -> str:
    return f"<style>{(_HERE / name).with_suffix('.css').read_text(encoding='utf-8')}</style>"
