"""Folders of DICOM files with planted errors: each is found and named, and a clean folder is clean."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import closing
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import Dataset

from app.common.errors import UserError
from app.interface.cli import main
from app.validate.expected import Expectation, ExpectedSeries, listing
from app.validate.files import Options
from app.validate.findings import FindingKind
from app.validate.geometry import geometry
from app.validate.report import ValidationReport, as_html, as_json, as_text
from app.validate.validation import Validation
from app.validate.values import expected_length, text, texts
from tests.support.dicom_files import dicom, write_series
from tests.support.paths import ROOT

_IDENTIFIERS = ("PatientID", "StudyInstanceUID", "SeriesInstanceUID")
PLACES = [2.5 * number for number in range(8)]


@pytest.mark.parametrize("is_implicit", [False, True], ids=["explicit", "implicit"])
@pytest.mark.parametrize(
    ("charset", "patient"),
    [
        (None, "TCGA-05_4244.x"),
        (None, " spaces inside, and a ~"),
        (None, ""),
        ("ISO_IR 192", "Ærø/患者"),
        ("ISO_IR 126", "ασθενής"),
        (["", "ISO 2022 IR 87"], "山田"),
    ],
)
def test_values_are_read_as_pydicom_reads_them(
    charset: str | list[str] | None, patient: str, is_implicit: bool
) -> None:
    for rows, frames in ((3, None), (5, 7), (3, None)):
        written = Dataset()
        written.SpecificCharacterSet = charset
        written.PatientID = patient
        written.SOPInstanceUID = "1.2.3"
        written.ImageType = ["ORIGINAL", "PRIMARY", "LOCALIZER "]
        written.ImagePositionPatient = ["-1.5 ", "+2e-3", "0"]
        written.Rows, written.Columns, written.SamplesPerPixel, written.BitsAllocated = rows, 5, 1, 8
        written.PhotometricInterpretation = "MONOCHROME2"
        if frames:
            written.NumberOfFrames = frames
        stream = io.BytesIO()
        pydicom.dcmwrite(stream, written, implicit_vr=is_implicit, little_endian=True)
        header = pydicom.dcmread(io.BytesIO(stream.getvalue()), force=True)
        assert text(header, "PatientID") == patient.strip()
        assert text(header, "SOPInstanceUID") == "1.2.3"
        assert texts(header, "ImageType") == ["ORIGINAL", "PRIMARY", "LOCALIZER"]
        assert [float(number) for number in texts(header, "ImagePositionPatient")] == [-1.5, 0.002, 0]
        assert texts(header, "ImageOrientationPatient") == []
        assert expected_length(header) == -(-rows * 5 * (frames or 1) // 2) * 2
        del header.Columns
        assert expected_length(header) is None


@pytest.fixture(scope="module")
def rows(plain_connection) -> list[dict]:
    """Real CT series with all that identifies them."""
    table = plain_connection.cursor().execute(
        "SELECT PatientID, StudyInstanceUID, SeriesInstanceUID, crdc_series_uuid FROM index WHERE Modality = 'CT'"
        " ORDER BY SeriesInstanceUID LIMIT 12"
    )
    names = [column[0] for column in table.description]
    return [dict(zip(names, row, strict=True)) for row in table.fetchall()]


def identifiers(row: dict, **changed: str) -> dict[str, str]:
    return {name: row[name] for name in _IDENTIFIERS} | changed


def folder_of(root: Path, row: dict) -> Path:
    return root / row["PatientID"] / row["StudyInstanceUID"] / f"CT_{row['SeriesInstanceUID']}"


def listed(root: Path, rows: list[dict], instances: int = len(PLACES)) -> Expectation:
    """What the folders of `rows` hold now, as the listing that they are to meet."""
    found = []
    for row in rows:
        sizes = [path.stat().st_size for path in folder_of(root, row).iterdir()]
        assert len(sizes) == instances
        uid, study, patient = row["SeriesInstanceUID"], row["StudyInstanceUID"], row["PatientID"]
        found.append(ExpectedSeries(uid, study, patient, row["crdc_series_uuid"], len(sizes), sum(sizes)))
    return Expectation("made up", tuple(found))


def check(root: Path, wanted: Expectation | None, **options) -> ValidationReport:
    validation = Validation(root, wanted, Options(**options), parallel=1)
    with closing(validation.run()) as running:
        for _ in running:
            pass
    return validation.report()


def said(report: ValidationReport) -> set[tuple[FindingKind, str | None, str | None]]:
    return {(one.kind, one.series, one.path) for one in report.findings}


def change(path: Path, **values) -> None:
    dataset = pydicom.dcmread(path)
    for name, value in values.items():
        setattr(dataset, name, value)
    dataset.save_as(path)


@pytest.fixture(scope="module")
def clean(tmp_path_factory, rows: list[dict]) -> tuple[Path, Expectation]:
    """A folder of ten series, the last two compressed, and what it is to hold."""
    root = tmp_path_factory.mktemp("clean")
    for number, row in enumerate(rows[:10]):
        write_series(folder_of(root, row), identifiers(row), PLACES, compressed=number >= 8)
    return root, listed(root, rows[:10])


@pytest.fixture
def folder(clean: tuple[Path, Expectation], tmp_path: Path) -> Path:
    """A copy of the clean folder, to be spoilt."""
    shutil.copytree(clean[0], tmp_path / "copy")
    return tmp_path / "copy"


def test_a_clean_folder_is_clean(clean: tuple[Path, Expectation]) -> None:
    report = check(*clean, decode=True)
    assert report.findings == ()
    assert report.is_clean
    assert (report.series_wanted, report.series_found, report.series_clean) == (10, 10, 10)
    assert (report.files, report.files_in_folder) == (80, 80)
    assert report.size_bytes == sum(one.size_bytes for one in clean[1].series)
    assert report.verdict == "Clean: 10 series, 80 files, no error."


def test_each_planted_fault_is_named(clean: tuple[Path, Expectation], folder: Path, rows: list[dict]) -> None:
    wanted, uids = clean[1], [row["SeriesInstanceUID"] for row in rows]
    places = [folder_of(folder, row) for row in rows]

    def at(number: int, name: str) -> str:
        return (places[number] / name).relative_to(folder).as_posix()

    (places[0] / "3.dcm").unlink()
    half = (places[1] / "3.dcm").read_bytes()
    (places[1] / "3.dcm").write_bytes(half[:-100])
    change(places[2] / "3.dcm", StudyInstanceUID="1.2.3.4.5", PatientID="somebody else")
    first = pydicom.dcmread(places[3] / "0.dcm").SOPInstanceUID
    change(places[3] / "1.dcm", SOPInstanceUID=first)
    change(places[4] / "3.dcm", Rows=15)
    shutil.rmtree(places[5])
    # In the folder of another series; and a series that the release has, but nobody asked for.
    (places[6] / "3.dcm").rename(places[7] / "stranger.dcm")
    (places[6] / "unwanted.dcm").write_bytes(dicom(identifiers(rows[11])))
    (folder / "foreign.dcm").write_bytes(dicom(identifiers(rows[0], SeriesInstanceUID="1.2.3.4.5.6")))
    (folder / "notes.txt").write_text("not DICOM")
    (places[7] / "8.dcm.part").write_bytes(half)
    (folder / "empty.dcm").touch()
    (folder / "way out.dcm").symlink_to(clean[0] / "elsewhere")
    os.mkfifo(folder / "pipe.dcm")
    half = (places[8] / "3.dcm").read_bytes()
    (places[8] / "3.dcm").write_bytes(half[: len(half) - 60])

    report = check(folder, wanted)
    assert said(report) == {
        (FindingKind.INSTANCES, uids[0], None),
        (FindingKind.BYTES, uids[0], None),
        # The places tell, too, which slice it is.
        (FindingKind.MISSING_SLICE, uids[0], None),
        (FindingKind.CUT, uids[1], at(1, "3.dcm")),
        (FindingKind.BYTES, uids[1], None),
        (FindingKind.STUDY, uids[2], at(2, "3.dcm")),
        (FindingKind.PATIENT, uids[2], at(2, "3.dcm")),
        (FindingKind.BYTES, uids[2], None),
        (FindingKind.DUPLICATE, uids[3], at(3, "1.dcm")),
        (FindingKind.PIXEL_LENGTH, uids[4], at(4, "3.dcm")),
        (FindingKind.MISSING_SERIES, uids[5], None),
        (FindingKind.WRONG_FOLDER, uids[6], at(7, "stranger.dcm")),
        (FindingKind.NOT_WANTED, uids[11], at(6, "unwanted.dcm")),
        (FindingKind.WRONG_FOLDER, uids[11], at(6, "unwanted.dcm")),
        (FindingKind.NOT_IN_RELEASE, "1.2.3.4.5.6", "foreign.dcm"),
        (FindingKind.NOT_DICOM, None, "notes.txt"),
        (FindingKind.NOT_DICOM, None, "empty.dcm"),
        (FindingKind.UNFINISHED, uids[7], at(7, "8.dcm.part")),
        (FindingKind.LINK, None, "way out.dcm"),
        (FindingKind.LINK, None, "pipe.dcm"),
        (FindingKind.CUT, uids[8], at(8, "3.dcm")),
        (FindingKind.BYTES, uids[8], None),
    }
    assert not report.is_clean
    assert (report.series_wanted, report.series_found, report.series_clean) == (10, 9, 1)
    details = {(one.kind, one.series): one.detail for one in report.findings}
    assert details[FindingKind.INSTANCES, uids[0]] == "7, not 8"
    assert details[FindingKind.WRONG_FOLDER, uids[6]] == f"the folder's is {uids[7]}"
    # What stands in the report stands in both of its files.
    told = json.loads(as_json(report))
    assert (len(told["errors"]), len(told["warnings"])) == (report.errors, report.warnings) == (21, 1)
    page, text = unescape(as_html(report)), as_text(report)
    assert all(kind in page and kind in text for kind, _, _ in said(report))


def test_what_decoding_alone_sees(clean: tuple[Path, Expectation], folder: Path, rows: list[dict]) -> None:
    """The same number of bytes, and whole to the end of the sequence, but no picture in it."""
    path = folder_of(folder, rows[9]) / "3.dcm"
    content = path.read_bytes()
    start = content.rindex(b"\xfe\xff\x00\xe0") + 8 + 64  # the fragment, behind its RLE header
    path.write_bytes(content[:start] + b"\x80" * (len(content) - start - 8) + content[-8:])
    assert check(folder, clean[1]).is_clean
    report = check(folder, clean[1], decode=True)
    name = path.relative_to(folder).as_posix()
    assert said(report) == {(FindingKind.DECODE, rows[9]["SeriesInstanceUID"], name)}


def test_odd_slices_are_warnings(tmp_path: Path, rows: list[dict]) -> None:
    tilted = (1.0, 0.0, 0.0, 0.0, 0.98, 0.199)
    uneven = [*PLACES[:-1], PLACES[-1] + 0.4]
    doubled = [*PLACES[:-1], PLACES[0]]
    for row, places in zip(rows, (PLACES, uneven, doubled), strict=False):
        write_series(folder_of(tmp_path, row), identifiers(row), places)
    (folder_of(tmp_path, rows[0]) / "3.dcm").write_bytes(dicom(identifiers(rows[0]), 7.5, tilted))
    report = check(tmp_path, listed(tmp_path, rows[:3]))
    assert said(report) == {
        (FindingKind.ORIENTATION, rows[0]["SeriesInstanceUID"], None),
        (FindingKind.SPACING, rows[1]["SeriesInstanceUID"], None),
        (FindingKind.DOUBLED_SLICE, rows[2]["SeriesInstanceUID"], None),
    }
    assert report.is_clean
    assert report.warnings == 3
    assert report.series_clean == 3


@given(
    normal=st.tuples(*[st.floats(-1, 1)] * 3).filter(lambda one: sum(x * x for x in one) > 0.3),
    spacing=st.floats(0.1, 10),
    count=st.integers(6, 40),
    volumes=st.integers(1, 3),
    at=st.integers(2, 4),
)
def test_geometry_in_any_direction(normal, spacing: float, count: int, volumes: int, at: int) -> None:
    """Even slices of one or more volumes are right however they lie; one too few or too many is seen."""
    axis = np.array(normal) / np.linalg.norm(normal)
    row = np.cross(axis, np.eye(3)[abs(axis).argmin()])
    row /= np.linalg.norm(row)
    column = np.cross(axis, row)
    planes = [(*row, *column, *(number * spacing * axis)) for number in range(count)]
    assert list(geometry(planes * volumes)) == []
    fewer = planes[:at] + planes[at + 1 :]
    assert [one.kind for one in geometry(fewer * volumes)] == [FindingKind.MISSING_SLICE]
    assert [one.kind for one in geometry([*planes * volumes, planes[at]])] == [FindingKind.DOUBLED_SLICE]


def test_the_folder_says_what_is_wanted(clean: tuple[Path, Expectation], folder: Path, rows: list[dict]) -> None:
    """Without a query the series found, and those that folders are named after, are looked up in the catalog."""
    shutil.rmtree(folder)
    write_series(folder_of(folder, rows[0]), identifiers(rows[0]), PLACES)
    other = folder / rows[1]["crdc_series_uuid"]
    write_series(other, identifiers(rows[0]), [100.0])
    report = check(folder, None)
    assert report.series_wanted == 2
    uids = [row["SeriesInstanceUID"] for row in rows]
    assert {
        (FindingKind.BYTES, uids[0], None),
        (FindingKind.WRONG_FOLDER, uids[0], f"{other.name}/0.dcm"),
        (FindingKind.MISSING_SERIES, uids[1], None),
    } <= said(report)


def test_a_stop_leaves_a_partial_report(clean: tuple[Path, Expectation]) -> None:
    validation = Validation(*clean, parallel=1)
    with closing(validation.run()) as running:
        next(running)
        validation.stop()
    report = validation.report()
    assert report.stopped
    assert not report.is_clean
    # What was not read is not called missing.
    assert report.findings == ()
    assert report.verdict.startswith("Stopped after 0 of 80 files")


def test_html_shows_hostile_names_as_text(tmp_path: Path) -> None:
    name = "<script>alert('1')</script>&\x1b[31m.dcm"
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / name.replace("/", "⁄")).write_text("<img src=x onerror=alert(1)>")
    (tmp_path / os.fsdecode(b"\xff\xfe.dcm")).touch()
    report = check(tmp_path, Expectation("<b>bold</b>", ()))
    tags, texts = [], []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list) -> None:
            tags.append(tag)

        def handle_data(self, data: str) -> None:
            texts.append(data)

    page = as_html(report)
    Reader().feed(page)
    assert not {"script", "img", "b"} & set(tags)
    assert any("<script>alert('1')<⁄script>&" in text for text in texts)
    assert "<b>bold</b>" in "".join(texts)
    for shown in (page, as_text(report), as_json(report)):
        assert "\x1b" not in shown
        shown.encode()


# --- the command -----------------------------------------------------------------------------------------------


def run(*arguments: str | Path, **options) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "app", "validate", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, **options)


@pytest.fixture(scope="module")
def downloaded(plain_connection, tmp_path_factory) -> tuple[Path, list[str]]:
    """Two real series, complete by the index's own numbers; and their UIDs."""
    root = tmp_path_factory.mktemp("downloaded")
    found = plain_connection.cursor().execute(
        "SELECT PatientID, StudyInstanceUID, SeriesInstanceUID, instanceCount, round(series_size_MB * 1e6)::BIGINT"
        " FROM index WHERE instanceCount BETWEEN 2 AND 4 AND series_size_MB * 1e6 > 2000 * instanceCount"
        " AND (round(series_size_MB * 1e6)::BIGINT % 2) = 0 ORDER BY series_size_MB, SeriesInstanceUID LIMIT 2"
    )
    uids = []
    for patient, study, uid, instances, size_bytes in found.fetchall():
        uids.append(uid)
        (root / uid).mkdir()
        each, rest = divmod(size_bytes // 2, instances)
        for number in range(instances):
            names = dict(zip(_IDENTIFIERS, (patient, study, uid), strict=True))
            size = 2 * (each + (rest if number == 0 else 0))
            (root / uid / f"{number}.dcm").write_bytes(dicom(names, 3.0 * number, size=size))
    return root, uids


def test_exit_codes(downloaded: tuple[Path, list[str]], tmp_path: Path) -> None:
    root, uids = downloaded
    done = run(
        root, f"SeriesInstanceUID={uids[0]}&SeriesInstanceUID={uids[1]}", "--decode", "--html", tmp_path / "page"
    )
    assert (done.returncode, done.stdout.splitlines()[0][:16]) == (0, "Clean: 2 series,"), done.stdout + done.stderr
    assert (tmp_path / "page").read_text().startswith("<!doctype html>")
    assert "100%" in done.stderr
    manifest = root / "manifest.csv"
    manifest.write_text("SeriesInstanceUID\n" + "\n".join([uids[0], "1.2.3.4.5"]) + "\n")
    report = root / "report.json"
    try:
        done = run(root, manifest, "--json", report)
        told = json.loads(report.read_text())
    finally:
        manifest.unlink()
        report.unlink(missing_ok=True)
    assert done.returncode == 1
    # Neither the manifest nor the report counts as a foreign file.
    kinds = [(one["kind"], one["SeriesInstanceUID"] or one["detail"]) for one in told["errors"]]
    assert set(kinds) == {("not_wanted", uids[1]), ("unknown", "1.2.3.4.5")}


def test_a_bad_request_is_told_in_one_sentence(tmp_path: Path, capsys, monkeypatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    for arguments, sentence in {
        ("nowhere",): "is no folder; give the one that the images are in.",
        ("", "Modality=MR&x=y"): "There is no attribute “x”",
        ("", "--parallel", "0"): "Read with 1 to 64 processes.",
        ("", "--dciodvfy"): "dciodvfy was not found",
    }.items():
        assert main(["validate", str(tmp_path / arguments[0]), *arguments[1:]]) == 2
        told = capsys.readouterr()
        assert told.out == ""
        assert sentence in told.err
        assert told.err.count("\n") == 1


def test_an_s5cmd_manifest_is_what_is_wanted(downloaded: tuple[Path, list[str]], tmp_path: Path, cli) -> None:
    query = f"SeriesInstanceUID={downloaded[1][0]}"
    manifest = tmp_path / "manifest.s5cmd"
    manifest.write_bytes(cli("manifest", query).stdout)
    assert listing(str(manifest)).series == listing(query).series
    with pytest.raises(UserError, match="No series of this release"):
        listing("collection_id=qiba_ct_1c&Modality=PT")


def test_dciodvfy_is_heard(downloaded: tuple[Path, list[str]], tmp_path: Path) -> None:
    """A stand-in for the program complains of each file."""
    program = tmp_path / "dciodvfy"
    program.write_text('#!/bin/sh\necho "Error - odd: $(basename "$1")" >&2\n')
    program.chmod(0o755)
    report = check(downloaded[0], None, dciodvfy=str(program))
    assert {(one.kind, one.detail) for one in report.findings} == {
        (FindingKind.DCIODVFY, f"Error - odd: {path.name}") for path in downloaded[0].rglob("*.dcm")
    }
    assert report.is_clean


def heed_ctrl_c() -> None:
    """Tests that a shell has started in the background would hand on its disregard of the signal."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_ctrl_c_ends_it_with_a_partial_report(downloaded: tuple[Path, list[str]], tmp_path: Path) -> None:
    """The readers hang in a dciodvfy that waits for a pipe; what was asked for is told all the same."""
    pipe, program = tmp_path / "pipe", tmp_path / "dciodvfy"
    os.mkfifo(pipe)
    program.write_text(f"#!/bin/sh\necho started > {pipe}\nread forever < {pipe}\n")
    program.chmod(0o755)
    command = [sys.executable, "-m", "app", "validate", str(downloaded[0]), "--dciodvfy", "--parallel", "1"]
    command += ["--json", str(tmp_path / "report.json")]
    environment = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=heed_ctrl_c,
    ) as process:
        pipe.read_text()
        os.killpg(process.pid, signal.SIGINT)
        stdout, _ = process.communicate()
    assert process.returncode == 1
    assert stdout.startswith("Stopped after ")
    assert json.loads((tmp_path / "report.json").read_text())["stopped"] is True


def test_a_file_that_crashes_its_reader_is_named(clean: tuple[Path, Expectation], tmp_path: Path) -> None:
    """A stand-in for dciodvfy kills the process that called it, as a decoder might, at one file."""
    program = tmp_path / "dciodvfy"
    uid = clean[1].series[4].uid
    program.write_text(f'#!/bin/sh\ncase "$1" in *{uid}/3.dcm) kill -9 $PPID;; esac\n')
    program.chmod(0o755)
    report = check(*clean, dciodvfy=str(program))
    (crash,) = [one for one in report.findings if one.path]
    assert (crash.kind, crash.series) == (FindingKind.CRASH, uid)
    assert str(crash.path).endswith(f"{uid}/3.dcm")
    assert report.files == 80
