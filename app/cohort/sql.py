"""Conditions as SQL: the one place that writes values into a query.

The text runs unchanged in ``IDCClient().sql_query``, whose tables are idc-index's own. Identifiers come from the
attribute table, values pass through `quote_text` or are numbers and dates that the cohort has already normalized.
`app.language.statement` makes whole queries of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from app.cohort.attribute import Attribute, Kind
from app.cohort.attributes import ATTRIBUTES
from app.cohort.conditions import Condition, by_attribute
from app.cohort.kept_lists import values_of
from app.cohort.operators import OPERATORS

#: A column, or one call without calls inside.
_ATOM = re.compile(r"\w+|\w+\([^()]*\)")

#: Decimal literals of up to so many digits compare with a DOUBLE exactly.
_EXACT_DIGITS = 15


def quote_text(text: str) -> str:
    """SQL string literal; DuckDB and BigQuery text that a cohort holds never contains NUL."""
    return "'" + text.replace("'", "''") + "'"


def quote_name(name: str) -> str:
    """SQL identifier, whatever characters the name of a column holds."""
    return '"' + name.replace('"', '""') + '"'


def number_literal(text: str) -> str:
    """A normalized number as a literal that compares with a DOUBLE exactly."""
    # DuckDB reads digits as a DECIMAL, whose step to DOUBLE rounds a second time where there are many.
    return text if len(text) <= _EXACT_DIGITS else f"{text}e0"


def literal(attribute: Attribute, value: str) -> str:
    """A normalized cohort value as a literal of the attribute's type."""
    if attribute.kind is Kind.NUMBER:
        return number_literal(value)
    return f"DATE {quote_text(value)}" if attribute.kind is Kind.DATE else quote_text(value)


def predicate(attribute: Attribute, operator: str, values: Sequence[str], x: str) -> str:
    """One operator over the value expression `x`, as it holds for values that are present."""
    template = OPERATORS[operator].sql
    literals = [literal(attribute, value) for value in values]
    if "{value}" in template:
        parts = [template.format(x=x, value=text) for text in literals]
        return parts[0] if len(parts) == 1 else f"({' OR '.join(parts)})"
    if len(literals) == 1:
        template = template.replace("NOT IN ({values})", "<> {values}").replace("IN ({values})", "= {values}")
    return template.format(x=x, values=", ".join(literals))


def where(conditions: Iterable[Condition]) -> list[str]:
    """Conditions over one row of ``index``, to be joined by AND."""
    return [_of_attribute(ATTRIBUTES[name], asked) for name, asked in by_attribute(conditions).items()]


def _of_attribute(attribute: Attribute, asked: Mapping[str, tuple[str, ...]]) -> str:
    """Everything asked of one attribute, as one condition over ``index``."""
    if attribute.is_extra:
        return _on_series_table(attribute, asked)
    inner = _on_own_table(attribute, asked)
    if attribute.table == "index":
        return inner
    inner = inner[1:-1] if inner.startswith("(") and " OR " in inner else inner
    return f"collection_id IN (SELECT collection_id FROM {attribute.table} WHERE {inner})"


def any_value(attribute: Attribute, value: str) -> str:
    """Condition on the value expression of a fetched table: there is one. DICOM's empty text is none."""
    return f"{_operand(value)} IS NOT NULL" if attribute.is_range else f"{_operand(value)} <> ''"


def _on_series_table(attribute: Attribute, asked: Mapping[str, tuple[str, ...]]) -> str:
    """Everything asked of an attribute of a fetched table, where a series may have no row, one, or several."""
    source, value = attribute.value_rows

    def among(condition: str, word: str = "IN") -> str:
        return f"SeriesInstanceUID {word} (SELECT SeriesInstanceUID FROM {source} WHERE {condition})"

    parts = []
    # Both bounds hold of one and the same value.
    bounds = [predicate(attribute, key, asked[key], _operand(value)) for key in ("gte", "lte") if key in asked]
    if bounds:
        parts.append(among(" AND ".join(bounds)))
    for key in (key for key in asked if key not in ("gte", "lte", "missing")):
        condition = predicate(attribute, "eq" if key == "not" else key, asked[key], _operand(value))
        parts.append(among(condition, "NOT IN" if key == "not" else "IN"))
    missing = asked.get("missing", ("",))[0]
    if missing == "true":
        none = among(any_value(attribute, value), "NOT IN")
        return f"({' AND '.join(parts)} OR {none})" if parts else none
    if missing == "false":
        parts.append(among(any_value(attribute, value)))
    return parts[0] if len(parts) == 1 else f"({' AND '.join(parts)})"


def _on_own_table(attribute: Attribute, asked: Mapping[str, tuple[str, ...]]) -> str:
    missing = asked.get("missing", ("",))[0]
    is_null = f"{_operand(attribute.raw)} IS NULL"
    parts = [_one_operator(attribute, key, values) for key, values in asked.items() if key != "missing"]
    if set(asked) == {"not"} or (set(asked) == {"not", "missing"} and missing == "true"):
        return f"({parts[0]} OR {is_null})"
    if missing == "true":
        return f"({' AND '.join(parts)} OR {is_null})" if parts else is_null
    if missing == "false":
        parts.append(f"{_operand(attribute.raw)} IS NOT NULL")
    return parts[0] if len(parts) == 1 else f"({' AND '.join(parts)})"


def _one_operator(attribute: Attribute, operator: str, values: Sequence[str]) -> str:
    if OPERATORS[operator].of_lists:
        values = values_of(attribute.name, values)
    if attribute.kind is Kind.TERMS:
        chosen = ", ".join(literal(attribute, value) for value in values)
        negation = "NOT " if operator == "not" else ""
        return f"{negation}list_has_any({attribute.expression}, [{chosen}])"
    return predicate(attribute, operator, values, _operand(attribute.expression))


def _operand(expression: str) -> str:
    """Expression that binds tighter than any comparison."""
    return expression if _ATOM.fullmatch(expression) else f"({expression})"
