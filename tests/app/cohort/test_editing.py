"""A cohort edits itself as if its URL were written, its parameters changed, and the result read again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.cohort.clauses import MAX_QUERY_LENGTH, Completion, Relation, Sample, Scope, Split
from app.cohort.clinical_clause import ClinicalClause
from app.cohort.cohort import MAX_CLAUSES, Clause, Cohort, Combination, Operation
from app.cohort.conditions import Condition, QueryError
from tests.support import any_cohorts

#: Option of a cohort → the parameters that it has in the URL form.
PARAMETERS = {
    "scope": ("scope",),
    "added": ("add",),
    "sample": ("sample", "sample_gb", "sample_by"),
    "split": ("split", "split_by", "part"),
    "seed": ("seed",),
}

Pair = tuple[str, str]

#: Whole cohorts take long to draw.
few = settings(max_examples=50)


def reread(pairs: Iterable[Pair]) -> Cohort:
    """The oracle: a URL with these parameters, written and read."""
    return Cohort.from_query("&".join(f"{key}={_escaped(value)}" for key, value in pairs))


def _escaped(text: str) -> str:
    return "".join(f"%{octet:02X}" for octet in text.encode())


def outcome(edit: Callable[[], Cohort]) -> Cohort | str:
    """The cohort, or what is said against it."""
    try:
        return edit()
    except QueryError as refused:
        return str(refused)


def option_pairs(options: dict[str, Any]) -> list[Pair]:
    """The parameters of these options alone."""
    own: list[Pair] = []
    for name, value in options.items():
        if name == "added":
            own += [("add", completion.value) for completion in value]
        elif name in ("sample", "split"):
            own += value.pairs() if value else ()
        else:
            own.append((name, str(value)))
    return own


@few
@given(any_cohorts.cohorts, any_cohorts.clauses)
def test_one_clause_more(cohort: Cohort, clause: Clause) -> None:
    wanted = outcome(lambda: reread([*cohort.to_pairs(), (clause.key, clause.value)]))
    edited = outcome(lambda: cohort.with_clause(clause))
    assert edited == wanted
    if isinstance(edited, Cohort):
        assert edited.with_clause(clause) == edited
        assert clause in edited.clauses


@few
@given(any_cohorts.cohorts, any_cohorts.clauses)
def test_one_clause_less(cohort: Cohort, other: Clause) -> None:
    for clause in (*cohort.clauses, other):
        pairs = [pair for pair in cohort.to_pairs() if pair != (clause.key, clause.value)]
        assert cohort.without_clause(clause) == reread(pairs)


@few
@given(any_cohorts.cohorts, any_cohorts.options)
@example(Cohort.from_query("sample=5&seed=7"), {"sample": None})
@example(Cohort.from_query("sample=5&split=70-15-15&seed=7"), {"sample": None})
@example(Cohort.from_query("split=70-15-15&split_by=Modality&part=test"), {"split": Split.of((80, 0, 20))})
@example(Cohort(), {"seed": 7})
def test_other_options(cohort: Cohort, options: dict[str, Any]) -> None:
    replaced = {key for name in options for key in PARAMETERS[name]}
    pairs = [pair for pair in cohort.to_pairs() if pair[0] not in replaced] + option_pairs(options)
    if not {"sample", "sample_gb", "split"} & {key for key, _ in pairs}:
        pairs = [pair for pair in pairs if pair[0] != "seed"]
    assert cohort.with_options(**options) == reread(pairs)


@few
@given(any_cohorts.cohorts, st.data())
def test_without_tables(cohort: Cohort, data: st.DataObject) -> None:
    known = [*cohort.tables(), *cohort.clinical_tables(), "ct_index"]
    absent = data.draw(st.sets(st.sampled_from(known)))

    def stays(pair: Pair) -> bool:
        alone = reread([pair])
        return absent.isdisjoint((*alone.tables(), *alone.clinical_tables()))

    kept = [*filter(stays, cohort.matching().to_pairs()), *cohort.option_pairs()]
    rest = cohort.without_tables(absent)
    assert rest == reread(kept)
    assert absent.isdisjoint((*rest.tables(), *rest.clinical_tables()))


@few
@given(any_cohorts.cohorts, any_cohorts.conditions())
def test_other_values(cohort: Cohort, condition: Condition) -> None:
    others = [pair for pair in cohort.to_pairs() if pair[0] != condition.key]
    asked = [(condition.key, value) for value in condition.values]
    edited = cohort.with_values(condition.attribute, condition.operator, condition.values)
    assert edited == reread([*others, *asked])
    assert edited.with_values(condition.attribute, condition.operator, []) == reread(others)
    of_attribute = {one.key for one in edited if one.attribute == condition.attribute}
    assert edited.without(condition.attribute) == reread(pair for pair in others if pair[0] not in of_attribute)


@few
@given(any_cohorts.cohorts)
def test_the_strategy_gives_what_can_be_read_back(cohort: Cohort) -> None:
    assert reread(cohort.to_pairs()) == cohort
    assert cohort.clauses == (*cohort.relations, *cohort.clinical, *cohort.combinations)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda: Sample.of(0), "sample takes a whole number from 1 to 1,000,000, not “0”."),
        (lambda: Sample.of(5, "1"), "A sample takes either sample=PATIENTS or sample_gb=GIGABYTES."),
        (lambda: Sample.of(), "either sample=PATIENTS or sample_gb=GIGABYTES."),
        (lambda: Split.of((70, 20, 20)), "such as 70-15-15, not “70-20-20”."),
        (lambda: Split.of((120, -20, 0)), "such as 70-15-15, not “120--20-0”."),
        (lambda: Split.of((50, 50)), "such as 70-15-15, not “50-50”."),
        (
            lambda: Relation.of(Scope.PATIENT, False, [], 2_000_000),
            "patient_has: at_least takes a whole number from 1 to 1,000,000, not “2000000”.",
        ),
        (
            lambda: Relation.of(Scope.PATIENT, True, [], 2, within_days=-1),
            "patient_lacks: within_days takes a whole number from 0 to 36,500, not “-1”.",
        ),
        (
            lambda: Cohort.from_query("sample=5").with_options(seed=2**31 + 1),
            "seed takes a whole number from 0 to 2,147,483,648, not “2147483649”.",
        ),
    ],
)
def test_parts_out_of_bounds_are_refused_as_in_the_url(edit: Callable[[], Any], message: str) -> None:
    with pytest.raises(QueryError) as caught:
        edit()
    assert str(caught.value).endswith(message)


def test_there_are_as_many_clauses_as_a_cohort_takes_and_no_more() -> None:
    cohort = Cohort()
    for number in range(MAX_CLAUSES):
        cohort = cohort.with_clause(ClinicalClause.of("nlst", "prsn", "age", [str(number)]))
    assert cohort.weight == MAX_CLAUSES
    with pytest.raises(QueryError, match=f"at most {MAX_CLAUSES}"):
        cohort.with_clause(ClinicalClause.of("nlst", "prsn", "age", ["20"]))
    with pytest.raises(QueryError, match=f"at most {MAX_CLAUSES}"):
        Cohort().with_clause(Combination.of(Operation.UNION, cohort, Cohort()))


def test_a_clause_that_no_url_can_hold_is_refused() -> None:
    many = Cohort().with_values("PatientID", "eq", [f"{number:01000}" for number in range(64)])
    combination = Combination.of(Operation.DIFFERENCE, Cohort(), many)
    assert len(combination.value) > MAX_QUERY_LENGTH
    with pytest.raises(QueryError, match=r"^difference is longer than 64,000 characters\.$"):
        Cohort().with_clause(combination)


def test_completions_stand_once_and_in_order() -> None:
    both = Cohort().with_options(added=[Completion.SOURCES, Completion.DERIVED, Completion.SOURCES])
    assert both.added == (Completion.DERIVED, Completion.SOURCES)
