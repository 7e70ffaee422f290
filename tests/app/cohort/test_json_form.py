"""The JSON form holds what the URL form holds; what is at fault in it is named, and its size and depth are bounded."""

from __future__ import annotations

import json
import re
import sys
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.cohort.clauses import MAX_QUERY_LENGTH
from app.cohort.cohort import MAX_CLAUSES, Cohort, Combination, Operation
from app.cohort.conditions import QueryError
from app.cohort.json_form import (
    MAX_JSON_DEPTH,
    MAX_JSON_LENGTH,
    from_json,
    from_text,
    to_document,
    to_json,
)
from tests.app.cohort.test_cohort import parsed_or_refused
from tests.support import any_cohorts
from tests.support.docs import MARK, PAGE

#: Query and JSON of each example in docs/query.md.
EXAMPLES = re.findall(r"```\n([^\n]+)\n```\n\n```json\n(.*?)```", PAGE.read_text().split(MARK)[0], re.DOTALL)


@pytest.mark.parametrize(("query", "text"), EXAMPLES, ids=[query[:40] for query, _ in EXAMPLES])
def test_the_examples_of_the_document(query: str, text: str) -> None:
    cohort = Cohort.from_query(query)
    assert from_json(text) == cohort
    assert to_document(cohort) == json.loads(text)
    assert cohort.to_query() == query


def test_the_examples_show_every_key() -> None:
    def keys(value: Any) -> set[str]:
        if isinstance(value, dict):
            return value.keys() | keys(list(value.values()))
        return set().union(*map(keys, value)) if isinstance(value, list) else set()

    assert keys([json.loads(text) for _, text in EXAMPLES]) == {
        *("conditions", "relations", "clinical", "combinations", "options"),
        *("attribute", "operator", "values"),
        *("relation", "within_days", "at_least", "of"),
        *("collection_id", "table", "column", "not", "gte", "lte", "missing"),
        *("operation", "a", "b", "by"),
        *("scope", "add", "sample", "sample_gb", "sample_by", "split", "split_by", "part", "seed"),
    }


@settings(max_examples=60)
@given(any_cohorts.cohorts)
def test_url_and_json_hold_the_same(cohort: Cohort) -> None:
    text = to_json(cohort)
    assert "\n" not in text
    assert from_json(text) == from_text(text) == from_text(cohort.to_query()) == cohort
    assert to_json(from_json(text)) == text
    assert from_json(json.dumps(to_document(cohort), indent=4)) == cohort
    assert from_json(text).to_query() == cohort.to_query()


def condition(**changed: Any) -> dict[str, Any]:
    return {"attribute": "Modality", "operator": "eq", "values": ["CT"], **changed}


def faulty(**parts: Any) -> dict[str, Any]:
    return {"conditions": [], **parts}


COLUMN = {"collection_id": "nlst", "table": "prsn", "column": "age"}
BOTH: dict[str, Any] = {"a": {"conditions": []}, "b": {"conditions": []}}

FAULTS: list[tuple[Any, str]] = [
    ([], "it is to be an object"),
    ({}, "“conditions” is missing"),
    ({"conditions": {}}, "“conditions” is to be a list"),
    (faulty(relation=[]), "“relation” is unknown; the keys are conditions, relations, clinical, combinations, options"),
    (faulty(options=[["scope", "study"]]), "“options” is to be an object"),
    (faulty(options={"scop": "study"}), "“options.scop” is unknown; the keys are scope, add, sample"),
    (faulty(options={"sample": 50}), "“options.sample” is to be a text in quotes"),
    (faulty(options={"add": "derived"}), "“options.add” is to be a list"),
    (faulty(options={"add": [None]}), "“options.add[0]” is to be a text in quotes"),
    ({"conditions": [condition(), []]}, "“conditions[1]” is to be an object"),
    ({"conditions": [condition(value=[])]}, "“conditions[0].value” is unknown; the keys are attribute, operator"),
    ({"conditions": [condition(values="CT")]}, "“conditions[0].values” is to be a list"),
    ({"conditions": [condition(values=["CT", 5])]}, "“conditions[0].values[1]” is to be a text in quotes"),
    (faulty(relations=[{"relation": "patient_has"}]), "“relations[0].conditions” is missing"),
    (
        faulty(relations=[{"relation": "patient_has", "conditions": [], "at_least": 2}]),
        "“relations[0].at_least” is to be a text in quotes",
    ),
    (faulty(clinical=[COLUMN | {"value": ["1"]}]), "“clinical[0].value” is unknown; the keys are collection_id"),
    (faulty(clinical=[{"table": "prsn"}]), "“clinical[0].collection_id” is missing"),
    (faulty(combinations=[{"operation": "union", "a": {"conditions": []}}]), "“combinations[0].b” is missing"),
    (
        faulty(combinations=[{**BOTH, "operation": "union", "b": {"conditions": [condition(operator=None)]}}]),
        "“combinations[0].b.conditions[0].operator” is to be a text in quotes",
    ),
]

#: What the parts themselves refuse, as in the URL form.
REFUSED: list[tuple[Any, str]] = [
    ({"conditions": [condition(attribute="Modlity")]}, "There is no attribute “Modlity”; did you mean “Modality”?"),
    ({"conditions": [condition(values=[])]}, "Modality needs a value."),
    (faulty(options={"seed": "1"}), "seed belongs to a sample or a split."),
    (faulty(options={"sample": "none"}), "sample takes a whole number from 1 to 1,000,000, not “none”."),
    (faulty(clinical=[COLUMN]), "clinical needs value, not, gte, lte or missing."),
    (
        faulty(relations=[{"relation": "has", "conditions": []}]),
        "A relation is one of patient_has, patient_lacks, study_has, study_lacks, not “has”.",
    ),
    (
        faulty(combinations=[{**BOTH, "operation": "xor"}]),
        "combinations[0].operation is one of union, intersection, difference, not “xor”.",
    ),
    (
        faulty(combinations=[{**BOTH, "operation": "union", "by": "visit"}]),
        "combinations[0].by is one of series, study, patient, not “visit”.",
    ),
    (
        faulty(clinical=[COLUMN | {"values": [str(number)]} for number in range(MAX_CLAUSES + 1)]),
        f"A cohort takes at most {MAX_CLAUSES} conditions on patients, studies and other cohorts.",
    ),
]


@pytest.mark.parametrize(("document", "why"), FAULTS, ids=[why for _, why in FAULTS])
def test_the_key_at_fault_is_named(document: Any, why: str) -> None:
    with pytest.raises(QueryError) as caught:
        from_json(json.dumps(document))
    assert str(caught.value).startswith(f"The JSON is not a cohort: {why}")
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize(("document", "message"), REFUSED, ids=[message for _, message in REFUSED])
def test_what_the_parts_refuse(document: Any, message: str) -> None:
    with pytest.raises(QueryError) as caught:
        from_json(json.dumps(document))
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"conditions": [], "conditions": []}', "“conditions” stands twice in one object"),
        ('{"conditions": [{"a": 1, "b": 2, "a": 3}]}', "“a” stands twice in one object"),
        ('{"conditions": [}', "line 1, column 17 is no JSON (Expecting value)"),
        ('{"conditions": []} x', "line 1, column 20 is no JSON (Extra data)"),
        ("9" * 5_000, "it holds a number with too many digits"),
        (" " * MAX_JSON_LENGTH + "{}", "it is longer than 256,000 characters"),
        ("[" * 100_000, "its brackets stand more than 66 deep in each other"),
        ('{"conditions":' * 10_000, "its brackets stand more than 66 deep in each other"),
        ('"\\"[{' + "[" * 100, "line 1, column 1 is no JSON (Unterminated string starting at)"),
    ],
    ids=lambda text: text[:30],
)
def test_what_is_no_json(text: str, why: str) -> None:
    with pytest.raises(QueryError) as caught:
        from_json(text)
    assert str(caught.value) == f"The JSON is not a cohort: {why}."


def nested(levels: int) -> str:
    """JSON of cohorts within each other."""
    text = to_json(Cohort.from_query("patient_has=Modality%3DPT"))
    for _ in range(levels):
        text = (
            f'{{"conditions": [], "combinations": [{{"operation": "union", "a": {text}, "b": {{"conditions": []}}}}]}}'
        )
    return text


def test_cohorts_within_each_other_are_read_as_deep_as_there_may_be_and_no_deeper() -> None:
    deepest = from_json(nested(MAX_CLAUSES - 1))
    assert deepest.weight == MAX_CLAUSES
    assert from_json(to_json(deepest)) == Cohort.from_query(deepest.to_query()) == deepest
    with pytest.raises(QueryError, match=f"at most {MAX_CLAUSES}"):
        from_json(nested(MAX_CLAUSES))
    with pytest.raises(QueryError, match=f"brackets stand more than {MAX_JSON_DEPTH} deep"):
        from_json(nested(MAX_CLAUSES + 1))


def test_the_depth_does_not_hang_on_what_is_left_of_the_stack() -> None:
    """A text at the very bound is read with hardly more frames than an empty one."""
    text = "[" * MAX_JSON_DEPTH + "]" * MAX_JSON_DEPTH

    def frames() -> int:
        frame, count = sys._getframe(), 0
        while frame := frame.f_back:  # type: ignore[assignment]
            count += 1
        return count

    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(frames() + 150)
    try:
        with pytest.raises(QueryError, match="is to be an object"):
            from_json(text)
        assert from_json(nested(5)).weight == 6
    finally:
        sys.setrecursionlimit(limit)


def test_what_no_url_can_hold_is_refused() -> None:
    values = [f"{number:01000}" for number in range(64)]
    text = json.dumps({"conditions": [condition(attribute="PatientID", values=values)]})
    assert MAX_QUERY_LENGTH < len(text) < MAX_JSON_LENGTH
    with pytest.raises(QueryError, match=r"^The cohort is longer than 64,000 characters in URL form"):
        from_json(text)
    kept = Cohort().with_values("PatientID", "eq", values[:63])
    assert from_json(to_json(kept)) == kept
    side = json.loads(text)
    side["conditions"][0]["operator"] = "not"
    with pytest.raises(QueryError, match=r"^union is longer than 64,000 characters"):
        from_json(json.dumps(faulty(combinations=[{"operation": "union", "a": side, "b": {"conditions": []}}])))


#: Nearly documents: their own keys and values in the wrong places.
atoms = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
words = st.sampled_from(
    (
        *("conditions", "relations", "clinical", "combinations", "options", "attribute", "operator", "values"),
        *("relation", "a", "b", "by", "operation", "scope", "add", "sample", "union", "patient_has", "Modality", "eq"),
    )
)
nearly = st.recursive(
    atoms | words, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=4), max_leaves=20
)


@given(nearly.map(json.dumps) | st.text().map("{{{}".format))
@example('{"conditions": [{"attribute": "\\ud800", "operator": "eq", "values": ["x"]}]}')
@example('{"\\ud800": []}')
@example('{"conditions": [], "clinical": [{"collection_id": "a", "table": "t", "column": "c", "values": ["\\ud800"]}]}')
@example('{"conditions": [], "options": {"part": "\\ud800\\n"}}')
@example('{"conditions": NaN}')
def test_any_json_parses_or_is_refused_in_words(text: str) -> None:
    cohort = parsed_or_refused(from_json, text)
    assert from_json(to_json(cohort)) == cohort


def test_either_form_is_known_by_its_beginning() -> None:
    assert from_text(' \n{"conditions": []}') == from_text("") == Cohort()
    assert from_text("Modality=%7B") == Cohort().with_values("Modality", "eq", ["{"])
    with pytest.raises(QueryError, match=r"^The query is not of the form"):
        from_text('["Modality"]')


def test_a_side_of_a_combination_keeps_its_options() -> None:
    side = Cohort.from_query("Modality=CT&sample=5&seed=3")
    cohort = Cohort().with_clause(Combination.of(Operation.DIFFERENCE, side, Cohort()))
    assert to_document(cohort)["combinations"][0]["a"]["options"] == {"sample": "5", "seed": "3"}
    assert from_json(to_json(cohort)) == cohort
