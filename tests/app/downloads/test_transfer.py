"""The transfer against a local S3 with faults: every file whole, every fault named, nothing fetched twice."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from time import monotonic

import pytest

from app.common.errors import UserError
from app.downloads.plan import require_space
from app.downloads.transfer import Transfer
from app.storage.errors import ErrorKind
from app.storage.limits import Limits
from app.storage.store import WantedSeries
from tests.support.downloads import BUCKET, QUICK, expected, fetch, keys_of, made_up, on_disk
from tests.support.paths import ROOT
from tests.support.s3_server import Fault, S3Server


def test_everything_is_fetched_once(tmp_path: Path) -> None:
    wanted, objects = made_up(6, 7, 30_000)
    with S3Server({BUCKET: objects}).running() as server:
        transfer, reports = fetch(tmp_path, server.url, wanted)
        assert on_disk(tmp_path) == expected(wanted, objects)
        assert {one.error for one in reports.values()} == {None}
        assert sorted(key for _, key, _ in server.log) == sorted(objects)
        progress = transfer.progress
        assert (progress.series_done, progress.files_done, progress.bytes_done) == (6, 42, 42 * 30_000)
        # Once more: nothing is left to do.
        again, reports = fetch(tmp_path, server.url, wanted)
        assert len(server.log) == len(objects)
        assert (again.progress.files_done, again.progress.files_present) == (42, 42)
        assert {(one.present_files, one.present_bytes) for one in reports.values()} == {(7, 210_000)}


@pytest.fixture
def short_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is large is so from 70,000 bytes on."""
    monkeypatch.setattr("app.downloads.file.RANGE", 70_000)


def test_large_files_come_in_ranges_and_no_byte_twice(tmp_path: Path, short_ranges: None) -> None:
    wanted, objects = made_up(2, 3, 1_000_003)
    with S3Server({BUCKET: objects}).running() as server:
        transfer, reports = fetch(tmp_path, server.url, wanted)
        asked = [key for _, key, _ in server.log]
        assert {key: asked.count(key) for key in objects} == dict.fromkeys(objects, 15)
        assert server.bytes_sent == transfer.progress.bytes_received == transfer.progress.bytes_done == 6_000_018
        assert on_disk(tmp_path) == expected(wanted, objects)
        assert {(one.error, one.fetched_files, one.fetched_bytes) for one in reports.values()} == {(None, 3, 3_000_009)}
        fetch(tmp_path, server.url, wanted)
        assert len(server.log) == len(asked)


_KILLED = """
import sys
from pathlib import Path
from app.downloads import file
from app.storage.limits import Limits
from tests.support.downloads import fetch, made_up
file.RANGE = 70_000
fetch(Path(sys.argv[1]), sys.argv[2], made_up(2, 4, 500_000)[0], Limits(parallel=3, bytes_per_second=2e6))
"""


def test_of_a_killed_download_only_files_under_way_come_again(tmp_path: Path, short_ranges: None) -> None:
    wanted, objects = made_up(2, 4, 500_000)
    with S3Server({BUCKET: objects}).running() as server:
        process = subprocess.Popen([sys.executable, "-c", _KILLED, str(tmp_path), server.url], cwd=ROOT)
        assert server.wait_for(36)  # each file takes eight
        process.kill()
        process.wait()
        left = on_disk(tmp_path)
        whole = {path: content for path, content in left.items() if path.endswith(".dcm")}
        assert whole.items() <= expected(wanted, objects).items()
        assert len(whole) >= 3
        assert len(left) - len(whole) <= 3
        before = len(server.log)
        fetch(tmp_path, server.url, wanted)
        again = {key for _, key, _ in server.log[before:]}
    assert on_disk(tmp_path) == expected(wanted, objects)
    assert not {key for key in again if any(path.endswith(key.split("/")[1]) for path in whole)}
    assert len(again) == 8 - len(whole)


def test_a_listing_of_many_pages(tmp_path: Path) -> None:
    wanted, objects = made_up(1, 2_345, 10)
    with S3Server({BUCKET: objects}).running() as server:
        fetch(tmp_path, server.url, wanted, Limits(parallel=32))
        assert len(server.listings) == 3
    assert on_disk(tmp_path) == expected(wanted, objects)


def test_what_is_there_is_judged_by_its_size_alone(tmp_path: Path) -> None:
    """A shorter or a longer file, a link, a left-over half: all are replaced; the rest is left alone."""
    wanted, objects = made_up(1, 5, 1000)
    whole = expected(wanted, objects)
    short, long, link, half, good = whole
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(b"x" * 1000)
    root = tmp_path / "root"
    (root / wanted[0].folder).mkdir(parents=True)
    (root / short).write_bytes(whole[short][:-1])
    (root / long).write_bytes(whole[long] + b"x")
    (root / link).symlink_to(elsewhere)
    (root / f"{half}.part").symlink_to(elsewhere)
    (root / good).write_bytes(whole[good])
    with S3Server({BUCKET: objects}).running() as server:
        fetch(root, server.url, wanted)
        assert len(server.log) == 4
    assert on_disk(root) == whole
    assert not (root / link).is_symlink()
    assert elsewhere.read_bytes() == b"x" * 1000


def test_a_dry_run_looks_and_writes_nothing(tmp_path: Path) -> None:
    wanted, objects = made_up(3, 4, 100)
    with S3Server({BUCKET: objects}).running() as server:
        fetch(tmp_path / "root", server.url, wanted[:1])
        before = len(server.log)
        _, reports = fetch(tmp_path / "root", server.url, wanted, dry_run=True)
        _, elsewhere = fetch(tmp_path / "new", server.url, wanted, dry_run=True)
        assert len(server.log) == before
    assert on_disk(tmp_path / "root") == expected(wanted[:1], objects)
    assert not (tmp_path / "new").exists()
    found = [(one.present_files, one.present_bytes, one.fetched_files, one.fetched_bytes) for one in reports.values()]
    assert sorted(found) == [(0, 0, 4, 400), (0, 0, 4, 400), (4, 400, 0, 0)]
    assert sum(one.fetched_bytes for one in elsewhere.values()) == 1200


@pytest.mark.parametrize("length", [70_000, 1 << 24], ids=["in ranges", "at once"])
def test_each_fault_is_named_and_leaves_the_rest_intact(
    length: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.downloads.file.RANGE", length)
    wanted, objects = made_up(15, 3, 300_000)
    first = [keys_of(one, objects)[0] for one in wanted]
    prefix = [f"{one.crdc_uuid}/" for one in wanted]
    faults = {
        first[0]: Fault(status=403),
        first[1]: Fault(status=404),
        first[2]: Fault(status=500),
        first[3]: Fault("cut"),
        first[4]: Fault("stall"),
        keys_of(wanted[4], objects)[1]: Fault("silence"),
        prefix[5]: Fault(status=403),
        prefix[6]: Fault("silence"),
        # What happens once is mended by a retry.
        first[7]: Fault(status=500, times=1),
        first[8]: Fault("cut", times=1),
        first[9]: Fault("stall", times=1),
    }
    wanted[10] = replace(wanted[10], instances=4)
    wanted[11] = replace(wanted[11], size_bytes=900_001)
    objects[f"{prefix[12]}../../../../escaped"] = b"x"
    objects[f"{prefix[13]}.hidden/other"] = b"x"
    wanted[14] = replace(wanted[14], crdc_uuid="0" * 36)
    with S3Server({BUCKET: objects}, faults=faults).running() as server:
        transfer, reports = fetch(tmp_path / "root", server.url, wanted)
    named = [
        ErrorKind.FORBIDDEN,
        ErrorKind.NOT_FOUND,
        ErrorKind.SERVER,
        ErrorKind.CUT,
        ErrorKind.STALLED,
        ErrorKind.FORBIDDEN,
        ErrorKind.STALLED,
        *[None] * 3,
        ErrorKind.COUNT,
        ErrorKind.BYTES,
        ErrorKind.UNSAFE,
        ErrorKind.UNSAFE,
        ErrorKind.NOT_FOUND,
    ]
    assert [reports[one.uid].error for one in wanted] == named
    assert transfer.stopped_by is None
    never = {key for key, wrong in faults.items() if wrong.times is None}
    kept = {key: content for key, content in objects.items() if key not in never}
    listed = [one for number, one in enumerate(wanted) if number not in (5, 6, 12, 13, 14)]
    assert on_disk(tmp_path / "root") == expected(listed, kept)
    assert transfer.progress.bytes_done == sum(map(len, expected(listed, kept).values()))


def closed_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


@pytest.mark.parametrize("fault", [ErrorKind.NAME, ErrorKind.REFUSED])
def test_a_source_that_is_not_there(tmp_path: Path, fault: ErrorKind) -> None:
    """After some series have found that out, the others are not tried one by one."""
    wanted, _ = made_up(60, 1, 10)
    address = "http://no-such-host.invalid" if fault is ErrorKind.NAME else closed_port()
    transfer, reports = fetch(tmp_path, address, wanted)
    assert transfer.stopped_by is fault
    assert len(reports) == 60
    assert {one.error for one in reports.values()} == {fault, ErrorKind.NOT_TRIED}
    assert on_disk(tmp_path) == {}


_SCRIPT = """
import sys
from pathlib import Path
from tests.support.downloads import fetch, made_up
wanted, _ = made_up(8, 5, 100_000)
transfer, reports = fetch(Path(sys.argv[1]), sys.argv[2], wanted)
faults = {one.error.name for one in reports.values() if one.error}
print([transfer.stopped_by and transfer.stopped_by.name, sorted(faults)])
"""


def test_a_full_disk(tmp_path: Path) -> None:
    """In a file system of 1.5 MB; where none may be mounted, under a limit on the size of a file."""
    wanted, objects = made_up(8, 5, 100_000)
    script = [sys.executable, "-c", _SCRIPT, str(tmp_path / "root")]
    (tmp_path / "root").mkdir()
    # The files are copied out before the small file system goes with the process.
    mounted = 'mount -t tmpfs -o size=1500k tmpfs "$4" && "$@" && cp -r "$4/." "$0"'
    limited = 'ulimit -f 190; "$@" && cp -r "$4/." "$0"'
    with S3Server({BUCKET: objects}).running() as server:

        def run(*shell: str) -> subprocess.CompletedProcess[str]:
            command = [*shell, str(tmp_path / "kept"), *script, server.url]
            return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

        (tmp_path / "kept").mkdir()
        done = run("unshare", "-rm", "sh", "-c", mounted)
        told = "['DISK_FULL', ['DISK_FULL', 'NOT_TRIED']]\n"
        if done.returncode:
            done = run("bash", "-c", limited)
            told = "[None, ['WRITE']]\n"
    assert done.stdout == told, done.stderr
    kept = on_disk(tmp_path / "kept")
    assert kept.items() <= expected(wanted, objects).items()


def test_no_room_is_said_before_the_start(tmp_path: Path) -> None:
    wanted, objects = made_up(2, 2, 1000)
    require_space(tmp_path, wanted)
    vast = replace(wanted[0], size_bytes=10**18)
    with pytest.raises(UserError, match="still to come"):
        require_space(tmp_path / "not" / "yet", [vast, wanted[1]])
    # What is there already needs no room.
    with S3Server({BUCKET: objects}).running() as server:
        fetch(tmp_path, server.url, wanted)
    (path,) = {(tmp_path / one).parent for one in on_disk(tmp_path) if one.startswith(wanted[0].folder)}
    os.truncate(next(path.iterdir()), 10**13)
    require_space(tmp_path, [replace(wanted[0], size_bytes=10**13)])


def test_stopping_leaves_whole_files_only(tmp_path: Path, short_ranges: None) -> None:
    wanted, objects = made_up(4, 10, 400_000)
    with S3Server({BUCKET: objects}).running() as server:
        transfer = Transfer(tmp_path, server.url, replace(QUICK, bytes_per_second=8e6))
        for _ in transfer.run(wanted):
            if transfer.progress.files_done:
                transfer.stop()
        assert 0 < len(on_disk(tmp_path)) < 40
        assert on_disk(tmp_path).items() <= expected(wanted, objects).items()
        assert transfer.progress.bytes_done == sum(map(len, on_disk(tmp_path).values()))
        fetch(tmp_path, server.url, wanted)
    assert on_disk(tmp_path) == expected(wanted, objects)


def test_a_limit_holds(tmp_path: Path, short_ranges: None) -> None:
    """Bytes pass the limit's own clock no sooner than they may."""
    wanted, objects = made_up(2, 5, 200_000)
    with S3Server({BUCKET: objects}).running() as server:
        started = monotonic()
        fetch(tmp_path, server.url, wanted, Limits(parallel=4, bytes_per_second=2e6))
        assert monotonic() - started >= 0.9
    assert on_disk(tmp_path) == expected(wanted, objects)


@pytest.mark.parametrize(
    "limits", [{"parallel": 0}, {"parallel": 10_000}, {"bytes_per_second": 0.0}, {"bytes_per_second": float("nan")}]
)
def test_limits_make_sense(limits: dict[str, float]) -> None:
    with pytest.raises(UserError):
        Limits(**limits)  # type: ignore[arg-type]


def test_a_folder_that_leads_out_is_not_followed(tmp_path: Path) -> None:
    wanted, objects = made_up(2, 2, 100)
    outside, root = tmp_path / "outside", tmp_path / "root"
    outside.mkdir()
    root.mkdir()
    (root / "patient 0").symlink_to(outside)
    with S3Server({BUCKET: objects}).running() as server:
        _, reports = fetch(root, server.url, wanted)
    assert [reports[one.uid].error for one in wanted] == [ErrorKind.WRITE, None]
    assert on_disk(outside) == {}


def test_a_file_of_nothing_and_a_series_of_nothing(tmp_path: Path) -> None:
    wanted, objects = made_up(1, 1, 0)
    nothing = WantedSeries("1.2.9", BUCKET, "1" * 36, "nothing", 0, 0)
    with S3Server({BUCKET: objects}).running() as server:
        _, reports = fetch(tmp_path, server.url, [*wanted, nothing])
    assert [one.error for one in (reports["1.2.0"], reports["1.2.9"])] == [None, ErrorKind.NOT_FOUND]
    assert on_disk(tmp_path) == expected(wanted, objects)
