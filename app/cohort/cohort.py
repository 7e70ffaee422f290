"""The Cohort: one immutable value that says which series are meant.

A cohort is a conjunction of *clauses*: a `Condition` on one attribute of the series, a `Relation` to other series of
its patient or study, a `ClinicalClause` on its patient, a `Combination` of two other cohorts. What matches can then be
widened (`Scope`, `Completion`) and thinned out by patients (`Sample`, `Split`), in this order.

Cohorts are kept in canonical form (attributes and operators in table order, values sorted, numbers and dates in one
spelling), so equal cohorts compare equal and have equal URLs. URL, JSON (`app.cohort.json_form`), SQL
(`app.language.statement`) and sentence (`app.language.english`) are views of the same value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any, TypedDict, Unpack

from app.cohort.clauses import (
    MAX_COUNT,
    MAX_QUERY_LENGTH,
    MAX_SEED,
    RELATION_KEYS,
    Completion,
    Relation,
    Sample,
    Scope,
    Split,
    check_whole,
    completions,
    read_choice,
    read_pairs,
    read_whole,
    write_pairs,
)
from app.cohort.clinical_clause import DICTIONARY, ClinicalClause
from app.cohort.clinical_clause import KEY as CLINICAL
from app.cohort.conditions import Condition, QueryError, by_attribute, merge, parse_condition, tables

#: Each relation and combination costs time; a query with more of them is no person's.
MAX_CLAUSES = 20


class Operation(StrEnum):
    """How two cohorts are combined."""

    UNION = "union"
    INTERSECTION = "intersection"
    DIFFERENCE = "difference"


@dataclass(frozen=True, slots=True)
class Combination:
    """Series of two cohorts; build it with `Combination.of`, which normalizes.

    Parameters
    ----------
    operation
        Union: the series of either. Intersection: those of either whose unit is in both. Difference: those of `left`
        whose unit is not in `right`.
    left, right
        The cohorts.
    unit
        What is looked for in the other cohort: the series itself, its study or its patient.
    """

    operation: Operation
    left: Cohort
    right: Cohort
    unit: Scope = Scope.SERIES

    @classmethod
    def of(cls, operation: Operation, left: Cohort, right: Cohort, unit: Scope = Scope.SERIES) -> Combination:
        """Normalize: a union has no unit, and its sides, like those of an intersection, no order."""
        if operation is Operation.UNION:
            unit = Scope.SERIES
        if operation is not Operation.DIFFERENCE and right.to_query() < left.to_query():
            left, right = right, left
        return cls(operation, left, right, unit)

    @classmethod
    def parse(cls, key: str, text: str) -> Combination:
        """Inverse of the operation and `value`.

        Raises
        ------
        QueryError
            If a side is missing or invalid.
        """
        found = _once(read_pairs(text, key), ("a", "b", "by"), key)
        if not {"a", "b"} <= set(found):
            raise QueryError(f"{key} takes two cohorts in URL form, a=…&b=….")
        unit = Scope(read_choice(f"{key}: by", found.get("by", "series"), list(Scope)))
        return cls.of(Operation(key), Cohort.from_query(found["a"]), Cohort.from_query(found["b"]), unit)

    @property
    def key(self) -> str:
        """Name of the parameter in the URL form."""
        return self.operation.value

    @property
    def value(self) -> str:
        """Value of the parameter in the URL form."""
        pairs = [("a", self.left.to_query()), ("b", self.right.to_query())]
        return write_pairs([*pairs, ("by", self.unit)] if self.unit is not Scope.SERIES else pairs)


#: What a cohort asks beyond conditions on the series itself.
Clause = Relation | ClinicalClause | Combination


class CohortOptions(TypedDict, total=False):
    """Those parts of a cohort that are no clauses, as `Cohort` has them."""

    scope: Scope
    added: Iterable[Completion]
    sample: Sample | None
    split: Split | None
    seed: int


@dataclass(frozen=True, slots=True)
class Cohort:
    """All series that meet every clause; the empty cohort is the whole of IDC.

    Parameters
    ----------
    conditions, relations, clinical, combinations
        The clauses, in canonical order.
    scope
        Whether matching series stand for themselves, for their whole studies or for their whole patients.
    added
        What is added to the matching series.
    sample, split
        Choice among the patients.
    seed
        Seed of `sample` and `split`; 0 without them.
    """

    conditions: tuple[Condition, ...] = ()
    relations: tuple[Relation, ...] = ()
    clinical: tuple[ClinicalClause, ...] = ()
    combinations: tuple[Combination, ...] = ()
    scope: Scope = Scope.SERIES
    added: tuple[Completion, ...] = ()
    sample: Sample | None = None
    split: Split | None = None
    seed: int = 0

    @classmethod
    def of(
        cls,
        conditions: Iterable[Condition] = (),
        relations: Iterable[Relation] = (),
        clinical: Iterable[ClinicalClause] = (),
        combinations: Iterable[Combination] = (),
        *,
        scope: Scope = Scope.SERIES,
        added: Iterable[Completion] = (),
        sample: Sample | None = None,
        split: Split | None = None,
        seed: int = 0,
    ) -> Cohort:
        """Canonical cohort of its parts.

        Raises
        ------
        QueryError
            If values do not fit together, or there are too many clauses.
        """
        built = cls(
            merge(conditions),
            tuple(sorted(set(relations), key=lambda relation: (RELATION_KEYS.index(relation.key), relation.value))),
            tuple(sorted(set(clinical), key=lambda clause: clause.value)),
            tuple(sorted(set(combinations), key=lambda combination: (combination.key, combination.value))),
            scope,
            completions(list(added)),
            sample,
            split,
            seed if sample or split else 0,
        )
        check_whole("seed", built.seed, 0, MAX_SEED)
        for clause in built.clauses:
            if len(clause.value) > MAX_QUERY_LENGTH:
                raise QueryError(f"{clause.key} is longer than {MAX_QUERY_LENGTH:,} characters.")
        if built.weight > MAX_CLAUSES:
            raise QueryError(f"A cohort takes at most {MAX_CLAUSES} conditions on patients, studies and other cohorts.")
        return built

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """Those of the clauses that are no conditions, in canonical order."""
        return (*self.relations, *self.clinical, *self.combinations)

    @property
    def weight(self) -> int:
        """Number of clauses that are no conditions, those of combined cohorts included."""
        inner = sum(1 + combination.left.weight + combination.right.weight for combination in self.combinations)
        return len(self.relations) + len(self.clinical) + inner

    @property
    def is_plain(self) -> bool:
        """Whether the cohort is just the series that match."""
        return self == self.matching()

    def matching(self) -> Cohort:
        """Same clauses, with nothing added and nobody left out."""
        return Cohort(self.conditions, self.relations, self.clinical, self.combinations)

    # --- URL form -----------------------------------------------------------------------------------------------

    @classmethod
    def from_query(cls, query: str) -> Cohort:
        """Parse the URL form, ``Modality=MR&BodyPartExamined__not=BREAST``.

        Raises
        ------
        QueryError
            If anything in it is unknown or of the wrong type; the message names it and the nearest right one.
        """
        return cls.from_pairs(read_pairs(query.removeprefix("?")))

    @classmethod
    def from_pairs(cls, pairs: Iterable[tuple[str, str]]) -> Cohort:
        """Build from decoded URL parameters; repeated keys add values.

        Raises
        ------
        QueryError
            If a parameter is unknown, stands twice where it may not, or is not valid.
        """
        values: dict[str, list[str]] = {}
        relations, clinical, combinations, added, single = [], [], [], [], []
        for key, value in pairs:
            if key in RELATION_KEYS:
                relations.append(Relation.parse(key, value))
            elif key == CLINICAL:
                clinical.append(ClinicalClause.parse(value))
            elif key in list(Operation):
                combinations.append(Combination.parse(key, value))
            elif key == "add":
                added.append(value)
            elif key in _SINGLE:
                single.append((key, value))
            else:
                values.setdefault(key, []).append(value)
        options = _once(single, _SINGLE, "The query")
        if "seed" in options and not options.keys() & {"sample", "sample_gb", "split"}:
            raise QueryError("seed belongs to a sample or a split.")
        return cls.of(
            [parse_condition(key, texts) for key, texts in values.items()],
            relations,
            clinical,
            combinations,
            scope=Scope(read_choice("scope", options.get("scope", Scope.SERIES), list(Scope))),
            added=completions(added),
            sample=_read_sample(options),
            split=_read_split(options),
            seed=read_whole("seed", options.get("seed", "0"), 0, MAX_SEED),
        )

    def to_pairs(self) -> list[tuple[str, str]]:
        """Decoded URL parameters in canonical order."""
        return [
            *((condition.key, value) for condition in self.conditions for value in condition.values),
            *((clause.key, clause.value) for clause in self.clauses),
            *self.option_pairs(),
        ]

    def option_pairs(self) -> Iterator[tuple[str, str]]:
        """Those of the URL parameters that are no clauses."""
        if self.scope is not Scope.SERIES:
            yield "scope", self.scope.value
        for completion in self.added:
            yield "add", completion.value
        if self.sample:
            yield from self.sample.pairs()
        if self.split:
            yield from self.split.pairs()
        if self.seed:
            yield "seed", str(self.seed)

    def to_query(self) -> str:
        """Canonical URL form, without a leading ``?``; empty for the whole of IDC."""
        return write_pairs(self.to_pairs())

    # --- editing ------------------------------------------------------------------------------------------------

    def with_values(self, attribute: str, operator: str, values: Iterable[str]) -> Cohort:
        """Same cohort with the values of one attribute and operator replaced; none of them removes the condition."""
        kept = [c for c in self.conditions if (c.attribute, c.operator) != (attribute, operator)]
        values = list(values)
        return replace(self, conditions=merge([*kept, Condition.of(attribute, operator, values)] if values else kept))

    def without(self, attribute: str) -> Cohort:
        """Same cohort with nothing asked of `attribute`."""
        return replace(self, conditions=tuple(c for c in self.conditions if c.attribute != attribute))

    def with_clause(self, clause: Clause) -> Cohort:
        """Same cohort with one more clause.

        Raises
        ------
        QueryError
            If it has too many clauses then.
        """
        return self._edited(**_by_kind([*self.clauses, clause]))

    def without_clause(self, clause: Clause) -> Cohort:
        """Same cohort without this clause."""
        return self._edited(**_by_kind(one for one in self.clauses if one != clause))

    def without_tables(self, names: Iterable[str]) -> Cohort:
        """Same cohort without the conditions and clauses that need one of these tables; its options stay."""
        absent = set(names)

        def stays(alone: Cohort) -> bool:
            return absent.isdisjoint((*alone.tables(), *alone.clinical_tables()))

        kept = [condition for condition in self.conditions if stays(Cohort((condition,)))]
        clauses = (clause for clause in self.clauses if stays(Cohort().with_clause(clause)))
        return self._edited(conditions=kept, **_by_kind(clauses))

    def with_options(self, **options: Unpack[CohortOptions]) -> Cohort:
        """Same cohort with these options replaced; without sample and split it has no seed either.

        Raises
        ------
        QueryError
            If the seed is out of bounds.
        """
        return self._edited(**options)

    def _edited(self, **parts: Any) -> Cohort:
        """Canonical cohort of its own parts, some of them replaced."""
        return Cohort.of(**{field.name: getattr(self, field.name) for field in fields(self)} | parts)

    def values(self, attribute: str, operator: str) -> tuple[str, ...]:
        """Values of one attribute and operator; empty if nothing is asked."""
        return self.by_attribute().get(attribute, {}).get(operator, ())

    def by_attribute(self) -> Mapping[str, dict[str, tuple[str, ...]]]:
        """Attribute → operator → values, in canonical order."""
        return by_attribute(self.conditions)

    def tables(self) -> list[str]:
        """Tables besides ``index`` that the cohort reads, in all its parts."""
        found = tables(self.conditions)
        for relation in self.relations:
            found |= tables(relation.conditions)
        if self.clinical:
            found.add(DICTIONARY)
        for combination in self.combinations:
            found |= {*combination.left.tables(), *combination.right.tables()}
        return sorted(found)

    def clinical_tables(self) -> list[str]:
        """Clinical tables that the cohort reads, in all its parts."""
        found = {clause.table for clause in self.clinical}
        for combination in self.combinations:
            found |= {*combination.left.clinical_tables(), *combination.right.clinical_tables()}
        return sorted(found)

    def __iter__(self) -> Iterator[Condition]:
        return iter(self.conditions)

    def __bool__(self) -> bool:
        return self != Cohort()


#: Parameters that stand once, in canonical order.
_SINGLE = ("scope", "sample", "sample_gb", "sample_by", "split", "split_by", "part", "seed")


def _by_kind(clauses: Iterable[Clause]) -> dict[str, list[Clause]]:
    """Part of a cohort → those of `clauses` that belong there."""
    kinds = {"relations": Relation, "clinical": ClinicalClause, "combinations": Combination}
    listed = list(clauses)
    return {name: [clause for clause in listed if isinstance(clause, kind)] for name, kind in kinds.items()}


def _once(pairs: Iterable[tuple[str, str]], names: Iterable[str], where: str) -> dict[str, str]:
    """Parameters by name, each of `names` and given once."""
    found: dict[str, str] = {}
    for key, value in pairs:
        read_choice(f"{where}: a parameter", key, names)
        if key in found:
            raise QueryError(f"{where} has {key} twice.")
        found[key] = value
    return found


def _read_sample(options: Mapping[str, str]) -> Sample | None:
    if options.keys() & {"sample", "sample_gb"}:
        patients = read_whole("sample", text, 1, MAX_COUNT) if (text := options.get("sample")) else None
        return Sample.of(patients, options.get("sample_gb", ""), options.get("sample_by", ""))
    if "sample_by" in options:
        raise QueryError("sample_by belongs to sample=PATIENTS or sample_gb=GIGABYTES.")
    return None


def _read_split(options: Mapping[str, str]) -> Split | None:
    if "split" in options:
        return Split.parse(options["split"], options.get("split_by", ""), options.get("part", ""))
    if options.keys() & {"split_by", "part"}:
        raise QueryError("split_by and part belong to a split, such as split=70-15-15.")
    return None
