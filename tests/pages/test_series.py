"""The Series page in a real browser: reached from a row, with viewers that allow frames, forbid them, or are gone."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from playwright.sync_api import Browser, Page, expect

from app.catalog.catalog import open_catalog
from app.series.series import find
from app.series.words import series_sentence
from tests.support import server
from tests.support.explore import PATIENCE, visit

CT = "1.3.6.1.4.1.32722.99.99.90225801217339158667729182127418845443"


@dataclass
class Viewer:
    """A web server in the place of a viewer."""

    url: str
    asked: list[str]


@contextmanager
def viewer(headers: dict[str, str]) -> Iterator[Viewer]:
    """One that answers everything with a page and these headers, and keeps what scripts of its page ask for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            for name, value in {"Content-Type": "text/html", **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(b"<h1>A viewer</h1><script>fetch('/started' + location.search)</script>")

        def log_message(self, *arguments: object) -> None:
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=running.serve_forever, daemon=True).start()
    try:
        yield Viewer(f"http://127.0.0.1:{running.server_port}", asked)
    finally:
        running.shutdown()
        running.server_close()


@pytest.fixture(scope="module")
def allows() -> Iterator[Viewer]:
    with viewer({}) as running:
        yield running


@pytest.fixture(scope="module")
def address(catalog, allows: Viewer) -> Iterator[str]:
    """The app with OHIF that allows frames, SLIM that forbids them, and VolView that nobody runs."""
    with closing(socket.socket()) as nobody, viewer({"X-Frame-Options": "DENY"}) as forbids:
        nobody.bind(("127.0.0.1", 0))
        roots = {"OHIF": allows.url, "SLIM": forbids.url, "VOLVIEW": f"http://127.0.0.1:{nobody.getsockname()[1]}"}
        with server.served(os.environ | {f"IDC_COHORT_{name}": url for name, url in roots.items()}) as running:
            yield running.url


@pytest.fixture
def lenient(chromium: Browser, address: str) -> Iterator[Page]:
    """A visitor's page on whose console the browser may say that it refuses a frame, or scripts in the trial."""
    with server.new_visitor(chromium, address) as opened:
        opened.set_default_timeout(PATIENCE)
        yield opened


def expect_series(page: Page, uid: str) -> None:
    """The page shows this series, and says so in the address bar."""
    expect(page.get_by_test_id("stText").first).to_have_text(series_sentence(find(open_catalog(), uid)))
    page.wait_for_function("uid => new URLSearchParams(location.search).get('SeriesInstanceUID') === uid", arg=uid)


def test_from_a_row_to_the_page_its_viewer_and_a_sibling(page: Page, allows: Viewer) -> None:
    visit(page, f"SeriesInstanceUID={CT}")
    grid = page.locator('iframe[title="st_aggrid.AgGrid.agGrid"]').last.content_frame
    with page.expect_popup() as opened:
        grid.locator('.ag-row[row-index="0"] [col-id="id"] a').click()
    series = opened.value
    expect_series(series, CT)

    frame = series.get_by_title(f"OHIF with series {CT}").content_frame
    expect(frame.get_by_role("heading", name="A viewer")).to_be_visible()
    study = find(open_catalog(), CT).study
    asked = f"?StudyInstanceUIDs={study}&initialSeriesInstanceUID={CT}"
    expect(series.get_by_role("link", name="Open in a new tab")).to_have_attribute(
        "href", f"{allows.url}/viewer/{asked}"
    )
    expect(series.locator("[data-outcome=shown]")).to_have_count(1)
    assert allows.asked.count(f"/viewer/{asked}") == 2  # the frame, and the trial without scripts
    assert allows.asked.count(f"/started{asked}") == 1

    sibling = next(other for other in find(open_catalog(), CT).in_study if other.modality == "SEG")
    link = series.get_by_role("link", name=sibling.description or sibling.uid).first
    expect(link).to_have_attribute("href", f"series?SeriesInstanceUID={sibling.uid}")
    link.click()
    expect_series(series, sibling.uid)
    expect(series.get_by_text("This SEG series has no picture of its own")).to_be_visible()
    expect(series.get_by_role("link", name="Open in a new tab")).to_have_attribute("href", re.compile(f"{CT}$"))
    series.go_back()
    expect_series(series, CT)


def test_a_viewer_that_forbids_frames_and_one_that_is_gone(lenient: Page, plain, address: str) -> None:
    (slide,) = plain.execute("SELECT min(SeriesInstanceUID) FROM index WHERE Modality = 'SM'").fetchone()
    lenient.goto(f"/series?SeriesInstanceUID={slide}")
    expect_series(lenient, slide)
    message = lenient.get_by_role("status").filter(has_text=re.compile(r"^127\.0\.0\.1:\d+ "))
    expect(message).to_have_text(
        re.compile(r"does not let itself be shown inside this page, or answers with an error\. Open the viewer")
    )
    expect(lenient.get_by_title(f"SLIM with series {slide}")).to_have_count(0)
    expect(lenient.get_by_role("link", name="Open in a new tab")).to_be_visible()

    lenient.goto(f"/series?SeriesInstanceUID={CT}")
    expect_series(lenient, CT)
    expect(lenient.locator("[data-outcome=shown]")).to_have_count(1)
    expect(message).to_have_count(0)
    lenient.get_by_role("radio", name="VolView").click()
    expect(message).to_have_text(re.compile(r"can’t be reached from your browser; there may be no network\."))
    expect(lenient.get_by_role("link", name="Open in a new tab")).to_be_visible()
    message.get_by_role("button", name="Show the preview").click()
    expect(lenient.get_by_role("radio", name="Preview")).to_be_checked()
    expect(message).to_have_count(0)


def test_asking_for_a_series(lenient: Page, plain) -> None:
    lenient.goto("/series")
    box = lenient.get_by_role("textbox", name="SeriesInstanceUID or crdc_series_uuid")
    box.fill("1.2.3.4")
    box.press("Enter")
    expect(lenient.get_by_text("No series 1.2.3.4 is in IDC v25 or was in an older release")).to_be_visible()
    (uuid,) = plain.execute(f"SELECT crdc_series_uuid FROM index WHERE SeriesInstanceUID = '{CT}'").fetchone()
    box.fill(uuid)
    box.press("Enter")
    expect_series(lenient, CT)


def test_columns_terms_and_commands(lenient: Page) -> None:
    lenient.goto(f"/series?SeriesInstanceUID={CT}")
    expect_series(lenient, CT)
    lenient.get_by_role("tab", name="All columns").click()
    box = lenient.get_by_role("searchbox", name="Search columns and values")
    rows = lenient.get_by_role("tabpanel").filter(has=box).get_by_role("row")
    expect(rows).to_have_count(len(find(open_catalog(), CT).values) + 1)
    box.fill("siemens manufacturer")
    expect(rows.filter(visible=True)).to_have_count(2)
    expect(rows.nth(0)).to_contain_text("What it is")
    lenient.get_by_role("tab", name="License and citation").click()
    expect(lenient.get_by_text("CC BY-NC 3.0: Commercial use is not allowed.")).to_be_visible()
    expect(lenient.get_by_role("link", name="DOI 10.7937")).to_have_attribute(
        "href", re.compile("^https://doi.org/10.7937")
    )
    lenient.get_by_role("tab", name="Download and DICOMweb").click()
    expect(lenient.get_by_text(f"idc download {CT}")).to_be_visible()
    expect(lenient.get_by_text("at most 137 GB a day")).to_be_visible()
    expect(lenient.get_by_text(f"series={CT}")).to_be_visible()
    lenient.get_by_text("The whole study").click()
    expect(lenient.get_by_text(f"series={CT}")).to_have_count(0)
