"""Rules about numbers: images, sizes, ages, samples, splits, and how many series or studies there must be."""

from __future__ import annotations

from dataclasses import replace

from app.ask.lexicon import Pairs, longest, table
from app.ask.phrases import Context, NounPhrase, Piece
from app.ask.quantities import Bound, Quantity, quantity, unit_at
from app.ask.reading import Reading
from app.ask.words import AT_RANDOM, EACH, OF_AGE, OF_ALL
from app.cohort import ATTRIBUTES, PARTS, Attribute, Scope, format_number, just_beside

_EACH = table([(EACH, None)])
_OF_ALL = table([(OF_ALL, None)])
_AT_RANDOM = table([(AT_RANDOM, None)])
_SPREAD = table(
    [("evenly over, spread over, spread evenly over, balanced by, balanced over, stratified by, stratify by", None)]
)
_SPLIT = table([("split, train test split, train validation test split, split into", None)])
_SEED = table([("seed, random seed", None)])
_PART = table([(f"{part} part, {part} set, only {part}", part) for part in PARTS])
#: All tables of this module.
TABLES = (_EACH, _OF_ALL, _AT_RANDOM, _SPREAD, _SPLIT, _SEED, _PART)


def counted(reading: Reading) -> bool:
    """A number with its unit, or an option of a sample or split."""
    rules = (_split, _spread, _quantity, _unit_first, _seed)
    return any(rule(reading) for rule in rules)


def _seed(reading: Reading) -> bool:
    found = longest(_SEED, reading.rest)
    if not found or len(reading.rest) <= found[0] or not reading.rest[found[0]].key.isdecimal():
        return False
    reading.say(found[0] + 1, (("seed", reading.rest[found[0]].key),))
    return True


def _split(reading: Reading) -> bool:
    """`split 70/15/15`, `80-20 split`, `test part`."""
    if part := longest(_PART, reading.rest):
        reading.say(part[0], (("part", part[1]),))
        return True
    first = longest(_SPLIT, reading.rest)
    at = first[0] if first else 0
    shares: list[str] = []
    while at < len(reading.rest) and reading.rest[at].kind == "number" and len(shares) < 3:
        shares.append(reading.rest[at].key)
        at += 1
        if at + 1 < len(reading.rest) and reading.rest[at].key in "-/:," and reading.rest[at + 1].kind == "number":
            at += 1
    if len(shares) < 2 or not (first or (reading.rest[at:] and reading.rest[at].key == "split")):
        return False
    if len(shares) == 2:
        shares = [shares[0], "0", shares[1]]
    reading.say(at + (0 if first else 1), (("split", "-".join(shares)),))
    return True


def _spread(reading: Reading) -> bool:
    found = longest(_SPREAD, reading.rest)
    label = longest(reading.lexicon.labels, reading.rest[found[0] :]) if found else None
    if not found or not label:
        return False
    drawn = any(key.startswith("sample") for piece in reading.pieces for key, _ in piece.pairs)
    reading.say(found[0] + label[0], (("sample_by" if drawn else "split_by", label[1]),))
    return True


def _quantity(reading: Reading) -> bool:
    opening = longest(_AT_RANDOM, reading.rest)
    at = opening[0] if opening else 0
    found = quantity(reading.rest[at:])
    if not found:
        return False
    if found.compared and not found.unit and (OF_AGE & reading.keys(found.length) or reading.is_person(reading.at - 1)):
        found = replace(found, unit="years")
    found = replace(found, length=found.length + at)
    if found.unit in ("patients", "") and _sample(reading, found):
        return True
    if opening:
        return False
    if found.unit == "years":
        reading.say(found.length, bounds(ATTRIBUTES["PatientAge"], found))
    elif found.unit in ("size", "images"):
        _measured(reading, found, found.length)
    elif found.unit in ("studies", "series", "") and found.compared:
        return _counted(reading, found)
    else:
        return False
    return True


def _unit_first(reading: Reading) -> bool:
    """`slices over 100`, `series size under 100 MB`."""
    at = 0
    if reading.rest[0].key in ("size", "sery") and len(reading.rest) > 1 and reading.rest[1].key in ("size", "of"):
        at = 2
    elif reading.rest[0].key == "size":
        at = 1
    unit = None if at else unit_at(reading.rest)
    at += unit[0] if unit else 0
    found = quantity(reading.rest[at:]) if at else None
    if not found or (not found.compared and not at):
        return False
    if unit and unit[1][0] == "images" and not found.unit:
        _measured(reading, replace(found, unit="images"), at + found.length)
    elif not unit and found.unit == "size":
        _measured(reading, found, at + found.length)
    else:
        return False
    return True


def _measured(reading: Reading, found: Quantity, length: int) -> None:
    """Images, or bytes; an upper bound in GB is a budget of the whole cohort, one in MB is of each series."""
    if found.unit == "images":
        reading.take(length, _bounds("instanceCount", found, whole=True))
        return
    of_all, each = longest(_OF_ALL, reading.rest[length:]), longest(_EACH, reading.rest[length:])
    budget = bool(of_all) or (found.factor >= 1_000 and not each and not _names_series(reading))
    if budget and found.high and (found.low is None or not found.compared):
        gigabytes = found.high.number * found.factor / 1_000
        length += of_all[0] if of_all else 0
        reading.say(length, (("sample_gb", format_number(round(gigabytes, 9))),))
        return
    reading.take(length + (each[0] if each else 0), _bounds("series_size_MB", found))


def _names_series(reading: Reading) -> bool:
    """Whether the word “series” stands just before."""
    return reading.at > 0 and reading.tokens[reading.at - 1].key in ("sery", "scan", "size")


def _sample(reading: Reading, found: Quantity) -> bool:
    """`20 patients`, `20 random patients`, `20 prostate MR patients`, `up to 20 patients`."""
    if found.high is None or (found.low is not None and found.low != found.high):
        return False
    at = found.length
    if found.unit == "":
        if found.compared:
            return False
        at += reading.skip(at, _AT_RANDOM)
        unit = unit_at(reading.rest[at:])
        if not unit or unit[1][0] != "patients":
            return _sample_of_kind(reading, found)
        at += unit[0]
    number = found.high.number - (0 if found.high.included else 1)
    reading.say(at, (("sample", format_number(number)),))
    return True


def _sample_of_kind(reading: Reading, found: Quantity) -> bool:
    """`20 prostate MR patients`: the number is theirs, the words between are read as ever."""
    at = found.length
    while term := reading.lexicon.find(reading.rest[at:]):
        at += term[0]
    unit = unit_at(reading.rest[at:])
    if at == found.length or not unit or unit[1][0] != "patients" or not found.high:
        return False
    reading.say(found.length, (("sample", format_number(found.high.number)),))
    return True


def _counted(reading: Reading, found: Quantity) -> bool:
    """`at least 3 studies`, `at least two CT series`, `fewer than 3 MR studies`."""
    at = found.length
    terms: list[Piece] = []
    if not found.unit:
        while term := reading.lexicon.find(reading.rest[at:]):
            start, end = reading.rest[at].start, reading.rest[at + term[0] - 1].end
            terms.append(Piece.of(start, end, term[1]))
            at += term[0]
        unit = unit_at(reading.rest[at:])
        found = replace(found, unit=unit[1][0] if unit else "series")
        at += unit[0] if unit else 0
    bound, lacks = (found.low, False) if found.low else (found.high, True)
    if not bound or found.unit not in ("studies", "series") or not (terms or found.unit) or (found.low and found.high):
        return False
    number = bound.number + float(bound.included if lacks else not bound.included)
    owner = Scope.PATIENT if found.unit == "studies" else reading.owner or Scope.STUDY
    options = [("at_least", format_number(number))] + [("of", "studies")] * (found.unit == "studies")
    start, end = reading.rest[0].start, reading.rest[at - 1].end
    counted = NounPhrase(Context(owner, lacks), pieces=terms, options=tuple(options), start=start, end=end)
    if not terms and found.unit == "series" and not unit_at(reading.rest[at - 1 :]):
        return False
    reading.pieces.append(counted.relation())
    reading.at += at
    reading.is_open = False
    return True


def _bounds(name: str, found: Quantity, whole: bool = False) -> Pairs:
    """Bounds of a number as parameters."""

    def text(bound: Bound, step: int) -> str:
        number = bound.number * found.factor
        if whole:
            number = float(round(number) + (0 if bound.included else step))
        return format_number(number)

    if not found.compared and found.low:
        return ((name, text(found.low, 0)),)
    pairs = []
    if found.low:
        pairs.append((f"{name}__gte", text(found.low, 1)))
    if found.high:
        pairs.append((f"{name}__lte", text(found.high, -1)))
    return tuple(pairs)


def bounds(attribute: Attribute, found: Quantity) -> Pairs:
    """What is said of a number that stands behind the attribute's name, or is known to be of it, as parameters."""
    if not found.compared and found.low:
        return ((attribute.name, format_number(found.low.number)),)
    pairs = []
    for operator, bound in (("gte", found.low), ("lte", found.high)):
        if bound:
            above = operator == "gte"
            number = bound.number if bound.included else just_beside(attribute, bound.number, above=above)
            pairs.append((f"{attribute.name}__{operator}", format_number(number)))
    return tuple(pairs)
