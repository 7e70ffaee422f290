"""``python -m app download`` on real rows of the index, whose files lie in a real S3 (moto) on this machine."""

from __future__ import annotations

import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import boto3
import pydicom
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from moto.server import ThreadedMotoServer
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage, generate_uid

from app.cohort.cohort import Cohort
from app.downloads.paths import Template
from app.downloads.plan import series_of
from app.selection.selection import Selection
from app.storage.buckets import GCS_BUCKETS, Cloud
from tests.support.downloads import expected, objects_of, on_disk
from tests.support.paths import ROOT
from tests.support.s3_server import S3Server

#: Length of the element that fills a file up to its size: tag, VR and a length of four bytes.
_PADDING_HEADER = 12


def dicom(row: dict, size: int) -> bytes:
    """A DICOM file with the identifiers of a row of the index, of exactly `size` bytes."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid()
    dataset = Dataset()
    dataset.file_meta = meta
    dataset.SOPClassUID = meta.MediaStorageSOPClassUID
    dataset.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    for name in ("PatientID", "StudyInstanceUID", "SeriesInstanceUID", "Modality"):
        setattr(dataset, name, row[name])
    bare = io.BytesIO()
    dataset.save_as(bare, enforce_file_format=True)
    dataset.add_new("DataSetTrailingPadding", "OB", bytes(size - bare.tell() - _PADDING_HEADER))
    whole = io.BytesIO()
    dataset.save_as(whole, enforce_file_format=True)
    return whole.getvalue()


@pytest.fixture(scope="module")
def rows(plain_connection) -> list[dict]:
    """Two small series of several files in each of the three buckets."""
    found = []
    for bucket in GCS_BUCKETS:
        table = plain_connection.cursor().execute(
            "SELECT *, round(series_size_MB * 1e6)::BIGINT AS bytes FROM index WHERE instanceCount BETWEEN 2 AND 6"
            f" AND aws_bucket = '{bucket}' ORDER BY series_size_MB, SeriesInstanceUID LIMIT 2"
        )
        names = [column[0] for column in table.description]
        found += [dict(zip(names, row, strict=True)) for row in table.fetchall()]
    assert {row["aws_bucket"] for row in found} == set(GCS_BUCKETS)
    return found


@pytest.fixture(scope="module")
def address(rows: list[dict]) -> Iterator[str]:
    """S3 with the rows' files, in Amazon's buckets and in Google's, readable for everybody."""
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    client = boto3.Session("test", "test").client("s3", endpoint_url=url, region_name="us-east-1")
    for bucket in {*GCS_BUCKETS, *GCS_BUCKETS.values()}:
        client.create_bucket(Bucket=bucket, ACL="public-read")
    for row in rows:
        each, rest = divmod(row["bytes"] // 2, row["instanceCount"])
        for number in range(row["instanceCount"]):
            content = dicom(row, 2 * (each + (rest if number == 0 else 0)))
            name = uuid.uuid5(uuid.UUID(row["crdc_series_uuid"]), str(number))
            key = f"{row['crdc_series_uuid']}/{name}.dcm"
            for bucket in {row["aws_bucket"], GCS_BUCKETS[row["aws_bucket"]]}:
                client.put_object(Bucket=bucket, Key=key, Body=content, ACL="public-read")
    client.close()
    yield url
    server.stop()


@pytest.fixture(scope="module")
def query(rows: list[dict]) -> str:
    return "&".join(f"SeriesInstanceUID={row['SeriesInstanceUID']}" for row in rows)


def download(address: str, *arguments: str | Path) -> tuple[int, dict, str]:
    """Exit code, report and what stands on stderr."""
    done = subprocess.run(
        [sys.executable, "-m", "app", "download", *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | {"IDC_COHORT_S3_ENDPOINT": address},
        capture_output=True,
        text=True,
    )
    return done.returncode, json.loads(done.stdout or "{}"), done.stderr


@pytest.mark.parametrize("source", ["aws", "gcs"])
def test_a_cohort_over_three_buckets_comes_complete(
    address: str, query: str, rows: list[dict], source: str, tmp_path: Path
) -> None:
    status, report, told = download(address, query, tmp_path, "--source", source)
    assert status == 0, told
    files, size = sum(row["instanceCount"] for row in rows), sum(row["bytes"] for row in rows)
    assert report["complete"] is True
    assert report["series"] == {"wanted": 6, "complete": 6, "failed": 0}
    assert report["files"] == {"wanted": files, "already_there": 0, "fetched": files}
    assert report["bytes"] == {"wanted": size, "already_there": 0, "fetched": size}
    for row in rows:
        folder = tmp_path / row["collection_id"] / row["PatientID"] / row["StudyInstanceUID"]
        paths = list((folder / f"{row['Modality']}_{row['SeriesInstanceUID']}").iterdir())
        headers = [pydicom.dcmread(path, stop_before_pixels=True) for path in paths]
        assert len({header.SOPInstanceUID for header in headers}) == row["instanceCount"]
        assert {header.SeriesInstanceUID for header in headers} == {row["SeriesInstanceUID"]}
        assert {header.PatientID for header in headers} == {row["PatientID"]}
        assert sum(path.stat().st_size for path in paths) == row["bytes"]
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == files


def test_the_same_files_as_another_client_sees(address: str, query: str, rows: list[dict], tmp_path: Path) -> None:
    """boto3 lists and reads the same objects; a flat template puts them all into one folder."""
    status, _, told = download(address, query, tmp_path, "--template", "", "--parallel", "2")
    assert status == 0, told
    client = boto3.client(
        "s3", endpoint_url=address, region_name="us-east-1", config=Config(signature_version=UNSIGNED)
    )
    expected = {}
    for row in rows:
        listed = client.list_objects_v2(Bucket=row["aws_bucket"], Prefix=row["crdc_series_uuid"])["Contents"]
        for one in listed:
            body = client.get_object(Bucket=row["aws_bucket"], Key=one["Key"])["Body"].read()
            expected[one["Key"].split("/")[1]] = hashlib.sha256(body).hexdigest()
    client.close()
    assert {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in tmp_path.iterdir()} == expected


def test_resume_and_dry_run(address: str, query: str, rows: list[dict], tmp_path: Path) -> None:
    status, report, _ = download(address, query, tmp_path, "--dry-run")
    assert status == 0
    assert report["files"]["to_fetch"] == report["files"]["wanted"]
    assert list(tmp_path.iterdir()) == []
    assert download(address, query, tmp_path)[0] == 0
    lost, *_ = sorted(tmp_path.rglob("*.dcm"))
    size = lost.stat().st_size
    lost.unlink()
    _, report, _ = download(address, query, tmp_path, "--dry-run")
    assert (report["files"]["to_fetch"], report["bytes"]["to_fetch"]) == (1, size)
    status, report, _ = download(address, query, tmp_path)
    assert status == 0
    assert (report["files"]["fetched"], report["bytes"]["fetched"]) == (1, size)


def test_a_series_that_is_not_there_is_named(address: str, query: str, rows: list[dict], tmp_path: Path) -> None:
    missing = "1.3.6.1.4.1.14519.5.2.1.7009.2403.101410975194983883575090395887"
    assert missing not in query
    status, report, told = download(address, f"{query}&SeriesInstanceUID={missing}", tmp_path)
    assert status == 1
    assert report["series"] == {"wanted": 7, "complete": 6, "failed": 1}
    (fault,) = report["errors"]
    assert (fault["SeriesInstanceUID"], fault["error"]) == (missing, "not_found")
    assert "1 series: the source does not have it (404)." in told


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["Modlity=CT", "x"], "There is no attribute “Modlity”; did you mean “Modality”?"),
        (["PatientID=LUNG1-215&Modality=SM", "x"], "There is nothing to download; widen the cohort."),
        (["PatientID=LUNG1-215", "x", "--template", "../x"], "The template is a relative path"),
        (["PatientID=LUNG1-215", "x", "--parallel", "0"], "Requests at once are 1 to 256, not 0."),
        (["PatientID=LUNG1-215", "x", "--limit", "-1"], "The bandwidth limit is a number"),
        (["PatientID=LUNG1-215", "README.md/x"], "README.md/x: Not a directory."),
    ],
)
def test_faulty_requests_get_one_sentence(arguments: list[str], message: str, cli) -> None:
    done = cli("download", *arguments)
    assert (done.returncode, done.stdout) == (2, b"")
    assert message in done.stderr.decode()
    assert done.stderr.count(b"\n") == 1


def test_ctrl_c_leaves_whole_files_and_says_so(catalog, tmp_path: Path) -> None:
    query = "collection_id=qiba_ct_1c&Modality=PR"
    wanted = list(series_of(Selection(catalog, Cohort.from_query(query)), Cloud.AWS, Template()))
    objects = objects_of(wanted)
    with S3Server({"idc-open-data": objects}, latency=0.05).running() as server:
        process = subprocess.Popen(
            [sys.executable, "-m", "app", "download", query, str(tmp_path), "--parallel", "4"],
            cwd=ROOT,
            env=os.environ | {"IDC_COHORT_S3_ENDPOINT": server.url},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # Tests that a shell has started in the background would hand on its disregard of the signal.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        assert server.wait_for(20)
        process.send_signal(signal.SIGINT)
        told, complaints = process.communicate(timeout=60)
    assert process.returncode == 1
    report = json.loads(told)
    assert (report["complete"], report["stopped"]) == (False, "interrupted")
    assert b"Traceback" not in complaints
    assert report["files"]["fetched"] == len(on_disk(tmp_path)) >= 16
    assert on_disk(tmp_path).items() <= expected(wanted, objects).items()
