"""The files of a downloaded series as DICOMweb gives them: headers as DICOM JSON, frames as stored, read by ranges.

A slide has gigabytes: of its pixels nothing is read but the frames that are asked for. What is read once, headers and
the places of frames, is kept in the cache of the preview under the state of the files.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from obstore.store import LocalStore
from pydicom import Dataset
from pydicom.datadict import tag_for_keyword
from pydicom.dataelem import DataElement
from pydicom.encaps import generate_fragments, parse_basic_offsets, parse_fragments
from pydicom.pixels.utils import get_expected_length
from pydicom.uid import UID, ExplicitVRBigEndian

from app.common.numbers import exact
from app.common.numbers import size as bytes_in_words
from app.preview.cache import shared
from app.preview.errors import PreviewError
from app.preview.files import MAX_BYTES, Files
from app.preview.frames import pixel_element
from app.preview.headers import FIRST, Instance, describe

#: Name of a file → its time of change and its bytes.
State = tuple[tuple[str, int, int], ...]

#: Bytes from the beginning of a file to each of its frames, and to the end of the last.
FrameStarts = NDArray[np.int64]

_DAMAGED = "This file is damaged: a frame of it can't be found."
#: Bytes that an item's tag and length take, and a series beside what it holds.
_ITEM, _OVERHEAD = 8, 2_000

#: Elements that only say where frames lie.
_TABLES = {tag_for_keyword(name) for name in ("ExtendedOffsetTable", "ExtendedOffsetTableLengths")}

#: Transfer syntax → media type of its frames (DICOM PS3.18 8.7.3.3.2); for all else, `NATIVE`.
_MEDIA_TYPES = {
    **dict.fromkeys((f"1.2.840.10008.1.2.4.{number}" for number in (50, 51, 57, 70)), "image/jpeg"),
    **dict.fromkeys((f"1.2.840.10008.1.2.4.{number}" for number in (80, 81)), "image/jls"),
    **dict.fromkeys((f"1.2.840.10008.1.2.4.{number}" for number in (90, 91)), "image/jp2"),
    **dict.fromkeys((f"1.2.840.10008.1.2.4.{number}" for number in (92, 93)), "image/jpx"),
    **dict.fromkeys((f"1.2.840.10008.1.2.4.{number}" for number in (201, 202, 203)), "image/jphc"),
    "1.2.840.10008.1.2.5": "image/dicom-rle",
}
NATIVE = "application/octet-stream"


@dataclass(frozen=True, eq=False, slots=True)
class Stored:
    """One file of a series.

    Parameters
    ----------
    path
        Where it lies.
    instance
        What the preview knows of it.
    attributes
        Its header in DICOM JSON (PS3.18 Annex F), each top element by its tag; without pixels.
    bulk
        Binary values, to which the header refers by number, from 1.
    syntax
        Its transfer syntax.
    starts
        Where each frame begins in the file, and where the last one ends; of compressed frames, their first item.
    unreadable
        Why frames can't be read, if they can't.
    """

    path: Path
    instance: Instance
    attributes: dict[str, bytes]
    bulk: tuple[bytes, ...]
    syntax: UID
    starts: FrameStarts
    unreadable: str = ""

    @property
    def media_type(self) -> str:
        """Media type of its frames."""
        return _MEDIA_TYPES.get(self.syntax, NATIVE)

    @property
    def size(self) -> int:
        """Bytes that this takes in memory."""
        texts = sum(map(len, self.attributes.values())) + sum(map(len, self.bulk))
        return len(self.instance.header) + texts + self.starts.nbytes + _OVERHEAD

    def frames(self, numbers: Sequence[int]) -> list[bytes]:
        """Frames by their numbers, from 1, as they are stored.

        Raises
        ------
        PreviewError
            If there is no such frame, or they are too large, or can't be found in the file.
        """
        count = len(self.starts) - 1
        for number in numbers:
            if not 1 <= number <= self.instance.frames:
                raise PreviewError(f"There are frames 1 to {exact(self.instance.frames)}, not {exact(number)}.", 404)
        if self.unreadable or count < self.instance.frames:
            raise PreviewError(self.unreadable or _DAMAGED)
        places = [(int(self.starts[number - 1]), int(self.starts[number])) for number in numbers]
        if any(stop <= start for start, stop in places):
            raise PreviewError(_DAMAGED)
        if (wanted := sum(stop - start for start, stop in places)) > MAX_BYTES:
            raise PreviewError(
                f"These frames take {bytes_in_words(wanted)}, more than the {bytes_in_words(MAX_BYTES)} that are read"
                " at once: ask for fewer.",
                413,
            )
        with self.path.open("rb") as file:
            found = []
            for start, stop in places:
                file.seek(start)
                found.append(self._frame(file.read(stop - start), stop - start))
        return found

    def _frame(self, part: bytes, length: int) -> bytes:
        if not self.syntax.is_encapsulated:
            if len(part) == length:
                return part
            raise PreviewError("This file is cut off: its pixel data are shorter than its header says.")
        try:
            frame = b"".join(generate_fragments(part))
        except Exception:  # pydicom raises nearly anything on damaged items
            frame = b""
        if not frame:
            raise PreviewError(_DAMAGED)
        return frame


def key(keyword: str) -> str:
    """An element's tag as DICOM JSON writes it."""
    return f"{tag_for_keyword(keyword):08X}"


def open_stored(uid: str, folder: Path, state: State) -> dict[str, Stored]:
    """The files of a series among those of a folder, by SOPInstanceUID; files that can't be read are passed over.

    Parameters
    ----------
    uid
        SeriesInstanceUID.
    state
        The files to look at.
    """

    def read() -> dict[str, Stored]:
        found = (_read(uid, folder, name, size) for name, _, size in state)
        return {one.instance.uid: one for one in found if one is not None and one.instance.uid}

    def size(series: dict[str, Stored]) -> int:
        return sum(one.size for one in series.values()) + _OVERHEAD

    return shared().get(("stored", uid, str(folder), state), read, size)


def _read(uid: str, folder: Path, name: str, size: int) -> Stored | None:
    files = Files(uid, str(folder), LocalStore(folder), {name: size}, 1)
    try:
        instance = describe(files, name, files.read(name, 0, FIRST))
        if instance is None:
            return None
        header = instance.dataset()
        syntax = UID(header.file_meta.TransferSyntaxUID)
    except (PreviewError, AttributeError, TypeError, ValueError, IndexError, KeyError):
        return None
    attributes, bulk = _json(header, instance.uid)
    starts, reason = np.empty(0, np.int64), ""
    try:
        starts = _starts(files, instance, header, syntax, folder / name)
    except PreviewError as error:
        reason = str(error)
    except Exception:  # pydicom raises nearly anything on damaged items
        reason = _DAMAGED
    return Stored(folder / name, instance, attributes, bulk, syntax, starts, reason)


def _json(header: Dataset, uid: str) -> tuple[dict[str, bytes], tuple[bytes, ...]]:
    """A header as DICOM JSON, and the binary values that it refers to; what is no value is left out."""
    bulk: list[bytes] = []

    def refer(element: DataElement) -> str:
        bulk.append(bytes(element.value))
        return f"instances/{uid}/bulkdata/{len(bulk)}"

    found = {}
    for tag in header.keys():  # noqa: SIM118 – iterating a data set gives its elements
        if tag in _TABLES:
            continue
        try:
            element = header[tag].to_json_dict(refer, bulk_data_threshold=0)
            found[f"{tag:08X}"] = json.dumps(element, allow_nan=False).encode()
        except Exception:  # noqa: S112 – values that are no values, in as many ways as there are kinds
            continue
    return found, tuple(bulk)


def _starts(files: Files, instance: Instance, header: Dataset, syntax: UID, path: Path) -> FrameStarts:
    if instance.is_deflated or syntax == ExplicitVRBigEndian:
        raise PreviewError(f"Frames in {syntax.name} can't be sent one by one: download the file itself.")
    if not instance.frames:
        raise PreviewError("This file has no pixel data.")
    _, _, before, _ = pixel_element(files, instance, header)
    begin = len(instance.header) + before
    if syntax.is_encapsulated:
        return _compressed(path, begin, instance, header)
    if int(header.BitsAllocated) % 8:
        raise PreviewError("Frames of single bits can't be sent one by one: download the file itself.")
    return begin + get_expected_length(header) // instance.frames * np.arange(instance.frames + 1, dtype=np.int64)


def _compressed(path: Path, begin: int, instance: Instance, header: Dataset) -> FrameStarts:
    """By the extended offset table, the basic one, or else from item to item, where each is a frame."""
    with path.open("rb") as file:
        file.seek(begin + _ITEM // 2)
        length = int.from_bytes(file.read(_ITEM // 2), "little")
        first = begin + _ITEM + length
        if "ExtendedOffsetTable" in header:
            starts = first + np.frombuffer(header.ExtendedOffsetTable, "<u8").astype(np.int64)
        elif length == 4 * instance.frames:
            file.seek(begin)
            starts = first + np.asarray(parse_basic_offsets(file), np.int64)
        elif instance.frames == 1:
            starts = np.asarray([first], np.int64)
        else:
            file.seek(first)
            starts = np.asarray(parse_fragments(file)[1], np.int64)
    if len(starts) != instance.frames:
        raise PreviewError("The frames of this file can't be reached one by one: it does not say where they begin.")
    return np.append(starts, instance.size)
