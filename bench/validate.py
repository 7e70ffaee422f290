"""Validation beside a bare loop over the headers: files a second, with one reader process and with one per core."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pydicom
from pydicom.uid import generate_uid

from app.validate.expected import Expectation, ExpectedSeries
from app.validate.files import Options
from app.validate.validation import Validation
from bench.figures import say, table
from tests.support.dicom_files import write_series

SERIES, FILES = 40, 100


def measure(rounds: int) -> dict[str, Any]:
    """Files a second of each way, medians of `rounds` turns."""
    with tempfile.TemporaryDirectory(prefix="validate-") as name:
        folder = Path(name)
        wanted = _write(folder)
        readers: dict[str, Callable[[], None]] = {
            "dcmread(stop_before_pixels=True) in a loop": lambda: _read_bare(folder),
            "validate, one process": lambda: _validate(folder, wanted, 1, Options()),
            "validate, one per core": lambda: _validate(folder, wanted, os.cpu_count() or 1, Options()),
            "validate --decode, one per core": lambda: _validate(folder, wanted, os.cpu_count() or 1, Options(True)),
        }
        seconds: dict[str, list[float]] = {reader: [] for reader in readers}
        for turn in range(rounds):
            for reader, read in readers.items():
                started = time.perf_counter()
                read()
                seconds[reader].append(time.perf_counter() - started)
            say(f"round {turn + 1} of {rounds}")
    found = {reader: round(SERIES * FILES / statistics.median(times)) for reader, times in seconds.items()}
    table(
        f"Reading {SERIES * FILES:,} small CT slices, start of the processes included, medians of {rounds}",
        ["reader", "files/s"],
        list(found.items()),
    )
    return found


def _write(folder: Path) -> Expectation:
    series = []
    for number in range(SERIES):
        uid = generate_uid()
        names = {"PatientID": "nobody", "StudyInstanceUID": "1.2.3.4.5", "SeriesInstanceUID": uid}
        write_series(folder / uid, names, range(FILES))
        size = sum(path.stat().st_size for path in (folder / uid).iterdir())
        series.append(ExpectedSeries(uid, "1.2.3.4.5", "nobody", f"made up {number}", FILES, size))
    return Expectation("made up", tuple(series))


def _read_bare(folder: Path) -> None:
    for path in folder.rglob("*.dcm"):
        header = pydicom.dcmread(path, stop_before_pixels=True)
        assert header.SeriesInstanceUID == path.parent.name


def _validate(folder: Path, wanted: Expectation, parallel: int, options: Options) -> None:
    validation = Validation(folder, wanted, options, parallel)
    for _ in validation.run():
        pass
    assert validation.report().is_clean
