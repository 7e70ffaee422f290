"""Names for what can go wrong with a download."""

from __future__ import annotations

import errno
import re
from enum import StrEnum

from obstore.exceptions import InvalidPathError


class Fault(StrEnum):
    """Why a series is not complete; the value is what a user reads."""

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


#: Faults of the way to the source: many in a row mean that going on is useless.
NETWORK = frozenset({Fault.SERVER, Fault.CUT, Fault.STALLED, Fault.NAME, Fault.REFUSED})

_MAX_DETAIL = 300
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
# In the order in which they are tried: a broken body may also mention the time-out of its last attempt.
_SIGNS = (
    (Fault.NAME, re.compile(r"dns error|failed to lookup address|name resolution", re.IGNORECASE)),
    (Fault.REFUSED, re.compile(r"ConnectionRefused|NetworkUnreachable|HostUnreachable|\(Connect\b|kind: Connect")),
    (Fault.STALLED, re.compile(r"TimedOut|kind: Timeout")),
    (Fault.CUT, re.compile(r"Interrupted|IncompleteBody|IncompleteMessage|ConnectionReset|body error|BrokenPipe")),
)


class FaultyError(Exception):
    """A fault found by the transfer itself."""

    def __init__(self, fault: Fault, detail: str) -> None:
        super().__init__(detail)
        self.fault = fault


def name_fault(error: Exception) -> tuple[Fault, str]:
    """The fault behind an exception, and one line of detail.

    obstore puts most errors into one class and says what they were in the text.
    """
    text = str(error)
    line = text.partition("\n")[0].removeprefix("Generic S3 error: ")[:_MAX_DETAIL]
    if isinstance(error, FaultyError):
        return error.fault, line
    if isinstance(error, InvalidPathError):
        return Fault.UNSAFE, line
    if isinstance(error, FileNotFoundError) and error.errno is None:  # a store's word, not the disk's
        return Fault.NOT_FOUND, line
    status = re.search(r"status code: (\d{3})", text)
    if status:
        return _of_status(int(status[1])), line
    if isinstance(error, OSError) and error.errno is not None:
        fault = Fault.DISK_FULL if error.errno in _FULL else Fault.WRITE
        return fault, f"{error.filename or ''} {error.strerror}".strip()
    if isinstance(error, PermissionError):
        return Fault.WRITE, line
    for fault, sign in _SIGNS:
        if sign.search(text):
            return fault, line
    return Fault.OTHER, f"{type(error).__name__}: {line}"


def _of_status(status: int) -> Fault:
    if status >= 500:
        return Fault.SERVER
    return {401: Fault.FORBIDDEN, 403: Fault.FORBIDDEN, 404: Fault.NOT_FOUND}.get(status, Fault.REJECTED)
