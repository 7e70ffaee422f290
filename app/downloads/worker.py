"""The process that runs the queue, one job after another: ``python -m app.downloads.worker``.

A server starts it when there is something to do and starts it again if it dies. It holds a lock, so that of several
servers on one data folder only one worker runs; the others wait and take over. It ends with its server.
"""

from __future__ import annotations

import hashlib
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from app.common.errors import UserError
from app.common.settings import settings
from app.downloads import jobs
from app.downloads.database import folder, reading
from app.downloads.folders import choose_folder
from app.downloads.jobs import Job, JobState
from app.downloads.plan import require_space
from app.downloads.transfer import Meter, Transfer
from app.storage.store import endpoint

_ROOT = Path(__file__).resolve().parents[2]

#: Seconds that a worker has to put its files in order when its server has ended.
_GRACE = 5.0

_log = logging.getLogger(__name__)
_keeping = threading.Lock()
_keeper: threading.Thread | None = None


def ensure() -> None:
    """See to it that open jobs are run, by a worker of this server or another; nothing if downloads are off."""
    global _keeper
    with _keeping:
        if _keeper is None and settings().download_root is not None and jobs.any_open():
            _keeper = threading.Thread(target=_keep, name="download-keeper", daemon=True)
            _keeper.start()


def _keep() -> None:
    """Run workers until nothing is left to do; a job added meanwhile is either seen here or by the next `ensure`."""
    global _keeper
    status = 0
    while True:
        with _keeping:
            if status or not jobs.any_open():
                _keeper = None
                return
        # The pipe tells the worker that this server has ended, however it ended; Ctrl-C is for the server alone.
        with subprocess.Popen(
            [sys.executable, "-m", "app.downloads.worker"], cwd=_ROOT, stdin=subprocess.PIPE, start_new_session=True
        ) as process:
            status = process.wait()


@contextmanager
def claim(root: Path) -> Iterator[None]:
    """Keep other downloads on this machine from writing into `root`.

    Raises
    ------
    UserError
        If one does.
    """
    name = hashlib.sha256(os.fsencode(root)).hexdigest()[:16]
    lock = FileLock(folder() / "folders" / f"{name}.lock")
    Path(lock.lock_file).parent.mkdir(parents=True, exist_ok=True)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise UserError(f"Another download is writing into {root}; wait for it or choose another folder.") from None
    try:
        yield
    finally:
        lock.release()


def run(job: Job, closing: threading.Event) -> None:
    """Run one job to its end, or until it is paused or cancelled, or `closing` is set, which leaves it open."""
    try:
        allowed = settings().download_root
        if allowed is None:
            raise UserError("Downloads are switched off.")
        root = choose_folder(str(job.root), allowed)
        if job.dry_run:
            _transfer(job, root, closing)
            return
        with claim(root):
            require_space(root, jobs.series(job.number))
            _transfer(job, root, closing)
    except UserError as error:
        jobs.finish(job.number, JobState.FAILED, str(error))
    except OSError as error:
        jobs.finish(job.number, JobState.FAILED, f"{error.filename or job.root}: {error.strerror}.")
    except Exception:  # the other jobs are still to run
        _log.exception("Download %s failed", job.number)
        jobs.finish(job.number, JobState.FAILED, "Something unexpected went wrong; the server's log says what.")


def _transfer(job: Job, root: Path, closing: threading.Event) -> None:
    transfer = Transfer(root, endpoint(job.source), job.limits, job.dry_run)
    meter = Meter()
    for ended in transfer.run(jobs.series(job.number)):
        rate = meter.rate(transfer.progress.bytes_received)
        if not jobs.note(job.number, transfer.progress, rate, ended) or closing.is_set():
            transfer.stop()
    progress = transfer.progress
    if progress.series_done == job.series:
        jobs.finish(job.number, JobState.DONE)
    elif not closing.is_set():
        reason = f"Stopped: {transfer.stopped_by}. " if transfer.stopped_by else ""
        message = f"{reason}Not complete: {progress.series_failed:,} of {job.series:,} series."
        jobs.finish(job.number, JobState.FAILED, message)


def main() -> None:
    """Wait for the lock, run what is open, and end."""
    closing, ended = threading.Event(), threading.Event()

    def watch() -> None:
        os.read(0, 1)  # until the server ends; raw, since a lock on sys.stdin would break this process's own end
        closing.set()
        ended.wait(_GRACE)
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()
    folder().mkdir(parents=True, exist_ok=True)
    with FileLock(folder() / "worker.lock", poll_interval=0.5), reading():
        while not closing.is_set() and (job := jobs.take()):
            run(job, closing)
    ended.set()


if __name__ == "__main__":
    main()
