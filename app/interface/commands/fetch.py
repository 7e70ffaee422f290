"""``python -m app fetch``: bring tables that idc-index-data does not hold."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from app.common.progress import ProgressLine

_HELP = (
    "Fetch tables, such as ct_index, whose attributes then can be filtered by, or, with clinical_index, clinical tables"
    " such as nlst_prsn; without one, list them."
)


def add_to(subparsers: Any) -> None:
    """Add the subcommand to the subparsers of `app.interface.cli`."""
    command = subparsers.add_parser("fetch", help=_HELP, description=_HELP)
    command.add_argument("tables", metavar="TABLE", nargs="*")
    command.add_argument("--all", help="all that are not there yet", action="store_true")
    command.set_defaults(run=run)


def run(parsed: argparse.Namespace) -> int:
    """Run the subcommand: progress on stderr, the tables that are there on stdout.

    Returns
    -------
    int
        0 if all that were asked for are there, else 2.

    Raises
    ------
    UserError
        If a name is no table's.
    """
    from app.catalog.tables.extensions import publish, published
    from app.catalog.tables.fetching import FetchError, fetch, fetchable, require_known

    clinical = [name for name in parsed.tables if name not in fetchable()] if _knows_clinical(parsed) else []
    own = [name for name in parsed.tables if name not in clinical]
    for name in own:
        require_known(name)
    wanted = list(fetchable()) if parsed.all else own
    failed = False
    for name in wanted:
        line = _Line()
        try:
            fetch(name, line.show)
            line.show(f"Adding {name} to the catalog", 0, 0)
            publish(name)
            line.end(f"{name} is there")
        except FetchError as error:
            line.end("")
            print(error, file=sys.stderr)
            failed = True
            if error.offline:
                break
    there = published()
    for name in wanted or (() if clinical else fetchable()):
        print(f"{name}\t{'there' if name in there else 'not fetched'}")
    if clinical and not failed:
        _fetch_clinical(clinical)
    return 2 if failed else 0


def _knows_clinical(parsed: argparse.Namespace) -> bool:
    """Whether the names of clinical tables are known, or will be before they are needed."""
    from app.catalog.tables.extensions import published
    from app.cohort import DICTIONARY

    return DICTIONARY in (*published(), *parsed.tables)


def _fetch_clinical(names: list[str]) -> None:
    """Fetch clinical tables, of which clinical_index must know all.

    Raises
    ------
    UserError
        If it does not, or one can't be had.
    """
    from app.catalog import open_catalog
    from app.clinical.fetching import fetch, require_known

    require_known(open_catalog(), names)
    for name in names:
        line = _Line()
        try:
            fetch(open_catalog(), name, line.show)
        finally:
            line.end("")
        print(f"{name}\tthere")


class _Line:
    """Progress of one table."""

    def __init__(self) -> None:
        self._line = ProgressLine()
        self._step = ""

    def show(self, step: str, done: int, size: int) -> None:
        """Say what is happening, and how much of the file is there."""
        from app.common.numbers import size as in_words

        if step != self._step:
            self._line = ProgressLine()
            self._step = step
        amount = f"{done / size:4.0%} of {in_words(size)}" if size else ""
        self._line.show(f"{step}  {amount}".rstrip(), done, size)

    def end(self, text: str) -> None:
        """Leave the last line."""
        self._line.end()
        if text:
            print(text, file=sys.stderr)
