"""Values that are asked for and that the release does not hold, each with the nearest one that it does.

Looked up are values of listed attributes and identifiers, where they are named whole: in conditions that ask for them
or leave them out. Free text may be anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from app.catalog.catalog import Catalog
from app.cohort import ATTRIBUTES, OPERATORS, Attribute, Condition, Kind, schema
from app.cohort.kept_lists import values_of
from app.cohort.sql import quote_text
from app.common.errors import shorten

#: Operators whose values are named whole.
_NAMING = frozenset({"eq", "not", "in", "not_in"})

#: So many unknown values of one condition get the nearest known one, which takes time to find.
_MOST_NEAREST = 10

#: Characters of a value that are compared with others; and of one that may stand for a longer value that holds it.
_COMPARED, _LEAST_PART = 100, 3


@dataclass(frozen=True, slots=True)
class UnknownValue:
    """A value that the release does not hold.

    Parameters
    ----------
    what
        What it was to be, inside a sentence, such as “collection”.
    value
        The value, as it was asked for.
    nearest
        The value that the release holds and that is most like it; empty if none is.
    """

    what: str
    value: str
    nearest: str = ""

    @property
    def sentence(self) -> str:
        """What is not there, and what may be meant; one line."""
        hint = f"; the nearest is “{shorten(self.nearest)}”" if self.nearest else ""
        return f"IDC v{schema.idc_version()} has no {shorten(self.what)} “{shorten(self.value)}”{hint}."


def find_unknown(catalog: Catalog, conditions: Iterable[Condition]) -> list[UnknownValue]:
    """Values of `conditions` that the release does not hold; attributes whose table is absent are passed over.

    Raises
    ------
    UserError
        If a condition names a list that this server does not have.
    """
    return [found for condition in conditions for found in _of_condition(catalog, condition)]


def nearest_of(value: str, known: Mapping[str, str]) -> str:
    """The known value that is most like `value`, empty if none is.

    Parameters
    ----------
    known
        Text as `folded` spells it → the value that it stands for.
    """
    text = folded(value)
    if text in known:
        return known[text]
    close = get_close_matches(text, known, n=1)
    if not close and len(text) >= _LEAST_PART:
        holding = [other for other in known if text in other]
        close = sorted(holding, key=lambda other: (not other.startswith(text), len(other)))[:1]
    return known[close[0]] if close else ""


def folded(value: str) -> str:
    """The value without regard to case, and to what stands between its words."""
    return re.sub(r"[\s_-]+", "_", value[:_COMPARED].strip().casefold())


def _of_condition(catalog: Catalog, condition: Condition) -> Iterator[UnknownValue]:
    attribute, operator = ATTRIBUTES[condition.attribute], OPERATORS[condition.operator]
    looked_up = (attribute.is_facet or attribute.kind is Kind.ID) and operator.key in _NAMING
    if not looked_up or catalog.missing([attribute.table]):
        return
    asked = values_of(attribute.name, condition.values) if operator.of_lists else condition.values
    held = _held(catalog, attribute, asked)
    unknown = [value for value in asked if value not in held]
    nearest = _nearest(catalog, attribute, unknown[:_MOST_NEAREST]) if unknown else {}
    for value in unknown:
        yield UnknownValue(attribute.label, value, nearest.get(value, ""))


def _held(catalog: Catalog, attribute: Attribute, values: Sequence[str]) -> set[str]:
    """Those of `values` that the release holds."""
    if attribute.is_facet:
        known = catalog.codes(attribute)
        return {value for value in values if value in known}
    if attribute.unique:
        return {value for value, there in zip(values, catalog.has_unique(attribute, values), strict=True) if there}
    return set(_dictionary(catalog, attribute, f"value IN ({', '.join(map(quote_text, values))})"))


def _nearest(catalog: Catalog, attribute: Attribute, values: Sequence[str]) -> dict[str, str]:
    """Value → the nearest that the release holds; of identifiers that people give, those that differ in case."""
    if attribute.pattern:
        return {}
    if attribute.is_facet:
        known = {folded(value): value for value in reversed(catalog.values(attribute))}
        return {value: nearest_of(value, known) for value in values}
    lowered = ", ".join(f"lower({quote_text(value)})" for value in values)
    known = {folded(value): value for value in _dictionary(catalog, attribute, f"lower(value) IN ({lowered})")}
    return {value: known[folded(value)] for value in values if folded(value) in known}


def _dictionary(catalog: Catalog, attribute: Attribute, condition: str) -> list[str]:
    rows = catalog.cursor().execute(
        f"SELECT value FROM dictionary WHERE attribute = {quote_text(attribute.name)} AND {condition}"
    )
    return [value for (value,) in rows.fetchall()]
