"""Slips of the pen: a long word that nobody knows is read as the one known word that is one edit away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.ask.grammar import WORDS
from app.ask.lexicon import Lexicon
from app.ask.tokens import Token

#: Shorter words have too many neighbours.
_SHORTEST = 5


def corrected(tokens: Sequence[Token], lexicon: Lexicon) -> tuple[list[Token], list[tuple[Token, str]]]:
    """The tokens with slips mended, and which were."""
    mended, slips = [], []
    for token in tokens:
        known = token.key in lexicon.words or token.key in WORDS
        if token.kind == "word" and len(token.key) >= _SHORTEST and not known:
            meant = [word for word in lexicon.words if _is_near(token.key, word)]
            if len(meant) == 1:
                slips.append((token, meant[0]))
                token = replace(token, key=meant[0])
        mended.append(token)
    return mended, slips


def _is_near(one: str, other: str) -> bool:
    """Whether one letter added, dropped, changed or swapped makes the words equal; the first letter is right."""
    if abs(len(one) - len(other)) > 1 or len(other) < _SHORTEST or one[0] != other[0] or one == other:
        return False
    pairs = enumerate(zip(one, other, strict=False))
    at = next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))
    left, right = one[at:], other[at:]
    swapped = left[:2] == right[:2][::-1] and left[2:] == right[2:]
    return swapped or left[1:] == right[1:] or left[1:] == right or left == right[1:]
