"""One sentence instead of a traceback."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from app.cohort import Cohort
from app.common.errors import UserError
from components.common import state

_log = logging.getLogger(__name__)


@contextmanager
def explain_errors() -> Iterator[None]:
    """Show what went wrong, and a way on; the address bar keeps what the user made."""
    try:
        yield
    except UserError as error:
        st.title("This link does not make a cohort", anchor=False)
        st.text(str(error))
        st.button("Start with all of IDC", on_click=state.show, args=(Cohort(),), type="primary")
    except Exception as error:
        if type(error).__module__.startswith("streamlit."):
            raise
        _log.exception("A page failed")
        st.error("Something went wrong on this page. Reload it; if it happens again, report the link you used.")


def plain(text: str) -> str:
    """Text that markdown shows as it is."""
    return "".join(f"\\{character}" if character in "\\`*_{}[]()<>#+-.!|~$:&" else character for character in text)
