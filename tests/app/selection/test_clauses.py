"""Scope, relations, algebra, completion, samples and splits mean the same to catalog, SQL and specification."""

from dataclasses import replace
from itertools import pairwise, product
from urllib.parse import quote

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cohort.attributes import BASE_ATTRIBUTES
from app.cohort.clauses import PARTS, RELATION_KEYS, Completion, Scope, Split, write_pairs
from app.cohort.cohort import MAX_CLAUSES, Cohort, Combination, Operation
from app.cohort.conditions import QueryError
from app.cohort.json_form import from_json, to_json
from app.language.english import sentence
from app.language.statement import select
from app.selection.selection import Selection
from app.selection.steps import left_out, missing_shares, waterfall
from tests.app.cohort.test_cohort import parsed_or_refused
from tests.app.selection.test_facets import COUNTED, counts_by_value
from tests.support import truth, truth_clauses
from tests.support.clause_cohorts import EXAMPLES, random_clause_cohorts

COHORTS = [*map(Cohort.from_query, EXAMPLES.values()), *random_clause_cohorts(45, seed=163)]


def test_cohorts_use_everything_and_find_something(catalog):
    relations = [relation for cohort in COHORTS for relation in cohort.relations]
    assert {relation.key for relation in relations} == set(RELATION_KEYS)
    assert {(r.lacks, r.at_least > 1, r.counted) for r in relations if r.within_days is not None} >= {
        (lacks, several, counted)
        for lacks in (False, True)
        for several, counted in ((False, Scope.SERIES), (True, Scope.SERIES), (True, Scope.STUDY))
    }
    combinations = [combination for cohort in COHORTS for combination in cohort.combinations]
    assert {(c.operation, c.unit) for c in combinations} == {
        (Operation.UNION, Scope.SERIES),
        *((operation, unit) for operation in (Operation.INTERSECTION, Operation.DIFFERENCE) for unit in Scope),
    }
    assert {cohort.scope for cohort in COHORTS} == set(Scope)
    assert {completion for cohort in COHORTS for completion in cohort.added} == set(Completion)
    assert {bool(c.sample.by) for c in COHORTS if c.sample} == {bool(c.split.by) for c in COHORTS if c.split}
    assert {c.split.part for c in COHORTS if c.split} == {"", *PARTS}
    found = [Selection(catalog, cohort).totals.series for cohort in COHORTS]
    assert sum(0 < series < 1_000_000 for series in found) > 30


@pytest.mark.parametrize("number", range(len(COHORTS)))
def test_same_series_and_parts(number, catalog, plain, number_of_row):
    cohort = COHORTS[number]
    expected = truth_clauses.mask(cohort)

    selection = Selection(catalog, cohort)
    found = plain.execute(select(cohort, ["file_row_number"])).fetchnumpy()

    assert np.array_equal(truth.marked(found["file_row_number"]), expected), select(cohort)
    numbers = number_of_row[selection.rows]
    assert np.array_equal(truth.marked(numbers), expected), cohort.to_query()
    assert selection.totals == truth.totals(expected)
    if cohort.split:
        parts = np.array(["", *PARTS])[selection.parts][np.argsort(numbers)]
        assert np.array_equal(found["split"][np.argsort(found["file_row_number"])], parts)
        everybody = truth_clauses.mask(cohort.with_options(split=replace(cohort.split, part="")))
        of_patient = truth_clauses.split(everybody, cohort.split, cohort.seed)
        assert [of_patient[patient] for patient in truth.patients()[expected]] == list(parts)


@pytest.mark.parametrize("number", range(0, len(COHORTS), 16))
def test_facets_and_scopes_count_what_matches(number, catalog):
    cohort = COHORTS[number]
    selection = Selection(catalog, cohort)
    for attribute in COUNTED:
        series, patients = truth.counts(attribute, truth_clauses.matching(cohort.without(attribute.name)))
        assert counts_by_value(selection, attribute, "series") == series, (attribute.name, cohort.to_query())
        assert counts_by_value(selection, attribute, "patients") == patients, (attribute.name, cohort.to_query())
        of_result = truth.series_counts(attribute, truth_clauses.mask(cohort))
        settled = Selection.of_rows(catalog, selection.rows)
        assert counts_by_value(settled, attribute, "series") == of_result
    for scope, totals in selection.scopes().items():
        assert totals == truth.totals(truth_clauses.mask(cohort.matching().with_options(scope=scope)))


@pytest.mark.parametrize("query", ["Modality=PT", "collection_id=nlst&Modality=SEG", "PatientAge__lte=3"])
def test_scope_grows(query, catalog):
    cohort = Cohort.from_query(query)
    series, study, patient = (set(Selection(catalog, cohort.with_options(scope=scope)).rows) for scope in Scope)
    assert series < study < patient


@pytest.mark.parametrize("unit", list(Scope))
def test_union_intersection_and_difference_agree_in_size(unit, catalog):
    one, other = Cohort.from_query("Modality=CT&Modality=PT"), Cohort.from_query("Modality=PT&Modality=MR")

    def size(operation: Operation) -> int:
        combination = Combination.of(operation, one, other, unit)
        totals = Selection(catalog, Cohort().with_clause(combination)).totals
        return {Scope.SERIES: totals.series, Scope.STUDY: totals.studies, Scope.PATIENT: totals.patients}[unit]

    totals = [Selection(catalog, cohort).totals for cohort in (one, other)]
    left, right = ({"series": t.series, "study": t.studies, "patient": t.patients}[unit] for t in totals)
    assert 0 < size(Operation.INTERSECTION) < min(left, right)
    assert size(Operation.UNION) == left + right - size(Operation.INTERSECTION)
    assert size(Operation.DIFFERENCE) == left - size(Operation.INTERSECTION)


@pytest.mark.parametrize("inner", ["Modality=PT", "Modality=CT&instanceCount__gte=100&at_least=3&of=studies"])
def test_having_and_lacking_split_the_patients_in_two(inner, catalog):
    having, lacking = (
        Selection(catalog, Cohort.from_query(f"patient_{verb}={quote(inner)}")) for verb in ("has", "lacks")
    )
    assert 0 < having.totals.patients < catalog.patient_count
    assert having.totals.patients + lacking.totals.patients == catalog.patient_count
    assert having.totals.series + lacking.totals.series == catalog.series_count
    assert not set(having.rows) & set(lacking.rows)


# --- samples and splits ------------------------------------------------------------------------------------------


def test_splits_keep_patients_whole_and_shares_exact(catalog, number_of_row):
    prepared = []
    for query in ("collection_id=nlst&Modality=CT", "Modality=MR&Modality=PT"):
        cohort = Cohort.from_query(f"{query}&split=70-15-15&split_by=Manufacturer")
        strata = pd.Series(truth_clauses.strata(truth_clauses.mask(cohort), "Manufacturer"))
        rows = Selection(catalog, cohort).rows
        patients, first, of_row = np.unique(
            truth.patients()[number_of_row[rows]], return_index=True, return_inverse=True
        )
        stratum = pd.Series(patients).map(strata).to_numpy()
        prepared.append((cohort, rows, first, of_row, stratum, strata.value_counts()))
    dealt = set()
    # Seed by seed: both cohorts draw from the same order of all patients.
    for seed, (cohort, rows, first, of_row, stratum, sizes) in product(range(50), prepared):
        selection = Selection(catalog, cohort.with_options(seed=seed))
        parts = selection.parts[first]
        assert np.array_equal(selection.rows, rows)
        assert np.array_equal(parts[of_row], selection.parts)
        for part, share in enumerate((70, 15, 15), start=1):
            assert abs(np.sum(parts == part) - len(parts) * share / 100) <= 1
            within = pd.Series(stratum[parts == part]).value_counts()
            for value, size in sizes.items():
                assert abs(within.get(value, 0) - size * share / 100) <= max(2, 0.02 * size), (value, size)
        dealt.add(parts.tobytes())
    assert len(dealt) == 50 * len(prepared)


@pytest.mark.parametrize("shares", [(70, 15, 15), (80, 0, 20), (34, 33, 33), (98, 1, 1), (0, 100, 0), (1, 49, 50)])
def test_parts_are_dealt_evenly(shares):
    pattern = Split(shares).pattern
    for length in range(1, 101):
        for part, share in enumerate(shares):
            assert abs(pattern[:length].count(str(part)) - share * length / 100) < 1
    assert len(pattern) == 100


def test_samples_are_random_but_the_same_each_time(catalog):
    def patients(query: str) -> set[int]:
        return set(catalog.array("PatientID")[Selection(catalog, Cohort.from_query(query)).rows])

    ten, twenty, other = (patients(f"Modality=CT&{rest}") for rest in ("sample=10", "sample=20", "sample=20&seed=1"))
    assert (len(ten), len(twenty), len(other)) == (10, 20, 20)
    assert ten < twenty
    assert len(twenty & other) < 3


@pytest.mark.parametrize("query", ["Modality=CT&BodyPartExamined=LUNG", "Modality=MR&scope=study"])
def test_a_budget_is_filled_until_the_next_patient_would_exceed_it(query, catalog):
    """Where no patient is larger than the budget, the sample of one patient more is."""
    sizes = np.bincount(
        catalog.array("PatientID")[(rows := Selection(catalog, Cohort.from_query(query)).rows)],
        weights=catalog.array("bytes")[rows],
    )
    budget = int(sizes.max() * 2)
    totals = Selection(catalog, Cohort.from_query(f"{query}&sample_gb={budget / 1e9:.9f}")).totals
    more = Selection(catalog, Cohort.from_query(f"{query}&sample={totals.patients + 1}")).totals
    assert totals.size_bytes <= budget < more.size_bytes


# --- views -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", range(len(COHORTS)))
def test_url_and_json_read_back(number):
    cohort = COHORTS[number]
    assert Cohort.from_query(cohort.to_query()) == cohort
    assert Cohort.from_query(cohort.to_query()).to_query() == cohort.to_query()
    assert from_json(to_json(cohort)) == cohort


CANONICAL = {
    "scope=series": "",
    "patient_has=at_least%3D1%26Modality%3DPT%26of%3Dstudies": "patient_has=Modality%3DPT",
    "add=sources&add=derived&scope=study": "scope=study&add=derived&add=sources",
    "union=by%3Dpatient%26b%3DModality%253DCT%26a%3DModality%253DPT": "union=a%3DModality%253DCT%26b%3DModality%253DPT",
    "sample_gb=20.50&seed=007": "sample_gb=20.5&seed=7",
    "sample_gb=20.0": "sample_gb=20",
    "split=070-15-15&seed=0": "split=70-15-15",
    "patient_has=Modality%3DPT&patient_has=Modality%3DPT": "patient_has=Modality%3DPT",
}


@pytest.mark.parametrize(("query", "canonical"), CANONICAL.items())
def test_canonical_url(query, canonical):
    assert Cohort.from_query(query).to_query() == canonical


REFUSED = {
    "patient_has=": "patient_has needs a condition",
    "patient_has=Modalty%3DPT": "did you mean “Modality”",
    "patient_has=Modality%3DPT%26within_days%3D-1": "within_days takes a whole number from 0",
    "patient_has=Modality%3DPT%26at_least%3D2%26at_least%3D3": "at_least twice",
    "study_has=Modality%3DPT%26within_days%3D3": "of one study",
    "patent_has=Modality%3DPT": "did you mean “patient_has”",
    "patient_has=scope%3Dstudy": "There is no attribute “scope”",
    "scope=everything": "scope is one of series, study, patient",
    "scope=study&scope=patient": "scope twice",
    "union=a%3DModality%253DCT": "takes two cohorts",
    "union=a%3D%26b%3D%26c%3D": "is one of a, b, by",
    "difference=a%3D%26b%3DModalty%253DCT": "did you mean “Modality”",
    "sample=0": "whole number from 1",
    "sample=10&sample_gb=1": "either",
    "sample_gb=0": "above 0",
    "sample=10&sample_by=cancer_types": "one listed value per series",
    "sample_by=Modality": "belongs to",
    "split=70-20-20": "100 together",
    "split=50-50": "100 together",
    "split=70-15-15&part=tests": "part is one of train, validation, test",
    "part=train": "belong to a split",
    "seed=1": "belongs to a sample or a split",
    "add=everything": "add is one of derived, sources",
    "&".join(f"patient_has=instanceCount%3D{n}" for n in range(MAX_CLAUSES + 1)): "at most",
}


@pytest.mark.parametrize(("query", "message"), REFUSED.items())
def test_what_is_refused_is_named(query, message):
    with pytest.raises(QueryError) as caught:
        Cohort.from_query(query)
    assert message in str(caught.value)
    assert str(caught.value).isprintable()


keys = st.sampled_from([*RELATION_KEYS, *Operation, "scope", "add", "sample", "sample_gb", "split", "part", "seed"])
fragments = st.sampled_from(
    ["Modality=CT", "a=", "b=Modality%3DCT", "at_least=2", "of=studies", "within_days=9", "by=study"]
)
values = st.lists(fragments | st.text(max_size=9), max_size=4).map("&".join) | st.text(max_size=9)


@given(st.lists(st.tuples(keys, values), max_size=4))
def test_any_clause_reads_back_or_is_refused(pairs):
    cohort = parsed_or_refused(Cohort.from_query, write_pairs(pairs))
    assert Cohort.from_query(cohort.to_query()) == cohort
    assert from_json(to_json(cohort)) == cohort
    assert sentence(cohort).endswith(".")


SENTENCES = {
    "Modality=CT&scope=study": "All series of the studies that have a series where modality is CT.",
    "Modality=CT&scope=patient": "All series of the patients that have a series where modality is CT.",
    "scope=patient": "All series of IDC.",
    "Modality=CT&patient_has=Modality%3DPT": (
        "Series where modality is CT and the patient has a series where modality is PT."
    ),
    "Modality=CT&patient_has=Modality%3DPT&patient_lacks=Modality%3DSEG": (
        "Series where modality is CT, the patient has a series where modality is PT and the patient has no series"
        " where modality is SEG."
    ),
    "study_has=Modality%3DCT%26instanceCount__gte%3D100%26at_least%3D2": (
        "Series where the study has at least 2 series where (modality is CT and number of instances is at least 100)."
    ),
    "patient_lacks=Modality%3DCT%26at_least%3D3%26of%3Dstudies": (
        "Series where the patient has fewer than 3 studies with a series where modality is CT."
    ),
    "patient_has=at_least%3D3%26of%3Dstudies": "Series where the patient has at least 3 studies.",
    "Modality=CT&patient_has=Modality%3DPT%26within_days%3D30": (
        "Series where modality is CT and the patient has a series dated within 30 days of this one where modality is"
        " PT."
    ),
    "union=a%3DModality%253DCT%26b%3DModality%253DPT": (
        "Series where it is in [series where modality is CT] or in [series where modality is PT]."
    ),
    "intersection=a%3DModality%253DCT%26b%3DModality%253DPT%26by%3Dpatient": (
        "Series where it is in [series where modality is CT] or in [series where modality is PT] and its patient is in"
        " both."
    ),
    "difference=a%3D%26b%3DModality%253DPT%26by%3Dstudy": (
        "Series where it is in [all series of IDC] and its study is not in [series where modality is PT]."
    ),
    "Modality=CT&add=derived": (
        "Series where modality is CT; with all ANN, RTSTRUCT, SEG and SR series of the studies that its images belong"
        " to."
    ),
    "Modality=SEG&add=sources": (
        "Series where modality is SEG; with all images of the studies that its ANN, RTSTRUCT, SEG and SR series belong"
        " to."
    ),
    "Modality=CT&sample=1000&seed=7&sample_by=Manufacturer": (
        "Series where modality is CT; of these, 1,000 patients sampled at random (seed 7) evenly over manufacturer."
    ),
    "sample_gb=20": "All series of IDC; of these, patients sampled at random up to 20 GB (seed 0).",
    "Modality=CT&split=80-0-20&part=test&split_by=PatientSex": (
        "Series where modality is CT; patients split at random (seed 0) evenly over patient sex into 80 % train and"
        " 20 % test, of which only test."
    ),
}


@pytest.mark.parametrize(("query", "words"), SENTENCES.items())
def test_sentence(query, words):
    assert sentence(Cohort.from_query(query)) == words


# --- waterfall ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", range(0, len(COHORTS), 12))
def test_waterfall_leads_from_everything_to_the_cohort(number, catalog):
    selection = Selection(catalog, COHORTS[number])
    steps = waterfall(selection)
    assert steps[0].totals == Selection(catalog, Cohort()).totals
    assert steps[-1].totals == selection.totals
    assert len({step.clause for step in steps}) == len(steps)
    for before, step in pairwise(steps):
        assert step.removed.series == before.totals.series - step.totals.series
        assert step.removed.patients == before.totals.patients - step.totals.patients
        assert step.removed.size_bytes == before.totals.size_bytes - step.totals.size_bytes


def test_an_empty_cohort_grows_without_what_alone_is_in_the_way(catalog):
    cohort = Cohort.from_query("Modality=CT&BodyPartExamined=BREAST&PatientSex=M&collection_id=nlst")
    assert not truth_clauses.mask(cohort).any()
    fewer = {
        name: Cohort.from_pairs(pair for pair in cohort.to_pairs() if pair[0] != name) for name, _ in cohort.to_pairs()
    }
    expected = {other: int(truth_clauses.mask(other).sum()) for other in fewer.values()}
    assert {way.cohort: way.series for way in left_out(Selection(catalog, cohort))} == {
        other: series for other, series in expected.items() if series
    }
    lacking = Cohort.from_query("Modality=CT&patient_lacks=Modality%3DCT")
    (way,) = [way for way in left_out(Selection(catalog, lacking)) if not way.cohort.relations]
    assert way.series == int(truth_clauses.mask(Cohort.from_query("Modality=CT")).sum())


@pytest.mark.parametrize(
    "query", ["", "Modality=CT&BodyPartExamined__missing=true", "PatientAge__gte=50&scope=patient"]
)
def test_shares_of_missing_values(query, catalog):
    cohort = Cohort.from_query(query)
    shares = missing_shares(Selection(catalog, cohort))
    selected = truth_clauses.mask(cohort)
    assert set(shares) == {name for name, attribute in BASE_ATTRIBUTES.items() if not attribute.complete}
    for name, share in shares.items():
        found = truth.values_of(name)
        lacking = np.array([value is None for value in found.values])[found.codes]
        assert share == pytest.approx(lacking[selected].sum() / selected.sum(), abs=1e-12), name
