"""The segments of a SEG: only the frames that lie on a picture are read, and brought to its pixel grid."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from pydicom import Dataset

from app.preview.arrays import FramePlaces, PixelMask, SegmentNumbers, StoredPixels
from app.preview.errors import PreviewError
from app.preview.files import at_once
from app.preview.regions import Colour, Grid, MarkedRegion, usual_colour

if TYPE_CHECKING:
    from app.preview.headers import Instance
    from app.preview.series import SeriesPictures

#: Millimetres below which a frame and a picture lie in one plane whatever their spacing.
_SAME_PLANE = 0.01

#: SegmentationFractionalType → what a pixel of a FRACTIONAL one holds.
_FRACTIONS = {"PROBABILITY": "a probability", "OCCUPANCY": "the share of it that is taken"}


@dataclass(frozen=True, eq=False)
class _Object:
    """One SEG instance.

    Parameters
    ----------
    shift
        What is added to a segment's number to have its region's.
    segments
        Segment number of each frame; 0 where a frame holds several (LABELMAP).
    places
        Millimetres of each frame along the common normal, or NaN.
    sources
        SOPInstanceUIDs that each frame was derived from.
    most
        Value that is fully inside (of a FRACTIONAL one).
    """

    instance: Instance
    header: Dataset
    shift: int
    segments: SegmentNumbers
    places: FramePlaces
    sources: list[set[str]]
    spacing: float
    grid: Grid | None
    most: int
    numbers: list[int]


@dataclass(frozen=True, eq=False)
class Segments:
    """All segments of a SEG series."""

    series: SeriesPictures
    regions: list[MarkedRegion]
    source: str
    frames_of_reference: set[str]
    objects: list[_Object]
    notes: list[str]

    @classmethod
    def read(cls, series: SeriesPictures) -> Segments:
        """The segments of a SEG series; of its frames, only where they lie."""
        regions: list[MarkedRegion] = []
        objects, source, frames, notes = [], "", set(), []
        for instance in series.instances:
            header = instance.dataset()
            shift = len(regions)
            numbers = []
            for item in header.get("SegmentSequence") or []:
                number = shift + int(item.SegmentNumber)
                numbers.append(number)
                regions.append(MarkedRegion(number, str(item.get("SegmentLabel") or number), _colour(item, number)))
            objects.append(_describe(instance, header, shift, numbers))
            source = source or _source(header)
            frames.add(str(header.get("FrameOfReferenceUID")))
            if header.get("SegmentationType") == "FRACTIONAL":
                kind = _FRACTIONS.get(str(header.get("SegmentationFractionalType")), "a fraction")
                notes.append(f"Each pixel holds {kind}: drawn is what has at least half of the largest value.")
        return cls(series, regions, source, frames, objects, list(dict.fromkeys(notes)))

    @property
    def size(self) -> int:
        """Bytes in memory, about; parsed headers take several times their bytes."""
        return sum(6 * len(one.instance.header) + 300 * len(one.places) for one in self.objects)

    def masks(self, grid: Grid, wanted: Collection[int]) -> Iterator[tuple[MarkedRegion, PixelMask]]:
        """Pixels of a picture that each wanted region takes.

        Raises
        ------
        PreviewError
            If it lies across the picture, has another size and no place, or can't be read.
        """
        regions = {region.number: region for region in self.regions}
        for one in self.objects:
            numbers = {frame: int(one.segments[frame]) for frame in _frames_on(one, grid)}
            frames = [frame for frame, number in numbers.items() if not number or number + one.shift in wanted]
            read = at_once(partial(self._values, one, grid), frames)
            for frame, values in zip(frames, read, strict=True):
                number = numbers[frame]
                if number:
                    mask = values >= one.most / 2
                    if mask.any():
                        yield regions[number + one.shift], mask
                    continue
                for label in np.unique(values[values > 0]):
                    if int(label) + one.shift in wanted and int(label) + one.shift in regions:
                        yield regions[int(label) + one.shift], values == label

    def _values(self, one: _Object, grid: Grid, frame: int) -> StoredPixels:
        """Values of a frame on the picture's grid."""
        from app.preview.frames import read_frame

        own = read_frame(self.series.files, one.instance, one.header, frame)
        if one.grid is None or grid.origin is None:
            if own.shape != (grid.rows, grid.columns):
                raise PreviewError("This segmentation has another size than the pictures, and no place in space.")
            return own
        corner, right, below = one.grid.pixels(
            np.array([grid.origin, grid.origin + grid.across, grid.origin + grid.down])
        )[:, :2]
        steps = [np.arange(grid.columns)[None, :], np.arange(grid.rows)[:, None]]
        column, row = (
            np.rint(corner[axis] + steps[0] * (right - corner)[axis] + steps[1] * (below - corner)[axis]).astype(int)
            for axis in (0, 1)
        )
        is_inside = (column >= 0) & (column < own.shape[1]) & (row >= 0) & (row < own.shape[0])
        found = np.zeros((grid.rows, grid.columns), own.dtype)
        found[is_inside] = own[row[is_inside], column[is_inside]]
        return found


def _frames_on(one: _Object, grid: Grid) -> list[int]:
    """Frames that lie on a picture, the nearest of each segment."""
    if one.grid is None or grid.origin is None:
        return [frame for frame, sources in enumerate(one.sources) if grid.uid in sources]
    if not one.grid.is_parallel(grid):
        raise PreviewError("This segmentation lies across these slices, and is drawn only on slices parallel to it.")
    away = abs(one.places - one.grid.normal @ grid.origin)
    near = np.flatnonzero(away <= max(one.spacing / 2 - 1e-6, _SAME_PLANE))
    nearest: dict[int, int] = {}
    for frame in near[np.argsort(away[near], kind="stable")]:
        nearest.setdefault(int(one.segments[frame]), int(frame))
    return [nearest[segment] for segment in sorted(nearest)]


def _describe(instance: Instance, header: Dataset, shift: int, numbers: list[int]) -> _Object:
    from app.preview.functional_groups import frame_header

    each = header.get("PerFrameFunctionalGroupsSequence") or []
    planes = instance.planes
    first = frame_header(header, 0)
    grid = Grid.of(first, abs(float(first.get("SpacingBetweenSlices") or 0))) if planes and planes[0] else None
    grid = grid if grid is not None and grid.origin is not None else None
    places = np.full(instance.frames, np.nan)
    if grid is not None:
        places = np.array([grid.normal @ np.array(plane[6:]) if plane else np.nan for plane in planes])
    gaps = np.diff(np.unique(np.round(places[~np.isnan(places)], 3)))
    # Frames without a segment are often left out, so a gap says at most how far one reaches.
    spacing = min([*gaps.tolist(), 2 * grid.reach]) if grid else 0.0
    shared = (header.get("SharedFunctionalGroupsSequence") or [Dataset()])[0]
    segments = [_segment(each[frame] if frame < len(each) else Dataset(), shared) for frame in range(instance.frames)]
    is_fractional = header.get("SegmentationType") == "FRACTIONAL"
    return _Object(
        instance,
        _without_frames(header),
        shift,
        np.array(segments, np.int64),
        places,
        [set(_derived_from(group)) for group in each] if grid is None else [],
        spacing,
        grid,
        int(header.get("MaximumFractionalValue") or 1) if is_fractional else 1,
        numbers,
    )


def _without_frames(header: Dataset) -> Dataset:
    """The header without what it says of each frame, which is most of it."""
    if "PerFrameFunctionalGroupsSequence" in header:
        del header.PerFrameFunctionalGroupsSequence
    return header


def _segment(*groups: Dataset) -> int:
    for group in groups:
        for item in group.get("SegmentIdentificationSequence") or []:
            return int(item.get("ReferencedSegmentNumber") or 0)
    return 0


def _derived_from(group: Dataset) -> Iterator[str]:
    for derivation in group.get("DerivationImageSequence") or []:
        for source in derivation.get("SourceImageSequence") or []:
            yield str(source.get("ReferencedSOPInstanceUID"))


def _source(header: Dataset) -> str:
    for item in header.get("ReferencedSeriesSequence") or []:
        return str(item.get("SeriesInstanceUID") or "")
    return ""


def _colour(segment: Dataset, number: int) -> Colour:
    """Colour of a segment, from CIELab under D50 (PS3.3 C.10.7.1.1)."""
    stored = segment.get("RecommendedDisplayCIELabValue")
    if not stored or len(stored) != 3:
        return usual_colour(number)
    lightness, a, b = (float(one) / 65535 for one in stored)
    y = (lightness * 100 + 16) / 116
    curved = np.array([y + (a * 255 - 128) / 500, y, y - (b * 255 - 128) / 200])
    xyz = np.where(curved > 6 / 29, curved**3, 3 * (6 / 29) ** 2 * (curved - 4 / 29)) * [0.9642, 1.0, 0.8249]
    linear = _SRGB_OF_XYZ_D50 @ xyz
    levels = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * np.clip(linear, 0, None) ** (1 / 2.4) - 0.055)
    red, green, blue = (int(one) for one in np.rint(np.clip(levels, 0, 1) * 255))
    return red, green, blue


_SRGB_OF_XYZ_D50 = np.array(
    [[3.1338561, -1.6168667, -0.4906146], [-0.9787684, 1.9161415, 0.0334540], [0.0719453, -0.2289914, 1.4052427]]
)
