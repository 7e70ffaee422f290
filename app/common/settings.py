"""Where things are kept; read from the environment once, so that every part agrees."""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from app.common.errors import UserError

#: What pages and browser tabs call this app.
PRODUCT = "IDC Cohort Builder"

#: Where IDC runs its viewers, and Kitware theirs.
IDC_OHIF = "https://viewer.imaging.datacommons.cancer.gov/v3"
IDC_SLIM = "https://viewer.imaging.datacommons.cancer.gov/slim"
KITWARE_VOLVIEW = "https://volview.kitware.app"

#: IDC's public DICOMweb proxy.
IDC_PROXY = (
    "https://proxy.imaging.datacommons.cancer.gov/current"
    "/viewer-only-no-downloads-see-tinyurl-dot-com-slash-3j3d9jyp/dicomWeb"
)

#: An address that can stand in a page, a header and a script: no blanks, quotes, commas, semicolons, query or fragment.
_ADDRESS = re.compile(r"https?://([A-Za-z0-9.-]+|\[[0-9a-f:]+\])(:[0-9]+)?(/[A-Za-z0-9._~%/-]*)?")

_BESIDE_THE_CODE = Path(__file__).resolve().parents[2] / ".viewer"


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
    queries_at_once
        Queries of the SQL page that run at the same time: ``IDC_COHORT_QUERIES_AT_ONCE``; 0 switches the page off.
    query_seconds, query_memory_mb, query_rows
        What each may take: ``IDC_COHORT_QUERY_SECONDS``, ``IDC_COHORT_QUERY_MEMORY_MB``, ``IDC_COHORT_QUERY_ROWS``.
    ohif, slim, volview
        Roots of the viewers: ``IDC_COHORT_OHIF``, ``IDC_COHORT_SLIM``, ``IDC_COHORT_VOLVIEW``.
    dicomweb
        Root of QIDO-RS and WADO-RS: ``IDC_COHORT_DICOMWEB``.
    viewer_folder
        Where the built-in viewer is installed: ``IDC_COHORT_VIEWER``, or beside the code.
    preview_cache_bytes
        What the preview may keep in memory: ``IDC_COHORT_PREVIEW_CACHE_MB``.
    """

    data_folder: Path
    download_root: Path | None = None
    s3_endpoint: str | None = None
    mirror: str | None = None
    zip_limit_bytes: int = 2_000_000_000
    zips_at_once: int = 4
    queries_at_once: int = 2
    query_seconds: float = 30
    query_memory_mb: int = 500
    query_rows: int = 200_000
    ohif: str = IDC_OHIF
    slim: str = IDC_SLIM
    volview: str = KITWARE_VOLVIEW
    dicomweb: str = IDC_PROXY
    viewer_folder: Path = _BESIDE_THE_CODE
    preview_cache_bytes: int = 256_000_000


@cache
def settings() -> Settings:
    """Settings of this process.

    Raises
    ------
    UserError
        If a number or an address is none.
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
        int(_number("IDC_COHORT_QUERIES_AT_ONCE", 2, least=0)),
        _number("IDC_COHORT_QUERY_SECONDS", 30, least=1),
        int(_number("IDC_COHORT_QUERY_MEMORY_MB", 500, least=50)),
        int(_number("IDC_COHORT_QUERY_ROWS", 200_000, least=1)),
        _address("IDC_COHORT_OHIF", IDC_OHIF),
        _address("IDC_COHORT_SLIM", IDC_SLIM),
        _address("IDC_COHORT_VOLVIEW", KITWARE_VOLVIEW),
        _address("IDC_COHORT_DICOMWEB", IDC_PROXY),
        _folder("IDC_COHORT_VIEWER") or _BESIDE_THE_CODE,
        round(_number("IDC_COHORT_PREVIEW_CACHE_MB", 256, least=1) * 1e6),
    )


def _folder(variable: str) -> Path | None:
    value = os.environ.get(variable)
    return Path(value).expanduser().resolve() if value else None


def _address(variable: str, usual: str) -> str:
    """Address without a slash at its end."""
    address = (os.environ.get(variable) or usual).strip().rstrip("/")
    if not _ADDRESS.fullmatch(address):
        raise UserError(f"{variable} is an address such as https://viewer.example.org, not {address!r}.")
    return address


def _number(variable: str, usual: float, least: float) -> float:
    text = os.environ.get(variable) or str(usual)
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not least <= number < math.inf:
        raise UserError(f"{variable} is a number from {least:g} up, not {text!r}.")
    return number
