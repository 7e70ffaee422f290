"""Which images a series was made from, and what was made from it: the one place that answers this.

The index itself does not say; its study does nearly: segmentations, contours, measurements and annotations lie in the
study of their images.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.series import Relative, Series

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
    if series.has_picture:
        return Related(derived=tuple(other for other in series.in_study if not other.has_picture))
    pictures = (other for other in series.in_study if other.has_picture)
    return Related(sources=tuple(sorted(pictures, key=lambda other: -other.instances)))
