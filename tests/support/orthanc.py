"""A real DICOMweb server for tests: Orthanc with its DICOMweb plugin, Debian's packages.

``python -m tests.support.orthanc`` installs them if need be and says where they are.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support import debian
from tests.support.answers import wait_for_answer

PACKAGES = ("orthanc", "orthanc-dicomweb")
PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")

#: Where Debian keeps a server, which not everybody's PATH has.
_PATH = "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin"


@dataclass(frozen=True, slots=True)
class Orthanc:
    """A running server; `url` is its own root, `dicomweb` that of QIDO-RS and WADO-RS."""

    url: str

    @property
    def dicomweb(self) -> str:
        """Root of the DICOMweb services."""
        return f"{self.url}/dicom-web"

    def store(self, files: Iterable[bytes]) -> None:
        """Keep these DICOM files."""
        for file in files:
            with urllib.request.urlopen(urllib.request.Request(f"{self.url}/instances", file), timeout=60) as answer:
                answer.read()


def wanted() -> list[str]:
    """Debian packages that are to be there."""
    return [] if _command() else [*PACKAGES]


def ensure() -> str:
    """Path of Orthanc, installed with its plugin if need be.

    Raises
    ------
    SystemExit
        When it is not there and could not be installed; it says what to do.
    """
    debian.install(wanted())
    if command := _command():
        return command
    raise SystemExit("The DICOMweb tests need Orthanc: apt install orthanc orthanc-dicomweb, then try again.")


@contextmanager
def running() -> Iterator[Orthanc]:
    """An empty server on a free port of this machine, gone with all it holds at the end."""
    command = ensure()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="orthanc-") as folder:
        options = {
            "Name": "tests",
            "StorageDirectory": folder,
            "IndexDirectory": folder,
            "Plugins": [str(PLUGIN)],
            "HttpPort": port,
            "RemoteAccessAllowed": False,
            "AuthenticationEnabled": False,
            "DicomServerEnabled": False,
            "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
        }
        configuration = Path(folder) / "orthanc.json"
        configuration.write_text(json.dumps(options))
        with (Path(folder) / "log").open("wb") as log:
            process = subprocess.Popen([command, configuration], cwd=folder, stdout=log, stderr=log)
            try:
                server = Orthanc(f"http://127.0.0.1:{port}")
                wait_for_answer(f"{server.dicomweb}/studies", process, 3_000, lambda: _end_of(Path(log.name)))
                yield server
            finally:
                process.kill()  # nothing of it is kept
                process.wait(30)


def _command() -> str | None:
    return shutil.which("Orthanc", path=_PATH) if PLUGIN.is_file() else None


def _end_of(log: Path) -> str:
    return log.read_text()[-2000:]


if __name__ == "__main__":
    print(ensure())
