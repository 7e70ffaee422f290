"""Home and Help in a real browser: a question, the first cohort in two clicks, old links, every topic."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from app.ask import ask
from app.catalog.catalog import open_catalog
from app.cohort.attributes import ATTRIBUTES
from app.cohort.cohort import Cohort
from app.cohort.json_form import from_json
from app.cohort.recipes import RECIPES
from app.common.numbers import exact
from app.datasets.overview import holdings
from app.help.glossary import GLOSSARY, explain
from app.help.guide import ACCESS, TROUBLES
from app.interface.api import link
from app.language.english import sentence
from app.selection.selection import Selection
from components.home.ask import EXAMPLES
from tests.support.explore import click_bar, expect_cohort, visit


def ask_here(page: Page, question: str) -> None:
    page.get_by_label("Ask for a cohort in plain words").press_sequentially(question)


def test_a_question_is_understood_as_one_types_and_opens_in_explore(page: Page) -> None:
    page.goto("/")
    held = holdings(open_catalog()).totals
    figures = page.get_by_test_id("holdings").locator("> div")
    expect(figures.filter(has_text=re.compile("^Series"))).to_have_attribute("title", exact(held.series))
    question = "lung CT of women over 60 <img src=x> quux"
    answer = ask(question, open_catalog())
    assert answer.cohort
    assert len(answer.cohort.values("BodyPartExamined", "eq")) > 1
    ask_here(page, question)
    chips = page.get_by_test_id("understood").get_by_role("listitem")
    wanted = [f"{found.phrase} {found.meaning}" for found in answer.understood]
    expect(chips).to_have_text([*wanted, *(f"{words} was not understood" for words in answer.not_understood)])
    assert page.locator("img[src='x']").count() == 0
    series = Selection(open_catalog(), answer.cohort).totals.series
    expect(page.get_by_text(f"{exact(series)} series")).to_be_visible()
    as_json = page.locator(".st-key-ask_open").get_by_role("link", name="JSON").get_attribute("href")
    assert as_json == link("json", answer.cohort)
    assert from_json(page.request.get(f"/{as_json}").text()) == answer.cohort
    page.locator(".st-key-ask_open").get_by_role("link", name="Open in Explore").click()
    expect_cohort(page, answer.cohort.to_query())
    # One step back is the question again, with this cohort among those of the visit.
    page.go_back()
    expect(page.get_by_label("Ask for a cohort in plain words")).to_have_value(question)
    expect(page.get_by_text("Seen in this visit")).to_be_visible()
    page.go_forward()
    expect_cohort(page, answer.cohort.to_query())


def test_two_clicks_lead_to_a_cohort(page: Page) -> None:
    page.goto("/")
    page.get_by_role("button", name=EXAMPLES[3]).click()
    page.locator(".st-key-ask_open").get_by_role("link", name="Open in Explore").click()
    wanted = ask(EXAMPLES[3], open_catalog()).cohort
    assert wanted
    expect_cohort(page, wanted.to_query())


def test_a_bar_and_a_recipe_open_in_one_click_and_lead_back_in_one(page: Page) -> None:
    page.goto("/")
    counts = holdings(open_catalog()).counts["Modality"].counts[1:]
    top = open_catalog().values(ATTRIBUTES["Modality"])[int(counts.argmax())]
    click_bar(page.locator('[class*="st-key-overview_Modality"]'), top)
    expect_cohort(page, f"Modality={top}")
    page.go_back()
    page.wait_for_function("location.pathname === '/' && location.search === ''")
    card = page.get_by_test_id("stVerticalBlock").filter(has_text=RECIPES[0].title).last
    card.get_by_role("link", name="Open in Explore").click()
    expect_cohort(page, RECIPES[0].query)


def test_a_saved_cohort_stays_in_the_browser_until_it_is_removed(page: Page) -> None:
    query = "Modality=CT&Modality=MR&BodyPartExamined=BREAST"
    visit(page, query)
    page.get_by_role("button", name="Save", exact=True).click()
    name = page.get_by_label("Name of the cohort")
    expect(name).to_have_value("modality is CT or MR and body part is BREAST")
    name.fill("<img src=x> breast")
    name.press("Enter")
    expect(page.get_by_role("status").filter(has_text="Saved as “<img src=x> breast”")).to_be_visible()
    page.goto("/")
    saved = page.get_by_role("region", name="Saved cohorts")
    totals = Selection(open_catalog(), Cohort.from_query(query)).totals
    expect(saved).to_contain_text(f"{exact(totals.patients)} patients, {exact(totals.series)} series")
    expect(saved).to_contain_text(sentence(Cohort.from_query(query)))
    remove = saved.get_by_role("button", name="Remove <img src=x> breast")
    remove.click()
    expect(remove).to_have_count(0)
    saved.get_by_role("button", name="Undo").click()
    saved.get_by_role("link", name="<img src=x> breast", exact=True).click()
    expect_cohort(page, query)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_label("Name of the cohort")).to_have_value("<img src=x> breast")


def test_saved_cohorts_are_kept_as_json_too_and_older_ones_are_not_lost(page: Page) -> None:
    query = "Modality=MR&BodyPartExamined=BREAST&sample=5&seed=7"
    older = {"name": "older", "query": "Modality=PT", "sentence": "Series where modality is PT.", "figures": "some"}
    visit(page, query)
    page.evaluate("kept => localStorage.setItem('idc-cohort-builder.saved', JSON.stringify(kept))", [older, {"x": 1}])
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_label("Name of the cohort").fill("newer")
    page.get_by_label("Name of the cohort").press("Enter")
    expect(page.get_by_role("status").filter(has_text="Saved as “newer”")).to_be_visible()
    page.goto("/")
    saved = page.get_by_role("region", name="Saved cohorts")
    expect(saved.get_by_role("listitem")).to_have_count(2)
    with page.expect_download() as started:
        saved.get_by_role("link", name="newer as JSON").click()
    assert started.value.suggested_filename == "newer.json"
    assert from_json(started.value.path().read_text(encoding="utf-8")) == Cohort.from_query(query)
    expect(saved.get_by_role("link", name="older as JSON")).to_have_count(0)
    saved.get_by_role("link", name="older", exact=True).click()
    expect_cohort(page, "Modality=PT")


def test_what_others_put_into_the_storage_harms_no_saved_cohort(page: Page) -> None:
    kept = {"query": "Modality=PT", "sentence": "words", "figures": "some"}
    visit(page, "Modality=PT")
    page.evaluate(
        """kept => localStorage.setItem('idc-cohort-builder.saved', JSON.stringify([
          { ...kept, name: "number", json: 5 }, { ...kept, name: "half", json: "\\ud800" }, { ...kept, name: "whole" },
        ]))""",
        kept,
    )
    page.goto("/")
    saved = page.get_by_role("region", name="Saved cohorts")
    expect(saved.get_by_role("listitem")).to_have_count(3)
    expect(saved.get_by_role("link", name=re.compile("as JSON"))).to_have_count(1)


def test_help_has_every_topic_and_a_link_to_each(page: Page) -> None:
    visit(page, "Modality=NM")
    expect(page.get_by_test_id("head-counts").get_by_text("Studies")).to_have_attribute("title", explain("Studies"))
    page.get_by_role("link", name="Help", exact=True).click()
    expect(page.get_by_role("img", name=re.compile("A collection holds patients"))).to_be_visible()
    page.get_by_role("tab", name="When something fails").click()
    page.get_by_text(TROUBLES[0].symptom).click()
    expect(page.get_by_text(TROUBLES[0].remedy)).to_be_visible()
    page.get_by_role("tab", name="Ways to the data").click()
    for way in ACCESS:
        expect(page.get_by_role("rowheader", name=way.way, exact=True)).to_be_visible()
    page.reload()
    expect(page.get_by_role("rowheader", name=ACCESS[0].way, exact=True)).to_be_visible()
    page.get_by_role("tab", name="Glossary").click()
    expect(page.get_by_role("term")).to_have_count(len(GLOSSARY))
    assert (
        page.get_by_role("link", name="Ask in IDC's forum").get_attribute("href") == "https://discourse.canceridc.dev"
    )


def test_home_counts_what_the_index_holds(plain) -> None:
    held = holdings(open_catalog())
    query = "SELECT count(*), count(DISTINCT collection_id), count(DISTINCT analysis_result_id) FROM index"
    assert plain.execute(query).fetchone() == (held.totals.series, held.collections, held.analysis_results)


def test_every_example_is_understood_whole() -> None:
    answers = [ask(example, open_catalog()) for example in EXAMPLES]
    assert all(answer.cohort and not answer.not_understood and not answer.corrections for answer in answers)
