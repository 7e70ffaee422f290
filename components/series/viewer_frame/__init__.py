"""A viewer in a frame, and a plain sentence where the browser shows none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from components.common.scripts import module

_HERE = Path(__file__).parent

_component = st.components.v2.component(
    "viewer_frame",
    html='<div id="root"></div>',
    css=(_HERE / "viewer_frame.css").read_text(encoding="utf-8"),
    js=module(_HERE / "viewer_frame.js"),
)


def viewer_frame(url: str, title: str, key: str, instead: str = "", leave: Callable[[], None] | None = None) -> None:
    """Show `url` in a frame; the way into a tab of its own is for the caller to offer.

    Parameters
    ----------
    url
        An address of a host that the content security policy allows, or of this server.
    title
        What the frame holds, for screen readers.
    instead, leave
        What a button reads where the frame shows nothing, and what it does; no button if left out.
    """
    _component(key=key, data={"url": url, "title": title, "instead": instead}, on_left_change=leave or _stay)


def _stay() -> None:
    """Nothing is offered, so nobody leaves."""
