"""Conditions on attributes: what is asked of one series, checked and brought into one spelling.

A `Condition` is one attribute, one operator, its values. Conditions on the same attribute belong together: their parts
must all hold, and ``missing=true`` adds the series without a value to whatever else is asked of the attribute.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from typing import Any, NoReturn

from app.cohort.attribute import Attribute, Kind
from app.cohort.attributes import ATTRIBUTES, UNAVAILABLE
from app.cohort.operators import OPERATORS, Operator, operators_of
from app.common.errors import UserError, shorten

MAX_VALUE_LENGTH = 1_024

#: Parameters of the URL form that are no attributes; `app.cohort.cohort` reads them.
PARAMETERS = (
    *("patient_has", "patient_lacks", "study_has", "study_lacks", "clinical"),
    *("union", "intersection", "difference"),
    *("scope", "add", "sample", "sample_gb", "sample_by", "split", "split_by", "part", "seed"),
)

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]{1,2})?|[+-]?\.[0-9]+", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)

_EPOCH = date(1970, 1, 1).toordinal()

_ATTRIBUTE_ORDER = {name: position for position, name in enumerate(ATTRIBUTES)}
_OPERATOR_ORDER = {key: position for position, key in enumerate(OPERATORS)}


class QueryError(UserError):
    """A query that names something that does not exist, or a value of the wrong type."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One attribute compared with one operator; build it with `Condition.of`, which validates."""

    attribute: str
    operator: str
    values: tuple[str, ...]

    @classmethod
    def of(cls, attribute: str, operator: str, values: Iterable[str]) -> Condition:
        """Validate and normalize.

        Raises
        ------
        QueryError
            If the attribute or the operator is unknown, does not fit, or a value has the wrong type.
        """
        known = find_attribute(attribute)
        operation = find_operator(known, operator)
        texts = {_normalize(known, operation, value) for value in values}
        if not texts:
            raise QueryError(f"{known.name}{operation.suffix} needs a value.")
        if len(texts) > 1 and not operation.many:
            raise QueryError(f"{known.name}{operation.suffix} takes one value, not {len(texts)}.")
        return cls(known.name, operation.key, tuple(sorted(texts, key=_sort_key(known, operation))))

    @property
    def key(self) -> str:
        """Name of the parameter in the URL form."""
        return self.attribute + OPERATORS[self.operator].suffix

    @property
    def _position(self) -> tuple[int, int]:
        return _ATTRIBUTE_ORDER[self.attribute], _OPERATOR_ORDER[self.operator]


def merge(conditions: Iterable[Condition]) -> tuple[Condition, ...]:
    """Conditions in canonical order; values of the same attribute and operator are merged."""
    merged: dict[tuple[str, str], list[str]] = {}
    for condition in conditions:
        merged.setdefault((condition.attribute, condition.operator), []).extend(condition.values)
    rebuilt = (Condition.of(attribute, operator, values) for (attribute, operator), values in merged.items())
    return tuple(sorted(rebuilt, key=lambda condition: condition._position))


def by_attribute(conditions: Iterable[Condition]) -> Mapping[str, dict[str, tuple[str, ...]]]:
    """Attribute → operator → values, in the order of `conditions`."""
    groups: dict[str, dict[str, tuple[str, ...]]] = {}
    for condition in conditions:
        groups.setdefault(condition.attribute, {})[condition.operator] = condition.values
    return groups


def tables(conditions: Iterable[Condition]) -> set[str]:
    """Tables besides ``index`` that the conditions read."""
    return {ATTRIBUTES[condition.attribute].table for condition in conditions} - {"index"}


def parse_condition(key: str, values: Iterable[str]) -> Condition:
    """Condition of a URL parameter, ``Modality`` or ``instanceCount__gte``, and its decoded values.

    Raises
    ------
    QueryError
        If the attribute or the operator is unknown, does not fit, or a value has the wrong type.
    """
    name, _, operator = key.partition("__")
    return Condition.of(name, operator or "eq", values)


def find_attribute(name: str) -> Attribute:
    """Attribute by its exact name.

    Raises
    ------
    QueryError
        If there is none; the message names the nearest.
    """
    if name in ATTRIBUTES:
        return ATTRIBUTES[name]
    if name in UNAVAILABLE:
        raise QueryError(UNAVAILABLE[name])
    raise QueryError(f"There is no attribute “{shorten(name)}”{_nearest(name, (*ATTRIBUTES, *PARAMETERS))}")


def find_operator(attribute: Attribute, key: str) -> Operator:
    """Operator by its key, if `attribute` takes it.

    Raises
    ------
    QueryError
        If it is unknown or does not fit; the message names those that do.
    """
    allowed = {operator.key: operator for operator in operators_of(attribute)}
    if key in allowed:
        return allowed[key]
    forms = ", ".join(attribute.name + operator.suffix for operator in allowed.values())
    if key in OPERATORS:
        raise QueryError(f"{attribute.name} does not take “{key}”; it takes {forms}.")
    raise QueryError(f"{attribute.name} has no operator “{shorten(key)}” (it takes {forms}){_nearest(key, allowed)}")


def _normalize(attribute: Attribute, operator: Operator, text: str) -> str:
    """Value in its one spelling."""
    where = f"{attribute.name}{operator.suffix}"
    if not text:
        raise QueryError(f"{where} has an empty value; for series without a value use {attribute.name}__missing=true.")
    if len(text) > MAX_VALUE_LENGTH:
        raise QueryError(f"A value of {where} is longer than {MAX_VALUE_LENGTH:,} characters.")
    if "\0" in text or not _is_unicode(text):
        raise QueryError(f"A value of {where} holds a character that no text may hold.")
    if operator.of_lists:
        if not re.fullmatch("[0-9a-f]{12,64}", text, re.ASCII):
            raise QueryError(f"{where} takes the name of a kept list, such as 0123456789ab, not “{shorten(text)}”.")
        return text
    if operator.key == "missing":
        return _normalize_switch(where, text)
    if attribute.kind is Kind.NUMBER:
        return _normalize_number(attribute, where, text)
    if attribute.kind is Kind.DATE:
        return _normalize_date(where, text)
    if attribute.pattern and not re.fullmatch(attribute.pattern, text, re.ASCII):
        raise QueryError(f"“{shorten(text)}” is not a {attribute.label}.")
    return text


def _normalize_switch(where: str, text: str) -> str:
    if text not in ("true", "false"):
        raise QueryError(f"{where} takes true or false, not “{shorten(text)}”.")
    return text


def _normalize_number(attribute: Attribute, where: str, text: str) -> str:
    number = read_number(where, text)
    if attribute.integer and "." in number:
        raise QueryError(f"{where} takes a whole number, not “{shorten(text)}”.")
    return number


def read_number(where: str, text: str) -> str:
    """A number in its one spelling.

    Raises
    ------
    QueryError
        If `text` is none, or too large.
    """
    if not _NUMBER.fullmatch(text):
        raise QueryError(f"{where} takes a number, not “{shorten(text)}”.")
    number = float(text)
    if abs(number) >= 1e15:
        raise QueryError(f"{where} takes a number below 1e15, not “{shorten(text)}”.")
    return format_number(number)


def format_number(number: float) -> str:
    """Shortest text that reads back as the same number, never in scientific notation."""
    return str(int(number)) if number.is_integer() else format(Decimal(repr(number)), "f")


def number_of(attribute: Attribute, value: str) -> float:
    """The number that a valid value of a range stands for; dates as days since 1970."""
    return float(date.fromisoformat(value).toordinal() - _EPOCH) if attribute.kind is Kind.DATE else float(value)


def value_of(attribute: Attribute, number: float) -> str:
    """The value that `number_of` reads as `number`."""
    if attribute.kind is Kind.DATE:
        return date.fromordinal(_EPOCH + int(number)).isoformat()
    return format_number(number)


def just_beside(attribute: Attribute, number: float, *, above: bool) -> float:
    """The bound that leaves `number` out and nothing above it, or below it; infinity stays."""
    step = 1.0 if attribute.integer or attribute.kind is Kind.DATE else attribute.gap
    if not step:
        return math.nextafter(number, math.inf if above else -math.inf) if math.isfinite(number) else number
    return round(number + (step if above else -step), 9)


def _normalize_date(where: str, text: str) -> str:
    try:
        if not _DATE.fullmatch(text):
            raise ValueError
        return date.fromisoformat(text).isoformat()
    except ValueError:
        _refuse_date(where, text)


def _refuse_date(where: str, text: str) -> NoReturn:
    raise QueryError(f"{where} takes a date such as 2001-12-31, not “{shorten(text)}”.") from None


def _sort_key(attribute: Attribute, operator: Operator) -> Any:
    return float if attribute.kind is Kind.NUMBER and operator.key != "missing" else str


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _nearest(name: str, names: Iterable[str]) -> str:
    by_folded = {candidate.lower(): candidate for candidate in names}
    found = get_close_matches(name[:64].lower(), by_folded, n=1, cutoff=0.5)
    return f"; did you mean “{by_folded[found[0]]}”?" if found else "."
