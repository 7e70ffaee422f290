"""The routes of pictures and headers: what the engine says, and one sentence for everything that is not asked well."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Iterator
from urllib.parse import quote

import httpx
import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette

from app.catalog.build import catalog_folder
from app.common.settings import settings
from app.downloads import jobs
from app.preview.cache import shared
from app.preview.overlays import overlay
from app.preview.routes import routes
from app.preview.series import as_png, open_series
from app.storage.buckets import GCS_BUCKETS, Cloud
from app.storage.store import WantedSeries
from tests.support.block_phantom import Phantom, objects, segmentation
from tests.support.downloads import environment, start_worker
from tests.support.s3_server import S3Server

Get = Callable[[str], httpx.Response]


@pytest.fixture(scope="module")
def uids(plain_connection) -> dict[str, tuple[str, str, str]]:
    """A CT and a SEG of the index: UID, bucket and folder."""
    asked = "SELECT SeriesInstanceUID, aws_bucket, crdc_series_uuid FROM index WHERE Modality = '{}' LIMIT 1"
    return {kind: plain_connection.execute(asked.format(kind)).fetchone() for kind in ("CT", "SEG")}


def _get(path: str) -> httpx.Response:
    """GET from the preview's routes, in this process."""
    transport = httpx.ASGITransport(Starlette(routes=routes()), raise_app_exceptions=False)

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url="http://idc.test") as client:
            return await client.get(path)

    return asyncio.run(ask())


@pytest.fixture(scope="module")
def source(catalog, uids) -> Iterator[S3Server]:
    """A local S3 with the CT and the SEG."""
    images = Phantom(identifiers={"SeriesInstanceUID": uids["CT"][0]}).datasets()
    marks = segmentation(Phantom(), images, {"SeriesInstanceUID": uids["SEG"][0]})
    buckets: dict[str, dict[str, bytes]] = {bucket: {} for bucket in GCS_BUCKETS}
    for kind, datasets in (("CT", images), ("SEG", [marks])):
        _, bucket, folder = uids[kind]
        buckets[bucket] |= objects(datasets, folder)
    with S3Server(buckets).running() as server:
        yield server


@pytest.fixture
def get(source: S3Server, monkeypatch) -> Iterator[Get]:
    """GET from the preview's routes over that S3."""
    monkeypatch.setenv("IDC_COHORT_S3_ENDPOINT", source.url)
    settings.cache_clear()
    yield _get
    settings.cache_clear()


def test_the_routes_give_what_the_engine_gives(get: Get, uids) -> None:
    ct, seg = uids["CT"][0], uids["SEG"][0]
    series = open_series(ct)
    described = get(f"/api/preview/{ct}").json()
    assert described == series.describe()
    assert (len(described["pictures"]), described["middle"], described["window"]) == (8, 5, "soft")
    for path, picture in (
        (f"/api/preview/{ct}/5.png", series.png(5)),
        (f"/api/preview/{ct}/middle.png", series.png(5)),
        (f"/api/preview/{ct}/3.png?window=bone&edge=32", as_png(series.levels(3, "bone"), 32)),
        (f"/api/preview/{seg}/over/{ct}/5.png", as_png(overlay(open_series(seg)).layer(series, 5))),
        (f"/api/preview/{seg}/over/{ct}/5.png?regions=2", as_png(np.zeros((48, 64, 4), np.uint8))),
    ):
        answer = get(path)
        assert (answer.status_code, answer.content == picture) == (200, True), path
        assert answer.headers["Content-Type"] == "image/png"
        assert answer.headers["Cache-Control"] == "private, max-age=3600"
        with Image.open(io.BytesIO(answer.content)) as opened:
            assert max(opened.size) == (32 if "edge" in path else 64)
    assert get(f"/api/preview/{seg}").json()["overlay"]["source"] == ct
    table = get(f"/api/preview/{ct}/instances/2.json").json()
    assert table == series.header_table(2)
    assert [0, "(0020,0013)", "InstanceNumber", "IS", "2"] in table["rows"]


HOSTILE = [
    *(
        "..",
        "../../etc/passwd",
        "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "1.2.3'",
        "1.2.3;DROP TABLE series",
        "1..2",
        ".1",
        "1.",
    ),
    *("1.2.3\n", "١.٢.٣", "1." * 40 + "1", "1" * 65, "<script>", "a.b.c", "1.2.3\0", "file:///etc/passwd", "$(id)"),
]


@pytest.mark.parametrize("uid", HOSTILE)
def test_what_is_no_uid_goes_nowhere(get: Get, uids, uid: str) -> None:
    ct, named = uids["CT"][0], quote(uid, safe="%")
    for path in (
        f"/api/preview/{named}",
        f"/api/preview/{named}/1.png",
        f"/api/preview/{named}/instances/1.json",
        f"/api/preview/{named}/over/{ct}/1.png",
    ):
        answer = get(path)
        assert answer.status_code in (400, 404), path
        assert answer.text in ("This is not a SeriesInstanceUID.\n", "Not Found"), path


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("{ct}/0.png", 400, "numbers from 1 up"),
        ("{ct}/-1.png", 400, "numbers from 1 up"),
        ("{ct}/1e3.png", 400, "numbers from 1 up"),
        ("{ct}/١.png", 400, "numbers from 1 up"),
        ("{ct}/9.png", 404, "pictures 1 to 8, not 9"),
        ("{ct}/9999999.png", 404, "pictures 1 to 8, not 9,999,999"),
        ("{ct}/99999999.png", 400, "numbers from 1 up"),
        ("{ct}/1.png?window=sofa", 400, "A window is one of"),
        ("{ct}/1.png?window=1,0", 400, "A window is one of"),
        ("{ct}/1.png?edge=8", 400, "16 to 8192 pixels"),
        ("{ct}/1.png?edge=1e9", 400, "16 to 8192 pixels"),
        ("{ct}/1.png?path=/etc/passwd", 400, "no option 'path'"),
        ("{ct}/instances/9.json", 404, "instances 1 to 8, not 9"),
        ("{seg}/1.png", 422, "SEG objects have no picture of their own"),
        ("{seg}/over/{ct}/1.png?regions=1,,2", 400, "Regions are numbers"),
        ("{seg}/over/{ct}/9.png", 404, "pictures 1 to 8"),
        ("{ct}/over/{ct}/1.png", 400, "Only segmentations (SEG) and contours (RTSTRUCT)"),
        ("1.2.3", 404, "Series 1.2.3 is not in this IDC release"),
    ],
)
def test_what_can_not_be_shown_is_one_sentence(get: Get, uids, path: str, status: int, said: str) -> None:
    answer = get("/api/preview/" + path.format(ct=uids["CT"][0], seg=uids["SEG"][0]))
    assert answer.status_code == status
    assert said in answer.text
    assert answer.text.count("\n") == 1
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Type"].startswith("text/plain")


def test_what_was_downloaded_is_read_from_the_disk(catalog, source: S3Server, uids, tmp_path, monkeypatch) -> None:
    uid, bucket, folder = uids["CT"]
    sizes = [len(content) for key, content in source.buckets[bucket].items() if key.startswith(folder)]
    data, root = tmp_path / "data", tmp_path / "root"
    data.mkdir()
    (data / "catalog").symlink_to(catalog_folder().parent)
    env = environment(data, root, source.url)
    for name in ("IDC_COHORT_DATA", "IDC_COHORT_DOWNLOAD_ROOT", "IDC_COHORT_S3_ENDPOINT"):
        monkeypatch.setenv(name, env[name])
    settings.cache_clear()
    jobs.add("CT", [WantedSeries(uid, bucket, folder, "patient/series", len(sizes), sum(sizes))], root, Cloud.AWS)
    with start_worker(env) as process:
        assert process.wait(60) == 0
    shared.cache_clear()
    asked = len(source.log), len(source.listings)
    picture = _get(f"/api/preview/{uid}/5.png").content
    assert (len(source.log), len(source.listings)) == asked
    # Without a root, pages have nothing to do with this machine's files.
    monkeypatch.setenv("IDC_COHORT_DOWNLOAD_ROOT", "")
    settings.cache_clear()
    assert _get(f"/api/preview/{uid}/5.png").content == picture
    assert len(source.listings) == asked[1] + 1
    settings.cache_clear()
