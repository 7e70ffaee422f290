"""One file on its way: its ranges come in any order, and it has its own name once every byte is there."""

from __future__ import annotations

import os
import threading
from io import FileIO
from pathlib import Path

#: Bytes of a range. A larger file comes in several at once, since one connection rarely fills the line.
RANGE = 8 << 20


class PartFile:
    """A file that grows under ``<name>.part``.

    Parameters
    ----------
    path
        Where it is to stand.
    size
        Its bytes, as the source lists them.

    Attributes
    ----------
    ranges
        First byte of each range, and the byte behind its last.
    waiting
        Ranges that have not ended.
    received
        Bytes that have come.
    is_spoilt
        Whether a range has failed, so that the others need not come.
    """

    def __init__(self, path: Path, size: int) -> None:
        self.path = path
        self.size = size
        self.ranges = [(start, min(start + RANGE, size)) for start in range(0, size, RANGE)] or [(0, 0)]
        self.waiting = len(self.ranges)
        self.received = 0
        self.is_spoilt = False
        self._part = path.with_name(f"{path.name}.part")
        self._file: FileIO | None = None
        self._opening = threading.Lock()

    def write(self, chunk: memoryview, at: int) -> None:
        """Put bytes into their place, from any thread."""
        file = self.open()
        while chunk:
            written = os.pwrite(file.fileno(), chunk, at)
            chunk, at = chunk[written:], at + written

    def open(self) -> FileIO:
        """The growing file; what a killed run left there is replaced."""
        with self._opening:
            if self._file is None:
                self._part.unlink(missing_ok=True)
                # "x" follows no link that might stand there instead.
                self._file = self._part.open("xb", buffering=0)
            return self._file

    def close(self) -> bool:
        """Give it its name if it is whole, else take it away; True if it is whole."""
        if self._file is None:
            return False
        self._file.close()
        try:
            if self.is_spoilt or self.received != self.size:
                return False
            os.replace(self._part, self.path)
            return True
        finally:
            self._part.unlink(missing_ok=True)
