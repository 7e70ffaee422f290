"""A CT whose look on a screen is known: three squares of known Hounsfield units on air, with a window of its own."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
import pydicom
from pydicom.uid import UID, ExplicitVRLittleEndian

from tests.support.dicom_files import dicom

SIDE = 128
#: Rows and columns of a square → its Hounsfield units. The fourth corner is air, so that a turned picture shows.
SQUARES = {(16, 16): 240, (16, 80): 40, (80, 16): -60}
SQUARE = 32
AIR = -1000
CENTER, WIDTH = 40, 400
_INTERCEPT = -1024


def grey(units: float) -> float:
    """What the window makes of Hounsfield units, 0 to 255 (DICOM PS3.3 C.11.2.1.2.1)."""
    share = (units - (CENTER - 0.5)) / (WIDTH - 1) + 0.5
    return 255 * min(1.0, max(0.0, share))


def phantom(
    identifiers: Mapping[str, Any], number: int, syntax: UID = ExplicitVRLittleEndian, size: int | None = None
) -> bytes:
    """Slice `number`, from 1, as a file of `size` bytes if that is given."""
    pixels = np.full((SIDE, SIDE), AIR - _INTERCEPT, np.uint16)
    for (row, column), units in SQUARES.items():
        pixels[row : row + SQUARE, column : column + SQUARE] = units - _INTERCEPT
    dataset = pydicom.dcmread(io.BytesIO(dicom(dict(identifiers), z=2.0 * number)))
    dataset.set_pixel_data(pixels, "MONOCHROME2", 16)
    more = {
        "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"],
        "PatientName": "Phantom^Square",
        "StudyDate": "20200101",
        "StudyTime": "120000",
        "StudyID": "1",
        "SeriesNumber": 1,
        "InstanceNumber": number,
        "SeriesDescription": "Squares",
        "FrameOfReferenceUID": "1.2.3",
        "PixelSpacing": [1, 1],
        "SliceThickness": 2,
        "RescaleIntercept": _INTERCEPT,
        "RescaleSlope": 1,
        "WindowCenter": CENTER,
        "WindowWidth": WIDTH,
    }
    for name, value in more.items():
        setattr(dataset, name, value)
    if syntax.is_compressed:
        dataset.compress(syntax, generate_instance_uid=False)
    if size is not None:
        dataset.add_new("DataSetTrailingPadding", "OB", b"")
        dataset["DataSetTrailingPadding"].value = bytes(size - len(_bytes(dataset)))
    return _bytes(dataset)


def _bytes(dataset: pydicom.Dataset) -> bytes:
    stream = io.BytesIO()
    dataset.save_as(stream, enforce_file_format=True)
    return stream.getvalue()
