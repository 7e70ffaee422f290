"""Where things are kept; read from the environment once, so that every part agrees."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from app.errors import UserError


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
    mirror
        Where tables are fetched from first, a folder or an address: ``IDC_COHORT_MIRROR``.
    zip_limit_bytes
        Largest cohort that the pages offer as a ZIP: ``IDC_COHORT_ZIP_LIMIT_GB``; 0 switches that off.
    zips_at_once
        ZIPs that are made at the same time: ``IDC_COHORT_ZIPS_AT_ONCE``.
    """

    data_folder: Path
    download_root: Path | None = None
    s3_endpoint: str | None = None
    mirror: str | None = None
    zip_limit_bytes: int = 2_000_000_000
    zips_at_once: int = 4


@cache
def settings() -> Settings:
    """Settings of this process.

    Raises
    ------
    UserError
        If a number is none.
    """
    data = _folder("IDC_COHORT_DATA")
    if data is None:
        from platformdirs import user_cache_path

        data = user_cache_path("idc-cohort-builder", appauthor=False)
    return Settings(
        data,
        _folder("IDC_COHORT_DOWNLOAD_ROOT"),
        os.environ.get("IDC_COHORT_S3_ENDPOINT") or None,
        os.environ.get("IDC_COHORT_MIRROR") or None,
        round(_number("IDC_COHORT_ZIP_LIMIT_GB", 2, least=0) * 1e9),
        int(_number("IDC_COHORT_ZIPS_AT_ONCE", 4, least=1)),
    )


def _folder(variable: str) -> Path | None:
    value = os.environ.get(variable)
    return Path(value).expanduser().resolve() if value else None


def _number(variable: str, usual: float, least: float) -> float:
    text = os.environ.get(variable) or str(usual)
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not least <= number < math.inf:
        raise UserError(f"{variable} is a number from {least:g} up, not {text!r}.")
    return number
