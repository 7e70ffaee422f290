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
    """

    data_folder: Path


@cache
def settings() -> Settings:
    """Settings of this process."""
    folder = os.environ.get("IDC_COHORT_DATA")
    if not folder:
        from platformdirs import user_cache_path

        return Settings(user_cache_path("idc-cohort-builder", appauthor=False))
    return Settings(Path(folder).expanduser().resolve())
