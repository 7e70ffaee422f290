"""The queue's file of every earlier version opens, with everything that stood in it, and works."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.common.errors import UserError
from app.common.settings import settings
from app.downloads import jobs
from app.downloads.database import folder, reading
from app.downloads.jobs import FailedSeries, JobState
from app.downloads.transfer import SeriesOutcome, TransferProgress
from app.storage.buckets import Cloud
from app.storage.errors import ErrorKind
from app.storage.limits import Limits
from tests.support.downloads import made_up
from tests.support.paths import ROOT

_JOB = """
CREATE TABLE IF NOT EXISTS job (
    number INTEGER PRIMARY KEY AUTOINCREMENT, created REAL NOT NULL, title TEXT NOT NULL, root TEXT NOT NULL,
    source TEXT NOT NULL, parallel INTEGER NOT NULL, bytes_per_second REAL, dry_run INTEGER NOT NULL,
    state TEXT NOT NULL, message TEXT NOT NULL DEFAULT '',
    series INTEGER NOT NULL, files INTEGER NOT NULL, bytes INTEGER NOT NULL,
    series_done INTEGER NOT NULL DEFAULT 0, {failed} INTEGER NOT NULL DEFAULT 0,
    files_done INTEGER NOT NULL DEFAULT 0, bytes_done INTEGER NOT NULL DEFAULT 0,
    {counted},
    rate REAL NOT NULL DEFAULT 0
);
"""
_SERIES = """
CREATE TABLE IF NOT EXISTS series (
    job INTEGER NOT NULL REFERENCES job ON DELETE CASCADE, place INTEGER NOT NULL,
    uid TEXT NOT NULL, bucket TEXT NOT NULL, crdc_uuid TEXT NOT NULL, folder TEXT NOT NULL,
    instances INTEGER NOT NULL, size_bytes INTEGER NOT NULL, fault TEXT, detail TEXT,
    PRIMARY KEY (job, place)
) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS series_uid ON series (job, uid);
"""
_FETCHED = "files_fetched INTEGER NOT NULL DEFAULT 0, bytes_fetched INTEGER NOT NULL DEFAULT 0"
_PRESENT = """files_present INTEGER NOT NULL DEFAULT 0, bytes_present INTEGER NOT NULL DEFAULT 0,
    bytes_received INTEGER NOT NULL DEFAULT 0"""

#: The layouts that were ever in use without a number, oldest first: their SQL, and how they write what job 1 counted.
LAYOUTS = {
    "counting what was fetched": (
        _JOB.format(failed="series_faulty", counted=_FETCHED) + _SERIES,
        "series_faulty = 2, files_fetched = 3, bytes_fetched = 30",
    ),
    "counting what was there before": (
        _JOB.format(failed="series_faulty", counted=_PRESENT) + _SERIES,
        "series_faulty = 2, files_present = 1, bytes_present = 10, bytes_received = 30",
    ),
    "with failed series": (
        _JOB.format(failed="series_failed", counted=_PRESENT) + _SERIES,
        "series_failed = 2, files_present = 1, bytes_present = 10, bytes_received = 30",
    ),
}

#: What stood for an error, in the words of then.
SENTENCES = [kind.value for kind in ErrorKind] + [
    "the source's name could not be resolved",
    "no network, or none that knows the source's name",
]


@pytest.fixture
def queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where this process has its queue, in a folder that is there."""
    monkeypatch.setenv("IDC_COHORT_DATA", str(tmp_path / "data"))
    settings.cache_clear()
    folder().mkdir(parents=True)
    yield folder() / "jobs.sqlite"
    settings.cache_clear()


def write(path: Path, layout: str) -> None:
    """A file of that layout: a failed job with three series, and one that waits."""
    schema, counted = LAYOUTS[layout]
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(schema)
        for title, state, limit in (("Lungs “é'”", "failed", 2e6), ("Livers", "queued", None)):
            connection.execute(
                "INSERT INTO job (created, title, root, source, parallel, bytes_per_second, dry_run, state, message,"
                " series, files, bytes) VALUES (1.5, ?, '/data/é', 'gcs', 4, ?, 0, ?, 'Not complete', 3, 6, 60)",
                [title, limit, state],
            )
        connection.execute(
            f"UPDATE job SET series_done = 1, files_done = 4, bytes_done = 40, {counted} WHERE number = 1"
        )
        faults = (None, "the connection was cut", "the source's name could not be resolved")
        for number in (1, 2):
            connection.executemany(
                "INSERT INTO series VALUES (?, ?, ?, 'idc-open-data', ?, ?, 2, 20, ?, ?)",
                [
                    (number, place, f"1.2.{place}", f"uuid {place}", f"p/{place}", fault, fault and "it broke")
                    for place, fault in enumerate(faults if number == 1 else (None, None, None))
                ],
            )
        connection.commit()


def layout_of(connection: sqlite3.Connection) -> dict[str, set[tuple]]:
    """Table → its columns with type, default and place in the key; and the columns of the index."""
    columns = 'SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info(?)'
    found = {table: set(map(tuple, connection.execute(columns, [table]))) for table in ("job", "series")}
    return found | {
        "index": {(name,) for (name,) in connection.execute("SELECT name FROM pragma_index_info('series_uid')")}
    }


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_queue_of_an_earlier_layout_opens_with_all_that_stood_in_it(queue: Path, layout: str) -> None:
    write(queue, layout)
    waiting, failed = jobs.jobs()
    assert (failed.title, failed.state, failed.message) == ("Lungs “é'”", JobState.FAILED, "Not complete")
    assert (failed.created, failed.root, failed.source, failed.dry_run) == (1.5, Path("/data/é"), Cloud.GCS, False)
    assert (failed.limits, waiting.limits) == (Limits(4, 2e6), Limits(4, None))
    assert (failed.series, failed.files, failed.size_bytes) == (3, 6, 60)
    assert failed.progress == TransferProgress(1, 2, 4, 40, 1, 10, 30)
    assert waiting.progress == TransferProgress()
    assert jobs.failed(1) == [
        FailedSeries("1.2.1", "p/1", ErrorKind.CUT, "it broke"),
        FailedSeries("1.2.2", "p/2", ErrorKind.NAME, "it broke"),
    ]
    assert [one.uid for one in jobs.series(1)] == ["1.2.0", "1.2.1", "1.2.2"]
    assert [(one.uid, one.job, one.folder) for one in jobs.finished(["1.2.0", "1.2.1"])] == [("1.2.0", 1, "p/0")]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_queue_of_an_earlier_layout_works_on(queue: Path, layout: str) -> None:
    write(queue, layout)
    retried = jobs.retry(1)
    assert [one.uid for one in jobs.series(retried)] == ["1.2.1", "1.2.2"]
    wanted, _ = made_up(1, 1, 1)
    assert jobs.add("New", wanted, Path("/data"), Cloud.AWS) == retried + 1 == 4
    taken = jobs.take()
    assert taken is not None
    assert (taken.number, taken.title) == (2, "Livers")
    assert jobs.note(2, TransferProgress(3, 0, 6, 60, 0, 0, 60), 1.0, [])
    jobs.finish(2, JobState.DONE)
    assert [one.job for one in jobs.finished(["1.2.0", "1.2.1", "1.2.2"])] == [2, 2, 2]
    jobs.remove(1)
    with reading() as connection:
        assert connection.execute("SELECT count(*) FROM series WHERE job = 1").fetchone()[0] == 0


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_becomes_that_of_a_new_file(queue: Path, layout: str) -> None:
    with reading() as connection:
        new = layout_of(connection)
        assert connection.execute("PRAGMA user_version").fetchone()[0] == 1
    queue.unlink()
    write(queue, layout)
    with reading() as connection:
        assert layout_of(connection) == new
        assert connection.execute("PRAGMA user_version").fetchone()[0] == 1


def test_every_error_keeps_its_meaning_whatever_words_it_had(queue: Path) -> None:
    write(queue, "with failed series")
    with closing(sqlite3.connect(queue)) as connection:
        connection.execute("DELETE FROM series")
        connection.executemany(
            "INSERT INTO series VALUES (1, ?, ?, '', '', '', 1, 1, ?, '')",
            [(place, f"1.{place}", sentence) for place, sentence in enumerate([*SENTENCES, "words of nobody"])],
        )
        connection.commit()
    assert [one.error for one in jobs.failed(1)] == [*ErrorKind, ErrorKind.NAME, ErrorKind.NAME, ErrorKind.OTHER]


def test_a_worker_of_an_earlier_version_ends_its_job_as_failed_and_leaves_the_rest(queue: Path) -> None:
    write(queue, "counting what was there before")
    with closing(sqlite3.connect(queue, isolation_level=None)) as earlier:
        earlier.execute("UPDATE job SET state = 'running' WHERE number = 2")
        assert [one.state for one in jobs.jobs()] == [JobState.RUNNING, JobState.FAILED]
        with pytest.raises(sqlite3.OperationalError, match="no such column: series_faulty"):
            earlier.execute("UPDATE job SET rate = 0, series_done = 0, series_faulty = 0 WHERE number = 2")
        earlier.execute(
            "UPDATE job SET state = ?, message = ?, rate = 0 WHERE number = ? AND state = ?",
            ("failed", "Something unexpected went wrong.", 2, "running"),
        )
    assert jobs.get(2).state is JobState.FAILED
    jobs.resume(2)
    taken = jobs.take()
    assert taken is not None
    assert taken.number == 2


def test_processes_that_open_an_earlier_layout_at_once_do_not_collide(queue: Path) -> None:
    write(queue, "counting what was fetched")
    code = (
        "from app.downloads import jobs; print('ready', flush=True); input();"
        "print([(one.number, one.progress.series_failed) for one in jobs.jobs()])"
    )
    pipe = subprocess.PIPE
    processes = [
        subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdin=pipe, stdout=pipe, text=True) for _ in range(3)
    ]
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = [process.communicate()[0] for process in processes]
    assert answers == ["[(2, 0), (1, 2)]\n"] * 3
    assert jobs.get(1).progress.files_present == 1


def test_a_queue_of_a_newer_version_is_refused_in_one_sentence_and_left_alone(
    queue: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IDC_COHORT_DOWNLOAD_ROOT", str(queue.parent))
    settings.cache_clear()
    wanted, _ = made_up(1, 1, 1)
    jobs.add("New", wanted, Path("/data"), Cloud.AWS)
    with closing(sqlite3.connect(queue)) as connection:
        connection.execute("PRAGMA user_version = 2")
    before = queue.read_bytes()
    with pytest.raises(UserError, match="was written by a newer version of this app: update the app") as caught:
        jobs.jobs()
    with pytest.raises(UserError):
        jobs.add("New", wanted, Path("/data"), Cloud.AWS)

    def page() -> None:
        from components.local_files.downloads import download_list

        download_list()

    shown = AppTest.from_function(page, default_timeout=60).run()
    assert not shown.exception
    assert [one.value for one in shown.text] == [str(caught.value)]
    assert queue.read_bytes() == before


def test_errors_are_kept_by_name_since_their_sentences_change(queue: Path) -> None:
    wanted, _ = made_up(len(ErrorKind), 1, 1)
    number = jobs.add("New", wanted, Path("/data"), Cloud.AWS)
    ended = [SeriesOutcome(one, error=kind) for one, kind in zip(wanted, ErrorKind, strict=True)]
    jobs.note(number, TransferProgress(), 0, ended)
    with reading() as connection:
        kept = [name for (name,) in connection.execute("SELECT error FROM series ORDER BY place")]
    assert kept == [
        *("FORBIDDEN", "NOT_FOUND", "SERVER", "REJECTED", "CUT", "STALLED", "NAME", "REFUSED", "DISK_FULL", "WRITE"),
        *("COUNT", "BYTES", "UNSAFE", "NOT_TRIED", "OTHER"),
    ]
    assert [one.error for one in jobs.failed(number)] == [*ErrorKind]
