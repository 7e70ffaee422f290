"""``python -m app build``: the catalog, which every other command builds too if it is not there."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from app.catalog import ensure_built

_HELP = "Build the catalog now rather than at first use."


def add_to(subparsers: Any) -> None:
    """Add the subcommand to the subparsers of `app.interface.cli`."""
    command = subparsers.add_parser("build", help=_HELP)
    command.set_defaults(run=run, needs_catalog=False)


def run(parsed: argparse.Namespace) -> int:
    """Run the subcommand; 0."""
    build_catalog()
    return 0


def build_catalog() -> None:
    """Build the catalog unless it is there; how far it is goes to stderr."""
    ensure_built(_report)


def _report(share: float, step: str) -> None:
    print(f"{share:4.0%}  {step}", file=sys.stderr, flush=True)
