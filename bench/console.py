"""Fairness of the SQL page: what other sessions' refresh takes while hostile queries run, against the same alone.

The queries run as on the page, under the operator's settings: as many at a time as are allowed, each anew when the
last has ended. Heavy ones use up their time or memory; of short ones, each costs the start of a process. Alone and
beside them take turns, so that what else the machine does falls on all.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter
from typing import Any

from app.catalog.catalog import open_catalog
from app.cohort.cohort import Cohort
from app.common.settings import settings
from app.console.queries import console
from app.selection.rows import page
from app.selection.selection import Selection
from bench.cohorts import random_cohorts
from bench.figures import say, spread, table

FACTOR_AIM = 2.0

_HEAVY = (
    "SELECT count(*) FROM index a, index b, index c WHERE a.PatientID < b.PatientID",
    "SELECT * FROM index a, index b ORDER BY random()",
    "SELECT max(a.SeriesInstanceUID || b.SeriesInstanceUID) FROM index a, index b",
    "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT max(n) FROM r",
    "SELECT SeriesInstanceUID, list(PatientID) FROM index GROUP BY ALL ORDER BY hash(SeriesInstanceUID)",
    "SELECT string_agg(SeriesInstanceUID || repeat('x', 200)) FROM index",
    "FROM index",
)
_LOADS = {"beside heavy queries": _HEAVY, "beside short queries": ("SELECT 1",)}


def measure(count: int, rounds: int, seed: int) -> dict[str, Any]:
    """Refresh `count` cohorts in each of `rounds` turns, alone and beside hostile queries; print and return both."""
    cohorts = random_cohorts(count, seed)
    for cohort in cohorts[:20]:  # maps the arrays, lists the values
        _refresh(cohort)
    times: dict[str, list[float]] = {name: [] for name in ("alone", *_LOADS)}
    begun = dict.fromkeys(_LOADS, 0)
    for number in range(rounds):
        say(f"round {number + 1} of {rounds}")
        times["alone"] += map(_refresh, cohorts)
        for name, queries in _LOADS.items():
            with _running(queries, number) as started:
                times[name] += map(_refresh, cohorts)
            begun[name] += len(started)
    figures: dict[str, dict[str, float]] = {name: spread(seconds) for name, seconds in times.items()}
    for name in figures:
        figures[name]["p95_factor"] = round(figures[name]["p95_ms"] / figures["alone"]["p95_ms"], 2)
    table(
        f"A refresh beside {settings().queries_at_once} queries at a time (aim: p95 {FACTOR_AIM:g} times alone)",
        ["", "p50 ms", "p95 ms", "max ms", "p95, times that alone", "queries"],
        [[name, *figure.values(), begun.get(name)] for name, figure in figures.items()],
    )
    return {**figures, "queries": begun, "at_once": settings().queries_at_once}


def _refresh(cohort: Cohort) -> float:
    """Seconds of a whole refresh of Explore."""
    started = perf_counter()
    selection = Selection(open_catalog(), cohort)
    _ = selection.totals
    selection.facets("series")
    selection.scopes()
    page(selection)
    return perf_counter() - started


@contextmanager
def _running(queries: Sequence[str], first: int) -> Iterator[list[str]]:
    """As many sessions as may run queries at once, each with one after the other; yields what was begun."""
    over = threading.Event()
    begun: list[str] = []

    def session(number: int) -> None:
        for turn in itertools.count(first + number):
            if over.is_set():
                return
            begun.append(queries[turn % len(queries)])
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
