"""``python -m app ask TEXT``: the canonical URL form on stdout, what was not understood on stderr; or all as JSON."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.ask import Interpretation


def add_to(subparsers: Any) -> None:
    """Add the subcommand to the subparsers of `app.interface.cli`."""
    command = subparsers.add_parser(
        "ask",
        help="A question in plain words as a cohort.",
        description="Print the canonical URL form of the cohort that the words mean; what was not understood goes to"
        " standard error. The exit code is 0 if anything was understood, else 2.",
    )
    command.add_argument(
        "--json",
        action="store_true",
        help="print all of it as JSON: query, sentence, cohort, what was read otherwise and what was not understood",
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
    if parsed.json:
        print(json.dumps(_document(found), ensure_ascii=False, indent=2))
    else:
        for word, meant in found.corrections:
            print(f"“{word}” was read as “{meant}”.", file=sys.stderr)
        for words in found.not_understood:
            print(f"Not understood: {words}", file=sys.stderr)
    if found.cohort is None:
        print("Nothing was understood: name a modality, a body part, a collection or another value.", file=sys.stderr)
        return 2
    if not parsed.json:
        print(found.cohort.to_query())
    return 0


def _document(found: Interpretation) -> dict[str, Any]:
    """What the question gave; query, sentence and cohort are null where nothing was understood."""
    from app.catalog import open_catalog
    from app.cohort.json_form import to_document
    from app.language import knowledge, sentence

    cohort = found.cohort
    return {
        "query": cohort.to_query() if cohort else None,
        "sentence": sentence(cohort, knowledge(open_catalog())) if cohort else None,
        "cohort": to_document(cohort) if cohort else None,
        "understood": [asdict(phrase) for phrase in found.understood],
        "corrections": [{"word": word, "read_as": meant} for word, meant in found.corrections],
        "not_understood": list(found.not_understood),
    }
