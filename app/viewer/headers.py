"""DICOM headers as OHIF's ``dicomjson`` wants them: keywords for tags, plain values, no bulk data."""

from __future__ import annotations

import math
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pydicom
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError
from pydicom.multival import MultiValue
from pydicom.tag import BaseTag
from pydicom.valuerep import PersonName

#: Value representations of pixels and other bulk data, which the viewer reads from the file itself.
_BULK = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN", "OB or OW"})

#: Colours of a palette, which the viewer reads from here alone (DICOM PS3.3 C.7.6.3.1.6).
_PALETTE = frozenset(f"{colour}PaletteColorLookupTableData" for colour in ("Red", "Green", "Blue"))

#: What pydicom raises on files that are no DICOM, or damaged.
_UNREADABLE = (
    InvalidDicomError,
    OSError,
    EOFError,
    ValueError,
    TypeError,
    AttributeError,
    NotImplementedError,
    KeyError,
)

_STUDY = (
    "StudyInstanceUID",
    "StudyDate",
    "StudyTime",
    "StudyDescription",
    "AccessionNumber",
    "PatientID",
    "PatientName",
    "PatientSex",
    "PatientAge",
)
_SERIES = ("SeriesInstanceUID", "SeriesNumber", "SeriesDescription", "SeriesDate", "SeriesTime", "Modality")


def read(path: Path) -> dict[str, Any] | None:
    """A file's header without its pixels, or None if it is no DICOM file or can't be read."""
    try:
        return of(pydicom.dcmread(path, stop_before_pixels=True))
    except _UNREADABLE:
        return None


def of(dataset: Dataset) -> dict[str, Any]:
    """A header that was read as far as its pixels."""
    return _plain(dataset) | _plain(dataset.file_meta, only={"TransferSyntaxUID"})


def series_of(path: Path) -> str | None:
    """SeriesInstanceUID of a file, or None if it is no DICOM file or can't be read."""
    try:
        # By its tag, since a name is looked up at each file.
        found = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=[BaseTag(0x0020000E)])
        return str(found.SeriesInstanceUID)
    except _UNREADABLE:
        return None


def entries(header: dict[str, Any], url: str) -> list[dict[str, Any]]:
    """What OHIF is told of one file at `url`: one entry, or one per frame, of which the first alone has the header."""
    frames = int(header.get("NumberOfFrames", 1))
    # Segmentations are read whole.
    if frames <= 1 or header.get("Modality") == "SEG":
        return [{"metadata": header, "url": url}]
    named = {name: header[name] for name in ("SOPInstanceUID", "NumberOfFrames") if name in header}
    metadata = [header] + [named] * (frames - 1)
    return [{"metadata": one, "url": f"{url}?frame={frame}"} for frame, one in enumerate(metadata, 1)]


def study_of(header: dict[str, Any]) -> dict[str, Any]:
    """The part of a header that is the study's."""
    return {name: header[name] for name in _STUDY if name in header}


def series_part_of(header: dict[str, Any]) -> dict[str, Any]:
    """The part of a header that is the series'."""
    return {name: header[name] for name in _SERIES if name in header}


def _plain(dataset: Dataset, only: set[str] | None = None) -> dict[str, Any]:
    return dict(_elements(dataset, only))


def _elements(dataset: Dataset, only: set[str] | None) -> Iterator[tuple[str, Any]]:
    for element in dataset:
        name = element.keyword
        if name in _PALETTE and isinstance(element.value, bytes):
            yield name, {"InlineBinary": b64encode(element.value).decode()}
            continue
        if not name or element.VR in _BULK or (only is not None and name not in only):
            continue
        if element.VR == "SQ":
            yield name, [_plain(item) for item in element.value]
        elif (value := _value(element.value)) is not None:
            yield name, value


def _value(value: Any) -> Any:
    if isinstance(value, MultiValue | list):  # the latter of numbers in binary
        return [_value(one) for one in value]
    if isinstance(value, PersonName):
        return {"Alphabetic": str(value)} if value else None
    if isinstance(value, BaseTag):
        return f"{int(value):08X}"
    if isinstance(value, str):  # UIDs, dates and integer strings among them
        return str(value) if value != "" else None
    if isinstance(value, bool | int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return None if value is None or isinstance(value, bytes) else str(value)
