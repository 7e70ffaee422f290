"""DICOM files made for tests: real identifiers of the index around made-up pictures."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, RLELossless, generate_uid

#: Length of the element that fills a file up: tag, VR and a length of four bytes.
_PADDING_HEADER = 12
AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


def dicom(
    identifiers: dict[str, Any],
    z: float = 0.0,
    orientation: Sequence[float] = AXIAL,
    compressed: bool = False,
    size: int | None = None,
) -> bytes:
    """A slice of 16 x 12 pixels at `z` mm, filled up to `size` bytes if that is given.

    Parameters
    ----------
    identifiers
        Attributes to set, at least PatientID, StudyInstanceUID and SeriesInstanceUID.
    compressed
        In fragments (RLE) rather than native.
    """
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = CTImageStorage
    dataset = Dataset()
    dataset.file_meta = meta
    dataset.SOPClassUID = CTImageStorage
    dataset.SOPInstanceUID = generate_uid()
    dataset.Modality = "CT"
    dataset.ImageOrientationPatient = [f"{number:.8g}" for number in orientation]
    dataset.ImagePositionPatient = ["0", "0", f"{z:.8g}"]
    for name, value in identifiers.items():
        setattr(dataset, name, value)
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    pixels = np.random.default_rng(round(abs(z) * 10)).integers(0, 4000, (16, 12), np.uint16)
    dataset.set_pixel_data(pixels, "MONOCHROME2", 16)
    if compressed:
        dataset.compress(RLELossless, generate_instance_uid=False)
    if size is not None:
        dataset.add_new("DataSetTrailingPadding", "OB", bytes(size - len(_bytes(dataset)) - _PADDING_HEADER))
    return _bytes(dataset)


def _bytes(dataset: Dataset) -> bytes:
    stream = io.BytesIO()
    dataset.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def write_series(folder: Path, identifiers: dict[str, Any], places: Sequence[float], compressed: bool = False) -> None:
    """A slice at each of the places, as ``0.dcm``, ``1.dcm`` ..."""
    folder.mkdir(parents=True)
    for number, z in enumerate(places):
        (folder / f"{number}.dcm").write_bytes(dicom(identifiers, z, compressed=compressed))
