"""DICOMweb addresses, commands and scripts, run for real against Orthanc with made-up files of real series."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path

import pydicom
import pytest

from app.catalog.catalog import Catalog
from app.cohort.cohort import Cohort
from app.common.errors import UserError
from app.common.settings import IDC_PROXY, settings
from app.export import dicomweb
from app.export.tools import script
from app.interface.verbs import run
from app.selection.selection import Selection
from app.storage.buckets import Cloud
from tests.support import orthanc
from tests.support.dicom_files import dicom


@pytest.fixture(scope="module")
def wanted(plain_connection) -> dict[str, str]:
    """SeriesInstanceUID → StudyInstanceUID of small series of two studies."""
    rows = plain_connection.execute(
        "SELECT SeriesInstanceUID, StudyInstanceUID FROM index WHERE StudyInstanceUID IN"
        " (SELECT StudyInstanceUID FROM index GROUP BY ALL HAVING count(*) = 3 ORDER BY StudyInstanceUID LIMIT 2)"
    ).fetchall()
    assert len(rows) == 6
    return dict(rows)


@pytest.fixture(scope="module")
def stored(wanted: dict[str, str]) -> dict[str, dict[str, bytes]]:
    """SeriesInstanceUID → SOPInstanceUID → file, some of it compressed."""
    files: dict[str, dict[str, bytes]] = {}
    for number, (series, study) in enumerate(wanted.items()):
        identifiers = {"PatientID": "P", "StudyInstanceUID": study, "SeriesInstanceUID": series}
        made = [dicom(identifiers, z, compressed=number % 2 == 1) for z in range(number + 1)]
        files[series] = {str(pydicom.dcmread(io.BytesIO(file)).SOPInstanceUID): file for file in made}
    return files


@pytest.fixture(scope="module")
def root(stored) -> Iterator[str]:
    """A DICOMweb server that holds them, and that this process takes for IDC's."""
    with orthanc.running() as server, pytest.MonkeyPatch.context() as patch:
        server.store(file for files in stored.values() for file in files.values())
        patch.setenv("IDC_COHORT_DICOMWEB", f"{server.dicomweb}/")
        settings.cache_clear()
        yield server.dicomweb
        patch.undo()
        settings.cache_clear()


def parts(body: bytes) -> list[bytes]:
    """Files of a multipart answer, whose boundary its first line gives."""
    boundary = body.split(b"\r\n", 1)[0][2:]
    head = b'Content-Type: multipart/related; boundary="' + boundary + b'"\r\n\r\n'
    message = message_from_bytes(head + body)
    payloads = [part.get_payload(decode=True) for part in message.walk() if not part.is_multipart()]
    return [payload for payload in payloads if isinstance(payload, bytes)]


def same(file: bytes, other: bytes) -> bool:
    """Whether two files hold the same object, in the same transfer syntax."""
    one, two = (pydicom.dcmread(io.BytesIO(content)) for content in (file, other))
    return one == two and one.file_meta.TransferSyntaxUID == two.file_meta.TransferSyntaxUID


@pytest.mark.parametrize("whole_study", [False, True])
def test_the_curl_commands_give_what_is_stored(root, wanted, stored, whole_study: bool, tmp_path: Path) -> None:
    series = list(wanted)[4]
    chosen = [uid for uid in wanted if wanted[uid] == wanted[series]] if whole_study else [series]
    text = dicomweb.curl(wanted[series], None if whole_study else series)
    done = subprocess.run(["bash", "-euc", text], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    found = {name: json.loads((tmp_path / f"{name}.json").read_text()) for name in ("series", "instances", "metadata")}
    expected = {uid for one in chosen for uid in stored[one]}
    assert {entry["0020000E"]["Value"][0] for entry in found["series"]} == set(chosen)
    assert {entry["00080018"]["Value"][0] for entry in found["instances"]} == expected
    assert {entry["00080018"]["Value"][0] for entry in found["metadata"]} == expected
    assert all("00280010" in entry for entry in found["metadata"])
    files = parts((tmp_path / "files.multipart").read_bytes())
    by_uid = {str(pydicom.dcmread(io.BytesIO(file)).SOPInstanceUID): file for file in files}
    assert by_uid.keys() == expected
    assert all(same(by_uid[uid], stored[one][uid]) for one in chosen for uid in stored[one])


@pytest.mark.parametrize("whole_study", [False, True])
def test_the_python_code_gives_what_is_stored(root, wanted, stored, whole_study: bool, tmp_path: Path) -> None:
    series = list(wanted)[1]
    chosen = [uid for uid in wanted if wanted[uid] == wanted[series]] if whole_study else [series]
    text = dicomweb.python(wanted[series], None if whole_study else series)
    done = subprocess.run([sys.executable, "-c", text], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert [series in done.stdout for series in wanted] == [series in chosen for series in wanted]
    assert_same_files(tmp_path, {f"{uid}.dcm": file for one in chosen for uid, file in stored[one].items()})


def assert_same_files(folder: Path, expected: dict[str, bytes]) -> None:
    found = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.dcm")}
    assert found.keys() == expected.keys()
    assert all(same(found[name], file) for name, file in expected.items())


def test_the_script_fetches_a_cohort(catalog: Catalog, root, wanted, stored, tmp_path: Path) -> None:
    chosen = list(wanted)[1:5]
    selection = Selection(catalog, Cohort().with_values("SeriesInstanceUID", "eq", chosen))
    text = b"".join(script("dicomweb", selection, Cloud.GCS)).decode()
    assert f"# IDC v25: {len(chosen)} series, " in text
    assert ", read from DICOMweb.\n" in text
    (tmp_path / "fetch.sh").write_text(text)
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "fetch.sh"], cwd=tmp_path, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    assert_same_files(tmp_path, {f"{one}/{uid}.dcm": file for one in chosen for uid, file in stored[one].items()})


def test_the_script_fails_when_a_series_is_not_there(catalog: Catalog, root, tmp_path: Path) -> None:
    selection = Selection(catalog, Cohort.from_query("PatientID=LUNG1-215&Modality=CT"))
    text = b"".join(script("dicomweb", selection, Cloud.AWS)).decode()
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", text], cwd=tmp_path, capture_output=True, env=environment)
    assert done.returncode != 0


def test_the_addresses_of_a_cohort_answer(catalog: Catalog, root, wanted, stored, plain) -> None:
    query = Cohort().with_values("StudyInstanceUID", "eq", set(wanted.values())).to_query()
    rows = list(csv.DictReader(io.StringIO(b"".join(run("dicomweb", query, {}).chunks).decode())))
    assert {row["SeriesInstanceUID"]: row["StudyInstanceUID"] for row in rows} == wanted
    for row in rows:
        series = row["SeriesInstanceUID"]
        assert dicomweb.addresses(row["StudyInstanceUID"], series) == {
            "series": f"{root}/studies/{row['StudyInstanceUID']}/series?SeriesInstanceUID={series}",
            **{name: row[name] for name in ("instances", "metadata", "files")},
        }
        with urllib.request.urlopen(row["instances"]) as answer:
            assert {entry["00080018"]["Value"][0] for entry in json.load(answer)} == stored[series].keys()
        with urllib.request.urlopen(row["files"]) as answer:
            assert len(parts(answer.read())) == len(stored[series])


def test_what_is_said_of_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("IDC_COHORT_DICOMWEB", raising=False)
    settings.cache_clear()
    assert settings().dicomweb == IDC_PROXY
    for fact in ("no login", "GET alone", "137 GB a day", "Google account", "/dicomStores/idc-store-v25/dicomWeb"):
        assert fact in dicomweb.limits()
    monkeypatch.setenv("IDC_COHORT_DICOMWEB", "http://pacs.lab:8042/dicom-web/")
    settings.cache_clear()
    assert "http://pacs.lab:8042/dicom-web, which its operator chose" in dicomweb.limits()
    assert "137" not in dicomweb.limits()
    monkeypatch.undo()
    settings.cache_clear()


@pytest.mark.parametrize("uid", ["", "1.2;rm", "1.2/../x", "$(x)", "1." * 40, "1.2\n"])
def test_only_a_uid_enters_a_command(uid: str) -> None:
    for make in (dicomweb.curl, dicomweb.python, dicomweb.addresses):
        with pytest.raises(UserError, match="UID"):
            make(uid)
        with pytest.raises(UserError, match="UID"):
            make("1.2", uid)
