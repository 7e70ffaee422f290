"""What idc-index's own client answers is what the app answers."""

import numpy as np
import pytest

from app.cohort.attributes import ATTRIBUTES
from app.cohort.cohort import Cohort
from app.language.statement import select
from app.series.viewers import viewer_of_series
from tests.support import truth, truth_clauses
from tests.support.clause_cohorts import EXAMPLES
from tests.support.cohorts import random_cohorts
from tests.support.reference import ask as ask_reference

#: Put to the client also as it comes, with the query exactly as the app hands it out.
UNTOUCHED = (
    "cancer_types__not=Diffuse%20Large%20B-Cell%20Lymphoma%2C%20Not%20Otherwise%20Specified&species__not=Mouse"
    "&cancer_types__missing=false&supporting_data__missing=true&program_id__contains=OMM"
    "&transfer_syntax_name__not=JPEG%20Baseline&SeriesDescription__contains=%25&SeriesDescription__contains=_t"
    "&SeriesDescription__contains=it%27s"
)

#: Ages in every unit, dates and missing values in one.
AGES = (
    "PatientAge__gte=0.5&PatientAge__lte=6&PatientAge__not=1&StudyDate__gte=2000-01-01&StudyDate__missing=true"
    "&origin=original&Modality__not=CT&Modality__missing=false&PatientSex=F&PatientSex=M&PatientSex__missing=true"
)


def covering(cohorts: list[Cohort]) -> list[Cohort]:
    """Some of the cohorts that together use every attribute, and every operator of every kind of attribute."""
    chosen: list[Cohort] = []
    used: set[str] = set()
    for cohort in sorted(cohorts, key=lambda cohort: len(cohort.conditions), reverse=True):
        uses = {condition.attribute for condition in cohort}
        uses |= {f"{ATTRIBUTES[condition.attribute].kind} {condition.operator}" for condition in cohort}
        if not uses <= used:
            chosen.append(cohort)
            used |= uses
    return chosen


@pytest.mark.reference
def test_idc_index_finds_the_same_series_and_viewers(catalog, plain, tmp_path):
    untouched = Cohort.from_query(UNTOUCHED)
    ages = Cohort.from_query(AGES)
    cohorts = covering(random_cohorts(300, seed=25))
    widened = [Cohort.from_query(query) for query in EXAMPLES.values()]
    queries = [select(cohort, ["SeriesInstanceUID"]) for cohort in (untouched, ages, *cohorts, *widened)]
    series = sample_of_viewers(plain)

    (tenth, *found), viewers = ask_reference([select(untouched)], queries, series, tmp_path)

    assert np.array_equal(tenth, [number for number in found[0] if number % 10 == 0])
    assert len(tenth)
    for cohort, numbers in zip([untouched, ages, *cohorts, *widened], found, strict=True):
        assert np.array_equal(numbers, np.flatnonzero(truth_clauses.mask(cohort))), cohort.to_query()
    assert all(len(numbers) for numbers in found[:2])
    assert [viewer_of_series(catalog, uid) for uid in series] == viewers
    assert {"/slim/" in viewer for viewer in viewers} == {True, False}


def sample_of_viewers(plain) -> list[str]:
    """Series of every modality, spread over the index, and of each modality that shares a study with slides."""
    rows = plain.execute(
        "SELECT Modality, SeriesInstanceUID FROM index"
        " QUALIFY row_number() OVER (PARTITION BY Modality ORDER BY md5(SeriesInstanceUID)) <= 9 ORDER BY ALL"
    ).fetchall()
    beside_slides = plain.execute(
        "SELECT Modality, min(SeriesInstanceUID) FROM index WHERE Modality <> 'SM' AND StudyInstanceUID IN"
        " (SELECT StudyInstanceUID FROM index WHERE Modality = 'SM') GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    assert {modality for modality, _ in rows} == set(truth.column("Modality").unique().to_pylist())
    assert beside_slides
    assert len(rows) >= 200
    return [uid for _, uid in (*rows, *beside_slides)]
