"""Fetch series from a public bucket into folders, and account for every file and byte.

Threads list, compare with the disk and fetch; obstore does the S3 work in Rust, outside Python's lock. A large file
comes in ranges, several at once. Each is written under a temporary name beside its place and renamed when it is whole.
"""

from __future__ import annotations

import stat
import threading
import time
from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

import obstore
from obstore.store import S3Store

if TYPE_CHECKING:
    from obstore import GetOptions

from app.downloads.file import PartFile, write
from app.downloads.folders import make_folder
from app.storage.errors import NETWORK, ErrorKind, StorageError, classify
from app.storage.limits import DEFAULT_LIMITS, Limits, Throttle
from app.storage.store import WantedSeries, list_files, open_store

#: Seconds between two looks at a running transfer.
TICK = 0.25

_CHUNK = 1 << 20
_CHUNK_LIMITED = 1 << 16
_RATE_WINDOW = 10.0


@dataclass(slots=True)
class SeriesOutcome:
    """What became of one series; it is complete if `error` is None.

    Parameters
    ----------
    present_files, present_bytes
        What was already on the disk.
    fetched_files, fetched_bytes
        What was fetched; in a dry run, what would be.
    """

    series: WantedSeries
    present_files: int = 0
    present_bytes: int = 0
    fetched_files: int = 0
    fetched_bytes: int = 0
    error: ErrorKind | None = None
    detail: str = ""


@dataclass(slots=True)
class TransferProgress:
    """Running totals.

    Parameters
    ----------
    files_done, bytes_done
        What is on the disk; the bytes of half files count.
    files_present, bytes_present
        What of it was there before.
    bytes_received
        What came over the network.
    """

    series_done: int = 0
    series_failed: int = 0
    files_done: int = 0
    bytes_done: int = 0
    files_present: int = 0
    bytes_present: int = 0
    bytes_received: int = 0


class Meter:
    """Bytes a second over the last ten seconds."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int]] = deque()

    def rate(self, received: int) -> float:
        """Note that so many bytes have come by now, and give the rate."""
        now = time.monotonic()
        self._samples.append((now, received))
        while now - self._samples[0][0] > _RATE_WINDOW:
            self._samples.popleft()
        then, before = self._samples[0]
        return (received - before) / (now - then) if now > then else 0.0


@dataclass(slots=True)
class _Open:
    """A series that has been listed and not yet ended."""

    report: SeriesOutcome
    waiting: int


class Transfer:
    """One pass over the wanted series.

    Parameters
    ----------
    root
        Folder below which everything goes; it is made if need be.
    address
        Endpoint of the S3 service.
    dry_run
        List and compare only.
    """

    def __init__(self, root: Path, address: str, limits: Limits = DEFAULT_LIMITS, dry_run: bool = False) -> None:
        self.progress = TransferProgress()
        self.stopped_by: ErrorKind | None = None
        self._root = root.resolve()
        self._address = address
        self._limits = limits
        self._dry_run = dry_run
        self._throttle = Throttle(limits.bytes_per_second) if limits.bytes_per_second else None
        self._chunk = _CHUNK_LIMITED if self._throttle else _CHUNK
        self._stores: dict[str, S3Store] = {}
        self._ended: SimpleQueue[SeriesOutcome] = SimpleQueue()
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._network_errors = 0
        # More series are open than there are threads, so that no thread waits while a series ends.
        self._room = threading.Semaphore(2 * limits.parallel)
        self._pool = ThreadPoolExecutor(limits.parallel, thread_name_prefix="download")

    def stop(self) -> None:
        """End soon, leaving whole files only; open series get no report."""
        self._stop.set()

    def run(self, wanted: Iterable[WantedSeries]) -> Generator[list[SeriesOutcome], None, None]:
        """Fetch everything; gives the series that ended since last time, four times a second.

        Raises
        ------
        OSError
            If the root can't be made.
        """
        if not self._dry_run:
            self._root.mkdir(parents=True, exist_ok=True)
        driver = ThreadPoolExecutor(1, thread_name_prefix="download-driver")
        finished = threading.Event()
        driven = driver.submit(self._drive, wanted)
        driven.add_done_callback(lambda _: finished.set())
        try:
            while not finished.wait(TICK):
                yield self.reports()
        finally:
            if not finished.is_set():  # the caller has left early
                self.stop()
            driver.shutdown()
        driven.result()
        yield self.reports()

    def reports(self) -> list[SeriesOutcome]:
        """The series that ended since this was last asked."""
        return [self._ended.get() for _ in range(self._ended.qsize())]

    def _drive(self, wanted: Iterable[WantedSeries]) -> None:
        try:
            for series in wanted:
                if self.stopped_by:
                    self._end(SeriesOutcome(series, error=ErrorKind.NOT_TRIED, detail=self.stopped_by))
                    continue
                if self._stop.is_set():
                    break
                self._room.acquire()
                self._pool.submit(self._begin, series)
            for _ in range(2 * self._limits.parallel):
                self._room.acquire()
        finally:
            self._pool.shutdown()

    def _begin(self, series: WantedSeries) -> None:
        """List a series, compare it with the disk, and queue what is missing."""
        report = SeriesOutcome(series)
        if self._stop.is_set():
            self._close(report)
            return
        try:
            listed = list_files(self._store(series.bucket), series)
            self._network_errors = 0
            folder = self._root / series.folder if self._dry_run else make_folder(self._root, series.folder)
            missing = [(name, size) for name, size in listed.items() if not _is_there(folder / name, size)]
        except Exception as error:
            self._note_error(report, error)
            self._close(report)
            return
        if (len(listed), sum(listed.values())) != (series.instances, series.size_bytes):
            self._note_mismatch(report, listed)
        report.present_files = len(listed) - len(missing)
        report.present_bytes = sum(listed.values()) - sum(size for _, size in missing)
        with self._lock:
            self.progress.files_done += report.present_files
            self.progress.bytes_done += report.present_bytes
            self.progress.files_present += report.present_files
            self.progress.bytes_present += report.present_bytes
        if self._dry_run or not missing:
            report.fetched_files, report.fetched_bytes = len(missing), sum(size for _, size in missing)
            self._close(report)
            return
        opened = _Open(report, len(missing))
        for name, size in missing:
            file = PartFile(folder / name, size)
            # In order, so that no more files are under way than requests.
            for start, stop in file.ranges:
                self._pool.submit(self._fetch, opened, file, start, stop)

    def _fetch(self, opened: _Open, file: PartFile, start: int, stop: int) -> None:
        """Fetch a range of a file, unless that is no longer wanted; end the file with its last range."""
        try:
            if not self._stop.is_set() and not file.is_spoilt:
                self._receive(opened.report.series, file, start, stop)
        except Exception as error:
            self._spoil(opened.report, file, error)
        with self._lock:
            file.waiting -= 1
            is_last = not file.waiting
        if is_last:
            self._end_file(opened, file)

    def _receive(self, series: WantedSeries, file: PartFile, start: int, stop: int) -> None:
        options: GetOptions = {"range": (start, stop)} if len(file.ranges) > 1 else {}
        key = f"{series.crdc_uuid}/{file.path.name}"
        response = obstore.get(self._store(series.bucket), key, options=options)
        is_small = stop - start <= self._chunk  # comes in one piece, which spares asking for more
        chunks = (response.bytes(),) if is_small else response.stream(self._chunk)
        at = start
        with file.open(start) as growing:
            for chunk in chunks:
                if self._stop.is_set() or file.is_spoilt:
                    return
                length = len(chunk)
                with self._lock:
                    file.received += length
                    self.progress.bytes_done += length
                    self.progress.bytes_received += length
                write(growing, memoryview(chunk))
                at += length
                if self._throttle:
                    self._throttle.take(length, self._stop)
        if at != stop:
            raise StorageError(ErrorKind.BYTES, f"{file.path.name}: {at:,} bytes came, {stop:,} are listed")

    def _spoil(self, report: SeriesOutcome, file: PartFile, error: Exception) -> None:
        """Note why a file does not come: once, however many of its ranges fail."""
        with self._lock:
            is_first, file.is_spoilt = not file.is_spoilt, True
        if is_first:
            self._note_error(report, error)

    def _end_file(self, opened: _Open, file: PartFile) -> None:
        report = opened.report
        is_whole = False
        try:
            is_whole = file.close()
        except OSError as error:
            self._spoil(report, file, error)
        with self._lock:
            if is_whole:
                self._network_errors = 0
                report.fetched_files += 1
                report.fetched_bytes += file.size
                self.progress.files_done += 1
            else:
                self.progress.bytes_done -= file.received
            opened.waiting -= 1
            is_last = not opened.waiting
        if is_last:
            self._close(report)

    def _store(self, bucket: str) -> S3Store:
        with self._lock:
            if bucket not in self._stores:
                self._stores[bucket] = open_store(self._address, bucket, self._limits)
            return self._stores[bucket]

    def _note_mismatch(self, report: SeriesOutcome, listed: dict[str, int]) -> None:
        series, size = report.series, sum(listed.values())
        report.error = ErrorKind.COUNT if len(listed) != series.instances else ErrorKind.BYTES
        expected = f"{series.instances:,} of {series.size_bytes:,} bytes"
        report.detail = f"{len(listed):,} files of {size:,} bytes are listed, the index says {expected}"

    def _note_error(self, report: SeriesOutcome, error: Exception) -> None:
        fault, detail = classify(error)
        with self._lock:
            if fault is ErrorKind.DISK_FULL or report.error is None:
                report.error, report.detail = fault, detail
            self._network_errors += fault in NETWORK
            useless = self._network_errors >= max(self._limits.parallel, 8)
        if (fault is ErrorKind.DISK_FULL or useless) and not self._stop.is_set():
            self.stopped_by = fault
            self._stop.set()

    def _close(self, report: SeriesOutcome) -> None:
        """End an open series."""
        expected = report.present_files + report.fetched_files
        whole = expected == report.series.instances
        if report.error is None and not whole and self.stopped_by:
            report.error, report.detail = ErrorKind.NOT_TRIED, self.stopped_by
        if report.error is not None or whole:
            self._end(report)
        self._room.release()

    def _end(self, report: SeriesOutcome) -> None:
        with self._lock:
            self.progress.series_done += report.error is None
            self.progress.series_failed += report.error is not None
        self._ended.put(report)


def _is_there(path: Path, size: int) -> bool:
    """Whether a regular file of this size stands there."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISREG(found.st_mode) and found.st_size == size
