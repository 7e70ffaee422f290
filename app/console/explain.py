"""DuckDB's errors as one sentence that says what to do, with its own message and hint beneath."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

from app.console.guard import ONLY_TABLES, shorten

if TYPE_CHECKING:
    import duckdb

#: Longest message that is passed on.
_LENGTH = 2_000

#: Letters from which on a name may stand for a longer one.
_ABBREVIATION = 4

_COLUMN = re.compile(r'(?:Referenced column|does not have a column named) "(.+?)"')
_CANDIDATES = re.compile("^Candidate bindings: (.+)", re.MULTILINE)
_TOO_DEEP = re.compile("expression depth limit|memory exhausted at")
_KIND = re.compile(r"^(?:\w+ ){1,4}Error: ")


def explained(
    error: duckdb.Error | MemoryError, columns: Mapping[str, Sequence[str]], memory_mb: int
) -> tuple[str, str]:
    """One sentence, and DuckDB's own message where it adds to it.

    Parameters
    ----------
    columns
        Table → its columns.
    memory_mb
        How much memory the query had.
    """
    import duckdb

    if isinstance(error, MemoryError | duckdb.OutOfMemoryException):
        return f"The query needs more memory than its {memory_mb:,} MB: read fewer rows or columns.", ""
    if isinstance(error, duckdb.PermissionException):
        return ONLY_TABLES, ""
    message = str(error).strip()[:_LENGTH]
    if _TOO_DEEP.search(message):
        return "The query is nested too deeply: write it in a simpler way.", ""
    first = _KIND.sub("", message.splitlines()[0] if message else "")
    if found := _COLUMN.search(message):
        near = _CANDIDATES.search(message)
        return _about_column(found.group(1), columns, re.findall('"(.+?)"', near.group(1)) if near else []), message
    sentence = shorten(first[:1].upper() + first[1:], 240).rstrip() or "The query failed"
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}.", message


def _about_column(name: str, columns: Mapping[str, Sequence[str]], candidates: Sequence[str]) -> str:
    """Where the column is, or the nearest one: of the query's own tables first, then of all."""
    said = f"There is no column “{shorten(name)}” here"
    holders = [table for table, names in columns.items() if name.lower() in map(str.lower, names)]
    if holders:
        return f"{said}: it is in {' and in '.join(holders)}."
    if near := _nearest(name, candidates):
        return f"{said}: did you mean {near}?"
    if near := _nearest(name, [column for names in columns.values() for column in names]):
        holder = next(table for table, names in columns.items() if near in names)
        return f"{said}: did you mean {near}, of {holder}?"
    return f"{said}."


def _nearest(name: str, names: Sequence[str]) -> str | None:
    """The shortest that has all letters of `name` in their order, as abbreviations do, else what looks alike."""
    spelt = {known.rpartition(".")[2].lower(): known for known in names}
    if len(name) >= _ABBREVIATION:
        longer = (known for known in spelt if _holds_in_order(known, name.lower()))
        if found := min(longer, key=len, default=None):
            return spelt[found]
    near = get_close_matches(name.lower(), spelt, 1)
    return spelt[near[0]] if near else None


def _holds_in_order(text: str, letters: str) -> bool:
    rest = iter(text)
    return all(letter in rest for letter in letters)
