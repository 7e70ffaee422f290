"""The contours of an RTSTRUCT on the pixel grid of a picture: closed ones filled, open ones as lines, points marked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from pydicom import Dataset

from app.preview.problems import PreviewError
from app.preview.regions import Grid, Mask, Region, usual_colour
from app.preview.strokes import crosses, even_odd, lines

if TYPE_CHECKING:
    from app.preview.series import Series

#: Millimetres that a contour of one plane may leave it by.
_TILT = 0.5

Points = npt.NDArray[np.float64]

#: Draws contours, given by column and row, on so many rows and columns.
Draw = Callable[[Sequence[Points], int, int], Mask]

#: ContourGeometricType → how it is drawn; of closed ones, those with an odd number of contours around them are filled.
_DRAWN: dict[str, Draw] = {
    "CLOSED_PLANAR": even_odd,
    "CLOSEDPLANAR_XOR": even_odd,
    "OPEN_PLANAR": lines,
    "POINT": crosses,
}


@dataclass(frozen=True, eq=False)
class Contours:
    """All contours of a structure set: by region, then by how they are drawn."""

    regions: list[Region]
    source: str
    frames_of_reference: set[str]
    drawn: dict[int, dict[Draw, list[Points]]]
    notes: list[str]

    @classmethod
    def read(cls, series: Series) -> Contours:
        """The structure set of an RTSTRUCT series."""
        header = series.instances[0].dataset()
        contours_of = {int(item.ReferencedROINumber): item for item in header.get("ROIContourSequence") or []}
        found = cls([], _source(header), set(_frames(header)), {}, [])
        left_out: Counter[str] = Counter()
        for roi in header.get("StructureSetROISequence") or []:
            contours = contours_of.get(int(roi.ROINumber), Dataset())
            number = len(found.regions) + 1
            colour = [int(one) for one in contours.get("ROIDisplayColor") or ()]
            named = (colour[0], colour[1], colour[2]) if len(colour) == 3 else usual_colour(number)
            found.regions.append(Region(number, str(roi.get("ROIName") or f"ROI {roi.ROINumber}"), named))
            found.drawn[number] = {}
            for item in contours.get("ContourSequence") or []:
                kind = str(item.get("ContourGeometricType") or "no type")
                values = np.array(item.get("ContourData") or [], np.float64)
                if kind in _DRAWN and values.size and values.size % 3 == 0 and np.isfinite(values).all():
                    found.drawn[number].setdefault(_DRAWN[kind], []).append(values.reshape(-1, 3))
                else:
                    left_out[kind] += 1
        if left_out:
            said = ", ".join(f"{count:,} of {kind}" for kind, count in left_out.items())
            found.notes.append(f"Contours that are not drawn: {said}.")
        if not any(found.drawn.values()):
            raise PreviewError(" ".join(["This structure set has no contours to draw.", *found.notes]))
        return found

    @property
    def size(self) -> int:
        """Bytes in memory, about."""
        kept = [points for kinds in self.drawn.values() for contours in kinds.values() for points in contours]
        return sum(points.nbytes + 200 for points in kept) + 1000

    def masks(self, grid: Grid, wanted: Collection[int]) -> Iterator[tuple[Region, Mask]]:
        """Pixels that each wanted region takes.

        Those whose centre it encloses, where a contour within another is a hole; those along its open contours; and a
        mark at each of its points.
        """
        if grid.origin is None:
            raise PreviewError("These pictures have no place in space, so contours can't be drawn on them.")
        for region in self.regions:
            if region.number not in wanted:
                continue
            for draw, contours in self.drawn[region.number].items():
                if here := [flat for points in contours if (flat := _on(grid, points)) is not None]:
                    yield region, draw(here, grid.rows, grid.columns)


def _on(grid: Grid, points: Points) -> Points | None:
    """Column and row of the points of a contour that lies on this picture, else None."""
    column, row, away = grid.pixels(points).T
    # Half-way between two slices it belongs to one of them.
    is_here = np.ptp(away) <= _TILT and -grid.reach + 1e-6 < away.mean() <= grid.reach + 1e-6
    return np.stack([column, row], axis=1) if is_here else None


def _frames(header: Dataset) -> Iterator[str]:
    for item in header.get("ReferencedFrameOfReferenceSequence") or []:
        yield str(item.get("FrameOfReferenceUID"))


def _source(header: Dataset) -> str:
    """SeriesInstanceUID that most contours lie on: the first that is named."""
    for frame in header.get("ReferencedFrameOfReferenceSequence") or []:
        for study in frame.get("RTReferencedStudySequence") or []:
            for series in study.get("RTReferencedSeriesSequence") or []:
                return str(series.get("SeriesInstanceUID") or "")
    return ""
