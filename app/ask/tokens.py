"""A question as words, numbers, dates, UIDs, quotations and signs, each with the place where it stands."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

_TOKEN = re.compile(
    r"""(?P<quoted>"[^"]+"|“[^”]+”)
    |(?P<uid>(?<![\w.])\d+(?:\.\d+){4,}(?!\w))
    |(?P<date>(?<!\d)\d{4}-\d{2}-\d{2}(?!\d))
    |(?P<number>\d+(?:,\d{3})+(?:\.\d+)?(?!\d)|\d+(?:\.\d+)?)
    |(?P<word>[^\W\d_]+(?:['’]s\b)?)
    |(?P<sign>>=|<=|[^\s])""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Token:
    """One piece of a question.

    Parameters
    ----------
    kind
        ``quoted``, ``uid``, ``date``, ``number``, ``word`` or ``sign``.
    key
        What is compared: a word without capitals and plural, a number without groups, a quotation without its marks.
    start, end
        Its place in the text.
    """

    kind: str
    key: str
    start: int
    end: int


def tokenize(text: str) -> list[Token]:
    """All tokens of `text`; nothing but white space lies between them."""
    found = []
    for match in _TOKEN.finditer(text):
        kind = str(match.lastgroup)
        found.append(Token(kind, _key(kind, match.group()), match.start(), match.end()))
    return found


def keys(phrase: str) -> tuple[str, ...]:
    """What the words of a phrase are compared by; signs between words say nothing."""
    tokens = tokenize(phrase)
    words = tuple(token.key for token in tokens if token.kind in ("word", "number", "date"))
    return words or tuple(token.key for token in tokens)


def are_joined(tokens: Sequence[Token]) -> bool:
    """Whether the tokens stand without a blank between them."""
    return all(left.end == right.start for left, right in pairwise(tokens))


def _word(text: str) -> str:
    folded = re.sub("['’]s$", "", text.casefold())
    if len(folded) > 4 and folded.endswith("ies"):
        return f"{folded[:-3]}y"
    if len(folded) > 3 and folded.endswith("s") and (len(folded) == 4 or not folded.endswith(("ss", "us", "is"))):
        return folded[:-1]
    return folded


def _key(kind: str, text: str) -> str:
    if kind == "word":
        return _word(text)
    if kind == "number":
        return text.replace(",", "")
    return text[1:-1].strip() if kind == "quoted" else text
