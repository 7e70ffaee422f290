"""The cohort's views (URL, JSON, sentence, SQL) as tables, and what must hold for any input whatever."""

import json
from collections.abc import Callable
from itertools import pairwise
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.cohort.attribute import Kind
from app.cohort.attributes import ATTRIBUTES
from app.cohort.cohort import Cohort
from app.cohort.conditions import (
    MAX_VALUE_LENGTH,
    Condition,
    QueryError,
    format_number,
    just_beside,
    number_of,
    value_of,
)
from app.cohort.json_form import from_json, to_json
from app.cohort.operators import operators_of
from app.cohort.sql import where
from app.language.english import sentence
from tests.support.any_cohorts import conditions, plain_cohorts

UID, UUID = "1.2.840.113654.2.55", "00000000-0000-4000-8000-00000000000a"

CANONICAL = {
    "": "",
    "?": "",
    "?Modality=MR": "Modality=MR",
    "Modality=MR&Modality=CT": "Modality=CT&Modality=MR",
    "Modality=CT&Modality=MR&Modality=CT": "Modality=CT&Modality=MR",
    "Modality__eq=CT": "Modality=CT",
    "Modality__eq=MR&Modality=CT": "Modality=CT&Modality=MR",
    "Modality=ct": "Modality=ct",
    "PatientSex=F&BodyPartExamined=LUNG&Modality=CT": "Modality=CT&BodyPartExamined=LUNG&PatientSex=F",
    "PatientAge__lte=65&PatientAge__missing=true&PatientAge__gte=18": (
        "PatientAge__gte=18&PatientAge__lte=65&PatientAge__missing=true"
    ),
    "BodyPartExamined__missing=true&BodyPartExamined__not=A": (
        "BodyPartExamined__not=A&BodyPartExamined__missing=true"
    ),
    "PatientID=TCGA+01": "PatientID=TCGA%2001",
    "PatientID=%2B": "PatientID=%2B",
    "PatientID=a=b": "PatientID=a%3Db",
    "PatientID=%20": "PatientID=%20",
    "source_DOI=10.7937/k9": "source_DOI=10.7937%2Fk9",
    "Manufacturer=é&Manufacturer=%C3%A8": "Manufacturer=%C3%A8&Manufacturer=%C3%A9",
    "Manufacturer=A%26B;C": "Manufacturer=A%26B%3BC",
    "instanceCount=0100": "instanceCount=100",
    "instanceCount=%2B5": "instanceCount=5",
    "instanceCount=-0": "instanceCount=0",
    "instanceCount=1e2": "instanceCount=100",
    "instanceCount=40&instanceCount=5&instanceCount=5.0": "instanceCount=5&instanceCount=40",
    "series_size_MB__gte=.5": "series_size_MB__gte=0.5",
    "series_size_MB__gte=2.": "series_size_MB__gte=2",
    "series_size_MB__gte=1.50": "series_size_MB__gte=1.5",
    "series_size_MB__gte=1e-7": "series_size_MB__gte=0.0000001",
    "series_size_MB__gte=1e-30": "series_size_MB__gte=0.000000000000000000000000000001",
    "series_size_MB__gte=0.1000000000000000055": "series_size_MB__gte=0.1",
    "StudyDate__gte=2001-01-31": "StudyDate__gte=2001-01-31",
    f"SeriesInstanceUID={UID}.9&SeriesInstanceUID={UID}.10": (f"SeriesInstanceUID={UID}.10&SeriesInstanceUID={UID}.9"),
}


@pytest.mark.parametrize(("query", "canonical"), CANONICAL.items())
def test_canonical_url(query, canonical):
    assert Cohort.from_query(query).to_query() == canonical


SENTENCES = {
    "": "All series of IDC.",
    "Modality=CT": "Series where modality is CT.",
    "Modality=CT&Modality=MR&Modality=PT": "Series where modality is CT, MR or PT.",
    "Modality=CT&PatientSex=F": "Series where modality is CT and patient sex is F.",
    "Modality=CT&PatientSex=F&species=Human": ("Series where modality is CT, species is Human and patient sex is F."),
    "Modality__not=CT": "Series where modality is not CT.",
    "BodyPartExamined__not=LUNG": "Series where body part is not LUNG (series without a value are kept).",
    "BodyPartExamined__not=LUNG&BodyPartExamined__missing=true": ("Series where body part is not LUNG or is missing."),
    "BodyPartExamined__not=LUNG&BodyPartExamined__missing=false": (
        "Series where body part is not LUNG and is present."
    ),
    "BodyPartExamined=LUNG&BodyPartExamined__missing=true": "Series where body part is LUNG or is missing.",
    "BodyPartExamined__missing=true": "Series where body part is missing.",
    "BodyPartExamined__missing=false": "Series where body part is present.",
    "BodyPartExamined__contains=lu": "Series where body part contains “lu”.",
    "SeriesDescription__contains=t1&SeriesDescription__not=T1": (
        "Series where series description is not “T1” and contains “t1”."
    ),
    "PatientID=1": "Series where patient ID is “1”.",
    "instanceCount__gte=100": "Series where number of instances is at least 100.",
    "series_size_MB__lte=0.5": "Series where series size is at most 0.5 MB.",
    "PatientAge__gte=18&PatientAge__lte=65": (
        "Series where patient age is between 18 and 65 years (series without a value are left out)."
    ),
    "PatientAge__lte=65&PatientAge__missing=true": ("Series where patient age is at most 65 years or is missing."),
    "StudyDate=2001-01-31": "Series where study date is 2001-01-31.",
    "origin=derived": "Series where origin is derived.",
}


@pytest.mark.parametrize(("query", "words"), SENTENCES.items())
def test_sentence(query, words):
    assert sentence(Cohort.from_query(query)) == words


AGE = (
    "(TRY_CAST(left(PatientAge, 3) AS INTEGER) / CASE upper(right(PatientAge, 1)) WHEN 'Y' THEN 1"
    " WHEN 'M' THEN 12 WHEN 'W' THEN 52.1775 WHEN 'D' THEN 365.25 END)"
)
DATE = "TRY_CAST(StudyDate AS DATE)"
ORIGIN = "(CASE WHEN analysis_result_id IS NULL THEN 'original' ELSE 'derived' END)"
CANCERS = "regexp_extract_all(cancer_types, '[^, ][^,]*(?:, Not Otherwise Specified)?')"
SYNTAXES = "regexp_extract_all(transfer_syntax_name, '[^, ][^,]*(?:, Not Otherwise Specified)?')"
OF_COLLECTION = "collection_id IN (SELECT collection_id FROM collections_index WHERE "

WHERE = {
    "": "",
    "Modality=CT": "Modality = 'CT'",
    "Modality=CT&Modality=MR": "Modality IN ('CT', 'MR')",
    "Modality=CT&PatientSex=F": "Modality = 'CT' AND PatientSex = 'F'",
    "PatientSex__not=F": "(PatientSex <> 'F' OR PatientSex IS NULL)",
    "PatientSex__not=F&PatientSex__not=M": "(PatientSex NOT IN ('F', 'M') OR PatientSex IS NULL)",
    "PatientSex__not=F&PatientSex__missing=true": "(PatientSex <> 'F' OR PatientSex IS NULL)",
    "PatientSex__not=F&PatientSex__missing=false": "(PatientSex <> 'F' AND PatientSex IS NOT NULL)",
    "PatientSex=F&PatientSex__missing=true": "(PatientSex = 'F' OR PatientSex IS NULL)",
    "PatientSex=F&PatientSex__not=M": "(PatientSex = 'F' AND PatientSex <> 'M')",
    "PatientSex__missing=true": "PatientSex IS NULL",
    "PatientSex__missing=false": "PatientSex IS NOT NULL",
    "PatientID=it%27s": "PatientID = 'it''s'",
    "PatientID=%5C%27%3B--": "PatientID = '\\'';--'",
    "PatientID__contains=50%25_A": "contains(lower(PatientID), lower('50%_A'))",
    "PatientID__contains=a&PatientID__contains=b&PatientID=c": (
        "(PatientID = 'c' AND (contains(lower(PatientID), lower('a')) OR contains(lower(PatientID), lower('b'))))"
    ),
    "instanceCount__gte=1&instanceCount__lte=9": "(instanceCount >= 1 AND instanceCount <= 9)",
    "instanceCount=1&instanceCount=9": "instanceCount IN (1, 9)",
    "series_size_MB__gte=0.5": "series_size_MB >= 0.5",
    "series_size_MB__gte=0.1234567890123456": "series_size_MB >= 0.1234567890123456e0",
    "PatientAge__gte=18": f"{AGE} >= 18",
    "PatientAge__not=18": f"({AGE} <> 18 OR {AGE} IS NULL)",
    "StudyDate__gte=2001-01-31": f"{DATE} >= DATE '2001-01-31'",
    "StudyDate__not=2001-01-31": f"({DATE} <> DATE '2001-01-31' OR {DATE} IS NULL)",
    "origin=derived": f"{ORIGIN} = 'derived'",
    "transfer_syntax_name=JPEG%20Baseline": f"list_has_any({SYNTAXES}, ['JPEG Baseline'])",
    "cancer_types=Lung&cancer_types=Skin": f"{OF_COLLECTION}list_has_any({CANCERS}, ['Lung', 'Skin']))",
    "cancer_types__not=Lung": (f"{OF_COLLECTION}NOT list_has_any({CANCERS}, ['Lung']) OR cancer_types IS NULL)"),
    "program_id__missing=true": f"{OF_COLLECTION}program_id IS NULL)",
    "license_short_name=NLM%3B%20May%2021%2C%202019": "license_short_name = 'NLM; May 21, 2019'",
}


@pytest.mark.parametrize(("query", "sql"), WHERE.items())
def test_where(query, sql):
    assert " AND ".join(where(Cohort.from_query(query))) == sql


ERRORS = {
    "Modlity=CT": "There is no attribute “Modlity”; did you mean “Modality”?",
    "modality=CT": "There is no attribute “modality”; did you mean “Modality”?",
    "zzz=1": "There is no attribute “zzz”.",
    "=CT": "There is no attribute “”.",
    "__not=CT": "There is no attribute “”.",
    "species__nott=CT": (
        "species has no operator “nott” (it takes species, species__not, species__missing); did you mean “not”?"
    ),
    "species__gte=1": "species does not take “gte”; it takes species, species__not, species__missing.",
    "species__contains=a": ("species does not take “contains”; it takes species, species__not, species__missing."),
    "Modality": "The query is not of the form attribute=value&attribute__operator=value.",
    "Modality=CT&&": "The query is not of the form attribute=value&attribute__operator=value.",
    "Modality=%FF": "The query is not of the form attribute=value&attribute__operator=value.",
    "Modality=": "Modality has an empty value; for series without a value use Modality__missing=true.",
    "Modality=%00": "A value of Modality holds a character that no text may hold.",
    "Modality__missing=yes": "Modality__missing takes true or false, not “yes”.",
    "Modality__missing=true&Modality__missing=false": "Modality__missing takes one value, not 2.",
    "instanceCount=many": "instanceCount takes a number, not “many”.",
    "instanceCount=1.5": "instanceCount takes a whole number, not “1.5”.",
    "instanceCount=nan": "instanceCount takes a number, not “nan”.",
    "instanceCount=1_000": "instanceCount takes a number, not “1_000”.",
    "instanceCount=٣": "instanceCount takes a number, not “٣”.",
    "instanceCount=1e99": "instanceCount takes a number below 1e15, not “1e99”.",
    "instanceCount__gte=1&instanceCount__gte=2": "instanceCount__gte takes one value, not 2.",
    "StudyDate=2001-02-30": "StudyDate takes a date such as 2001-12-31, not “2001-02-30”.",
    "StudyDate=20010131": "StudyDate takes a date such as 2001-12-31, not “20010131”.",
    "SeriesInstanceUID=1.2.x": "“1.2.x” is not a series UID.",
    "SeriesInstanceUID=1.2.3%0A": "“1.2.3�” is not a series UID.",
    "crdc_series_uuid=1.2.3": "“1.2.3” is not a CRDC series UUID.",
    "Modality=" + "x" * (MAX_VALUE_LENGTH + 1): "A value of Modality is longer than 1,024 characters.",
    "Modality=CT&" * 10_000: "The query is longer than 64,000 characters.",
    "x" * 200 + "=1": f"There is no attribute “{'x' * 59}…”.",
}


@pytest.mark.parametrize(("query", "message"), ERRORS.items(), ids=lambda text: text[:40])
def test_errors_say_what_is_wrong(query, message):
    with pytest.raises(QueryError) as caught:
        Cohort.from_query(query)
    assert str(caught.value) == message


NOT_A_COHORT = [
    "",
    "null",
    "[]",
    "{}",
    '{"conditions": null}',
    '{"conditions": {}}',
    '{"conditions": ""}',
    '{"conditions": [null]}',
    '{"conditions": [{}]}',
    '{"conditions": [["Modality", "eq", ["CT"]]]}',
    '{"conditions": [{"attribute": "Modality", "operator": "eq"}]}',
    '{"conditions": [{"attribute": "Modality", "operator": "eq", "values": "CT"}]}',
    '{"conditions": [{"attribute": "Modality", "operator": "eq", "values": {"CT": 1}}]}',
    '{"conditions": [{"attribute": "Modality", "operator": "eq", "values": [null]}]}',
    '{"conditions": [{"attribute": "instanceCount", "operator": "eq", "values": [5]}]}',
    '{"conditions": [{"attribute": ["Modality"], "operator": "eq", "values": ["CT"]}]}',
    '{"conditions": [{"attribute": "Modality", "operator": null, "values": ["CT"]}]}',
    '{"conditions": NaN}',
    "9" * 5_000,
    "[" * 100_000,
    '{"conditions":' * 50_000,
]


@pytest.mark.parametrize("text", NOT_A_COHORT, ids=lambda text: text[:100])
def test_json_that_is_no_cohort(text):
    with pytest.raises(QueryError, match=r"^The JSON is not a cohort"):
        from_json(text)


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        (["Modlity", "eq", ["CT"]], "There is no attribute “Modlity”; did you mean “Modality”?"),
        (["Modality", "eq", []], "Modality needs a value."),
        (["Modality", "eq", ["\ud800"]], "A value of Modality holds a character that no text may hold."),
        (["Modality", "eq", ["\0"]], "A value of Modality holds a character that no text may hold."),
    ],
)
def test_json_errors_say_what_is_wrong(condition, message):
    entry = dict(zip(("attribute", "operator", "values"), condition, strict=True))
    with pytest.raises(QueryError) as caught:
        from_json(json.dumps({"conditions": [entry]}))
    assert str(caught.value) == message


# --- what holds for any cohort ---------------------------------------------------------------------------------


@given(plain_cohorts)
def test_url_reads_back(cohort):
    query = cohort.to_query()
    assert query.isascii()
    assert Cohort.from_query(query) == cohort
    assert Cohort.from_query(query).to_query() == query


@given(plain_cohorts)
def test_json_reads_back(cohort):
    assert from_json(to_json(cohort)) == cohort


@given(plain_cohorts, st.randoms(use_true_random=False))
def test_order_and_repetition_do_not_matter(cohort, dice):
    pairs = cohort.to_pairs()
    shuffled = dice.sample(pairs, len(pairs)) + ([dice.choice(pairs)] if pairs else [])
    query = "&".join(f"{key}={quote(value)}" for key, value in shuffled)
    assert Cohort.from_query(query) == cohort
    assert Cohort.from_query(query).to_query() == cohort.to_query()


@given(plain_cohorts, plain_cohorts)
def test_equal_cohorts_have_equal_urls_and_others_have_not(one, other):
    assert (one == other) == (one.to_query() == other.to_query()) == (hash(one) == hash(other))


@given(conditions())
def test_a_condition_is_in_canonical_form(condition):
    assert Condition.of(condition.attribute, condition.operator, condition.values) == condition


@given(plain_cohorts)
def test_a_sentence_is_one_sentence(cohort):
    words = sentence(cohort)
    assert words.startswith(("Series where ", "All series "))
    assert words.endswith(".")
    for name in cohort.by_attribute():
        assert ATTRIBUTES[name].label in words


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ("Modality=MR&mr_MRAcquisitionType=3D&mr_MRAcquisitionType=2D&sample=5&seed=2", "Modality=MR&sample=5&seed=2"),
        (
            "Modality=PT&patient_has=mr_EchoTime__gte%3D2&study_lacks=Modality%3DCT",
            "Modality=PT&study_lacks=Modality%3DCT",
        ),
        ("Modality=PT&union=a%3DModality%253DCT%26b%3Dmr_MRAcquisitionType%253D2D", "Modality=PT"),
        ("ct_KVP__gte=100&clinical=collection_id%3Dnlst%26table%3Dprsn%26column%3Dage%26gte%3D60", "ct_KVP__gte=100"),
    ],
)
def test_what_is_left_without_tables(query, left):
    rest = Cohort.from_query(query).without_tables(["mr_index", "prsn"])
    assert rest == Cohort.from_query(left)
    assert "mr_index" not in rest.tables()


@given(plain_cohorts, conditions())
def test_editing(cohort, condition):
    edited = cohort.with_values(condition.attribute, condition.operator, condition.values)
    assert edited.values(condition.attribute, condition.operator) == condition.values
    assert edited.without(condition.attribute) == cohort.without(condition.attribute)
    emptied = edited.with_values(condition.attribute, condition.operator, [])
    assert set(emptied) == {c for c in cohort if c.key != condition.key}


RANGES = [attribute for attribute in ATTRIBUTES.values() if attribute.is_range]


@given(st.sampled_from(RANGES), st.integers(-700_000, 2_900_000))
def test_numbers_of_values_read_back(attribute, number):
    value = value_of(attribute, float(number))
    assert number_of(attribute, value) == number
    assert Condition.of(attribute.name, "gte", [value]).values == (value,)


@given(st.sampled_from(RANGES), st.integers(0, 100_000))
def test_what_lies_just_beside_a_number_leaves_it_out_by_its_gap(attribute, number):
    below, above = (just_beside(attribute, float(number), above=above) for above in (False, True))
    assert below < number < above
    assert above - below <= (2.0 if attribute.integer or attribute.kind is Kind.DATE else 0.021)
    assert just_beside(attribute, float("inf"), above=False) == float("inf")


def test_bins_of_a_logarithmic_axis_grow_geometrically():
    logarithmic = [attribute for attribute in ATTRIBUTES.values() if attribute.logarithmic]
    assert {"instanceCount", "series_size_MB", "mr_EchoTime"} <= {attribute.name for attribute in logarithmic}
    for attribute in logarithmic:
        edges = [edge for edge in attribute.edges if edge]
        assert all(1.9 < high / low < 2.6 for low, high in pairwise(edges)), attribute.name


@given(st.floats(-1e15, 1e15, exclude_min=True, exclude_max=True))
@example(1e-30)
@example(5e-324)
@example(0.019165348091610367)
def test_number_format_reads_back(number):
    text = format_number(number)
    assert float(text) == number
    assert "e" not in text.lower()
    assert not text.endswith(".")


# --- what holds for any text -----------------------------------------------------------------------------------

names = st.sampled_from([a.name + o.suffix for a in ATTRIBUTES.values() for o in operators_of(a)])
octets = st.binary(max_size=12).map(lambda octets: "".join(f"%{octet:02x}" for octet in octets))
nearly_queries = st.lists(st.tuples(names | st.text(max_size=8), st.text(max_size=12) | octets), max_size=4).map(
    lambda pairs: "&".join(f"{key}={value}" for key, value in pairs)
)


def parsed_or_refused(parse: Callable[[str], Cohort], text: str) -> Cohort:
    """The cohort, or the empty one after a QueryError in one line of words; anything else is raised."""
    try:
        return parse(text)
    except QueryError as refused:
        message = str(refused)
    assert message.endswith((".", "?"))
    assert message.isprintable()
    return Cohort()


@given(st.text() | nearly_queries)
@example("Modality=\ud800")
@example("\ud800=1")
@example("Modality=%ED%A0%80")
@example("Modality\n=1")
@example("instanceCount=" + "9" * 5000)
def test_any_text_parses_or_is_refused_in_words(query):
    cohort = parsed_or_refused(Cohort.from_query, query)
    assert Cohort.from_query(cohort.to_query()) == cohort


@given(st.text() | st.recursive(st.none() | st.text() | st.integers(), st.lists).map(json.dumps))
def test_any_json_parses_or_is_refused(text):
    cohort = parsed_or_refused(from_json, text)
    assert from_json(to_json(cohort)) == cohort
