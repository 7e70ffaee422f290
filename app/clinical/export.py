"""A clinical table joined with the images: one row per patient of the collection that has images in IDC.

A row holds what IDC has of the patient, how many rows the table has of it (`table_rows`, 0 for none), and the table's
columns; beside a column with labels stands ``<column>_label`` with the decoded value. Where the table has several rows
of some patient, each of its columns holds a list, all in the same order of rows: a list in Parquet and JSON, a JSON
list in CSV.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from app.catalog import Catalog
from app.clinical.columns import ClinicalColumn
from app.clinical.sql import PATIENT, as_value
from app.clinical.table import ClinicalTable, open_table
from app.clinical.values import usable_columns
from app.cohort import schema
from app.cohort.sql import quote_name, quote_text
from app.common.formats import Format, by_name

if TYPE_CHECKING:
    import pyarrow as pa

_BATCH = 2_000

_IMAGED = ("collection_id", "PatientID", "studies", "series", "modalities", "size_MB")


def joined_csv(catalog: Catalog, collection_id: str, name: str) -> Iterator[bytes]:
    """As RFC 4180 CSV with a header line; missing values are empty.

    Raises
    ------
    MissingClinicalError
        If the table is not there.
    QueryError
        If the collection has no such table.
    """
    from pyarrow import csv

    columns, reader = _joined(catalog, collection_id, name, lists_as_text=True)
    header = io.StringIO()
    header.write(",".join('"' + column.replace('"', '""') + '"' for column in columns))
    yield f"{header.getvalue()}\r\n".encode()
    for batch in reader:
        piece = io.BytesIO()
        csv.write_csv(batch, piece, csv.WriteOptions(include_header=False, eol="\r\n"))
        yield piece.getvalue()


def joined_json(catalog: Catalog, collection_id: str, name: str) -> Iterator[bytes]:
    """As one JSON array of objects; missing values are null.

    Raises
    ------
    MissingClinicalError
        If the table is not there.
    QueryError
        If the collection has no such table.
    """
    _, reader = _joined(catalog, collection_id, name)
    yield b"["
    separator = "\n"
    for batch in reader:
        for row in batch.to_pylist():
            yield f"{separator}{json.dumps(row, ensure_ascii=False, default=str)}".encode()
            separator = ",\n"
    yield b"\n]\n"


def joined_parquet(catalog: Catalog, collection_id: str, name: str) -> Iterator[bytes]:
    """As Parquet (zstd); the release and the table stand in its metadata.

    Raises
    ------
    MissingClinicalError
        If the table is not there.
    QueryError
        If the collection has no such table.
    """
    import pyarrow as pa
    from pyarrow import parquet

    _, reader = _joined(catalog, collection_id, name)
    sink = io.BytesIO()
    told = {"idc_version": str(schema.idc_version()), "collection_id": collection_id, "clinical_table": name}
    shape = reader.schema.with_metadata(told)
    with parquet.ParquetWriter(sink, shape, compression="zstd") as writer:
        for batch in reader:
            writer.write_table(pa.Table.from_batches([batch]).cast(shape))
    yield sink.getvalue()


#: **The table of formats of a clinical table joined with the images.**
JOINED = by_name(
    Format("csv", "CSV", "text/csv; charset=utf-8", joined_csv, "csv"),
    Format("json", "JSON", "application/json", joined_json, "json"),
    Format("parquet", "Parquet", "application/vnd.apache.parquet", joined_parquet, "parquet"),
)


def _joined(
    catalog: Catalog, collection_id: str, name: str, *, lists_as_text: bool = False
) -> tuple[list[str], pa.RecordBatchReader]:
    """Names of the columns, and the rows some at a time."""
    table = open_table(name)
    columns = usable_columns(catalog, collection_id, name)
    cursor = table.cursor()
    cursor.register("imaged", _imaged(catalog, collection_id))
    cells = _cells(table, columns, lists_as_text=lists_as_text)
    listed = ", ".join(f"{sql} AS {quote_name(key)}" for key, sql in cells.items())
    cursor.execute(
        f"SELECT imaged.*, coalesce(of_patient.table_rows, 0) AS table_rows, of_patient.* EXCLUDE (patient, table_rows)"
        f" FROM imaged LEFT JOIN (SELECT {PATIENT} AS patient, count(*) AS table_rows, {listed}"
        f" FROM {quote_name(name)} WHERE {PATIENT} IS NOT NULL GROUP BY {PATIENT}) AS of_patient"
        " ON imaged.PatientID = of_patient.patient ORDER BY imaged.PatientID"
    )
    return [*_IMAGED, "table_rows", *cells], cursor.to_arrow_reader(_BATCH)


def _cells(table: ClinicalTable, columns: Mapping[str, ClinicalColumn], *, lists_as_text: bool) -> dict[str, str]:
    """Name → SQL of the table's columns, one value or one list per patient."""
    several = table.has_several_rows()

    def cell(value: str) -> str:
        if not several:
            return f"any_value({value})"
        return f"to_json(list({value} ORDER BY rowid))::VARCHAR" if lists_as_text else f"list({value} ORDER BY rowid)"

    taken = {name.lower() for name in (*_IMAGED, "patient", "table_rows")}
    found: dict[str, str] = {}

    def add(name: str, sql: str) -> None:
        unique = name
        while unique.lower() in taken:
            unique = f"{unique}_{table.name}"
        taken.add(unique.lower())
        found[unique] = sql

    for column in columns.values():
        add(column.name, cell(quote_name(column.name)))
        if column.labels:
            cases = " ".join(f"WHEN {quote_text(code)} THEN {quote_text(text)}" for code, text in column.labels.items())
            add(f"{column.name}_label", cell(f"CASE {as_value(column.name)} {cases} END"))
    return found


def _imaged(catalog: Catalog, collection_id: str) -> pa.Table:
    """What IDC has of each patient of the collection."""
    return (
        catalog.cursor()
        .execute(
            "SELECT collection_id, PatientID, count(DISTINCT StudyInstanceUID) AS studies, count(*) AS series,"
            " string_agg(DISTINCT Modality, ',' ORDER BY Modality) AS modalities,"
            " round(sum(series_size_MB), 6) AS size_MB"
            f" FROM series WHERE collection_id = {quote_text(collection_id)} GROUP BY ALL"
        )
        .to_arrow_table()
    )
