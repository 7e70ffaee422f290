"""A copy of the code to change, and what it then answers over a small part of the release, in processes of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
from idc_index_data import INDEX_METADATA

from tests.support.paths import ROOT

#: What a copy holds: the code, and what repeats it.
COPIED = ("app", "components", "docs", "tests", "README.md")

#: Table → which of its rows the small release has: a few thousand series, and whole patients.
SMALL = {
    "idc_index": "hash(collection_id, PatientID) % 400 = 0",
    "prior_versions_index": "hash(crdc_series_uuid) % 4000 = 0",
}


def write_small_release(folder: Path) -> None:
    """Write the tables of `SMALL`, each as a parquet file under its own name."""
    for name, rows in SMALL.items():
        query = f"SELECT * FROM '{INDEX_METADATA[name]['parquet_filepath']}' WHERE {rows}"
        duckdb.execute(f"COPY ({query}) TO '{folder / name}.parquet'")


def use_small_release(folder: Path) -> None:
    """Have this process take the tables of `folder` for those of the wheel; before anything of `app` is imported."""
    for name in SMALL:
        INDEX_METADATA[name]["parquet_filepath"] = folder / f"{name}.parquet"


def copy_code(folder: Path) -> None:
    """Copy the code and its documents into `folder`."""
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("*.png", "*-pytest-*.pyc"))
        else:
            shutil.copy2(ROOT / name, folder / name)


def run_copy(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a module of the copy."""
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"} | environment,
        capture_output=True,
        text=True,
    )
