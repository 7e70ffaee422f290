"""Which catalogs are in use: every process locks the one that it has open, and those that nobody has locked can go.

The lock is a shared `flock` on the folder itself. It needs no file and no permission to write, and the system lets go
of it however the process ends. Versions before held none; DuckDB's own lock on its file tells of most of them. Where a
system or a file system has no such locks, nothing is removed.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

#: What a catalog that is being removed is called, so that nobody takes half of it for a whole one.
_REMOVING = "removing-"

_lock = threading.Lock()

#: Folder → descriptor that holds its lock; open until the process ends.
_held: dict[Path, int] = {}


def hold(folder: Path) -> bool:
    """Keep the catalog in `folder` from being removed until this process ends; False if it is not there."""
    try:
        import fcntl
    except ImportError:
        return folder.is_dir()
    with _lock:
        if folder in _held and _is_at(_held[folder], folder):
            return True
        try:
            descriptor = os.open(folder, os.O_RDONLY)
        except FileNotFoundError:
            return False
        with suppress(OSError):  # a file system without locks, where nobody removes it either
            fcntl.flock(descriptor, fcntl.LOCK_SH)  # waits for whoever is removing it, a moment
        if not _is_at(descriptor, folder):
            os.close(descriptor)
            return False
        if folder in _held:
            os.close(_held[folder])
        _held[folder] = descriptor
        return True


def unneeded(parent: Path, current: Path) -> list[Path]:
    """Folders in `parent` that catalogs of other versions, and builds that were killed, have left; in use or not."""
    others = [folder for folder in parent.iterdir() if folder != current and folder.is_dir()]
    return [one for one in others if one.name.startswith((_REMOVING, "building-")) or any(one.glob("*.duckdb"))]


def remove(folders: Iterable[Path]) -> None:
    """Remove those of `folders` that no process has in use; only under the lock of builds.

    One that can't be removed stays.
    """
    try:
        import fcntl
    except ImportError:
        return
    for folder in folders:
        try:
            descriptor = os.open(folder, os.O_RDONLY)
        except OSError:
            continue
        with suppress(OSError):  # it is in use, or not ours to remove
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not any(map(_is_open, folder.glob("*.duckdb"))):
                _remove(folder)
        os.close(descriptor)


def _remove(folder: Path) -> None:
    if not folder.name.startswith(_REMOVING):
        folder.with_name(f"{folder.name}.lock").unlink(missing_ok=True)  # versions before had one for each catalog
        folder = folder.rename(folder.with_name(f"{_REMOVING}{folder.name}"))
    shutil.rmtree(folder)


def _is_at(descriptor: int, folder: Path) -> bool:
    """Whether the open folder is the one that stands there now."""
    try:
        return os.path.samestat(os.fstat(descriptor), folder.stat())
    except FileNotFoundError:
        return False


def _is_open(database: Path) -> bool:
    """Whether DuckDB has the file open in another process, as far as its lock tells."""
    import fcntl

    with database.open("r+b") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
    return False
