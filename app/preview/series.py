"""One series as pictures: what there is to see, each picture as PNG, each header as a table."""

from __future__ import annotations

import io
from collections.abc import Hashable
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from pydicom import Dataset

from app.common.numbers import exact
from app.preview import files as listed
from app.preview.arrays import Layer, Levels, StoredPixels
from app.preview.cache import shared
from app.preview.errors import PreviewError
from app.preview.files import Files
from app.preview.frames import read_frame
from app.preview.functional_groups import frame_header
from app.preview.headers import Instance, read_headers
from app.preview.non_image import what_instead
from app.preview.order import Picture, ordered, spacing_between
from app.preview.space import Space
from app.preview.suv import suv_note
from app.preview.tree import content_tree, header_rows
from app.preview.window import (
    OWN,
    PRESETS,
    Window,
    by_table,
    by_value,
    colours,
    full_range,
    grey,
    header_window,
    is_colour,
    rescaled,
)
from app.storage.buckets import Cloud
from app.storage.store import endpoint

#: Bytes that a series and one of its slices are counted with beside what they hold.
_OVERHEAD = 2_000

#: Largest edge that pictures are scaled down to where a smaller one is asked for.
MAX_EDGE = 8_192


@dataclass(frozen=True, eq=False)
class SeriesPictures:
    """A series that can be looked at; made by `open_series`."""

    files: Files
    instances: list[Instance]

    @cached_property
    def pictures(self) -> list[Picture]:
        """Its pictures in the order of their places; of a slide, the thumbnail alone."""
        if self.modality == "SM":
            small = [number for number, one in enumerate(self.instances) if "THUMBNAIL" in one.image_type]
            return [Picture(number, 0) for number in small[:1]]
        if self.modality == "SEG":
            return []
        return ordered(self.instances)

    @property
    def modality(self) -> str:
        """Modality of its first instance."""
        return self.instances[0].modality

    @property
    def size(self) -> int:
        """Bytes that it takes in memory, about."""
        planes = sum(len(one.planes) for one in self.instances)
        return sum(len(one.header) + _OVERHEAD for one in self.instances) + planes * 200

    @cached_property
    def in_order(self) -> list[Instance]:
        """Its instances in the order of their pictures, then those without one."""
        found = dict.fromkeys(picture.instance for picture in self.pictures)
        return [self.instances[number] for number in dict.fromkeys([*found, *range(len(self.instances))])]

    @cached_property
    def slice_spacing(self) -> float | None:
        """Millimetres between its slices, if they lie in space."""
        return spacing_between(self.pictures)

    @property
    def middle(self) -> int:
        """Number of the picture in the middle, from 1."""
        return len(self.pictures) // 2 + 1

    def picture(self, number: int) -> tuple[Picture, Instance]:
        """Picture `number`, from 1.

        Raises
        ------
        PreviewError
            If there is none.
        """
        if not self.pictures:
            raise PreviewError(self.nothing_to_see)
        if not 1 <= number <= len(self.pictures):
            raise PreviewError(f"There are pictures 1 to {exact(len(self.pictures))}, not {exact(number)}.", 404)
        picture = self.pictures[number - 1]
        return picture, self.instances[picture.instance]

    @property
    def nothing_to_see(self) -> str:
        """Why there is no picture."""
        if self.modality == "SM":
            return "This slide has no thumbnail: open it in a viewer."
        return what_instead(self.instances[0].dataset())

    def header(self, number: int) -> Dataset:
        """What holds for picture `number`, at the top of one header."""
        picture, instance = self.picture(number)
        return frame_header(instance.dataset(), picture.frame)

    def stored(self, number: int) -> StoredPixels:
        """Stored values of picture `number`.

        Raises
        ------
        PreviewError
            If there is no such picture, or it can't be decoded.
        """
        picture, instance = self.picture(number)

        def read() -> StoredPixels:
            header = instance.dataset()
            if "Rows" not in header or "BitsAllocated" not in header:
                raise PreviewError("This object has no picture of its own.")
            return read_frame(self.files, instance, header, picture.frame)

        key = (self.files.where, instance.path, picture.frame)
        return shared().get(key, read, lambda array: array.nbytes + _OVERHEAD)

    def usual(self, header: Dataset) -> str:
        """Name of the window that a picture is shown with unless asked otherwise."""
        if self.modality != "MR" and (header_window(header) or "VOILUTSequence" in header):
            return "header"
        return "soft" if self.modality == "CT" else "minmax"

    @cached_property
    def full_range(self) -> Window:
        """The range of the middle picture, for all: a range of its own for each would flicker."""
        return full_range(rescaled(self.stored(self.middle), self.header(self.middle)))

    def levels(self, number: int, asked: Window | str | None = None) -> Levels:
        """Picture `number` as eight-bit grey, or as RGB.

        Parameters
        ----------
        asked
            A window, the name of one in the series (a key of `app.preview.window.OWN`), or None for the usual one.
        """
        header, stored = self.header(number), self.stored(number)
        if is_colour(header):
            return colours(stored, header)
        window = self.usual(header) if asked is None else asked
        if window == "header":
            found = header_window(header)
            if found is None and (table := by_table(stored, header)) is not None:
                return table
            window = found or self.full_range
        elif isinstance(window, str):
            window = self.full_range if window == "minmax" else PRESETS[window][1]
        shown, inverted = window, header.PhotometricInterpretation == "MONOCHROME1"
        return by_value(stored, lambda values: grey(rescaled(values, header), shown, inverted))

    def png(self, number: int, asked: Window | str | None = None, edge: int | None = None) -> bytes:
        """Picture `number` as PNG, its longer edge at most `edge`."""
        return as_png(self.levels(number, asked), edge)

    def describe(self) -> dict[str, Any]:
        """What a page needs to show it."""
        numbers = {instance.path: number for number, instance in enumerate(self.in_order, start=1)}
        spaces: dict[tuple[Space, int, int], int] = {}
        pictures = []
        for picture in self.pictures:
            instance = self.instances[picture.instance]
            known = (instance.spaces[picture.frame], instance.rows, instance.columns)
            place = None if picture.place is None else round(picture.place, 2)
            pictures.append([numbers[instance.path], picture.frame + 1, spaces.setdefault(known, len(spaces)), place])
        return {
            "uid": self.files.uid,
            "modality": self.modality,
            "notes": self._notes(),
            "instances": len(self.instances),
            "middle": self.middle if pictures else None,
            "pictures": pictures,
            "spaces": [asdict(one) | {"rows": rows, "columns": columns} for one, rows, columns in spaces],
            **(self._windows() if pictures else {}),
        }

    def _notes(self) -> list[str]:
        notes = [listed.partly(self.files)]
        if self.pictures:
            notes.append(suv_note(self.header(self.middle)))
        elif self.modality not in ("SEG", "RTSTRUCT"):
            notes.append(self.nothing_to_see)
        return [note for note in notes if note]

    def _windows(self) -> dict[str, Any]:
        """The windows on offer, and the name of the usual one; none for colours."""
        header = self.header(self.middle)
        if is_colour(header):
            return {"windows": [], "window": None}
        offered = {"minmax": (OWN["minmax"], self.full_range)} | (PRESETS if self.modality == "CT" else {})
        usual = self.usual(header)
        if usual == "header" or header_window(header):
            offered = {"header": (OWN["header"], header_window(header) or self.full_range)} | offered
        return {
            "windows": [
                {"name": name, "label": label, "center": window.center, "width": window.width}
                for name, (label, window) in offered.items()
            ],
            "window": usual,
        }

    def header_table(self, number: int) -> dict[str, Any]:
        """Header of instance `number`, from 1: its elements, and the tree of a report.

        Raises
        ------
        PreviewError
            If there is none.
        """
        if not 1 <= number <= len(self.in_order):
            raise PreviewError(f"There are instances 1 to {exact(len(self.in_order))}, not {exact(number)}.", 404)
        header = self.in_order[number - 1].dataset()
        return {
            "instance": number,
            "instances": len(self.in_order),
            "rows": header_rows(header),
            "tree": content_tree(header),
        }


def open_series(uid: str, source: Cloud = Cloud.AWS, folder: Path | None = None) -> SeriesPictures:
    """A series of this release out of its bucket, or out of a folder; its headers are read and kept for a while.

    Raises
    ------
    PreviewError
        If it is not there, or can't be read.
    """

    def read() -> SeriesPictures:
        found = listed.of_bucket(uid, source) if folder is None else listed.of_folder(uid, folder)
        return SeriesPictures(found, read_headers(found))

    return shared().get(key_of(uid, source, folder), read, lambda series: series.size)


def key_of(uid: str, source: Cloud, folder: Path | None) -> Hashable:
    """What an opened series is kept under."""
    return ("series", uid, folder or endpoint(source))


def as_png(levels: Levels | Layer, edge: int | None = None) -> bytes:
    """PNG of grey, RGB or RGBA levels, scaled down to `edge` if the longer edge has more."""
    picture = Image.fromarray(levels)
    if edge is not None and max(picture.size) > edge:
        share = edge / max(picture.size)
        sizes = [max(1, round(length * share)) for length in picture.size]
        picture = picture.resize((sizes[0], sizes[1]), Image.Resampling.BOX)
    stream = io.BytesIO()
    # The line is short and the picture is looked at once: time counts more than bytes.
    picture.save(stream, "PNG", compress_level=1)
    return stream.getvalue()


def over(levels: Levels, layer: Layer) -> Levels:
    """RGB of a picture under an RGBA layer of the same size."""
    ground = levels if levels.ndim == 3 else np.repeat(levels[..., None], 3, axis=2)
    alpha = layer[..., 3:] / 255
    return np.rint(ground * (1 - alpha) + layer[..., :3] * alpha).astype(np.uint8)
