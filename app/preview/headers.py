"""The headers of a series by ranged reads, and what they say of each picture's place in space."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from pydicom import Dataset, config
from pydicom.errors import InvalidDicomError
from pydicom.filereader import read_partial
from pydicom.tag import Tag
from pydicom.uid import DeflatedExplicitVRLittleEndian, MicroscopyBulkSimpleAnnotationsStorage

from app.preview.errors import PreviewError
from app.preview.files import Files
from app.preview.functional_groups import frame_header
from app.preview.space import Space, space

#: Bytes read of each file at first, and at most.
FIRST, MOST = 16_384, 24_000_000
#: Bytes of an element's tag, VR and length.
PIXEL_START = 12
_STEP = 8
#: Elements that a header ends before, and that of annotations which are too large to be read.
_PIXELS = frozenset(Tag(name) for name in ("FloatPixelData", "DoubleFloatPixelData", "PixelData"))
_GROUPS = frozenset({Tag("AnnotationGroupSequence")})

_TAGS = [
    Tag(name)
    for name in (
        *("SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "Modality", "ImageType", "InstanceNumber"),
        *("Rows", "Columns", "NumberOfFrames", "ImageOrientationPatient", "ImagePositionPatient"),
        *("TemporalPositionIdentifier", "EchoNumbers", "AcquisitionNumber"),
        *("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence", "PatientOrientation"),
        *("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing", "PixelAspectRatio"),
        "SequenceOfUltrasoundRegions",
    )
]

Plane = tuple[float, ...]

# How a value is written is not asked here, and the log is not the place to say it.
config.settings.reading_validation_mode = config.IGNORE
logging.getLogger("pydicom").setLevel(logging.ERROR)


@dataclass(frozen=True, slots=True)
class Instance:
    """One file: its header's bytes, and what is needed of it to order the series.

    Parameters
    ----------
    path, size
        Where it lies, and its bytes.
    header
        Bytes up to the pixel data; of a deflated file, all.
    pixel_start
        The first bytes of the element with the pixels, as far as they came with the header.
    is_deflated
        Whether `header` is the whole file, since nothing in it can be reached alone.
    frames
        Number of frames; 0 without a picture.
    rows, columns
        Of its picture.
    planes
        ImageOrientationPatient and ImagePositionPatient of each frame, or None.
    spaces
        Marks and spacing of each frame.
    rank
        What orders slices at one place: phases, echoes, InstanceNumber.
    """

    path: str
    size: int
    header: bytes
    pixel_start: bytes
    is_deflated: bool
    uid: str
    sop_class: str
    modality: str
    image_type: tuple[str, ...]
    frames: int
    rows: int
    columns: int
    planes: tuple[Plane | None, ...]
    spaces: tuple[Space, ...]
    rank: tuple[float, ...]

    def dataset(self) -> Dataset:
        """The header, parsed anew: kept as bytes it takes a tenth of the memory."""
        return parse(self.header)


def parse(data: bytes | io.BytesIO, tags: list[Any] | None = None, ends: Collection[int] = _PIXELS) -> Dataset:
    """A header from bytes that reach to one of the elements `ends`, or to their end; a stream is left standing there.

    Raises
    ------
    PreviewError
        If it is not DICOM.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            stream = io.BytesIO(data) if isinstance(data, bytes) else data
            return read_partial(stream, lambda tag, vr, length: tag in ends, specific_tags=tags)
    except InvalidDicomError:
        raise PreviewError("A file of this series is not DICOM.") from None
    except Exception as error:  # pydicom raises nearly anything on damaged headers
        raise PreviewError(f"The header of a file can't be read ({type(error).__name__}).") from None


def read_headers(files: Files) -> list[Instance]:
    """All instances of the series among `files`, in no order.

    Raises
    ------
    PreviewError
        If there is none. A file that can't be read is passed over beside others that can.
    """
    found = []
    reason = PreviewError("No file of this series was found.", 404)
    for path, start in files.read_starts(FIRST).items():
        try:
            instance = describe(files, path, start)
        except PreviewError as error:
            if error.status != 422:
                raise
            reason = error
        except (AttributeError, TypeError, ValueError, IndexError) as error:  # values that are no values
            reason = PreviewError(f"The header of a file can't be read ({type(error).__name__}).")
        else:
            if instance is not None:
                found.append(instance)
    if not found:
        raise reason
    return found


def describe(files: Files, path: str, start: bytes) -> Instance | None:
    """One file that begins with `start`, or None if it belongs to another series.

    Raises
    ------
    PreviewError
        If it is no DICOM, or its header is too large.
    """
    data, header, stopped = _whole_header(files, path, start)
    is_deflated = stopped is None
    if str(header.get("SeriesInstanceUID", "")) != files.uid:
        return None
    frames = int(header.get("NumberOfFrames") or 1) if header.get("Rows") and header.get("Columns") else 0
    planes = tuple(_planes(header, frames))
    return Instance(
        path,
        files.sizes[path],
        data[:stopped],
        b"" if stopped is None else data[stopped : stopped + PIXEL_START],
        is_deflated,
        str(header.get("SOPInstanceUID", "")),
        str(header.get("SOPClassUID", "")),
        str(header.get("Modality", "")),
        tuple(str(value) for value in header.get("ImageType") or ()),
        frames,
        int(header.get("Rows") or 0),
        int(header.get("Columns") or 0),
        planes,
        tuple(_spaces(header, planes)),
        tuple(_number(header, name) for name in _RANKS),
    )


_RANKS = ("TemporalPositionIdentifier", "EchoNumbers", "AcquisitionNumber", "InstanceNumber")


def _whole_header(files: Files, path: str, start: bytes) -> tuple[bytes, Dataset, int | None]:
    """Bytes up to the pixel data or beyond, what they say, and where the pixel data begin; None in a deflated file.

    A header that is cut off parses without an error: it is whole if reading stopped at the pixel data, or at the
    file's end.
    """
    size, data = files.sizes[path], start
    ends = _GROUPS if size > MOST and MicroscopyBulkSimpleAnnotationsStorage.encode() in data[:1024] else _PIXELS
    while True:
        if _names_deflated(data):
            data = data if len(data) == size else files.read(path)
            return data, parse(data, _TAGS), None
        stream = io.BytesIO(data)
        try:
            header = parse(stream, _TAGS, ends)
        except PreviewError:
            if len(data) == size or not data[128:132] == b"DICM":
                raise
        else:
            if stream.tell() < len(data) or len(data) == size:
                return data, header, stream.tell()
        if len(data) >= MOST:
            raise PreviewError("The header of this file is too large for the preview: open the series in a viewer.")
        data += files.read(path, len(data), min(len(data) * _STEP, MOST))


def _names_deflated(data: bytes) -> bool:
    return DeflatedExplicitVRLittleEndian.encode() in data[:1024]


def _planes(header: Dataset, frames: int) -> Iterator[Plane | None]:
    if frames == 0:
        return
    shared = (header.get("SharedFunctionalGroupsSequence") or [Dataset()])[0]
    each = header.get("PerFrameFunctionalGroupsSequence") or []
    for frame in range(frames):
        own = each[frame] if frame < len(each) else Dataset()
        orientation = _in_groups((own, shared, header), "PlaneOrientationSequence", "ImageOrientationPatient")
        position = _in_groups((own, shared, header), "PlanePositionSequence", "ImagePositionPatient")
        if orientation and position and len(orientation) == 6 and len(position) == 3:
            yield tuple(float(number) for number in (*orientation, *position))
        else:
            yield None


def _spaces(header: Dataset, planes: tuple[Plane | None, ...]) -> Iterator[Space]:
    """Marks and spacing of each frame; those of one orientation share theirs."""
    found: dict[Plane | None, Space] = {}
    for frame, plane in enumerate(planes):
        orientation = plane[:6] if plane else None
        if orientation not in found:
            found[orientation] = space(frame_header(header, frame))
        yield found[orientation]


def _in_groups(groups: tuple[Dataset, Dataset, Dataset], sequence: str, name: str) -> Any:
    for group in groups[:2]:
        if (items := group.get(sequence)) and (value := items[0].get(name)):
            return value
    return groups[2].get(name) if groups[2].get(name) else None


def _number(header: Dataset, name: str) -> float:
    value = header.get(name)
    try:
        return float(value) if value is not None else 0.0
    except (TypeError, ValueError):
        return 0.0
