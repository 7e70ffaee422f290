"""Measure: ``python -m bench [part ...]``; without a name, all parts."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import traceback
from collections.abc import Callable, Sequence
from datetime import date
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

from app.catalog.build import ensure_built
from app.cohort import schema
from bench.figures import say
from tests.support.paths import ROOT

#: Part, a module of this package → what its `measure` is given.
PARTS: dict[str, Callable[[argparse.Namespace], tuple[Any, ...]]] = {
    "refresh": lambda asked: (asked.cohorts, asked.seed),
    "rivals": lambda asked: (min(asked.cohorts, 40), asked.seed, asked.client_cohorts),
    "memory": lambda asked: (asked.cohorts, asked.seed),
    "browser": lambda asked: (asked.clicks, asked.seed),
    "pages": lambda asked: (asked.rounds,),
    "downloads": lambda asked: (asked.rounds,),
    "validate": lambda asked: (asked.rounds,),
    "archive": lambda asked: (),
    "preview": lambda asked: (asked.rounds,),
    "console": lambda asked: (asked.cohorts, asked.rounds, asked.seed),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the chosen parts, print tables and write the figures as JSON; 1 if a part failed."""
    asked = _parser().parse_args(arguments)
    ensure_built(lambda share, step: say(f"building the catalog: {share:.0%} {step}"))
    results: dict[str, Any] = {"machine": _machine(), "idc_version": schema.idc_version()}
    failed = []
    for part in asked.parts or PARTS:
        say(part)
        try:
            results[part] = _measure(part, asked)
        except Exception as error:  # the other parts are still worth having
            traceback.print_exc()
            results[part] = {"error": str(error)}
            failed.append(part)
    asked.output.write_text(json.dumps(results, indent=2) + "\n")
    print(f"\nWritten to {asked.output}.{' Failed: ' + ', '.join(failed) + '.' if failed else ''}")
    return 1 if failed else 0


def _measure(part: str, asked: argparse.Namespace) -> dict[str, Any]:
    # Imported when its turn comes, so that one part can run where what the others need is missing.
    return import_module(f"bench.{part}").measure(*PARTS[part](asked))


def _machine() -> dict[str, Any]:
    packages = ("duckdb", "numpy", "pandas", "pyarrow", "streamlit", "idc-index", "idc-index-data")
    return {
        "date": date.today().isoformat(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load": [round(load, 1) for load in os.getloadavg()] if hasattr(os, "getloadavg") else None,
        "packages": {name: version(name) for name in packages},
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="part", help=f"any of {', '.join(PARTS)}")
    parser.add_argument("--output", type=Path, default=ROOT / "bench" / "results.json", help="JSON file to write")
    parser.add_argument("--cohorts", type=int, default=200, help="random cohorts (default 200)")
    parser.add_argument("--client-cohorts", type=int, default=4, help="cohorts asked of IDCClient (default 4)")
    parser.add_argument("--clicks", type=int, default=50, help="clicks in the browser (default 50)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of the parts that take turns (default 5)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the cohorts and clicks (default 1)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
