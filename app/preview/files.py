"""The files of one series, listed and read by ranges: in a public bucket, or in a folder of this machine."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

import obstore
from obstore.store import LocalStore, S3Store

from app.catalog import open_catalog
from app.cohort import Cohort
from app.common.numbers import exact, size
from app.downloads.paths import DEFAULT_TEMPLATE, Template
from app.downloads.plan import series_of
from app.preview.errors import PreviewError
from app.selection import Selection
from app.storage.buckets import Cloud
from app.storage.errors import NETWORK, classify
from app.storage.limits import Limits
from app.storage.store import endpoint, open_store

A = TypeVar("A")
B = TypeVar("B")

#: Files of a series that are looked at; the rest is left out, and said to be.
MAX_FILES = 2_000
#: Bytes of a file that are held at once.
MAX_BYTES = 96_000_000
#: Requests to the source at once, over all visitors.
PARALLEL = 32

_LIMITS = Limits(parallel=PARALLEL, patience=5)
#: Seconds for which a source that can't be reached is not tried again.
_REST = 15.0

_UID = re.compile(r"(?=.{1,64}\Z)[0-9]+(\.[0-9]+)*")

_fetchers = ThreadPoolExecutor(PARALLEL, "preview-fetch")


@dataclass(frozen=True, slots=True)
class Files:
    """Where the files of a series lie.

    Parameters
    ----------
    uid
        SeriesInstanceUID.
    where
        Name of that place.
    store
        Bucket or folder.
    sizes
        Path in the store → bytes, at most `MAX_FILES`.
    total
        Number of files that there are.
    """

    uid: str
    where: str
    store: S3Store | LocalStore
    sizes: dict[str, int]
    total: int

    def read(self, path: str, start: int = 0, stop: int | None = None) -> bytes:
        """Bytes `start` to `stop` (the end) of a file.

        Raises
        ------
        PreviewError
            If that is too much, or can't be read.
        """
        stop = self.sizes[path] if stop is None else min(stop, self.sizes[path])
        if stop <= start:
            return b""
        if stop - start > MAX_BYTES:
            raise PreviewError(
                f"{size(stop - start)} would have to be read for this picture, more than the preview's"
                f" {size(MAX_BYTES)}: open the series in a viewer."
            )
        return self.read_many(path, [start], [stop])[0]

    def read_many(self, path: str, starts: Sequence[int], stops: Sequence[int]) -> list[bytes]:
        """Several ranges of a file, near ones in one request."""
        if not starts:
            return []
        try:
            return [bytes(part) for part in obstore.get_ranges(self.store, path, starts=starts, ends=stops)]
        except Exception as error:  # obstore's classes, told apart by their text
            raise unreadable(error, self.where) from None

    def read_starts(self, length: int) -> dict[str, bytes]:
        """The first `length` bytes of every file, many at once."""
        starts = at_once(lambda path: self.read(path, 0, length), self.sizes)
        return dict(zip(self.sizes, starts, strict=True))


def at_once(read: Callable[[A], B], wanted: Iterable[A]) -> Iterator[B]:
    """What `read` gives for each, in order, with as many under way as may be; it must not call this itself."""
    return _fetchers.map(read, wanted)


def valid_uid(text: str) -> str:
    """`text`, if it is a DICOM UID.

    Raises
    ------
    PreviewError
        If it is none.
    """
    if not _UID.fullmatch(text):
        raise PreviewError("This is not a SeriesInstanceUID.", 400)
    return text


def of_bucket(uid: str, source: Cloud = Cloud.AWS) -> Files:
    """Files of a series of this release in its public bucket.

    Raises
    ------
    PreviewError
        If there is no such series, or it can't be listed.
    """
    cohort = Cohort().with_values("SeriesInstanceUID", "eq", [valid_uid(uid)])
    found = list(series_of(Selection(open_catalog(), cohort), source, Template(DEFAULT_TEMPLATE)))
    if not found:
        raise PreviewError(f"Series {uid} is not in this IDC release.", 404)
    address, bucket, prefix = endpoint(source), found[0].bucket, f"{found[0].crdc_uuid}/"
    where = f"{address}/{bucket}"
    _require_reachable(where)
    return _listed(uid, where, _bucket(address, bucket), prefix, found[0].instances)


def of_folder(uid: str, folder: Path) -> Files:
    """Files of a folder and those below it, among which the series is looked for.

    Raises
    ------
    PreviewError
        If there is no such folder, or the series is not in it.
    """
    if not folder.is_dir():
        raise PreviewError(f"There is no folder {folder}.")
    return _listed(valid_uid(uid), str(folder.resolve()), LocalStore(folder), "", 0)


def unreadable(error: Exception, where: str) -> PreviewError:
    """What a user reads about an error of a source; if that can't be reached, it is then left alone for a while."""
    if isinstance(error, PreviewError):
        return error
    kind, _ = classify(error)
    said = PreviewError(f"The images can't be read: {kind}.", 502)
    if kind in NETWORK:
        with _lock:
            _resting[where] = (time.monotonic() + _REST, str(said))
    return said


_lock = threading.Lock()
#: Place → until when it is not tried, and what is said meanwhile.
_resting: dict[str, tuple[float, str]] = {}


def _require_reachable(where: str) -> None:
    with _lock:
        until, sentence = _resting.get(where, (0.0, ""))
    if time.monotonic() < until:
        raise PreviewError(sentence, 502)


@cache
def _bucket(address: str, bucket: str) -> S3Store:
    return open_store(address, bucket, _LIMITS)


def _listed(uid: str, where: str, store: S3Store | LocalStore, prefix: str, expected: int) -> Files:
    sizes: dict[str, int] = {}
    total = 0
    try:
        for page in obstore.list(store, prefix or None):
            for meta in page:
                total += 1
                if len(sizes) < MAX_FILES:
                    sizes[meta["path"]] = meta["size"]
            if total > MAX_FILES and expected:
                break
    except Exception as error:  # obstore's classes, told apart by their text
        raise unreadable(error, where) from None
    if not sizes:
        raise PreviewError("There are no files where this series should lie.", 404)
    return Files(uid, where, store, sizes, max(total, expected) if total > MAX_FILES else total)


def partly(files: Files) -> str:
    """A sentence if only some of the files were looked at, or nothing."""
    if files.total <= len(files.sizes):
        return ""
    return (
        f"Only {exact(len(files.sizes))} of the {exact(files.total)} files of this series are looked at: slices are"
        " missing here. Open it in a viewer to see all."
    )
