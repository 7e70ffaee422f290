"""Finished downloads as they lie on the disk, below the folder that pages may download into."""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from pathlib import Path

from app.common.settings import settings
from app.downloads import jobs
from app.downloads.jobs import Finished

FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,119}\.dcm")


def are_here(series: Collection[str]) -> bool:
    """Whether all of these series are finished, in folders that are still there."""
    found = jobs.finished(list(series))
    return len(found) == len(series) and all(folder_of(one) is not None for one in found)


def folder_of(series: Finished) -> Path | None:
    """Where the series lies, if that is below the folder that pages may download into."""
    root = settings().download_root
    try:
        folder = (series.root / series.folder).resolve(strict=True)
    except (OSError, RuntimeError):
        return None
    return folder if root is not None and folder.is_relative_to(series.root) and folder.is_relative_to(root) else None


def files_of(series: Finished) -> tuple[Path, tuple[tuple[str, int, int], ...]] | None:
    """The series' folder, and name, time of change and bytes of each file there, whichever series it is of."""
    folder = folder_of(series)
    if folder is None:
        return None
    with os.scandir(folder) as entries:
        named = [one for one in entries if one.is_file(follow_symlinks=False) and FILE_NAME.fullmatch(one.name)]
        stats = [(one.name, one.stat(follow_symlinks=False)) for one in named]
    return folder, tuple(sorted((name, stat.st_mtime_ns, stat.st_size) for name, stat in stats))
