"""Areas, lines and points, given by column and row, as pixels; what lies beyond the picture costs nothing."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from app.preview.arrays import PixelMask, PixelPoints

#: Pixels from the middle of a point's mark to its ends.
ARM = 3


def even_odd(polygons: Sequence[PixelPoints], rows: int, columns: int) -> PixelMask:
    """Pixels whose centre an odd number of `polygons` encloses.

    Each edge flips all pixels to its right, in the rows that it crosses.
    """
    flips = np.zeros((rows, columns + 1), np.int32)
    for polygon in polygons:
        for (x0, y0), (x1, y1) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
            if y0 == y1:
                continue
            low, high = (y0, y1) if y0 < y1 else (y1, y0)
            crossed = np.arange(max(0, int(np.ceil(low))), min(rows, int(np.ceil(high))))
            if not len(crossed):
                continue
            at = x0 + (crossed - y0) * (x1 - x0) / (y1 - y0)
            np.add.at(flips, (crossed, np.clip(np.ceil(at), 0, columns).astype(np.int64)), 1)
    return np.asarray(np.cumsum(flips, axis=1)[:, :columns] % 2 == 1)


def lines(paths: Sequence[PixelPoints], rows: int, columns: int) -> PixelMask:
    """Pixels along `paths`, from the first point of each to its last, without a gap."""
    drawn = np.zeros((rows, columns), bool)
    for path in paths:
        for start, end in pairwise(path):
            step = end - start
            first, last = _within(start, step, (columns, rows))
            if first > last:
                continue
            halves = 2 * np.abs(step * (last - first)).max()  # steps of half a pixel, so that rounding leaves no gap
            along = np.linspace(first, last, int(np.ceil(halves)) + 1)
            _set(drawn, start + along[:, None] * step)
    return drawn


def crosses(groups: Sequence[PixelPoints], rows: int, columns: int) -> PixelMask:
    """An upright cross at each point."""
    drawn = np.zeros((rows, columns), bool)
    reach = np.arange(-ARM, ARM + 1)
    arms = np.concatenate([np.stack([reach, 0 * reach], axis=1), np.stack([0 * reach, reach], axis=1)])
    for points in groups:
        for point in points:
            _set(drawn, np.rint(point) + arms)
    return drawn


def _within(start: PixelPoints, step: PixelPoints, ends: tuple[int, int]) -> tuple[float, float]:
    """Shares of the way at which a line comes into the picture and leaves it; the first is larger if it never does."""
    first, last = 0.0, 1.0
    for at, by, end in zip(start, step, ends, strict=True):
        if by == 0:
            if not -0.5 <= at <= end - 0.5:
                return 1.0, 0.0
            continue
        near, far = sorted(((-0.5 - at) / by, (end - 0.5 - at) / by))
        first, last = max(first, near), min(last, far)
    return first, last


def _set(drawn: PixelMask, places: PixelPoints) -> None:
    column, row = np.rint(places).T
    is_inside = (column >= 0) & (column < drawn.shape[1]) & (row >= 0) & (row < drawn.shape[0])
    drawn[row[is_inside].astype(np.int64), column[is_inside].astype(np.int64)] = True
