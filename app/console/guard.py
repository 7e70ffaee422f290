"""Which statements run: one SELECT over the release's own tables, parsed by DuckDB's own parser.

Files, network, settings and writing are closed in the connection already (`app.console.worker`). This list says so in
words, and keeps out what would only tell about the server: its paths and settings.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from app.common.errors import UserError

if TYPE_CHECKING:
    import duckdb

#: Functions that stand in FROM and read nothing but their arguments.
_TABLE_FUNCTIONS = frozenset({"generate_series", "json_each", "json_tree", "range", "repeat", "unnest"})

#: Functions that tell about the server, or write to its log.
_CLOSED_FUNCTIONS = frozenset({"current_setting", "getenv", "write_log"})

#: Queries read nothing else; said for whatever reaches beyond.
ONLY_TABLES = "A query reads the tables of this page only: no files, no network, no settings."

_ONE_SELECT = "A query is one SELECT (or WITH, FROM, DESCRIBE, SUMMARIZE, EXPLAIN)"
_COMMENT = r"(?:\s|--[^\n]*\n|/\*.*?\*/)*"
_EXPLAIN = re.compile(rf"{_COMMENT}EXPLAIN\b({_COMMENT}ANALYZE\b)?", re.IGNORECASE | re.DOTALL)


def accepted(connection: duckdb.DuckDBPyConnection, sql: str, tables: Collection[str], absent: Collection[str]) -> str:
    """The statement to run.

    Parameters
    ----------
    connection
        Where it is to run.
    tables, absent
        Names of the tables to be read, and of those that are not on this server.

    Raises
    ------
    UserError
        If it is anything but one SELECT over `tables`.
    duckdb.Error
        If it can't be parsed.
    """
    statement = _only_statement(connection, sql)
    explain = ""
    if statement.type.name == "EXPLAIN" and (found := _EXPLAIN.match(statement.query)):
        explain = "EXPLAIN ANALYZE " if found.group(1) else "EXPLAIN "
        statement = _only_statement(connection, statement.query[found.end() :])
    if statement.type.name != "SELECT":
        raise UserError(f"{_ONE_SELECT}, not {statement.type.name.replace('_', ' ')}.")
    _check(_tree(connection, statement.query), _Names(connection, tables, absent))
    return explain + statement.query.strip()


def _only_statement(connection: duckdb.DuckDBPyConnection, sql: str) -> duckdb.Statement:
    statements = connection.extract_statements(sql)
    if len(statements) == 2 and not any(statement.query for statement in statements):
        raise UserError("PIVOT needs to be told the values: PIVOT … ON Modality IN ('CT', 'MR') USING …")
    if len(statements) != 1:
        raise UserError(f"{_ONE_SELECT}, not {len(statements)} statements." if statements else f"{_ONE_SELECT}.")
    return statements[0]


def _tree(connection: duckdb.DuckDBPyConnection, sql: str) -> Any:
    """The statement as DuckDB parses it."""
    quoted = sql.replace("'", "''")
    row = connection.execute(f"SELECT json_serialize_sql('{quoted}')").fetchone()
    try:
        parsed = json.loads(row[0]) if row else {"error": True}
    except RecursionError:
        parsed = {"error": True}
    if parsed["error"]:
        raise UserError("This query can't be taken apart: write it in a simpler way.")
    return parsed["statements"]


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """All objects in a tree, however deep."""
    open_nodes = [tree]
    while open_nodes:
        node = open_nodes.pop()
        if isinstance(node, dict):
            yield node
        if isinstance(node, dict | list):
            open_nodes += node.values() if isinstance(node, dict) else node


class _Names:
    """What may stand in FROM."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, tables: Collection[str], absent: Collection[str]) -> None:
        self.tables, self.absent = tables, absent
        views = connection.execute("SELECT lower(view_name) FROM duckdb_views() WHERE internal").fetchall()
        #: A step of WITH under such a name would open the view elsewhere in the query.
        self._taken = {view for (view,) in views}
        self._known = {name.lower() for name in tables}

    def add_steps(self, tree: Any) -> None:
        """Take in the names that WITH gives."""
        for node in _nodes(tree):
            names = [node.get("cte_name"), *(step.get("key") for step in node.get("cte_map", {}).get("map", ()))]
            self._known.update({name.lower() for name in names if name} - self._taken)

    def check(self, node: dict[str, Any]) -> None:
        """Raise unless a table may be read."""
        name = ".".join(filter(None, (node.get("catalog_name"), node.get("schema_name"), node["table_name"])))
        if name == node["table_name"] and name.lower() in self._known:
            return
        if name in self.absent:
            raise UserError(f"The table {name} is not on this server; fetch it with: python -m app fetch {name}")
        near = get_close_matches(name.lower(), self.tables, 1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(self.tables)}."
        raise UserError(f"There is no table “{shorten(name)}”: {hint}")


def _check(tree: Any, names: _Names) -> None:
    names.add_steps(tree)
    for node in _nodes(tree):
        kind = node.get("type")
        if kind == "BASE_TABLE":
            names.check(node)
        elif kind == "TABLE_FUNCTION":
            function = node["function"].get("function_name", "")
            if function.lower() not in _TABLE_FUNCTIONS:
                raise UserError(f"{shorten(function)} is not available. {ONLY_TABLES}")
        elif kind == "SHOW_REF" and not node["query"] and node["table_name"] != '"tables"':
            raise UserError(f"SHOW is available as SHOW TABLES only. {ONLY_TABLES}")
        elif node.get("class") == "FUNCTION" and node.get("function_name", "").lower() in _CLOSED_FUNCTIONS:
            raise UserError(f"{node['function_name']} is not available. {ONLY_TABLES}")


def shorten(text: str, length: int = 60) -> str:
    """Text that fits into a sentence."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    return printable if len(printable) <= length else f"{printable[: length - 1]}…"
