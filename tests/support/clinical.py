"""Small clinical tables for real patients, as IDC's public bucket offers them, and what is true of them.

They hold what real ones hold: codes with labels, numbers with gaps and numbers kept as text, empty texts, several rows
of a patient, patients without images and images without a row, a table of two collections with a PatientID that stands
in both; and names and values that mean something to SQL, HTML, Markdown and charts.
"""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pandas as pd
import pyarrow as pa
from moto.server import ThreadedMotoServer
from pyarrow import parquet

from app.clinical.fetching import BUCKET, prefix
from app.cohort import schema

#: Collections that share 58 PatientIDs.
SEG, MC_RC = "vestibular_schwannoma_seg", "vestibular_schwannoma_mc_rc"

#: One row per patient of SEG.
PERSONS = "vs_persons"
#: Several rows per patient of both.
VISITS = "vs_visits"

HOSTILE_COLUMN = 'it\'s "grade"; DROP TABLE index --'
HOSTILE_VALUES = (
    "' OR 1=1 --",
    "![](http://127.0.0.1:9/x.png)",
    "<img src=x onerror=alert(1)>",
    'a,"b"',
    "50 %_",
    # Templates and callbacks of charts.
    "{a|b} {c} $& function ()",
    "--x_x--alert(1)--x_x--",
)
GENDERS = {"1": "Male", "2": "Female", "9": "Not known"}

#: Route → arguments of the command line that must answer alike.
PAIRS = {
    f"/api/clinical?collection_id={SEG}&table={PERSONS}": ["clinical", SEG, PERSONS],
    **{
        f"/api/clinical.{form}?collection_id={SEG}&table={VISITS}": ["clinical", SEG, VISITS, f"--format={form}"]
        for form in ("csv", "json", "parquet")
    },
}

_TEXT, _WHOLE, _REAL = pa.string(), pa.int64(), pa.float64()
_VALUES = pa.list_(pa.struct([("option_code", _TEXT), ("option_description", _TEXT)]))


@cache
def patients() -> dict[str, list[str]]:
    """Collection → PatientIDs in IDC."""
    index = parquet.read_table(
        schema.tables()["index"].parquet,
        columns=["collection_id", "PatientID"],
        filters=[("collection_id", "in", [SEG, MC_RC])],
    ).to_pandas()
    return {name: sorted(group["PatientID"].unique()) for name, group in index.groupby("collection_id")}


@cache
def table(name: str) -> pa.Table:
    """A clinical table."""
    return _persons() if name == PERSONS else _visits()


def _persons() -> pa.Table:
    dice = random.Random(1)
    rows = [
        {
            "dicom_patient_id": patient,
            "source_batch": 0,
            "gender": dice.choice(("1", "2", "2", "9", None, "")),
            "age": dice.choice((None, *range(18, 90))),
            "koos": dice.choice((1.0, 2.0, 3.0, None)),
            HOSTILE_COLUMN: dice.choice((*HOSTILE_VALUES, None)),
            "PatientID": "not the join",
        }
        for patient in [*patients()[SEG][:-20], "GHOST-1", "GHOST-2"]
    ]
    kinds = [_TEXT, _WHOLE, _TEXT, _WHOLE, _REAL, _TEXT, _TEXT]
    return pa.Table.from_pylist(rows, pa.schema(list(zip(rows[0], kinds, strict=True))))


def _visits() -> pa.Table:
    dice = random.Random(2)
    everybody = sorted({*patients()[SEG][::2], *patients()[MC_RC]})
    rows = [
        {
            "dicom_patient_id": patient,
            "visit": dice.choice(("baseline", "follow-up")),
            "volume": dice.choice(("", None, "nan", *(f"{number / 4}" for number in range(1, 80)))),
        }
        for patient in everybody
        for _ in range(dice.randint(1, 3))
    ]
    return pa.Table.from_pylist(rows, pa.schema([("dicom_patient_id", _TEXT), ("visit", _TEXT), ("volume", _TEXT)]))


@cache
def rows(name: str) -> list[dict[str, Any]]:
    """Rows of a table, as Python sees them."""
    return table(name).to_pylist()


def files(name: str) -> dict[str, bytes]:
    """Parquet files of a table, by name: two, the second with its columns in another order."""
    whole = table(name)
    first, rest = whole.slice(0, 50), whole.slice(50)
    parts = {"000000000000.parquet": first, "000000000001.parquet": rest.select(whole.column_names[::-1])}
    return {part: parquet_bytes(content) for part, content in parts.items()}


def dictionary() -> bytes:
    """clinical_index as a parquet file."""
    labels = [{"option_code": code, "option_description": text} for code, text in GENDERS.items()]
    found = [
        {
            "collection_id": collection,
            "table_name": f"bigquery-public-data.idc_v{schema.idc_version()}_clinical.{name}",
            "short_table_name": name,
            "column": column,
            "column_label": "Patient's gender" if column == "gender" else None,
            "values": labels if column == "gender" else [],
        }
        for collection, name in ((SEG, PERSONS), (SEG, VISITS), (MC_RC, VISITS))
        for column in table(name).column_names
    ]
    texts = ("collection_id", "table_name", "short_table_name", "column", "column_label")
    shape = pa.schema([*((name, _TEXT) for name in texts), ("values", _VALUES)])
    return parquet_bytes(pa.Table.from_pylist(found, shape))


def write_dictionary(home: Path) -> None:
    """Put clinical_index into a data folder."""
    folder = home / "tables" / schema.data_version()
    folder.mkdir(parents=True)
    (folder / "clinical_index.parquet").write_bytes(dictionary())


@contextmanager
def bucket(others: dict[str, bytes] | None = None) -> Iterator[str]:
    """Address of a real S3 with the public bucket, readable for everybody; `others` are further objects."""
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    client = boto3.Session("test", "test").client("s3", endpoint_url=f"http://{host}:{port}", region_name="us-east-1")
    client.create_bucket(Bucket=BUCKET, ACL="public-read")
    objects = {prefix(name) + part: content for name in (PERSONS, VISITS) for part, content in files(name).items()}
    for key, content in {**objects, **(others or {})}.items():
        client.put_object(Bucket=BUCKET, Key=key, Body=content, ACL="public-read")
    client.close()
    yield f"http://{host}:{port}"
    server.stop()


def frame(name: str) -> pd.DataFrame:
    """The table as idc-index's get_clinical_table gives it: whole numbers with gaps become floats."""
    return table(name).to_pandas()


def meeting(name: str, column: str, meets: Callable[[Any], bool]) -> set[str]:
    """Patients with a row whose value meets a condition."""
    return {row["dicom_patient_id"] for row in rows(name) if row[column] not in (None, "") and meets(row[column])}


def parquet_bytes(content: pa.Table) -> bytes:
    sink = io.BytesIO()
    parquet.write_table(content, sink)
    return sink.getvalue()
