"""A cohort's images as one ZIP that is made while it is sent.

Nothing is kept: a piece is fetched from the source when the piece before has been taken, and files are stored as they
are, so that the size of the whole is known before its first byte.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import obstore
from obstore.store import S3Store
from zipstream import ZipStream

from app.citations import CitationFormat
from app.downloads.faults import Fault, FaultyError, name_fault
from app.downloads.limits import DEFAULT_LIMITS, Limits
from app.downloads.paths import DEFAULT_TEMPLATE, Template
from app.downloads.plan import Series, endpoint, series_of
from app.downloads.source import list_files, open_store
from app.errors import UserError
from app.exports import Source, manifest_s5cmd
from app.licenses import licenses
from app.numbers import size
from app.selection import Selection, Totals
from app.settings import settings
from app.verbs import citation_text, file_name

#: A ZIP ends with a list of its files, which is held in memory: about 1 kB each.
MAX_FILES = 50_000

_CHUNK = 1 << 18
_LISTINGS_AT_ONCE = 32


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
    """One ZIP, whose files have been listed at the source: manifest, citations and licences, then the images.

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

    def __init__(self, selection: Selection, source: Source, limits: Limits = DEFAULT_LIMITS) -> None:
        if reason := refusal(selection.totals):
            raise UserError(reason)
        self.name = file_name("images", "zip")
        self._zip = ZipStream(sized=True)
        self._zip.add(b"".join(manifest_s5cmd(selection, source)), file_name(f"manifest-{source}", "s5cmd"))
        self._zip.add(citation_text(selection, CitationFormat.APA), "citations.txt")
        self._zip.add(citation_text(selection, CitationFormat.BIBTEX), "citations.bib")
        self._zip.add(_licence_text(selection), "licences.txt")
        wanted = list(series_of(selection, source, Template(DEFAULT_TEMPLATE)))
        buckets = {series.bucket for series in wanted}
        stores = {bucket: open_store(endpoint(source), bucket, limits) for bucket in buckets}
        pool = ThreadPoolExecutor(_LISTINGS_AT_ONCE, thread_name_prefix="archive")
        try:
            listings = pool.map(lambda series: _list(stores[series.bucket], series), wanted)
            for series, listed in zip(wanted, listings, strict=True):
                for name, length in listed.items():
                    content = _read(stores[series.bucket], f"{series.crdc_uuid}/{name}", length)
                    self._zip.add(content, f"{series.folder}/{name}", size=length)
        finally:
            pool.shutdown(cancel_futures=True)
        self.size_bytes = len(self._zip)

    def pieces(self) -> Iterator[bytes]:
        """The ZIP's bytes, once, `size_bytes` in all.

        Raises
        ------
        FaultyError
            If the source fails; what has come until then is no ZIP.
        """
        yield from self._zip


def _list(store: S3Store, series: Series) -> dict[str, int]:
    """Name → bytes, which add up to what the index says."""
    try:
        listed = list_files(store, series)
    except Exception as error:
        raise FaultyError(*name_fault(error)) from error
    if len(listed) != series.instances:
        raise FaultyError(Fault.COUNT, f"series {series.uid}")
    if sum(listed.values()) != series.size_bytes:
        raise FaultyError(Fault.BYTES, f"series {series.uid}")
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
        raise FaultyError(*name_fault(error)) from error
    if received != length:
        raise FaultyError(Fault.BYTES, f"{key}: {length:,} bytes are listed, others came")


def _licence_text(selection: Selection) -> str:
    entries = licenses(selection)
    return "".join(
        f"{entry['license']}: {entry['series']:,} series. {entry['verdict']} {entry['url'] or ''}".rstrip() + "\n"
        for entry in entries
    )
