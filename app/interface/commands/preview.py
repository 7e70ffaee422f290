"""``python -m app preview`` and ``python -m app header``: a picture, or a header, from a terminal."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from app.common.errors import UserError
from app.common.modalities import OVERLAYS
from app.storage.buckets import Cloud

_PREVIEW = "Make a PNG of one slice of a series; without --output, say what there is to see (JSON)."
_HEADER = "Print the DICOM header of one instance of a series, and the tree of a report."


def add_to(subparsers: Any) -> None:
    """Add the subcommands to the subparsers of `app.interface.cli`."""
    preview = subparsers.add_parser("preview", help=_PREVIEW, description=_PREVIEW)
    header = subparsers.add_parser("header", help=_HEADER, description=_HEADER)
    for command in (preview, header):
        command.add_argument("subject", metavar="SERIES_UID")
        command.add_argument("--folder", help="read files of this folder, not the bucket", metavar="DIR", type=Path)
        command.add_argument("--source", help="cloud to read from", choices=tuple(Cloud), default=Cloud.AWS)
    preview.add_argument("--slice", help="number of the slice, from 1 (default: the middle)", metavar="N", type=int)
    preview.add_argument("--window", help="soft, lung, bone, brain, header, minmax, or CENTER,WIDTH", metavar="W")
    preview.add_argument("--overlay", help="a SEG or RTSTRUCT to draw over it", metavar="SERIES_UID")
    preview.add_argument("--edge", help="pixels of the longer edge, at most", metavar="N", type=int)
    preview.add_argument("--output", help="PNG to write", metavar="FILE", type=Path)
    preview.set_defaults(run=run_preview)
    header.add_argument("--instance", help="its number, in the order of the slices", metavar="N", type=int, default=1)
    header.add_argument("--search", help="only elements that hold this text", metavar="TEXT", default="")
    header.add_argument("--json", help="as JSON", action="store_true")
    header.set_defaults(run=run_header)


def run_preview(parsed: argparse.Namespace) -> int:
    """Run ``preview``; 0.

    Raises
    ------
    UserError
        If there is no such picture.
    """
    from app.preview.overlays import overlay
    from app.preview.series import MAX_EDGE, as_png, open_series, over
    from app.preview.window import parse_window

    def opened(uid: str) -> Any:
        return open_series(uid, Cloud(parsed.source), parsed.folder)

    if parsed.edge is not None and not 16 <= parsed.edge <= MAX_EDGE:
        raise UserError(f"An edge has 16 to {MAX_EDGE} pixels.")
    window = None if parsed.window is None else parse_window(parsed.window)
    series = opened(parsed.subject)
    marks = (
        overlay(series) if series.modality in OVERLAYS else overlay(opened(parsed.overlay)) if parsed.overlay else None
    )
    if parsed.output is None:
        described = series.describe() | ({"overlay": marks.describe()} if marks else {})
        print(json.dumps(described, ensure_ascii=False, indent=2))
        return 0
    if series.modality in OVERLAYS and marks:
        if not marks.source:
            raise UserError("This object does not say which series it was drawn on.")
        series = opened(marks.source)
    number = series.middle if parsed.slice is None else parsed.slice
    levels = series.levels(number, window)
    if marks:
        levels = over(levels, marks.layer(series, number))
    parsed.output.write_bytes(as_png(levels, parsed.edge))
    return 0


def run_header(parsed: argparse.Namespace) -> int:
    """Run ``header``; 0, or 1 if nothing holds the text that is searched for."""
    from app.preview.series import open_series

    series = open_series(parsed.subject, Cloud(parsed.source), parsed.folder)
    table = series.header_table(parsed.instance)
    wanted = parsed.search.casefold()
    rows = [row for row in table["rows"] if wanted in " ".join(map(str, row[1:])).casefold()]
    if parsed.json:
        print(json.dumps(table | {"rows": rows}, ensure_ascii=False, indent=2))
    else:
        for level, tag, name, kind, value in rows:
            print(
                "  ".join(part for part in (f"{'  ' * level}{tag or name}", tag and f"{kind}  {name}", value) if part)
            )
        if table["tree"] and not wanted:
            _print_tree(table["tree"], 0)
    if not rows:
        print("Nothing in this header holds that text.", file=sys.stderr)
    return 0 if rows else 1


def _print_tree(node: dict[str, Any], level: int) -> None:
    said = ": ".join(part for part in (node["name"], node["value"]) if part)
    print(f"{'  ' * level}{node['relation']} {said or node['type']}".rstrip())
    for child in node["children"]:
        _print_tree(child, level + 1)
