"""The page's own style sheet, on top of the theme."""

from pathlib import Path

import streamlit as st

_STYLE = f"<style>{(Path(__file__).parent / 'page.css').read_text(encoding='utf-8')}</style>"


def page_style() -> None:
    """Apply the style sheet."""
    st.html(_STYLE)
