"""Where things are kept; read from the environment once, so that every part agrees."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator may set.

    Parameters
    ----------
    data_folder
        Folder of the catalog: ``IDC_COHORT_DATA``, or the user's cache folder.
    download_root
        Folder that the pages may download into: ``IDC_COHORT_DOWNLOAD_ROOT``, or None, which switches that off.
    s3_endpoint
        Address to read images from instead of Amazon's and Google's: ``IDC_COHORT_S3_ENDPOINT``.
    """

    data_folder: Path
    download_root: Path | None = None
    s3_endpoint: str | None = None


@cache
def settings() -> Settings:
    """Settings of this process."""
    data = _folder("IDC_COHORT_DATA")
    if data is None:
        from platformdirs import user_cache_path

        data = user_cache_path("idc-cohort-builder", appauthor=False)
    return Settings(data, _folder("IDC_COHORT_DOWNLOAD_ROOT"), os.environ.get("IDC_COHORT_S3_ENDPOINT") or None)


def _folder(variable: str) -> Path | None:
    value = os.environ.get(variable)
    return Path(value).expanduser().resolve() if value else None
