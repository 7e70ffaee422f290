"""``python -m app ask TEXT``: the canonical URL form on stdout, what was not understood on stderr."""

from __future__ import annotations

import argparse
import sys
from typing import Any


def add_to(subparsers: Any) -> None:
    """Add the subcommand to the subparsers of `app.interface.cli`."""
    command = subparsers.add_parser(
        "ask",
        help="A question in plain words as a cohort.",
        description="Print the canonical URL form of the cohort that the words mean; what was not understood goes to"
        " standard error. The exit code is 0 if anything was understood, else 2.",
    )
    command.add_argument("text", metavar="TEXT", nargs="+", help="such as 'breast MR with segmentations, under 50 GB'")
    command.set_defaults(run=run)


def run(parsed: argparse.Namespace) -> int:
    """Run the subcommand.

    Returns
    -------
    int
        0 if anything was understood, else 2.
    """
    from app.ask import ask
    from app.catalog import open_catalog

    found = ask(" ".join(parsed.text), open_catalog())
    for word, meant in found.corrections:
        print(f"“{word}” was read as “{meant}”.", file=sys.stderr)
    for words in found.not_understood:
        print(f"Not understood: {words}", file=sys.stderr)
    if found.cohort is None:
        print("Nothing was understood: name a modality, a body part, a collection or another value.", file=sys.stderr)
        return 2
    print(found.cohort.to_query())
    return 0
