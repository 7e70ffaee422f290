"""Fairness of the SQL page: what other sessions' refresh takes while hostile queries run, against the same alone.

The queries run as on the page, under the operator's settings: as many at a time as are allowed, each anew when the
last is stopped. Alone and beside them take turns, so that what else the machine does falls on both.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

from app.catalog import catalog
from app.cohort import Cohort
from app.console.queries import console
from app.rows import page
from app.selection import Selection
from app.settings import settings
from bench.cohorts import random_cohorts
from bench.figures import say, spread, table

FACTOR_AIM = 2.0

_HOSTILE = (
    "SELECT count(*) FROM index a, index b, index c WHERE a.PatientID < b.PatientID",
    "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT max(n) FROM r",
    "SELECT max(a.SeriesInstanceUID || b.SeriesInstanceUID) FROM index a, index b",
    "SELECT * FROM index a, index b ORDER BY random()",
    "SELECT SeriesInstanceUID, list(PatientID) FROM index GROUP BY ALL ORDER BY hash(SeriesInstanceUID)",
    "SELECT string_agg(SeriesInstanceUID || repeat('x', 200)) FROM index",
    "SELECT sum(sin(a.range)) FROM range(1_000_000) a, range(1_000_000) b",
    "FROM index",
)


def measure(count: int, rounds: int, seed: int) -> dict[str, Any]:
    """Refresh `count` cohorts in each of `rounds` turns, alone and beside hostile queries; print and return both."""
    cohorts = random_cohorts(count, seed)
    for cohort in cohorts[:20]:  # maps the arrays, lists the values
        _refresh(cohort)
    times: dict[str, list[float]] = {"alone": [], "beside hostile queries": []}
    started = 0
    for number in range(rounds):
        say(f"round {number + 1} of {rounds}")
        times["alone"] += map(_refresh, cohorts)
        with _hostile() as begun:
            times["beside hostile queries"] += map(_refresh, cohorts)
        started += len(begun)
    figures = {name: spread(seconds) for name, seconds in times.items()}
    factor = round(figures["beside hostile queries"]["p95_ms"] / figures["alone"]["p95_ms"], 2)
    table(
        f"A refresh beside {settings().queries_at_once} hostile queries at a time, {started} in all"
        f" (p95 {factor} times that alone, aim: at most {FACTOR_AIM:g})",
        ["", "p50 ms", "p95 ms", "max ms"],
        [[name, *figure.values()] for name, figure in figures.items()],
    )
    return {**figures, "p95_factor": factor, "queries": started, "at_once": settings().queries_at_once}


def _refresh(cohort: Cohort) -> float:
    """Seconds of a whole refresh of Explore."""
    started = perf_counter()
    selection = Selection(catalog(), cohort)
    _ = selection.totals
    selection.facets("series")
    selection.scopes()
    page(selection)
    return perf_counter() - started


@contextmanager
def _hostile() -> Iterator[list[str]]:
    """As many sessions as may run queries at once, each with one after the other; yields what was begun."""
    over = threading.Event()
    begun: list[str] = []

    def session(number: int) -> None:
        for turn in range(number, 1 << 30):
            if over.is_set():
                return
            begun.append(_HOSTILE[turn % len(_HOSTILE)])
            query = console().start(begun[-1], owner=number)
            while not query.wait(0.1):
                if over.is_set():
                    query.cancel()

    threads = [threading.Thread(target=session, args=(number,)) for number in range(settings().queries_at_once)]
    for thread in threads:
        thread.start()
    try:
        over.wait(1.5)  # until their processes are at work
        yield begun
    finally:
        over.set()
        for thread in threads:
            thread.join()
