"""Percentiles, tables and progress lines, shared by all parts."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np


def spread(seconds: Iterable[float]) -> dict[str, float]:
    """Median, 95th percentile and maximum, in milliseconds."""
    values = np.asarray(list(seconds)) * 1e3
    if not len(values):
        return {}
    return {
        "p50_ms": round(float(np.percentile(values, 50)), 2),
        "p95_ms": round(float(np.percentile(values, 95)), 2),
        "max_ms": round(float(values.max()), 2),
    }


def say(text: str) -> None:
    """Progress, on stderr."""
    print(f"  … {text}", file=sys.stderr, flush=True)


def table(title: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print a table: first column left, the others right."""
    body = [[_text(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in [list(header), *body]) for column in range(len(header))]
    print(f"\n{title}")
    for row in [list(header), ["-" * width for width in widths], *body]:
        cells = [
            row[0].ljust(widths[0]),
            *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)),
        ]
        print("  " + "  ".join(cells).rstrip())
    sys.stdout.flush()


def _text(cell: Any) -> str:
    if cell is None:
        return "–"
    return (
        f"{cell:,.2f}"
        if isinstance(cell, float) and abs(cell) < 10
        else f"{cell:,.1f}"
        if isinstance(cell, float)
        else f"{cell:,}"
        if isinstance(cell, int)
        else str(cell)
    )
