"""Slices, headers and the contact sheet in a real browser, over a local S3."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from app.cohort.cohort import Cohort
from app.common.modalities import WITHOUT_PICTURE
from app.common.settings import settings
from app.preview.contact_sheet import sheet
from app.selection.selection import Selection
from app.storage.buckets import GCS_BUCKETS
from tests.support import server
from tests.support.block_phantom import Phantom, objects, report, segmentation
from tests.support.downloads import environment
from tests.support.s3_server import Fault, S3Server

PATIENCE = 30_000
expect.set_options(timeout=PATIENCE)


@dataclass(frozen=True)
class Scene:
    """A running app, and what lies in its buckets."""

    url: str
    source: S3Server
    ct: tuple[str, str, str]
    seg: tuple[str, str, str]
    sr: tuple[str, str, str]
    phantom: Phantom


@pytest.fixture(scope="module")
def scene(catalog, plain_connection, tmp_path_factory) -> Iterator[Scene]:
    """A CT with a segmentation in its study, and a report."""
    place = "[SeriesInstanceUID, aws_bucket, crdc_series_uuid]"
    ct, seg = plain_connection.execute(
        f"SELECT min({place}) FILTER (Modality = 'CT'), min({place}) FILTER (Modality = 'SEG') FROM index"
        " WHERE Modality IN ('CT', 'SEG') GROUP BY StudyInstanceUID"
        " HAVING count(*) = 2 AND count(DISTINCT Modality) = 2 ORDER BY StudyInstanceUID LIMIT 1"
    ).fetchone()
    (sr,) = plain_connection.execute(f"SELECT {place} FROM index WHERE Modality = 'SR' LIMIT 1").fetchone()
    phantom = Phantom(slices=30, block=((5, 20), (10, 21), (20, 41)), identifiers={"SeriesInstanceUID": ct[0]})
    images = phantom.datasets()
    marks = segmentation(phantom, images, {"SeriesInstanceUID": seg[0]})
    buckets: dict[str, dict[str, bytes]] = {bucket: {} for bucket in GCS_BUCKETS}
    contents = ((ct, images), (seg, [marks]), (sr, [report({"SeriesInstanceUID": sr[0]})]))
    for (_, bucket, folder), datasets in contents:
        buckets[bucket] |= objects(datasets, folder)
    with S3Server(buckets).running() as source:
        env = environment(settings().data_folder, tmp_path_factory.mktemp("root"), source.url)
        with server.served(env, ready="api/counts") as app:
            yield Scene(app.url, source, ct, seg, sr, phantom)


@pytest.fixture(scope="module")
def address(scene: Scene) -> str:
    return scene.url


@pytest.fixture
def page(chromium: Browser, address: str) -> Iterator[Page]:
    """A page whose console may say that the server refused a picture."""
    errors: list[str] = []
    with server.new_visitor(chromium, address) as opened:
        opened.set_default_timeout(PATIENCE)
        opened.on("pageerror", lambda error: errors.append(str(error)))
        yield opened
    assert errors == []


def look(page: Page, uid: str, way: str) -> None:
    page.goto(f"/series?SeriesInstanceUID={uid}")
    page.get_by_test_id("stButtonGroup").get_by_role("radio", name=way).click()


def shown(page: Page, scene: Scene, part: str = "picture") -> bytes:
    """The picture on the stage, as the browser had it from the server."""
    path = page.locator(f"[data-testid=stage] .{part}").get_attribute("src")
    return httpx.get(f"{scene.url}/{path}").content


def png(scene: Scene, path: str) -> bytes:
    answer = httpx.get(f"{scene.url}/api/preview/{path}")
    assert answer.status_code == 200
    return answer.content


def test_slices_windows_and_what_is_drawn_over_them(page: Page, scene: Scene) -> None:
    ct, seg = scene.ct[0], scene.seg[0]
    look(page, ct, "Preview")
    stage = page.get_by_test_id("stage")
    expect(stage).to_have_attribute("data-shown", "16")
    expect(page.get_by_test_id("place")).to_have_text("16 / 30 · 137.5 mm")
    assert shown(page, scene) == png(scene, f"{ct}/16.png?window=soft")
    for side, letter in {"left": "R", "right": "L", "top": "A", "bottom": "P"}.items():
        expect(page.locator(f"[data-mark={side}]")).to_have_text(letter)
    # The frame has the proportions of the body, and the bar the length that it claims.
    frame, bar = page.locator("[data-testid=stage] .frame").bounding_box(), page.locator(".scale i").bounding_box()
    assert frame
    assert bar
    high, wide = scene.phantom.rows * 1.5, scene.phantom.columns * 0.75
    assert frame["width"] / frame["height"] == pytest.approx(wide / high, rel=0.01)
    millimetres = float(page.get_by_test_id("scale").get_attribute("data-millimetres") or 0)
    assert bar["width"] / frame["width"] == pytest.approx(millimetres / wide, abs=0.02)
    # Slices by slider and keys.
    page.get_by_label("Slice", exact=True).fill("7")
    expect(stage).to_have_attribute("data-shown", "7")
    assert shown(page, scene) == png(scene, f"{ct}/7.png?window=soft")
    stage.focus()
    page.keyboard.press("ArrowDown")
    expect(stage).to_have_attribute("data-shown", "8")
    page.mouse.move(frame["x"] + 5, frame["y"] + 5)
    page.mouse.wheel(0, 100)
    expect(stage).to_have_attribute("data-shown", "9")
    # A preset, and a window of one's own by dragging.
    page.get_by_role("button", name="Bone").click()
    expect(stage).to_have_attribute("data-window", "bone")
    assert shown(page, scene) == png(scene, f"{ct}/9.png?window=bone")
    page.mouse.move(frame["x"] + 10, frame["y"] + 10)
    page.mouse.down()
    page.mouse.move(frame["x"] + 110, frame["y"] + 60, steps=4)
    page.mouse.up()
    expect(stage).to_have_attribute("data-window", "free")
    assert shown(page, scene) not in (png(scene, f"{ct}/9.png?window=bone"), png(scene, f"{ct}/9.png?window=soft"))
    # The segmentation of the study over it, whole and without its segment.
    page.get_by_label("Draw over it").select_option(seg)
    expect(page.get_by_test_id("legend")).to_contain_text("Block")
    layer = page.locator("[data-testid=stage] .layer")
    expect(layer).to_be_visible()
    assert shown(page, scene, "layer") == png(scene, f"{seg}/over/{ct}/9.png")
    page.get_by_test_id("legend").get_by_label("Block").uncheck()
    expect(layer).to_have_attribute("src", re.compile(r"regions=2$"))
    # Cine goes through the slices by itself.
    page.get_by_role("button", name="Play").click()
    expect(stage).to_have_attribute("data-shown", "12")
    page.get_by_role("button", name="Stop").click()


def test_a_segmentation_shows_its_source_and_a_report_its_tree(page: Page, scene: Scene) -> None:
    look(page, scene.seg[0], "Preview")
    expect(page.get_by_test_id("stage")).to_have_attribute("data-shown", "16")
    assert shown(page, scene) == png(scene, f"{scene.ct[0]}/16.png?window=soft")
    assert shown(page, scene, "layer") == png(scene, f"{scene.seg[0]}/over/{scene.ct[0]}/16.png")
    look(page, scene.sr[0], "DICOM header")
    expect(page.get_by_test_id("tree")).to_contain_text("contains Finding <b>Nodule</b>")
    rows = page.get_by_test_id("header-table").locator("tbody tr")
    everything = rows.count()
    page.get_by_label("Search the header").fill("millimeter")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("(0008,0104)")
    page.get_by_label("Search the header").fill("")
    expect(rows).to_have_count(everything)
    look(page, scene.ct[0], "DICOM header")
    page.get_by_label("Instance", exact=True).fill("7")
    page.keyboard.press("Enter")
    page.get_by_label("Search the header").fill("InstanceNumber")
    expect(rows.locator("td").last).to_have_text("7")


def test_a_contact_sheet_leads_to_its_series_or_says_why_not(page: Page, scene: Scene) -> None:
    uid = scene.ct[0]
    page.goto(f"/?SeriesInstanceUID={uid}&SeriesInstanceUID={scene.seg[0]}")
    page.get_by_role("tab", name="Pictures").click()
    tile = page.locator("a.tile")
    expect(tile).to_have_count(1)  # a segmentation has no picture of its own
    expect(tile.locator(".loaded img")).to_have_attribute("src", f"api/preview/{uid}/middle.png?edge=256")
    expect(tile.locator("img")).to_have_attribute("loading", "lazy")
    tile.click()
    page.wait_for_url(re.compile(rf"/series\?SeriesInstanceUID={re.escape(uid)}$"))
    other = httpx.get(f"{scene.url}/api/series.json?Modality=CT&collection_id=rider_pilot").json()[0]
    for bucket in scene.source.buckets.values():
        bucket |= objects(Phantom(slices=1).datasets(), other["crdc_series_uuid"])  # type: ignore[operator]
    scene.source.faults[f"{other['crdc_series_uuid']}/"] = Fault(status=403)
    page.goto(f"/?SeriesInstanceUID={other['SeriesInstanceUID']}")
    page.get_by_role("tab", name="Pictures").click()
    said = "The images can't be read: the source refuses access (403). Pictures come from IDC's public buckets"
    expect(page.get_by_text(said)).to_be_visible()
    look(page, other["SeriesInstanceUID"], "Preview")
    expect(page.get_by_test_id("stage")).to_contain_text("The images can't be read: the source refuses access (403).")


def test_a_sheet_is_spread_over_the_cohort(catalog) -> None:
    everything = Selection(catalog, Cohort.from_query("collection_id=lidc_idri"))
    total, tiles = sheet(everything)
    pictures = Cohort.from_query("collection_id=lidc_idri").with_values("Modality", "not", WITHOUT_PICTURE)
    rows = Selection(catalog, pictures).rows
    listed = catalog.cursor().execute("SELECT SeriesInstanceUID FROM series ORDER BY series_row").fetchnumpy()
    uids = listed["SeriesInstanceUID"][rows].tolist()
    assert total == len(rows) > len(tiles) == 48
    places = [uids.index(tile.uid) for tile in tiles]
    gaps = {after - before for before, after in pairwise(places)}
    assert (places[0], places[-1]) == (0, total - 1)
    assert max(gaps) - min(gaps) <= 1
    assert sheet(Selection(catalog, Cohort.from_query("Modality=SR"))) == (0, [])
