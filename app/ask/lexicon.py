"""Every phrase that is known: the tables of `app.ask.words` and the values of the catalog.

Phrases are looked up longest first. Where one phrase could be several things, the first of these is taken: the tables,
then the attributes in the order of `_BARE`, so that an organ is a body part before it is a place of tumours, and a
collection comes last. A collection whose name is made of words that mean something by themselves, such as
``prostate_mri``, needs to be written in one piece, or behind the word “collection”.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeVar
from urllib.parse import parse_qsl

from app.ask.tokens import Token, are_joined, keys
from app.ask.words import MEANINGS, ROLES, SIGNS, Meaning
from app.catalog import Catalog
from app.cohort import ATTRIBUTES, Attribute
from app.cohort.sql import quote_text

Pairs = tuple[tuple[str, str], ...]
Phrase = tuple[str, ...]
T = TypeVar("T")

#: Attributes whose values are understood without their name.
_BARE = (
    "Modality",
    "BodyPartExamined",
    "species",
    "license_short_name",
    "cancer_types",
    "tumor_locations",
    "supporting_data",
    "program_id",
    "analysis_result_id",
    "sop_class_name",
    "transfer_syntax_name",
    "collection_id",
)
#: Values that are ordinary words: understood behind the attribute's name alone.
_ORDINARY = frozenset(
    {"other", "unknown", "various", "body", "na", "merge", "leaf", "community", "normal", "marrow", "blood", "idc"}
)
#: Signs that may stand inside a name.
_INSIDE = frozenset("-_.–/()'’")


@dataclass(frozen=True, slots=True)
class Sense:
    """One meaning of a phrase.

    Parameters
    ----------
    pairs
        Decoded parameters of the URL form.
    slides
        What they are where slides are asked for; empty for the same.
    bare
        Whether it is understood without the attribute's name.
    joined
        Whether it then needs to be written without blanks.
    """

    pairs: Pairs
    slides: Pairs = ()
    bare: bool = True
    joined: bool = False

    @property
    def attributes(self) -> set[str]:
        """Attributes, or other parameters, that it speaks of."""
        return {key.partition("__")[0] for key, _ in self.pairs}


class Lexicon:
    """The phrases of one catalog."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._senses: dict[Phrase, list[Sense]] = {}
        self.roles = table((names, role) for role, names in ROLES.items())
        self.labels = table((attribute.words, name) for name, attribute in ATTRIBUTES.items() if attribute.words)
        for meaning in MEANINGS:
            self._add_meaning(meaning)
        for name in (*_BARE, *(name for name, a in ATTRIBUTES.items() if a.words and name not in _BARE)):
            if name in ATTRIBUTES and ATTRIBUTES[name].is_facet:
                self._add_values(ATTRIBUTES[name], name in _BARE)
        #: Every word of every phrase.
        self.words = frozenset(word for phrase in (*self._senses, *self.roles, *self.labels) for word in phrase)

    def find(self, tokens: Sequence[Token], attribute: str = "") -> tuple[int, Sense] | None:
        """The longest phrase at the start of `tokens`, and what it means; of `attribute`, if that is given."""
        best = None
        words: list[str] = []
        for place, token in enumerate(tokens[:_LONGEST], start=1):
            if token.kind == "sign":
                if not words or token.key not in _INSIDE:
                    break
                continue
            if token.kind == "quoted":
                break
            words.append(token.key)
            senses = self._senses.get(tuple(words), ())
            if any(part.key == "_" for part in tokens[:place]):  # as only collections are written
                senses = sorted(senses, key=lambda sense: sense.attributes != {"collection_id"})
            for sense in senses:
                if attribute in sense.attributes if attribute else _is_free(sense, tokens[:place]):
                    best = place, sense
                    break
        return best

    def named_by(self, uid: str) -> str:
        """Attribute of which `uid` is a value in this release: a series, or a study; empty if it is neither."""
        if len(self._catalog.rows_of_unique(ATTRIBUTES["SeriesInstanceUID"], [uid])):
            return "SeriesInstanceUID"
        query = f"SELECT 1 FROM series WHERE StudyInstanceUID = {quote_text(uid)} LIMIT 1"
        return "StudyInstanceUID" if self._catalog.cursor().execute(query).fetchone() else ""

    def _add_meaning(self, meaning: Meaning) -> None:
        sense = Sense(self._held(meaning.query), self._held(meaning.slides))
        if sense.pairs:
            for phrase in meaning.phrases.split(","):
                self._senses.setdefault(keys(phrase), []).append(sense)

    def _held(self, query: str) -> Pairs:
        """Parameters of `query` without the values that this release does not hold.

        Listed values that contain a text are named one by one, so that they can be joined with others and left out.
        """
        held: list[tuple[str, str]] = []
        for key, value in parse_qsl(query):
            name, _, operator = key.partition("__")
            if name not in ATTRIBUTES or not ATTRIBUTES[name].is_facet:
                held.append((key, value))
            else:
                values = self._catalog.values(ATTRIBUTES[name])
                same = [v for v in values if value in v.lower()] if operator == "contains" else [value]
                held += ((name, v) for v in same if v in values)
        return tuple(held)

    def _add_values(self, attribute: Attribute, bare: bool) -> None:
        groups: dict[Phrase, list[str]] = {}
        for value in self._catalog.values(attribute):
            groups.setdefault(keys(value), []).append(value)
        # Names of one attribute must not explain each other.
        joined = {phrase for phrase in groups if attribute.name == "collection_id" and self._is_readable(phrase)}
        for phrase, values in groups.items():
            pairs = tuple((attribute.name, value) for value in values)
            slides = self._tumour_locations(phrase) if attribute.name == "BodyPartExamined" else ()
            is_word = " ".join(phrase) not in _ORDINARY and len("".join(phrase)) > 1 and not phrase[0].isdigit()
            is_word = is_word or len(phrase) > 1
            self._senses.setdefault(phrase, []).append(Sense(pairs, slides, bare and is_word, phrase in joined))

    def _tumour_locations(self, phrase: Phrase) -> Pairs:
        if "tumor_locations" not in ATTRIBUTES:
            return ()
        values = self._catalog.values(ATTRIBUTES["tumor_locations"])
        return tuple(("tumor_locations", value) for value in values if keys(value) == phrase)

    def _is_readable(self, phrase: Phrase) -> bool:
        """Whether the words of `phrase` mean something one by one or in groups, programs apart."""
        if not phrase:
            return True
        lengths = (length for length in range(1, len(phrase) + 1) if self._means(phrase[:length]))
        return any(self._is_readable(phrase[length:]) for length in lengths)

    def _means(self, phrase: Phrase) -> bool:
        senses = self._senses.get(phrase, ())
        return phrase in self.roles or any(s.bare and s.attributes != {"program_id"} for s in senses)


#: Tokens that the longest phrase may have, signs included.
_LONGEST = 24


def _is_free(sense: Sense, tokens: Sequence[Token]) -> bool:
    """Whether these tokens have this sense without the name of an attribute."""
    return sense.bare and (not sense.joined or are_joined(tokens))


def table(rows: Iterable[tuple[str, T]]) -> dict[Phrase, T]:
    """Rows of comma-separated phrases, by phrase."""
    return {keys(phrase): found for names, found in rows for phrase in names.split(",")}


def longest(phrases: Mapping[Phrase, T], tokens: Sequence[Token]) -> tuple[int, T] | None:
    """The longest of `phrases` at the start of `tokens`, and what it stands for."""
    best = None
    words: list[str] = []
    for place, token in enumerate(tokens[:8], start=1):
        if token.kind == "sign" and token.key in SIGNS and token.key != "+":
            if not words or token.key not in _INSIDE:
                break
            continue
        words.append(token.key)
        if tuple(words) in phrases:
            best = place, phrases[tuple(words)]
    return best


@cache
def lexicon(catalog: Catalog) -> Lexicon:
    """The lexicon of `catalog`, made once."""
    return Lexicon(catalog)
