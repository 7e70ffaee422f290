"""What every page has: its own style sheet, on top of the theme, and a tidy history of the browser."""

from pathlib import Path

import streamlit as st

_HERE = Path(__file__).parent
_STYLE = f"<style>{(_HERE / 'page.css').read_text(encoding='utf-8')}</style>"

_history = st.components.v2.component("history", js=(_HERE / "history.js").read_text(encoding="utf-8"))


def page_style() -> None:
    """Apply the style sheet, and keep links to one entry of the history each."""
    st.html(_STYLE)
    with st.container(key="history"):
        _history()
