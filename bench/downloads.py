"""Downloads beside bare s5cmd: the same files from the same server, with and without latency, in turns.

Many small files, as of CT and MR, and one large file, as of slides.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.downloads.plan import Series
from app.downloads.transfer import Transfer
from bench.figures import say, table
from bench.s3_server import S3Server

ROOT = Path(__file__).resolve().parents[1]
LATENCIES = (0.0, 0.05)
_BUCKET = "idc-open-data"
_STARTED = "app, once started"

#: Fetches everything from an address into a folder; gives its seconds without those of its start, if it can tell.
Downloader = Callable[[str, Path, str], float | None]


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
    """Seconds of each downloader, `rounds` times in turns; the ratio is that of the medians.

    Those of the app are given without the start of Python too, which its worker pays once for a whole queue.
    """
    found: dict[str, dict[str, Any]] = {}
    for name, latency in itertools.product(LOADS, LATENCIES):
        load, where = LOADS[name], f"{latency * 1e3:.0f} ms"
        with _serving(name, latency) as url:
            seconds: dict[str, list[float]] = {timed: [] for timed in (*DOWNLOADERS, _STARTED)}
            for turn in range(rounds):
                for downloader, download in DOWNLOADERS.items():
                    whole, within = _time(download, url, name)
                    seconds[downloader].append(whole)
                    if within is not None:
                        seconds[_STARTED].append(within)
                say(f"{load.label}, {where} latency, round {turn + 1} of {rounds}")
        medians = {downloader: statistics.median(times) for downloader, times in seconds.items()}
        found[f"{load.label}, {where}"] = {
            "seconds": {downloader: [round(one, 2) for one in times] for downloader, times in seconds.items()},
            "MB_per_second": {one: round(load.size_bytes / 1e6 / each) for one, each in medians.items()},
            "speed_against_s5cmd": {one: round(medians["s5cmd"] / medians[one], 2) for one in ("app", _STARTED)},
        }
    table(
        f"Downloads from this machine, medians of {rounds}",
        ["files, latency", "s5cmd MB/s", "app MB/s", "started", "app / s5cmd", "started"],
        [[label, *one["MB_per_second"].values(), *one["speed_against_s5cmd"].values()] for label, one in found.items()],
    )
    return found


def _time(download: Downloader, url: str, name: str) -> tuple[float, float | None]:
    load = LOADS[name]
    folder = Path(tempfile.mkdtemp(prefix="downloads-"))
    try:
        os.sync()  # what the one before has written must not be waited for by the next
        started = time.perf_counter()
        within = download(url, folder, name)
        seconds = time.perf_counter() - started
        sizes = [path.stat().st_size for path in folder.rglob("*.dcm")]
        assert sizes == [load.size] * load.series * load.files, f"{len(sizes)} files"
        return seconds, within
    finally:
        shutil.rmtree(folder)


def _by_s5cmd(url: str, folder: Path, name: str) -> None:
    lines = "".join(f"cp s3://{_BUCKET}/{one}/* {folder / one}/\n" for one in LOADS[name].names)
    command = [str(Path(sys.executable).with_name("s5cmd")), "--no-sign-request", "--endpoint-url", url, "run"]
    subprocess.run(command, input=lines.encode(), stdout=subprocess.DEVNULL, check=True)


def _by_app(url: str, folder: Path, name: str) -> float:
    command = [sys.executable, "-m", "bench.downloads", "fetch", name, url, str(folder)]
    return float(subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout)


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


def _fetch(load: Load, url: str, folder: Path) -> None:
    wanted = [Series(one, _BUCKET, one, one, load.files, load.files * load.size) for one in load.names]
    started = time.perf_counter()
    for reports in Transfer(folder, url).run(wanted):
        assert not any(report.fault for report in reports), reports
    print(time.perf_counter() - started)


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        asyncio.run(_serve(LOADS[sys.argv[2]], float(sys.argv[3])))
    else:
        _fetch(LOADS[sys.argv[2]], sys.argv[3], Path(sys.argv[4]))
