"""What of a cohort the release does not hold is named, in every part of it, with the nearest that it holds."""

from __future__ import annotations

import pytest

from app.catalog.catalog import open_catalog
from app.catalog.unknown import UnknownValue, folded, nearest_of
from app.cohort.attributes import BASE_ATTRIBUTES
from app.cohort.clinical_clause import ClinicalClause
from app.cohort.cohort import Cohort, Combination, Operation
from app.cohort.kept_lists import keep
from app.selection.unknown import unknown_in
from tests.support.clause_cohorts import EXAMPLES
from tests.support.cohorts import UNKNOWN_TEXT, UNKNOWN_UID, UNKNOWN_UUID, random_cohorts, unknown

#: Cohort → what of it is unknown.
FOUND = {
    "Modality=CT&collection_id=tcga_luad": [],
    "Modality=CT&collection_id=TCGA-LUAD": [UnknownValue("collection", "TCGA-LUAD", "tcga_luad")],
    "collection_id__not=tcga-luad": [UnknownValue("collection", "tcga-luad", "tcga_luad")],
    "BodyPartExamined=BREASTS&BodyPartExamined=BREAST": [UnknownValue("body part", "BREASTS", "BREAST")],
    "Modality=QQQ": [UnknownValue("modality", "QQQ")],
    "PatientID=lung1-215": [UnknownValue("patient ID", "lung1-215", "LUNG1-215")],
    "PatientID=LUNG1-215&PatientID=nobody": [UnknownValue("patient ID", "nobody")],
    f"StudyInstanceUID={UNKNOWN_UID}": [UnknownValue("study UID", UNKNOWN_UID)],
    f"SeriesInstanceUID={UNKNOWN_UID}": [UnknownValue("series UID", UNKNOWN_UID)],
    f"crdc_series_uuid={UNKNOWN_UUID}": [UnknownValue("CRDC series UUID", UNKNOWN_UUID)],
    # Not named whole, free text, or a number.
    "Manufacturer__contains=quuxquux": [],
    "SeriesDescription=lung%20ct%20quux": [],
    "instanceCount=271828": [],
    # Of a table that is not there.
    "mr_MRAcquisitionType=4D": [],
    "patient_has=Modality%3DPTT": [UnknownValue("modality", "PTT", "PT")],
    "study_lacks=Modality%3DSEG%26collection_id%3Dnlts": [UnknownValue("collection", "nlts", "nlst")],
    "difference=a%3DModality%253DCT%26b%3Dcollection_id%253DNLST": [UnknownValue("collection", "NLST", "nlst")],
    "union=a%3Dpatient_has%253DModality%25253DXYZ%26b%3DModality%253DCT": [UnknownValue("modality", "XYZ")],
}


@pytest.mark.parametrize(("query", "found"), FOUND.items(), ids=FOUND)
def test_unknown_values_are_found(query, found, catalog):
    assert unknown_in(catalog, Cohort.from_query(query)) == found


def test_each_once_and_of_a_list_those_alone(catalog):
    name = keep("PatientID", ["LUNG1-215", "nobody-1", "nobody-2"])
    cohort = Cohort.from_query(f"PatientID__in={name}&Modality=XYZ&patient_has=Modality%3DXYZ")
    assert {(one.what, one.value) for one in unknown_in(catalog, cohort)} == {
        ("modality", "XYZ"),
        ("patient ID", "nobody-1"),
        ("patient ID", "nobody-2"),
    }


def test_all_that_a_cohort_of_the_release_names_is_known(catalog):
    """Values of the data, and the ones that the random cohorts make up."""
    made_up = {unknown(attribute) for attribute in BASE_ATTRIBUTES.values()}
    for cohort in random_cohorts(300, seed=11):
        for found in unknown_in(catalog, cohort):
            assert found.value in made_up, found
    for query in EXAMPLES.values():
        assert unknown_in(catalog, Cohort.from_query(query)) == []


def test_without_the_clinical_tables_their_values_are_passed_over(catalog):
    clause = ClinicalClause.of("nlst", "nlst_canc", "gender", ["7"])
    both = Combination.of(Operation.UNION, Cohort().with_clause(clause), Cohort.from_query("Modality=XYZ"))
    assert unknown_in(catalog, Cohort().with_clause(both)) == [UnknownValue("modality", "XYZ")]


@pytest.mark.parametrize(
    ("value", "nearest"),
    [
        ("ge healthcare", "GE Healthcare"),
        ("GE-HEALTHCARE ", "GE Healthcare"),
        ("Sieemens", "SIEMENS"),
        ("canon", "Canon Medical Systems"),
        (UNKNOWN_TEXT, ""),
        ("x" * 1_024, ""),
        ("\u0130", ""),
        ("", ""),
    ],
)
def test_the_nearest(value, nearest):
    known = ["GE Healthcare", "SIEMENS", "Canon Medical Systems"]
    assert nearest_of(value, {folded(other): other for other in known}) == nearest


def test_a_sentence_is_one_line_of_bounded_length():
    said = UnknownValue("a\nb" * 100, "\x1b[31m\r\n" * 200, "é\u202e" * 200).sentence
    assert said.isprintable()
    assert len(said) < 300


def test_the_same_as_the_dictionary_says(catalog):
    """Identifiers are looked up by hash: each of the release's is there, and none beside."""
    uids = [
        uid for (uid,) in open_catalog().cursor().execute("SELECT SeriesInstanceUID FROM series LIMIT 5").fetchall()
    ]
    asked = [*uids, *(f"{uid}.1" for uid in uids), "9" * 64, "0"]
    there = catalog.has_unique(BASE_ATTRIBUTES["SeriesInstanceUID"], asked)
    assert there.tolist() == [True] * 5 + [False] * 7
