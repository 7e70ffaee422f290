"""Where the bytes of a command's answer go: a file, or standard output."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import BinaryIO

from app.common.errors import UserError


def write_out(pieces: Iterable[bytes], path: Path | None) -> None:
    """Write all pieces to a file, or to standard output where `path` is None.

    Raises
    ------
    UserError
        If the file can't be opened.
    OSError
        If writing fails, as on a full disk; BrokenPipeError where the reader has left.
    """
    with _opened(path) as stream:
        for piece in pieces:
            stream.write(piece)
        stream.flush()


def _opened(path: Path | None) -> AbstractContextManager[BinaryIO]:
    if path is None:
        return nullcontext(sys.stdout.buffer)
    try:
        return path.open("wb")
    except OSError as error:
        raise UserError(f"Can't write {path}: {error.strerror}.") from None
