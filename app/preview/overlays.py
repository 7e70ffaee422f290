"""What a SEG or RTSTRUCT marks, drawn as a layer over the pictures of its source."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from pydicom import Dataset

from app.common.modalities import OVERLAYS
from app.preview.arrays import Layer, PixelMask
from app.preview.cache import shared
from app.preview.contours import Contours
from app.preview.errors import PreviewError
from app.preview.regions import Grid, MarkedRegion
from app.preview.segments import Segments
from app.preview.series import SeriesPictures

#: Opacity of what lies inside, of 255; the edge is opaque.
_INSIDE = 90


class Marks(Protocol):
    """What both kinds can do."""

    @property
    def regions(self) -> list[MarkedRegion]:
        """What is marked, under names."""

    def masks(self, grid: Grid, wanted: Collection[int]) -> Iterator[tuple[MarkedRegion, PixelMask]]:
        """Pixels of a picture that each of the wanted regions takes, if any."""


_READERS: dict[str, type[Segments] | type[Contours]] = {"SEG": Segments, "RTSTRUCT": Contours}


@dataclass(frozen=True, eq=False)
class Overlay:
    """A SEG or RTSTRUCT series over another; made by `overlay`."""

    series: SeriesPictures
    marks: Segments | Contours

    @property
    def source(self) -> str:
        """SeriesInstanceUID of what it was drawn on, or nothing."""
        return self.marks.source

    def describe(self) -> dict[str, Any]:
        """What a page needs to show it."""
        regions = [
            {"number": one.number, "name": one.name, "colour": "#" + bytes(one.colour).hex()}
            for one in self.marks.regions
        ]
        return {"source": self.source, "regions": regions, "notes": self.marks.notes}

    def layer(self, source: SeriesPictures, number: int, wanted: Collection[int] | None = None) -> Layer:
        """RGBA of picture `number` of `source`: the wanted regions, all if None, transparent elsewhere.

        Raises
        ------
        PreviewError
            If it does not belong there.
        """
        header = source.header(number)
        self._require_kin(source, header)
        grid = Grid.of(header, source.slice_spacing)
        drawn = np.zeros((grid.rows, grid.columns, 4), np.uint8)
        asked = {one.number for one in self.marks.regions} if wanted is None else set(wanted)
        for region, mask in self.marks.masks(grid, asked):
            drawn[mask] = (*region.colour, _INSIDE)
            drawn[_edge(mask)] = (*region.colour, 255)
        return drawn

    def _require_kin(self, source: SeriesPictures, header: Dataset) -> None:
        if source.files.uid == self.source:
            return
        frame = str(header.get("FrameOfReferenceUID") or "")
        if not frame or frame not in self.marks.frames_of_reference:
            raise PreviewError("This was drawn on another series, in another frame of reference.")


def overlay(series: SeriesPictures) -> Overlay:
    """The marks of a SEG or RTSTRUCT series.

    Raises
    ------
    PreviewError
        If it is none.
    """
    if series.modality not in OVERLAYS:
        raise PreviewError("Only segmentations (SEG) and contours (RTSTRUCT) are drawn over pictures.", 400)

    def read() -> Overlay:
        return Overlay(series, _READERS[series.modality].read(series))

    return shared().get(("overlay", series.files.where, series.files.uid), read, lambda found: found.marks.size)


def _edge(mask: PixelMask) -> PixelMask:
    """Pixels of `mask` with a neighbour outside it; the picture's own border is none."""
    padded = np.pad(mask, 1, mode="edge")
    inside = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    return np.asarray(mask & ~inside)
