"""One file on its way: its ranges come in any order, and it has its own name once every byte is there."""

from __future__ import annotations

import os
import threading
from io import FileIO
from pathlib import Path

#: Bytes of a range. A larger file comes in several at once, since one connection rarely fills the line.
RANGE = 8 << 20

#: Bytes written at once. Linux takes room for so few from memory in use just before; for more it looks for fresh pages,
#: which costs more than the calls saved.
_PIECE = 1 << 15


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
        self._is_begun = False
        self._beginning = threading.Lock()

    def open(self, at: int) -> FileIO:
        """A handle of the growing file for one range, which begins `at`; what a killed run left there is replaced."""
        with self._beginning:
            if self._is_begun:
                file = self._part.open("r+b", buffering=0)
            else:
                file = self._begin()
                self._is_begun = True
        if at:
            file.seek(at)
        return file

    def _begin(self) -> FileIO:
        try:
            return self._part.open("xb", buffering=0)  # "x" follows no link that might stand there instead
        except FileExistsError:
            self._part.unlink(missing_ok=True)
            return self._part.open("xb", buffering=0)

    def close(self) -> bool:
        """Give it its name if it is whole, else take it away; True if it is whole."""
        if not self._is_begun:
            return False
        is_whole = not self.is_spoilt and self.received == self.size
        try:
            if is_whole:
                os.replace(self._part, self.path)
        except OSError:
            self._part.unlink(missing_ok=True)
            raise
        if not is_whole:
            self._part.unlink(missing_ok=True)
        return is_whole


def write(file: FileIO, chunk: memoryview) -> None:
    """Write all of it."""
    while chunk:
        chunk = chunk[file.write(chunk[:_PIECE]) :]
