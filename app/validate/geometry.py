"""The slices of a CT, MR or PT series in space. What is odd is told as a warning: the data may be published so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from app.validate.findings import Finding, FindingKind

#: Places along the normal, or distances between them, one per place.
Millimetres = NDArray[np.float64]
#: How many slices lie at each place; int64.
Counts = NDArray[np.signedinteger]

#: Direction cosines of one series differ by rounding only.
_COSINE_TOLERANCE = 1e-3
#: Share of the usual spacing by which a spacing may differ.
_TOLERANCE = 0.02
#: Millimetres below which two slices lie in one place whatever the spacing.
_SAME_PLACE = 1e-4


def geometry(planes: Sequence[tuple[float, ...]]) -> Iterator[Finding]:
    """What is odd about the slices of one series.

    If all places hold the same number of slices, these are taken for several volumes, such as phases or echoes.

    Parameters
    ----------
    planes
        ImageOrientationPatient and ImagePositionPatient of each slice, in any order.
    """
    if len(planes) < 2:
        return
    table = np.array(planes)
    orientation, position = table[:, :6], table[:, 6:]
    differing = int((abs(orientation - np.median(orientation, axis=0)).max(axis=1) > _COSINE_TOLERANCE).sum())
    if differing:
        yield Finding(FindingKind.ORIENTATION, f"{differing:,} of {len(table):,} slices differ from the others")
        return
    places = np.sort(position @ np.cross(orientation[0, :3], orientation[0, 3:]))
    gaps = np.diff(places)
    apart = gaps[gaps > _SAME_PLACE]
    if not len(apart):
        return
    usual = float(np.median(apart))
    starts = np.flatnonzero(np.r_[True, gaps > max(_TOLERANCE * usual, _SAME_PLACE)])
    yield from _at_each_place(places[starts], np.diff(np.r_[starts, len(places)]))
    yield from _between(np.diff(places[starts]))


def _at_each_place(places: Millimetres, slices: Counts) -> Iterator[Finding]:
    numbers, times = np.unique(slices, return_counts=True)
    usual = numbers[times.argmax()]
    if (more := places[slices > usual]).size:
        yield Finding(FindingKind.DOUBLED_SLICE, f"at {_listed(more)} along the normal")
    if (fewer := places[slices < usual]).size:
        yield Finding(FindingKind.MISSING_SLICE, f"fewer than {usual} at {_listed(fewer)} along the normal")


def _between(spacings: Millimetres) -> Iterator[Finding]:
    if len(spacings) < 2:
        return
    usual = float(np.median(spacings))
    steps = np.maximum(np.round(spacings / usual), 1)
    is_whole = abs(spacings - steps * usual) <= _TOLERANCE * usual * steps
    if missing := int((steps[is_whole] - 1).sum()):
        yield Finding(FindingKind.MISSING_SLICE, f"{missing:,} at a spacing of {usual:.4g} mm")
    if not is_whole.all():
        odd = spacings[~is_whole]
        span = f"{odd.min():.4g} mm" if len(odd) == 1 else f"{odd.min():.4g} to {odd.max():.4g} mm"
        yield Finding(
            FindingKind.SPACING, f"{len(odd):,} of {len(spacings):,} spacings are {span}, usual is {usual:.4g} mm"
        )


def _listed(places: Millimetres) -> str:
    more = f" and {len(places) - 3:,} more places" if len(places) > 3 else ""
    return ", ".join(f"{place:.5g} mm" for place in places[:3]) + more
