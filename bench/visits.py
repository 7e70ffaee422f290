"""**The tables of visits and changes**: what `bench.pages` opens and does, and what is to be seen then."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

from tests.support import clinical
from tests.support.explore import BAR

#: What is to be seen: a selector, and a pattern of its text.
Seen = tuple[str, str]
Act = Callable[[Page], Any]


@dataclass(frozen=True, slots=True)
class Visit:
    """A page, its address below the server's root, and what its content is."""

    name: str
    address: str
    content: tuple[Seen, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """Something done on a page of `VISITS`; it is over when the first match of `seen` is another one than before."""

    page: str
    what: str
    act: Act
    seen: Seen


_HEAD = ('[data-testid="head-counts"]', "")
_LABEL = (".stEChartsChart text", "")
_FACET = '[data-attribute="Modality"] [data-value]'
_ROW = ".ag-center-cols-container .ag-row"
_TEXT = '[data-testid="stText"]'
_TAB = '[data-testid="stTabs"] [role="tabpanel"]'
_SENTENCE = (_TEXT, "^Series where")
_CARD = (".card", "")

_SERIES = "1.3.6.1.4.1.32722.99.99.90225801217339158667729182127418845443"
_RESULT = "totalsegmentator_ct_segmentations"
_BREAST = "explore?Modality=MR&BodyPartExamined=BREAST"
_TWO = "compare?a=Modality%3DPT&b=collection_id%3Dnsclc_radiogenomics"
_TABLE = f"clinical?collection_id={clinical.SEG}&table={clinical.PERSONS}&column=gender"
_PORTAL = "https://portal.imaging.datacommons.cancer.gov/explore/filters/?Modality_op=OR&Modality=CT"

VISITS = (
    Visit("Home", "", (('[data-testid="holdings"]', ""), (BAR, ""), ("h2, h3", "Latest releases"))),
    Visit("Explore", "explore", (_HEAD, (_FACET, ""), (BAR, ""))),
    Visit("Explore, a cohort", _BREAST, (_HEAD, (_FACET, ""), (BAR, ""))),
    Visit("Explore, its rows", _BREAST, (_HEAD, (_ROW, ""))),
    Visit("Collections", "collections", (_CARD,)),
    Visit("A collection", "collections?collection_id=nlst", (_HEAD, ("h2, h3", "Body parts"), ("h2, h3", "Sources"))),
    Visit("Analysis results", "results", (_CARD,)),
    Visit(
        "An analysis result",
        f"results?analysis_result_id={_RESULT}",
        (_HEAD, ("h2, h3", "Facts"), ("h2, h3", "Sources")),
    ),
    Visit("What’s new", "releases", (('[data-testid="release-counts"]', ""), ("tbody tr", "NLST"))),
    Visit("Recipes", "recipes", (("h1", "Recipes"), ('[data-testid="stCaptionContainer"]', "patients"))),
    Visit("Clinical data", _TABLE, (('[data-testid="overlap"]', ""), (BAR, ""), ("h2, h3", "Take the table"))),
    Visit("SQL", "sql", ((".cm-content", ""), (".idc-columns dt", ""))),
    Visit("Import", "import", (("textarea", ""), ("h2, h3", "A link of the IDC Portal"))),
    Visit("Compare", _TWO, (_LABEL, ("h2, h3", "Together"))),
    Visit("Series", f"series?SeriesInstanceUID={_SERIES}", (("h1", "CT series"), ("h2, h3", "In its study"))),
    Visit("Downloads", "downloads", ((_TEXT, "Nothing has been downloaded"),)),
    Visit("Validate", "validate", (("button", "Check"),)),
    Visit("Help", "help", (("h1", "Help"), (".st-key-help_text", "collection"))),
)


def _click(selector: str) -> Act:
    return lambda page: page.locator(selector).first.click()


def _bar(chart: str = "") -> Act:
    return lambda page: page.locator(f"{chart} {BAR}").first.click()


def _press(role: Any, name: str) -> Act:
    return lambda page: page.get_by_role(role, name=name, exact=True).first.click()


def _fill(label: str, text: str, key: str = "") -> Act:
    def act(page: Page) -> None:
        # Streamlit's help button has the name of its field.
        box = page.locator("input, textarea").and_(page.get_by_label(label)).first
        box.fill(text)
        if key:
            box.press(key)

    return act


def _choose(label: str | re.Pattern[str], option: str) -> Act:
    def act(page: Page) -> None:
        page.get_by_label(label).first.click()
        page.get_by_role("option", name=option).first.click()

    return act


def _one_of(name: str) -> Act:
    """A button of a group such as the levels of the rows."""
    return lambda page: page.get_by_test_id("stButtonGroup").get_by_text(name, exact=True).first.click()


def _by_size(page: Page) -> None:
    grid = page.locator('iframe[title="st_aggrid.AgGrid.agGrid"]').last.content_frame
    grid.locator('.ag-header-cell[col-id="series_size_MB"]').click()


def _query(page: Page) -> None:
    page.locator(".cm-content").focus()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text("SELECT Modality, count(*) AS n FROM index GROUP BY Modality")
    page.keyboard.press("Escape")
    page.keyboard.press("ControlOrMeta+Enter")


def _example(page: Page) -> None:
    page.get_by_role("tab", name="Examples").click()
    # The first one stands in the editor already.
    page.locator('[data-testid="stBaseButton-tertiary"]:visible').nth(1).click()


CHANGES = (
    Change("Home", "a question", _fill("Ask for a cohort", "lung CT of women over 60"), _SENTENCE),
    Change("Home", "an example", _press("button", "slides of lung adenocarcinoma"), _SENTENCE),
    Change("Home", "a bar, to Explore", _bar('[class*="st-key-overview_Modality"]'), _HEAD),
    Change("Explore", "a value", _click('[data-attribute="Modality"] [data-value="MR"] input'), _HEAD),
    Change("Explore", "a search in all filters", _fill("Search all filters", "breast"), ("[data-results]", "")),
    Change("Explore", "patients counted", _click('[data-unit="patients"]'), (_FACET, "")),
    Change("Explore", "a bar", _bar('[class*="st-key-chart_Modality"]'), _HEAD),
    Change("Explore", "the tab Conditions", _press("tab", "Conditions"), ("h2, h3", "What each condition")),
    Change("Explore", "the tab Data", _press("tab", "Data"), ("a", "Manifest for AWS")),
    Change("Explore", "the tab Citations", _press("tab", "Citations"), (_TEXT, "cite them all")),
    Change("Explore", "the tab Licenses", _press("tab", "Licenses"), (_TAB, "CC BY")),
    Change("Explore", "the tab SQL", _press("tab", "SQL"), ('[data-testid="stCode"]', "SELECT")),
    Change("Explore, a cohort", "a condition less", _press("button", "Remove body part BREAST"), _HEAD),
    Change("Explore, its rows", "by size", _by_size, (_ROW, "")),
    Change(
        "Explore, its rows", "the second page", lambda page: page.get_by_label("Page 2", exact=True).click(), (_ROW, "")
    ),
    Change("Explore, its rows", "studies", _one_of("Studies"), (_ROW, "")),
    Change(
        "Collections",
        "a search",
        lambda page: page.get_by_role("searchbox").fill("colorectal"),
        ('[role="status"]', ""),
    ),
    Change("Collections", "as a table", _press("button", "Table"), ("tbody tr", "")),
    Change("Collections", "a collection", _click(".card a"), ("h2, h3", "Facts")),
    Change("A collection", "to Explore", _press("link", "Open in Explore"), (_FACET, "")),
    Change("A collection", "a result made from it", _click('a[href^="results?"]'), (".idc-heading", "Analysis result")),
    Change(
        "Analysis results", "a search", lambda page: page.get_by_role("searchbox").fill("lung"), ('[role="status"]', "")
    ),
    Change(
        "An analysis result", "a collection of it", _click('a[href^="collections?"]'), (".idc-heading", "Collection")
    ),
    Change("What’s new", "another release", _press("link", "v24"), (".idc-release h2", "v24")),
    Change("What’s new", "new series, in Explore", _press("link", "New series in Explore"), _HEAD),
    Change("Recipes", "a recipe, in Explore", _press("link", "Open in Explore"), _HEAD),
    Change("Clinical data", "another column", _choose("Column, of", "age"), _LABEL),
    Change("Clinical data", "a bar", _bar(), _SENTENCE),
    Change("SQL", "a query", _query, (_TEXT, "rows, 2 columns")),
    Change("SQL", "an example", _example, (".cm-content", "SELECT")),
    Change("SQL", "another table", _choose(re.compile("^Table$"), "collections_index"), (".idc-columns", "")),
    Change("Import", "a patient", _fill("Paste them here", "100002", "ControlOrMeta+Enter"), (_TEXT, "found in IDC")),
    Change("Import", "a link of the portal", _fill("Paste the link here", _PORTAL, "Enter"), _SENTENCE),
    Change("Compare", "by series", _one_of("Series"), (_LABEL[0], "^[0-9]")),
    Change("Series", "another tab", _press("tab", "All columns"), ("dt, td, th", "^SeriesInstanceUID")),
    Change(
        "Validate",
        "a folder that is none",
        lambda page: (_fill("Folder", "/none", "Enter")(page), _press("button", "Check")(page)),
        ('[data-testid="stAlert"]', ""),
    ),
    Change("Help", "another topic", _press("tab", "Glossary"), ("dt", "")),
)
