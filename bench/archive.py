"""ZIPs of about 1 GB from the running server over a local S3: speed, and memory with four readers."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.request import urlopen

from app.catalog.catalog import open_catalog
from app.cohort.cohort import Cohort
from app.downloads.paths import DEFAULT_TEMPLATE, Template
from app.downloads.plan import series_of
from app.interface.archive_links import link
from app.selection.selection import Selection
from app.storage.buckets import Cloud
from bench.figures import say, table
from bench.serving import Server, serve
from tests.support.paths import ROOT
from tests.support.s3_server import S3Server

MEMORY_AIM_MB = 120

_QUERY = "PatientID=1.3.6.1.4.1.9328.50.4.0407&Modality=CT"
_PIECE = 1 << 20
_LEAVES_AFTER = 100


def measure() -> dict[str, Any]:
    """One reader alone, then four at once: two at full speed, one that waits for them, one that leaves."""
    cohort = Cohort.from_query(_QUERY)
    address = link(cohort, Cloud.AWS)
    with _serving() as url, serve(IDC_COHORT_S3_ENDPOINT=url, IDC_COHORT_ZIPS_AT_ONCE="4") as server:
        server.rest()
        before = server.memory()["rss_MB"]
        say("one reader")
        started = time.perf_counter()
        alone = _Readers(server, address, ["full"])
        seconds = time.perf_counter() - started
        say("four readers")
        together = _Readers(server, address, ["full", "full", "waiting", "leaving"])
    megabytes = round(alone.received["full"] / 1e6)
    speed = round(megabytes / seconds)
    more = {"one reader": alone.peak_mb - before, "four readers": together.peak_mb - before}
    table(
        f"ZIP of {megabytes:,} MB, {speed:,} MB/s (memory aim: at most {MEMORY_AIM_MB} MB more)",
        ["readers", "more resident MB"],
        [[name, value] for name, value in more.items()],
    )
    return {"MB": megabytes, "MB_per_second": speed, "more_rss_MB": more}


class _Readers:
    """Read one ZIP in several ways at once, to the end of all."""

    def __init__(self, server: Server, address: str, ways: list[str]) -> None:
        self.peak_mb = 0
        self.received: dict[str, int] = {}
        self._server, self._address = server, address
        self._others_done = threading.Event()
        threads = [(way, threading.Thread(target=self._read, args=(way,))) for way in ways]
        for _, thread in threads:
            thread.start()
        for way, thread in threads:
            if way != "waiting":
                thread.join()
        self._others_done.set()
        for _, thread in threads:
            thread.join()

    def _read(self, way: str) -> None:
        received = 0
        with urlopen(f"{self._server.url}/{self._address}", timeout=600) as answer:
            for number in range(1 << 30):
                piece = answer.read(_PIECE)
                received += len(piece)
                self.peak_mb = max(self.peak_mb, self._server.memory()["rss_MB"] if number % 16 == 0 else 0)
                if not piece or (way == "leaving" and number == _LEAVES_AFTER):
                    break
                if way == "waiting" and number == 0:
                    self._others_done.wait(100)
            assert way == "leaving" or received == int(answer.headers["Content-Length"])
        self.received[way] = received


@contextmanager
def _serving() -> Iterator[str]:
    command = [sys.executable, "-m", "bench.archive"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


async def _serve() -> None:
    wanted = list(
        series_of(Selection(open_catalog(), Cohort.from_query(_QUERY)), Cloud.AWS, Template(DEFAULT_TEMPLATE))
    )
    content = memoryview(os.urandom(max(series.size_bytes for series in wanted)))
    objects: dict[str, Any] = {}
    for series in wanted:
        each, rest = divmod(series.size_bytes, series.instances)
        for number in range(series.instances):
            name = uuid.uuid5(uuid.UUID(series.crdc_uuid), str(number))
            objects[f"{series.crdc_uuid}/{name}.dcm"] = content[: each + (rest if number == 0 else 0)]
    server = S3Server({series.bucket: objects for series in wanted})
    listening = await server.serve()
    print(server.url, flush=True)
    await listening.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve())
