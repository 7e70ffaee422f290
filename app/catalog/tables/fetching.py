"""Fetch a table: from the first source that has it, verified, and given its name only when it is whole.

Fetched files lie in the data folder, in a folder per data version. A lock per table lets one process fetch it while
others wait; whoever comes later finds it there.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from pathlib import Path

from filelock import FileLock, Timeout

from app.catalog.tables.check import InvalidTableError, check_table
from app.catalog.tables.mirrors import Mirror, sources
from app.catalog.tables.transfer import discard, fetch_file
from app.cohort import schema
from app.common.errors import UserError, shorten
from app.common.settings import settings
from app.storage.errors import NETWORK, ErrorKind, StorageError

#: Called with what is happening, and how far it is: done and whole, in bytes.
Progress = Callable[[str, int, int], None]


class FetchError(UserError):
    """A table that could not be had; `offline` if no source could even be reached."""

    def __init__(self, text: str, *, offline: bool = False) -> None:
        super().__init__(text)
        self.offline = offline


def fetchable() -> dict[str, schema.Table]:
    """Tables of this release that the wheel does not bring, by name."""
    return {name: table for name, table in schema.tables().items() if table.parquet is None and table.columns}


def folder() -> Path:
    """Folder of the fetched tables of this data version."""
    return settings().data_folder / "tables" / schema.data_version()


def parquet_of(name: str) -> Path:
    """Where the table's file lies, or would lie: in the wheel, or among the fetched ones."""
    return schema.tables()[name].parquet or folder() / f"{name}.parquet"


def is_fetched(name: str) -> bool:
    """Whether the table's file is there."""
    return parquet_of(name).is_file()


def require_known(name: str) -> None:
    """Refuse names that are not those of a table.

    Raises
    ------
    UserError
        If there is no such table to fetch.
    """
    if name not in fetchable():
        raise UserError(f"There is no table “{shorten(name)}” to fetch; choose from {', '.join(fetchable())}.")


def fetch(name: str, progress: Progress = lambda step, done, size: None) -> Path:
    """Fetch a table unless it is there; wait if another process is fetching it.

    Raises
    ------
    UserError
        If there is no such table.
    FetchError
        If no source has it whole; what came stays for the next time.
    """
    require_known(name)
    final = parquet_of(name)
    if final.is_file():
        return final
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(final.parent / f"{name}.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            progress(f"Waiting for another process that fetches {name}", 0, 0)
            lock.acquire()
        try:
            if not final.is_file():
                _fetch_from_any(name, final, progress)
        finally:
            lock.release()
    except OSError as error:
        raise FetchError(f"{error.filename or final.parent}: {error.strerror}.") from None
    return final


def _fetch_from_any(name: str, final: Path, progress: Progress) -> None:
    """Try the sources one after the other."""
    refusals: list[tuple[Mirror, str, bool]] = []
    for source in sources():
        part = final.with_name(f"{name}.{sha256(source.address.encode()).hexdigest()[:8]}.part")
        try:
            step = partial(progress, f"Fetching {name} from {source.name}")
            fetch_file(source.open(), f"{name}.parquet", part, step)
            progress(f"Verifying {name}", 0, 0)
            check_table(part, schema.tables()[name])
        except StorageError as error:
            if error.kind in (ErrorKind.DISK_FULL, ErrorKind.WRITE):
                raise FetchError(f"{name} could not be kept in {final.parent}: {error.kind}.") from None
            refusals.append((source, str(error.kind), error.kind in NETWORK))
        except InvalidTableError as error:
            discard(part)
            refusals.append((source, str(error), False))
        else:
            _publish(part, final)
            return
    raise _explain(name, refusals)


def _publish(part: Path, final: Path) -> None:
    """Give a verified file its name, when all of it is on the disk."""
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.rename(final)
    for left_over in final.parent.glob(f"{final.stem}.*.part"):
        discard(left_over)


def _explain(name: str, refusals: list[tuple[Mirror, str, bool]]) -> FetchError:
    offline = all(unreachable for _, _, unreachable in refusals)
    hosts: dict[str, list[str]] = {}
    for source, reason, _ in refusals:
        hosts.setdefault(reason, []).append(source.name)
    reasons = "; ".join(f"{' and '.join(names)}: {reason}" for reason, names in hosts.items())
    remedy = "Connect to a network and try again" if offline else "Try again later"
    return FetchError(
        f"{name} could not be fetched ({reasons}). {remedy}, or name a mirror that has {name}.parquet in"
        " IDC_COHORT_MIRROR.",
        offline=offline,
    )
