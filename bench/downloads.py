"""Downloads beside bare s5cmd: the same files from the same server, with and without latency, in turns."""

from __future__ import annotations

import asyncio
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
from pathlib import Path
from typing import Any

from app.downloads.plan import Series
from app.downloads.transfer import Transfer
from bench.figures import say, table
from bench.s3_server import S3Server
from tests.server import ROOT

SERIES, FILES, SIZE = 20, 100, 500_000
LATENCIES = (0.0, 0.05)
_BUCKET = "idc-open-data"


def measure(rounds: int) -> dict[str, Any]:
    """Seconds of each downloader, `rounds` times in turns; the ratio is that of the medians."""
    found: dict[str, dict[str, Any]] = {}
    for latency in LATENCIES:
        with _serving(latency) as url:
            seconds: dict[str, list[float]] = {name: [] for name in DOWNLOADERS}
            for turn in range(rounds):
                for name, download in DOWNLOADERS.items():
                    seconds[name].append(_time(download, url))
                say(f"{latency * 1e3:.0f} ms latency, round {turn + 1} of {rounds}")
        medians = {name: statistics.median(times) for name, times in seconds.items()}
        found[f"{latency * 1e3:.0f} ms"] = {
            "seconds": {name: [round(one, 2) for one in times] for name, times in seconds.items()},
            "MB_per_second": {name: round(SERIES * FILES * SIZE / 1e6 / each) for name, each in medians.items()},
            "speed_against_s5cmd": round(medians["s5cmd"] / medians["app"], 2),
        }
    table(
        f"Download of {SERIES * FILES:,} files of {SIZE / 1e6} MB from this machine, medians of {rounds}",
        ["latency", "s5cmd MB/s", "app MB/s", "app / s5cmd"],
        [
            [name, one["MB_per_second"]["s5cmd"], one["MB_per_second"]["app"], one["speed_against_s5cmd"]]
            for name, one in found.items()
        ],
    )
    return found


def _time(download: Callable[[str, Path], None], url: str) -> float:
    folder = Path(tempfile.mkdtemp(prefix="downloads-"))
    try:
        os.sync()  # what the one before has written must not be waited for by the next
        started = time.perf_counter()
        download(url, folder)
        seconds = time.perf_counter() - started
        sizes = [path.stat().st_size for path in folder.rglob("*.dcm")]
        assert sizes == [SIZE] * SERIES * FILES, f"{len(sizes)} files"
        return seconds
    finally:
        shutil.rmtree(folder)


def _by_s5cmd(url: str, folder: Path) -> None:
    lines = "".join(f"cp s3://{_BUCKET}/{name}/* {folder / name}/\n" for name in _names())
    command = [str(Path(sys.executable).with_name("s5cmd")), "--no-sign-request", "--endpoint-url", url, "run"]
    subprocess.run(command, input=lines.encode(), stdout=subprocess.DEVNULL, check=True)


def _by_app(url: str, folder: Path) -> None:
    command = [sys.executable, "-m", "bench.downloads", "fetch", url, str(folder)]
    subprocess.run(command, cwd=ROOT, check=True)


DOWNLOADERS: dict[str, Callable[[str, Path], None]] = {"s5cmd": _by_s5cmd, "app": _by_app}


def _names() -> list[str]:
    return [str(uuid.UUID(int=number)) for number in range(SERIES)]


@contextmanager
def _serving(latency: float) -> Iterator[str]:
    command = [sys.executable, "-m", "bench.downloads", "serve", str(latency)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


async def _serve(latency: float) -> None:
    content = os.urandom(SIZE)
    keys = [f"{name}/{uuid.uuid5(uuid.UUID(name), str(number))}.dcm" for name in _names() for number in range(FILES)]
    server = S3Server({_BUCKET: dict.fromkeys(keys, content)}, latency)
    listening = await server.serve()
    print(server.url, flush=True)
    await listening.serve_forever()


def _fetch(url: str, folder: Path) -> None:
    wanted = [Series(name, _BUCKET, name, name, FILES, FILES * SIZE) for name in _names()]
    for reports in Transfer(folder, url).run(wanted):
        assert not any(report.fault for report in reports), reports


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        asyncio.run(_serve(float(sys.argv[2])))
    else:
        _fetch(sys.argv[2], Path(sys.argv[3]))
