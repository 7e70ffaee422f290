"""One file read: its identifiers, its place in space, and what is wrong with it alone. Runs in reader processes."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any, BinaryIO

from pydicom import Dataset, config, dcmread
from pydicom.errors import InvalidDicomError
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.utils import iter_pixels
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian

from app.validate.findings import Finding, FindingKind, visible
from app.validate.values import TAGS, expected_length, text, texts

#: Modalities whose slices form volumes.
_VOLUMES = frozenset({"CT", "MR", "PT"})
_UNDEFINED = 0xFFFFFFFF
_ITEM, _SEQUENCE_END = b"\xfe\xff\x00\xe0", b"\xfe\xff\xdd\xe0"
_LONG_VRS = (b"OB", b"OW", b"OF", b"OD", b"UN")
#: Seconds that dciodvfy may take for a file, and between two looks at whether to stop.
_PATIENCE, _TICK = 60, 0.25


@dataclass(frozen=True, slots=True)
class Options:
    """What is done beyond reading headers.

    Parameters
    ----------
    decode
        Decode every frame.
    dciodvfy
        Path of that program, or None.
    """

    decode: bool = False
    dciodvfy: str | None = None


@dataclass(frozen=True, slots=True)
class File:
    """What one file says of itself.

    Parameters
    ----------
    path
        Relative to the folder, with ``/``.
    size
        Bytes.
    series, study, patient, instance
        SeriesInstanceUID, StudyInstanceUID, PatientID, SOPInstanceUID; empty if missing.
    plane
        ImageOrientationPatient and ImagePositionPatient, nine numbers, of a slice of a CT, MR or PT.
    findings
        What is wrong with it.
    """

    path: str
    size: int = 0
    series: str = ""
    study: str = ""
    patient: str = ""
    instance: str = ""
    plane: tuple[float, ...] | None = None
    findings: tuple[Finding, ...] = ()


_stopping: Event | None = None


def start_reader(stopping: Event) -> None:
    """Prepare a reader process: it ends when told to, not by the terminal's Ctrl-C, and says nothing."""
    global _stopping
    _stopping = stopping
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    warnings.simplefilter("ignore")
    logging.disable()  # pydicom logs them too
    config.settings.reading_validation_mode = config.IGNORE  # how a value is written is not asked


def read_files(root: str, paths: list[str], options: Options) -> list[File]:
    """Read some files below `root`; fewer if reading is to stop."""
    return [read_file(root, path, options) for path in paths if not _is_stopping()]


def read_file(root: str, path: str, options: Options) -> File:
    """Read one file; whatever is wrong with it becomes a finding."""
    whole = Path(root, path)
    size = 0
    try:
        with whole.open("rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            header = dcmread(stream, stop_before_pixels=True, specific_tags=list(TAGS.values()))
            has_pixels = _is_deflated(header) or stream.tell() < size
            found = list(_pixel_findings(header, stream, size))
            file = _describe(header, path, size)
        if not (file.series and file.instance):
            found.append(Finding(FindingKind.NO_UID))
        if options.decode and has_pixels and "Rows" in header:
            found += _decode(whole, header)
        if options.dciodvfy:
            found += _run_dciodvfy(options.dciodvfy, whole)
    except OSError as error:
        return File(path, size, findings=(Finding(FindingKind.UNREADABLE, error.strerror or "", path=path),))
    except InvalidDicomError:
        return File(path, size, findings=(Finding(FindingKind.NOT_DICOM, path=path),))
    except Exception as error:  # pydicom raises nearly anything on damaged headers
        return File(path, size, findings=(Finding(FindingKind.NOT_DICOM, _one_line(error), path=path),))
    if not found:
        return file
    return replace(file, findings=tuple(replace(one, series=file.series or None, path=path) for one in found))


def _describe(header: Dataset, path: str, size: int) -> File:
    plane = None
    if text(header, "Modality") in _VOLUMES and "LOCALIZER" not in texts(header, "ImageType"):
        orientation, position = texts(header, "ImageOrientationPatient"), texts(header, "ImagePositionPatient")
        if len(orientation) == 6 and len(position) == 3:
            plane = tuple(float(number) for number in (*orientation, *position))
    return File(
        path,
        size,
        text(header, "SeriesInstanceUID"),
        text(header, "StudyInstanceUID"),
        text(header, "PatientID"),
        text(header, "SOPInstanceUID"),
        plane,
    )


def _pixel_findings(header: Dataset, stream: BinaryIO, size: int) -> Iterator[Finding]:
    """Compare the pixel data, at which `stream` stands, with the header and with the file's end."""
    if _is_deflated(header):
        return
    is_implicit, is_little = header.original_encoding
    start = stream.read(12)
    if len(start) < 8:
        return
    length_at = 8 if not is_implicit and start[4:6] in _LONG_VRS else 4
    length = int.from_bytes(start[length_at : length_at + 4], "little" if is_little else "big")
    stream.seek(length_at + 4 - len(start), os.SEEK_CUR)
    left = size - stream.tell()
    if length == _UNDEFINED:
        if not _fragments_end(stream, size):
            yield Finding(FindingKind.CUT, "the last fragment is cut, or the end of the sequence is missing")
        return
    if length > left:
        yield Finding(FindingKind.CUT, f"{left:,} of {length:,} bytes are there")
    wanted = expected_length(header)
    if wanted is not None and length != wanted:
        yield Finding(FindingKind.PIXEL_LENGTH, f"{length:,} bytes, expected {wanted:,}")


def _is_deflated(header: Dataset) -> bool:
    """Whether the pixel data stand in a compressed stream, so that nothing in the file tells where."""
    return bool(header.file_meta.get("TransferSyntaxUID") == DeflatedExplicitVRLittleEndian)


def _fragments_end(stream: BinaryIO, size: int) -> bool:
    """Whether the items of encapsulated pixel data reach their sequence's end within the file."""
    while len(item := stream.read(8)) == 8:
        if item[:4] == _SEQUENCE_END:
            return True
        if item[:4] != _ITEM or stream.seek(int.from_bytes(item[4:], "little"), os.SEEK_CUR) > size:
            return False
    return False


def _decode(path: Path, header: Dataset) -> Iterator[Finding]:
    """Decode frame by frame: a whole slide does not fit into memory."""
    syntax = UID(header.file_meta.TransferSyntaxUID)
    try:
        is_available = get_decoder(syntax).is_available
    except NotImplementedError:
        is_available = False
    if not is_available:
        yield Finding(FindingKind.NO_DECODER, syntax.name)
        return
    try:
        frames = sum(1 for _ in _until_stopped(iter_pixels(path, raw=True)))
    except Exception as error:  # each decoder has errors of its own
        yield Finding(FindingKind.DECODE, _one_line(error))
    else:
        wanted = int(header.get("NumberOfFrames") or 1)
        if frames != wanted and not _is_stopping():
            yield Finding(FindingKind.DECODE, f"{frames:,} frames, expected {wanted:,}")


def _until_stopped(frames: Iterator[Any]) -> Iterator[Any]:
    for frame in frames:
        if _is_stopping():
            return
        yield frame


def _run_dciodvfy(program: str, path: Path) -> Iterator[Finding]:
    with subprocess.Popen([program, str(path)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:  # noqa: S603
        for _ in range(round(_PATIENCE / _TICK)):
            try:
                output, _ = process.communicate(timeout=_TICK)
                break
            except subprocess.TimeoutExpired:
                if _is_stopping():
                    process.kill()
        else:
            process.kill()
            yield Finding(FindingKind.DCIODVFY, f"it did not end within {_PATIENCE} s")
            return
    if errors := [line for line in output.decode(errors="replace").splitlines() if line.startswith("Error")]:
        yield Finding(FindingKind.DCIODVFY, visible("; ".join(errors)))


def _one_line(error: Exception) -> str:
    return visible(f"{type(error).__name__}: {str(error).partition(chr(10))[0]}")


def _is_stopping() -> bool:
    return _stopping is not None and _stopping.is_set()
