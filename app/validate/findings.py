"""What can be wrong with a folder, and how it is told."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

_MAX_LENGTH = 500


class FindingKind(StrEnum):
    """Kinds of findings; the value is what is shown."""

    UNREADABLE = "the file can't be opened"
    NOT_DICOM = "the file is not DICOM"
    UNFINISHED = "the file is part of a download that has not ended"
    LINK = "the link leads out of the folder, or is no file"
    NO_UID = "the file has no series or instance UID"
    CUT = "the file ends before its pixel data do"
    PIXEL_LENGTH = "the length of the pixel data does not fit Rows, Columns, frames and bits"
    DECODE = "the pixel data can't be decoded"
    CRASH = "reading the file crashed the reader"
    NOT_IN_RELEASE = "the series is not in this release of IDC"
    NOT_WANTED = "the series is not in the cohort or manifest"
    UNKNOWN = "the manifest names what is not in this release of IDC"
    WRONG_FOLDER = "the folder is named after another series"
    STUDY = "the StudyInstanceUID is not the index's"
    PATIENT = "the PatientID is not the index's"
    DUPLICATE = "the SOPInstanceUID stands in more than one file"
    MISSING_SERIES = "the series is missing altogether"
    INSTANCES = "the number of files is not the index's"
    BYTES = "the number of bytes is not the index's"
    # Warnings: what the data may have been published with.
    NO_DECODER = "no decoder for the transfer syntax is installed"
    ORIENTATION = "the slices are not parallel"
    DOUBLED_SLICE = "a slice is there more than once"
    MISSING_SLICE = "a slice seems to be missing"
    SPACING = "the slices are not evenly spaced"
    DCIODVFY = "dciodvfy found errors"


WARNINGS = frozenset(
    {
        FindingKind.NO_DECODER,
        FindingKind.ORIENTATION,
        FindingKind.DOUBLED_SLICE,
        FindingKind.MISSING_SLICE,
        FindingKind.SPACING,
        FindingKind.DCIODVFY,
    }
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One error or warning.

    Parameters
    ----------
    series
        SeriesInstanceUID, if it is known.
    path
        The file, relative to the folder with ``/``, if it is about one.
    """

    kind: FindingKind
    detail: str = ""
    series: str | None = None
    path: str | None = None

    @property
    def is_warning(self) -> bool:
        """Whether the folder counts as clean nonetheless."""
        return self.kind in WARNINGS


def visible(text: str) -> str:
    """Text from a file or of its name in printable characters, cut where it is very long."""
    shown = "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)
    return shown if len(shown) <= _MAX_LENGTH else f"{shown[:_MAX_LENGTH]}…"
