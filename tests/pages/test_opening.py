"""A cohort that is opened is the cohort that was meant: it arrives whole in the address bar, whichever way it takes."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from app.cohort.clauses import Relation, Scope
from app.cohort.clinical_clause import ClinicalClause
from app.cohort.cohort import Cohort, Combination, Operation
from app.cohort.conditions import Condition
from tests.support.clause_cohorts import random_clause_cohorts

#: An app of two pages, the first of which opens the cohort in the session's state.
MAIN = """
import streamlit as st
st.navigation([st.Page("../pages/start.py", default=True), st.Page("../pages/explore.py", url_path="explore")]).run()
"""
START = """
import streamlit as st
from app.cohort import Cohort
from components.common import links, state
if "wanted" in st.session_state:
    cohort = Cohort.from_query(st.session_state["wanted"])
    links.explore_link(cohort, "Open")
    st.text(links.explore(cohort).href)
    if st.session_state["way"] == "switch":
        links.open_explore(cohort)
    state.show(cohort)
"""
EXPLORE = """
import streamlit as st
from components.common import state
st.text(state.current().to_query())
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    for name, text in {"app/main.py": MAIN, "pages/start.py": START, "pages/explore.py": EXPLORE}.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return folder / "app" / "main.py"


def open_by(way: str, script: Path, cohort: Cohort) -> AppTest:
    shown = AppTest.from_file(str(script), default_timeout=60)
    shown.session_state["wanted"], shown.session_state["way"] = cohort.to_query(), way
    shown.run()
    assert not shown.exception
    return shown


def pairs_of(shown: AppTest) -> list[tuple[str, str]]:
    """What stands in the address bar, decoded, in its order."""
    listed = {key: [value] if isinstance(value, str) else value for key, value in shown.query_params.items()}
    return [(key, value) for key, values in listed.items() for value in values]


def expect_arrival(script: Path, cohort: Cohort) -> None:
    switched = open_by("switch", script, cohort)
    assert pairs_of(switched) == cohort.to_pairs()
    assert [text.value for text in switched.text] == [cohort.to_query()]
    stayed = open_by("show", script, cohort)
    assert pairs_of(stayed) == cohort.to_pairs()
    linked = stayed.get("page_link")[0].proto
    assert (linked.page, parse_qsl(linked.query_string)) == ("explore", cohort.to_pairs())
    assert parse_qsl(stayed.text[0].value.partition("?")[2]) == cohort.to_pairs()


#: One cohort for each kind of parameter that can stand more than once.
SEVERAL = {
    "values": "Modality=CT&Modality=MR&Modality=PT&BodyPartExamined__not=LUNG&BodyPartExamined__not=CHEST",
    "identifiers": "&".join(f"SeriesInstanceUID=1.2.{number}" for number in range(500)),
    "lists": "PatientID__in=0123456789ab&PatientID__in=0123456789ac&collection_id=nlst&collection_id=ispy1",
    "relations": "patient_has=Modality%3DCT%26Modality%3DMR&patient_has=Modality%3DPT&study_lacks=Modality%3DSEG",
    "additions": "Modality=SEG&add=derived&add=sources",
    "texts": "SeriesDescription=a%20b%2Bc%26d&SeriesDescription=%25e%3D%3F%23&SeriesDescription=%C3%A9%F0%9F%98%80",
}


@pytest.mark.parametrize("query", SEVERAL.values(), ids=SEVERAL)
def test_what_is_sent_arrives(query, script):
    expect_arrival(script, Cohort.from_query(query))


@pytest.mark.parametrize("cohort", random_clause_cohorts(10, seed=5), ids=Cohort.to_query)
def test_cohorts_of_every_clause_arrive(cohort, script):
    expect_arrival(script, cohort)


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12)
names = st.sampled_from(["nlst", "c4kc_kits"])
several = st.lists(texts, min_size=1, max_size=4)
conditions = st.builds(
    Condition.of,
    st.sampled_from(["Modality", "collection_id", "PatientID", "SeriesDescription"]),
    st.sampled_from(["eq", "not"]),
    several,
)
clinical = st.builds(ClinicalClause.of, names, st.just("t"), st.just("it's a+b&c"), several)
relations = st.builds(
    lambda owner, lacks, asked: Relation.of(owner, lacks, [asked]),
    st.sampled_from([Scope.PATIENT, Scope.STUDY]),
    st.booleans(),
    conditions,
)


def together(children: st.SearchStrategy[Cohort]) -> st.SearchStrategy[Cohort]:
    combinations = st.builds(Combination.of, st.sampled_from(Operation), children, children, st.sampled_from(Scope))
    return st.builds(Cohort.of, combinations=st.lists(combinations, min_size=1, max_size=2))


cohorts = st.recursive(
    st.builds(
        Cohort.of,
        st.lists(conditions, max_size=3),
        st.lists(relations, max_size=2),
        st.lists(clinical, max_size=2),
    ),
    together,
    max_leaves=3,
)


@given(cohorts)
@examples(max_examples=10)
def test_any_texts_arrive(script, cohort):
    expect_arrival(script, cohort)
