"""The SQL page in a real browser: write, complete, run, mend, cancel; and the way to a cohort and back."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from app.cohort.cohort import Cohort
from app.cohort.kept_lists import keep
from app.common.numbers import exact
from app.language.statement import select
from tests.support.explore import expect_cohort, head, visit

ENDLESS = "SELECT count(*) FROM index a, index b"


def open_page(page: Page) -> None:
    page.goto("/sql")
    expect(editor(page)).to_be_visible()


def editor(page: Page) -> Locator:
    return page.locator(".cm-content")


def write(page: Page, sql: str) -> None:
    editor(page).focus()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text(sql)
    page.keyboard.press("Escape")


def run(page: Page, sql: str) -> None:
    write(page, sql)
    page.keyboard.press("ControlOrMeta+Enter")


def test_a_query_is_completed_run_mended_and_kept(page: Page, plain) -> None:
    open_page(page)
    write(page, "SELECT Modality, count(*) AS n FROM index WHERE BodyPart")
    page.keyboard.type("Ex")
    expect(page.locator(".cm-completionInfo")).to_contain_text("body part imaged")
    page.locator(".cm-tooltip-autocomplete li").filter(has_text="BodyPartExamined").click()
    page.keyboard.type(" IS NULL GROUP BY Modalty")
    page.keyboard.press("ControlOrMeta+Enter")
    expect(page.get_by_test_id("stAlert")).to_have_text(
        re.compile("There is no column “Modalty” here: did you mean Modality")
    )
    expect(page.get_by_test_id("stCode").filter(has_text='Referenced column "Modalty" not found')).to_be_visible()
    sql = "SELECT Modality, count(*) AS n FROM index WHERE BodyPartExamined IS NULL GROUP BY Modality"
    write(page, sql)
    page.get_by_role("button", name="Run", exact=True).click()
    rows = plain.execute(sql).fetchall()
    expect(page.get_by_text(f"{exact(len(rows))} rows, 2 columns")).to_be_visible()
    link = page.get_by_role("link", name="CSV").get_attribute("href")
    given = page.request.get(f"/{link}").text().splitlines()
    assert sorted(given[1:]) == sorted(f'"{modality}",{n}' for modality, n in rows)
    page.get_by_role("tab", name="Chart").click()
    expect(page.locator('.stEChartsChart path[fill="#0F6E84"]')).to_have_count(len(rows))
    page.get_by_role("tab", name="History").click()
    expect(page.get_by_role("button", name=re.compile("GROUP BY|SELECT Modality"))).to_have_count(2)
    editor(page).focus()
    page.keyboard.press("ControlOrMeta+End")
    page.keyboard.type(" -- a thought")
    page.reload()
    expect(page.get_by_text(f"{exact(len(rows))} rows, 2 columns")).to_be_visible()
    expect(editor(page)).to_have_text(f"{sql} -- a thought")


def test_a_cohort_opens_as_sql_and_a_result_as_a_cohort(page: Page) -> None:
    cohort = Cohort.from_query("collection_id=rider_pilot&Modality=CT")
    visit(page, cohort.to_query())
    page.get_by_role("tab", name="SQL").click()
    page.get_by_role("button", name="Edit as SQL").click()
    expect(editor(page)).to_have_text(re.compile("AND collection_id = 'rider_pilot'"))
    assert editor(page).inner_text().split() == select(cohort).split()
    run(page, "SELECT DISTINCT collection_id, StudyInstanceUID FROM index WHERE PatientID = 'LUNG1-215'")
    page.get_by_role("button", name="Open as a cohort, by study UID").click()
    expect(page.locator('[data-testid="head-counts"]')).to_be_visible()
    page.wait_for_function("location.search.startsWith('?StudyInstanceUID=')")
    expect_cohort(page, page.evaluate("location.search.slice(1)"))


def test_all_rows_of_a_result_open_as_a_cohort(page: Page, plain) -> None:
    open_page(page)
    sql = "SELECT SeriesInstanceUID FROM index WHERE collection_id = 'prostate_3t' ORDER BY ALL LIMIT 40"
    run(page, sql)
    page.get_by_role("button", name="Open as a cohort, by series UID").click()
    uids = [uid for (uid,) in plain.execute(sql).fetchall()]
    assert len(uids) == 40
    expect_cohort(page, Cohort().with_values("SeriesInstanceUID", "eq", uids).to_query())
    page.go_back()
    sql = "SELECT DISTINCT collection_id, PatientID FROM index ORDER BY hash(PatientID), collection_id LIMIT 200"
    run(page, sql)
    page.get_by_role("button", name="Open as a cohort, by patient ID").click()
    rows = plain.execute(sql).fetchall()
    expect(head(page, "Patients")).to_have_attribute("title", "200")
    listed = Cohort().with_values("PatientID", "in", [keep("PatientID", {patient for _, patient in rows})])
    expect_cohort(page, listed.with_values("collection_id", "eq", {collection for collection, _ in rows}).to_query())


def test_a_query_at_work_can_be_cancelled_and_disturbs_nobody(page: Page) -> None:
    open_page(page)
    run(page, ENDLESS)
    expect(page.get_by_text(re.compile("^Running: [0-9]+ of at most 30 seconds"))).to_be_visible()
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_disabled()
    other = page.context.new_page()
    visit(other, "Modality=PT")
    other.close()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_test_id("stAlert")).to_have_text(re.compile(r"Cancelled\."))
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_enabled()
    expect(editor(page)).to_have_text(ENDLESS)
