"""Random cohorts over the real data, for tests and benchmarks: every attribute and operator, few empty."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import cache
from typing import Any

import duckdb

from app.cohort import schema
from app.cohort.attribute import Attribute, Kind
from app.cohort.attributes import BASE_ATTRIBUTES
from app.cohort.cohort import Cohort
from app.cohort.conditions import Condition, format_number
from app.cohort.operators import operators_of

#: What no series of IDC has.
UNKNOWN = {Kind.NUMBER: "271828", Kind.DATE: "1066-10-14"}
UNKNOWN_UID = "1.2.3.4.5.6.7.8.9"
UNKNOWN_UUID = "00000000-0000-0000-0000-000000000000"
UNKNOWN_TEXT = "no such value"

#: Needles that a pattern language would take for wildcards.
_WILD = ("%", "_", "%a%", "_e", "t_1", "a%", ".*", "\\", "'", "50%")

#: A cohort's shape for one attribute: the operators asked of it together.
Shape = tuple[str, ...]


def every_shape() -> int:
    """How many cohorts it takes until every shape of every attribute had its turn."""
    return sum(len(shapes_of(attribute)) for attribute in BASE_ATTRIBUTES.values())


def random_cohorts(n: int, seed: int = 0) -> list[Cohort]:
    """Cohorts of one to four attributes; from `every_shape` on, every shape of every attribute has its turn.

    Each cohort is drawn around one real series, which meets most of what is asked, so that the conjunction of
    conditions is seldom empty.
    """
    dice = random.Random(seed)
    anchors, values = _anchors(), _values()
    deck = _deck(dice)
    cohorts = []
    for _ in range(n):
        anchor = dice.choice(anchors)
        shapes = dict([next(deck)])
        for _ in range(dice.randrange(4)):
            attribute = dice.choice(list(BASE_ATTRIBUTES))
            shapes.setdefault(attribute, dice.choice(shapes_of(BASE_ATTRIBUTES[attribute])))
        conditions = []
        for name, shape in shapes.items():
            loyal = len(shapes) == 1 or dice.random() < 0.85
            own = anchor[name] if loyal else dice.choice(anchors)[name]
            conditions += [
                Condition.of(name, operator, _draw(BASE_ATTRIBUTES[name], operator, own, values[name], dice))
                for operator in shape
            ]
        cohorts.append(Cohort.of(conditions))
    return cohorts


def shapes_of(attribute: Attribute) -> list[Shape]:
    """Every operator alone, with ``missing``, and the pairs that people use."""
    keys = [operator.key for operator in operators_of(attribute) if operator.key != "missing" and not operator.of_lists]
    shapes: list[Shape] = [("missing",), *((key,) for key in keys), *((key, "missing") for key in keys)]
    if "gte" in keys:
        shapes += [("gte", "lte"), ("gte", "lte", "missing"), ("not", "gte")]
    if "contains" in keys:
        shapes += [("contains", "not"), ("contains", "not", "missing")]
    return [*shapes, ("eq", "not")]


def _deck(dice: random.Random) -> Iterator[tuple[str, Shape]]:
    cards = [(name, shape) for name, attribute in BASE_ATTRIBUTES.items() for shape in shapes_of(attribute)]
    while True:
        dice.shuffle(cards)
        yield from cards


def _draw(attribute: Attribute, operator: str, own: Any, values: Sequence[Any], dice: random.Random) -> list[str]:
    """Values for one condition that a series whose value is `own` mostly meets."""
    owned = own if isinstance(own, list) else [] if own is None else [own]
    if operator == "missing":
        return [dice.choice(("true", "true", "false"))]
    if operator == "contains":
        return [_needle([str(value) for value in owned], dice) for _ in range(dice.choice((1, 1, 2)))]
    if operator in ("gte", "lte"):
        return [_bound(attribute, operator, dice.choice(owned or values), dice)]
    drawn = [dice.choice(values) for _ in range(dice.choice((1, 1, 2, 5)))]
    if operator == "eq" and owned and dice.random() < 0.9:
        drawn[0] = dice.choice(owned)
    if operator == "not" and dice.random() < 0.9:
        drawn = [value for value in drawn if value not in owned]
    texts = [_text(attribute, value) for value in drawn]
    return texts if texts and dice.random() < 0.9 else [*texts, unknown(attribute)]


def unknown(attribute: Attribute) -> str:
    """A value of the right type that no series has."""
    if attribute.pattern:
        return UNKNOWN_UUID if "uuid" in attribute.name else UNKNOWN_UID
    return UNKNOWN.get(attribute.kind, UNKNOWN_TEXT)


def _needle(texts: Sequence[str], dice: random.Random) -> str:
    if not texts or dice.random() < 0.2:
        return dice.choice(_WILD)
    text = dice.choice(texts)
    start = dice.randrange(len(text))
    return dice.choice((str.upper, str.lower, str.swapcase, str))(text[start : start + dice.randint(1, 8)])


def _bound(attribute: Attribute, operator: str, value: Any, dice: random.Random) -> str:
    """The value itself, or a bound a little beyond it."""
    slack = dice.choice((0, 0, 1, 10)) * (-1 if operator == "gte" else 1)
    if attribute.kind is Kind.DATE:
        return _text(attribute, value + timedelta(days=100 * slack))
    return _text(attribute, value + slack * max(1, round(abs(value))))


def _text(attribute: Attribute, value: Any) -> str:
    if attribute.kind is Kind.NUMBER:
        return format_number(float(value))
    return value.isoformat() if isinstance(value, date) else str(value)


@cache
def _anchors() -> list[dict[str, Any]]:
    """Some real series with the value of every attribute, so that frequent values come up often."""
    values = ", ".join(f"{attribute.expression} AS {name}" for name, attribute in BASE_ATTRIBUTES.items())
    rows = _connect().execute(
        f"SELECT {values} FROM index JOIN collections_index USING (collection_id) WHERE SeriesInstanceUID IN"
        " (SELECT SeriesInstanceUID FROM index ORDER BY md5(SeriesInstanceUID) LIMIT 3000)"
        " ORDER BY SeriesInstanceUID"
    )
    return [dict(zip(BASE_ATTRIBUTES, row, strict=True)) for row in rows.fetchall()]


@cache
def _values() -> dict[str, list[Any]]:
    """Distinct values of each attribute, rare ones as likely as frequent; some identifiers and numbers."""
    found = {}
    for name, attribute in BASE_ATTRIBUTES.items():
        if attribute.kind in (Kind.ID, Kind.NUMBER):
            found[name] = sorted({anchor[name] for anchor in _anchors()} - {None})
            continue
        value = f"unnest({attribute.expression})" if attribute.kind is Kind.TERMS else attribute.expression
        rows = _connect().execute(
            f"SELECT value FROM (SELECT DISTINCT {value} AS value FROM {attribute.table})"
            " WHERE value IS NOT NULL ORDER BY md5(value::VARCHAR) LIMIT 400"
        )
        found[name] = [value for (value,) in rows.fetchall()]
    return found


@cache
def _connect() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    for name in ("index", "collections_index"):
        connection.execute(f"CREATE VIEW {name} AS SELECT * FROM '{schema.tables()[name].parquet}'")
    return connection
