"""``python -m app validate``: check a folder from a terminal."""

from __future__ import annotations

import argparse
import shutil
import sys
from contextlib import closing
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from app.common.errors import UserError
from app.common.numbers import exact, size
from app.common.progress import ProgressLine

if TYPE_CHECKING:
    from app.validate.validation import Validation, ValidationProgress

_HELP = "Check a folder of DICOM files against the index; without QUERY or MANIFEST, the series that are found in it."


def add_to(subparsers: Any) -> None:
    """Add the subcommand to the subparsers of `app.interface.cli`."""
    command = subparsers.add_parser("validate", help=_HELP, description=_HELP)
    command.add_argument("folder", metavar="DIR", type=Path)
    command.add_argument("wanted", metavar="QUERY|MANIFEST", nargs="?", help="what is to be in it")
    command.add_argument("--decode", help="decode every frame", action="store_true")
    command.add_argument("--dciodvfy", help="run dciodvfy, which must be installed, on each file", action="store_true")
    command.add_argument("--json", help="write the report as JSON", metavar="FILE", type=Path)
    command.add_argument("--html", help="write the report as a page", metavar="FILE", type=Path)
    command.add_argument("--parallel", help="processes (default: one for each core)", metavar="N", type=int)
    command.set_defaults(run=run)


def run(parsed: argparse.Namespace) -> int:
    """Run the subcommand: progress on stderr, the report on stdout and in files.

    Returns
    -------
    int
        0 if all was read and nothing is wrong, else 1.

    Raises
    ------
    UserError
        If the request is invalid.
    """
    from app.interface.query_argument import query_text
    from app.validate.expected import listing, names_file
    from app.validate.files import Options
    from app.validate.report import as_html, as_json, as_text
    from app.validate.validation import Validation

    written = {parsed.json: as_json, parsed.html: as_html}
    left_out = [path for path in written if path]
    given = None if parsed.wanted is None else query_text(parsed.wanted)
    if given is not None and names_file(given):
        left_out.append(Path(given))
    if parsed.wanted and parsed.wanted.startswith("@"):
        left_out.append(Path(parsed.wanted.removeprefix("@")))
    options = Options(parsed.decode, find_dciodvfy() if parsed.dciodvfy else None)
    wanted = None if given is None else listing(given)
    validation = Validation(parsed.folder, wanted, options, parsed.parallel, left_out)
    try:
        _watch(validation)
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
    report = validation.report()
    for path, write in written.items():
        if path:
            path.write_text(write(report), encoding="utf-8")
    print(as_text(report), end="")
    return 0 if report.is_clean else 1


def find_dciodvfy() -> str:
    """Path of the program.

    Raises
    ------
    UserError
        If it is not installed.
    """
    if found := shutil.which("dciodvfy"):
        return found
    raise UserError("dciodvfy was not found: install dicom3tools, or leave that check out.")


def _watch(validation: Validation) -> None:
    """Run, and say how far it is."""
    shown, started = ProgressLine(), monotonic()
    with closing(validation.run()) as running:
        for _ in running:
            progress = validation.progress
            shown.show(_line(progress, monotonic() - started), progress.files, progress.files_in_folder)
    shown.end()


def _line(progress: ValidationProgress, seconds: float) -> str:
    return (
        f"{progress.files / max(progress.files_in_folder, 1):4.0%}  {exact(progress.files)} of"
        f" {exact(progress.files_in_folder)} files, {size(progress.size_bytes)},"
        f" {progress.files / seconds:,.0f} files/s, {exact(progress.with_findings)} with findings"
    )
