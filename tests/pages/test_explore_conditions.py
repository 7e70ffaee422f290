"""Conditions on patients, scope, additions, samples and splits in a real browser, by clicks, against the engine."""

from __future__ import annotations

import re
from urllib.parse import quote

from playwright.sync_api import Locator, Page, expect

from app.catalog.catalog import open_catalog
from app.cohort.attributes import ATTRIBUTES
from app.cohort.clauses import PARTS, Relation
from app.cohort.cohort import Cohort
from app.common.numbers import compact, exact, size
from app.language.english import combination_clause, relation_clause
from app.selection.selection import Selection
from app.selection.steps import missing_shares, waterfall
from tests.support.explore import choose, expect_cohort, visit

#: Patients with CT and PT and no SEG.
QUERY = "Modality=CT&patient_has=Modality%3DPT&patient_lacks=Modality%3DSEG"


def sentence(page: Page) -> Locator:
    return page.get_by_test_id("cohort-sentence")


def dialog(page: Page, opener: str) -> Locator:
    page.get_by_role("button", name=opener, exact=True).click()
    opened = page.get_by_role("dialog")
    expect(opened).to_be_visible()
    return opened


def builder(page: Page) -> Locator:
    return dialog(page, "Add a condition on patients or studies")


def pick(page: Page, opened: Locator, attribute: str, value: str) -> None:
    """Choose a value by typing its name into the list of the attribute's values."""
    box = opened.get_by_role("combobox", name=f"Values of {attribute}")
    box.fill(value)
    page.get_by_role("option", name=re.compile(rf"^{value} \(")).click()
    box.press("Escape")


def ask_of(page: Page, opened: Locator, line: int, attribute: str) -> None:
    """Choose another attribute in one of the dialog's lines."""
    opened.get_by_role("combobox", name="Attribute").nth(line).fill(attribute)
    page.get_by_role("option", name=attribute, exact=True).click()


def add(opened: Locator, relation: Relation) -> None:
    """Add what the dialog says it would, once it says this."""
    expect(opened.get_by_text(f"Series where {relation_clause(relation)}.", exact=True)).to_be_visible()
    opened.get_by_role("button", name="Add", exact=True).click()
    expect(opened).to_be_hidden()


def tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).click()


def manifest_urls(page: Page, link: Locator) -> set[str]:
    with page.expect_download() as started:
        link.click()
    lines = started.value.path().read_text().splitlines()
    urls = [line for line in lines if not line.startswith("#")]
    assert len(set(urls)) == len(urls)
    return set(urls)


def urls_of(query: str) -> set[str]:
    """Manifest lines of a cohort, by way of its row numbers alone."""
    cursor = open_catalog().cursor()
    cursor.register("chosen", {"series_row": Selection(open_catalog(), Cohort.from_query(query)).rows})
    path = "aws_bucket || '/' || crdc_series_uuid"
    found = cursor.execute(f"SELECT 'cp s3://' || {path} || '/* .' FROM series SEMI JOIN chosen USING (series_row)")
    return {line for (line,) in found.fetchall()}


def test_patients_with_ct_and_pt_and_no_seg_by_clicks_and_back_again(page: Page) -> None:
    visit(page)
    choose(page, "Modality", "CT")
    expect_cohort(page, "Modality=CT")
    opened = builder(page)
    pick(page, opened, "modality", "PT")
    has_pt, lacks_seg = Cohort.from_query(QUERY).relations
    add(opened, has_pt)
    expect_cohort(page, "Modality=CT&patient_has=Modality%3DPT")
    opened = builder(page)
    opened.get_by_text("have no", exact=True).click()
    pick(page, opened, "modality", "SEG")
    left = Selection(open_catalog(), Cohort.from_query(QUERY)).totals
    expect(opened).to_contain_text(f"Leaves {exact(left.patients)} patients with {exact(left.series)} series")
    add(opened, lacks_seg)
    expect_cohort(page, QUERY)
    for relation in (has_pt, lacks_seg):
        expect(sentence(page)).to_contain_text(relation_clause(relation))
    for query in ("Modality=CT&patient_has=Modality%3DPT", "Modality=CT", ""):
        page.get_by_role("button", name="Undo", exact=True).click()
        expect_cohort(page, query)
    for _ in range(3):
        page.get_by_role("button", name="Redo", exact=True).click()
    expect_cohort(page, QUERY)
    choose(page, "BodyPartExamined", "CHEST")
    expect_cohort(page, f"{QUERY}&BodyPartExamined=CHEST")
    page.get_by_role("button", name=f"Remove {relation_clause(has_pt)}", exact=True).click()
    expect_cohort(page, "Modality=CT&BodyPartExamined=CHEST&patient_lacks=Modality%3DSEG")


def test_builder_takes_numbers_texts_counts_and_days(page: Page) -> None:
    visit(page, "Modality=PT")
    tab(page, "SQL")
    opened = builder(page)
    pick(page, opened, "modality", "CT")
    opened.get_by_role("button", name="And another attribute").click()
    ask_of(page, opened, 1, "Number of instances")
    opened.get_by_label("From").fill("100")
    opened.get_by_label("From").press("Enter")
    opened.get_by_label("Within days of the matching series").fill("30")
    opened.get_by_label("Within days of the matching series").press("Enter")
    inner = "Modality=CT&instanceCount__gte=100&within_days=30"
    add(opened, Relation.parse("patient_has", inner))
    first = f"Modality=PT&patient_has={quote(inner, safe='')}"
    expect_cohort(page, first)
    opened = builder(page)
    opened.get_by_text("Studies that", exact=True).click()
    ask_of(page, opened, 0, "Series description")
    opened.get_by_label("Text in series description").fill("AC_")
    opened.get_by_label("At least").fill("2")
    opened.get_by_label("At least").press("Enter")
    relation = Relation.parse("study_has", "SeriesDescription__contains=AC_&at_least=2")
    add(opened, relation)
    expect_cohort(
        page, Cohort.from_query(f"Modality=PT&patient_has={quote(inner, safe='')}").with_clause(relation).to_query()
    )


def test_scope_changes_head_charts_and_what_is_exported(page: Page) -> None:
    query = "Modality=PT&BodyPartExamined=BREAST"
    visit(page, query)
    selection = Selection(open_catalog(), Cohort.from_query(query))
    for scope, totals in selection.scopes().items():
        segment = page.locator(f'[data-scope="{scope}"]')
        expect(segment).to_contain_text(f"{compact(totals.series)} series")
        expect(segment).to_contain_text(size(totals.size_bytes))
        expect(segment).to_have_attribute("title", re.compile(f"{exact(totals.size_bytes)} bytes$"))
    assert len({totals.series for totals in selection.scopes().values()}) == 3
    page.locator('[data-scope="patient"]').click()
    expect_cohort(page, f"{query}&scope=patient")
    whole = Selection(open_catalog(), Cohort.from_query(f"{query}&scope=patient"))
    modality = ATTRIBUTES["Modality"]
    counts = whole.facet_of_selected(modality)
    top = int(counts[1:].argmax())
    bars = page.locator('[class*="st-key-chart_Modality"]')
    expect(bars.locator("text").first).to_have_text(open_catalog().values(modality)[top])
    expect(bars.get_by_text(compact(int(counts[top + 1])), exact=True)).to_be_visible()
    expect(page.get_by_text("The charts count the whole cohort", exact=False)).to_be_visible()
    tab(page, "Data")
    found = manifest_urls(page, page.get_by_role("link", name="Manifest for AWS", exact=True))
    assert found == urls_of(f"{query}&scope=patient")
    page.get_by_role("button", name="Remove patient scope").click()
    expect_cohort(page, query)


def test_completing_adds_the_series_that_it_names(page: Page) -> None:
    query = "Modality=SEG&collection_id=qin_prostate_repeatability"
    visit(page, query)
    tab(page, "SQL")
    before, after = (Selection(open_catalog(), Cohort.from_query(q)).totals for q in (query, f"{query}&add=sources"))
    opened = dialog(page, "Add segmentations or source images")
    expect(opened).to_contain_text(
        f"Adds {exact(after.series - before.series)} series, {size(after.size_bytes - before.size_bytes)}."
    )
    opened.get_by_text("Add the source images of these derived series").click()
    opened.get_by_role("button", name="Apply").click()
    expect_cohort(page, f"{query}&add=sources")
    expect(sentence(page)).to_contain_text("with all images of the studies")
    page.get_by_role("button", name=re.compile("^Remove with all images")).click()
    expect_cohort(page, query)


def test_parts_of_a_split_sample_add_up_and_share_nothing(page: Page) -> None:
    query = f"{QUERY}&sample=60&split=70-15-15&seed=7"
    visit(page, QUERY)
    tab(page, "Sample and split")
    page.get_by_text("Some patients", exact=True).click()
    page.get_by_label("Patients", exact=True).fill("60")
    page.get_by_text("Split the patients", exact=False).click()
    page.get_by_label("Validation %").fill("20")
    page.get_by_label("Seed", exact=True).fill("7")
    page.get_by_role("button", name="Apply", exact=True).click()
    expect(page.get_by_text("100 together", exact=False)).to_be_visible()
    expect_cohort(page, QUERY)
    page.get_by_label("Validation %").fill("15")
    page.get_by_role("button", name="Apply", exact=True).click()
    expect_cohort(page, query)
    parts = [page.locator(f".st-key-part_{part}") for part in PARTS]
    for card in parts:
        expect(card).to_contain_text(re.compile(r"\([\d,]+ bytes"))
    shown = [re.search(r"([\d,]+) patients.*\(([\d,]+) bytes", card.inner_text(), re.DOTALL) for card in parts]
    patients, sizes = (sum(int(found[place].replace(",", "")) for found in shown if found) for place in (1, 2))
    totals = Selection(open_catalog(), Cohort.from_query(query)).totals
    assert (patients, sizes) == (60, totals.size_bytes)
    found = [manifest_urls(page, card.get_by_role("link", name="Manifest")) for card in parts]
    assert sum(map(len, found)) == totals.series
    assert set.union(*found) == urls_of(query)
    page.get_by_text("Test", exact=True).last.click()
    expect_cohort(page, f"{query}&part=test")
    assert found[2] == urls_of(f"{query}&part=test")
    page.get_by_role("button", name=re.compile("^Remove patients split")).click()
    expect_cohort(page, f"{QUERY}&sample=60&seed=7")
    page.get_by_role("button", name=re.compile("^Remove of these, 60 patients")).click()
    expect_cohort(page, QUERY)


def test_conditions_tab_says_what_each_removes_and_what_is_missing(page: Page) -> None:
    query = f"{QUERY}&scope=study"
    visit(page, query)
    tab(page, "Conditions")
    selection = Selection(open_catalog(), Cohort.from_query(query))
    rows = page.get_by_test_id("steps").locator("tbody tr")
    steps = waterfall(selection)
    expect(rows).to_have_count(len(steps))
    for position, step in enumerate(steps):
        expect(rows.nth(position)).to_contain_text(step.clause[1:])
        expect(rows.nth(position)).to_contain_text(compact(step.totals.series))
    assert steps[-1].totals == selection.totals
    shares = missing_shares(selection)
    most = max(shares, key=lambda name: shares[name])
    expect(page.get_by_test_id("missing").locator("> div").first).to_have_text(
        re.compile(f"{ATTRIBUTES[most].title}.*{100 * shares[most]:.1f} %")
    )


def test_combined_cohorts_and_unknown_values_are_marked_and_removable(page: Page) -> None:
    query = "Modality=CT&patient_has=Modality%3DPTT&union=a%3DModality%253DCT%26b%3DModality%253DMR"
    visit(page, query)
    expect(sentence(page)).to_contain_text("PTT: not in this release")
    cohort = Cohort.from_query(query)
    text = combination_clause(cohort.combinations[0])
    expect(sentence(page)).to_contain_text(text)
    page.get_by_role("button", name=f"Remove {relation_clause(cohort.relations[0])}", exact=True).click()
    expect_cohort(page, "Modality=CT&union=a%3DModality%253DCT%26b%3DModality%253DMR")
    page.get_by_role("button", name=f"Remove {text}", exact=True).click()
    expect_cohort(page, "Modality=CT")


def test_hostile_text_in_a_condition_stays_text(page: Page) -> None:
    relation = Relation.parse("patient_has", "SeriesDescription__contains=" + quote("<img src=x onerror=alert(1)>"))
    visit(page, Cohort().with_clause(relation).to_query())
    tab(page, "Conditions")
    expect(page.get_by_test_id("steps")).to_contain_text("<img src=x onerror=alert(1)>")
    expect(sentence(page)).to_contain_text("<img src=x onerror=alert(1)>")
    assert page.locator("img[src='x']").count() == 0
