"""``python -m app VERB``: the verbs on a cohort, a series or a collection, as `app.interface.verbs` lists them."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from app.interface.commands.output import write_out
from app.interface.query_argument import query_text
from app.interface.verbs import VERBS, pieces
from app.interface.verbs import run as answer


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
    write_out(pieces(answer(parsed.verb, subject, options)), parsed.output)
    return 0
