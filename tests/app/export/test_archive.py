"""ZIPs from the running server over a local S3: whole or visibly broken, by a link of their own, in little memory."""

from __future__ import annotations

import io
import shutil
import subprocess
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import psutil
import pytest

from app.cohort.cohort import Cohort
from app.common.errors import UserError
from app.common.settings import settings
from app.downloads.paths import DEFAULT_TEMPLATE, Template
from app.downloads.plan import series_of
from app.export.archive import _AHEAD, _AHEAD_BYTES, _SMALL, Archive, _Ahead, refusal
from app.export.cohort_citations import citation_text
from app.export.writers import manifest_s5cmd
from app.interface import archive_links
from app.selection.counts import Totals
from app.selection.selection import Selection
from app.storage.buckets import GCS_BUCKETS, Cloud
from app.storage.errors import ErrorKind, StorageError
from app.storage.limits import Limits
from app.storage.store import WantedSeries, open_store
from tests.support import server
from tests.support.downloads import environment, expected, keys_of, objects_of
from tests.support.s3_server import Fault, S3Server

#: 191 MB in 214 files.
LARGE = "PatientID=Prostate-MRI-US-Biopsy-0675"
ZIPS_AT_ONCE = 4


class Bucket(dict):
    """Objects of which some have another content than is listed."""

    def __init__(self, objects: dict[str, bytes]) -> None:
        super().__init__(objects)
        self.really: dict[str, bytes] = {}

    def get(self, key, default=None):
        return self.really.get(key, super().get(key, default))


def wanted_of(catalog, cohort: Cohort, source: Cloud = Cloud.AWS) -> list[WantedSeries]:
    return list(series_of(Selection(catalog, cohort), source, Template(DEFAULT_TEMPLATE)))


@pytest.fixture(scope="module")
def objects(catalog, small: Cohort) -> dict[str, bytes]:
    return objects_of([*wanted_of(catalog, small), *wanted_of(catalog, Cohort.from_query(LARGE))])


@pytest.fixture(scope="module")
def source(objects: dict[str, bytes]) -> Iterator[S3Server]:
    """Every object lies in every bucket of both clouds."""
    bucket = Bucket(objects)
    with S3Server(dict.fromkeys([*GCS_BUCKETS, *GCS_BUCKETS.values()], bucket)).running() as running:
        yield running


@pytest.fixture(scope="module")
def app(source: S3Server, tmp_path_factory) -> Iterator[server.Server]:
    env = environment(settings().data_folder, tmp_path_factory.mktemp("root"), source.url)
    with server.served(env | {"IDC_COHORT_ZIPS_AT_ONCE": str(ZIPS_AT_ONCE)}, ready="api/counts") as running:
        yield running


@pytest.fixture
def client(app: server.Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=app.url, timeout=60, headers={"Accept-Encoding": "gzip"}) as opened:
        yield opened


def path_of(cohort: Cohort, cloud: Cloud = Cloud.AWS) -> str:
    return "/" + archive_links.link(cohort, cloud)


@pytest.mark.parametrize("cloud", Cloud)
def test_a_zip_holds_the_images_and_what_belongs_to_them(catalog, client, small, objects, cloud, tmp_path) -> None:
    answer = client.get(path_of(small, cloud))
    assert answer.status_code == 200
    assert (answer.headers["Content-Type"], "Content-Encoding" in answer.headers) == ("application/zip", False)
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    assert answer.headers["Content-Disposition"].endswith('.zip"')
    with zipfile.ZipFile(io.BytesIO(answer.content)) as opened:
        assert opened.testzip() is None
        assert {entry.compress_type for entry in opened.infolist()} == {zipfile.ZIP_STORED}
        contents = {name: opened.read(name) for name in opened.namelist()}
    images = {name: content for name, content in contents.items() if "/" in name}
    assert images == expected(wanted_of(catalog, small), objects)
    selection = Selection(catalog, small)
    (manifest,) = (content for name, content in contents.items() if name.endswith(".s5cmd"))
    assert manifest == b"".join(manifest_s5cmd(selection, cloud))
    assert contents["citations.txt"].decode() == citation_text(selection, "apa")
    assert contents["citations.bib"].decode() == citation_text(selection, "bibtex")
    assert b"CC BY" in contents["licenses.txt"]
    assert len(contents) == len(images) + 4
    file = tmp_path / "cohort.zip"
    file.write_bytes(answer.content)
    if unzip := shutil.which("unzip"):
        assert subprocess.run([unzip, "-tqq", file], capture_output=True).stdout == b""
    again = client.head(path_of(small, cloud))
    assert (again.headers["Content-Length"], again.content) == (answer.headers["Content-Length"], b"")


def test_a_link_opens_one_cohort_for_some_hours(client, small) -> None:
    cohort, other = small, Cohort.from_query(LARGE)
    path, query = path_of(cohort).split("?")
    expires, signature = path.removeprefix("/archive/").split(".")
    elsewhere = path_of(cohort, Cloud.GCS).split("?")[0]
    refused = [
        f"{path}?{other.to_query()}&source=aws",
        f"{path}?source=aws",
        f"{path}?{query.replace('source=aws', 'source=gcs')}",
        f"{elsewhere}?{query}",
        f"/archive/{int(expires) + 3600}.{signature}?{query}",
        f"/archive/{expires}.{signature[:-1]}{'0' if signature[-1] != '0' else '1'}?{query}",
        f"/archive/{expires}.?{query}",
        f"/archive/{expires}?{query}",
        f"/archive/{expires}.%C3%A9?{query}",
        f"/archive/²{expires}.{signature}?{query}",
        "/" + archive_links.link(cohort, Cloud.AWS, now=time.time() - 14 * 3600),
    ]
    for one in refused:
        answer = client.get(one)
        assert (answer.status_code, answer.text.count("\n")) == (403, 1), one
        assert answer.text.startswith("This link is altered or out of date")
    assert client.head("/" + archive_links.link(cohort, Cloud.AWS, now=time.time() - 11 * 3600)).status_code == 200
    # The same cohort in another spelling is the same cohort.
    values = query.removesuffix("&source=aws").split("&")
    assert client.head(f"{path}?source=aws&{'&'.join(reversed(values))}").status_code == 200
    faulty = client.get(f"{path}?Nonsense=1&source=aws")
    assert (faulty.status_code, faulty.text.count("\n")) == (400, 1)


def test_the_key_is_its_owners_alone(app: server.Server) -> None:
    key = settings().data_folder / "archive.key"
    assert (key.stat().st_mode & 0o777, key.stat().st_size) == (0o600, 32)


FAULTS = {
    "forbidden": Fault(status=403),
    "missing": Fault(status=404),
    "error": Fault(status=500),
    "cut": Fault("cut"),
    "short": b"short",
    "long": None,
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_source_breaks_the_transfer(catalog, client, small, source, objects, fault) -> None:
    """The last file of the last series goes wrong; all before it has been sent by then."""
    key = keys_of(wanted_of(catalog, small)[-1], objects)[-1]
    bucket = source.buckets["idc-open-data"]
    wrong = FAULTS[fault]
    if isinstance(wrong, Fault):
        source.faults[key] = wrong
    else:
        bucket.really[key] = wrong if wrong is not None else objects[key] + b"x"
    received: list[int] = []
    try:
        with client.stream("GET", path_of(small)) as answer:
            assert answer.status_code == 200
            with pytest.raises(httpx.RemoteProtocolError):
                received.extend(map(len, answer.iter_bytes()))
        assert 0 < sum(received) < int(answer.headers["Content-Length"])
    finally:
        source.faults.clear()
        bucket.really.clear()
    assert client.get(path_of(small)).status_code == 200


@pytest.mark.parametrize(("status", "sentence"), [(403, "refuses access (403)"), (500, "failed (5xx)")])
def test_a_source_that_cannot_be_listed_starts_nothing(catalog, client, small, source, status, sentence) -> None:
    source.faults[f"{wanted_of(catalog, small)[-1].crdc_uuid}/"] = Fault(status=status)
    try:
        answer = client.get(path_of(small))
    finally:
        source.faults.clear()
    assert answer.status_code == 502
    assert sentence in answer.text
    assert answer.text.count("\n") == 1


@pytest.fixture
def here(source: S3Server, monkeypatch) -> Iterator[None]:
    """This process reads from the local S3, too."""
    monkeypatch.setenv("IDC_COHORT_S3_ENDPOINT", source.url)
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


def test_another_number_of_files_or_bytes_starts_nothing(catalog, here, small, source, objects) -> None:
    bucket = source.buckets["idc-open-data"]
    key = keys_of(wanted_of(catalog, small)[0], objects)[0]
    for content, fault in ((None, ErrorKind.COUNT), (objects[key] + b"x", ErrorKind.BYTES)):
        if content is None:
            del bucket[key]
        else:
            bucket[key] = content
        with pytest.raises(StorageError) as caught:
            Archive(Selection(catalog, small), Cloud.AWS)
        assert caught.value.kind is fault
        bucket[key] = objects[key]


def test_a_source_that_falls_silent_ends_it(catalog, here, small, source, objects) -> None:
    key = keys_of(wanted_of(catalog, small)[-1], objects)[-1]
    source.faults[key] = Fault("stall")
    try:
        archive = Archive(Selection(catalog, small), Cloud.AWS, Limits(patience=1))
        with pytest.raises(StorageError) as caught:
            b"".join(archive.pieces())
    finally:
        source.faults.clear()
    assert caught.value.kind is ErrorKind.STALLED


def test_small_files_are_fetched_ahead_within_bounds(catalog, here, source, objects) -> None:
    """A reader that stops after the first image has cost no more than what may wait, and gets the rest all the same."""
    cohort = Cohort.from_query(LARGE)
    wanted = wanted_of(catalog, cohort)
    pieces = Archive(Selection(catalog, cohort), Cloud.AWS).pieces()
    asked = len(source.log)
    begun = b""
    while len(source.log) == asked:
        begun += next(pieces)
    assert source.wait_for(asked + 2)
    rest = b"".join(pieces)
    assert len(source.log) - asked == len(objects_of(wanted))
    with zipfile.ZipFile(io.BytesIO(begun + rest)) as opened:
        assert {name: opened.read(name) for name in opened.namelist() if "/" in name} == expected(wanted, objects)


def test_what_waits_has_a_bound(source, objects) -> None:
    ahead, store = _Ahead(), open_store(source.url, "idc-open-data", Limits())
    small = [key for key, content in objects.items() if len(content) <= _SMALL]
    files = [ahead.add(store, key, len(objects[key])) for key in small]
    asked = len(source.log)
    assert next(files[0]) == objects[small[0]]
    expected_ahead, held = 0, 0
    for key in small:
        held += len(objects[key])
        if held > _AHEAD_BYTES or expected_ahead == _AHEAD:
            break
        expected_ahead += 1
    assert expected_ahead > 4
    assert source.wait_for(asked + expected_ahead)
    ahead.close()
    assert len(source.log) - asked == expected_ahead


def test_four_readers_take_little_memory(catalog, app: server.Server, source, objects) -> None:
    """One stops in the middle until others have all they want, one leaves; then there is no room for a fifth."""
    cohort = Cohort.from_query(LARGE)
    wanted = expected(wanted_of(catalog, cohort), objects)
    process = psutil.Process(app.pid)
    before, peak, sent = process.memory_info().rss, 0, source.bytes_sent
    others_done, all_begun = threading.Event(), threading.Barrier(ZIPS_AT_ONCE + 1, timeout=300)
    found: dict[str, bytes] = {}

    def read(name: str) -> None:
        nonlocal peak
        pieces = io.BytesIO()
        with httpx.stream("GET", app.url + path_of(cohort), timeout=120) as answer:
            assert int(answer.headers["Content-Length"]) > 190e6
            for number, piece in enumerate(answer.iter_bytes(1 << 20)):
                pieces.write(piece)
                peak = max(peak, process.memory_info().rss)
                if number == 0:
                    all_begun.wait()
                    all_begun.wait()
                    if name == "leaving":
                        return
                    if name == "slow":
                        others_done.wait(100)
        found[name] = pieces.getvalue()

    readers = [threading.Thread(target=read, args=(name,)) for name in ("first", "second", "slow", "leaving")]
    for reader in readers:
        reader.start()
    all_begun.wait()
    fifth = httpx.get(app.url + path_of(cohort))
    assert (fifth.status_code, fifth.text.count("\n")) == (503, 1)
    all_begun.wait()
    for reader in (readers[0], readers[1], readers[3]):
        reader.join()
    sent = source.bytes_sent - sent
    others_done.set()
    readers[2].join()
    # Of what the slow one and the leaving one had not taken, only what fits the sockets was fetched.
    assert sent < 2.5 * sum(map(len, wanted.values()))
    assert set(found) == {"first", "second", "slow"}
    for content in found.values():
        with zipfile.ZipFile(io.BytesIO(content)) as opened:
            assert {name: opened.read(name) for name in opened.namelist() if "/" in name} == wanted
    assert peak - before < 120e6
    # Nobody's place is lost: as many as before can be made again.
    with ExitStack() as stack:
        for _ in range(ZIPS_AT_ONCE):
            assert any(
                stack.enter_context(httpx.stream("GET", app.url + path_of(cohort), timeout=60)).status_code == 200
                for _ in range(500)
            )


def test_above_the_limit_a_sentence_says_what_to_use(monkeypatch, catalog) -> None:
    limits = {"": 2_000_000_000, "0.5": 500_000_000, "0": 0}
    for text, limit in limits.items():
        monkeypatch.setenv("IDC_COHORT_ZIP_LIMIT_GB", text)
        settings.cache_clear()
        assert settings().zip_limit_bytes == limit
        over = refusal(Totals(1, 1, 1, 1, limit + 1))
        assert over is not None
        assert "s5cmd" in over
        assert (refusal(Totals(1, 1, 1, 1, limit)) is None) == (limit > 0)
        with pytest.raises(UserError, match="manifest"):
            Archive(Selection(catalog, Cohort()), Cloud.AWS)
    assert refusal(Totals(0, 0, 0, 0, 0))
    for text in ("-1", "nan", "inf", "much"):
        monkeypatch.setenv("IDC_COHORT_ZIP_LIMIT_GB", text)
        settings.cache_clear()
        with pytest.raises(UserError, match="IDC_COHORT_ZIP_LIMIT_GB"):
            settings()
    monkeypatch.undo()
    settings.cache_clear()


@pytest.mark.parametrize(
    ("limit", "query", "button", "sentence"),
    [("2", LARGE, True, False), ("2", "Modality=CT", False, True), ("0", LARGE, False, False)],
)
def test_the_button(catalog, monkeypatch, limit: str, query: str, button: bool, sentence: bool) -> None:
    from streamlit.testing.v1 import AppTest

    monkeypatch.setenv("IDC_COHORT_ZIP_LIMIT_GB", limit)
    settings.cache_clear()

    def page(query: str) -> None:
        from app.catalog.catalog import open_catalog
        from app.cohort.cohort import Cohort
        from app.selection.selection import Selection
        from components.explore.archive import archive_button

        archive_button(Selection(open_catalog(), Cohort.from_query(query)))

    shown = AppTest.from_function(page, default_timeout=60, args=(query,)).run()
    monkeypatch.undo()
    settings.cache_clear()
    assert not shown.exception
    links = [one.proto.url for one in shown.get("link_button")]
    assert len(links) == button
    assert all(link.startswith("archive/") and query in link for link in links)
    assert [("run a manifest" in one.value) for one in shown.text] == [True] * sentence
