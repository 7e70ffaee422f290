"""The command line: ``python -m app VERB QUERY``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from app.common.errors import UserError
from app.interface.commands import answer, ask, build, download, fetch, install_viewer, preview, query, validate


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
        if parsed.needs_catalog:
            build.build_catalog()
        return int(parsed.run(parsed))
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    except BrokenPipeError:
        # The reader, such as `head`, has seen enough; keep the interpreter from complaining at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:  # a full disk, a folder that may not be written to
        print(f"{error.filename or getattr(parsed, 'output', None) or 'Output'}: {error.strerror}.", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m app",
        description="Ask about a cohort of imaging series of the NCI Imaging Data Commons.",
        epilog="QUERY is the URL form, such as 'Modality=MR&BodyPartExamined__not=BREAST&instanceCount__gte=100';"
        " empty means all of IDC. It can also be JSON as the verb json gives it, @FILE to read either from a file, or -"
        " for standard input.",
    )
    parser.set_defaults(needs_catalog=True)
    subparsers = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for command in (answer, ask, download, fetch, validate, preview, query, build, install_viewer):
        command.add_to(subparsers)
    return parser
