"""Rules about dates that lie near one another: “CT within 30 days of PET”, “on the same day as PET”."""

from __future__ import annotations

from app.ask.lexicon import Pairs, longest, table
from app.ask.phrases import Context, NounPhrase, Piece
from app.ask.quantities import quantity
from app.ask.reading import Reading
from app.ask.words import SIGNS
from app.cohort import Scope, format_number

_WITHIN = table([("within, less than, at most, no more than, up to, max", None)])
_OF_WHAT = table([("of, from, before or after, around, after, before, to", None)])
_OF_EACH_OTHER = table([("of each other, of one another, of another, from each other", None)])
_SAME_DAY = table([("on the same day as, the same day as, same day as", None)])
#: All tables of this module.
TABLES = (_WITHIN, _OF_WHAT, _OF_EACH_OTHER, _SAME_DAY)


def proximity(reading: Reading) -> bool:
    """`within 30 days of PET`, `on the same day as PET`, `CT and PET within 30 days`."""
    same = longest(_SAME_DAY, reading.rest)
    opening = same or longest(_WITHIN, reading.rest)
    if not opening:
        return False
    at, days = opening[0], 0.0
    if not same:
        number = quantity(reading.rest[at:])
        if not number or number.compared or number.unit not in ("days", "years") or not number.low:
            return False
        days = number.low.number * (365 if number.unit == "years" else number.factor)
        at += number.length
        if each_other := longest(_OF_EACH_OTHER, reading.rest[at:]):
            return _within_each_other(reading, at + each_other[0], days)
        of_what = longest(_OF_WHAT, reading.rest[at:])
        if not of_what:
            return _within_each_other(reading, at, days)
        at += of_what[0]
    option, extra = (("within_days", format_number(days)),), _to_series(reading)
    reading.is_open, reading.joint = False, ""
    kept, reading.context = reading.context, Context(Scope.PATIENT, lacks=False)
    phrase = reading.open_phrase()
    phrase.options, phrase.extra, phrase.end = option, extra, reading.rest[at - 1].end
    reading.at += at
    while reading.at < len(reading.tokens) and (found := reading.lexicon.find(reading.rest)):
        reading.take(found[0], found[1].pairs, found[1].slides)
    if not phrase.modalities:
        reading.phrases.remove(phrase)
        reading.left += [t for t in reading.tokens if phrase.start <= t.start < phrase.end and t.key not in SIGNS]
        reading.pieces += phrase.pieces
    reading.context, reading.is_open = kept, False
    return True


def _within_each_other(reading: Reading, length: int, days: float) -> bool:
    """Each of the modalities named before has one of every other within some days."""
    extra = _to_series(reading)
    named = [phrase for phrase in reading.phrases if phrase.context is None and phrase.modalities]
    if len({frozenset(phrase.modalities) for phrase in named}) < 2:
        return False
    start, end = reading.rest[0].start, reading.rest[length - 1].end
    option = (("within_days", format_number(days)),)
    pairs: list[tuple[str, str]] = []
    for phrase in named:
        pieces = [piece for piece in phrase.pieces if piece.attributes == {"Modality"}]
        pairs += NounPhrase(Context(Scope.PATIENT, lacks=False), pieces=pieces, options=option).relation().pairs
    reading.pieces.append(Piece(start, end, (*pairs, *extra)))
    reading.at += length
    reading.is_open = False
    return True


def _to_series(reading: Reading) -> Pairs:
    """`patients with CT within 30 days of PET`: the CT is the series itself, and the cohort all of its patient's."""
    if reading.owner is None or not reading.phrases or not reading.phrases[-1].is_relation:
        return ()
    for phrase in reading.phrases:
        if phrase.context and phrase.context.owner is reading.owner and not phrase.context.lacks:
            phrase.context = None
    return (("scope", reading.owner.value),)
