"""Rules about the names of attributes: “collection nlst”, “age over 40”, “known sex”, “no body part”."""

from __future__ import annotations

from app.ask.counts import bounds
from app.ask.dates import date_bound
from app.ask.lexicon import longest, table
from app.ask.quantities import quantity
from app.ask.reading import Reading
from app.cohort import ATTRIBUTES, Kind

_MISSING = table([("missing, unknown, no, without, unspecified", "true"), ("known, with known, with a known", "false")])
_CONTAINS = table([("contains, containing, has, with, includes, like", None)])
_IS = table([("is, are, of, the, =, :, named, called, in, id", None)])
#: All tables of this module.
TABLES = (_MISSING, _CONTAINS, _IS)


def labelled(reading: Reading) -> bool:
    """A name of an attribute, and what is said of it."""
    return _presence(reading) or _value(reading) or _trailing_presence(reading)


def _presence(reading: Reading) -> bool:
    """`known sex`, `no body part`, `missing age`."""
    how = longest(_MISSING, reading.rest)
    label = longest(reading.lexicon.labels, reading.rest[how[0] :]) if how else None
    if not how or not label or reading.lexicon.find(reading.rest[how[0] :]):
        return False
    at, pairs = how[0] + label[0], [(f"{label[1]}__missing", how[1])]
    while reading.rest[at:] and reading.rest[at].key in ("and", ",", "or"):
        more = longest(reading.lexicon.labels, reading.rest[at + 1 :])
        if not more or reading.lexicon.find(reading.rest[at + 1 + more[0] :], more[1]):
            break
        at, pairs = at + 1 + more[0], [*pairs, (f"{more[1]}__missing", how[1])]
    reading.say(at, tuple(pairs))
    return True


def _trailing_presence(reading: Reading) -> bool:
    """`sex known`, `age is missing`."""
    label = longest(reading.lexicon.labels, reading.rest)
    if not label:
        return False
    at = label[0] + reading.skip(label[0], _IS)
    how = longest(_MISSING, reading.rest[at:])
    if not how or reading.rest[at].key in ("no", "without", "with"):
        return False
    reading.say(at + how[0], ((f"{label[1]}__missing", how[1]),))
    return True


def _value(reading: Reading) -> bool:
    """`collection nlst`, `description contains flair`, `age over 40`, `study date 2004`."""
    label = longest(reading.lexicon.labels, reading.rest)
    if not label:
        return False
    length, name = label
    attribute = ATTRIBUTES[name]
    at = length + reading.skip(length, _IS)
    if attribute.kind is Kind.TEXT:
        at += reading.skip(at, _CONTAINS)
        if at < len(reading.rest) and reading.rest[at].kind in ("quoted", "word") and reading.rest[at].key:
            text = reading.tokens[reading.at + at].key
            reading.take(at + 1, ((f"{name}__contains", text),))
            return True
        return False
    if attribute.kind is Kind.DATE:
        found = date_bound(reading.rest[at:], dated=True)
        if found and found[1][0][0].startswith(name):
            reading.say(at + found[0], found[1])
        return bool(found and found[1][0][0].startswith(name))
    if attribute.kind is Kind.NUMBER:
        number = quantity(reading.rest[at:])
        fits = number is not None and number.unit in ("", attribute.unit)
        if number and fits:
            reading.say(at + number.length, bounds(attribute, number))
        return fits
    value = reading.lexicon.find(reading.rest[at:], name)
    if value:
        reading.take(at + value[0], value[1].pairs, value[1].slides)
    return bool(value)
