"""The contours of an RTSTRUCT on the pixel grid of a picture: closed ones filled, open ones as lines, points marked.

A contour of one plane is on the picture that it lies on; one that runs through space, on each picture for as long as it
is nearer to that than to the next.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from pydicom import Dataset

from app.preview.arrays import PixelMask, PixelPoints, SpacePoints
from app.preview.errors import PreviewError
from app.preview.rasterize import crosses, even_odd, lines
from app.preview.regions import Grid, MarkedRegion, usual_colour

if TYPE_CHECKING:
    from app.preview.series import SeriesPictures

#: Millimetres that a contour of one plane may leave it by.
_TILT = 0.5

#: Draws contours, given by column and row, on so many rows and columns.
Draw = Callable[[Sequence[PixelPoints], int, int], PixelMask]

#: Column and row of what of a contour is on a picture.
Place = Callable[[Grid, SpacePoints], list[PixelPoints]]


class Way(NamedTuple):
    """How contours of a kind come on a picture."""

    place: Place
    draw: Draw


@dataclass(frozen=True, eq=False)
class Contours:
    """All contours of a structure set: by region, then by how they are drawn."""

    regions: list[MarkedRegion]
    source: str
    frames_of_reference: set[str]
    drawn: dict[int, dict[Way, list[SpacePoints]]]
    notes: list[str]

    @classmethod
    def read(cls, series: SeriesPictures) -> Contours:
        """The structure set of an RTSTRUCT series.

        Raises
        ------
        PreviewError
            If it has no contours that can be drawn.
        """
        header = series.instances[0].dataset()
        contours_of = {int(item.ReferencedROINumber): item for item in header.get("ROIContourSequence") or []}
        found = cls([], _source(header), set(_frames(header)), {}, [])
        left_out: Counter[str] = Counter()
        for roi in header.get("StructureSetROISequence") or []:
            contours = contours_of.get(int(roi.ROINumber), Dataset())
            number = len(found.regions) + 1
            colour = [int(one) for one in contours.get("ROIDisplayColor") or ()]
            named = (colour[0], colour[1], colour[2]) if len(colour) == 3 else usual_colour(number)
            found.regions.append(MarkedRegion(number, str(roi.get("ROIName") or f"ROI {roi.ROINumber}"), named))
            found.drawn[number] = {}
            for item in contours.get("ContourSequence") or []:
                kind = str(item.get("ContourGeometricType") or "no type")
                values = np.array(item.get("ContourData") or [], np.float64)
                if kind in _WAYS and values.size and values.size % 3 == 0 and np.isfinite(values).all():
                    found.drawn[number].setdefault(_WAYS[kind], []).append(values.reshape(-1, 3))
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

    def masks(self, grid: Grid, wanted: Collection[int]) -> Iterator[tuple[MarkedRegion, PixelMask]]:
        """Pixels that each wanted region takes.

        Those whose centre it encloses, where a contour within another is a hole; those along its open contours; and a
        mark at each of its points.

        Raises
        ------
        PreviewError
            If the picture has no place in space.
        """
        if grid.origin is None:
            raise PreviewError("These pictures have no place in space, so contours can't be drawn on them.")
        for region in self.regions:
            if region.number not in wanted:
                continue
            for way, contours in self.drawn[region.number].items():
                if here := [flat for points in contours for flat in way.place(grid, points)]:
                    yield region, way.draw(here, grid.rows, grid.columns)


def _bounds(grid: Grid) -> tuple[float, float]:
    """Millimetres from a picture that belong to it; half-way between two slices is one of them."""
    return -grid.reach + 1e-6, grid.reach + 1e-6


def _whole(grid: Grid, points: SpacePoints) -> list[PixelPoints]:
    """A contour of one plane, if that is the picture's."""
    flat, (low, high) = grid.pixels(points), _bounds(grid)
    away = flat[:, 2]
    return [flat[:, :2]] if np.ptp(away) <= _TILT and low < away.mean() <= high else []


def _pieces(grid: Grid, points: SpacePoints) -> list[PixelPoints]:
    """What of each straight piece of a contour through space belongs to the picture."""
    flat = grid.pixels(points)
    start, step = flat[:-1], np.diff(flat, axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = (np.array(_bounds(grid))[:, None] - start[:, 2]) / step[:, 2]
    first, last = np.maximum(shares.min(0), 0), np.minimum(shares.max(0), 1)
    is_here = first < last  # also of a piece that runs along the picture, where the shares are infinite
    ends = [start + share[:, None] * step for share in (np.where(is_here, one, 0) for one in (first, last))]
    return list(np.stack(ends, axis=1)[is_here, :, :2])


#: ContourGeometricType → how it is drawn; of closed ones, those with an odd number of contours around them are filled.
_WAYS = {
    "CLOSED_PLANAR": Way(_whole, even_odd),
    "CLOSEDPLANAR_XOR": Way(_whole, even_odd),
    "OPEN_PLANAR": Way(_whole, lines),
    "OPEN_NONPLANAR": Way(_pieces, lines),
    "POINT": Way(_whole, crosses),
}


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
