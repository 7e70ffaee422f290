"""A whole folder read in reader processes, then checked against a listing."""

from __future__ import annotations

import multiprocessing
import os
import stat
from collections import deque
from collections.abc import Callable, Collection, Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from app.cohort import schema
from app.common.errors import UserError
from app.validate import expected
from app.validate.checks import check, folder_of, identifiers
from app.validate.expected import Expectation, ExpectedSeries
from app.validate.files import File, Options, read_files, start_reader
from app.validate.findings import Finding, FindingKind
from app.validate.report import ValidationReport

MAX_PARALLEL = 64

#: Files that a reader takes at a time: a few, so that a stop is soon seen, and more where each takes little.
_BATCH, _SLOW_BATCH = 64, 2
#: Batches waiting for each reader.
_AHEAD = 3
#: Seconds between two looks at whether to stop, and between two reports of progress.
_TICK = 0.25

Find = Callable[[Collection[str]], tuple[ExpectedSeries, ...]]


@dataclass(slots=True)
class ValidationProgress:
    """How far it is; `files_in_folder` is known once reading starts."""

    files_in_folder: int = 0
    files: int = 0
    size_bytes: int = 0
    with_findings: int = 0


class Validation:
    """One look at one folder.

    Parameters
    ----------
    folder
        What to read, with everything below it.
    wanted
        What is to be there; None takes the series that are found, as the index has them.
    options
        What to do beyond reading headers.
    parallel
        Number of reader processes.
    left_out
        Files that are not looked at, such as the manifest.
    find
        Looks identifiers up in this release.

    Raises
    ------
    UserError
        If the folder can't be read, or `parallel` makes no sense.
    """

    def __init__(
        self,
        folder: Path,
        wanted: Expectation | None = None,
        options: Options | None = None,
        parallel: int | None = None,
        left_out: Collection[Path] = (),
        find: Find = expected.find,
    ) -> None:
        if not folder.is_dir():
            raise UserError(f"{folder} is no folder; give the one that the images are in.")
        self.parallel = min(os.cpu_count() or 1, MAX_PARALLEL) if parallel is None else parallel
        if not 1 <= self.parallel <= MAX_PARALLEL:
            raise UserError(f"Read with 1 to {MAX_PARALLEL} processes.")
        self.folder = folder.resolve()
        self.progress = ValidationProgress()
        self._wanted = wanted
        self._options = options or Options()
        self._left_out = {str(path.resolve()) for path in left_out}
        self._find = find
        self._processes = multiprocessing.get_context("spawn")
        self._stopping = self._processes.Event()
        self._files: list[File] = []
        self._started = monotonic()
        self._seconds = 0.0
        self._is_read = False

    def stop(self) -> None:
        """End reading soon, from any thread."""
        self._stopping.set()

    def run(self) -> Generator[None, None, None]:
        """Read the folder; yields a few times a second. Closing the iterator ends the reading."""
        self._started = monotonic()
        try:
            paths = []
            for path in self._walk():
                if isinstance(path, File):
                    self._note([path])
                else:
                    paths.append(path)
            self.progress.files_in_folder = len(paths) + self.progress.files
            yield
            yield from self._read(paths)
            self._is_read = not self._stopping.is_set()
        finally:
            self.stop()
            self._seconds = monotonic() - self._started

    # --- reading -----------------------------------------------------------------------------------------------

    def _walk(self) -> Iterator[str | File]:
        """Paths of files to read, relative to the folder, and what can be said of others at once."""
        for parent, folders, names in os.walk(self.folder, onerror=self._note_unreadable):
            folders.sort()
            if self._stopping.is_set():
                return
            below = Path(parent).relative_to(self.folder).as_posix()
            for name in sorted(names):
                whole = os.path.join(parent, name)  # there may be millions, and a Path takes longer
                path = name if below == "." else f"{below}/{name}"
                if whole in self._left_out:
                    continue
                if kind := self._refused(whole):
                    yield File(path, findings=(Finding(kind, path=path),))
                else:
                    yield path

    def _refused(self, whole: str) -> FindingKind | None:
        """Why a file is not read: a pipe would be waited for, a link may show what lies elsewhere."""
        try:
            found = os.lstat(whole)
            if stat.S_ISLNK(found.st_mode):
                if not Path(whole).resolve().is_relative_to(self.folder):
                    return FindingKind.LINK
                found = os.stat(whole)
            if not stat.S_ISREG(found.st_mode):
                return FindingKind.LINK
        except (OSError, RuntimeError):
            return FindingKind.LINK
        return FindingKind.UNFINISHED if whole.endswith(".part") else None

    def _note_unreadable(self, error: OSError) -> None:
        path = Path(error.filename).relative_to(self.folder).as_posix()
        self._note([File(path, findings=(Finding(FindingKind.UNREADABLE, error.strerror or "", path=path),))])

    def _note(self, files: Collection[File]) -> None:
        self._files += files
        self.progress.files += len(files)
        self.progress.size_bytes += sum(one.size for one in files)
        self.progress.with_findings += sum(bool(one.findings) for one in files)

    def _read(self, paths: list[str]) -> Iterator[None]:
        is_slow = self._options.decode or self._options.dciodvfy is not None
        step = _SLOW_BATCH if is_slow else _BATCH
        waiting = deque(paths[start : start + step] for start in range(0, len(paths), step))
        while waiting and not self._stopping.is_set():
            lost = yield from self._read_with(waiting, self.parallel, self.parallel * _AHEAD)
            # A file that crashes a decoder takes everything in flight with it: read these one by one.
            alone = deque([path] for batch in lost for path in batch)
            while alone and not self._stopping.is_set():
                for (path,) in (yield from self._read_with(alone, 1, 1)):
                    self._note([File(path, findings=(Finding(FindingKind.CRASH, path=path),))])

    def _read_with(
        self, waiting: deque[list[str]], parallel: int, ahead: int
    ) -> Generator[None, None, list[list[str]]]:
        """Read batches with new processes; gives those that were in flight when one of these died."""
        pool = ProcessPoolExecutor(parallel, self._processes, initializer=start_reader, initargs=(self._stopping,))
        running: dict[Future[list[File]], list[str]] = {}
        try:
            while (waiting or running) and not self._stopping.is_set():
                while waiting and len(running) < ahead:
                    future = pool.submit(read_files, str(self.folder), waiting[0], self._options)
                    running[future] = waiting.popleft()
                for done in wait(running, _TICK, FIRST_COMPLETED).done:
                    self._note(done.result())
                    del running[done]
                yield
        except BrokenProcessPool:
            return list(running.values())
        except BaseException:  # Ctrl-C, or the iterator is closed: nothing in flight is worth waiting for
            self.stop()
            raise
        finally:
            pool.shutdown(cancel_futures=True)
        return []

    # --- judging -----------------------------------------------------------------------------------------------

    def report(self) -> ValidationReport:
        """What was found so far; of series as a whole only if everything was read."""
        asked = {one.series for one in self._files if one.series}
        asked |= {name for folder in {folder_of(one) for one in self._files} for name in identifiers(folder)}
        if self._wanted is None:
            wanted = Expectation("what the index says of the series in the folder", self._find(asked))
            others: tuple[ExpectedSeries, ...] = ()
        else:
            wanted = self._wanted
            others = self._find(asked - {one.uid for one in wanted.series})
        findings = check(self._files, wanted, others, self._is_read)
        uids, failed = {one.uid for one in wanted.series}, {one.series for one in findings if not one.is_warning}
        found = uids & {one.series for one in self._files}
        return ValidationReport(
            folder=str(self.folder),
            against=wanted.name,
            idc_version=schema.idc_version(),
            options=tuple(self._options_in_words()),
            stopped=not self._is_read,
            seconds=self._seconds,
            files=self.progress.files,
            files_in_folder=max(self.progress.files_in_folder, self.progress.files),
            size_bytes=self.progress.size_bytes,
            series_wanted=len(uids),
            series_found=len(found),
            series_clean=len(found - failed),
            findings=tuple(findings),
        )

    def _options_in_words(self) -> Iterator[str]:
        if self._options.decode:
            yield "every frame decoded"
        if self._options.dciodvfy:
            yield "dciodvfy"
