"""A cohort as SQL for BigQuery, where IDC publishes the full DICOM metadata.

The tables that idc-index queries do not exist there by those names, but idc-index-data ships the SQL that made each of
them. The cohort's own query is translated from DuckDB's dialect and put below those queries as CTEs, so it means the
same series and reads the same columns. `app.export.bigquery_jobs` runs it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import dropwhile, takewhile
from typing import TYPE_CHECKING, Any, cast

from app.cohort import Cohort, schema
from app.common.errors import UserError
from app.language import select

if TYPE_CHECKING:
    from sqlglot import Dialect, exp
    from sqlglot.expressions import Expr

#: Characters that stand for themselves inside a string literal; all others are written as escapes.
_ESCAPED = re.compile(r"[\\'\x00-\x1f\x7f-\x9f\u2028\u2029]")

_COMMENT_LINE = re.compile(r"^[ \t]*(#|--).*\n?", re.MULTILINE)
_LAST_ORDER = re.compile(r"\nORDER BY\b(?:[^()]|\([^()]*\))*\Z")
_RELEASE = re.compile(r"\bbigquery-public-data\.idc_(?:current|v[0-9]+)(?=\.|_clinical\.)")

#: What only idc-index needs to be told.
_FETCH_COMMENT = "-- Before it runs in idc-index"

#: Name of the whole query where more is joined to it; no step of a cohort's query is called so.
_WHOLE = "whole_cohort"


def bigquery(cohort: Cohort, *, full_metadata: bool = False) -> str:
    """The cohort's series as one BigQuery query; see `bigquery_sql`."""
    return bigquery_sql(select(cohort), full_metadata=full_metadata, clinical=cohort.clinical_tables())


def bigquery_sql(cohort_sql: str, *, full_metadata: bool = False, clinical: Sequence[str] = ()) -> str:
    """Translate a cohort's query to BigQuery.

    Parameters
    ----------
    cohort_sql
        One SELECT over idc-index's tables, as `app.language.statement.select` gives it.
    full_metadata
        Select all columns of ``dicom_all``, one row per instance, instead of the query's own columns.
    clinical
        Clinical tables that it uses, which have a dataset of their own.

    Raises
    ------
    UserError
        If it uses a table that BigQuery can't make within a query, or a function that has no counterpart there.
    """
    lines = cohort_sql.split("\n")
    comments = [line for line in takewhile(_is_comment, lines) if not line.startswith(_FETCH_COMMENT)]
    tree = _parse("\n".join(dropwhile(_is_comment, lines)))
    _qualify(tree, clinical)
    ctes = {f"`{name}`": shipped_sql(name) for name in _tables(tree)}
    with_ = tree.args.get("with_")
    ctes |= {_text(cte.args["alias"]): _text(cte.this) for cte in (with_.expressions if with_ else ())}
    tree.set("with_", None)
    body = _text(tree)
    if full_metadata:
        ctes[_WHOLE] = body
        body = (
            "SELECT\n  dicom_all.*\n"
            f"FROM `{dataset()}.dicom_all` AS dicom_all\n"
            f"JOIN {_WHOLE}\n  ON dicom_all.SeriesInstanceUID = {_WHOLE}.SeriesInstanceUID"
        )
    head = ",\n".join(f"{name} AS (\n{_indent(text)}\n)" for name, text in ctes.items())
    return "\n".join([*comments, f"WITH {head}", body]) + "\n"


def dataset() -> str:
    """BigQuery's dataset of this release."""
    return f"bigquery-public-data.idc_v{schema.idc_version()}"


def shipped_sql(table: str) -> str:
    """BigQuery SELECT that made `table` of this release, without comments and without its final order.

    Raises
    ------
    UserError
        If it takes more than one statement to make the table.
    """
    text = _RELEASE.sub(dataset(), _COMMENT_LINE.sub("", _shipped()[table])).strip()
    if not text.startswith(("SELECT", "WITH")):
        raise UserError(f"A query on {table} can't run in BigQuery: no single SELECT makes that table there.")
    return _LAST_ORDER.sub("", text)


@cache
def _shipped() -> dict[str, str]:
    """SQL of each table, under the name that idc-index queries it by."""
    from idc_index_data import INDEX_METADATA

    entries = cast("Mapping[str, Mapping[str, Any]]", INDEX_METADATA)
    return {schema.sql_name(key): entry["sql"] for key, entry in entries.items()}


def _is_comment(line: str) -> bool:
    return line.startswith("--")


def _tables(tree: Expr) -> list[str]:
    """Tables of idc-index that the query reads, main table first; quotes their names in `tree`."""
    from sqlglot import exp

    defined = {cte.alias for cte in tree.find_all(exp.CTE)}
    found = set()
    for table in tree.find_all(exp.Table):
        if table.name in _shipped() and table.name not in defined:
            found.add(table.name)
            table.this.set("quoted", True)
    return sorted(found, key=lambda name: (name != "index", name))


def _qualify(tree: Expr, clinical: Sequence[str]) -> None:
    """Name the dataset of clinical tables."""
    from sqlglot import exp

    for table in tree.find_all(exp.Table):
        if table.name in clinical:
            project, _, name = dataset().partition(".")
            table.set("db", exp.to_identifier(f"{name}_clinical", quoted=True))
            table.set("catalog", exp.to_identifier(project, quoted=True))


def _parse(sql: str) -> Expr:
    """DuckDB query as a tree in which everything has a BigQuery form."""
    from sqlglot import exp, parse_one

    tree = parse_one(sql, read="duckdb")
    for node in list(_children_first(tree)):
        if isinstance(node, exp.Contains):
            node.replace(_in_place(exp.GT(this=_position(node), expression=exp.Literal.number(0)), node))
        elif isinstance(node, exp.ArrayOverlaps):
            node.replace(_any_of(node))
        elif isinstance(node, exp.In) and isinstance(node.this, exp.Tuple) and node.args.get("query"):
            _as_struct(node)
        elif isinstance(node, exp.Window):
            _order_nulls(node)
        elif isinstance(node, exp.Select) and node.args.get("qualify") and not node.args.get("where"):
            # BigQuery has not always taken QUALIFY without one of the older clauses.
            node.where(exp.true(), copy=False)
    return tree


def _children_first(tree: Expr) -> Iterator[Expr]:
    return reversed(list(tree.bfs()))


def _position(contains: exp.Contains) -> exp.StrPosition:
    from sqlglot import exp

    return exp.StrPosition(this=contains.this.copy(), substr=contains.expression.copy())


def _in_place(predicate: Expr, node: Expr) -> Expr:
    """`predicate`, in brackets where what stands around `node` would bind tighter."""
    from sqlglot import exp

    loose = (exp.Connector, exp.Not, exp.Paren, exp.Where, exp.Having, exp.Select, exp.Alias, exp.Func)
    return predicate if isinstance(node.parent, loose) else exp.Paren(this=predicate)


def _any_of(node: exp.ArrayOverlaps) -> Expr:
    """``list_has_any``, NULL where the list is."""
    from sqlglot import exp, parse_one

    exists = "EXISTS(SELECT 1 FROM UNNEST(x) AS value WHERE value IN (1))"
    found = parse_one(f"IF(x IS NULL, NULL, {exists})", read="bigquery")
    for column in list(found.find_all(exp.Column)):
        if column.name == "x":
            column.replace(node.this.copy())
    listed = next(found.find_all(exp.In))
    listed.set("expressions", [value.copy() for value in node.expression.expressions])
    return found


def _as_struct(node: exp.In) -> None:
    """A row of columns compares with a subquery of one column, a struct."""
    from sqlglot import exp

    inner = node.args["query"].this
    inner.set("expressions", [exp.Tuple(expressions=[column.unalias() for column in inner.expressions])])


def _order_nulls(window: exp.Window) -> None:
    """DuckDB's NULLS LAST, which BigQuery does not take in every window, as a sort key of its own."""
    from sqlglot import exp

    order = window.args.get("order")
    keys = []
    for key in order.expressions if order else ():
        if not key.args.get("nulls_first") and not key.args.get("desc"):
            keys.append(exp.Ordered(this=exp.Is(this=key.this.copy(), expression=exp.Null()), nulls_first=True))
            key.set("nulls_first", True)
        keys.append(key)
    if order:
        order.set("expressions", keys)


@cache
def _dialect() -> type[Dialect]:
    """BigQuery's dialect with literals that no character can end."""
    from sqlglot.dialects.bigquery import BigQuery
    from sqlglot.generators.bigquery import BigQueryGenerator

    class Safe(BigQuery):
        class Generator(BigQueryGenerator):
            def literal_sql(self, expression: exp.Literal) -> str:
                text = expression.name
                return f"'{_ESCAPED.sub(_escape, text)}'" if expression.is_string else text

    return Safe


def _escape(match: re.Match[str]) -> str:
    character = match.group()
    return f"\\{character}" if character in "\\'" else f"\\u{ord(character):04x}"


def _text(tree: Expr) -> str:
    """Formatted BigQuery SQL.

    Raises
    ------
    UserError
        If something in it has no BigQuery form.
    """
    from sqlglot import ErrorLevel, UnsupportedError, exp

    foreign = sorted({node.name for node in tree.find_all(exp.Anonymous)})
    if foreign:
        raise UserError(f"This cohort can't run in BigQuery, which has no function {' or '.join(foreign)}.")
    try:
        return tree.sql(dialect=_dialect(), pretty=True, comments=False, unsupported_level=ErrorLevel.RAISE)
    except UnsupportedError as error:
        raise UserError(f"This cohort can't run in BigQuery: {error}") from None


def _indent(text: str) -> str:
    """Text two columns to the right; no literal spans lines, since line breaks are escaped."""
    return "\n".join(f"  {line}" for line in text.split("\n"))
