"""Every verb says the same on the command line and over HTTP."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import httpx
import pytest

from app.schema import idc_version
from app.verbs import EXTENSIONS, VERBS
from tests.conftest import ROOT

QUERY = "Modality=PT&collection_id=acrin_nsclc_fdg_pet"

Cli = Callable[..., subprocess.CompletedProcess[bytes]]
Get = Callable[[str], httpx.Response]

#: Verb and format → how its route ends.
FORMS = [(verb, form, ending) for verb, forms in EXTENSIONS.items() for form, ending in forms.items()]
PLAIN = [verb for verb in VERBS if verb not in EXTENSIONS and verb != "viewer"]


@pytest.mark.parametrize("verb", PLAIN)
def test_both_say_the_same(verb: str, cli: Cli, get: Get) -> None:
    done, answer = cli(verb, QUERY), get(f"/api/{verb}?{QUERY}")
    assert (done.returncode, answer.status_code) == (0, 200)
    assert done.stdout == answer.content != b""
    assert done.stderr == b""


@pytest.mark.parametrize(("verb", "form", "ending"), FORMS)
def test_both_write_the_same_files(verb: str, form: str, ending: str, cli: Cli, get: Get, tmp_path: Path) -> None:
    file = tmp_path / "out"
    assert cli(verb, QUERY, "--format", form, "--output", str(file)).returncode == 0
    answer = get(f"/api/{verb}.{ending}?{QUERY}")
    assert answer.content == file.read_bytes()
    name = re.fullmatch(r'attachment; filename="(.*)"', answer.headers["content-disposition"])
    assert name is not None
    assert re.fullmatch(rf"idc-v{idc_version()}_[a-z-]+_\d{{4}}-\d\d-\d\d\.{ending}", name[1])


def test_counts(get: Get, plain: duckdb.DuckDBPyConnection) -> None:
    wanted = plain.execute(
        "SELECT count(DISTINCT (collection_id, PatientID)) AS patients, count(DISTINCT StudyInstanceUID) AS studies,"
        " count(*) AS series, sum(instanceCount)::BIGINT AS instances,"
        " sum(round(series_size_MB * 1e6)::BIGINT)::BIGINT AS size_bytes FROM index"
        " WHERE Modality = 'PT' AND collection_id = 'acrin_nsclc_fdg_pet'"
    )
    names = [column[0] for column in wanted.description or []]
    row = wanted.fetchone()
    assert row is not None
    expected = {**dict(zip(names, row, strict=True)), "idc_version": idc_version()}
    assert get(f"/api/counts?{QUERY}").json() == expected


def test_facets_of_one_attribute(get: Get, plain: duckdb.DuckDBPyConnection) -> None:
    """Counts stand under all other conditions."""
    wanted = plain.execute(
        "SELECT Modality AS value, count(*) AS series, count(DISTINCT PatientID) AS patients FROM index"
        " WHERE collection_id = 'acrin_nsclc_fdg_pet' GROUP BY Modality ORDER BY series DESC, value"
    ).fetchall()
    found = get(f"/api/facets?attribute=Modality&{QUERY}").json()
    assert found == {"Modality": [{"value": v, "series": s, "patients": p} for v, s, p in wanted]}


def test_source_is_an_option(get: Get) -> None:
    line = get("/api/manifest.s5cmd?crdc_series_uuid=000009a8-6fb2-479f-bc17-d5bfe559703d&source=gcs").text.splitlines()
    assert "storage.googleapis.com" in line[3]
    assert re.fullmatch(r"cp s3://[a-z0-9-]+/000009a8-6fb2-479f-bc17-d5bfe559703d/\* \.", line[-1])


@pytest.mark.parametrize(
    ("verb", "query", "says"),
    [
        ("counts", "odality=MR", "There is no attribute “odality”; did you mean “Modality”?"),
        ("counts", "instanceCount__gte=many", "instanceCount__gte takes a number, not “many”."),
        ("manifest", "source=azure", "source is one of aws, gcs, not “azure”."),
        ("facets", "attribute=PatientID", "PatientID has too many values to be counted one by one."),
        ("viewer", "1.2.3", "Series 1.2.3 is not in this IDC release."),
    ],
)
def test_faults_are_one_sentence(verb: str, query: str, says: str, get: Get) -> None:
    answer = get(f"/api/{verb}?{query}")
    assert (answer.status_code, answer.text) == (400, f"{says}\n")


def test_command_line_exits_with_2_and_says_why(cli: Cli) -> None:
    done = cli("counts", "foo=1")
    assert (done.returncode, done.stdout, done.stderr.decode()) == (2, b"", "There is no attribute “foo”.\n")


def test_a_reader_that_leaves_early_is_no_error() -> None:
    command = "import sys; from app.cli import main; sys.exit(main(['series']))"
    with subprocess.Popen(
        [sys.executable, "-c", command], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0


def test_licenses(get: Get) -> None:
    found = get("/api/licenses?").json()
    assert json.loads(json.dumps(found)) == found
    assert {entry["license"]: entry["commercial_use"] for entry in found} == {
        "CC BY 4.0": "allowed",
        "CC BY 3.0": "allowed",
        "CC BY-NC 4.0": "not allowed",
        "CC BY-NC 3.0": "not allowed",
        "National Library of Medicine Terms and Conditions; May 21, 2019": "custom terms",
    }
    assert sum(entry["series"] for entry in found) == get("/api/counts").json()["series"]
