"""``python -m app download``: fetch a cohort from a terminal, without the queue."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from app.common.errors import UserError
from app.common.numbers import compact, size
from app.common.progress import ProgressLine
from app.downloads.paths import DEFAULT_TEMPLATE, Template
from app.storage.buckets import Cloud
from app.storage.limits import DEFAULT_LIMITS, Limits

if TYPE_CHECKING:
    from app.downloads.transfer import SeriesOutcome, Transfer, TransferProgress
    from app.storage.store import WantedSeries

_HELP = "Download the images into a folder; run it again to resume. The report is JSON."


def add_to(subparsers: Any) -> None:
    """Add the subcommand to the subparsers of `app.interface.cli`."""
    command = subparsers.add_parser("download", help=_HELP, description=_HELP)
    command.add_argument("subject", metavar="QUERY")
    command.add_argument("folder", metavar="DIR", type=Path)
    command.add_argument("--source", help="cloud to read from", choices=tuple(Cloud), default=Cloud.AWS)
    command.add_argument("--template", help="folders below DIR (default %(default)s)", default=DEFAULT_TEMPLATE)
    command.add_argument("--strict", help="refuse values that the release does not hold", action="store_true")
    command.add_argument("--dry-run", help="list and compare only", action="store_true")
    usual = DEFAULT_LIMITS.parallel
    command.add_argument("--parallel", help=f"requests at once (default {usual})", metavar="N", type=int, default=usual)
    command.add_argument("--limit", help="megabytes a second at most", metavar="MB/s", type=float)
    command.set_defaults(run=run)


def run(parsed: argparse.Namespace) -> int:
    """Run the subcommand: progress on stderr, the report on stdout.

    Returns
    -------
    int
        0 if every file and byte is there (or, in a dry run, is listed), else 1.

    Raises
    ------
    UserError
        If the request is invalid.
    """
    from app.catalog import open_catalog
    from app.cohort.json_form import from_text
    from app.downloads.plan import series_of
    from app.downloads.transfer import Transfer
    from app.interface.checked import warnings_about
    from app.interface.query_argument import query_text
    from app.selection import Selection
    from app.storage.store import endpoint

    source = Cloud(parsed.source)
    limits = Limits(parsed.parallel, None if parsed.limit is None else parsed.limit * 1e6)
    cohort = from_text(query_text(parsed.subject))
    for warning in warnings_about(cohort, strict=parsed.strict):
        print(warning, file=sys.stderr)
    wanted = list(series_of(Selection(open_catalog(), cohort), source, Template(parsed.template)))
    if not wanted:
        raise UserError("There is nothing to download; widen the cohort.")
    root = parsed.folder.resolve()
    transfer = Transfer(root, endpoint(source), limits, parsed.dry_run)
    started = monotonic()
    reports, stopped = _transfer(transfer, root, wanted, parsed.dry_run)
    progress = transfer.progress
    came = "to_fetch" if parsed.dry_run else "fetched"
    report = {
        "query": cohort.to_query(),
        "source": source,
        "folder": str(root),
        "dry_run": parsed.dry_run,
        "complete": progress.series_done == len(wanted),
        "stopped": stopped,
        "seconds": round(monotonic() - started, 1),
        "series": {"wanted": len(wanted), "complete": progress.series_done, "failed": progress.series_failed},
        "files": {
            "wanted": sum(one.instances for one in wanted),
            "already_there": progress.files_present,
            came: sum(one.fetched_files for one in reports)
            if parsed.dry_run
            else progress.files_done - progress.files_present,
        },
        "bytes": {
            "wanted": sum(one.size_bytes for one in wanted),
            "already_there": progress.bytes_present,
            came: sum(one.fetched_bytes for one in reports)
            if parsed.dry_run
            else progress.bytes_done - progress.bytes_present,
        },
        "errors": [
            {
                "SeriesInstanceUID": one.series.uid,
                "folder": one.series.folder,
                "error": one.error.name.lower(),
                "reason": one.error.value,
                "detail": one.detail,
            }
            for one in reports
            if one.error
        ],
    }
    print(json.dumps(report, ensure_ascii=False, indent=2))
    return 0 if report["complete"] else 1


def _transfer(
    transfer: Transfer, root: Path, wanted: list[WantedSeries], dry_run: bool
) -> tuple[list[SeriesOutcome], str | None]:
    """Run the transfer; gives the series that ended, and why it stopped before its end."""
    from app.downloads.plan import require_space
    from app.downloads.worker import claim

    reports: list[SeriesOutcome] = []
    try:
        if dry_run:
            _watch(transfer, wanted, reports)
            return reports, None
        with claim(root):
            require_space(root, wanted)
            _watch(transfer, wanted, reports)
    except KeyboardInterrupt:
        return reports + transfer.reports(), "interrupted"
    except UserError as error:  # no room, or another download is at work here
        print(error, file=sys.stderr)
        return reports, str(error)
    return reports, transfer.stopped_by


def _watch(transfer: Transfer, wanted: list[WantedSeries], reports: list[SeriesOutcome]) -> None:
    """Run, collect the series that ended, and say how far it is."""
    from app.downloads.transfer import Meter

    meter, total, shown = Meter(), sum(one.size_bytes for one in wanted), ProgressLine()
    with closing(transfer.run(wanted)) as running:
        for ended in running:
            reports += ended
            line = _line(transfer.progress, total, meter.rate(transfer.progress.bytes_received))
            shown.show(line, transfer.progress.bytes_done, total)
    shown.end()
    for fault, count in Counter(one.error for one in reports if one.error).items():
        print(f"{count:,} series: {fault}.", file=sys.stderr)


def _line(progress: TransferProgress, total: int, rate: float) -> str:
    left = f", {round((total - progress.bytes_done) / rate):,} s left" if rate else ""
    return (
        f"{progress.bytes_done / max(total, 1):4.0%}  {compact(progress.files_done)} files,"
        f" {size(progress.bytes_done)} of {size(total)}, {rate / 1e6:.1f} MB/s{left}"
    )
