"""The server of the app, with what is measured of it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.request import urlopen

import psutil

from tests.support.server import served


@dataclass(frozen=True, slots=True)
class Server:
    """A running server; `seconds_to_answer` is from the start of its process to its first answer."""

    url: str
    process: psutil.Process
    seconds_to_answer: float

    def get(self, path: str) -> int:
        """Read an answer to its end and throw it away; its size in bytes."""
        size = 0
        with urlopen(f"{self.url}/{path}", timeout=600) as answer:
            while piece := answer.read(1 << 18):
                size += len(piece)
        return size

    def memory(self) -> dict[str, int]:
        """Resident, proportional and own memory in MB; platforms without the latter two give the first."""
        info = self.process.memory_full_info()
        fields = {"rss": info.rss, "pss": getattr(info, "pss", None), "uss": getattr(info, "uss", None)}
        return {f"{name}_MB": round(value / 1e6) for name, value in fields.items() if value is not None}

    def rest(self) -> None:
        """Wait until it does nothing, as what it reads ahead begins with its first answer."""
        before = -1.0
        while self.processor_seconds() > before + 0.02:
            before = self.processor_seconds()
            time.sleep(1)

    def processor_seconds(self) -> float:
        """Processor time of its process so far, in its own code and in the system's."""
        spent = self.process.cpu_times()
        return float(spent.user + spent.system)


@contextmanager
def serve(module: str = "app.server", **environment: str) -> Iterator[Server]:
    """Serve ``<module>:app`` on a free port until the block ends."""
    started = time.perf_counter()
    with served({**os.environ, **environment}, module, ready="api/counts") as server:
        yield Server(server.url, psutil.Process(server.pid), time.perf_counter() - started)
