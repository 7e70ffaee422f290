"""Collections, analysis results and releases on screen: all of them open, hostile texts stay text, clicks lead on."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect
from streamlit.testing.v1 import AppTest

from app.cohort.cohort import Cohort
from app.common.numbers import exact
from app.datasets import about as engine
from app.datasets.about import DatasetKind, datasets
from app.datasets.release_history import added_in, releases, revised_in
from app.export import commercial_uses
from app.selection.selection import Selection
from components.common.scripts import module
from components.datasets import dataset, dataset_list
from components.widgets import tally
from tests.support.explore import PATIENCE, expect_cohort, open_page, visit
from tests.support.paths import ROOT

PAGES = {DatasetKind.COLLECTION: "collections", DatasetKind.RESULT: "results"}

# --- without a browser ------------------------------------------------------------------------------------------


def open_script(page: str) -> AppTest:
    shown = AppTest.from_file(str(ROOT / "app" / "main.py"), default_timeout=60).run()
    return shown.switch_page(f"../pages/{page}.py")


def said(shown: AppTest) -> str:
    return " ".join(element.proto.body for element in shown.main.get("html"))


@pytest.mark.parametrize("kind", list(DatasetKind))
def test_every_dataset_has_a_page(kind, catalog):
    shown = open_script(PAGES[kind])
    for one in datasets(catalog, kind).values():
        shown.query_params[kind] = one.id
        shown.run()
        assert not shown.exception, one.id
        assert not shown.error, one.id
        body = said(shown)
        assert f"<code>{one.id}</code>" in body
        assert f'title="{exact(one.totals.size_bytes)} bytes"' in body
        assert all(source.doi in body for source in one.sources)


def test_every_release_has_a_page(catalog):
    shown = open_script("releases")
    for version, one in releases(catalog).items():
        shown.query_params["release"] = str(version)
        shown.run()
        assert not shown.exception, version
        assert not shown.error, version
        assert f"IDC v{version}</h2>" in said(shown)
        assert [link.proto.label for link in shown.main.get("page_link")] == [
            label
            for label, count in (
                ("New series in Explore", one.changes.added),
                ("Revised series in Explore", one.changes.revised),
                ("Removed series as a list", one.changes.removed),
            )
            if count
        ]


@pytest.mark.parametrize(("page", "key"), [("collections", "collection_id"), ("releases", "release")])
def test_links_to_nothing_say_so(page, key, catalog):
    shown = open_script(page)
    shown.query_params[key] = "![x](http://evil/x.png)<script>"
    shown.run()
    assert not shown.exception
    assert not shown.error
    assert any("IDC" in element.value and "evil" not in element.value.split("“")[0] for element in shown.text)
    assert "evil" not in said(shown)


HOSTILE = "<img src=x onerror=alert(1)> ![x](http://evil/x.png) <script>alert(2)</script> \"'><b>"


class Tags(HTMLParser):
    """Tags and addresses of what a page shows."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.addresses: set[str] = set()

    def handle_starttag(self, tag: str, attributes) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attributes}
        self.addresses |= {value for name, value in attributes if name in ("href", "src")}


def hostile_row(row: dict) -> dict:
    source = {
        "source_title": HOSTILE,
        "source_doi": f"10.1/{HOSTILE}",
        "source_url": "javascript:alert(3)",
        "modalities": HOSTILE,
        "license": {"license_short_name": HOSTILE, "license_url": "javascript:alert(4)"},
        "citation": f'{HOSTILE} https://doi.org/10.1/x"onclick=alert(5)',
        "provenance": {"data_contributor": HOSTILE},
    }
    texts = ("collection_name", "description", "program_id", "status", "updated")
    lists = ("cancer_types", "tumor_locations", "species", "supporting_data")
    return row | dict.fromkeys(texts, HOSTILE) | {name: [HOSTILE] for name in lists} | {"sources": [source]}


def test_hostile_texts_stay_text(catalog, monkeypatch):
    read = engine._rows

    def rows(*arguments):
        found = read(*arguments)
        return [hostile_row(row) if row.get("collection_id") == "nlst" else row for row in found]

    monkeypatch.setattr(engine, "_rows", rows)
    poisoned = engine._read.__wrapped__(catalog)
    one = poisoned[DatasetKind.COLLECTION]["nlst"]
    selection = Selection(catalog, one.cohort)
    parts = [dataset._heading(one), dataset._description(one), dataset._facts(one, selection), dataset._sources(one)]
    tags = Tags()
    tags.feed("".join(parts))
    assert tags.tags <= {"a", "article", "br", "code", "dd", "div", "dl", "dt", "h1", "h3", "p", "small", "span"}
    assert tags.attributes <= {"class", "href", "rel", "target", "title"}
    assert tags.addresses
    assert all(re.match("https?://", address) for address in tags.addresses)
    item = dataset_list._item(one, {}, commercial_uses(catalog))
    assert "<img" not in item["title"]
    assert item["href"] == "collections?collection_id=nlst"


# --- in a browser -----------------------------------------------------------------------------------------------


def go_to(page: Page, name: str) -> None:
    visit(page)
    open_page(page, "Discover", name)


def expect_query(page: Page, query: str) -> None:
    page.wait_for_function("wanted => location.search === wanted", arg=query)


def test_hostile_texts_stay_text_in_the_parts_that_scripts_draw(chromium: Browser, catalog) -> None:
    payload = dataset_list._payload(catalog, DatasetKind.COLLECTION)
    item = payload["items"][0]
    texts = dict.fromkeys(("title", "about", "text", "badge", "program", "id"), HOSTILE)
    item = item | texts | {"licenses": [HOSTILE], "facets": {name: [HOSTILE] for name in item["facets"]}}
    cells = [tally.Cell(HOSTILE, HOSTILE), tally.Cell(HOSTILE, share=0.5, address=f"https://a.b/{HOSTILE}")]
    rows = [[tally._entry(cell) for cell in cells]]
    columns = [{"label": HOSTILE, "text": True}] * 2
    page = chromium.new_page()
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    for script, data in (
        ("datasets/dataset_list/page.js", payload | {"items": [item]}),
        ("widgets/tally/tally.js", {"title": HOSTILE, "note": HOSTILE, "columns": columns, "rows": rows, "most": 9}),
    ):
        source = module(ROOT / "components" / script)
        page.goto("about:blank")
        page.add_script_tag(content=source.replace("export default function", "window.draw = function"))
        page.evaluate("data => draw({ data, parentElement: document.body })", data)
        assert page.locator("body img, body b:not(.number)").count() == 0
        assert HOSTILE in page.locator("body").inner_text()
    page.close()


def test_from_a_search_to_explore(page: Page, catalog) -> None:
    go_to(page, "Collections")
    cards = page.locator(".card")
    expect(cards).to_have_count(179)
    page.get_by_role("searchbox", name="Search collections").fill("MOONSHOT colorectal")
    expected = [
        one.id
        for one in datasets(catalog, DatasetKind.COLLECTION).values()
        if "moonshot" in one.searched and "colorectal" in one.searched
    ]
    assert 0 < len(expected) < 20
    expect(page.get_by_role("status")).to_have_text(f"{len(expected)} of 179 collections")
    assert cards.evaluate_all("cards => cards.map(card => card.dataset.id)") == expected
    page.get_by_role("link", name=f"Explore these {len(expected)} →").click()
    expect_cohort(page, Cohort().with_values("collection_id", "eq", expected).to_query())
    page.go_back()
    expect(page.get_by_role("searchbox", name="Search collections")).to_have_value("MOONSHOT colorectal")
    page.get_by_text("Modality", exact=True).click()
    page.locator('[data-facet="modality"] [data-value="MR"] input').check()
    expect_query(page, "?q=MOONSHOT+colorectal&modality=MR")
    page.keyboard.press("Escape")
    expect(page.locator("details[open]")).to_have_count(0)
    page.get_by_role("link", name="CMB-CRC", exact=True).click()
    expect(page.get_by_role("heading", name="CMB-CRC", exact=True)).to_be_visible()
    expect_query(page, "?collection_id=cmb_crc")
    page.go_back()
    expect(page.get_by_role("searchbox", name="Search collections")).to_have_value("MOONSHOT colorectal")
    expect(page.locator(".chip")).to_have_text("MR")
    page.go_forward()
    page.get_by_role("link", name="Open in Explore").click()
    expect_cohort(page, "collection_id=cmb_crc")


def test_from_the_table_of_results_to_a_derived_dataset(page: Page, catalog) -> None:
    go_to(page, "Analysis results")
    page.get_by_role("button", name="Table").click()
    page.get_by_role("columnheader", name="Series").get_by_role("button").click()
    expect_query(page, "?sort=series&view=table")
    ranked = sorted(datasets(catalog, DatasetKind.RESULT).values(), key=lambda one: -one.totals.series)
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(26)
    assert rows.evaluate_all("rows => rows.map(row => row.dataset.id)")[:5] == [one.id for one in ranked[:5]]
    rows.first.get_by_role("link").click()
    expect_query(page, f"?analysis_result_id={ranked[0].id}")
    collection = next(iter(ranked[0].related))
    title = datasets(catalog, DatasetKind.COLLECTION)[collection].title
    page.get_by_role("link", name=title, exact=True).click()
    expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()
    assert urlsplit(page.url).path == "/collections"
    page.get_by_role("link", name="SEG", exact=True).click()
    expect_cohort(page, f"collection_id={collection}&Modality=SEG")
    page.get_by_role("link", name=f"About {title}", exact=True).click()
    expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()
    expect_query(page, f"?collection_id={collection}")


def test_from_a_release_to_its_cohorts(page: Page, catalog) -> None:
    go_to(page, "What’s new")
    page.get_by_role("link", name="v24", exact=True).click()
    expect(page.get_by_role("heading", name="IDC v24")).to_be_visible()
    expect_query(page, "?release=24")
    page.get_by_role("link", name="Revised series in Explore").click()
    expect_cohort(page, revised_in(24).to_query())
    page.go_back()
    expect(page.get_by_role("heading", name="IDC v24")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="IDC v25")).to_be_visible()
    page.get_by_role("row", name=re.compile("^NLST ")).get_by_role("link").nth(1).click()
    expect_cohort(page, added_in(25, collection_id="nlst").to_query())
    page.go_back()
    page.get_by_role("link", name="Removed series as a list").click()
    expect(page.get_by_text(f"{exact(releases(catalog)[25].changes.removed)} rows, 7 columns")).to_be_visible()


def test_links_from_elsewhere(chromium: Browser, address: str) -> None:
    """A narrow window, straight to one of each page; a link carries search, facets and view."""
    context = chromium.new_context(viewport={"width": 390, "height": 800}, base_url=address)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto("/collections?collection_id=nlst")
    expect(page.get_by_role("heading", name="NLST", exact=True)).to_be_visible()
    page.goto("/collections?species=Mouse&sort=size")
    expect(page.get_by_role("status")).to_have_text("11 of 179 collections")
    href = page.get_by_role("link", name="Explore →").first.get_attribute("href")
    assert set(parse_qs(urlsplit(href or "").query)) == {"collection_id"}
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()
