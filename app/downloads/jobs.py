"""The queue of downloads: jobs that outlive the page, the tab and the server, in one SQLite file of the data folder.

Any process may add, pause or cancel; only the worker that holds the lock runs a job. What stands here about files is
for display: resuming compares with the disk.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path

from app.common.errors import UserError
from app.downloads.database import reading, writing
from app.downloads.transfer import SeriesOutcome, TransferProgress
from app.storage.buckets import Cloud
from app.storage.errors import ErrorKind
from app.storage.limits import DEFAULT_LIMITS, Limits
from app.storage.store import WantedSeries


class JobState(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    DONE = "done"
    FAILED = "failed"


#: States in which the worker has something to do.
OPEN = (JobState.QUEUED, JobState.RUNNING)

#: Columns of a job that a running transfer counts up.
_PROGRESS = tuple(field.name for field in fields(TransferProgress))

#: A series without error is complete once its job is through; one that failed before has told nothing about the rest.
_IS_FINISHED = (
    f"job.state IN ('{JobState.DONE}', '{JobState.FAILED}') AND job.series_done + job.series_failed = job.series"
    " AND NOT job.dry_run AND series.error IS NULL"
)


@dataclass(frozen=True, slots=True)
class Job:
    """One job as it stands now.

    Parameters
    ----------
    created
        Seconds since 1970.
    rate
        Bytes a second at present.
    """

    number: int
    created: float
    title: str
    root: Path
    source: Cloud
    limits: Limits
    dry_run: bool
    state: JobState
    message: str
    series: int
    files: int
    size_bytes: int
    progress: TransferProgress
    rate: float

    @property
    def share(self) -> float:
        """Share of the work that is behind it, 0 to 1: series looked at in a dry run, bytes otherwise."""
        done, all_of_it = (
            (self.progress.series_done + self.progress.series_failed, self.series)
            if self.dry_run
            else (self.progress.bytes_done, self.size_bytes)
        )
        return min(1.0, done / all_of_it) if all_of_it else 1.0

    @property
    def seconds_left(self) -> float | None:
        """Seconds to the end at the present rate, if there is one."""
        left = max(0, self.size_bytes - self.progress.bytes_done)
        return left / self.rate if self.rate and self.state is JobState.RUNNING else None


@dataclass(frozen=True, slots=True)
class FailedSeries:
    """A series that is not complete, and why."""

    uid: str
    folder: str
    error: ErrorKind
    detail: str


@dataclass(frozen=True, slots=True)
class Finished:
    """A series that a job has brought completely, in `folder` below `root`."""

    uid: str
    job: int
    root: Path
    folder: str


def add(
    title: str,
    wanted: Iterable[WantedSeries],
    root: Path,
    source: Cloud,
    limits: Limits = DEFAULT_LIMITS,
    dry_run: bool = False,
) -> int:
    """Queue a download of `wanted` into `root`; gives the job's number.

    Raises
    ------
    UserError
        If nothing is wanted.
    """
    rows = [
        (place, one.uid, one.bucket, one.crdc_uuid, one.folder, one.instances, one.size_bytes)
        for place, one in enumerate(wanted)  # before the transaction, which a running download has to wait for
    ]
    with writing() as connection:
        number = _add(connection, title, root, source, limits, dry_run)
        connection.executemany(
            "INSERT INTO series (job, place, uid, bucket, crdc_uuid, folder, instances, size_bytes)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            ((number, *row) for row in rows),
        )
        _add_up(connection, number)
    return number


def retry(number: int) -> int:
    """Queue the failed series of an ended job as a job of their own; gives its number.

    Raises
    ------
    UserError
        If the job is gone or has none.
    """
    old = get(number)
    with writing() as connection:
        title = f"{old.title} (again, from job {number})"
        new = _add(connection, title, old.root, old.source, old.limits, old.dry_run)
        connection.execute(
            "INSERT INTO series (job, place, uid, bucket, crdc_uuid, folder, instances, size_bytes)"
            " SELECT ?, place, uid, bucket, crdc_uuid, folder, instances, size_bytes"
            " FROM series WHERE job = ? AND error IS NOT NULL",
            (new, number),
        )
        _add_up(connection, new)
    return new


def _add(connection: sqlite3.Connection, title: str, root: Path, source: Cloud, limits: Limits, dry_run: bool) -> int:
    row = connection.execute(
        "INSERT INTO job (created, title, root, source, parallel, bytes_per_second, dry_run, state, series, files,"
        " bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0) RETURNING number",
        (time.time(), title, str(root), source, limits.parallel, limits.bytes_per_second, dry_run, JobState.QUEUED),
    ).fetchone()
    return int(row[0])


def _add_up(connection: sqlite3.Connection, number: int) -> None:
    connection.execute(
        "UPDATE job SET (series, files, bytes) ="
        " (SELECT count(*), total(instances), total(size_bytes) FROM series WHERE job = number) WHERE number = ?",
        (number,),
    )
    if not connection.execute("SELECT series FROM job WHERE number = ?", (number,)).fetchone()[0]:
        raise UserError("There is nothing to download; widen the cohort.")


def jobs() -> list[Job]:
    """All jobs, newest first."""
    with reading() as connection:
        return [_job(row) for row in connection.execute("SELECT * FROM job ORDER BY number DESC")]


def get(number: int) -> Job:
    """One job.

    Raises
    ------
    UserError
        If there is none of that number.
    """
    with reading() as connection:
        row = connection.execute("SELECT * FROM job WHERE number = ?", (number,)).fetchone()
    if row is None:
        raise UserError(f"Download {number} is no longer in the list.")
    return _job(row)


def failed(number: int, limit: int = 1000) -> list[FailedSeries]:
    """The first `limit` series of a job that are not complete."""
    with reading() as connection:
        rows = connection.execute(
            "SELECT uid, folder, error, detail FROM series WHERE job = ? AND error IS NOT NULL ORDER BY place LIMIT ?",
            (number, limit),
        ).fetchall()
    return [FailedSeries(row["uid"], row["folder"], ErrorKind[row["error"]], row["detail"]) for row in rows]


def finished(uids: Sequence[str]) -> list[Finished]:
    """Which of these series are here completely, in order, each once and by the newest job that brought it."""
    with reading() as connection:
        rows = connection.execute(
            "SELECT series.uid, job.number, job.root, series.folder FROM job CROSS JOIN json_each(?) AS wanted"
            " JOIN series ON series.job = job.number AND series.uid = wanted.value"
            f" WHERE {_IS_FINISHED} ORDER BY wanted.key, job.number",
            (json.dumps(list(uids)),),
        ).fetchall()
    newest = {row["uid"]: _finished(row) for row in rows}
    return list(newest.values())


def finished_by(number: int, limit: int = -1, uid: str | None = None) -> list[Finished]:
    """The first `limit` series, -1 for all, that a job has brought completely, or the one named, if it has."""
    chosen = "" if uid is None else " AND series.uid = :uid"
    with reading() as connection:
        rows = connection.execute(
            "SELECT series.uid, job.number, job.root, series.folder FROM job JOIN series ON series.job = job.number"
            f" WHERE {_IS_FINISHED} AND job.number = :number{chosen} ORDER BY place LIMIT :limit",
            {"number": number, "uid": uid, "limit": limit},
        ).fetchall()
    return [_finished(row) for row in rows]


def _finished(row: sqlite3.Row) -> Finished:
    return Finished(row["uid"], row["number"], Path(row["root"]), row["folder"])


def series(number: int) -> Iterator[WantedSeries]:
    """What a job wants, in order."""
    place = -1
    while True:
        # In short reads: a reader that stays for days would keep SQLite from ever clearing its log.
        with reading() as connection:
            rows = connection.execute(
                "SELECT place, uid, bucket, crdc_uuid, folder, instances, size_bytes FROM series"
                " WHERE job = ? AND place > ? ORDER BY place LIMIT 1000",
                (number, place),
            ).fetchall()
        for place, *values in rows:  # noqa: B007 – the last one is where the next read begins
            yield WantedSeries(*values)
        if not rows:
            return


def pause(number: int) -> None:
    """Stop a job for now; what has come stays."""
    _move(number, OPEN, JobState.PAUSED)


def resume(number: int) -> None:
    """Queue a job again that was paused, was cancelled or has failed."""
    _move(number, (JobState.PAUSED, JobState.CANCELLED, JobState.FAILED), JobState.QUEUED)


def cancel(number: int) -> None:
    """Give a job up; what has come stays."""
    _move(number, (*OPEN, JobState.PAUSED), JobState.CANCELLED)


def remove(number: int) -> None:
    """Take an ended job off the list; its files stay."""
    with writing() as connection:
        states = (JobState.DONE, JobState.FAILED, JobState.CANCELLED)
        connection.execute(f"DELETE FROM job WHERE number = ? AND state IN ({_marks(states)})", (number, *states))


def any_open() -> bool:
    """Whether the worker has something to do."""
    with reading() as connection:
        return bool(connection.execute(f"SELECT 1 FROM job WHERE state IN ({_marks(OPEN)})", OPEN).fetchone())


# --- the worker's part ------------------------------------------------------------------------------------------------


def take() -> Job | None:
    """The next job to run, now ``running``: first what a killed worker left, then in order; only under the lock."""
    with writing(is_lasting=False) as connection:
        zero = ", ".join(f"{name} = 0" for name in _PROGRESS)
        row = connection.execute(
            f"UPDATE job SET state = ?, message = '', rate = 0, {zero} WHERE number ="
            f" (SELECT number FROM job WHERE state IN ({_marks(OPEN)}) ORDER BY state = ? DESC, number LIMIT 1)"
            " RETURNING *",
            (JobState.RUNNING, *OPEN, JobState.RUNNING),
        ).fetchone()
        if row is not None:
            connection.execute("UPDATE series SET error = NULL, detail = NULL WHERE job = ?", (row["number"],))
    return _job(row) if row is not None else None


def note(number: int, progress: TransferProgress, rate: float, ended: Iterable[SeriesOutcome]) -> bool:
    """Write down how far a job is, and its bytes a second; False if it is no longer to run."""
    with writing(is_lasting=False) as connection:
        connection.executemany(
            "UPDATE series SET error = ?, detail = ? WHERE job = ? AND uid = ?",
            [(one.error.name, one.detail, number, one.series.uid) for one in ended if one.error],
        )
        connection.execute(
            f"UPDATE job SET rate = ?, {', '.join(f'{name} = ?' for name in _PROGRESS)} WHERE number = ?",
            (rate, *(getattr(progress, name) for name in _PROGRESS), number),
        )
        row = connection.execute("SELECT state FROM job WHERE number = ?", (number,)).fetchone()
    return row is not None and row["state"] == JobState.RUNNING


def finish(number: int, state: JobState, message: str = "") -> None:
    """End a job that is still running."""
    with writing(is_lasting=False) as connection:
        connection.execute(
            "UPDATE job SET state = ?, message = ?, rate = 0 WHERE number = ? AND state = ?",
            (state, message, number, JobState.RUNNING),
        )


def _move(number: int, before: Sequence[JobState], after: JobState) -> None:
    with writing() as connection:
        connection.execute(
            f"UPDATE job SET state = ?, rate = 0 WHERE number = ? AND state IN ({_marks(before)})",
            (after, number, *before),
        )


def _marks(values: Sequence[JobState]) -> str:
    return ", ".join("?" * len(values))


def _job(row: sqlite3.Row) -> Job:
    return Job(
        number=row["number"],
        created=row["created"],
        title=row["title"],
        root=Path(row["root"]),
        source=Cloud(row["source"]),
        limits=Limits(row["parallel"], row["bytes_per_second"]),
        dry_run=bool(row["dry_run"]),
        state=JobState(row["state"]),
        message=row["message"],
        series=row["series"],
        files=row["files"],
        size_bytes=row["bytes"],
        progress=TransferProgress(**{name: row[name] for name in _PROGRESS}),
        rate=row["rate"],
    )
