"""``python -m app VERB``: the verbs on a cohort, a series or a collection, as `app.interface.verbs` lists them."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from app.interface.checked import checked
from app.interface.commands.output import write_out
from app.interface.query_argument import query_text
from app.interface.verbs import VERBS, pieces


def add_to(subparsers: Any) -> None:
    """Add a subcommand for each verb to the subparsers of `app.interface.cli`."""
    for verb in VERBS.values():
        command = subparsers.add_parser(verb.name, help=verb.help, description=verb.help)
        name = verb.subject.strip("[]")
        if name == verb.subject:
            command.add_argument("subject", metavar=name)
        else:
            command.add_argument("subject", metavar=name, nargs="?", default="")
        for option in verb.options:
            if option.positional:
                command.add_argument(option.name, metavar=option.name.upper(), nargs="?", help=option.help)
            else:
                command.add_argument(f"--{option.name}", help=option.help, choices=option.choices or None)
        if verb.is_about_cohort:
            command.add_argument("--strict", action="store_true", help="refuse values that the release does not hold")
        command.add_argument("--output", type=Path, metavar="FILE", help="write there instead of standard output")
        command.set_defaults(run=run)


def run(parsed: argparse.Namespace) -> int:
    """Answer the verb ``parsed.verb``; 0.

    Raises
    ------
    UserError
        If the subject or an option is invalid, or the file can't be opened.
    """
    names = [option.name for option in VERBS[parsed.verb].options]
    options = {name: value for name in names if (value := getattr(parsed, name)) is not None}
    subject = query_text(parsed.subject) if VERBS[parsed.verb].is_about_cohort else parsed.subject
    answer, warnings = checked(parsed.verb, subject, options, strict=getattr(parsed, "strict", False))
    for warning in warnings:
        print(warning, file=sys.stderr)
    write_out(pieces(answer), parsed.output)
    return 0
