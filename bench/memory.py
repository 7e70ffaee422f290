"""Memory of the serving process, and how soon it and the command line answer once the catalog is built."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from statistics import median
from typing import Any

from bench.cohorts import random_cohorts
from bench.figures import say, table
from bench.serving import Server, serve
from tests.support.paths import ROOT

MEMORY_AIM_MB = 350
START_AIM_S = 2.0
COMMAND_AIM_S = 1.0

_STARTS = 3
_COMMANDS = 7
_SMALL = "Modality=PT&BodyPartExamined=BREAST"


def measure(count: int, seed: int) -> dict[str, Any]:
    """Start, use and stop a server; print and return the figures."""
    say(f"starting the server {_STARTS} times")
    starts = [_seconds_of_start() for _ in range(_STARTS)]
    say(f"running the command line {_COMMANDS} times")
    commands = [_seconds_of_command() for _ in range(_COMMANDS)]
    with serve() as server:
        stages = dict(_stages(server, count, seed))
    results = {
        "start_s": round(median(starts), 2),
        "command_s": round(median(commands), 2),
        "memory": stages,
    }
    _print(results)
    return results


def _seconds_of_start() -> float:
    with serve() as server:
        return server.seconds_to_answer


def _seconds_of_command() -> float:
    started = time.perf_counter()
    command = [sys.executable, "-m", "app", "counts", "Modality=MR&BodyPartExamined=BREAST"]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def _stages(server: Server, count: int, seed: int) -> Iterator[tuple[str, dict[str, int]]]:
    """Memory after each kind of use, all in one process."""
    server.rest()
    yield "first answer, and what is read ahead", server.memory()
    server.get(f"api/facets?{_SMALL}")
    server.get(f"api/series.csv?{_SMALL}")
    yield "facets and a small CSV", server.memory()
    say(f"asking for all facets of {count} cohorts")
    for cohort in random_cohorts(count, seed):
        server.get(f"api/facets?{cohort.to_query()}")
    yield f"all facets of {count} cohorts", server.memory()
    for form in ("csv", "json", "parquet"):
        say(f"exporting all of IDC as {form}")
        started = time.perf_counter()
        size = server.get(f"api/series.{form}")
        seconds = time.perf_counter() - started
        yield f"all series as {form}, {size / 1e6:,.0f} MB in {seconds:.0f} s", server.memory()


def _print(results: dict[str, Any]) -> None:
    columns = list(next(iter(results["memory"].values())))
    table(
        f"Memory of the serving process after … (aim: at most {MEMORY_AIM_MB} MB resident)",
        ("stage", *(name.replace("_", " ") for name in columns)),
        [(stage, *figures.values()) for stage, figures in results["memory"].items()],
    )
    table(
        "Time to the first answer, catalog built",
        ("what", "median s", "aim s"),
        [
            ("start of the server to its first answer", results["start_s"], START_AIM_S),
            ("python -m app counts, whole process", results["command_s"], COMMAND_AIM_S),
        ],
    )
