"""One text out of scripts that import each other, as Streamlit takes a component's script.

The scripts are ES modules, so editors, tests and type checks read them as they are. A browser gets them as one module
from a blob, where no relative import leads anywhere: here each stands once, before those that import it. Lines that
hold nothing but a comment, types among them, are left out, as the text travels to the browser with every run.
"""

from __future__ import annotations

import re
from pathlib import Path

_COMMENT = re.compile(r"^ *(?://.*|/\*\*(?:(?!\*/)[\s\S])*\*/)\n", re.MULTILINE)
_IMPORT = re.compile(r"^import \{\s*\w+(?:,\s*\w+)*,?\s*\} from \"(\.[^\"]+)\";\n+", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async function|function|const) )", re.MULTILINE)
_PART = re.compile(r"^export ((?:function|class) (\w+).*?^\})$", re.MULTILINE | re.DOTALL)
_LEFT = re.compile(r"^(?:import|export)\b(?! default ).*", re.MULTILINE)


def module(entry: Path) -> str:
    """The script whose default export draws a component, with all that it imports.

    Top-level names of all files share one scope, so each is given once (a test parses every result).

    Raises
    ------
    ValueError
        For an import or export of another form than ``import { name } from "./file.js"`` and ``export function`` or
        ``export const``, and for scripts that import each other in a circle.
    """
    joined: dict[Path, str] = {}
    _join(entry.resolve(), joined, ())
    return "\n".join(joined.values())


def parts(script: Path) -> dict[str, str]:
    """Name → text of what a script exports, for a library that takes functions and classes one by one."""
    return {name: text for text, name in _PART.findall(_COMMENT.sub("", script.read_text(encoding="utf-8")))}


def _join(path: Path, joined: dict[Path, str], above: tuple[Path, ...]) -> None:
    if path in above:
        raise ValueError(f"{path} imports itself, by {above[-1]}")
    if path in joined:
        return
    text = _COMMENT.sub("", path.read_text(encoding="utf-8"))
    for target in _IMPORT.findall(text):
        _join((path.parent / target).resolve(), joined, (*above, path))
    body = _EXPORT.sub("", _IMPORT.sub("", text))
    if left := _LEFT.search(body):
        raise ValueError(f"{path}: this can't be joined: {left[0]}")
    if above and re.search(r"^export default ", body, re.MULTILINE):
        raise ValueError(f"{path} draws a component of its own, so nothing can import it")
    joined[path] = body.strip() + "\n"
