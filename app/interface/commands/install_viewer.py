"""``python -m app install-viewer``: OHIF, served by the app itself."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

_HELP = "Install OHIF, so that the app serves a viewer of its own."


def add_to(subparsers: Any) -> None:
    """Add the subcommand to the subparsers of `app.interface.cli`."""
    command = subparsers.add_parser("install-viewer", help=_HELP)
    command.add_argument("package", metavar="FILE", nargs="?", type=Path, help="its npm package, if it is at hand")
    command.set_defaults(run=run, needs_catalog=False)


def run(parsed: argparse.Namespace) -> int:
    """Run the subcommand; 0.

    Raises
    ------
    UserError
        If the package can't be fetched, is not the one that is known, or can't be unpacked.
    """
    from app.viewer.package import VERSION, folder, install

    done = "is now" if install(parsed.package) else "was already"
    print(f"The viewer (OHIF {VERSION}) {done} in {folder()}.", file=sys.stderr)
    return 0
