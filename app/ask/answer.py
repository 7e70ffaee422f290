"""A question in plain words as a Cohort, with what was understood and what was not.

Nothing is guessed in silence: each word is part of a phrase that was understood, or one that only joins the others, or
is named as not understood. So is what the Cohort itself refuses, such as a second sample.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from app.ask.grammar import read
from app.ask.lexicon import Pairs, lexicon
from app.ask.phrases import NounPhrase, Piece, left_out
from app.ask.reading import Reading
from app.ask.spelling import corrected
from app.ask.tokens import Token, tokenize
from app.catalog import Catalog
from app.cohort import ATTRIBUTES, Cohort, Combination, Operation, QueryError, Scope
from app.language import Knowledge, clauses, combination_clause, knowledge, option_clauses, relation_clause

#: Longer texts are no questions; what lies beyond is named as not understood.
MAX_LENGTH = 1_000


@dataclass(frozen=True, slots=True)
class Understood:
    """A phrase of the question, and what it was taken for."""

    phrase: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Interpretation:
    """What a question gave.

    Parameters
    ----------
    cohort
        None where nothing was understood.
    understood
        In the order of the text.
    not_understood
        Words that no rule knows, in the order of the text.
    corrections
        Words with a slip of the pen, and what each was read as.
    """

    cohort: Cohort | None
    understood: tuple[Understood, ...] = ()
    not_understood: tuple[str, ...] = ()
    corrections: tuple[tuple[str, str], ...] = ()


def ask(text: str, catalog: Catalog) -> Interpretation:
    """Read a question."""
    known = lexicon(catalog)
    question, beyond = text[:MAX_LENGTH], text[MAX_LENGTH:].strip()
    tokens, corrections = corrected(tokenize(question), known)
    reading = read(tokens, known)
    cohort, taken, refused = Cohort(), [], []
    for piece in sorted(_pieces(reading), key=_order):
        try:
            cohort = Cohort.from_pairs([*cohort.to_pairs(), *piece.pairs])
        except QueryError:
            refused.append(piece)
        else:
            taken.append(piece)
    understood = _understood(question, sorted(taken, key=lambda piece: piece.start), knowledge(catalog))
    left = _left(question, reading.left, refused)
    if beyond:
        left.append(beyond if len(beyond) <= MAX_LENGTH else f"{beyond[:MAX_LENGTH]}…")
    return Interpretation(
        cohort or None,
        tuple(understood) if cohort else (),
        tuple(left),
        tuple((question[token.start : token.end], word) for token, word in corrections),
    )


def _pieces(reading: Reading) -> Iterator[Piece]:
    """Everything that was understood, as pieces of one cohort."""
    yield from reading.pieces
    plain, related, out = _sorted(reading.phrases)
    yield from out
    yield from (phrase.relation() for phrase in _alternatives(related))
    apart = [phrase for phrase in plain if phrase.modalities and _has_organ(phrase)]
    if len({phrase.pairs(phrase.pieces) for phrase in apart}) > 1:
        yield _union(apart)
        plain = [phrase for phrase in plain if phrase not in apart]
    modalities = set().union(*(phrase.modalities for phrase in plain))
    for phrase in plain:
        for piece in phrase.pieces:
            yield replace(piece, pairs=piece.slides) if modalities == {"SM"} and piece.slides else piece


def _order(piece: Piece) -> tuple[bool, int, int]:
    """From left to right, but options of a sample or split behind it."""
    return piece.attributes <= _OPTIONS.keys(), piece.start, piece.end


def _sorted(phrases: Sequence[NounPhrase]) -> tuple[list[NounPhrase], list[NounPhrase], list[Piece]]:
    """Phrases said of the series itself, phrases said of its patient or study, and what is left out."""
    plain: list[NounPhrase] = []
    related: list[NounPhrase] = []
    out: list[Piece] = []
    for phrase in phrases:
        context = phrase.context
        if context is None:
            plain.append(phrase)
        elif context.owner is None or (context.lacks and not phrase.is_relation):
            out += left_out(phrase)
        elif not phrase.is_relation:
            plain.append(phrase)
        elif context.lacks and not context.is_named and not any(other.modalities for other in plain):
            out += left_out(phrase)
        else:
            related.append(phrase)
            plain.append(replace(phrase, context=None, pieces=[p for p in phrase.pieces if not p.is_of_series]))
    return plain, related, out


def _alternatives(phrases: Sequence[NounPhrase]) -> list[NounPhrase]:
    """Phrases of the patient or study, those joined by “or” in one."""
    found: list[NounPhrase] = []
    for phrase in phrases:
        if found and phrase.joint == "or" and phrase.context == found[-1].context and not _lacks(phrase):
            found[-1] = replace(found[-1], pieces=[*found[-1].pieces, *phrase.pieces])
        else:
            found.append(phrase)
    return found


def _lacks(phrase: NounPhrase) -> bool:
    return phrase.context is not None and phrase.context.lacks


def _has_organ(phrase: NounPhrase) -> bool:
    return any("BodyPartExamined" in piece.attributes for piece in phrase.pieces)


def _union(phrases: Sequence[NounPhrase]) -> Piece:
    """`lung CT or brain MR`: the series of either."""
    cohorts = [Cohort.from_pairs(phrase.pairs(phrase.pieces)) for phrase in phrases]
    joined = cohorts[0]
    for cohort in cohorts[1:]:
        joined = Cohort.of(combinations=[Combination.of(Operation.UNION, joined, cohort)])
    pieces = [piece for phrase in phrases for piece in phrase.pieces]
    start, end = min(piece.start for piece in pieces), max(piece.end for piece in pieces)
    return Piece(start, end, tuple(joined.to_pairs()))


def _understood(text: str, pieces: Sequence[Piece], known: Knowledge) -> Iterator[Understood]:
    for piece in pieces:
        yield Understood(" ".join(text[piece.start : piece.end].split()), _meaning(piece.pairs, known))


#: Options of a sample or split, which mean nothing alone, in words.
_OPTIONS = {
    "sample_by": "sampled evenly over {}",
    "split_by": "split evenly over {}",
    "part": "only the {} part",
    "seed": "sampled with seed {}",
}


def _meaning(pairs: Pairs, known: Knowledge) -> str:
    if len(pairs) == 1 and pairs[0][0] in _OPTIONS:
        name, value = pairs[0]
        return _OPTIONS[name].format(ATTRIBUTES[value].label if value in ATTRIBUTES else value)
    cohort = Cohort.from_pairs(pairs)
    parts = [*clauses(cohort).values(), *map(relation_clause, cohort.relations)]
    parts += (combination_clause(combination, known) for combination in cohort.combinations)
    if cohort.scope is not Scope.SERIES:
        parts.append(f"all series of the {'studies' if cohort.scope is Scope.STUDY else 'patients'} that match")
    return "; ".join([*parts, *option_clauses(cohort, known)])


def _left(text: str, tokens: Sequence[Token], refused: Sequence[Piece]) -> list[str]:
    """What was not understood; words that stand together stay so."""
    spans = [(token.start, token.end) for token in tokens] + [(piece.start, piece.end) for piece in refused]
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and not text[joined[-1][1] : start].strip("-_./ "):
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return [" ".join(text[start:end].split()) for start, end in joined]
