"""The contours of an RTSTRUCT, filled on the pixel grid of a picture."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from pydicom import Dataset

from app.preview.problems import PreviewError
from app.preview.regions import Grid, Mask, Region, usual_colour

if TYPE_CHECKING:
    from app.preview.series import Series

#: Millimetres that a contour of one plane may leave it by.
_TILT = 0.5

Points = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Contours:
    """All contours of a structure set, by region."""

    regions: list[Region]
    source: str
    frames_of_reference: set[str]
    closed: dict[int, list[Points]] = field(default_factory=dict)

    @classmethod
    def read(cls, series: Series) -> Contours:
        """The structure set of an RTSTRUCT series."""
        header = series.instances[0].dataset()
        drawn = {int(item.ReferencedROINumber): item for item in header.get("ROIContourSequence") or []}
        regions: list[Region] = []
        closed: dict[int, list[Points]] = {}
        for roi in header.get("StructureSetROISequence") or []:
            contours = drawn.get(int(roi.ROINumber), Dataset())
            number = len(regions) + 1
            colour = [int(one) for one in contours.get("ROIDisplayColor") or ()]
            named = (colour[0], colour[1], colour[2]) if len(colour) == 3 else usual_colour(number)
            regions.append(Region(number, str(roi.get("ROIName") or f"ROI {roi.ROINumber}"), named))
            closed[number] = [
                np.array(item.ContourData, np.float64).reshape(-1, 3)
                for item in contours.get("ContourSequence") or []
                if str(item.get("ContourGeometricType", "")).startswith("CLOSED_PLANAR")
                and len(item.get("ContourData") or []) % 3 == 0
            ]
        if not any(closed.values()):
            raise PreviewError("This structure set has no closed contours to draw.")
        frames = {
            str(item.get("FrameOfReferenceUID")) for item in header.get("ReferencedFrameOfReferenceSequence") or []
        }
        return cls(regions, _source(header), frames, closed)

    @property
    def size(self) -> int:
        """Bytes in memory, about."""
        return sum(points.nbytes + 200 for contours in self.closed.values() for points in contours) + 1000

    def masks(self, grid: Grid, wanted: Collection[int]) -> Iterator[tuple[Region, Mask]]:
        """Pixels whose centre each wanted region encloses; a contour within another is a hole."""
        if grid.origin is None:
            raise PreviewError("These pictures have no place in space, so contours can't be drawn on them.")
        for region in self.regions:
            if region.number not in wanted:
                continue
            here = []
            for points in self.closed[region.number]:
                column, row, away = grid.pixels(points).T
                if np.ptp(away) <= _TILT and abs(away.mean()) <= grid.reach - 1e-6:
                    here.append(np.stack([column, row], axis=1))
            if here:
                yield region, even_odd(here, grid.rows, grid.columns)


def even_odd(polygons: Collection[Points], rows: int, columns: int) -> Mask:
    """Pixels whose centre an odd number of `polygons` (column, row) encloses.

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


def _source(header: Dataset) -> str:
    """SeriesInstanceUID that most contours lie on: the first that is named."""
    for frame in header.get("ReferencedFrameOfReferenceSequence") or []:
        for study in frame.get("RTReferencedStudySequence") or []:
            for series in study.get("RTReferencedSeriesSequence") or []:
                return str(series.get("SeriesInstanceUID") or "")
    return ""
