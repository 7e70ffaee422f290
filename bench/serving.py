"""A server of the app in a process of its own, as ``make run`` starts it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psutil

ROOT = Path(__file__).resolve().parent.parent

_START_TIMEOUT = 120


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


@contextmanager
def serve(module: str = "app.server", **environment: str) -> Iterator[Server]:
    """Serve ``<module>:app`` on a free port until the block ends."""
    port = _free_port()
    command = [sys.executable, "-m", "uvicorn", f"{module}:app", "--port", str(port)]
    command += ["--ws-per-message-deflate", "false", "--log-level", "warning"]
    started = time.perf_counter()
    with subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environment}) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(f"{url}/api/counts", process)
            yield Server(url, psutil.Process(process.pid), time.perf_counter() - started)
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_TIMEOUT
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"The server ended with code {process.returncode} before it answered.")
        try:
            with urlopen(url, timeout=10):
                return
        except (URLError, OSError):
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.01)
    raise RuntimeError(f"The server did not answer within {_START_TIMEOUT} s.")
