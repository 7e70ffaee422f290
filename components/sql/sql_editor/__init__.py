"""An SQL editor with highlighting and completion: CodeMirror in a Streamlit component.

The library is no part of the component's source, which would travel to the browser with every change of the page: the
browser fetches it once, from a route of this server (`app.server`), and keeps it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import streamlit as st

from components.common import colours
from components.common.scripts import module

_HERE = Path(__file__).parent
_LIBRARY = f"editor/codemirror.js?{sha256((_HERE / 'bundle' / 'codemirror.js').read_bytes()).hexdigest()[:12]}"

_HTML = """
<div id="root">
  <div id="host"></div>
  <div class="bar"><button id="run" type="button">Run</button>
  <span class="hint">Ctrl or ⌘ and Enter runs; Ctrl and Space completes</span></div>
</div>
"""

_component = st.components.v2.component(
    "sql_editor",
    html=_HTML,
    css=(_HERE / "editor.css").read_text(encoding="utf-8"),
    js=module(_HERE / "editor.js"),
)


def sql_editor(
    text: str,
    turn: int,
    *,
    tables: Mapping[str, list[dict[str, str]]],
    running: bool,
    on_run: Callable[[str], None],
    key: str = "sql_editor",
) -> None:
    """Show the editor.

    Parameters
    ----------
    text, turn
        What stands in it at first, and again whenever `turn` changes; between, it is the visitor's.
    tables
        Table → its columns as ``label``, ``detail`` and ``info``, to be completed.
    running
        Whether a query is at work, so that no other can be started.
    on_run
        Is called with the text before the next run, when the visitor wants it run.
    """
    data = {"text": text, "turn": turn, "tables": tables, "running": running, "library": _LIBRARY}

    def receive() -> None:
        message: Any = st.session_state[key].get("run")
        if isinstance(message, Mapping) and isinstance(message.get("text"), str):
            on_run(message["text"])

    _component(key=key, data={**data, "dark": colours.is_dark()}, on_run_change=receive)
