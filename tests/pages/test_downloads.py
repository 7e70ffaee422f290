"""A download from the page in a real browser: started, seen to its end, and its faulty series retried."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect
from streamlit.testing.v1 import AppTest

from app.catalog.build import catalog_folder
from app.cohort.cohort import Cohort
from app.common.numbers import exact
from app.common.settings import settings
from app.downloads.paths import Template
from app.downloads.plan import series_of
from app.selection.selection import Selection
from app.storage.buckets import Cloud
from app.storage.store import WantedSeries
from tests.support import server
from tests.support.downloads import environment, expected, objects_of, on_disk
from tests.support.s3_server import Fault, S3Server

_PATIENCE = 30_000
expect.set_options(timeout=_PATIENCE)

QUERY = "collection_id=qiba_ct_1c&Modality=PR&instanceCount__gte=1"
TEMPLATE = "%PatientID/%Modality_%SeriesInstanceUID"


@pytest.fixture
def wanted(catalog) -> list[WantedSeries]:
    """The cohort's real series, as the page is to download them."""
    return list(series_of(Selection(catalog, Cohort.from_query(QUERY)), Cloud.AWS, Template(TEMPLATE)))


@pytest.fixture
def data_folder(tmp_path: Path) -> Path:
    """A data folder with a queue of its own and the catalog that is already built."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "catalog").symlink_to(catalog_folder().parent)
    return tmp_path / "data"


@pytest.mark.browser
def test_a_download_from_the_page(wanted: list[WantedSeries], data_folder: Path, tmp_path: Path) -> None:
    objects, root = objects_of(wanted), tmp_path / "root"
    faulty = f"{wanted[1].crdc_uuid}/"
    source = S3Server({wanted[0].bucket: objects}, faults={faulty: Fault(status=403)})
    assert {one.bucket for one in wanted} == set(source.buckets)
    with (
        source.running(),
        server.served(environment(data_folder, root, source.url)) as app,
        server.browser() as chromium,
    ):
        page = chromium.new_page(base_url=app.url, viewport={"width": 1440, "height": 1200})
        page.set_default_timeout(_PATIENCE)
        page.goto(f"/explore?{QUERY}")
        expect(page.locator('[data-testid="head-counts"] > div').nth(2)).to_have_attribute("title", exact(len(wanted)))
        page.get_by_role("tab", name="Data").click()
        page.get_by_label("Folder", exact=True).fill("../outside")
        expect(page.get_by_text("“../outside” lies outside")).to_be_visible()
        page.get_by_label("Folder", exact=True).fill("study")
        page.get_by_label("Folders in it", exact=True).fill(TEMPLATE)
        expect(page.get_by_text(str(root / "study" / wanted[-1].folder))).to_be_visible()
        page.get_by_role("button", name="Start download").click()
        page.get_by_role("link", name="See how far it is").click()
        first = page.locator(".st-key-download_1")
        expect(first).to_contain_text(f"Not complete: 1 of {len(wanted)} series.")
        expect(first).to_contain_text("Download 1, not complete")
        assert on_disk(root / "study") == expected([one for one in wanted if one is not wanted[1]], objects)
        source.faults = {}
        first.get_by_role("button", name="Retry these series").click()
        second = page.locator(".st-key-download_2")
        expect(second).to_contain_text("Download 2, complete")
        expect(second).to_contain_text("100%")
        assert on_disk(root / "study") == expected(wanted, objects)
        # The list outlives the page.
        page.reload()
        expect(second).to_contain_text("Download 2, complete")
        first.get_by_role("button", name="Remove").click()
        expect(first).to_have_count(0)
        expect(second).to_be_visible()


@pytest.mark.parametrize(("root", "offered"), [("", False), ("/", True)])
def test_without_a_root_no_download_is_offered(catalog, root: str, offered: bool, monkeypatch) -> None:
    monkeypatch.setenv("IDC_COHORT_DOWNLOAD_ROOT", root)
    settings.cache_clear()

    def page() -> None:
        from app.catalog.catalog import open_catalog
        from app.cohort.cohort import Cohort
        from app.selection.selection import Selection
        from components.explore.download_panel import download_panel

        download_panel(Selection(open_catalog(), Cohort.from_query("Modality=PR")))

    shown = AppTest.from_function(page, default_timeout=60).run()
    settings.cache_clear()
    assert not shown.exception
    assert [one.value for one in shown.header] == ["Download to this machine"] * offered
    assert [one.label for one in shown.button] == ["Dry run", "Start download"] * offered
