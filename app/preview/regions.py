"""What segmentations and contours share: named regions, and the pixel grid that they are drawn on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pydicom import Dataset

from app.preview.arrays import GridPoints, SpacePoints, Vector

Colour = tuple[int, int, int]

#: For regions without a colour of their own; after Okabe and Ito.
_COLOURS: tuple[Colour, ...] = (
    (230, 159, 0),
    (86, 180, 233),
    (0, 158, 115),
    (240, 228, 66),
    (213, 94, 0),
    (204, 121, 167),
    (0, 114, 178),
)


@dataclass(frozen=True, slots=True)
class MarkedRegion:
    """One segment or ROI: its number in the legend from 1, name and colour."""

    number: int
    name: str
    colour: Colour


def usual_colour(number: int) -> Colour:
    """Colour of a region that names none."""
    return _COLOURS[(number - 1) % len(_COLOURS)]


@dataclass(frozen=True, slots=True)
class Grid:
    """The pixels of a picture in space; without a place, known by its instance alone.

    Parameters
    ----------
    uid
        SOPInstanceUID.
    origin, across, down
        Centre of the first pixel in millimetres; steps to the next column and to the next row.
    reach
        Millimetres along the normal that belong to it on either side.
    """

    uid: str
    rows: int
    columns: int
    origin: Vector | None
    across: Vector
    down: Vector
    reach: float

    @classmethod
    def of(cls, header: Dataset, spacing: float | None) -> Grid:
        """Grid of a picture by its flat header; `spacing` is the distance between slices, if known."""
        uid, rows, columns = str(header.get("SOPInstanceUID")), int(header.Rows), int(header.Columns)
        cosines, position = header.get("ImageOrientationPatient"), header.get("ImagePositionPatient")
        measures = header.get("PixelSpacing")
        if not (cosines and position and measures) or len(cosines) != 6 or len(position) != 3:
            nowhere = np.zeros(3)
            return cls(uid, rows, columns, None, nowhere, nowhere, 0.0)
        between_rows, between_columns = (float(one) for one in measures)
        directions = np.array([float(one) for one in cosines])
        thickness = spacing or float(header.get("SliceThickness") or 0) or min(between_rows, between_columns)
        return cls(
            uid,
            rows,
            columns,
            np.array([float(one) for one in position]),
            directions[:3] * between_columns,
            directions[3:] * between_rows,
            thickness / 2,
        )

    @property
    def normal(self) -> Vector:
        """Unit vector out of the picture."""
        vector = np.cross(self.across, self.down)
        return np.asarray(vector / np.linalg.norm(vector))

    def pixels(self, points: SpacePoints) -> GridPoints:
        """Column, row and millimetres from the plane of points in space."""
        away = points - (0 if self.origin is None else self.origin)
        return np.stack(
            [
                away @ self.across / (self.across @ self.across),
                away @ self.down / (self.down @ self.down),
                away @ self.normal,
            ],
            axis=-1,
        )

    def is_parallel(self, other: Grid) -> bool:
        """Whether the planes have one normal, or opposite ones."""
        return bool(abs(self.normal @ other.normal) > 0.999)
