"""Names for what can go wrong with a download."""

from __future__ import annotations

import errno
import re
from enum import StrEnum

from obstore.exceptions import InvalidPathError


class ErrorKind(StrEnum):
    """Why a series is not complete; the value is what a user reads, the name what is kept."""

    FORBIDDEN = "the source refuses access (403)"
    NOT_FOUND = "the source does not have it (404)"
    SERVER = "the source failed (5xx)"
    REJECTED = "the source rejected the request"
    CUT = "the connection was cut"
    STALLED = "the source stopped answering"
    NAME = "no network reaches the source"
    REFUSED = "no connection to the source"
    DISK_FULL = "the disk is full"
    WRITE = "a file can't be written"
    COUNT = "the number of files differs from the index"
    BYTES = "the number of bytes differs"
    UNSAFE = "the source lists an unsafe file name"
    NOT_TRIED = "not tried, since the download had to stop"
    OTHER = "unexpected"


#: Errors of the way to the source: many in a row mean that going on is useless.
NETWORK = frozenset({ErrorKind.SERVER, ErrorKind.CUT, ErrorKind.STALLED, ErrorKind.NAME, ErrorKind.REFUSED})

_MAX_DETAIL = 300
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
# In the order in which they are tried: a broken body may also mention the time-out of its last attempt.
_SIGNS = (
    (ErrorKind.NAME, re.compile(r"dns error|failed to lookup address|name resolution", re.IGNORECASE)),
    (ErrorKind.REFUSED, re.compile(r"ConnectionRefused|NetworkUnreachable|HostUnreachable|\(Connect\b|kind: Connect")),
    (ErrorKind.STALLED, re.compile(r"TimedOut|kind: Timeout")),
    (ErrorKind.CUT, re.compile(r"Interrupted|IncompleteBody|IncompleteMessage|ConnectionReset|body error|BrokenPipe")),
)


class StorageError(Exception):
    """An error found by the transfer itself."""

    def __init__(self, kind: ErrorKind, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind


def classify(error: Exception) -> tuple[ErrorKind, str]:
    """The kind of error behind an exception, and one line of detail.

    obstore puts most errors into one class and says what they were in the text.
    """
    text = str(error)
    line = text.partition("\n")[0].removeprefix("Generic S3 error: ")[:_MAX_DETAIL]
    if isinstance(error, StorageError):
        return error.kind, line
    if isinstance(error, InvalidPathError):
        return ErrorKind.UNSAFE, line
    if isinstance(error, FileNotFoundError) and error.errno is None:  # a store's word, not the disk's
        return ErrorKind.NOT_FOUND, line
    status = re.search(r"status code: (\d{3})", text)
    if status:
        return _of_status(int(status[1])), line
    if isinstance(error, OSError) and error.errno is not None:
        kind = ErrorKind.DISK_FULL if error.errno in _FULL else ErrorKind.WRITE
        return kind, f"{error.filename or ''} {error.strerror}".strip()
    if isinstance(error, PermissionError):
        return ErrorKind.WRITE, line
    for kind, sign in _SIGNS:
        if sign.search(text):
            return kind, line
    return ErrorKind.OTHER, f"{type(error).__name__}: {line}"


def _of_status(status: int) -> ErrorKind:
    if status >= 500:
        return ErrorKind.SERVER
    return {401: ErrorKind.FORBIDDEN, 403: ErrorKind.FORBIDDEN, 404: ErrorKind.NOT_FOUND}.get(
        status, ErrorKind.REJECTED
    )
