"""Numbers with their units: “over 100 slices”, “between 40 and 60 years”, “3 or more studies”, “under 50 GB”."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.ask.lexicon import longest, table
from app.ask.tokens import Token
from app.ask.words import COMPARISONS, NUMBERS, TRAILING, UNITS

_COMPARISONS = table((names, how) for how, names in COMPARISONS.items())
_TRAILING = table((names, how) for how, names in TRAILING.items())
_UNITS = table((names, (unit, factor)) for unit, rows in UNITS.items() for names, factor in rows.items())
_NUMBERS = table((word, str(number)) for word, number in NUMBERS.items())
_BETWEEN = table([("between, from", None)])
_TO = table([("to, and, through, -, –, —", None)])
_OF = table([("of, is, are, a", None)])
#: All tables of this module.
TABLES = (_COMPARISONS, _TRAILING, _UNITS, _NUMBERS, _BETWEEN, _TO, _OF)

#: More than any count or size; what lies beyond would not be a number to the cohort either.
_HIGHEST = 1e12


@dataclass(frozen=True, slots=True)
class Bound:
    """A lower or an upper bound; `included` says whether the number itself still counts."""

    number: float
    included: bool = True


@dataclass(frozen=True, slots=True)
class Quantity:
    """What is said of a number.

    Parameters
    ----------
    length
        Number of tokens.
    low, high
        Bounds, each of which may be missing.
    unit, factor
        Row of `UNITS`, and how many of its smallest unit one is; empty if no unit stands there.
    compared
        Whether words of comparison stand there; if not, `low` and `high` are the same number.
    """

    length: int
    low: Bound | None
    high: Bound | None
    unit: str = ""
    factor: float = 1
    compared: bool = True


def quantity(tokens: Sequence[Token]) -> Quantity | None:
    """The number at the start of `tokens`, with what belongs to it."""
    return _range(tokens) or _compared(tokens) or _plain(tokens)


def unit_at(tokens: Sequence[Token]) -> tuple[int, tuple[str, float]] | None:
    """The unit at the start of `tokens`: its length, its name and its factor."""
    return longest(_UNITS, tokens)


def _number(tokens: Sequence[Token]) -> tuple[int, float] | None:
    if tokens and tokens[0].kind == "number":
        number = float(tokens[0].key)
        return (1, number) if number < _HIGHEST else None
    found = longest(_NUMBERS, tokens)
    return (found[0], float(found[1])) if found else None


def _range(tokens: Sequence[Token]) -> Quantity | None:
    """`between 40 and 60 years`, `40-60 years`, `50 MB to 2 GB`."""
    opening = longest(_BETWEEN, tokens)
    at = opening[0] if opening else 0
    first = _number(tokens[at:])
    if not first:
        return None
    at += first[0]
    first_unit = unit_at(tokens[at:])
    at += first_unit[0] if first_unit else 0
    to = longest_sign(tokens[at:])
    second = _number(tokens[at + to :]) if to else None
    if not second or (first[1] > second[1] and not first_unit):
        return None
    found = _with_unit(tokens, at + to + second[0], Bound(first[1]), Bound(second[1]))
    if not opening and not found.unit and tokens[at].key == "and":
        return None
    if first_unit and found.low and first_unit[1][0] == found.unit:
        return replace(found, low=Bound(first[1] * first_unit[1][1] / found.factor))
    return None if first_unit else found


def longest_sign(tokens: Sequence[Token]) -> int:
    """Length of the word or sign between the two ends of a range; 0 for none."""
    return 1 if tokens and (tokens[0].key,) in _TO else 0


def _compared(tokens: Sequence[Token]) -> Quantity | None:
    """`over 100 slices`, `at least two CT`."""
    found = longest(_COMPARISONS, tokens)
    if not found:
        return None
    at, how = found
    of = longest(_OF, tokens[at:])
    at += of[0] if of else 0
    number = _number(tokens[at:])
    if not number:
        return None
    return _with_unit(tokens, at + number[0], *_bounds(how, number[1]))


def _plain(tokens: Sequence[Token]) -> Quantity | None:
    """`20 patients`, `3 or more studies`, `100+ slices`, `60 years and older`."""
    number = _number(tokens)
    if not number:
        return None
    at = number[0]
    before = unit_at(tokens[at:])
    after_unit = at + (before[0] if before else 0)
    trailing = longest(_TRAILING, tokens[after_unit:])
    if not trailing:
        return replace(_with_unit(tokens, at, Bound(number[1]), Bound(number[1])), compared=False)
    low, high = _bounds(trailing[1], number[1])
    if before:
        return Quantity(after_unit + trailing[0], low, high, *before[1])
    return _with_unit(tokens, at + trailing[0], low, high)


def _bounds(how: tuple[str, bool], number: float) -> tuple[Bound | None, Bound | None]:
    side, included = how
    bound = Bound(number, included)
    return (bound if side in (">", "=") else None), (bound if side in ("<", "=") else None)


def _with_unit(tokens: Sequence[Token], at: int, low: Bound | None, high: Bound | None) -> Quantity:
    found = unit_at(tokens[at:])
    return Quantity(at + found[0], low, high, *found[1]) if found else Quantity(at, low, high)
