"""Copies of the app's code, to be changed and run side by side on one data folder, over a small release.

What is under test is how versions of the code get on with each other's files, so the data are some thousand series of
the real release; a catalog of them takes a second to build.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb

from app.cohort import schema
from tests.support.paths import ROOT

#: Runs what follows it, a module or ``-c`` and a program, over the parquet files beside it.
_RUN = """
import runpy, sys
from pathlib import Path
from idc_index_data import INDEX_METADATA

for entry in INDEX_METADATA.values():
    if entry["parquet_filepath"]:
        entry["parquet_filepath"] = Path(__file__).parent.parent / "release" / Path(entry["parquet_filepath"]).name
_, name, *sys.argv[1:] = sys.argv
if name == "-c":
    exec(sys.argv.pop(1))
else:
    runpy.run_module(name, run_name="__main__", alter_sys=True)
"""


def write_release(folder: Path) -> None:
    """The release's files with one study in four hundred."""
    release = folder / "release"
    release.mkdir(parents=True)
    for table in schema.tables().values():
        if table.parquet:
            few = "WHERE hash(StudyInstanceUID) % 400 = 0" if "StudyInstanceUID" in table.columns else ""
            duckdb.execute(
                f"COPY (SELECT * FROM read_parquet('{table.parquet}') {few}) TO '{release / table.parquet.name}'"
            )


class Checkout:
    """A copy of the code in `folder`, which lies beside that of the release; `data` is its data folder."""

    def __init__(self, folder: Path, data: Path) -> None:
        self.folder = folder
        self._environment = {
            **os.environ,
            "IDC_COHORT_DATA": str(data),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        shutil.copytree(ROOT / "app", folder / "app", ignore=shutil.ignore_patterns("__pycache__"))
        (folder / "run.py").write_text(_RUN)

    def change(self, file: str, old: str, new: str) -> None:
        """Replace the one place of `file`, below ``app``, where `old` stands."""
        path = self.folder / "app" / file
        text = path.read_text()
        assert text.count(old) == 1, (file, old)
        path.write_text(text.replace(old, new))

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a module of the copy with arguments, or ``-c`` and a program."""
        command, pipe = [sys.executable, "run.py", *arguments], subprocess.PIPE
        return subprocess.Popen(
            command, cwd=self.folder, env=self._environment, stdin=pipe, stdout=pipe, stderr=pipe, text=True
        )

    def run(self, *arguments: str) -> tuple[str, str]:
        """The same to its end; what it wrote to standard output and to standard error."""
        process = self.start(*arguments)
        out, errors = process.communicate()
        assert process.returncode == 0, errors
        return out, errors
