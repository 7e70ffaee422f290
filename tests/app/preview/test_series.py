"""Series by ranged reads from a local S3: whole headers, slices in their order, within limits, faults in words."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import boto3
import numpy as np
import pytest
from moto.server import ThreadedMotoServer
from pydicom import Dataset
from pydicom.data import get_testdata_file
from pydicom.uid import ExplicitVRLittleEndian, RLELossless, SecondaryCaptureImageStorage

from app.common.settings import settings
from app.interface.cli import main
from app.preview import files
from app.preview.cache import ByteCache, shared
from app.preview.errors import PreviewError
from app.preview.middle import SAMPLE, TOLERANCE, near_middle
from app.preview.overlays import overlay
from app.preview.series import as_png, open_series, over
from app.preview.space import direction, space
from app.preview.suv import suv_factor, suv_note
from app.storage.buckets import GCS_BUCKETS
from app.storage.store import WantedSeries
from tests.support.block_phantom import Phantom, as_bytes, base, encapsulated, objects, report, segmentation
from tests.support.s3_server import Fault as Wrong
from tests.support.s3_server import S3Server

Served = Callable[..., AbstractContextManager[S3Server]]


@pytest.fixture(scope="session")
def place(plain_connection) -> Callable[[str], WantedSeries]:
    """Where a real series of a modality lies, each time another one."""
    rows = {
        modality: plain_connection.execute(
            "SELECT SeriesInstanceUID, aws_bucket, crdc_series_uuid, instanceCount FROM index"
            f" WHERE Modality = '{modality}' AND instanceCount < 20 ORDER BY ALL LIMIT 40"
        ).fetchall()
        for modality in ("CT", "US")
    }

    def find(modality: str) -> WantedSeries:
        uid, bucket, crdc_uuid, count = rows[modality].pop()
        return WantedSeries(uid, bucket, crdc_uuid, "", count, 0)

    return find


@pytest.fixture
def served(monkeypatch) -> Iterator[Served]:
    """The local S3 with the files of some places, and the app reading from it."""

    @contextmanager
    def serve(found: dict[str, tuple[WantedSeries, list[Dataset]]], faults: dict[str, Wrong] | None = None):
        buckets: dict[str, dict[str, bytes]] = {bucket: {} for bucket in GCS_BUCKETS}
        for at, datasets in found.values():
            buckets[at.bucket] |= objects(datasets, at.crdc_uuid)
        with S3Server(buckets, faults=faults or {}).running() as server:
            monkeypatch.setenv("IDC_COHORT_S3_ENDPOINT", server.url)
            settings.cache_clear()
            yield server

    yield serve
    settings.cache_clear()


def names(at: WantedSeries) -> dict[str, str]:
    return {"SeriesInstanceUID": at.uid}


@pytest.mark.parametrize("count", [16, 17, 40, 122])
def test_a_tile_is_near_the_middle_for_a_few_headers(catalog, place, served, count: int) -> None:
    """Each round has other names, and so other files are looked at; the truth is the order of all places."""
    at = place("CT")
    datasets = Phantom(count, 16, 16, identifiers=names(at)).datasets()
    places = sorted(float(one.ImagePositionPatient[2]) for one in datasets)
    for round_ in range(8):
        shared.cache_clear()
        random.Random(round_).shuffle(datasets)
        with served({"CT": (at, datasets)}) as server:
            series, number = near_middle(at.uid)
            picture = series.picture(number)[0]
            assert len(server.log) <= SAMPLE
            assert picture.plane
            off = abs(places.index(picture.plane[8]) - (count - 1) / 2)
            assert off <= (TOLERANCE * count if count > SAMPLE else 0.5)
            assert series.png(number, edge=16).startswith(b"\x89PNG")


def test_a_series_in_a_real_s3_comes_in_the_order_of_its_places(catalog, place, monkeypatch) -> None:
    at = place("CT")
    phantom = Phantom(slices=11, identifiers=names(at))
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    client = boto3.Session("test", "test").client("s3", endpoint_url=f"http://{host}:{port}", region_name="us-east-1")
    client.create_bucket(Bucket=at.bucket, ACL="public-read")
    for key, content in objects(phantom.datasets(), at.crdc_uuid).items():
        client.put_object(Bucket=at.bucket, Key=key, Body=content, ACL="public-read")
    client.close()
    monkeypatch.setenv("IDC_COHORT_S3_ENDPOINT", f"http://{host}:{port}")
    settings.cache_clear()
    series = open_series(at.uid)
    assert [one.place for one in series.pictures] == pytest.approx([100 + 2.5 * number for number in range(11)])
    for number in range(11):
        np.testing.assert_array_equal(series.stored(number + 1).astype(int) - 1024, phantom.values(number))
    server.stop()
    settings.cache_clear()


def large_headers(phantom: Phantom, sizes: list[int]) -> list[Dataset]:
    """Slices whose headers end in a private element of such a size."""
    made = phantom.datasets()
    for one, size in zip(made, sizes, strict=True):
        block = one.private_block(0x0029, "TEST", create=True)
        block.add_new(1, "OB", random.Random(size).randbytes(size))
    return made


def test_headers_are_read_whole_and_little_else(catalog, place, served) -> None:
    at = place("CT")
    # 16384 bytes is what is read first: the last sizes put the end of the header around it, byte by byte or so.
    sizes = [2, 40_000, 300_000, 2_000_000, *range(15_300, 15_560, 2)]
    phantom = Phantom(slices=len(sizes), rows=64, columns=512, identifiers=names(at))
    made = large_headers(phantom, sizes)
    with served({"ct": (at, made)}) as server:
        series = open_series(at.uid)
        read = server.bytes_sent
        assert len(series.pictures) == len(sizes)
        for number, one in enumerate(made, start=1):
            header = series.header(number)
            assert header.SOPInstanceUID == one.SOPInstanceUID
            assert len(header[0x0029, 0x1001].value) == sizes[number - 1]
            np.testing.assert_array_equal(series.stored(number), one.pixel_array)
    headers = sum(len(as_bytes(one)) - len(one.PixelData) for one in made)
    assert read < headers * 4
    assert read < 0.6 * sum(len(as_bytes(one)) for one in made) + 4_000_000


@pytest.mark.parametrize("kind", ["native", "with a table", "with an extended table", "without a table"])
def test_of_many_frames_only_the_shown_one_is_read(catalog, place, served, kind: str, monkeypatch) -> None:
    at = place("US")
    stack = np.random.default_rng(3).integers(0, 256, (12, 120, 100), np.uint8)
    made = base(SecondaryCaptureImageStorage, names(at), "US")
    made.set_pixel_data(stack, "MONOCHROME2", 8)
    if kind != "native":
        made.compress(RLELossless, generate_instance_uid=False, encapsulate_ext=kind == "with an extended table")
    if kind == "without a table":
        from pydicom.encaps import generate_frames

        fragments = list(generate_frames(made.PixelData, number_of_frames=12))
        made = encapsulated(made, RLELossless, *fragments)
        bare = bytearray(made.PixelData)
        length = int.from_bytes(bare[4:8], "little")
        made.PixelData = bytes(bare[:4]) + bytes(4) + bytes(bare[8 + length :])
    # A file beyond an eighth of the most that is read at once is not read whole.
    monkeypatch.setattr("app.preview.frames.MAX_BYTES", 400_000)
    with served({"us": (at, [made])}) as server:
        series = open_series(at.uid)
        opening = server.bytes_sent
        for number in (9, 1, 12):
            np.testing.assert_array_equal(series.stored(number), stack[number - 1])
        read = server.bytes_sent - opening
    assert read < (1.1 if kind == "without a table" else 0.4) * len(as_bytes(made))


def test_slices_of_several_volumes_stay_together(tmp_path: Path) -> None:
    """Two phases at the same places, a scout across them, and a picture without a place."""
    phases = []
    for phase in (2, 1):
        for one in Phantom(slices=4, origin=(0, 0, 10.0 * phase)).datasets():
            one.ImagePositionPatient[2] = float(one.ImagePositionPatient[2]) - 10 * phase
            one.TemporalPositionIdentifier = phase
            phases.append(one)
    (scout,) = Phantom(slices=1, down=(0.0, 0.0, -1.0)).datasets()
    (placeless,) = Phantom(slices=1).datasets()
    del placeless.ImagePositionPatient
    for key, content in objects([placeless, scout, *phases], "f").items():
        (tmp_path / key.split("/")[1]).write_bytes(content)
    series = open_series("1.2.3.4", folder=tmp_path)
    headers = [series.header(number) for number in range(1, 11)]
    assert [one.get("TemporalPositionIdentifier") for one in headers] == [1, 1, 1, 1, 2, 2, 2, 2, None, None]
    assert [float(one.ImagePositionPatient[2]) for one in headers[:8]] == [0.0, 2.5, 5.0, 7.5] * 2
    assert [one.SOPInstanceUID for one in headers[8:]] == [scout.SOPInstanceUID, placeless.SOPInstanceUID]


def test_pictures_without_a_place_follow_their_numbers(tmp_path: Path) -> None:
    for number in (10, 2, 1, 11):
        made = base(SecondaryCaptureImageStorage, {"SeriesInstanceUID": "1.2.3.4"}, "DX")
        made.InstanceNumber = number
        made.set_pixel_data(np.full((4, 4), number, np.uint8), "MONOCHROME2", 8)
        (tmp_path / f"{number % 7}.dcm").write_bytes(as_bytes(made))
    (tmp_path / "notes.txt").write_text("not DICOM")
    series = open_series("1.2.3.4", folder=tmp_path)
    assert [series.stored(number)[0, 0] for number in range(1, 5)] == [1, 2, 10, 11]


def test_enhanced_frames_take_what_their_groups_say(tmp_path: Path) -> None:
    made = segmentation(Phantom(), Phantom().datasets(), {"SeriesInstanceUID": "1.2.3.4"})
    made.Modality, made.BitsAllocated, made.BitsStored, made.HighBit = "CT", 16, 16, 15
    stack = np.random.default_rng(1).integers(0, 2000, (4, 48, 64), np.uint16)
    made.PixelData = stack.tobytes()
    for number, frame in enumerate(made.PerFrameFunctionalGroupsSequence):
        frame.PlanePositionSequence[0].ImagePositionPatient = [0, 0, [3, 0, 1, 2][number]]
        change = Dataset()
        change.RescaleSlope, change.RescaleIntercept = "1", str(-number)
        frame.PixelValueTransformationSequence = [change]
    (tmp_path / "one.dcm").write_bytes(as_bytes(made))
    series = open_series("1.2.3.4", folder=tmp_path)
    assert [picture.frame for picture in series.pictures] == [1, 2, 3, 0]
    assert [series.header(number).RescaleIntercept for number in range(1, 5)] == [-1, -2, -3, 0]
    for number, frame in enumerate((1, 2, 3, 0), start=1):
        np.testing.assert_array_equal(series.stored(number), stack[frame])
    (shown,) = series.describe()["spaces"]
    assert (shown["row_mm"], shown["column_mm"], shown["left"], shown["bottom"]) == (1.5, 0.75, "R", "P")


def test_a_slide_shows_its_thumbnail(tmp_path: Path) -> None:
    for number, kind in enumerate(("VOLUME", "THUMBNAIL", "LABEL")):
        made = base(SecondaryCaptureImageStorage, {"SeriesInstanceUID": "1.2.3.4"}, "SM")
        made.ImageType = ["DERIVED", "PRIMARY", kind, "RESAMPLED"]
        made.set_pixel_data(np.full((4, 4, 3), number, np.uint8), "RGB", 8)
        (tmp_path / f"{number}.dcm").write_bytes(as_bytes(made))
    series = open_series("1.2.3.4", folder=tmp_path)
    assert [series.levels(1).max(), len(series.pictures), len(series.in_order)] == [1, 1, 3]
    (tmp_path / "1.dcm").unlink()
    (tmp_path / "bare").mkdir()
    for name in ("0.dcm", "2.dcm"):
        (tmp_path / name).rename(tmp_path / "bare" / name)
    with pytest.raises(PreviewError, match="This slide has no thumbnail"):
        open_series("1.2.3.4", folder=tmp_path / "bare").png(1)


@pytest.mark.parametrize(
    ("cosines", "letters"),
    [
        ((1, 0, 0), "L"),
        ((0, 1, 0), "P"),
        ((0, 0, 1), "H"),
        ((-1, 0, 0.1), "R"),
        ((0.6, -0.75, 0.28), "ALH"),
        ((0, 0.5, -0.86), "FP"),
    ],
)
def test_directions_have_their_letters(cosines: tuple[float, ...], letters: str) -> None:
    assert direction(cosines) == letters


def test_spacing_is_told_with_what_it_is() -> None:
    made = Dataset()
    made.PatientOrientation = ["P", "FR"]
    made.ImagerPixelSpacing = ["0.2", "0.1"]
    found = space(made)
    assert (found.left, found.right, found.top, found.bottom) == ("A", "P", "HL", "FR")
    assert (found.row_mm, found.column_mm, found.aspect, found.note) == (
        0.2,
        0.1,
        2.0,
        "at the detector, not in the patient",
    )
    region = Dataset()
    region.PhysicalUnitsXDirection = region.PhysicalUnitsYDirection = 3
    region.PhysicalDeltaX, region.PhysicalDeltaY = 0.01, 0.02
    ultrasound = Dataset()
    ultrasound.SequenceOfUltrasoundRegions = [region]
    assert (space(ultrasound).row_mm, space(ultrasound).column_mm) == pytest.approx((0.2, 0.1))
    assert space(Dataset()).column_mm == 0.0


def test_suv_is_worked_out_or_said_not_to_be() -> None:
    made, tracer = Dataset(), Dataset()
    made.Modality, made.Units, made.PatientWeight, made.DecayCorrection = "PT", "BQML", "70", "START"
    made.CorrectedImage = ["ATTN", "DECY"]
    made.SeriesDate = made.AcquisitionDate = "20200102"
    made.SeriesTime = made.AcquisitionTime = "001000"
    tracer.RadionuclideTotalDose, tracer.RadionuclideHalfLife = "370000000", "6586.2"
    tracer.RadiopharmaceuticalStartTime = "231000.00"  # the evening before
    made.RadiopharmaceuticalInformationSequence = [tracer]
    factor, _ = suv_factor(made)
    assert factor == pytest.approx(70_000 / (370e6 * 0.5 ** (3600 / 6586.2)))
    assert "SUV by body weight = value × 0.000276" in suv_note(made)
    made.AcquisitionTime = "000900"  # before the series' own time
    assert "times of injection and scan" in suv_note(made)
    del made.PatientWeight
    assert "the patient's weight is missing" in suv_note(made)
    made.Units = "CNTS"
    assert suv_note(made) == "Values are counts."


def test_a_report_is_a_tree_and_every_element_a_row(tmp_path: Path) -> None:
    (tmp_path / "one.dcm").write_bytes(as_bytes(report({"SeriesInstanceUID": "1.2.3.4"})))
    series = open_series("1.2.3.4", folder=tmp_path)
    with pytest.raises(PreviewError, match="SR objects have no picture of their own"):
        series.png(1)
    found = series.header_table(1)

    def told(node: dict, level: int = 0) -> Iterator[tuple]:
        yield level, node["relation"], node["name"], node["value"]
        for child in node["children"]:
            yield from told(child, level + 1)

    assert list(told(found["tree"])) == [
        (0, "", "Imaging Measurement Report", ""),
        (1, "contains", "Comment", "none"),
        (1, "contains", "Measurement Group", ""),
        (2, "contains", "Length", "12.5 mm"),
        (3, "inferred from", "Source", "CT Image Storage 1.2.3.9"),
        (2, "contains", "Finding", "<b>Nodule</b>"),
    ]
    assert [0, "(0008,0060)", "Modality", "CS", "SR"] in found["rows"]
    assert [4, "(0008,0104)", "CodeMeaning", "LO", "millimeter"] in found["rows"]
    assert [0, "(0002,0010)", "TransferSyntaxUID", "UI", ExplicitVRLittleEndian] in found["rows"]
    with pytest.raises(PreviewError, match="instances 1 to 1, not 2"):
        series.header_table(2)


def test_too_much_is_refused_or_read_partly(catalog, place, served, monkeypatch) -> None:
    at = place("CT")
    phantom = Phantom(slices=9, identifiers=names(at))
    monkeypatch.setattr(files, "MAX_FILES", 5)
    with served({"ct": (replace(at, instances=9), phantom.datasets())}):
        series = open_series(at.uid)
        assert len(series.pictures) == 5
        (note,) = series.describe()["notes"]
        assert note.startswith(f"Only 5 of the {max(9, at.instances)} files of this series are looked at")
        assert [one.place for one in series.pictures] == sorted(one.place or 0 for one in series.pictures)
        monkeypatch.setattr("app.preview.frames.MAX_BYTES", 5_000)
        with pytest.raises(PreviewError, match="more than the preview's 5,000 bytes: open the series in a viewer"):
            series.png(1)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (Wrong(status=403), "the source refuses access"),
        (Wrong("cut"), "the connection was cut"),
    ],
)
def test_faults_of_the_source_are_said(catalog, place, served, wrong: Wrong, said: str, monkeypatch) -> None:
    at = place("CT")
    monkeypatch.setattr(files, "_LIMITS", replace(files._LIMITS, patience=0.5))
    made = Phantom(slices=2, identifiers=names(at)).datasets()
    bad = next(iter(objects(made, at.crdc_uuid)))
    with (
        served({"ct": (at, made)}, {bad: wrong}),
        pytest.raises(PreviewError, match=f"can't be read: {said}") as raised,
    ):
        open_series(at.uid)
    assert raised.value.status == 502


def test_a_source_that_is_away_is_not_asked_again_at_once(catalog, place, served, monkeypatch) -> None:
    one, other = place("CT"), place("CT")
    assert one.bucket == other.bucket
    monkeypatch.setattr(files, "_LIMITS", replace(files._LIMITS, patience=0.5))
    found = {at.uid: (at, Phantom(slices=1, identifiers=names(at)).datasets()) for at in (one, other)}
    with served(found, {f"{one.crdc_uuid}/": Wrong(status=500)}) as server:
        for at in (one, other):
            with pytest.raises(PreviewError, match="The images can't be read: the source failed"):
                open_series(at.uid)
        assert set(server.listings) == {f"{one.bucket}/{one.crdc_uuid}/"}
        monkeypatch.setattr(files, "_resting", {})
        assert len(open_series(other.uid).pictures) == 1


def test_a_series_that_is_not_there_is_named(catalog, place, served, tmp_path: Path) -> None:
    with served({}), pytest.raises(PreviewError, match="no files where this series should lie"):
        open_series(place("CT").uid)
    with pytest.raises(PreviewError, match=r"Series 1\.2\.3 is not in this IDC release"):
        open_series("1.2.3")
    path = get_testdata_file("CT_small.dcm", download=False)
    (tmp_path / "other.dcm").write_bytes(Path(str(path)).read_bytes())
    with pytest.raises(PreviewError, match="No file of this series was found"):
        open_series("1.2.3", folder=tmp_path)
    with pytest.raises(PreviewError, match="There is no folder"):
        open_series("1.2.3", folder=tmp_path / "nowhere")


def test_the_cache_holds_what_fits_and_makes_each_value_once() -> None:
    cache = ByteCache(100)
    made: list[int] = []

    def make(number: int) -> int:
        made.append(number)
        return number

    for number in (1, 2, 3, 1, 4, 2):
        assert cache.get(number, partial(make, number), lambda _: 30) == number
    # The fourth drove out the second, which had not been asked for longest.
    assert made == [1, 2, 3, 4, 2]
    assert (cache.size, 1 in cache, 3 in cache) == (90, True, False)
    assert cache.get("large", lambda: "x", lambda _: 101) == "x"
    assert "large" not in cache
    begun, go_on = threading.Event(), threading.Event()

    def slow() -> str:
        begun.set()
        go_on.wait(30)
        made.append(9)
        return "slow"

    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(cache.get("slow", slow, lambda _: 1))) for _ in range(5)]
    for thread in threads:
        thread.start()
    assert begun.wait(30)
    go_on.set()
    for thread in threads:
        thread.join(30)
    assert (found, made.count(9)) == (["slow"] * 5, 1)

    def fail() -> str:
        raise PreviewError("no")

    for _ in range(2):
        with pytest.raises(PreviewError):
            cache.get("failing", fail, len)


def test_the_command_line_says_shows_and_prints(catalog, tmp_path: Path, capsys) -> None:
    folder, output = tmp_path / "files", tmp_path / "one.png"
    folder.mkdir()
    source = Phantom().datasets()
    made = segmentation(Phantom(), source, {"SeriesInstanceUID": "1.2.3.5"})
    for key, content in objects([*source, made], "f").items():
        (folder / key.split("/")[1]).write_bytes(content)

    def run(*arguments: str) -> tuple[int, str, str]:
        status = main([*arguments, "--folder", str(folder)])
        return (status, *capsys.readouterr())

    picture = ("--slice", "5", "--output", str(output))
    assert run("preview", "1.2.3.4", *picture, "--window", "bone") == (0, "", "")
    series = open_series("1.2.3.4", folder=folder)
    levels, window = series.levels(5, "bone"), series.levels(5)
    assert output.read_bytes() == as_png(levels)
    # Of a segmentation, its source under it.
    assert run("preview", "1.2.3.5", *picture) == (0, "", "")
    layer = overlay(open_series("1.2.3.5", folder=folder)).layer(series, 5)
    assert output.read_bytes() == as_png(over(window, layer))
    assert json.loads(run("preview", "1.2.3.5")[1])["overlay"]["source"] == "1.2.3.4"
    status, told, _ = run("header", "1.2.3.4", "--search", "pixelspacing")
    assert (status, told.split()) == (0, ["(0028,0030)", "DS", "PixelSpacing", "1.5\\0.75"])
    assert run("header", "1.2.3.4", "--search", "nowhere")[0] == 1
    assert run("preview", "1.2.3.4", "--slice", "9", "--output", "x") == (2, "", "There are pictures 1 to 8, not 9.\n")
