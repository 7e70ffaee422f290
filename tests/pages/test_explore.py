"""Explore in a real browser on the whole index: what a user clicks, and what must follow."""

from __future__ import annotations

import csv
import io
import json
import re
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect
from pyarrow import parquet

from app.catalog.catalog import open_catalog
from app.cohort.attributes import ATTRIBUTES
from app.cohort.cohort import Cohort
from app.common.numbers import compact
from app.language.english import sentence
from app.selection.rows import Level
from app.selection.rows import page as rows_page
from app.selection.selection import Selection
from tests.support.explore import choose, click_bar, expect_cohort, value, visit


def grid(page: Page) -> FrameLocator:
    # While one grid makes room for another, both are there for a moment.
    return page.locator('iframe[title="st_aggrid.AgGrid.agGrid"]').last.content_frame


def grid_ids(page: Page, wanted: list[str]) -> None:
    """The grid's first rows are these."""
    for position, uid in enumerate(wanted):
        row = grid(page).locator(f'.ag-center-cols-container .ag-row[row-index="{position}"][row-id="{uid}"]')
        expect(row).to_be_visible()


def test_clicking_values_narrows_counts_chips_and_rows(page: Page) -> None:
    visit(page)
    choose(page, "Modality", "MR")
    expect_cohort(page, "Modality=MR")
    choose(page, "BodyPartExamined", "BREAST")
    expect_cohort(page, "Modality=MR&BodyPartExamined=BREAST")
    selection = Selection(open_catalog(), Cohort.from_query("Modality=MR&BodyPartExamined=BREAST"))
    words = page.get_by_test_id("cohort-sentence")
    expect(words).to_have_text(re.compile("Series where.*modality.*is.*MR.*and.*body part.*is.*BREAST"))
    first = [row["id"] for row in rows_page(selection, limit=3).rows]
    grid_ids(page, first)
    viewer = grid(page).locator('.ag-row[row-index="0"] [col-id="viewer"] a')
    expect(viewer).to_have_attribute("href", rows_page(selection, limit=1).rows[0]["viewer"])


def test_facet_counts_follow_the_other_filters(page: Page) -> None:
    visit(page, "BodyPartExamined=BREAST")
    counts = Selection(open_catalog(), Cohort.from_query("BodyPartExamined=BREAST")).facet(ATTRIBUTES["Modality"])
    names = open_catalog().values(counts.attribute)
    for name in ("MR", "MG", "SEG"):
        wanted = compact(int(counts.counts[names.index(name) + 1]))
        expect(value(page, "Modality", name).locator(".count")).to_have_text(wanted)


def test_search_offers_values_of_every_filter(page: Page) -> None:
    visit(page)
    box = page.get_by_test_id("search-all")
    box.fill("breast")
    results = page.get_by_test_id("search-results")
    for attribute in ("BodyPartExamined", "collection_id", "cancer_types"):
        expect(results.locator(f'[data-results="{attribute}"]')).to_be_visible()
    results.locator('[data-results="BodyPartExamined"] [data-value="BREAST"]').click()
    expect_cohort(page, "BodyPartExamined=BREAST")


def test_chips_undo_redo_and_clear(page: Page) -> None:
    visit(page, "Modality=MR&Modality=CT&BodyPartExamined__not=BREAST")
    words = page.get_by_test_id("cohort-sentence")
    expect(words).to_contain_text("series without a value are kept")
    page.get_by_role("button", name="Remove modality CT").click()
    expect_cohort(page, "Modality=MR&BodyPartExamined__not=BREAST")
    page.get_by_role("button", name="Remove body part BREAST").click()
    expect_cohort(page, "Modality=MR")
    # The chip that held the keyboard is gone: it goes on from Undo.
    expect(page.get_by_role("button", name="Undo", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect_cohort(page, "Modality=MR&BodyPartExamined__not=BREAST")
    page.get_by_role("button", name="Undo", exact=True).click()
    expect_cohort(page, "Modality=MR&Modality=CT&BodyPartExamined__not=BREAST")
    page.get_by_role("button", name="Redo", exact=True).click()
    expect_cohort(page, "Modality=MR&BodyPartExamined__not=BREAST")
    page.get_by_role("button", name="Clear", exact=True).click()
    expect_cohort(page, "")


def test_back_and_forward(page: Page) -> None:
    visit(page)
    choose(page, "Modality", "CT")
    expect_cohort(page, "Modality=CT")
    choose(page, "BodyPartExamined", "CHEST")
    expect_cohort(page, "Modality=CT&BodyPartExamined=CHEST")
    page.go_back()
    expect_cohort(page, "Modality=CT")
    page.go_back()
    expect_cohort(page, "")
    page.go_forward()
    expect_cohort(page, "Modality=CT")


def test_link_opens_the_same_cohort_for_somebody_else(page: Page, chromium: Browser, address: str) -> None:
    visit(page)
    choose(page, "Modality", "SM")
    expect_cohort(page, "Modality=SM")
    other = chromium.new_context(base_url=address)
    try:
        visited = other.new_page()
        visited.goto(page.url)
        expect_cohort(visited, "Modality=SM")
    finally:
        other.close()


def test_range_and_text_filters(page: Page) -> None:
    visit(page, "Modality=MR")
    text = page.locator('[data-attribute="SeriesDescription"]').get_by_test_id("text-input")
    text.fill("t1_w%")
    text.press("Enter")
    expect_cohort(page, "Modality=MR&SeriesDescription__contains=t1_w%25")
    page.get_by_role("button", name="Undo", exact=True).click()
    expect_cohort(page, "Modality=MR")
    size = page.locator('[data-attribute="instanceCount"]')
    open_facet(page, "Size", "instanceCount")
    size.get_by_test_id("input-min").fill("500")
    size.get_by_test_id("input-min").press("Enter")
    expect_cohort(page, "Modality=MR&instanceCount__gte=500")
    handle = size.get_by_test_id("handle-max")
    handle.focus()
    handle.press("ArrowLeft")
    page.wait_for_function("() => location.search.includes('instanceCount__lte=')")
    expect_cohort(page, urlsplit(page.evaluate("location.href")).query)


def open_facet(page: Page, group: str, attribute: str) -> None:
    """Unfold a group and a facet, whatever is folded."""
    for part in (f'[data-group="{group}"]', f'[data-attribute="{attribute}"]'):
        button = page.locator(part).locator("button[aria-expanded]").first
        if button.get_attribute("aria-expanded") == "false":
            button.click()


def test_missing_values_are_a_choice_of_their_own(page: Page) -> None:
    visit(page, "Modality=SR")
    page.locator('[data-attribute="BodyPartExamined"] [data-kind="missing"] input[type=checkbox]').first.click()
    expect_cohort(page, "Modality=SR&BodyPartExamined__missing=true")


def test_counting_patients(page: Page) -> None:
    visit(page, "BodyPartExamined=BREAST")
    page.locator('[data-unit="patients"]').click()
    selection = Selection(open_catalog(), Cohort.from_query("BodyPartExamined=BREAST"))
    counted = selection.facet(ATTRIBUTES["Modality"], "patients")
    wanted = compact(int(counted.counts[open_catalog().values(counted.attribute).index("MR") + 1]))
    expect(value(page, "Modality", "MR").locator(".count")).to_have_text(wanted)


def test_second_page_sorted_by_size_and_choice_over_two_pages(page: Page) -> None:
    query = "Modality=MR&BodyPartExamined=BREAST"
    visit(page, query)
    selection = Selection(open_catalog(), Cohort.from_query(query))
    grid_ids(page, [row["id"] for row in rows_page(selection, limit=3).rows])
    for _ in range(2):
        grid(page).locator('.ag-header-cell[col-id="series_size_MB"]').click()
    by_size = {"sort": "series_size_MB", "descending": True}
    first = [row["id"] for row in rows_page(selection, limit=3, **by_size).rows]  # type: ignore[arg-type]
    grid_ids(page, first)
    _tick(page, 1)
    expect(page.get_by_text("1 chosen", exact=True)).to_be_visible()
    page.get_by_label("Page 2", exact=True).click()
    second = [row["id"] for row in rows_page(selection, limit=3, offset=100, **by_size).rows]  # type: ignore[arg-type]
    grid_ids(page, second)
    _tick(page, 0)
    expect(page.get_by_text("2 chosen", exact=True)).to_be_visible()
    page.get_by_label("Page 1", exact=True).click()
    grid_ids(page, first)
    expect(grid(page).locator('.ag-center-cols-container .ag-row[row-index="1"]')).to_have_attribute(
        "aria-selected", "true"
    )
    page.get_by_role("button", name="Keep only these").click()
    expect_cohort(page, Cohort().with_values("SeriesInstanceUID", "eq", [first[1], second[0]]).to_query())


def _tick(page: Page, row: int) -> None:
    grid(page).locator(f'.ag-row[row-index="{row}"] .ag-selection-checkbox input').first.click()


def test_levels(page: Page) -> None:
    query = "Modality=MR&BodyPartExamined=BREAST"
    visit(page, query)
    selection = Selection(open_catalog(), Cohort.from_query(query))
    for label, level in (("Studies", Level.STUDY), ("Patients", Level.PATIENT), ("Collections", Level.COLLECTION)):
        page.get_by_test_id("stButtonGroup").get_by_text(label, exact=True).click()
        grid_ids(page, [row["id"] for row in rows_page(selection, level, limit=3).rows])
    link = grid(page).locator('.ag-row[row-index="0"] [col-id="id"] a')
    first = rows_page(selection, Level.COLLECTION, limit=1).rows[0]["id"]
    expect(link).to_have_attribute("href", re.compile(f"/collections\\?collection_id={first}$"))
    # Each level has its own order, and only series can be chosen.
    patients = grid(page).locator('.ag-header-cell[col-id="patients"]')
    patients.click()
    ascending = rows_page(selection, Level.COLLECTION, sort="patients", limit=3)
    grid_ids(page, [row["id"] for row in ascending.rows])
    expect(grid(page).locator(".ag-selection-checkbox")).to_have_count(0)
    levels = page.get_by_test_id("stButtonGroup")
    levels.get_by_text("Series", exact=True).click()
    grid_ids(page, [row["id"] for row in rows_page(selection, limit=3).rows])
    expect(grid(page).locator('[aria-sort="ascending"]')).to_have_count(0)
    _tick(page, 0)
    expect(page.get_by_text("1 chosen", exact=True)).to_be_visible()
    levels.get_by_text("Collections", exact=True).click()
    grid_ids(page, [row["id"] for row in ascending.rows])
    expect(patients).to_have_attribute("aria-sort", "ascending")


def test_a_click_on_a_bar_filters_and_the_next_one_takes_it_back(page: Page) -> None:
    visit(page, "BodyPartExamined=BREAST")
    counts = Selection(open_catalog(), Cohort.from_query("BodyPartExamined=BREAST"))
    attribute = ATTRIBUTES["Modality"]
    counted = counts.facet(attribute).counts[1:]
    top = open_catalog().values(attribute)[int(counted.argmax())]
    chart = page.locator('[class*="st-key-chart_Modality"]')
    for query in (f"BodyPartExamined=BREAST&Modality={top}", "BodyPartExamined=BREAST") * 2:
        click_bar(chart, top)
        expect_cohort(page, query)


def test_unknown_value_stays_as_a_marked_chip(page: Page) -> None:
    visit(page, "BodyPartExamined=BREASTS")
    words = page.get_by_test_id("cohort-sentence")
    expect(words).to_contain_text("BREASTS")
    expect(words).to_contain_text("not in this release")
    expect(page.get_by_text("No series meets all of these conditions", exact=False)).to_be_visible()


def test_faulty_link_says_what_is_wrong_and_offers_a_way_on(page: Page) -> None:
    page.goto("/?modality=MR")
    expect(page.get_by_text("There is no attribute “modality”; did you mean “Modality”?")).to_be_visible()
    page.get_by_role("button", name="Start with all of IDC").click()
    expect_cohort(page, "")


def test_hostile_text_stays_text(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: asked.append("dialog"))
    visit(page)
    text = page.locator('[data-attribute="SeriesDescription"]').get_by_test_id("text-input")
    entered: list[str] = []
    for hostile in ("<img src=x onerror=alert(1)>", "'; DROP TABLE index; --", "![](http://x.test/y)"):
        text.fill(hostile)
        text.press("Enter")
        entered.append(hostile)
        expect_cohort(page, Cohort().with_values("SeriesDescription", "contains", entered).to_query())
        expect(page.get_by_test_id("cohort-sentence")).to_contain_text(hostile)
    assert page.locator("img[src='x']").count() == 0
    assert [url for url in asked if "x.test" in url or url == "dialog"] == []


DOWNLOADS = {
    "Data": [
        ("Manifest for AWS", r"idc-v\d+_manifest-aws_\d{4}-\d\d-\d\d\.s5cmd"),
        ("Manifest for GCS", r"idc-v\d+_manifest-gcs_\d{4}-\d\d-\d\d\.s5cmd"),
        ("Manifest as CSV", r"idc-v\d+_manifest-aws_\d{4}-\d\d-\d\d\.csv"),
        ("CSV", r"idc-v\d+_series_\d{4}-\d\d-\d\d\.csv"),
        ("JSON", r"idc-v\d+_series_\d{4}-\d\d-\d\d\.json"),
        ("Parquet", r"idc-v\d+_series_\d{4}-\d\d-\d\d\.parquet"),
    ],
    "Citations": [("Download", r"idc-v\d+_citations_\d{4}-\d\d-\d\d\.txt")],
    "SQL": [("Download the query", r"idc-v\d+_query_\d{4}-\d\d-\d\d\.sql")],
}


def test_downloads(page: Page) -> None:
    query = "Modality=PT&BodyPartExamined=BREAST"
    visit(page, query)
    for tab, files in DOWNLOADS.items():
        page.get_by_role("tab", name=tab, exact=True).click()
        for button, name in files:
            with page.expect_download() as started:
                page.get_by_role("link", name=button, exact=True).click()
            assert re.fullmatch(name, started.value.suggested_filename)
            _check_content(name.rpartition(".")[2], started.value.path().read_bytes(), query)


def _check_content(ending: str, content: bytes, query: str) -> None:
    uids = _uids_of(query)
    if ending == "csv":
        assert {row["SeriesInstanceUID"] for row in csv.DictReader(io.StringIO(content.decode()))} == uids
    elif ending == "json":
        assert {row["SeriesInstanceUID"] for row in json.loads(content)} == uids
    elif ending == "parquet":
        assert set(parquet.read_table(io.BytesIO(content)).column("SeriesInstanceUID").to_pylist()) == uids
    elif ending == "s5cmd":
        lines = [line for line in content.decode().splitlines() if not line.startswith("#")]
        assert len(lines) == len(uids)
        assert sentence(Cohort.from_query(query)) in content.decode()
    elif ending == "txt":
        assert "10.1148/rg.230180" in content.decode()
    else:
        assert "Modality = 'PT'" in content.decode()


def _uids_of(query: str) -> set[str]:
    conditions = " AND ".join(f"{key} = '{text}'" for key, text in parse_qsl(query))
    rows = open_catalog().cursor().execute(f"SELECT SeriesInstanceUID FROM index WHERE {conditions}").fetchall()
    return {uid for (uid,) in rows}


def test_licenses_panel_gives_a_verdict(page: Page) -> None:
    visit(page, "Modality=MR&BodyPartExamined=BREAST")
    page.get_by_role("tab", name="Licenses", exact=True).click()
    expect(page.get_by_text("Not every series may be used commercially", exact=False)).to_be_visible()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
def test_nothing_is_wider_than_the_screen(chromium: Browser, address: str, scheme: str, width: int) -> None:
    context = chromium.new_context(
        viewport={"width": width, "height": 844},
        color_scheme=scheme,  # type: ignore[arg-type]
        base_url=address,
    )
    try:
        opened = context.new_page()
        visit(opened, "Modality=MR&BodyPartExamined__not=BREAST&PatientAge__gte=40")
        expect(opened.locator('iframe[title="st_aggrid.AgGrid.agGrid"]')).to_be_visible()
        assert opened.evaluate("document.documentElement.scrollWidth") <= width
        background = opened.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor")
        assert background == ("rgb(255, 255, 255)" if scheme == "light" else "rgb(18, 24, 31)")
    finally:
        context.close()
