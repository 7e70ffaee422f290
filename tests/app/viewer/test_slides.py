"""Downloaded slides by DICOMweb, as a client that knows nothing of this app reads them, compared with the files."""

from __future__ import annotations

import io
import socket
import struct
import threading
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
import pydicom
import pytest
import uvicorn
from dicomweb_client import DICOMwebClient
from PIL import Image
from pydicom.encaps import generate_frames
from pydicom.uid import JPEG2000Lossless
from starlette.applications import Starlette

from app.catalog.build import catalog_folder
from app.cohort.cohort import Cohort
from app.common.settings import settings
from app.downloads.paths import Template
from app.downloads.plan import series_of
from app.preview.cache import shared
from app.preview.errors import PreviewError
from app.selection.selection import Selection
from app.storage.buckets import Cloud
from app.storage.store import WantedSeries
from app.viewer import slides
from app.viewer.stored import open_stored
from tests.support.dicom_files import dicom
from tests.support.downloads import finished
from tests.support.slide_phantom import LEVELS, PROFILE, slide, tiles

#: A study of several slides and segmentations of them.
STUDY = "2.25.295549540896097797429979821304955099100"


@dataclass(frozen=True)
class House:
    """The service over downloads: one slide, and a series of the same study that is none."""

    url: str
    root: Path
    series: WantedSeries
    other: WantedSeries
    missing: WantedSeries
    files: list[bytes]

    @property
    def folder(self) -> Path:
        return self.root / self.series.folder

    @property
    def client(self) -> DICOMwebClient:
        return DICOMwebClient(self.url)

    def get(self, path: str, accept: str = "*/*") -> httpx.Response:
        path = path.format(study=STUDY, series=self.series.uid, other=self.other.uid, missing=self.missing.uid)
        return httpx.get(f"{self.url}/{path}", headers={"Accept": accept}, timeout=60)


@pytest.fixture(scope="module")
def house(catalog, tmp_path_factory) -> Iterator[House]:
    data, root = tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("root")
    (data / "catalog").symlink_to(catalog_folder().parent)
    wanted = list(
        series_of(
            Selection(catalog, Cohort.from_query(f"StudyInstanceUID={STUDY}")),
            Cloud.AWS,
            Template("%SeriesInstanceUID"),
        )
    )
    sql = f"SELECT SeriesInstanceUID FROM series WHERE StudyInstanceUID = '{STUDY}' AND Modality = 'SM'"
    uids = {uid for (uid,) in catalog.cursor().execute(sql).fetchall()}
    series, missing = [one for one in wanted if one.uid in uids][:2]
    other = next(one for one in wanted if one.uid not in uids)
    files = slide(identifiers(catalog, series.uid))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IDC_COHORT_DATA", str(data))
        patch.setenv("IDC_COHORT_DOWNLOAD_ROOT", str(root))
        settings.cache_clear()
        for one in (series, other, missing):
            (root / one.folder).mkdir(parents=True)
        for number, file in enumerate(files, 1):
            (root / series.folder / f"{number}.dcm").write_bytes(file)
            (root / missing.folder / f"{number}.dcm").write_bytes(file)
        (root / other.folder / "1.dcm").write_bytes(dicom(identifiers(catalog, other.uid)))
        finished("A slide", [series], root)
        finished("No slide", [other], root)
        with served() as url:
            yield House(f"{url}{slides.ROOT}", root, series, other, missing, files)
    settings.cache_clear()


def identifiers(catalog, uid: str) -> dict[str, str]:
    (patient,) = catalog.cursor().execute(f"SELECT PatientID FROM series WHERE SeriesInstanceUID = '{uid}'").fetchone()
    return {"PatientID": patient, "StudyInstanceUID": STUDY, "SeriesInstanceUID": uid}


@contextmanager
def served() -> Iterator[str]:
    """The routes on a socket of this process."""
    service = uvicorn.Server(uvicorn.Config(Starlette(routes=slides.routes()), log_level="warning", lifespan="off"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=service.run, kwargs={"sockets": [listening]})
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        service.should_exit = True
        thread.join()


def parsed(file: bytes) -> pydicom.Dataset:
    return pydicom.dcmread(io.BytesIO(file))


def without_addresses(item):
    if isinstance(item, dict):
        return {name: "" if name == "BulkDataURI" else without_addresses(value) for name, value in item.items()}
    return [without_addresses(one) for one in item] if isinstance(item, list) else item


def test_headers_are_those_of_the_files(house: House) -> None:
    expected = {}
    for file in house.files:
        header = pydicom.dcmread(io.BytesIO(file), stop_before_pixels=True)
        for name in ("ExtendedOffsetTable", "ExtendedOffsetTableLengths"):
            if name in header:
                del header[name]
        expected[header.SOPInstanceUID] = header.to_json_dict(0, lambda element: "")
    sent = {one["00080018"]["Value"][0]: one for one in house.client.retrieve_series_metadata(STUDY, house.series.uid)}
    assert without_addresses(sent) == expected
    assert house.client.retrieve_study_metadata(STUDY) == list(sent.values())
    for uid, told in sent.items():
        assert house.client.retrieve_instance_metadata(STUDY, house.series.uid, uid) == told
        profile = told["00480105"]["Value"][0]["00282000"]["BulkDataURI"]
        address = f"{house.url}/studies/{STUDY}/series/{house.series.uid}/{profile}"
        assert house.client.retrieve_bulkdata(address) == [PROFILE]
        assert httpx.get(address).content == PROFILE


@pytest.mark.parametrize("number", range(len(LEVELS)))
def test_frames_are_those_of_the_files(house: House, number: int) -> None:
    level, dataset = LEVELS[number], parsed(house.files[number])
    if level.syntax.is_encapsulated:
        tables = (
            (dataset.ExtendedOffsetTable, dataset.ExtendedOffsetTableLengths) if level.offsets == "extended" else None
        )
        stored = list(generate_frames(dataset.PixelData, number_of_frames=level.tiles**2, extended_offsets=tables))
    else:
        stored = [tile.tobytes() for tile in tiles(level)]
    uids = (STUDY, house.series.uid, dataset.SOPInstanceUID)
    numbers = list(range(level.tiles**2, 0, -1))
    sent = house.client.retrieve_instance_frames(*uids, numbers, media_types=(("application/octet-stream", "*"),))
    assert sent == stored[::-1]
    if level.syntax == JPEG2000Lossless:
        shown = [np.asarray(Image.open(io.BytesIO(frame))) for frame in sent[::-1]]
        assert np.array_equal(shown, list(tiles(level)))


def test_frames_say_how_they_are_stored(house: House) -> None:
    kinds = {
        house.get(
            f"studies/{{study}}/series/{{series}}/instances/{parsed(file).SOPInstanceUID}/frames/1"
        ).content.split(b"\r\n")[1]
        for file in house.files
    }
    assert kinds == {
        b"Content-Type: image/jpeg; transfer-syntax=1.2.840.10008.1.2.4.50",
        b"Content-Type: image/jp2; transfer-syntax=1.2.840.10008.1.2.4.90",
        b"Content-Type: application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1",
    }


def test_what_there_is_can_be_searched(house: House, catalog) -> None:
    client, patient = house.client, identifiers(catalog, house.series.uid)["PatientID"]
    (study,) = client.search_for_studies(search_filters={"StudyInstanceUID": STUDY})
    assert client.search_for_studies(search_filters={"00100020": patient}) == [study]
    assert client.search_for_studies(search_filters={"StudyInstanceUID": "1.2.3"}) == []
    (series,) = client.search_for_series(STUDY)
    told = {
        name: series[tag]["Value"][0]
        for name, tag in {"uid": "0020000E", "kind": "00080060", "count": "00201209"}.items()
    }
    assert told == {"uid": house.series.uid, "kind": "SM", "count": len(LEVELS)}
    assert study.items() <= series.items()
    instances = client.search_for_instances(STUDY, house.series.uid)
    assert [one["00280008"]["Value"][0] for one in instances] == [level.tiles**2 for level in LEVELS]
    assert client.search_for_instances(STUDY) == instances
    assert client.search_for_instances(STUDY, offset=1, limit=2) == instances[1:3]
    last = instances[-1]["00080018"]["Value"][0]
    assert client.search_for_instances(STUDY, search_filters={"SOPInstanceUID": last}) == instances[-1:]


_INSTANCE = "studies/{study}/series/{series}/instances/1.2.826.0.1.1"


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("studies", 400, "Name the study"),
        ("studies?StudyDate=2020", 400, "There is no parameter 'StudyDate'"),
        ("studies/{study}/series?limit=-1", 400, "offset and limit are numbers"),
        ("studies/1.2.3/series", 404, "Nothing of this"),
        ("studies/1'%20OR%201=1/series", 404, "Nothing of this"),
        ("studies/1.2.3/series/{series}/metadata", 404, "Nothing of this"),
        ("studies/{study}/series/{missing}/metadata", 404, "Nothing of this"),
        ("studies/{study}/series/{missing}/instances/1.2.826.0.1.1/frames/1", 404, "Nothing of this"),
        ("studies/{study}/series/{other}/metadata", 404, "Nothing of this"),
        ("studies/{study}/series/..%2f..%2fmetadata", 404, ""),
        (f"{_INSTANCE}9/metadata", 404, "Nothing of this"),
        (f"{_INSTANCE}/frames/0", 400, "from 1 on"),
        (f"{_INSTANCE}/frames/1,,2", 400, "from 1 on"),
        (f"{_INSTANCE}/frames/65", 404, "There are frames 1 to 64, not 65."),
        (f"{_INSTANCE}/frames/1,65", 404, "There are frames 1 to 64, not 65."),
        (f"{_INSTANCE}/bulkdata/2", 404, "Nothing of this"),
        (f"{_INSTANCE}/rendered", 404, ""),
    ],
)
def test_nothing_else_is_sent(house: House, path: str, status: int, said: str) -> None:
    answer = house.get(path)
    assert answer.status_code == status
    assert said in answer.text
    assert answer.headers["Content-Type"].startswith("text/plain")


def test_frames_are_not_decoded(house: House) -> None:
    for accept, status in {
        "multipart/related; type=image/jpeg": 200,
        "multipart/related": 200,
        "image/png": 406,
    }.items():
        assert house.get(f"{_INSTANCE}/frames/1", accept).status_code == status, accept


@pytest.fixture
def strangers(house: House) -> Iterator[None]:
    """Files beside those of the slide: of another series, no DICOM, and a link out of the folder."""
    other = parsed(house.files[0])
    other.SeriesInstanceUID, other.SOPInstanceUID = house.missing.uid, "1.2.826.0.1.50"
    other.save_as(house.folder / "other.dcm", enforce_file_format=True)
    (house.folder / "text.dcm").write_bytes(b"A secret." * 50)
    linked = parsed(house.files[0])
    linked.SOPInstanceUID = "1.2.826.0.1.51"
    linked.save_as(house.root / "linked.dcm", enforce_file_format=True)
    (house.folder / "link.dcm").symlink_to(house.root / "linked.dcm")
    yield
    for name in ("other.dcm", "text.dcm", "link.dcm"):
        (house.folder / name).unlink()


@pytest.mark.usefixtures("strangers")
def test_strangers_in_the_folder_are_not_there(house: House) -> None:
    assert len(house.client.retrieve_study_metadata(STUDY)) == len(LEVELS)
    for uid in ("1.2.826.0.1.50", "1.2.826.0.1.51"):
        assert house.get(f"studies/{{study}}/series/{{series}}/instances/{uid}/frames/1").status_code == 404


# Files of another kind


def opened(path: Path):
    stat = path.stat()
    uid = pydicom.dcmread(path, stop_before_pixels=True).SeriesInstanceUID
    (one,) = open_stored(uid, path.parent, ((path.name, stat.st_mtime_ns, stat.st_size),)).values()
    return one


@pytest.fixture(scope="module")
def plain() -> list[bytes]:
    return slide({"PatientID": "P", "StudyInstanceUID": "1.2.3", "SeriesInstanceUID": "1.2.3.4"})


def large(file: bytes, path: Path, count: int, length: int) -> None:
    """A file like `file`, whose frames are holes but for their numbers; compressed ones have no table."""
    dataset = parsed(file)
    dataset.NumberOfFrames, dataset.Rows, dataset.SamplesPerPixel = count, length // dataset.Columns, 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    del dataset.PixelData
    dataset.save_as(path, enforce_file_format=True)
    in_items = dataset.file_meta.TransferSyntaxUID.is_encapsulated
    with path.open("ab") as stream:
        stream.write(struct.pack("<HH2sHI", 0x7FE0, 0x10, b"OB", 0, 0xFFFFFFFF if in_items else count * length))
        stream.write(item(0) if in_items else b"")
        for number in range(1, count + 1):
            stream.write(item(length) if in_items else b"")
            end = stream.tell() + length
            stream.write(b"%05d" % number)
            stream.truncate(end)
            stream.seek(end)


def item(length: int) -> bytes:
    return struct.pack("<HHI", 0xFFFE, 0xE000, length)


@pytest.mark.parametrize("level", [2, 3])
def test_of_a_large_file_only_the_frames_are_read(plain: list[bytes], tmp_path: Path, level: int) -> None:
    count, length = 2_000, 1024 * 1024
    path = tmp_path / "large.dcm"
    large(plain[level], path, count, length)
    tracemalloc.start()
    try:
        one = opened(path)
        first, last = one.frames([1, count])
        assert tracemalloc.get_traced_memory()[1] < 20 * length
    finally:
        tracemalloc.stop()
    assert [len(first), len(last)] == [length] * 2
    assert [first.strip(b"\0"), last.strip(b"\0")] == [b"00001", b"02000"]
    with pytest.raises(PreviewError, match="ask for fewer"):
        one.frames(range(1, 101))


def test_a_damaged_file_says_so(plain: list[bytes], tmp_path: Path) -> None:
    path = tmp_path / "one.dcm"
    table = plain[1].index(item(4 * LEVELS[1].tiles ** 2)) + 8
    path.write_bytes(plain[1][: table + 4] + b"\7\0\0\0" + plain[1][table + 8 :])
    for numbers in ([1], [2]):
        with pytest.raises(PreviewError, match="This file is damaged"):
            opened(path).frames(numbers)
    assert opened(path).frames([3])
    path.write_bytes(plain[3][:-100])
    with pytest.raises(PreviewError, match="cut off"):
        opened(path).frames([1])


def test_a_file_that_changed_is_read_anew(plain: list[bytes], tmp_path: Path) -> None:
    path = tmp_path / "one.dcm"
    path.write_bytes(plain[3])
    assert b'"Quarters"' in opened(path).attributes["0008103E"]
    changed = parsed(plain[3])
    changed.SeriesDescription = "Halves"
    changed.save_as(path, enforce_file_format=True)
    assert b'"Halves"' in opened(path).attributes["0008103E"]
    assert shared().size <= shared().limit
