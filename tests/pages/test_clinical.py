"""Clinical data: a collection's table is fetched, a value chosen, and Explore shows the patients who have it."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.catalog.catalog import open_catalog
from app.catalog.tables.extensions import publish
from app.catalog.tables.fetching import fetch as fetch_table
from app.clinical.fetching import fetch
from app.cohort.clinical_clause import DICTIONARY, ClinicalClause
from app.cohort.cohort import Cohort
from app.language.english import clinical_clause
from app.language.known import knowledge
from tests.support import clinical, server, tables
from tests.support.clinical import HOSTILE_COLUMN, HOSTILE_VALUES, PERSONS, SEG
from tests.support.explore import click_bar, expect_cohort, point_at_bar


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    """A data folder of the server's own, without any clinical table and without the list of them."""
    return tables.data_folder(tmp_path_factory.mktemp("clinical"))


# Before the browser, whose event loop would not let the S3 start.
@pytest.fixture(scope="module", autouse=True)
def address(home, tmp_path_factory):
    """The app with that folder, a mirror and a local S3, on a machine whose visitors may download to it."""
    mirror = tmp_path_factory.mktemp("mirror")
    (mirror / f"{DICTIONARY}.parquet").write_bytes(clinical.dictionary())
    with clinical.bucket() as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("IDC_COHORT_MIRROR", str(mirror))
        patch.setenv("IDC_COHORT_S3_ENDPOINT", url)
        patch.setenv("IDC_COHORT_DOWNLOAD_ROOT", str(home))
        with tables.working_in(home), server.served(dict(os.environ)) as running:
            yield running.url


def test_a_value_of_a_fetched_table_opens_its_patients(page: Page) -> None:
    page.goto("/collections?collection_id=lidc_idri")
    page.get_by_role("link", name="Get its tables").click()
    expect(page.get_by_text("IDC lists clinical data for LIDC-IDRI.")).to_be_visible()
    expect(page.get_by_text("one small file of the National Cancer Institute’s public release")).to_be_visible()
    page.get_by_role("button", name="Get the list of clinical tables").click()
    # The list is the bucket's small one, which has nothing of this collection.
    expect(page.get_by_text("IDC has no clinical tables of LIDC-IDRI.")).to_be_visible()
    _choose(page, "Collection", SEG)
    expect(page.get_by_text(f"{PERSONS} has 5 columns about patients: ")).to_be_visible()
    page.get_by_role("button", name=f"Fetch {PERSONS}").click()

    both = {row["dicom_patient_id"] for row in clinical.rows(PERSONS)} & set(clinical.patients()[SEG])
    expect(page.get_by_test_id("overlap")).to_contain_text(f"Patients with both{len(both)}")
    _choose(page, re.compile("Column, of 5"), "Patient's gender (gender)")
    # Its own chart, not one of another column that stood there before.
    chart = page.locator(f'[class*="st-key-clinical_{SEG}_{PERSONS}_gender"]:not([class*="_glance"])')
    # Once the four others are there as well, nothing moves any more.
    expect(page.locator(".stEChartsChart:has(path)")).to_have_count(5)
    click_bar(chart, clinical.GENDERS["2"])

    clause = ClinicalClause.of(SEG, PERSONS, "gender", ["2"])
    expect(page.get_by_text(f"Series where {_said(clause)}.")).to_be_visible()
    without = ClinicalClause.of(SEG, PERSONS, "gender", excluded=["2"])
    page.get_by_text("None of these", exact=True).click()
    expect(page.get_by_text(f"Series where {_said(without)}.")).to_be_visible()
    page.get_by_text("Any of these", exact=True).click()
    expect(page.get_by_text(f"Series where {_said(clause)}.")).to_be_visible()
    click_bar(chart, clinical.GENDERS["1"])
    clause = ClinicalClause.of(SEG, PERSONS, "gender", ["1", "2"])
    expect(page.get_by_text(f"Series where {_said(clause)}.")).to_be_visible()
    page.get_by_role("link", name="Open in Explore").click()
    expect_cohort(page, Cohort().with_clause(clause).to_query())
    remove = page.get_by_role("button", name=f"Remove {_said(clause)}", exact=True)
    expect(remove).to_be_visible()
    remove.click()
    expect_cohort(page, "")


def test_hostile_names_and_values_are_text(page: Page) -> None:
    fetch_table(DICTIONARY)
    publish(DICTIONARY)
    fetch(open_catalog(), PERSONS)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto("/explore?" + Cohort().with_clause(_hostile(1)).to_query())
    expect_cohort(page, Cohort().with_clause(_hostile(1)).to_query())
    expect(page.get_by_text(HOSTILE_VALUES[1])).to_be_visible()
    page.goto(
        f"/clinical?collection_id={SEG}&table={PERSONS}&column=it%27s%20%22grade%22%3B%20DROP%20TABLE%20index%20--"
    )
    expect(page.get_by_label("Column, of 5")).to_have_value(HOSTILE_COLUMN)
    chart = page.locator(".stEChartsChart").first
    for hostile in HOSTILE_VALUES:
        point_at_bar(chart, hostile)
        # At the bar, and at the pointer.
        expect(chart.get_by_text(hostile, exact=True)).to_have_count(2)
    assert not [url for url in requests if ":9/" in url or url.endswith("/x")]


def _hostile(number: int) -> ClinicalClause:
    return ClinicalClause.of(SEG, PERSONS, HOSTILE_COLUMN, [HOSTILE_VALUES[number]])


def _said(clause: ClinicalClause) -> str:
    return clinical_clause(clause, knowledge(open_catalog()))


def _choose(page: Page, label: str | re.Pattern[str], option: str) -> None:
    page.get_by_label(label).click()
    page.get_by_role("option", name=option, exact=True).click()
