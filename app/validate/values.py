"""Values of a header as they stand in the file: to have pydicom convert them takes as long as to read the header."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from pydicom import Dataset
from pydicom.dataelem import RawDataElement
from pydicom.multival import MultiValue
from pydicom.pixels.utils import get_expected_length
from pydicom.tag import Tag

_TEXTS = ("SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID", "PatientID", "Modality", "ImageType")
_NUMBERS = ("ImageOrientationPatient", "ImagePositionPatient")
_NEEDED = ("Rows", "Columns", "SamplesPerPixel", "BitsAllocated")
_SHAPE = (*_NEEDED, "NumberOfFrames", "PhotometricInterpretation")

#: Keyword → tag of all that is read.
TAGS = {name: Tag(name) for name in (*_TEXTS, *_NUMBERS, *_SHAPE)}

#: What reads the same in every character set, if it stands in an element of text.
_PLAIN = re.compile(rb"[A-Za-z0-9 ._+\\-]*\0?")
#: None is implicit VR, where the dictionary has one of these.
_TEXT_VRS = frozenset({None, "UI", "LO", "CS", "DS"})


def texts(header: Dataset, name: str) -> list[str]:
    """The values of an element of text or numbers, without what pads them; none if it is missing or empty."""
    raw = header.get_item(TAGS[name])
    if isinstance(raw, RawDataElement) and raw.VR in _TEXT_VRS and raw.value and _PLAIN.fullmatch(raw.value):
        whole = raw.value.decode("ascii").rstrip(" \0")
        return [one.strip() for one in whole.split("\\")] if whole else []
    value: Any = None if raw is None else header.get(name)
    if value is None or value == "":
        return []
    values = value if isinstance(value, MultiValue) else [value]
    return [str(one).strip(" \0") for one in values]


def text(header: Dataset, name: str) -> str:
    """All values of an element as DICOM writes them."""
    return "\\".join(texts(header, name))


def expected_length(header: Dataset) -> int | None:
    """Bytes of the pixel data with what pads them, by rows, columns and the like; None if these are missing."""
    if not all(TAGS[name] in header for name in _NEEDED):
        return None
    shape = [header.get_item(TAGS[name]) for name in _SHAPE]
    # The slices of a series agree in these, and differ in where they stand.
    bare = tuple(one._replace(value_tell=0) if isinstance(one, RawDataElement) else one for one in shape)
    is_raw = all(one is None or isinstance(one, RawDataElement) for one in bare)
    wanted = _length(bare) if is_raw else get_expected_length(header)
    return wanted + wanted % 2


@lru_cache(maxsize=256)
def _length(shape: tuple[RawDataElement | None, ...]) -> int:
    return get_expected_length(Dataset({raw.tag: raw for raw in shape if raw}))
