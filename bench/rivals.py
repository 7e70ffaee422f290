"""The same answers by DuckDB on the parquet file, and by idc-index's client with either pandas."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from importlib.metadata import version
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import duckdb

from app.catalog.catalog import open_catalog
from app.cohort.cohort import Cohort
from app.selection.selection import Selection
from bench.cohorts import random_cohorts
from bench.figures import say, spread, table
from bench.questions import as_tuple, facets_sql, parquet_views, tables, totals_sql
from tests.support.paths import ROOT

_CACHE = ROOT / ".cache"
_OLDER = _CACHE / "bench-pandas23"
_TIMEOUT = 1_800
#: Cohorts whose facets DuckDB counts too: one query per attribute.
_FACET_SAMPLE = 8


def measure(count: int, seed: int, client_cohorts: int) -> dict[str, Any]:
    """Ask the app and its rivals for the same totals; print and return the figures."""
    cohorts = random_cohorts(count, seed)
    app = _app(cohorts)
    direct = _duckdb(cohorts)
    sample = [cohort for cohort in cohorts if cohort][:client_cohorts]
    clients = [_client(Path(sys.executable), sample)]
    if (older := _older_environment()) is not None:
        clients.append(_client(older, sample))
    expected = app.pop("answers")
    direct["wrong"] = sum(mine != its for mine, its in zip(expected, direct.pop("answers"), strict=True))
    direct["against"] = {"totals": app["totals"], "facets": _app(cohorts[:_FACET_SAMPLE])["facets"]}
    of_sample, of_all = _app(sample), _app([Cohort()] * 5)
    for client in clients:
        if "answers" in client:
            pairs = zip(of_sample["answers"], client.pop("answers"), strict=True)
            client["wrong"] = sum(mine != its for mine, its in pairs)
            client["against"] = {"totals": of_sample["totals"], "facets": of_all["facets"]}
    results = {"cohorts": count, "seed": seed, "app": app, "duckdb_on_parquet": direct, "idc_index": clients}
    _print(results)
    return results


def _app(cohorts: list[Cohort]) -> dict[str, Any]:
    say(f"asking the app for the totals and facets of {len(cohorts)} cohorts")
    opened = open_catalog()
    Selection(opened, Cohort()).facets()
    answers, totals, facets = [], [], []
    for cohort in cohorts:
        started = perf_counter()
        selection = Selection(opened, cohort)
        answers.append(as_tuple(selection.totals))
        after = perf_counter()
        selection.facets("series")
        totals.append(after - started)
        facets.append(perf_counter() - after)
    both = [a + b for a, b in zip(totals, facets, strict=True)]
    return {"totals": spread(totals), "facets": spread(facets), "refresh": spread(both), "answers": answers}


def _duckdb(cohorts: list[Cohort]) -> dict[str, Any]:
    say(f"asking DuckDB on the parquet file for the totals of {len(cohorts)} cohorts")
    connection = duckdb.connect()
    for statement in parquet_views():
        connection.execute(statement)
    connection.execute(totals_sql(Cohort())).fetchone()
    answers, totals, facets = [], [], []
    for cohort in cohorts:
        started = perf_counter()
        row = connection.execute(totals_sql(cohort)).fetchone()
        totals.append(perf_counter() - started)
        answers.append(tuple(row or ()))
    for cohort in cohorts[:_FACET_SAMPLE]:
        started = perf_counter()
        for query in facets_sql(cohort):
            connection.execute(query).fetchall()
        facets.append(perf_counter() - started)
    return {"totals": spread(totals), "facets": spread(facets), "answers": answers}


def _client(python: Path, cohorts: list[Cohort]) -> dict[str, Any]:
    """Figures of `IDCClient` in the environment of `python`; an entry ``error`` if it can't be asked."""
    say(f"asking idc-index's client for the totals of {len(cohorts)} cohorts, in {python.parent.parent.name}")
    asked = [{"sql": totals_sql(cohort), "tables": tables(cohort), "answer": True} for cohort in cohorts]
    asked.append({"sql": facets_sql(Cohort())[0], "tables": []})
    try:
        done = subprocess.run(
            [str(python), str(ROOT / "bench" / "client.py")],
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
            cwd=_CACHE.parent,
        )
        found = json.loads(done.stdout.strip().splitlines()[-1])
    except (OSError, subprocess.TimeoutExpired, ValueError, IndexError) as error:
        say(f"it can't be asked: {error}")
        return {"pandas": "?", "error": str(error)}
    *totals, facet = found["queries"]
    return {
        "pandas": found["pandas"],
        "start_s": round(found["start_s"], 2),
        "totals": spread(query["seconds"] for query in totals),
        "facet_query_ms": round(facet["seconds"] * 1e3, 1),
        "facets": {"p50_ms": round(facet["seconds"] * 1e3 * len(facets_sql(Cohort())), 1)},
        "answers": [tuple(query["answer"]) for query in totals],
        "median_s": median(query["seconds"] for query in totals),
    }


def _older_environment() -> Path | None:
    """Python with pandas 2.3 beside the same idc-index, installed at first use; None if that fails."""
    python = _OLDER / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    ready = _OLDER / "ready"
    if ready.exists():
        return python
    say("setting up an environment with pandas 2.3 (a minute, the first time)")
    _CACHE.mkdir(exist_ok=True)
    (_CACHE / ".gitignore").write_text("*\n")
    venv.create(_OLDER, clear=True, with_pip=True)
    wanted = [f"{name}=={version(name)}" for name in ("idc-index", "idc-index-data", "duckdb")]
    command = [str(python), "-m", "pip", "install", "--quiet", *wanted, "pandas>=2.3,<3"]
    if subprocess.run(command, timeout=_TIMEOUT).returncode:
        say("it could not be installed: that comparison is left out")
        return None
    ready.touch()
    return python


def _print(results: dict[str, Any]) -> None:
    rows = [
        _row("this app", results["app"]),
        _row("DuckDB on the parquet file", results["duckdb_on_parquet"]),
        *(_row(f"IDCClient, pandas {client['pandas']}", client) for client in results["idc_index"]),
    ]
    table(
        f"The same totals and facets, {results['cohorts']} cohorts (fewer for IDCClient)",
        ("by", "totals p50 ms", "p95 ms", "app is faster", "all facets p50 ms", "app is faster", "wrong"),
        rows,
    )


def _row(name: str, rival: dict[str, Any]) -> tuple[Any, ...]:
    """One line; a ratio is of medians over the same cohorts."""
    if "error" in rival:
        return (name, *[None] * 6)
    ratios = {}
    for part in ("totals", "facets"):
        mine = rival["against"][part]["p50_ms"] if "against" in rival else None
        ratios[part] = f"{rival[part]['p50_ms'] / mine:,.0f} ×" if mine else ""
    totals = rival["totals"]
    return (
        name,
        totals["p50_ms"],
        totals["p95_ms"],
        ratios["totals"],
        rival["facets"]["p50_ms"],
        ratios["facets"],
        rival.get("wrong"),
    )
