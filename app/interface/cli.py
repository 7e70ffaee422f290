"""The command line: ``python -m app VERB QUERY``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import BinaryIO

from app.catalog import ensure_built, is_built
from app.common.errors import UserError
from app.interface.commands import ask as ask_command
from app.interface.commands import download as download_command
from app.interface.commands import fetch as fetch_command
from app.interface.commands import preview as preview_command
from app.interface.commands import query as query_command
from app.interface.commands import validate as validate_command


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns
    -------
    int
        0, or 2 after one sentence on stderr about an invalid request; 1 for a download that is not complete, for a
        folder with errors and for a query of which not all rows are given.
    """
    parsed = _parser().parse_args(arguments)
    try:
        if parsed.verb == "install-viewer":
            return _install_viewer(parsed.package)
        if parsed.verb == "build" or not is_built():
            ensure_built(_report)
        if parsed.verb == "ask":
            return ask_command.answer(parsed)
        if parsed.verb == "download":
            return download_command.download(parsed)
        if parsed.verb == "fetch":
            return fetch_command.fetch(parsed)
        if parsed.verb == "validate":
            return validate_command.validate(parsed)
        if parsed.verb == "preview":
            return preview_command.preview(parsed)
        if parsed.verb == "header":
            return preview_command.header(parsed)
        if parsed.verb == "query":
            return query_command.query(parsed, lambda: _output(parsed.output))
        if parsed.verb != "build":
            _answer(parsed)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    except BrokenPipeError:
        # The reader, such as `head`, has seen enough; keep the interpreter from complaining at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:  # a full disk, a folder that may not be written to
        print(f"{error.filename or getattr(parsed, 'output', None) or 'Output'}: {error.strerror}.", file=sys.stderr)
        return 2
    return 0


def _answer(parsed: argparse.Namespace) -> None:
    from app.interface.checked import checked
    from app.interface.verbs import VERBS, pieces

    names = [option.name for option in VERBS[parsed.verb].options]
    options = {name: value for name in names if (value := getattr(parsed, name)) is not None}
    answer, warnings = checked(parsed.verb, parsed.subject, options, strict=getattr(parsed, "strict", False))
    for warning in warnings:
        print(warning, file=sys.stderr)
    with _output(parsed.output) as stream:
        for piece in pieces(answer):
            stream.write(piece)
        stream.flush()


def _output(path: Path | None) -> AbstractContextManager[BinaryIO]:
    if path is None:
        return nullcontext(sys.stdout.buffer)
    try:
        return path.open("wb")
    except OSError as error:
        raise UserError(f"Can't write {path}: {error.strerror}.") from None


def _report(share: float, step: str) -> None:
    print(f"{share:4.0%}  {step}", file=sys.stderr, flush=True)


def _install_viewer(package: Path | None) -> int:
    from app.viewer.package import VERSION, folder, install

    done = "is now" if install(package) else "was already"
    print(f"The viewer (OHIF {VERSION}) {done} in {folder()}.", file=sys.stderr)
    return 0


def _parser() -> argparse.ArgumentParser:
    from app.interface.checked import takes_cohort
    from app.interface.verbs import VERBS

    parser = argparse.ArgumentParser(
        prog="python -m app",
        description="Ask about a cohort of imaging series of the NCI Imaging Data Commons.",
        epilog="QUERY is the URL form, such as 'Modality=MR&BodyPartExamined__not=BREAST&instanceCount__gte=100';"
        " empty means all of IDC.",
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for verb in VERBS.values():
        command = verbs.add_parser(verb.name, help=verb.help, description=verb.help)
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
        if takes_cohort(verb.name):
            command.add_argument("--strict", action="store_true", help="refuse values that the release does not hold")
        command.add_argument("--output", type=Path, metavar="FILE", help="write there instead of standard output")
    ask_command.add_parser(verbs)
    download_command.add_parser(verbs)
    fetch_command.add_parser(verbs)
    validate_command.add_parser(verbs)
    preview_command.add_parsers(verbs)
    query_command.add_parser(verbs)
    verbs.add_parser("build", help="Build the catalog now rather than at first use.")
    installer = verbs.add_parser("install-viewer", help="Install OHIF, so that the app serves a viewer of its own.")
    installer.add_argument("package", metavar="FILE", nargs="?", type=Path, help="its npm package, if it is at hand")
    return parser
