"""Made-up series and the objects behind them, for the tests of downloads."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import uuid
from collections.abc import Iterable
from pathlib import Path

from app.downloads import jobs
from app.downloads.transfer import SeriesOutcome, Transfer, TransferProgress
from app.storage.buckets import Cloud
from app.storage.limits import Limits
from app.storage.store import WantedSeries
from tests.support.paths import ROOT

BUCKET = "idc-open-data"

#: Little patience, so that what must time out does so soon.
QUICK = Limits(parallel=8, patience=1.0)


def made_up(count: int, files: int, size: int, seed: int = 0) -> tuple[list[WantedSeries], dict[str, bytes]]:
    """`count` series of `files` files with `size` random bytes each; and their objects, by key."""
    chance = random.Random(seed)
    wanted, objects = [], {}
    for number in range(count):
        name = str(uuid.UUID(int=chance.getrandbits(128)))
        for _ in range(files):
            objects[f"{name}/{uuid.UUID(int=chance.getrandbits(128))}.dcm"] = chance.randbytes(size)
        wanted.append(
            WantedSeries(f"1.2.{number}", BUCKET, name, f"patient {number % 3}/series {number}", files, files * size)
        )
    return wanted, objects


def objects_of(wanted: Iterable[WantedSeries]) -> dict[str, bytes]:
    """Random objects behind real series, of the number and the size in all that the index names."""
    chance = random.Random(3)
    objects = {}
    for series in wanted:
        each, rest = divmod(series.size_bytes, series.instances)
        for number in range(series.instances):
            key = f"{series.crdc_uuid}/{uuid.UUID(int=chance.getrandbits(128))}.dcm"
            objects[key] = chance.randbytes(each + (rest if number == 0 else 0))
    return objects


def keys_of(series: WantedSeries, objects: dict[str, bytes]) -> list[str]:
    return [key for key in objects if key.startswith(f"{series.crdc_uuid}/")]


def on_disk(root: Path) -> dict[str, bytes]:
    """Path below the root → content of every file, half ones and hidden ones too."""
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if not path.is_dir()}


def expected(wanted: Iterable[WantedSeries], objects: dict[str, bytes]) -> dict[str, bytes]:
    """What must be on the disk once all of `wanted` is there."""
    return {f"{one.folder}/{key.split('/')[1]}": objects[key] for one in wanted for key in keys_of(one, objects)}


def fetch(
    root: Path, url: str, wanted: list[WantedSeries], limits: Limits = QUICK, dry_run: bool = False
) -> tuple[Transfer, dict[str, SeriesOutcome]]:
    """Run a transfer to its end; gives it, and the report of each series."""
    transfer = Transfer(root, url, limits, dry_run)
    reports = [one for ended in transfer.run(wanted) for one in ended]
    assert len({one.series.uid for one in reports}) == len(reports)
    return transfer, {one.series.uid: one for one in reports}


def environment(data: Path, root: Path, url: str) -> dict[str, str]:
    """Environment of a process with a queue of its own in `data`."""
    settings = {"IDC_COHORT_DATA": data, "IDC_COHORT_DOWNLOAD_ROOT": root, "IDC_COHORT_S3_ENDPOINT": url}
    return os.environ | {name: str(value) for name, value in settings.items()}


def start_worker(env: dict[str, str]) -> subprocess.Popen[bytes]:
    """A worker as a server starts it; it ends with its queue, or when its stdin is closed."""
    return subprocess.Popen([sys.executable, "-m", "app.downloads.worker"], cwd=ROOT, env=env, stdin=subprocess.PIPE)


def finished(title: str, wanted: list[WantedSeries], root: Path) -> int:
    """A job of this process's queue that is through, whatever lies in `root`; gives its number."""
    number = jobs.add(title, wanted, root, Cloud.AWS)
    taken = jobs.take()
    assert taken
    assert taken.number == number
    jobs.note(number, TransferProgress(series_done=len(wanted)), 0, [])
    jobs.finish(number, jobs.JobState.DONE)
    return number
