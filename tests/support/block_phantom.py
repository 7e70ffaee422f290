"""A body of water with a block of bone in it: its CT, what marks the block, and where it lies.

Everything is known in millimetres: block and series lie anywhere in space, so that overlays can be checked by geometry.
"""

from __future__ import annotations

import io
import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.pixels.utils import pack_bits
from pydicom.sequence import Sequence as Items
from pydicom.uid import (
    UID,
    CTImageStorage,
    ExplicitVRLittleEndian,
    RTStructureSetStorage,
    SegmentationStorage,
    generate_uid,
)

FRAME = "1.2.826.0.1.3680043.8.498.1"
BONE, WATER, AIR = 1000, 0, -1000


def base(sop_class: str, identifiers: dict[str, str], modality: str) -> Dataset:
    """A dataset with its file meta, in Explicit VR Little Endian."""
    made = Dataset()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.file_meta.MediaStorageSOPClassUID = made.SOPClassUID = UID(sop_class)
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID = generate_uid()
    made.Modality = modality
    made.PatientID = "phantom"
    made.StudyInstanceUID = "1.2.3"
    for name, value in identifiers.items():
        setattr(made, name, value)
    return made


def as_bytes(dataset: Dataset) -> bytes:
    stream = io.BytesIO()
    dataset.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def encapsulated(dataset: Dataset, syntax: str, *frames: bytes) -> Dataset:
    """The dataset with these encoded frames."""
    dataset.file_meta.TransferSyntaxUID = UID(syntax)
    dataset.PixelData = encapsulate(list(frames))
    dataset["PixelData"].is_undefined_length = True
    dataset["PixelData"].VR = "OB"
    return dataset


@dataclass(frozen=True)
class Phantom:
    """A CT of `slices` slices with a block of bone.

    Parameters
    ----------
    across, down
        Direction cosines of rows and columns.
    spacing
        Millimetres between rows and between columns.
    gap
        Millimetres between slices.
    block
        Slices, rows and columns of the block: first and behind the last.
    """

    slices: int = 8
    rows: int = 48
    columns: int = 64
    across: tuple[float, ...] = (1.0, 0.0, 0.0)
    down: tuple[float, ...] = (0.0, 1.0, 0.0)
    spacing: tuple[float, float] = (1.5, 0.75)
    gap: float = 2.5
    origin: tuple[float, ...] = (-30.0, -40.0, 100.0)
    block: tuple[tuple[int, int], ...] = ((3, 6), (10, 21), (20, 41))
    identifiers: dict[str, str] = field(default_factory=lambda: {"SeriesInstanceUID": "1.2.3.4"})

    @property
    def normal(self) -> np.ndarray:
        return np.cross(self.across, self.down)

    def position(self, number: float, row: float = 0.0, column: float = 0.0) -> np.ndarray:
        """Where the centre of a pixel lies, in millimetres."""
        steps = np.multiply(self.down, self.spacing[0] * row) + np.multiply(self.across, self.spacing[1] * column)
        return np.array(self.origin) + self.normal * (self.gap * number) + steps

    def mask(self, number: int) -> np.ndarray:
        """Pixels of the block on a slice."""
        found = np.zeros((self.rows, self.columns), bool)
        (first, behind), (top, below), (left, right) = self.block
        if first <= number < behind:
            found[top:below, left:right] = True
        return found

    def values(self, number: int) -> np.ndarray:
        """Hounsfield units of a slice: air, an ellipse of water, and the block; each slice differs a little."""
        row, column = np.ogrid[: self.rows, : self.columns]
        body = ((row / self.rows - 0.5) / 0.45) ** 2 + ((column / self.columns - 0.5) / 0.4) ** 2 < 1
        texture = (row * 7 + column * 3 + number * 11) % 40
        return np.where(self.mask(number), BONE, np.where(body, WATER + texture, AIR)).astype(np.int16)

    def slice(self, number: int) -> Dataset:
        """One slice, stored with an intercept of -1024."""
        made = base(CTImageStorage, self.identifiers, "CT")
        made.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
        made.FrameOfReferenceUID = FRAME
        made.InstanceNumber = number + 1
        made.ImageOrientationPatient = [f"{value:.10g}" for value in (*self.across, *self.down)]
        made.ImagePositionPatient = [f"{value:.10g}" for value in self.position(number)]
        made.PixelSpacing = [str(value) for value in self.spacing]
        made.SliceThickness = str(self.gap)
        made.RescaleSlope, made.RescaleIntercept = "1", "-1024"
        made.set_pixel_data((self.values(number) + 1024).astype(np.uint16), "MONOCHROME2", 16)
        return made

    def datasets(self) -> list[Dataset]:
        """All slices, from the first to the last along the normal."""
        return [self.slice(number) for number in range(self.slices)]


def objects(datasets: Sequence[Dataset], crdc_uuid: str, seed: int = 5) -> dict[str, bytes]:
    """Key → file, under random names as in the buckets."""
    chance = random.Random(seed)
    return {f"{crdc_uuid}/{uuid.UUID(int=chance.getrandbits(128))}.dcm": as_bytes(one) for one in datasets}


def segmentation(
    phantom: Phantom,
    source: Sequence[Dataset],
    identifiers: dict[str, str],
    *,
    finer: int = 1,
    label: str = "Block",
) -> Dataset:
    """A binary SEG of the block: one frame for each slice that it is on.

    Parameters
    ----------
    finer
        Pixels of the SEG for one of the source, along rows and columns.
    """
    made = base(SegmentationStorage, identifiers, "SEG")
    made.FrameOfReferenceUID = FRAME
    made.SegmentationType = "BINARY"
    made.ReferencedSeriesSequence = Items([_of(SeriesInstanceUID=source[0].SeriesInstanceUID)])
    made.SegmentSequence = Items(
        [_of(SegmentNumber=1, SegmentLabel=label), _of(SegmentNumber=2, SegmentLabel="Whole last slice")]
    )
    rows, columns = phantom.rows * finer, phantom.columns * finer
    masks = [(number, 1, phantom.mask(number)) for number in range(*phantom.block[0])]
    masks.append((phantom.slices - 1, 2, np.ones((phantom.rows, phantom.columns), bool)))
    measures = _of(PixelSpacing=[f"{value / finer:.10g}" for value in phantom.spacing], SliceThickness=str(phantom.gap))
    orientation = _of(ImageOrientationPatient=[f"{value:.10g}" for value in (*phantom.across, *phantom.down)])
    shared = _of(PixelMeasuresSequence=Items([measures]), PlaneOrientationSequence=Items([orientation]))
    made.SharedFunctionalGroupsSequence = Items([shared])
    shift = (1 / finer - 1) / 2  # the first centre lies in the corner of the source's first pixel
    frames = []
    for number, segment, _ in masks:
        position = _of(ImagePositionPatient=[f"{value:.10g}" for value in phantom.position(number, shift, shift)])
        referenced = _of(ReferencedSOPInstanceUID=source[number].SOPInstanceUID)
        frames.append(
            _of(
                PlanePositionSequence=Items([position]),
                SegmentIdentificationSequence=Items([_of(ReferencedSegmentNumber=segment)]),
                DerivationImageSequence=Items([_of(SourceImageSequence=Items([referenced]))]),
            )
        )
    made.PerFrameFunctionalGroupsSequence = Items(frames)
    made.NumberOfFrames = len(masks)
    made.Rows, made.Columns, made.SamplesPerPixel, made.PhotometricInterpretation = rows, columns, 1, "MONOCHROME2"
    made.BitsAllocated = made.BitsStored = 1
    made.HighBit = made.PixelRepresentation = 0
    stack = np.stack([mask.repeat(finer, 0).repeat(finer, 1) for _, _, mask in masks])
    made.PixelData = pack_bits(stack.astype(np.uint8).ravel())
    return made


def structure_set(
    source: Sequence[Dataset],
    contours: dict[str, list[np.ndarray]],
    identifiers: dict[str, str],
    kind: str = "CLOSED_PLANAR",
) -> Dataset:
    """An RTSTRUCT with an ROI for each name, of contours in millimetres."""
    made = base(RTStructureSetStorage, identifiers, "RTSTRUCT")
    series = _of(SeriesInstanceUID=source[0].SeriesInstanceUID)
    study = _of(RTReferencedSeriesSequence=Items([series]))
    made.ReferencedFrameOfReferenceSequence = Items(
        [_of(FrameOfReferenceUID=FRAME, RTReferencedStudySequence=Items([study]))]
    )
    made.StructureSetROISequence = Items(
        [_of(ROINumber=number, ROIName=name) for number, name in enumerate(contours, start=1)]
    )
    made.ROIContourSequence = Items(
        [
            _of(
                ReferencedROINumber=number,
                ROIDisplayColor=["255", "0", "0"],
                ContourSequence=Items(
                    [
                        _of(
                            ContourGeometricType=kind,
                            NumberOfContourPoints=len(points),
                            ContourData=[f"{value:.10g}" for value in points.ravel()],
                        )
                        for points in drawn
                    ]
                ),
            )
            for number, drawn in enumerate(contours.values(), start=1)
        ]
    )
    return made


def square(phantom: Phantom, number: float, rows: tuple[float, float], columns: tuple[float, float]) -> np.ndarray:
    """Corners of a rectangle on a slice, given in pixels."""
    corners = ((rows[0], columns[0]), (rows[0], columns[1]), (rows[1], columns[1]), (rows[1], columns[0]))
    return np.array([phantom.position(number, row, column) for row, column in corners])


def _of(**attributes: object) -> Dataset:
    made = Dataset()
    for name, value in attributes.items():
        setattr(made, name, value)
    return made


def report(identifiers: dict[str, str]) -> Dataset:
    """A structured report: a measurement, a code and a picture that they are about."""
    made = base("1.2.840.10008.5.1.4.1.1.88.33", identifiers, "SR")

    def code(meaning: str) -> Items:
        return Items([_of(CodeValue="1", CodingSchemeDesignator="99TEST", CodeMeaning=meaning)])

    def item(kind: str, name: str, relation: str = "CONTAINS", **rest: object) -> Dataset:
        return _of(RelationshipType=relation, ValueType=kind, ConceptNameCodeSequence=code(name), **rest)

    units = Items([_of(CodeValue="mm", CodingSchemeDesignator="UCUM", CodeMeaning="millimeter")])
    measured = _of(NumericValue="12.5", MeasurementUnitsCodeSequence=units)
    picture = _of(ReferencedSOPClassUID=CTImageStorage, ReferencedSOPInstanceUID="1.2.3.9")
    length = item("NUM", "Length", MeasuredValueSequence=Items([measured]))
    length.ContentSequence = Items([item("IMAGE", "Source", "INFERRED FROM", ReferencedSOPSequence=Items([picture]))])
    group = item("CONTAINER", "Measurement Group")
    group.ContentSequence = Items([length, item("CODE", "Finding", ConceptCodeSequence=code("<b>Nodule</b>"))])
    made.ValueType = "CONTAINER"
    made.ConceptNameCodeSequence = code("Imaging Measurement Report")
    made.ContentSequence = Items([item("TEXT", "Comment", TextValue="none"), group])
    return made
