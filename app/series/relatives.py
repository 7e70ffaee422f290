"""Which images a series was made from, and what was made from it: the one place that answers this.

The index itself does not say. Fetched tables do for segmentations, contours and annotations; for all else the study
does nearly, since what is derived lies in the study of its images.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.catalog.arrays import RowNumbers
from app.catalog.tables.extensions import linking
from app.selection import sources
from app.series.series import Relative, Series

_BY_STUDY = "Found by study: the index does not say which image series each of these was made from."


@dataclass(frozen=True, slots=True)
class Related:
    """Series around one series.

    Parameters
    ----------
    sources
        Image series it was made from, or may be, the likeliest first; empty for images.
    derived
        What was made from it, or may be; empty for what is no image.
    certain
        Whether a table names these, rather than only the study.
    note
        How they were found, in one sentence.
    """

    sources: tuple[Relative, ...] = ()
    derived: tuple[Relative, ...] = ()
    certain: bool = False
    note: str = _BY_STUDY


def related(series: Series) -> Related:
    """Sources and derived series of a series, as far as this release's tables say."""
    tables = linking(series.catalog.tables())
    made, source = sources(series.catalog, tables)
    pictures = sorted((other for other in series.in_study if other.has_picture), key=lambda other: -other.instances)
    derived = [other for other in series.in_study if not other.has_picture]
    near = derived if series.has_picture else pictures
    named = _among(near, series, made[source == series.row] if series.has_picture else source[made == series.row])
    certain, note = bool(named), f"Named by {' and '.join(tables)}." if named else _BY_STUDY
    found = named or tuple(near)
    if series.has_picture:
        return Related(derived=found, certain=certain, note=note)
    return Related(sources=found, certain=certain, note=note)


def _among(relatives: Iterable[Relative], series: Series, rows: RowNumbers) -> tuple[Relative, ...]:
    """Those of `relatives` that stand in `rows` of the catalog."""
    if not len(rows):
        return ()
    listed = ", ".join(str(int(row)) for row in rows)
    found = series.catalog.cursor().execute(f"SELECT SeriesInstanceUID FROM series WHERE series_row IN ({listed})")
    uids = {uid for (uid,) in found.fetchall()}
    return tuple(relative for relative in relatives if relative.uid in uids)
