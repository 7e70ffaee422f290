"""A cohort's images as one ZIP that is made while it is sent.

Little is kept: a piece is fetched from the source when the piece before has been taken, and only small files are
fetched ahead, a few megabytes in all. Files are stored as they are, so that the size of the whole is known before its
first byte.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import obstore
from obstore.store import S3Store
from zipstream import ZipStream

from app.common.errors import UserError
from app.common.numbers import size
from app.common.settings import settings
from app.downloads.paths import DEFAULT_TEMPLATE, Template
from app.downloads.plan import series_of
from app.export.cohort_citations import citation_text
from app.export.file_names import file_name
from app.export.licensing import licenses
from app.export.writers import manifest_s5cmd
from app.selection import Selection, Totals
from app.storage.buckets import Cloud
from app.storage.errors import ErrorKind, StorageError, classify
from app.storage.limits import DEFAULT_LIMITS, Limits
from app.storage.store import WantedSeries, endpoint, list_files, open_store

#: A ZIP ends with a list of its files, which is held in memory: about 1 kB each.
MAX_FILES = 50_000

_CHUNK = 1 << 18
_LISTINGS_AT_ONCE = 32

#: Files fetched ahead of the one that is being sent, bytes of one that may be, and of all; one ZIP never holds more.
_AHEAD, _SMALL, _AHEAD_BYTES = 16, 2_000_000, 8_000_000


def refusal(totals: Totals) -> str | None:
    """One sentence why a cohort of this size is no ZIP, and what to use instead; None if it may be one."""
    limit = settings().zip_limit_bytes
    if not limit:
        return "This server makes no ZIP files: run a manifest with s5cmd."
    if not totals.series:
        return "There is nothing to download; widen the cohort."
    if totals.size_bytes > limit:
        return (
            f"A ZIP holds {size(limit)} at most and this cohort has {size(totals.size_bytes)}: run a manifest with"
            " s5cmd, or narrow the cohort."
        )
    if totals.instances > MAX_FILES:
        return (
            f"A ZIP holds {MAX_FILES:,} files at most and this cohort has {totals.instances:,}: run a manifest with"
            " s5cmd, or narrow the cohort."
        )
    return None


class Archive:
    """One ZIP, whose files have been listed at the source: manifest, citations and licenses, then the images.

    Parameters
    ----------
    selection
        Series to put in, in folders of the default template.
    source
        Cloud to read from.

    Raises
    ------
    UserError
        If there are too many of them, or none.
    FaultyError
        If the source can't be listed, or lists other numbers of files and bytes than the index.
    """

    def __init__(self, selection: Selection, source: Cloud, limits: Limits = DEFAULT_LIMITS) -> None:
        if reason := refusal(selection.totals):
            raise UserError(reason)
        self.name = file_name("images", "zip")
        self._zip = ZipStream(sized=True)
        self._zip.add(b"".join(manifest_s5cmd(selection, source)), file_name(f"manifest-{source}", "s5cmd"))
        self._zip.add(citation_text(selection, "apa"), "citations.txt")
        self._zip.add(citation_text(selection, "bibtex"), "citations.bib")
        self._zip.add(_license_text(selection), "licenses.txt")
        wanted = list(series_of(selection, source, Template(DEFAULT_TEMPLATE)))
        buckets = {series.bucket for series in wanted}
        stores = {bucket: open_store(endpoint(source), bucket, limits) for bucket in buckets}
        self._ahead = _Ahead()
        pool = ThreadPoolExecutor(_LISTINGS_AT_ONCE, thread_name_prefix="archive")
        try:
            listings = pool.map(lambda series: _list(stores[series.bucket], series), wanted)
            for series, listed in zip(wanted, listings, strict=True):
                for name, length in listed.items():
                    content = self._ahead.add(stores[series.bucket], f"{series.crdc_uuid}/{name}", length)
                    self._zip.add(content, f"{series.folder}/{name}", size=length)
        finally:
            pool.shutdown(cancel_futures=True)
        self.size_bytes = len(self._zip)

    def pieces(self) -> Iterator[bytes]:
        """The ZIP's bytes, once, `size_bytes` in all.

        Raises
        ------
        StorageError
            If the source fails; what has come until then is no ZIP.
        """
        try:
            yield from self._zip
        finally:
            self._ahead.close()


class _Ahead:
    """Files in the order in which they are sent; small ones are asked for before their turn, within bounds.

    The bounds hold for what is under way and what has come and waits: a reader that stops costs no more than them.
    """

    def __init__(self) -> None:
        self._files: deque[tuple[int, S3Store, str, int]] = deque()
        self._coming: dict[int, Future[bytes]] = {}
        self._bytes = 0
        self._added = 0
        self._pool = ThreadPoolExecutor(_AHEAD, thread_name_prefix="archive-ahead")

    def add(self, store: S3Store, key: str, length: int) -> Iterator[bytes]:
        """Queue one object of `length` bytes; gives its bytes, asked for once the first file is."""
        number, self._added = self._added, self._added + 1
        self._files.append((number, store, key, length))
        return self._read(number, store, key, length)

    def close(self) -> None:
        """Ask for nothing more."""
        self._files.clear()
        self._coming.clear()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _read(self, number: int, store: S3Store, key: str, length: int) -> Iterator[bytes]:
        self._fill()
        coming = self._coming.pop(number, None)
        if coming is None:
            while self._files and self._files[0][0] <= number:
                self._files.popleft()
            self._fill()
            yield from _read(store, key, length)
            return
        yield coming.result()
        self._bytes -= length

    def _fill(self) -> None:
        """Ask for the next files, up to the first that is too large or has no room."""
        while self._files and len(self._coming) < _AHEAD:
            number, store, key, length = self._files[0]
            if length > _SMALL or self._bytes + length > _AHEAD_BYTES:
                return
            self._files.popleft()
            self._bytes += length
            self._coming[number] = self._pool.submit(_whole, store, key, length)


def _list(store: S3Store, series: WantedSeries) -> dict[str, int]:
    """Name → bytes, which add up to what the index says."""
    try:
        listed = list_files(store, series)
    except Exception as error:
        raise StorageError(*classify(error)) from error
    if len(listed) != series.instances:
        raise StorageError(ErrorKind.COUNT, f"series {series.uid}")
    if sum(listed.values()) != series.size_bytes:
        raise StorageError(ErrorKind.BYTES, f"series {series.uid}")
    return listed


def _read(store: S3Store, key: str, length: int) -> Iterator[bytes]:
    """An object's bytes, `length` in all; nothing is asked for before the first is."""
    received = 0
    try:
        for chunk in obstore.get(store, key).stream(_CHUNK):
            received += len(chunk)
            if received > length:
                break
            yield bytes(chunk)
    except Exception as error:
        raise StorageError(*classify(error)) from error
    if received != length:
        raise StorageError(ErrorKind.BYTES, f"{key}: {length:,} bytes are listed, others came")


def _whole(store: S3Store, key: str, length: int) -> bytes:
    return b"".join(_read(store, key, length))


def _license_text(selection: Selection) -> str:
    entries = licenses(selection)
    return "".join(
        f"{entry['license']}: {entry['series']:,} series. {entry['verdict']} {entry['url'] or ''}".rstrip() + "\n"
        for entry in entries
    )
