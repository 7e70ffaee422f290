"""The built-in viewer: its files, its policy, downloaded files through it, and real pictures on a screen."""

from __future__ import annotations

import gzip
import io
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
import numpy as np
import pydicom
import pytest
from PIL import Image
from playwright.sync_api import ConsoleMessage, Frame, Page, expect
from pydicom.uid import JPEGLSLossless, UltrasoundImageStorage
from streamlit.testing.v1 import AppTest

from app.catalog.build import catalog_folder
from app.catalog.catalog import open_catalog
from app.cohort.cohort import Cohort
from app.common.errors import UserError
from app.common.settings import settings
from app.downloads import jobs
from app.downloads.finished import are_here
from app.downloads.paths import Template
from app.downloads.plan import series_of
from app.downloads.transfer import TransferProgress
from app.selection.selection import Selection
from app.series.series import Series, find
from app.storage.buckets import GCS_BUCKETS, Cloud
from app.storage.store import WantedSeries
from app.viewer import bucket, downloaded, headers, package, site
from tests.support import orthanc, server, viewer
from tests.support.cross_origin import opened_to_all
from tests.support.dicom_files import dicom
from tests.support.downloads import environment, finished, start_worker
from tests.support.paths import ROOT
from tests.support.phantom import AIR, SIDE, SQUARE, SQUARES, grey, phantom
from tests.support.s3_server import S3Server
from tests.support.slide_phantom import COLOURS, slide

# One server, DICOMweb server and browser for the module: keep its tests on one worker.
pytestmark = pytest.mark.xdist_group("built_in")

_PATIENCE = 60_000

#: A small CT series whose study has a segmentation of it too.
STUDY = "1.3.6.1.4.1.14519.5.2.1.6655.2359.388404976288225284798683661704"

#: A series that nobody has downloaded.
OTHER = "1.2.3.4"


@dataclass(frozen=True)
class House:
    """A running app with the viewer, a DICOMweb server behind it, and two finished downloads: a CT and a slide."""

    url: str
    dicomweb: str
    root: Path
    series: WantedSeries
    objects: dict[str, bytes]
    slide: Series
    source: S3Server
    buckets: dict[str, dict[str, bytes]]

    def get(self, path: str, **headers: str) -> httpx.Response:
        return httpx.get(f"{self.url}/{path}", headers={"Accept-Encoding": "identity"} | headers, timeout=60)

    @property
    def folder(self) -> Path:
        return self.root / self.series.folder


@pytest.fixture(scope="module")
def wanted(catalog) -> WantedSeries:
    """The series, all of whose files go to the root itself, where others may lie."""
    cohort = Cohort.from_query(f"StudyInstanceUID={STUDY}&Modality=CT")
    (series,) = series_of(Selection(catalog, cohort), Cloud.AWS, Template(""))
    return series


@pytest.fixture(scope="module")
def identifiers(catalog, wanted: WantedSeries) -> dict[str, str]:
    sql = f"SELECT PatientID FROM series WHERE SeriesInstanceUID = '{wanted.uid}'"
    (patient,) = catalog.cursor().execute(sql).fetchone()
    return {"PatientID": patient, "StudyInstanceUID": STUDY, "SeriesInstanceUID": wanted.uid}


@pytest.fixture(scope="module")
def house(wanted: WantedSeries, identifiers: dict[str, str], tmp_path_factory) -> Iterator[House]:
    """The files at the DICOMweb server are native, those in the buckets are JPEG-LS and as large as the index says."""
    viewer.ensure()
    data, root = tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("root")
    (data / "catalog").symlink_to(catalog_folder().parent)
    numbers = range(1, wanted.instances + 1)
    sizes = [wanted.size_bytes // wanted.instances // 2 * 2] * wanted.instances
    sizes[-1] += wanted.size_bytes - sum(sizes)
    files = [phantom(identifiers, n, JPEGLSLossless, size) for n, size in zip(numbers, sizes, strict=True)]
    objects = {f"{wanted.crdc_uuid}/{n}.dcm": file for n, file in zip(numbers, files, strict=True)}
    buckets: dict[str, dict[str, bytes]] = {name: {} for name in GCS_BUCKETS}
    buckets[wanted.bucket] |= objects
    source = S3Server(buckets, readers="*")
    with (
        source.running(),
        orthanc.running() as pacs,
        opened_to_all(pacs.url) as front,
        pytest.MonkeyPatch.context() as patch,
    ):
        pacs.store(phantom(identifiers, number) for number in numbers)
        dicomweb = f"{front}/dicom-web"
        env = environment(data, root, source.url) | {"IDC_COHORT_DICOMWEB": dicomweb}
        for name in ("IDC_COHORT_DATA", "IDC_COHORT_DOWNLOAD_ROOT", "IDC_COHORT_DICOMWEB", "IDC_COHORT_S3_ENDPOINT"):
            patch.setenv(name, env[name])
        settings.cache_clear()
        jobs.add("Squares", [wanted], root, Cloud.AWS)
        with start_worker(env) as process:
            assert process.wait(60) == 0
        shown = downloaded_slide(root)
        with server.served(env) as running:
            yield House(running.url, dicomweb, root, wanted, objects, shown, source, buckets)
    settings.cache_clear()


def downloaded_slide(root: Path) -> Series:
    """A slide of the index, whose files are made up and lie in a folder of their own."""
    sql = "SELECT SeriesInstanceUID FROM series WHERE Modality = 'SM' ORDER BY series_row LIMIT 1"
    series = find(open_catalog(), open_catalog().cursor().execute(sql).fetchall()[0][0])
    cohort = Cohort.from_query(f"SeriesInstanceUID={series.uid}")
    (wanted,) = series_of(Selection(open_catalog(), cohort), Cloud.AWS, Template("slide"))
    (root / wanted.folder).mkdir()
    names = ("PatientID", "StudyInstanceUID", "SeriesInstanceUID")
    for number, file in enumerate(slide({name: series.values[name] for name in names}), 1):
        (root / wanted.folder / f"{number}.dcm").write_bytes(file)
    finished("A slide", [wanted], root)
    return series


# Its files


def references(page: httpx.Response) -> list[str]:
    return [urljoin(str(page.url), found) for found in re.findall(r'(?:src|href)="([^"]+)"', page.text)]


@pytest.mark.parametrize("path", ["viewer/", "viewer/viewer?StudyInstanceUIDs=1.2", "viewer/viewer/dicomjson?url=x"])
def test_each_page_of_the_viewer_is_its_one_file_and_finds_the_others(house: House, path: str) -> None:
    page = house.get(path)
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "<script>" not in page.text
    found = {reference: httpx.head(reference) for reference in references(page) if not reference.endswith(".png")}
    assert len(found) >= 4
    assert {reference: answer.status_code for reference, answer in found.items() if answer.status_code != 200} == {}
    assert all(urlsplit(reference).path.startswith("/viewer/") for reference in found)


@pytest.mark.parametrize(
    ("pattern", "kind"),
    [("app.bundle.*.js", "text/javascript"), ("app.bundle.css", "text/css"), ("37fa*.wasm", "application/wasm")],
)
def test_a_file_is_sent_whole_packed_in_part_or_not_again(house: House, pattern: str, kind: str) -> None:
    (file,) = package.folder().glob(pattern)
    content, path = file.read_bytes(), f"viewer/{file.name}"
    whole = house.get(path)
    assert whole.headers["Content-Type"].split(";")[0] == kind
    assert whole.content == content
    with httpx.stream("GET", f"{house.url}/{path}", headers={"Accept-Encoding": "gzip"}) as packed:
        assert packed.headers["Content-Encoding"] == "gzip"
        body = b"".join(packed.iter_raw())
    assert len(body) < len(content) / 2
    assert gzip.decompress(body) == content
    part = house.get(path, Range="bytes=100-199")
    assert (part.status_code, part.content) == (206, content[100:200])
    again = house.get(path, **{"If-None-Match": whole.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "path",
    [
        "viewer/../app/common/settings.py",
        "viewer/..%2f..%2fpyproject.toml",
        "viewer/%2e%2e/%2e%2e/app/common/settings.py",
        "viewer//etc/hostname.js",
        "viewer/missing.js",
        "viewer/app.bundle.css.gz",
        "viewer/ort/ort.js",
        "viewer/sw.js",
    ],
)
def test_nothing_else_is_sent(house: House, path: str) -> None:
    # Not by httpx, which would tidy the path.
    done = subprocess.run(
        [
            "curl",
            "--silent",
            "--path-as-is",
            "--output",
            "/dev/null",
            "--write-out",
            "%{http_code}",
            f"{house.url}/{path}",
        ],
        capture_output=True,
        text=True,
    )
    assert done.stdout in ("400", "404")


def test_only_the_viewer_has_the_policy_of_the_viewer(house: House) -> None:
    def policy(path: str) -> dict[str, list[str]]:
        parts = house.get(path).headers["Content-Security-Policy"].split("; ")
        return {name: sources for name, *sources in map(str.split, parts)}

    origin = house.dicomweb.removesuffix("/dicom-web")
    for path in ("viewer/viewer", "viewer/app-config.js"):
        assert policy(path)["script-src"] == ["'self'", "'wasm-unsafe-eval'", "'unsafe-eval'"]
        assert policy(path)["connect-src"] == ["'self'", origin, house.source.url]
        assert policy(path)["frame-ancestors"] == ["'self'"]
    for path in ("", "downloaded/1.json", "viewers", "_stcore/health"):
        assert "'wasm-unsafe-eval'" not in policy(path)["script-src"]
        assert "'unsafe-eval'" not in policy(path)["script-src"]
        assert origin not in policy(path)["connect-src"]


def test_it_starts_with_the_operators_server(house: House) -> None:
    text = house.get("viewer/app-config.js").text
    (settings_of_ohif,) = re.findall(r"\.\.\.(\{.*\}) \};", text)
    config = json.loads(settings_of_ohif)
    sources = {source["sourceName"]: source["configuration"] for source in config["dataSources"]}
    assert list(sources) == ["dicomweb", "downloaded", "dicomjson"]
    assert {sources["dicomweb"][name] for name in ("qidoRoot", "wadoRoot")} == {house.dicomweb}


# Downloaded files


def test_the_study_lists_every_header_and_leads_to_every_file(house: House, identifiers: dict[str, str]) -> None:
    (study,) = house.get(f"downloaded/{STUDY}.json").json()["studies"]
    (series,) = study["series"]
    assert {name: (study | series)[name] for name in identifiers} == identifiers
    assert (study["NumInstances"], study["Modalities"], series["Modality"]) == (house.series.instances, "CT", "CT")
    sent = {}
    for instance in series["instances"]:
        url = urljoin(f"{house.url}/viewer/viewer/dicomjson", instance["url"].removeprefix("dicomweb:"))
        answer = httpx.get(url)
        assert answer.headers["Content-Type"] == "application/dicom"
        sent[answer.content] = instance["metadata"]
    assert sorted(sent) == sorted(house.objects.values())
    for content, header in sent.items():
        dataset = pydicom.dcmread(io.BytesIO(content))
        assert header["TransferSyntaxUID"] == JPEGLSLossless
        assert header["PatientName"] == {"Alphabetic": "Phantom^Square"}
        assert header["ImagePositionPatient"] == [0, 0, 2 * dataset.InstanceNumber]
        plain = {element.keyword for element in dataset if element.VR not in ("OB", "OW", "PN")}
        assert {name: header[name] for name in plain} == {
            name: list(value) if isinstance(value := dataset[name].value, pydicom.multival.MultiValue) else value
            for name in plain
        }
        assert set(header) - plain == {"TransferSyntaxUID", "PatientName"}


def test_the_bucket_lists_the_same_headers_by_its_own_addresses(house: House) -> None:
    (study,) = house.get(f"bucket/{house.series.uid}.json").json()["studies"]
    (here,) = house.get(f"downloaded/{STUDY}.json").json()["studies"]
    by_url = {one["url"]: one["metadata"] for one in study["series"][0]["instances"]}
    place = f"dicomweb:{house.source.url}/{house.series.bucket}"
    assert by_url == {
        f"{place}/{house.series.crdc_uuid}/{one['url'].rpartition('/')[2]}": one["metadata"]
        for one in here["series"][0]["instances"]
    }
    assert len(by_url) == house.series.instances
    del study["series"], here["series"]
    assert study == here


@pytest.mark.parametrize("readers", ["*", "https://idc.lab", "https://other.lab", None])
def test_whether_pages_may_read_the_bucket_is_its_word(house: House, monkeypatch, readers: str | None) -> None:
    monkeypatch.setattr(house.source, "readers", readers)
    said = bucket.refusal(find(open_catalog(), house.series.uid), "https://idc.lab")
    assert (said is None) == (readers in ("*", "https://idc.lab"))
    assert said is None or "does not let pages of https://idc.lab read its files" in said


@pytest.mark.parametrize(("path", "status"), [("1.2.3", 404), ("x", 400), (f"{{uid}}.json?with={OTHER}#", 404)])
def test_the_bucket_lists_nothing_else(house: House, path: str, status: int) -> None:
    assert house.get(f"bucket/{path.format(uid=house.series.uid)}.json").status_code == status


def test_headers_are_plain_whatever_stands_in_them(identifiers: dict[str, str], tmp_path: Path) -> None:
    code = pydicom.Dataset()
    code.CodeMeaning = "Lung"
    own = {
        "PatientName": "",
        "PixelSpacing": ["0.5", "0.25"],
        "FrameIncrementPointer": 0x00181063,
        "AnatomicRegionSequence": [code],
        "RedPaletteColorLookupTableData": b"\0\1",
    }
    dataset = pydicom.dcmread(io.BytesIO(dicom(identifiers | own)))
    dataset.add_new("DiffusionBValue", "FD", float("nan"))
    dataset.add_new("RedPaletteColorLookupTableDescriptor", "US", [2, 0, 16])
    dataset.private_block(0x0011, "Somebody", create=True).add_new(1, "LO", "private")
    dataset.save_as(tmp_path / "one.dcm")
    header = headers.read(tmp_path / "one.dcm")
    assert header
    json.dumps(header, allow_nan=False)
    assert "private" not in header.values()
    assert header["RedPaletteColorLookupTableDescriptor"] == [2, 0, 16]
    assert {name: header.get(name) for name in (*own, "DiffusionBValue", "PixelData")} == {
        "PatientName": None,
        "PixelSpacing": [0.5, 0.25],
        "FrameIncrementPointer": "00181063",
        "AnatomicRegionSequence": [{"CodeMeaning": "Lung"}],
        "RedPaletteColorLookupTableData": {"InlineBinary": "AAE="},
        "DiffusionBValue": None,
        "PixelData": None,
    }


@pytest.mark.parametrize(
    ("header", "frames"),
    [
        ({"Modality": "CT"}, [None]),
        ({"Modality": "NM", "NumberOfFrames": 3}, [1, 2, 3]),
        ({"Modality": "SEG", "NumberOfFrames": 3}, [None]),
    ],
)
def test_each_frame_has_an_address(header: dict, frames: list[int | None]) -> None:
    header = header | {"SOPInstanceUID": "1.2", "Rows": 4}
    entries = headers.entries(header, "a.dcm")
    assert [entry["url"] for entry in entries] == [f"a.dcm?frame={n}" if n else "a.dcm" for n in frames]
    assert [entry["metadata"].get("Rows") for entry in entries] == [4] + [None] * (len(frames) - 1)


def test_a_part_of_a_file_is_sent(house: House) -> None:
    (content,) = (content for key, content in house.objects.items() if key.endswith("/1.dcm"))
    part = house.get(f"downloaded/1/{house.series.uid}/1.dcm", Range="bytes=128-131")
    assert (part.status_code, part.content) == (206, b"DICM")
    assert part.headers["Content-Range"] == f"bytes 128-131/{len(content)}"


@pytest.fixture
def strangers(house: House, identifiers: dict[str, str]) -> Iterator[list[Path]]:
    """Files beside those of the series: of another one, no DICOM, a link, and one of another ending."""
    other = identifiers | {"SeriesInstanceUID": OTHER}
    own = next(iter(house.objects.values()))
    (house.folder / "other.dcm").write_bytes(dicom(other))
    (house.folder / "text.dcm").write_bytes(b"A secret." * 50)
    (house.folder / "link.dcm").symlink_to(house.folder / "1.dcm")
    (house.folder / "copy.txt").write_bytes(own)
    found = [house.folder / name for name in ("other.dcm", "text.dcm", "link.dcm", "copy.txt")]
    yield found
    for path in found:
        path.unlink()


def test_strangers_in_the_folder_are_neither_listed_nor_sent(house: House, strangers: list[Path]) -> None:
    (study,) = house.get(f"downloaded/{STUDY}.json").json()["studies"]
    assert study["NumInstances"] == house.series.instances
    for path in strangers:
        assert house.get(f"downloaded/1/{house.series.uid}/{path.name}").status_code == 404
    assert house.get(f"downloaded/1/{OTHER}/other.dcm").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "downloaded/2/{uid}/1.dcm",
        "downloaded/99999999999999999999/{uid}/1.dcm",
        "downloaded/1/1.2.3/1.dcm",
        "downloaded/1/{uid}/5.dcm",
        "downloaded/1/{uid}/..%2f..%2fdata%2fdownloads%2fjobs.sqlite",
        "downloaded/1.2.3.json",
        "downloaded/..%2fetc.json",
        "downloaded/1'%20OR%201=1.json",
    ],
)
def test_what_no_download_has_brought_is_not_there(house: House, path: str) -> None:
    answer = house.get(path.format(uid=house.series.uid))
    assert answer.status_code in (400, 404)
    assert "SQLite" not in answer.text


def test_a_series_is_there_once_its_download_is_finished(house: House, tmp_path, monkeypatch) -> None:
    def there() -> bool:
        return are_here([house.series.uid])

    assert there()
    monkeypatch.setenv("IDC_COHORT_DATA", str(tmp_path))
    settings.cache_clear()
    number = jobs.add("Squares", [house.series], house.root, Cloud.AWS)
    assert not there()
    assert jobs.take()
    jobs.finish(number, jobs.JobState.FAILED, "There is no room.")
    assert not there(), "it failed before it was through"
    jobs.resume(number)
    assert jobs.take()
    jobs.note(number, TransferProgress(series_done=1), 0, [])
    jobs.finish(number, jobs.JobState.DONE)
    assert there()
    monkeypatch.setenv("IDC_COHORT_DOWNLOAD_ROOT", str(tmp_path))
    settings.cache_clear()
    assert not there(), "it lies outside the folder that pages may download into"
    monkeypatch.setenv("IDC_COHORT_DOWNLOAD_ROOT", "")
    settings.cache_clear()
    assert not there()
    monkeypatch.undo()
    settings.cache_clear()


# On the pages


def downloads_page() -> None:
    from components.local_files.downloads import download_list

    download_list()


def test_downloads_lists_what_can_be_opened(house: House) -> None:
    shown = AppTest.from_function(downloads_page, default_timeout=60).run()
    assert [one.label for one in shown.expander] == ["Look at the images"] * 2
    assert not shown.caption
    shown.session_state["look_1"] = shown.session_state["look_2"] = True
    shown.run()
    tiled, row = (one for table in shown.dataframe for one in table.value.to_dict("records"))
    assert tiled["Viewer"] == f"/{downloaded.viewer_url(house.slide.study, house.slide.uid, slides=True)}"
    assert row["Viewer"] == f"/{downloaded.viewer_url(STUDY, house.series.uid)}"
    assert (row["Modality"], row["Images"]) == ("CT", house.series.instances)
    assert parse_qs(urlsplit(row["Viewer"]).query)["url"] == [f"../../downloaded/{STUDY}.json"]


def test_downloads_says_how_to_get_the_viewer(house: House, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("IDC_COHORT_VIEWER", str(tmp_path))
    settings.cache_clear()
    shown = AppTest.from_function(downloads_page, default_timeout=60).run()
    assert not shown.expander
    assert ["`make viewer`" in one.value for one in shown.caption] == [True]
    monkeypatch.undo()
    settings.cache_clear()


@pytest.fixture(scope="module")
def page(house: House) -> Iterator[Page]:
    """A page that can draw; the viewer must not have written an error to its console."""
    with server.browser(webgl=True) as chromium:
        opened = chromium.new_page(base_url=house.url, viewport={"width": 1000, "height": 800})
        opened.set_default_timeout(_PATIENCE)
        # The notice that it is no medical device would cover a part of the picture.
        opened.add_init_script(
            "if (window.origin !== 'null')"
            " localStorage.setItem('investigationalUseDialog', '{\"expiryDate\": \"2100-01-01\"}')"
        )
        errors: list[str] = []
        opened.on("console", lambda message: errors.append(message.text) if is_error(message, house) else None)
        opened.on("pageerror", lambda error: errors.append(str(error)))
        yield opened
        assert errors == []


def is_error(message: ConsoleMessage, house: House) -> bool:
    return message.type == "error" and f"{house.url}/viewer/" in message.location["url"] + message.text


#: Whether the picture is drawn: the brightest square is the first to be seen.
_DRAWN = """() => {
  const canvas = document.querySelector("canvas.cornerstone-canvas");
  if (!canvas || !canvas.width) return false;
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  let bright = 0;
  for (let place = 0; place < data.length; place += 4) bright += data[place] > 250 && data[place + 2] > 250;
  return bright > width * height / 40;
}"""


@pytest.mark.parametrize(
    ("way", "address"),
    [("OHIF here", "dicom-web"), ("Downloaded files", "downloaded"), ("OHIF over the bucket", "bucket")],
)
def test_the_series_page_shows_a_ct(house: House, page: Page, way: str, address: str) -> None:
    page.goto(f"/series?SeriesInstanceUID={house.series.uid}")
    with page.expect_request(lambda request: address in request.url):
        page.get_by_text(way, exact=True).click()
    frame = viewer_frame(page)
    frame.wait_for_function(_DRAWN)
    canvas = frame.locator("canvas.cornerstone-canvas")
    canvas.scroll_into_view_if_needed()
    assert_squares(canvas.screenshot())
    link = page.get_by_role("link", name="Open in a new tab").get_attribute("href")
    expected = {
        "dicom-web": site.viewer_url(STUDY, house.series.uid),
        "downloaded": downloaded.viewer_url(STUDY, house.series.uid),
        "bucket": bucket.viewer_url(house.series.uid, house.series.uid),
    }
    assert link == expected[address]


#: Whether all colours of the slide are drawn, each over a tenth of the canvas at least; some of its pixels are asked.
_TILED = """(colours) => {
  const canvas = document.querySelector(".ol-layers canvas");
  if (!canvas || !canvas.width) return false;
  const { width, height } = canvas;
  const copy = new OffscreenCanvas(width, height).getContext("2d");
  copy.drawImage(canvas, 0, 0);
  const { data } = copy.getImageData(0, 0, width, height);
  const asked = Array.from({ length: 1000 }, (_, number) => 4 * Math.floor(number * width * height / 1000));
  const isThere = (colour) => (place) => colour.every((level, channel) => Math.abs(level - data[place + channel]) < 5);
  return colours.every((colour) => asked.filter(isThere(colour)).length > 100);
}"""


def test_the_series_page_shows_a_slide(house: House, page: Page) -> None:
    page.goto(f"/series?SeriesInstanceUID={house.slide.uid}")
    with page.expect_request(lambda request: "/frames/" in request.url) as tile:
        page.get_by_text("Downloaded files", exact=True).click()
    assert tile.value.url.startswith(f"{house.url}/downloaded/dicomweb/studies/{house.slide.study}/")
    frame = viewer_frame(page)
    frame.wait_for_function(_TILED, arg=COLOURS, polling=250)
    canvas = frame.locator("[data-viewportid]")
    canvas.scroll_into_view_if_needed()
    assert_quarters(canvas.screenshot())


def assert_quarters(screenshot: bytes) -> None:
    """The quarters have their colours and places, turned half round: the slide's axes run against the picture's."""
    picture = np.asarray(Image.open(io.BytesIO(screenshot)).convert("RGB"), int)
    is_slide = np.any([np.abs(picture - colour).max(2) < 5 for colour in COLOURS], 0)
    rows, columns = (np.flatnonzero(is_slide.mean(axis) > 0.5) for axis in (1, 0))
    assert len(rows) == pytest.approx(len(columns), abs=2)
    for number, colour in enumerate(reversed(COLOURS)):
        row, column = divmod(number, 2)
        # Away from the small picture of the whole, which lies over a corner.
        place = picture[rows[len(rows) * (1 + row) // 3], columns[len(columns) * (1 + column) // 3]]
        assert place == pytest.approx(colour, abs=4), number


def test_the_series_page_says_that_the_bucket_refuses(house: House, page: Page, monkeypatch) -> None:
    monkeypatch.setattr(house.source, "readers", None)
    # Another address of the same server: what the bucket said of the first is kept for a while.
    page.goto(f"{house.url.replace('127.0.0.1', 'localhost')}/series?SeriesInstanceUID={house.series.uid}&look=bucket")
    page.get_by_text("OHIF over the bucket", exact=True).click()
    expect(page.get_by_text("does not let pages of http://localhost")).to_be_visible()
    expect(page.locator('iframe[src^="viewer/"]')).to_have_count(0)


#: Share of the picture's pixels that are the palette's blue.
_BLUE = """() => {
  const canvas = document.querySelector("canvas.cornerstone-canvas");
  if (!canvas || !canvas.width) return false;
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let blue = 0;
  for (let place = 0; place < data.length; place += 4)
    blue += data[place] === 30 && data[place + 1] === 60 && data[place + 2] === 200;
  return blue > data.length / 4 / 10;
}"""


def test_a_palette_gives_its_colours(house: House, page: Page) -> None:
    """Of two values, one is black and one a blue of 16 bits, whose upper bytes are the levels."""
    sql = "SELECT SeriesInstanceUID FROM series WHERE Modality = 'US' AND instanceCount = 1 ORDER BY series_row LIMIT 1"
    (uid,) = open_catalog().cursor().execute(sql).fetchall()[0]
    series = find(open_catalog(), uid)
    identifiers = {"PatientID": series.values["PatientID"], "StudyInstanceUID": series.study, "SeriesInstanceUID": uid}
    dataset = pydicom.dcmread(io.BytesIO(phantom(identifiers, 1)))
    pixels = np.zeros((SIDE, SIDE), np.uint8)
    pixels[: SIDE // 2] = 1
    dataset.set_pixel_data(pixels, "MONOCHROME2", 8)
    dataset.PhotometricInterpretation = "PALETTE COLOR"
    dataset.SOPClassUID, dataset.Modality = UltrasoundImageStorage, "US"
    for name in ("RescaleIntercept", "RescaleSlope", "WindowCenter", "WindowWidth"):
        del dataset[name]
    for colour, level in (("Red", 30), ("Green", 60), ("Blue", 200)):
        dataset.add_new(f"{colour}PaletteColorLookupTableDescriptor", "US", [2, 0, 16])
        setattr(dataset, f"{colour}PaletteColorLookupTableData", np.array([0, level << 8], "<u2").tobytes())
    stream = io.BytesIO()
    dataset.save_as(stream, enforce_file_format=True)
    place, _, folder = series.place.partition("/")
    house.buckets[place][f"{folder}/1.dcm"] = stream.getvalue()
    page.goto("/" + bucket.viewer_url(uid, uid))
    page.wait_for_function(_BLUE)


def viewer_frame(page: Page) -> Frame:
    element = page.locator('iframe[src^="viewer/"]')
    expect(element).to_be_visible()
    frame = element.element_handle().content_frame()
    assert frame
    return frame


def assert_squares(screenshot: bytes) -> None:
    """Every square has its place and its grey, as far from the white one as in the file."""
    picture = np.asarray(Image.open(io.BytesIO(screenshot)).convert("L"), float)
    bright = picture > 250
    # Lettering is bright too, but nowhere so tall or wide.
    rows, columns = (np.flatnonzero(bright.sum(axis) > picture.shape[0] / 8) for axis in (1, 0))
    scale = min(picture.shape) / SIDE
    # Between two pixels of the file the viewer interpolates, which takes half of each off an edge.
    assert [len(rows) / scale, len(columns) / scale] == pytest.approx([SQUARE - 0.5] * 2, abs=0.8)
    expected = {place: grey(units) for place, units in (SQUARES | {(80, 80): AIR}).items()}
    for (row, column), level in expected.items():
        place = (rows.mean() + (row - 16) * scale, columns.mean() + (column - 16) * scale)
        assert picture[around(place, (SQUARE / 2 - 1.5) * scale)] == pytest.approx(level, abs=1), (row, column)
    between = (rows.mean(), columns.mean() + SQUARE * scale)
    assert picture[around(between, SQUARE / 4 * scale)] == pytest.approx(0, abs=1)


def around(place: tuple[float, float], reach: float) -> tuple[slice, slice]:
    first, second = (slice(round(centre - reach), round(centre + reach)) for centre in place)
    return first, second


# Its installation


def install(tmp_path: Path, *arguments: str, path: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app", "install-viewer", *arguments],
        cwd=ROOT,
        env={"PATH": path, "IDC_COHORT_VIEWER": str(tmp_path / "viewer"), "IDC_COHORT_DATA": str(tmp_path)},
        capture_output=True,
        text=True,
    )


def test_without_npm_one_sentence_says_what_to_do(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    with pytest.raises(UserError, match=r"there is no npm here: install Node\.js"):
        package._fetch(tmp_path)


def test_npms_own_reason_is_told(tmp_path: Path) -> None:
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho 'npm error code E404' >&2\necho 'npm error 404 Not Found' >&2\nexit 1\n")
    npm.chmod(0o755)
    done = install(tmp_path, path=f"{tmp_path}:/bin")
    assert done.returncode == 2
    assert (
        done.stderr.splitlines()[-1]
        == f"npm could not fetch {package.PACKAGE}: npm error code E404 npm error 404 Not Found."
    )


def test_another_package_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "ohif.tgz"
    other.write_bytes(gzip.compress(b"something else"))
    done = install(tmp_path, str(other))
    assert done.returncode == 2
    assert done.stderr == f"ohif.tgz is not {package.PACKAGE} as it was published: its hash differs.\n"
    assert [path.name for path in (tmp_path / "viewer").iterdir()] == [".lock"]


def test_the_image_has_the_same_package() -> None:
    text = (ROOT / "Dockerfile").read_text()
    assert f"npm pack {package.PACKAGE}\n" in text
    assert f"install-viewer /package/ohif-app-{package.VERSION}.tgz\n" in text
