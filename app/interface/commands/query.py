"""``python -m app query``: SQL from a terminal, under the same limits as on the page."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from app.common.settings import settings
from app.interface.commands.output import write_out

_HELP = "Run one SELECT over idc-index's tables."


def add_to(subparsers: Any) -> None:
    """Add the subcommand to the subparsers of `app.interface.cli`."""
    command = subparsers.add_parser("query", help=_HELP, description=_HELP)
    command.add_argument("sql", metavar="SQL", help="the SELECT, or - to read it from standard input")
    command.add_argument("--format", help="file format", choices=("csv", "json", "parquet"), default="csv")
    command.add_argument("--output", type=Path, metavar="FILE", help="write there instead of standard output")
    command.set_defaults(run=run)


def run(parsed: argparse.Namespace) -> int:
    """Run the subcommand: rows on stdout or in a file, and a word on stderr where they are not all.

    Returns
    -------
    int
        0 if all rows are there, else 1.

    Raises
    ------
    UserError
        If the query is refused or fails, or the file can't be opened.
    """
    from app.console.queries import console
    from app.console.result import FORMATS

    sql = sys.stdin.read() if parsed.sql == "-" else parsed.sql
    running = console().start(sql, owner=None)
    try:
        running.wait()
    except KeyboardInterrupt:
        running.cancel()
        running.wait()
    result = running.result()
    _, write = FORMATS[parsed.format]
    write_out(write(result), parsed.output)
    if result.remark:
        hint = " IDC_COHORT_QUERY_ROWS sets the number." if result.rows == settings().query_rows else ""
        print(f"{result.remark}{hint}", file=sys.stderr)
    return 1 if result.remark else 0
