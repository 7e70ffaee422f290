"""What a cohort can ask beyond the columns of one series: of its patient and study, and of the result as a whole.

A `Relation` asks whether the patient or study has, or lacks, series that meet other conditions. `Scope` and
`Completion` add series to those that match; `Sample` and `Split` choose among their patients.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import NoReturn
from urllib.parse import parse_qsl, quote

from app.cohort.attribute import Kind
from app.cohort.conditions import Condition, QueryError, find_attribute, merge, parse_condition
from app.common.errors import shorten

MAX_QUERY_LENGTH = 64_000

_MAX_DAYS = 36_500
MAX_COUNT = 1_000_000
MAX_SEED = 2**31


class Scope(StrEnum):
    """What belongs together: one series, all series of a study, all series of a patient."""

    SERIES = "series"
    STUDY = "study"
    PATIENT = "patient"


class Completion(StrEnum):
    """What is added to a cohort: what was derived from its images, or the images that its derived series are of."""

    DERIVED = "derived"
    SOURCES = "sources"


@dataclass(frozen=True, slots=True)
class Relation:
    """Whether the patient or study of a series has series that meet `conditions`.

    Build it with `Relation.of`, which validates.

    Parameters
    ----------
    owner
        `Scope.PATIENT` or `Scope.STUDY`.
    lacks
        The opposite: fewer than `at_least`.
    conditions
        Canonical conditions on the other series; none means any series.
    at_least
        How many there must be.
    counted
        What `at_least` counts: series, or the studies that they belong to.
    within_days
        Only those whose StudyDate lies at most so many days before or after that of the series itself.
    """

    owner: Scope
    lacks: bool
    conditions: tuple[Condition, ...]
    at_least: int = 1
    counted: Scope = Scope.SERIES
    within_days: int | None = None

    @classmethod
    def of(
        cls,
        owner: Scope,
        lacks: bool,
        conditions: Iterable[Condition],
        at_least: int = 1,
        counted: Scope = Scope.SERIES,
        within_days: int | None = None,
    ) -> Relation:
        """Validate and normalize.

        Raises
        ------
        QueryError
            If an option does not fit, or nothing is asked.
        """
        conditions = merge(conditions)
        key = _relation_key(owner, lacks)
        check_whole(f"{key}: at_least", at_least, 1, MAX_COUNT)
        if within_days is not None:
            check_whole(f"{key}: within_days", within_days, 0, _MAX_DAYS)
        if owner is Scope.STUDY and (within_days is not None or counted is Scope.STUDY):
            raise QueryError(f"{key} takes neither within_days nor of=studies: its series are of one study.")
        if at_least == 1:
            counted = Scope.SERIES
        if not conditions and at_least == 1:
            raise QueryError(f"{key} needs a condition, such as {key}=Modality%3DPT, or at_least.")
        return cls(owner, lacks, conditions, at_least, counted, within_days)

    @classmethod
    def from_pairs(cls, key: str, pairs: Iterable[tuple[str, str]]) -> Relation:
        """Build from the name of the parameter and the decoded parameters inside its value.

        Raises
        ------
        QueryError
            If a parameter is unknown, stands twice, or is not valid.
        """
        owner, _, verb = read_choice("A relation", key, RELATION_KEYS).partition("_")
        values: dict[str, list[str]] = {}
        found: dict[str, str] = {}
        for name, value in pairs:
            if name not in _OPTIONS:
                values.setdefault(name, []).append(value)
            elif name in found:
                raise QueryError(f"{key} has {name} twice.")
            else:
                found[name] = value
        return cls.of(
            Scope(owner),
            verb == "lacks",
            [parse_condition(name, texts) for name, texts in values.items()],
            read_whole(f"{key}: at_least", found.get("at_least", "1"), 1, MAX_COUNT),
            _COUNTED[read_choice(f"{key}: of", found.get("of", "series"), _COUNTED)],
            read_whole(f"{key}: within_days", found["within_days"], 0, _MAX_DAYS) if "within_days" in found else None,
        )

    @classmethod
    def parse(cls, key: str, text: str) -> Relation:
        """Inverse of `key` and `value`.

        Raises
        ------
        QueryError
            If `key` is no relation, or `text` not valid.
        """
        return cls.from_pairs(key, read_pairs(text, key))

    @property
    def key(self) -> str:
        """Name of the parameter in the URL form."""
        return _relation_key(self.owner, self.lacks)

    @property
    def value(self) -> str:
        """Value of the parameter: a URL form of its own."""
        conditions = [(condition.key, value) for condition in self.conditions for value in condition.values]
        return write_pairs([*conditions, *self.option_pairs()])

    def option_pairs(self) -> Iterator[tuple[str, str]]:
        """Those of the parameters inside its value that are no conditions."""
        if self.within_days is not None:
            yield "within_days", str(self.within_days)
        if self.at_least != 1:
            yield "at_least", str(self.at_least)
        if self.counted is Scope.STUDY:
            yield "of", "studies"


@dataclass(frozen=True, slots=True)
class Sample:
    """Some patients of a cohort with all their series in it, sampled by the cohort's seed.

    Parameters
    ----------
    patients
        How many, or None where gigabytes are the limit.
    gigabytes
        Patients are sampled until the next one would exceed so many gigabytes (1e9 bytes), in decimal notation.
    by
        Listed attribute over whose values the sample is spread evenly; empty for none.
    """

    patients: int | None
    gigabytes: str = ""
    by: str = ""

    @classmethod
    def of(cls, patients: int | None = None, gigabytes: str = "", by: str = "") -> Sample:
        """Validate and normalize.

        Raises
        ------
        QueryError
            If a value is out of bounds or of the wrong type, or both or neither limit is given.
        """
        if (patients is None) == (not gigabytes):
            raise QueryError("A sample takes either sample=PATIENTS or sample_gb=GIGABYTES.")
        read_stratum("sample_by", by)
        if patients is not None:
            check_whole("sample", patients, 1, MAX_COUNT)
            return cls(patients, "", by)
        if not re.fullmatch(r"[0-9]{1,7}(\.[0-9]{1,9})?", gigabytes, re.ASCII) or not Decimal(gigabytes):
            raise QueryError(f"sample_gb takes a number of gigabytes above 0, not “{shorten(gigabytes)}”.")
        exact = Decimal(gigabytes)
        return cls(None, format(exact.quantize(1) if exact == int(exact) else exact.normalize(), "f"), by)

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Parameters of the URL form."""
        yield ("sample_gb", self.gigabytes) if self.patients is None else ("sample", str(self.patients))
        if self.by:
            yield "sample_by", self.by

    @property
    def size_bytes(self) -> int:
        """The limit in bytes, where gigabytes are the limit."""
        return int(Decimal(self.gigabytes) * 10**9)


PARTS = ("train", "validation", "test")


@dataclass(frozen=True, slots=True)
class Split:
    """Patients split into train, validation and test by the cohort's seed.

    Parameters
    ----------
    shares
        Whole percentages of `PARTS`, 100 together.
    by
        Listed attribute whose values every part holds in the same shares; empty for none.
    part
        The only part that the cohort keeps; empty for all.
    """

    shares: tuple[int, int, int]
    by: str = ""
    part: str = ""

    @classmethod
    def of(cls, shares: Sequence[int], by: str = "", part: str = "") -> Split:
        """Validate and normalize.

        Raises
        ------
        QueryError
            If the shares are not three whole percentages that add up to 100, or another value is unknown.
        """
        if len(shares) != len(PARTS) or min(shares) < 0 or sum(shares) != 100:
            _refuse_shares("-".join(map(str, shares)))
        read_stratum("split_by", by)
        if part:
            read_choice("part", part, PARTS)
        return cls((shares[0], shares[1], shares[2]), by, part)

    @classmethod
    def parse(cls, shares: str, by: str = "", part: str = "") -> Split:
        """Inverse of `pairs`: the values of the URL form's parameters."""
        if not re.fullmatch(r"[0-9]{1,3}(-[0-9]{1,3}){2}", shares, re.ASCII):
            _refuse_shares(shares)
        return cls.of([int(share) for share in shares.split("-")], by, part)

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Parameters of the URL form."""
        yield "split", "-".join(str(share) for share in self.shares)
        if self.by:
            yield "split_by", self.by
        if self.part:
            yield "part", self.part

    @property
    def pattern(self) -> str:
        """A hundred digits, the part (0, 1, 2) of one patient after the other, each part spread as evenly as can be.

        Taken from the start, no part is ever a whole patient ahead of or behind its share.
        """
        dealt = [0, 0, 0]
        digits = ""
        for place in range(1, 101):
            # Of the parts that are due (taking one more leaves them within their share), the one that must come first.
            due = [part for part in range(3) if 100 * dealt[part] < self.shares[part] * place]
            chosen = min(due, key=lambda part: -(-100 * (dealt[part] + 1) // self.shares[part]))
            dealt[chosen] += 1
            digits += str(chosen)
        return digits


def _refuse_shares(shares: str) -> NoReturn:
    raise QueryError(
        "split takes the percentages of train, validation and test, 100 together, such as 70-15-15,"
        f" not “{shorten(shares)}”."
    )


def read_pairs(query: str, where: str = "The query") -> list[tuple[str, str]]:
    """Decoded parameters of a URL form.

    Raises
    ------
    QueryError
        If it is none, or too long.
    """
    if len(query) > MAX_QUERY_LENGTH:
        raise QueryError(f"{where} is longer than {MAX_QUERY_LENGTH:,} characters.")
    try:
        return parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query), errors="strict")
    except ValueError:
        raise QueryError(f"{where} is not of the form attribute=value&attribute__operator=value.") from None


def write_pairs(pairs: Iterable[tuple[str, str]]) -> str:
    """Inverse of `read_pairs`."""
    return "&".join(f"{key}={quote(value, safe='')}" for key, value in pairs)


def read_whole(where: str, text: str, lowest: int, highest: int) -> int:
    """Whole number between two bounds.

    Raises
    ------
    QueryError
        If `text` is none.
    """
    if not re.fullmatch(r"[0-9]{1,10}", text, re.ASCII) or not lowest <= int(text) <= highest:
        _refuse_whole(where, text, lowest, highest)
    return int(text)


def check_whole(where: str, number: int, lowest: int, highest: int) -> None:
    """Check that `number` lies between two bounds.

    Raises
    ------
    QueryError
        If it does not.
    """
    if not lowest <= number <= highest:
        _refuse_whole(where, str(number), lowest, highest)


def _refuse_whole(where: str, text: str, lowest: int, highest: int) -> NoReturn:
    raise QueryError(f"{where} takes a whole number from {lowest} to {highest:,}, not “{shorten(text)}”.")


def read_choice(where: str, text: str, choices: Iterable[str]) -> str:
    """One of `choices`.

    Raises
    ------
    QueryError
        If `text` is none of them.
    """
    listed = list(choices)
    if text not in listed:
        raise QueryError(f"{where} is one of {', '.join(listed)}, not “{shorten(text)}”.")
    return text


def read_stratum(where: str, name: str) -> None:
    """Check that samples can be spread over the attribute `name`, if given: one with one listed value per series.

    Raises
    ------
    QueryError
        If there is no such attribute, or it has no listed value or several.
    """
    if not name:
        return
    attribute = find_attribute(name)
    if attribute.kind is not Kind.TERM or attribute.table != "index":
        raise QueryError(f"{where} takes an attribute with one listed value per series, such as Modality, not {name}.")


def completions(texts: Sequence[str]) -> tuple[Completion, ...]:
    """Completions in canonical order.

    Raises
    ------
    QueryError
        If a text names none.
    """
    chosen = {read_choice("add", text, list(Completion)) for text in texts}
    return tuple(completion for completion in Completion if completion in chosen)


#: Options of a relation, beside its conditions.
_OPTIONS = frozenset({"within_days", "at_least", "of"})

_COUNTED = {"series": Scope.SERIES, "studies": Scope.STUDY}

#: Names of the parameters that are relations.
RELATION_KEYS = ("patient_has", "patient_lacks", "study_has", "study_lacks")


def _relation_key(owner: Scope, lacks: bool) -> str:
    return f"{owner}_{'lacks' if lacks else 'has'}"
