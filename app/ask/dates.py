"""Releases and dates: “new since v20”, “revised in the latest release”, “from 2001 to 2004”."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from app.ask.lexicon import Pairs, longest, table
from app.ask.quantities import unit_at
from app.ask.tokens import Token
from app.ask.words import NUMBERS
from app.cohort import schema

_VERBS = table(
    [
        ("new, added, introduced, appeared, released, first released, new or added", "series_init_idc_version"),
        ("revised, updated, changed, modified", "series_revised_idc_version"),
    ]
)
#: Words before a date: which bound it is, and whether it still counts itself.
_WORDS = table(
    [
        ("since, from, starting with, starting from, as of, at least, >=, ≥", (">", True)),
        ("after, later than, >", (">", False)),
        ("before, earlier than, prior to, <", ("<", False)),
        ("until, up to, through, at most, <=, ≤", ("<", True)),
        ("in, in the, of, of the, with, during, dated, =", ("=", True)),
    ]
)
_FILLERS = table([("the, idc, release, version, idc release", None)])
_LATEST = table(
    [("latest release, newest release, current release, last release, most recent release, this release", None)]
)
_LAST = table([("last, latest, past, most recent", None)])
_RELEASES = table([("release, version, v, idc v, release v, version v, idc release, idc version", None)])
#: All tables of this module.
TABLES = (_VERBS, _WORDS, _FILLERS, _LATEST, _LAST, _RELEASES)
_YEARS = range(1850, 2101)


def date_bound(tokens: Sequence[Token], dated: bool = False) -> tuple[int, Pairs] | None:
    """What the start of `tokens` says of releases or dates: its length and parameters of the URL form.

    Parameters
    ----------
    tokens
        What is left of the question.
    dated
        Whether the words “study date” stand before it, so that a year needs no preposition.
    """
    return _release(tokens) or _dates(tokens, dated)


def _release(tokens: Sequence[Token]) -> tuple[int, Pairs] | None:
    verb = longest(_VERBS, tokens)
    at = verb[0] if verb else 0
    word = longest(_WORDS, tokens[at:])
    at += word[0] if word else 0
    found = _release_number(tokens[at:])
    if not found:
        return None
    length, low, high = found
    side, included = word[1] if word else ("=", True)
    name = verb[1] if verb else "series_init_idc_version"
    at += length
    if side == "=" and low == high:
        return at, ((name, str(low)),)
    bounds = []
    if side in "=>":
        bounds.append((f"{name}__gte", str(low if included else high + 1)))
    if side == "<" or (side == "=" and high < schema.idc_version()):
        bounds.append((f"{name}__lte", str(high if included else low - 1)))
    return at, tuple(bounds)


def _release_number(tokens: Sequence[Token]) -> tuple[int, int, int] | None:
    """Length, first and last release of “the latest release”, “the last 3 releases”, “v20”, “releases 20 to 22”."""
    latest = schema.idc_version()
    filler = longest(_FILLERS, tokens)
    at = filler[0] if filler and tokens[0].key in ("the", "idc") and filler[0] == 1 else 0
    if found := longest(_LATEST, tokens[at:]):
        return at + found[0], latest, latest
    if found := longest(_LAST, tokens[at:]):
        start = at + found[0]
        count = _whole(tokens[start:])
        if count and tokens[start + 1 : start + 2] and tokens[start + 1].key in ("release", "version"):
            return start + 2, max(1, latest - count + 1), latest
    if found := longest(_RELEASES, tokens[at:]):
        start = at + found[0]
        first = _whole(tokens[start:])
        if not first or first > 9_999:
            return None
        end = start + 1
        if tokens[end : end + 1] and tokens[end].key in ("to", "-", "–", "through"):
            marker = longest(_RELEASES, tokens[end + 1 :])
            skipped = end + 1 + (marker[0] if marker else 0)
            last = _whole(tokens[skipped:])
            if last and first <= last <= 9_999:
                return skipped + 1, first, last
        return end, first, first
    return None


def _whole(tokens: Sequence[Token]) -> int | None:
    if not tokens:
        return None
    if tokens[0].kind == "number" and tokens[0].key.isascii() and tokens[0].key.isdigit():
        return int(tokens[0].key[:9])
    return NUMBERS.get(tokens[0].key)


def _dates(tokens: Sequence[Token], dated: bool) -> tuple[int, Pairs] | None:
    opening = tokens[0].key if tokens else ""
    if opening in ("from", "between") or dated:
        at = 1 if opening in ("from", "between") else 0
        first = _date(tokens[at:])
        if first and tokens[at + 1 : at + 2] and tokens[at + 1].key in ("to", "and", "until", "through", "-", "–"):
            second = _date(tokens[at + 2 :])
            if second:
                return at + 3, (("StudyDate__gte", first[0]), ("StudyDate__lte", second[1]))
    word = longest(_WORDS, tokens)
    at = word[0] if word else 0
    found = _date(tokens[at:]) if word or dated or (tokens and tokens[0].kind == "date") else None
    if not found:
        return None
    side, included = word[1] if word else ("=", True)
    low, high = found
    if not included:
        return at + 1, (("StudyDate__gte", _after(high)),) if side == ">" else (("StudyDate__lte", _before(low)),)
    if low == high and side == "=":
        return at + 1, (("StudyDate", low),)
    bounds = [("StudyDate__gte", low)] * (side in "=>") + [("StudyDate__lte", high)] * (side in "=<")
    return at + 1, tuple(bounds)


def _date(tokens: Sequence[Token]) -> tuple[str, str] | None:
    """First and last day of a date or a year."""
    if not tokens:
        return None
    if tokens[0].kind == "date":
        return (tokens[0].key, tokens[0].key) if _is_day(tokens[0].key) else None
    year = _whole(tokens)
    if tokens[0].kind != "number" or year not in _YEARS or unit_at(tokens[1:]):
        return None
    return f"{year}-01-01", f"{year}-12-31"


def _is_day(text: str) -> bool:
    try:
        return 1 < date.fromisoformat(text).year < 9999
    except ValueError:
        return False


def _after(day: str) -> str:
    return (date.fromisoformat(day) + timedelta(days=1)).isoformat()


def _before(day: str) -> str:
    return (date.fromisoformat(day) - timedelta(days=1)).isoformat()
