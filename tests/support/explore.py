"""What browser tests do on the Explore page, and what it must then show."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from app.catalog.catalog import open_catalog
from app.cohort.cohort import Cohort
from app.common.numbers import exact
from app.selection.selection import Selection

#: Milliseconds that a click may take to show on a busy machine.
PATIENCE = 30_000
expect.set_options(timeout=PATIENCE)

#: What takes the clicks of a chart: over each bar a wider one that is not seen.
BAR = 'path[fill="rgb(128,140,152)"]'


def visit(page: Page, query: str = "") -> None:
    page.goto(f"/explore?{query}")
    expect_cohort(page, query)


def point_at_bar(chart: Locator, label: str) -> None:
    """Move to the right end of the row of a bar that lies."""
    row, bar = chart.get_by_text(label, exact=True).first, chart.locator(BAR).first
    expect(row).to_be_visible()
    expect(bar).to_be_attached()
    row.scroll_into_view_if_needed()
    rows, bars = row.bounding_box(), bar.bounding_box()
    assert rows
    assert bars
    chart.page.mouse.move(bars["x"] + bars["width"] - 5, rows["y"] + rows["height"] / 2)


def click_bar(chart: Locator, label: str) -> None:
    """Click there, far from the bar itself if that is short."""
    point_at_bar(chart, label)
    chart.page.mouse.down()
    chart.page.mouse.up()


def open_page(page: Page, section: str, name: str) -> None:
    """Take the navigation to a page; what this visit has seen stays known."""
    page.get_by_test_id("stTopNavSection").filter(has_text=section).click()
    page.get_by_role("menuitem", name=name, exact=True).click()


def expect_cohort(page: Page, query: str) -> None:
    """The page shows this cohort: its counts in the head, its words, and its URL in the address bar."""
    cohort = Cohort.from_query(query)
    totals = Selection(open_catalog(), cohort).totals
    expect(head(page, "Series")).to_have_attribute("title", exact(totals.series))
    expect(head(page, "Patients")).to_have_attribute("title", exact(totals.patients))
    expect(head(page, "Size")).to_have_attribute("title", f"{exact(totals.size_bytes)} bytes")
    page.wait_for_function(
        "wanted => JSON.stringify([...new URLSearchParams(location.search)].sort()) === JSON.stringify(wanted.sort())",
        arg=[list(pair) for pair in cohort.to_pairs()],
    )


def head(page: Page, label: str) -> Locator:
    return page.locator('[data-testid="head-counts"] > div').filter(has_text=re.compile(f"^{label}"))


def value(page: Page, attribute: str, name: str) -> Locator:
    """A value's row in the sidebar."""
    return page.locator(f'[data-attribute="{attribute}"] [data-value="{name}"]')


def choose(page: Page, attribute: str, name: str) -> None:
    value(page, attribute, name).locator("input[type=checkbox]").first.click()
