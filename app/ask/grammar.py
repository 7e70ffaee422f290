"""A question read from left to right, into pieces; what no rule knows is left over.

The rules, in the order in which they are tried at each word:

1. A text in quotes is looked for in the series description; a UID is looked up as that of a series or a study.
2. The name of an attribute, followed by one of its values: “collection nlst”, “sex female”, “age over 40”.
3. A release or a date, a number with its unit.
4. The longest phrase of the lexicon.
5. A word that says what becomes of those behind it: “with”, “without”, “not”, “and”, “or”; or a filler.

Behind “with” and “without”, a modality is asked of the study, or of whoever “patients with …” and “studies with …”
name, until the sentence ends or “with” stands again. “Without” leaves series out instead where no other modality is
asked for. Behind “not”, what is named is left out.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.ask import counts, date_proximity, dates, labels, quantities
from app.ask.lexicon import Lexicon, longest
from app.ask.phrases import Context
from app.ask.reading import Reading
from app.ask.tokens import Token
from app.ask.words import SIGNS, Role
from app.cohort import ATTRIBUTES, Scope

#: Words of the rules, which are no slips of the pen.
WORDS = frozenset(
    word
    for module in (counts, labels, dates, date_proximity, quantities)
    for words in module.TABLES
    for phrase in words
    for word in phrase
)


def read(tokens: Sequence[Token], lexicon: Lexicon) -> Reading:
    """Read a question to its end."""
    reading = Reading(tokens, lexicon)
    rules = (_quoted, _identified, labels.labelled, date_proximity.proximity, _date, counts.counted, _phrase, _role)
    while reading.rest:
        if not any(rule(reading) for rule in rules):
            reading.leave()
    return reading


def _quoted(reading: Reading) -> bool:
    """A text in quotes."""
    token = reading.rest[0]
    if token.kind != "quoted" or not token.key:
        return False
    reading.take(1, (("SeriesDescription__contains", token.key),))
    return True


def _identified(reading: Reading) -> bool:
    """The UID of a series or a study."""
    token = reading.rest[0]
    name = reading.lexicon.named_by(token.key) if token.kind == "uid" else ""
    if name:
        reading.take(1, ((name, token.key),))
    return bool(name)


def _date(reading: Reading) -> bool:
    """A release or a date."""
    found = dates.date_bound(reading.rest)
    if found:
        reading.say(*found)
    return bool(found)


def _phrase(reading: Reading) -> bool:
    """What the lexicon knows."""
    found = reading.lexicon.find(reading.rest)
    if not found:
        return False
    role = longest(reading.lexicon.roles, reading.rest)
    if role and role[0] > found[0]:
        return False
    length, sense = found
    if any(key not in ATTRIBUTES and key.partition("__")[0] not in ATTRIBUTES for key, _ in sense.pairs):
        if reading.context and (reading.context.owner is None or reading.context.lacks):
            return False
        reading.say(length, sense.pairs)
    else:
        reading.take(length, sense.pairs, sense.slides)
    return True


def _role(reading: Reading) -> bool:
    """A word that joins others."""
    token = reading.rest[0]
    found = (1, SIGNS[token.key]) if token.key in SIGNS else longest(reading.lexicon.roles, reading.rest)
    if not found:
        return False
    length, role = found
    if role in (Role.WITH, Role.WITHOUT):
        reading.owner = reading.named_before() or reading.owner
        reading.context = Context(reading.owner or Scope.STUDY, role is Role.WITHOUT, reading.owner is not None)
        reading.is_open, reading.joint, reading.lead = False, "", token.start
    elif role is Role.NOT:
        reading.context, reading.is_open, reading.joint = Context(None, lacks=True), False, ""
        reading.lead = token.start
    elif role in (Role.AND, Role.OR):
        reading.is_open, reading.joint = False, role.name.lower()
    elif role is Role.END:
        reading.is_open, reading.joint, reading.context, reading.owner = False, "", None, None
    reading.at += length
    return True
