"""The first start: the page shows the catalog being built, and then Explore."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from app.catalog import Catalog
from app.numbers import exact
from tests import server


@pytest.mark.xdist_group("browser")
def test_a_visitor_sees_the_build_and_then_the_page(tmp_path: Path, catalog: Catalog) -> None:
    with server.served({**os.environ, "IDC_COHORT_DATA": str(tmp_path)}) as served, server.browser() as chromium:
        page = chromium.new_page()
        page.goto(f"{served.url}/explore")
        expect(page.get_by_role("heading", name="Getting the index ready")).to_be_visible(timeout=30_000)
        expect(page.get_by_role("progressbar")).to_be_visible()
        series = page.locator('[data-testid="head-counts"] > div').filter(has_text=re.compile("^Series"))
        expect(series).to_have_attribute("title", exact(catalog.series_count), timeout=240_000)
