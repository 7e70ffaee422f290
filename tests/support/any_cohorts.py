"""Hypothesis strategies of cohorts: every condition, clause and option, with any values."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from hypothesis import strategies as st

from app.cohort.attribute import Attribute, Kind
from app.cohort.attributes import ATTRIBUTES
from app.cohort.clauses import PARTS, Completion, Relation, Sample, Scope, Split
from app.cohort.clinical_clause import ClinicalClause
from app.cohort.cohort import Clause, Cohort, Combination, Operation
from app.cohort.conditions import Condition, format_number
from app.cohort.operators import operators_of

#: Attributes that samples and splits can be spread over.
_STRATA = ("", *(a.name for a in ATTRIBUTES.values() if a.kind is Kind.TERM and a.table == "index"))

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20)
numbers = st.floats(-1e6, 1e6, allow_subnormal=False).map(format_number)
seeds = st.integers(0, 2**31)


def values_for(attribute: Attribute, operator: str) -> st.SearchStrategy[str]:
    """Texts that the attribute takes, in any spelling."""
    if operator == "missing":
        return st.sampled_from(("true", "false"))
    if attribute.kind is Kind.DATE:
        return st.dates(min_value=date(1, 1, 1)).map(date.isoformat)
    if attribute.kind is Kind.NUMBER:
        whole = st.integers(-(10**14), 10**14).map(str)
        real = st.floats(-1e14, 1e14, allow_subnormal=False).filter(lambda x: x == 0 or abs(x) > 1e-90)
        return whole if attribute.integer else whole | real.map(format_number) | st.decimals(-9, 9, places=3).map(str)
    if attribute.pattern:
        return st.from_regex(attribute.pattern, fullmatch=True).filter(str.isascii)
    return texts


@st.composite
def conditions(draw: Callable[..., Any]) -> Condition:
    """One condition, on any attribute by any operator."""
    attribute = ATTRIBUTES[draw(st.sampled_from(list(ATTRIBUTES)))]
    operator = draw(st.sampled_from([operator for operator in operators_of(attribute) if not operator.of_lists]))
    size = 3 if operator.many else 1
    values = draw(st.lists(values_for(attribute, operator.key), min_size=1, max_size=size))
    return Condition.of(attribute.name, operator.key, values)


def _unlike(found: list[Condition]) -> list[Condition]:
    """Those of which no two share attribute and operator."""
    return list({(condition.attribute, condition.operator): condition for condition in found}.values())


def some_conditions(least: int = 0, most: int = 5) -> st.SearchStrategy[list[Condition]]:
    """Conditions that can stand together."""
    return st.lists(conditions(), min_size=least, max_size=most).map(_unlike)


#: Cohorts of conditions alone.
plain_cohorts = some_conditions().map(Cohort.of)


@st.composite
def relations(draw: Callable[..., Any]) -> Relation:
    """One relation of a patient or study."""
    owner = draw(st.sampled_from((Scope.PATIENT, Scope.STUDY)))
    of_patient = owner is Scope.PATIENT
    counted = draw(st.sampled_from((Scope.SERIES, Scope.STUDY))) if of_patient else Scope.SERIES
    days = draw(st.none() | st.integers(0, 36_500)) if of_patient else None
    least = draw(st.integers(1, 5))
    asked = draw(some_conditions(1 if least == 1 else 0, 2))
    return Relation.of(owner, draw(st.booleans()), asked, least, counted, days)


@st.composite
def clinical_clauses(draw: Callable[..., Any]) -> ClinicalClause:
    """One clinical column compared."""
    where = (
        draw(st.from_regex(r"[a-z0-9_\-]{1,12}", fullmatch=True)),
        draw(st.from_regex(r"x[A-Za-z0-9_]{0,9}", fullmatch=True)),
        draw(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=9)),
    )
    missing = draw(st.none() | st.booleans())
    some = st.lists(texts, min_size=1, max_size=3)
    match draw(st.sampled_from(("values", "excluded", "bounds", "missing"))):
        case "values":
            return ClinicalClause.of(*where, draw(some), missing=missing)
        case "excluded":
            return ClinicalClause.of(*where, excluded=draw(some), missing=missing)
        case "bounds":
            return ClinicalClause.of(*where, gte=draw(numbers), lte=draw(st.just("") | numbers), missing=missing)
    return ClinicalClause.of(*where, missing=bool(missing))


samples = st.one_of(
    st.builds(Sample.of, st.integers(1, 1_000_000), by=st.sampled_from(_STRATA)),
    st.builds(
        Sample.of,
        gigabytes=st.decimals("0.001", 9_999_999, places=3).map("{:f}".format),
        by=st.sampled_from(_STRATA),
    ),
)
splits = st.builds(
    Split.of,
    st.tuples(st.integers(0, 100), st.integers(0, 100)).map(
        lambda ends: [min(ends), max(ends) - min(ends), 100 - max(ends)]
    ),
    st.sampled_from(_STRATA),
    st.sampled_from(("", *PARTS)),
)

options = st.fixed_dictionaries(
    {},
    optional={
        "scope": st.sampled_from(Scope),
        "added": st.lists(st.sampled_from(Completion), max_size=3),
        "sample": st.none() | samples,
        "split": st.none() | splits,
        "seed": seeds,
    },
)


def _cohorts(inner: st.SearchStrategy[Cohort], most: int) -> st.SearchStrategy[Cohort]:
    """Cohorts that may combine some of `inner`, with at most so many clauses of a kind."""
    combinations = st.builds(Combination.of, st.sampled_from(Operation), inner, inner, st.sampled_from(Scope))
    parts = st.builds(
        Cohort.of,
        some_conditions(most=most),
        st.lists(relations(), max_size=most),
        st.lists(clinical_clauses(), max_size=most),
        st.lists(combinations, max_size=most),
    )
    return st.builds(lambda cohort, chosen: cohort.with_options(**chosen), parts, options)


#: Cohorts with any clauses and options; combined ones may combine others.
cohorts = _cohorts(_cohorts(some_conditions(most=1).map(Cohort.of), most=1), most=2)

clauses: st.SearchStrategy[Clause] = st.one_of(
    relations(),
    clinical_clauses(),
    st.builds(Combination.of, st.sampled_from(Operation), plain_cohorts, plain_cohorts, st.sampled_from(Scope)),
)
