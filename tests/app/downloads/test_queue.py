"""The queue: jobs outlive killed workers and servers, are run by one worker only, and can be paused and retried."""

from __future__ import annotations

import os
import random
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock

from app.catalog.build import catalog_folder
from app.common.errors import UserError
from app.common.settings import Settings, settings
from app.downloads import jobs, worker
from app.downloads.database import folder
from app.downloads.jobs import Job, JobState
from app.storage.buckets import Cloud
from app.storage.errors import ErrorKind
from app.storage.limits import Limits
from app.storage.store import WantedSeries
from tests.support import server as serving
from tests.support.downloads import BUCKET, QUICK, environment, expected, keys_of, made_up, on_disk, start_worker
from tests.support.s3_server import Fault, S3Server

CATALOG = catalog_folder().parent

#: Slow enough to be caught in the middle of files.
SLOW = Limits(parallel=4, bytes_per_second=20e6)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder to download into, with a queue of its own in this process."""
    monkeypatch.setenv("IDC_COHORT_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("IDC_COHORT_DOWNLOAD_ROOT", str(tmp_path / "root"))
    settings.cache_clear()
    yield tmp_path / "root"
    settings.cache_clear()


def environment_of(root: Path, server: S3Server) -> dict[str, str]:
    return environment(root.parent / "data", root, server.url)


def run_to_the_end(root: Path, server: S3Server) -> None:
    with start_worker(environment_of(root, server)) as process:
        assert process.wait(60) == 0


def kill(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.communicate()


def test_a_worker_killed_at_ten_points_ends_with_the_same_files(root: Path) -> None:
    wanted, objects = made_up(10, 20, 150_000)
    chance = random.Random(7)
    points = sorted(chance.sample(range(5, len(objects) - 5), 10))
    with S3Server({BUCKET: objects}).running() as server:
        number = jobs.add("killed", wanted, root, Cloud.AWS, SLOW)
        whole: dict[str, int] = {}
        for point in points:
            process = start_worker(environment_of(root, server))
            assert server.wait_for(point)
            kill(process)
            assert jobs.get(number).state is JobState.RUNNING
            for path in on_disk(root):
                if path.endswith(".dcm"):
                    whole.setdefault(path, len(server.log))
        run_to_the_end(root, server)
    assert on_disk(root) == expected(wanted, objects)
    assert jobs.get(number).state is JobState.DONE
    # A file that was whole at a kill is never asked for again, so only files in flight are fetched twice.
    for path, point in whole.items():
        name = path.rpartition("/")[2]
        assert not [key for _, key, _ in server.log[point:] if key.endswith(name)]
    assert len(server.log) - len(objects) <= len(points) * SLOW.parallel
    assert len(whole) > SLOW.parallel


def test_two_workers_never_share_a_job(root: Path) -> None:
    with S3Server({BUCKET: {}}).running() as server:
        whole: dict[str, bytes] = {}
        objects: dict[str, bytes] = {}
        for seed in range(4):
            wanted, more = made_up(3, 5, 50_000, seed)
            wanted = [replace(one, folder=f"{seed}/{one.folder}") for one in wanted]
            jobs.add(f"job {seed}", wanted, root, Cloud.AWS, SLOW)
            objects |= more
            whole |= expected(wanted, more)
        server.buckets = {BUCKET: objects}
        processes = [start_worker(environment_of(root, server)) for _ in range(3)]
        assert [process.wait(60) for process in processes] == [0, 0, 0]
        for process in processes:
            process.communicate()
    assert sorted(key for _, key, _ in server.log) == sorted(objects)
    assert on_disk(root) == whole
    assert {one.state for one in jobs.jobs()} == {JobState.DONE}


def test_a_waiting_worker_takes_over(root: Path) -> None:
    wanted, objects = made_up(4, 10, 100_000)
    with S3Server({BUCKET: objects}).running() as server:
        jobs.add("taken over", wanted, root, Cloud.AWS, SLOW)
        first = start_worker(environment_of(root, server))
        assert server.wait_for(3)
        second = start_worker(environment_of(root, server))
        kill(first)
        assert second.wait(60) == 0
        second.communicate()
    assert on_disk(root) == expected(wanted, objects)


def test_a_worker_ends_with_its_server_and_leaves_whole_files(root: Path) -> None:
    wanted, objects = made_up(4, 20, 100_000)
    with S3Server({BUCKET: objects}).running() as server:
        number = jobs.add("server ends", wanted, root, Cloud.AWS, replace(SLOW, bytes_per_second=4e6))
        process = start_worker(environment_of(root, server))
        assert server.wait_for(5)
        process.communicate(timeout=30)  # closes its stdin
        assert jobs.get(number).state is JobState.RUNNING
        assert on_disk(root).items() <= expected(wanted, objects).items()
        run_to_the_end(root, server)
    assert on_disk(root) == expected(wanted, objects)


def test_a_server_that_starts_again_goes_on_by_itself(root: Path) -> None:
    """Nobody visits a page; the first server is killed, the second stopped in good order."""
    wanted, objects = made_up(6, 10, 100_000)
    (root.parent / "data").mkdir()
    (root.parent / "data" / "catalog").symlink_to(CATALOG)
    with S3Server({BUCKET: objects}).running() as server:
        number = jobs.add("two servers", wanted, root, Cloud.AWS, replace(SLOW, bytes_per_second=4e6))
        with serving.served(os.environ | environment_of(root, server), ready="api/counts") as first:
            assert server.wait_for(5)
            os.kill(first.pid, signal.SIGKILL)
        with serving.served(os.environ | environment_of(root, server), ready="api/counts"):
            assert server.wait_for(len(objects))
            with FileLock(folder() / "worker.lock"):  # the worker has ended
                assert jobs.get(number).state is JobState.DONE
    assert on_disk(root) == expected(wanted, objects)


def test_pause_resume_and_cancel(root: Path) -> None:
    wanted, objects = made_up(4, 20, 100_000)
    with S3Server({BUCKET: objects}).running() as server:
        number = jobs.add("paused", wanted, root, Cloud.AWS, replace(SLOW, bytes_per_second=4e6))
        process = start_worker(environment_of(root, server))
        assert server.wait_for(5)
        jobs.pause(number)
        assert process.wait(30) == 0  # nothing else is to do
        process.communicate()
        paused = jobs.get(number)
        assert paused.state is JobState.PAUSED
        assert 0 < len(on_disk(root)) < len(objects)
        assert paused.progress.bytes_done == sum(map(len, on_disk(root).values()))
        jobs.cancel(number)
        assert jobs.get(number).state is JobState.CANCELLED
        run_to_the_end(root, server)
        assert len(on_disk(root)) < len(objects)
        jobs.resume(number)
        run_to_the_end(root, server)
    done = jobs.get(number)
    assert (done.state, done.share) == (JobState.DONE, 1.0)
    assert on_disk(root) == expected(wanted, objects)
    jobs.remove(number)
    assert jobs.jobs() == []
    assert on_disk(root) == expected(wanted, objects)


def test_retry_makes_a_job_of_just_the_faulty_series(root: Path) -> None:
    wanted, objects = made_up(5, 3, 1000)
    faults = {keys_of(wanted[1], objects)[0]: Fault(status=403), f"{wanted[3].crdc_uuid}/": Fault(status=403)}
    with S3Server({BUCKET: objects}, faults=faults).running() as server:
        number = jobs.add("faulty", wanted, root, Cloud.AWS, QUICK)
        run_to_the_end(root, server)
        ended = jobs.get(number)
        assert (ended.state, ended.message) == (JobState.FAILED, "Not complete: 2 of 5 series.")
        assert [(one.uid, one.error) for one in jobs.failed(number)] == [
            ("1.2.1", ErrorKind.FORBIDDEN),
            ("1.2.3", ErrorKind.FORBIDDEN),
        ]
        server.faults = {}
        before = len(server.log)
        again = jobs.retry(number)
        assert list(jobs.series(again)) == [wanted[1], wanted[3]]
        run_to_the_end(root, server)
        assert jobs.get(again).state is JobState.DONE
        assert len(server.log) - before == 4
    assert on_disk(root) == expected(wanted, objects)
    with pytest.raises(UserError, match="nothing to download"):
        jobs.retry(again)


def test_a_dry_run_says_what_would_come(root: Path) -> None:
    wanted, objects = made_up(3, 4, 100)
    with S3Server({BUCKET: objects}).running() as server:
        number = jobs.add("looked at", wanted, root, Cloud.AWS, QUICK, dry_run=True)
        run_to_the_end(root, server)
        assert server.log == []
    job = jobs.get(number)
    assert (job.state, job.share, job.progress.files_done, job.files) == (JobState.DONE, 1.0, 0, 12)
    assert not root.exists()


def test_a_job_outside_the_root_is_refused_when_it_runs(root: Path, tmp_path: Path) -> None:
    """The operator may have moved the root since."""
    wanted, objects = made_up(1, 1, 10)
    with S3Server({BUCKET: objects}).running() as server:
        number = jobs.add("outside", wanted, tmp_path / "elsewhere", Cloud.AWS)
        run_to_the_end(root, server)
        assert server.listings == []
    job = jobs.get(number)
    assert job.state is JobState.FAILED
    assert "lies outside" in job.message


def test_two_downloads_do_not_write_into_one_folder(root: Path) -> None:
    wanted, _ = made_up(1, 1, 10)
    number = jobs.add("second", wanted, root, Cloud.AWS)
    with worker.claim(root), S3Server({BUCKET: {}}).running() as server:
        run_to_the_end(root, server)
    assert jobs.get(number).message.startswith("Another download is writing into")


def test_many_series_are_read_in_order(root: Path) -> None:
    wanted = [WantedSeries(f"1.2.{place}", BUCKET, f"{place:036}", "", 1, 2) for place in range(2500)]
    number = jobs.add("many", iter(wanted), root, Cloud.GCS)
    assert list(jobs.series(number)) == wanted
    job = jobs.get(number)
    assert (job.series, job.files, job.size_bytes) == (2500, 2500, 5000)


def test_an_empty_download_leaves_no_job(root: Path) -> None:
    with pytest.raises(UserError, match="nothing to download"):
        jobs.add("empty", [], root, Cloud.AWS)
    assert jobs.jobs() == []
    with pytest.raises(UserError, match="no longer in the list"):
        jobs.get(1)


def test_time_left_follows_the_rate(root: Path) -> None:
    wanted, _ = made_up(1, 4, 250)
    number = jobs.add("timed", wanted, root, Cloud.AWS)
    job: Job | None = jobs.take()
    assert job is not None
    job.progress.bytes_done = 400
    assert jobs.note(number, job.progress, 100.0, [])
    now = jobs.get(number)
    assert (now.share, now.seconds_left) == (0.4, 6.0)
    jobs.pause(number)
    assert not jobs.note(number, job.progress, 100.0, [])
    assert jobs.get(number).seconds_left is None


@pytest.mark.parametrize(
    ("environment", "root"),
    [({}, None), ({"IDC_COHORT_DOWNLOAD_ROOT": ""}, None), ({"IDC_COHORT_DOWNLOAD_ROOT": "/srv/share"}, "/srv/share")],
)
def test_downloads_are_off_unless_a_root_is_named(
    environment: dict[str, str], root: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("IDC_COHORT_DOWNLOAD_ROOT", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    found: Settings = settings()
    settings.cache_clear()
    assert found.download_root == (Path(root) if root else None)
