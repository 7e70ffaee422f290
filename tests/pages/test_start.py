"""Ways into Explore in a real browser: recipes, imported lists and links, regions of a comparison."""

from __future__ import annotations

from playwright.sync_api import FilePayload, Page, expect

from app.catalog.catalog import open_catalog
from app.cohort.attributes import ATTRIBUTES
from app.cohort.clauses import Scope
from app.cohort.cohort import Cohort
from app.cohort.recipes import RECIPES
from app.common.numbers import compact, exact
from app.selection.selection import Selection
from app.selection.venn import regions
from tests.support import truth
from tests.support.explore import expect_cohort, open_page, visit

A = "Modality=NM&Modality=PT"
B = "collection_id=nsclc_radiogenomics&collection_id=tcga_luad"


def test_a_cohort_at_the_root_leads_to_explore(page: Page) -> None:
    page.goto(f"/?{A}&PatientID__contains=%25")
    expect_cohort(page, f"{A}&PatientID__contains=%25")


def test_a_recipe_opens(page: Page) -> None:
    visit(page)
    open_page(page, "Discover", "Recipes")
    card = page.get_by_test_id("stVerticalBlock").filter(has_text=RECIPES[3].title).last
    totals = Selection(open_catalog(), RECIPES[3].cohort).totals
    expect(card).to_contain_text(f"{compact(totals.patients)} patients")
    card.get_by_role("link", name="Open in Explore").click()
    expect_cohort(page, RECIPES[3].query)


def test_a_list_with_three_unknown_identifiers(page: Page) -> None:
    known = sorted(set(truth.column("PatientID")[:60_000:3_000].to_pylist()))
    visit(page)
    open_page(page, "Tools", "Import")
    page.get_by_role("textbox", name="Paste them here").fill("\n".join([*known, "nobody-1", "nobody-2", "nobody-3"]))
    page.get_by_role("textbox", name="Paste them here").blur()
    expect(page.get_by_text(f"{len(known)} patient IDs found in IDC v")).to_be_visible()
    expect(page.get_by_text("3 entries not found.")).to_be_visible()
    page.get_by_text("Not found: 3").click()
    expect(page.get_by_test_id("stCode")).to_contain_text("nobody-2")
    page.get_by_role("link", name="Open these in Explore").click()
    expect_cohort(page, "&".join(f"PatientID={value}" for value in known))


def test_a_long_list_from_a_file_stands_in_the_link_under_its_name(page: Page) -> None:
    uids = truth.column("SeriesInstanceUID")[::2_000].to_pylist()
    visit(page)
    open_page(page, "Tools", "Import")
    csv = "SeriesInstanceUID\r\n" + "\r\n".join(uids)
    upload = FilePayload(name="series.csv", mimeType="text/csv", buffer=csv.encode())
    page.locator("input[type=file]").set_input_files(upload)
    expect(page.get_by_text(f"{exact(len(uids))} series UIDs found")).to_be_visible()
    page.get_by_role("link", name="Open these in Explore").click()
    expect(page.locator('[data-testid="head-counts"] > div').nth(2)).to_have_attribute("title", exact(len(uids)))
    page.wait_for_function("location.search.startsWith('?SeriesInstanceUID__in=') && location.search.length < 50")


PORTAL = "https://portal.imaging.datacommons.cancer.gov/explore/filters/?"


def paste(page: Page, link: str) -> None:
    box = page.get_by_role("textbox", name="Paste the link here")
    box.fill(PORTAL + link)
    box.press("Enter")


def expect_totals(page: Page, name: str, cohort: Cohort) -> None:
    totals = Selection(open_catalog(), cohort).totals
    shown = page.get_by_test_id(name).locator("> div")
    wanted = [exact(totals.patients), exact(totals.studies), exact(totals.series), f"{exact(totals.size_bytes)} bytes"]
    for place, title in enumerate(wanted):
        expect(shown.nth(place)).to_have_attribute("title", title)


def test_links_of_the_portal_say_what_they_hold_before_they_open(page: Page) -> None:
    visit(page)
    open_page(page, "Tools", "Import")
    paste(page, "Modality=CT&collection_id=CPTAC&collection_id=cptac_crcc")
    expect(page.get_by_text("IDC v25 has no collection “cptac_crcc”; the nearest is “cptac_ccrcc”.")).to_be_visible()
    expect(page.get_by_text("so there is nothing to open")).to_be_visible()
    expect(page.get_by_role("link", name="Open this in Explore")).to_have_count(0)
    members = [name for name in open_catalog().values(ATTRIBUTES["collection_id"]) if name.startswith("cptac_")]
    whole = Cohort.from_query("Modality=CT").with_values("collection_id", "eq", members)
    expect_totals(page, "with_CPTAC", whole)
    page.get_by_role("link", name="Open it with all of CPTAC").click()
    expect_cohort(page, whole.to_query())
    open_page(page, "Tools", "Import")
    paste(page, "Modality=CT&Modality=PT&collection_id=NCI_Trials&collection_id=ea1141&collection_id=eay131&race=WHITE")
    wider = Cohort.from_query("Modality=CT&Modality=PT&collection_id=ea1141&collection_id=eay131")
    expect(page.get_by_text("the program NCI_Trials beside collections")).to_be_visible()
    expect(page.get_by_text("race is left out")).to_be_visible()
    expect_totals(page, "link_totals", wider)
    page.get_by_role("link", name="Open this wider cohort in Explore").click()
    expect_cohort(page, wider.to_query())


def test_a_region_of_two_cohorts_opens_from_the_picture_and_from_the_list(page: Page) -> None:
    visit(page, A)
    open_page(page, "Tools", "Compare")
    page.get_by_role("button", name="Use as A").click()
    expect(page.get_by_role("textbox", name="Cohort A")).to_have_value(A)
    expect(page.get_by_role("button", name="Use as A")).to_have_count(0)
    box = page.get_by_role("textbox", name="Cohort B")
    box.fill(f"http://localhost:8501/?{B}")
    box.press("Enter")
    found = {r.inside: r for r in regions(open_catalog(), [Cohort.from_query(q) for q in (A, B)], Scope.PATIENT)}
    both = found[0, 1]
    expect(page.get_by_text(f"{exact(both.count(Scope.PATIENT))} patients, ").first).to_be_visible()
    page.get_by_role("link", name="A, not B", exact=True).click()
    expect_cohort(page, found[0,].cohort.to_query())
    open_page(page, "Tools", "Compare")
    expect(page.get_by_text("Seen in Explore")).to_be_visible()
    count = page.locator(".stEChartsChart text", has_text=compact(both.count(Scope.PATIENT)))
    expect(count).to_be_visible()
    position = count.bounding_box()
    assert position
    middle = position["x"] + position["width"] / 2, position["y"] + position["height"] / 2
    page.mouse.move(*middle)
    expect(page.locator(".stEChartsChart")).to_contain_text("A and B: ")
    page.mouse.click(*middle)
    expect_cohort(page, both.cohort.to_query())
