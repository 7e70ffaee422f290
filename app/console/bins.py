"""How often what stands in a column of a result: numbers and times in ranges of equal width, all else as it is."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

#: Finite numbers of a column, one per row.
Numbers = NDArray[np.float64]
#: Times of a column as seconds since 1970, one per row.
Seconds = NDArray[np.int64]

#: Ranges that a chart shows well; widths are round, so there may be more or fewer.
_RANGES = 40
#: Units of time, the longest first, and seconds in each.
_UNITS = (("Y", 31_556_952), ("M", 2_629_746), ("D", 86_400), ("h", 3_600), ("m", 60), ("s", 1))
#: Seconds from 1970 to the year 10,000; what is farther away, such as infinity, is no time.
FAR_AWAY = 253_402_300_800


def histogram(column: pa.ChunkedArray) -> tuple[list[str], list[int]]:
    """Labels, and how many rows have what each names; what is null or not finite is left out.

    Parameters
    ----------
    column
        Ranges come in their order with the empty ones between; other values by how frequent they are.
    """
    kept = column.drop_null()
    if pa.types.is_decimal(kept.type):
        kept = kept.cast(pa.float64())
    if pa.types.is_integer(kept.type) or pa.types.is_floating(kept.type):
        numbers = kept.to_numpy().astype(np.float64)
        return _numbers(numbers[np.isfinite(numbers)], whole=pa.types.is_integer(kept.type))
    if pa.types.is_date(kept.type) or pa.types.is_timestamp(kept.type):
        seconds = kept.cast(pa.timestamp("s"), safe=False).cast(pa.int64()).to_numpy()
        return _times(seconds, _UNITS[:3] if pa.types.is_date(kept.type) else _UNITS)
    texts = pa.chunked_array([[str(value) for value in kept.to_pylist()]], pa.string())
    counted = sorted(pc.value_counts(texts).to_pylist(), key=lambda entry: (-entry["counts"], entry["values"]))
    return [entry["values"] for entry in counted], [entry["counts"] for entry in counted]


def _numbers(numbers: Numbers, whole: bool) -> tuple[list[str], list[int]]:
    if not numbers.size:
        return [], []
    width = _round_width(float(numbers.max()) / _RANGES - float(numbers.min()) / _RANGES)
    if whole:
        width = max(1.0, width)
    places = np.floor(numbers / width)
    first, last = places.min(), places.max()
    counts = np.bincount((places - first).astype(np.int64), minlength=int(last - first) + 1)
    lows = [(first + place) * width for place in range(counts.size)]
    if whole and width == 1:
        return [_digits(low) for low in lows], counts.tolist()
    return [f"{_digits(low)} to {_digits(low + width)}" for low in lows], counts.tolist()


def _round_width(least: float) -> float:
    """The first of 1, 2, 5, 10 … and their tenths that is not below `least`."""
    if least <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * step for step in (1, 2, 5, 10) if power * step >= least * (1 - 1e-9))


def _digits(number: float) -> str:
    return f"{number:.12g}"


def _times(seconds: Seconds, units: tuple[tuple[str, int], ...]) -> tuple[list[str], list[int]]:
    """By the longest unit of which a few fit in."""
    seconds = seconds[np.abs(seconds) < FAR_AWAY]
    if not seconds.size:
        return [], []
    span = seconds.max() - seconds.min()
    unit = next((unit for unit, length in units if span >= 6 * length), units[-1][0])
    places = seconds.astype("datetime64[s]").astype(f"datetime64[{unit}]")
    every = np.arange(places.min(), places.max() + 1)
    counts = np.bincount((places - every[0]).astype(np.int64), minlength=every.size)
    return [str(time).replace("T", " ") for time in every], counts.tolist()
