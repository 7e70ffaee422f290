"""What a download wants: the series of a selection with their place at the source and on the disk."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from app.common.errors import UserError
from app.common.numbers import size
from app.storage.buckets import GCS_BUCKETS, Cloud
from app.storage.store import WantedSeries

if TYPE_CHECKING:
    from app.catalog.arrays import RowNumbers
    from app.downloads.paths import Template
    from app.selection import Selection

_BATCH = 5_000
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}")
_UUID = re.compile(r"[0-9a-f-]{36}")

#: Room to leave on the disk: this share of what is still to come, and so many bytes.
_MARGIN_SHARE = 0.02
_MARGIN_BYTES = 50_000_000


def series_of(selection: Selection, source: Cloud, template: Template) -> Iterator[WantedSeries]:
    """Wanted series in the catalog's order, read a few thousand at a time.

    Raises
    ------
    UserError
        If the index names a place that is not safe.
    """
    for start in range(0, len(selection.rows), _BATCH):
        yield from _read(selection, selection.rows[start : start + _BATCH], source, template)


def preview(selection: Selection, template: Template, count: int = 3) -> list[str]:
    """Folders of the first, the last and other rows between, at most `count`.

    Raises
    ------
    UserError
        If the index names a place that is not safe.
    """
    total = len(selection.rows)
    places = sorted({round(step * (total - 1) / max(count - 1, 1)) for step in range(count)}) if total else []
    return [series.folder for series in _read(selection, selection.rows[places], Cloud.AWS, template)]


def _read(selection: Selection, rows: RowNumbers, source: Cloud, template: Template) -> Iterator[WantedSeries]:
    columns = template.columns
    fields = ", ".join(f"{name}::VARCHAR" for name in columns)
    cursor = selection.catalog.cursor()
    cursor.register("chosen", {"series_row": rows.astype("int32")})
    fetched = cursor.execute(
        "SELECT SeriesInstanceUID, aws_bucket, crdc_series_uuid, instanceCount,"
        f" round(series_size_MB * 1e6)::BIGINT{', ' if fields else ''}{fields}"
        " FROM series SEMI JOIN chosen USING (series_row) ORDER BY series_row"
    ).fetchall()
    for uid, aws_bucket, crdc_uuid, instances, size_bytes, *values in fetched:
        bucket = aws_bucket if source is Cloud.AWS else GCS_BUCKETS[aws_bucket]
        if not (_BUCKET.fullmatch(bucket) and _UUID.fullmatch(crdc_uuid)):
            raise UserError(f"The index names no safe place for series {uid}.")
        folder = template.folder(dict(zip(columns, values, strict=True)))
        yield WantedSeries(uid, bucket, crdc_uuid, folder, instances, size_bytes)


def require_space(root: Path, wanted: Iterable[WantedSeries]) -> None:
    """Compare what is still to come with the free space of `root`'s disk.

    Raises
    ------
    UserError
        If it does not fit, with a margin.
    """
    by_folder: dict[str, int] = {}
    for series in wanted:
        by_folder[series.folder] = by_folder.get(series.folder, 0) + series.size_bytes
    missing = sum(max(0, size_bytes - _present(root / folder)) for folder, size_bytes in by_folder.items())
    free = free_space(root)
    needed = missing + round(missing * _MARGIN_SHARE) + _MARGIN_BYTES
    if missing and needed > free:
        raise UserError(
            f"{size(missing)} are still to come, and {root} has {size(free)} free; make room or choose another folder."
        )


def free_space(folder: Path) -> int:
    """Free bytes of the disk that `folder` is on, or will be."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder).free


def _present(folder: Path) -> int:
    """Bytes of the finished files of a folder."""
    try:
        with os.scandir(folder) as entries:
            return sum(entry.stat().st_size for entry in entries if entry.name.endswith(".dcm") and entry.is_file())
    except OSError:
        return 0
