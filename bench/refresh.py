"""One whole refresh of Explore, without any cache: conditions, totals, all facets, first page of rows.

Two workloads: cohorts as users click them, and cohorts with conditions on patients, algebra, scope, samples and splits.
"""

from __future__ import annotations

from time import perf_counter
from typing import Any

from app.catalog.catalog import open_catalog
from app.cohort.cohort import Cohort
from app.selection.rows import page
from app.selection.selection import Selection
from bench.cohorts import random_cohorts
from bench.figures import say, spread, table
from tests.support.clause_cohorts import random_clause_cohorts

UNITS = ("series", "patients")
PARTS = ("conditions", "totals", "facets", "scopes", "rows")
_SLOWEST = 5


def measure(count: int, seed: int) -> dict[str, Any]:
    """Refresh `count` cohorts, and half as many with clauses, once per unit; print and return the figures."""
    workloads = {"clicked": (random_cohorts, count), "clauses": (random_clause_cohorts, count // 2)}
    results: dict[str, Any] = {"seed": seed, "series_in_catalog": open_catalog().series_count}
    for name, (draw, size) in workloads.items():
        say(f"drawing {size} cohorts: {name}")
        cohorts = draw(size, seed)
        for unit in UNITS:
            for cohort in draw(5, seed + 1):  # maps the arrays, lists the values
                _refresh(cohort, unit)
        results[name] = {"cohorts": size}
        for unit in UNITS:
            say(f"refreshing {size} cohorts, counting {unit}")
            results[name][unit] = _summary(cohorts, [_refresh(cohort, unit) for cohort in cohorts])
        _print(name, results[name])
    return results


def _refresh(cohort: Cohort, unit: str) -> dict[str, float]:
    """Seconds of each part."""
    marks = [perf_counter()]
    selection = Selection(open_catalog(), cohort)
    marks.append(perf_counter())
    _ = selection.totals
    marks.append(perf_counter())
    selection.facets(unit)
    marks.append(perf_counter())
    selection.scopes()
    marks.append(perf_counter())
    page(selection)
    marks.append(perf_counter())
    return {part: marks[i + 1] - marks[i] for i, part in enumerate(PARTS)}


def _summary(cohorts: list[Cohort], times: list[dict[str, float]]) -> dict[str, Any]:
    whole = [sum(parts.values()) for parts in times]
    slowest = sorted(range(len(cohorts)), key=lambda i: -whole[i])[:_SLOWEST]
    return {
        "refresh": spread(whole),
        "parts": {part: spread(parts[part] for parts in times) for part in PARTS},
        "share": {part: round(sum(parts[part] for parts in times) / sum(whole), 3) for part in PARTS},
        "slowest": [
            {"query": cohorts[i].to_query()}
            | {f"{part}_ms": round(times[i][part] * 1e3, 1) for part in PARTS}
            | {"whole_ms": round(whole[i] * 1e3, 1)}
            for i in slowest
        ],
    }


def _print(name: str, results: dict[str, Any]) -> None:
    for unit in UNITS:
        of_unit = results[unit]
        rows = [(part, *of_unit["parts"][part].values(), f"{of_unit['share'][part]:.0%}") for part in PARTS]
        table(
            f"Refresh of Explore, no cache, {results['cohorts']} cohorts ({name}), facets count {unit}",
            ("part", "p50 ms", "p95 ms", "max ms", "share"),
            [*rows, ("whole refresh", *of_unit["refresh"].values(), "")],
        )
        table(
            "Slowest cohorts",
            ("query", *(f"{part} ms" for part in PARTS), "whole ms"),
            [(_shorten(s["query"]), *(s[f"{part}_ms"] for part in PARTS), s["whole_ms"]) for s in of_unit["slowest"]],
        )


def _shorten(text: str, length: int = 90) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
