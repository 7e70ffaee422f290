"""A slide whose look is known: four quarters of four colours at four resolutions, each stored in its own way."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageCms
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate, encapsulate_extended
from pydicom.uid import (
    UID,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    VLWholeSlideMicroscopyImageStorage,
)

#: Pixels of a tile's side, and of the slide's at its finest.
TILE, SIDE = 128, 1024
#: Left and right of the upper half, then of the lower one.
COLOURS = ((200, 40, 40), (40, 160, 60), (50, 70, 190), (230, 200, 60))
#: What says that these colours are a screen's; it names the second in which it was made.
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
#: Of a pixel at its finest, in mm.
SPACING = 0.0005


@dataclass(frozen=True, slots=True)
class Level:
    """One resolution: tiles on a side, how its frames are stored, and how their places are told."""

    tiles: int
    syntax: UID
    offsets: str = "basic"


#: The finest first.
LEVELS = (
    Level(8, JPEGBaseline8Bit, "extended"),
    Level(4, JPEGBaseline8Bit),
    Level(2, JPEG2000Lossless, "none"),
    Level(1, ExplicitVRLittleEndian),
)


def picture(side: int) -> np.ndarray:
    """The slide at `side` pixels."""
    half = side // 2
    pixels = np.zeros((side, side, 3), np.uint8)
    for number, colour in enumerate(COLOURS):
        row, column = divmod(number, 2)
        pixels[row * half : (row + 1) * half, column * half : (column + 1) * half] = colour
    return pixels


def tiles(level: Level) -> Iterator[np.ndarray]:
    """Its frames, row by row."""
    pixels = picture(level.tiles * TILE)
    for row in range(0, len(pixels), TILE):
        for column in range(0, len(pixels), TILE):
            yield pixels[row : row + TILE, column : column + TILE]


def slide(identifiers: Mapping[str, Any]) -> list[bytes]:
    """A file for each of `LEVELS`.

    Parameters
    ----------
    identifiers
        Attributes to set, at least PatientID, StudyInstanceUID and SeriesInstanceUID.
    """
    return [_file(identifiers, number, level) for number, level in enumerate(LEVELS, 1)]


def _file(identifiers: Mapping[str, Any], number: int, level: Level) -> bytes:
    side = level.tiles * TILE
    spacing = SPACING * SIDE / side
    measures, origin, optical, whole, light = Dataset(), Dataset(), Dataset(), Dataset(), Dataset()
    measures.PixelSpacing, measures.SliceThickness = [spacing, spacing], 0.001
    origin.XOffsetInSlideCoordinateSystem, origin.YOffsetInSlideCoordinateSystem = 20, 40
    whole.PixelMeasuresSequence = [measures]
    light.CodeValue, light.CodingSchemeDesignator, light.CodeMeaning = "111744", "DCM", "Brightfield illumination"
    optical.OpticalPathIdentifier, optical.IlluminationTypeCodeSequence = "1", [light]
    optical.ICCProfile = PROFILE
    optical.ColorSpace = "SRGB"
    colour = "YBR_FULL_422" if level.syntax == JPEGBaseline8Bit else "RGB"
    dataset = Dataset()
    values = {
        "SOPClassUID": VLWholeSlideMicroscopyImageStorage,
        "SOPInstanceUID": f"1.2.826.0.1.{number}",
        "Modality": "SM",
        "ImageType": ["ORIGINAL", "PRIMARY", "VOLUME", "NONE" if number == 1 else "RESAMPLED"],
        "PatientName": "Phantom^Slide",
        "StudyDate": "20200101",
        "StudyTime": "120000",
        "StudyID": "1",
        "SeriesNumber": 1,
        "InstanceNumber": number,
        "SeriesDescription": "Quarters",
        "ContainerIdentifier": "Slide 1",
        "FrameOfReferenceUID": "1.2.3",
        "DimensionOrganizationType": "TILED_FULL",
        "Rows": TILE,
        "Columns": TILE,
        "NumberOfFrames": level.tiles**2,
        "TotalPixelMatrixRows": side,
        "TotalPixelMatrixColumns": side,
        "TotalPixelMatrixFocalPlanes": 1,
        "TotalPixelMatrixOriginSequence": [origin],
        "ImagedVolumeWidth": SIDE * SPACING,
        "ImagedVolumeHeight": SIDE * SPACING,
        "ImagedVolumeDepth": 0.001,
        "ImageOrientationSlide": [0, -1, 0, -1, 0, 0],
        "NumberOfOpticalPaths": 1,
        "OpticalPathSequence": [optical],
        "SharedFunctionalGroupsSequence": [whole],
        "SamplesPerPixel": 3,
        "PlanarConfiguration": 0,
        "PhotometricInterpretation": "YBR_RCT" if level.syntax == JPEG2000Lossless else colour,
        "BitsAllocated": 8,
        "BitsStored": 8,
        "HighBit": 7,
        "PixelRepresentation": 0,
    }
    for name, value in (values | dict(identifiers)).items():
        setattr(dataset, name, value)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = level.syntax
    _store(dataset, level, [_stored(tile, level.syntax) for tile in tiles(level)])
    stream = io.BytesIO()
    dataset.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def _stored(tile: np.ndarray, syntax: UID) -> bytes:
    stream = io.BytesIO()
    if syntax == JPEGBaseline8Bit:
        Image.fromarray(tile).save(stream, "JPEG", quality=95)
    elif syntax == JPEG2000Lossless:
        Image.fromarray(tile).save(stream, "JPEG2000", irreversible=False, mct=1, no_jp2=True)
    else:
        return tile.tobytes()
    return stream.getvalue()


def _store(dataset: Dataset, level: Level, frames: list[bytes]) -> None:
    if not level.syntax.is_encapsulated:
        dataset.PixelData = b"".join(frames)
        return
    if level.offsets == "extended":
        dataset.PixelData, dataset.ExtendedOffsetTable, dataset.ExtendedOffsetTableLengths = encapsulate_extended(
            frames
        )
    else:
        dataset.PixelData = encapsulate(frames, has_bot=level.offsets == "basic")
    dataset["PixelData"].is_undefined_length = True
