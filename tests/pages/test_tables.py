"""Tables are fetched from the sidebar and their filters used, without a restart and without losing the cohort."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from app.catalog.catalog import open_catalog
from app.cohort.attributes import ATTRIBUTES
from app.cohort.cohort import Cohort
from app.common.numbers import compact
from app.selection.selection import Selection
from tests.support import server, tables
from tests.support.explore import expect_cohort, head, value, visit


@pytest.fixture(scope="module")
def offered() -> dict[str, bytes]:
    """What the mirror offers: one table as it should be, one that is damaged."""
    return {"ct_index.parquet": tables.parquet_bytes("ct_index"), "mr_index.parquet": b"PAR1, and no more"}


@pytest.fixture(scope="module")
def home(catalog, tmp_path_factory) -> Path:
    """A data folder of the server's own."""
    return tables.data_folder(tmp_path_factory.mktemp("tables"))


# Before the browser, whose event loop would not let the mirror start.
@pytest.fixture(scope="module", autouse=True)
def address(home, offered):
    """The app with that mirror and that folder, on a machine whose visitors may download to it."""
    with tables.mirror(offered) as (_, mirror), tables.working_in(home):
        environment = {
            "IDC_COHORT_MIRROR": mirror,
            "IDC_COHORT_DOWNLOAD_ROOT": str(home),
            "HTTPS_PROXY": "http://[::1]:9",
        }
        with server.served(os.environ | environment) as running:
            yield running.url


def group(page: Page, label: str) -> Locator:
    return page.locator(f'[data-group="{label}"]')


def test_a_table_is_fetched_and_its_filter_used(page):
    visit(page, "Modality=CT")
    ct = group(page, "CT acquisition")
    expect(ct.locator(".group-badge")).to_have_text("not fetched")
    ct.locator(".group-head").click()
    expect(ct.locator("code")).to_have_text("python -m app fetch ct_index")
    ct.get_by_role("button", name="Fetch ct_index").click()

    kernel = ct.locator('[data-attribute="ct_ConvolutionKernel"]')
    expect(kernel).to_be_visible()
    expect_cohort(page, "Modality=CT")
    expect(ct.locator(".absent-table")).to_have_count(0)
    kernel.locator(".facet-head").click()
    attribute = ATTRIBUTES["ct_ConvolutionKernel"]
    counts = Selection(open_catalog(), Cohort.from_query("Modality=CT")).facet(attribute).counts
    code = open_catalog().codes(attribute)["LUNG"]
    expect(value(page, attribute.name, "LUNG").locator(".count")).to_have_text(compact(counts[code]))
    value(page, attribute.name, "LUNG").locator("input[type=checkbox]").first.click()
    expect_cohort(page, "Modality=CT&ct_ConvolutionKernel=LUNG")
    expect(page.get_by_role("button", name="Remove CT kernel LUNG")).to_be_visible()
    page.reload()
    expect(value(page, attribute.name, "LUNG").locator("input[type=checkbox]").first).to_be_checked()
    expect(value(page, attribute.name, "STANDARD").locator(".count")).not_to_have_text("")


def test_a_link_that_names_an_absent_table_keeps_its_cohort(page, offered):
    page.goto("/explore?Modality=MR&mr_MRAcquisitionType=3D")
    expect(page.get_by_text("This needs the table mr_index, which is not on this machine.")).to_be_visible()
    expect(page.get_by_role("button", name="Remove MR acquisition type 3D")).to_be_visible()
    rest = Selection(open_catalog(), Cohort.from_query("Modality=MR"))
    part = value(page, "BodyPartExamined", "BREAST")
    code = open_catalog().codes(ATTRIBUTES["BodyPartExamined"])["BREAST"]
    expect(part.locator(".count")).to_have_text(compact(rest.facet(ATTRIBUTES["BodyPartExamined"]).counts[code]))
    page.get_by_role("button", name="Fetch mr_index").click()
    expect(page.get_by_text("it is no readable parquet file")).to_be_visible()
    offered["mr_index.parquet"] = tables.parquet_bytes("mr_index")
    page.get_by_role("button", name="Fetch mr_index").click()
    expect(head(page, "Series")).to_be_visible()
    expect_cohort(page, "Modality=MR&mr_MRAcquisitionType=3D")
