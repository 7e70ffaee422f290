"""The stored values of one frame: only its bytes are read where the file says where they are."""

from __future__ import annotations

import struct
import warnings

import numpy as np
from pydicom import Dataset, dcmread
from pydicom.encaps import encapsulate, get_frame, parse_basic_offsets
from pydicom.filebase import DicomBytesIO
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.utils import get_expected_length, pixel_array
from pydicom.uid import UID, ExplicitVRBigEndian, ImplicitVRLittleEndian

from app.common.numbers import size as bytes_in_words
from app.preview.arrays import StoredPixels
from app.preview.cache import shared
from app.preview.errors import PreviewError
from app.preview.files import MAX_BYTES, Files
from app.preview.headers import PIXEL_START, Instance

#: What a decoder needs to know of a frame.
_PIXEL_MODULE = (
    *("SamplesPerPixel", "PhotometricInterpretation", "Rows", "Columns", "PlanarConfiguration", "BitsAllocated"),
    *("BitsStored", "HighBit", "PixelRepresentation"),
)
_LONG_VRS = (b"OB", b"OW", b"OF", b"OD", b"UN", b"OV")
_UNDEFINED = 0xFFFFFFFF
_FLOATS = {0x7FE00008: "FloatPixelData", 0x7FE00009: "DoubleFloatPixelData"}


def read_frame(files: Files, instance: Instance, header: Dataset, frame: int) -> StoredPixels:
    """Stored values of a frame; of a colour picture RGB, of a palette its indices.

    Raises
    ------
    PreviewError
        If the frame is too large, damaged, or in a syntax that nothing here decodes.
    """
    syntax = UID(header.file_meta.TransferSyntaxUID)
    _require_decoder(syntax)
    decoded = int(header.Rows) * int(header.Columns) * int(header.SamplesPerPixel) * max(1, header.BitsAllocated // 8)
    if decoded > MAX_BYTES:
        raise PreviewError(
            f"This picture takes {bytes_in_words(decoded)}, more than the preview's {bytes_in_words(MAX_BYTES)}:"
            " open the series in a viewer."
        )
    alone = _described(header)
    if instance.is_deflated:
        alone.PixelData = _of_deflated(files, instance, alone, frame)
    elif syntax.is_encapsulated:
        alone.PixelData = encapsulate([_encapsulated(files, instance, header, frame)])
        alone["PixelData"].is_undefined_length = True
    else:
        _fill_native(files, instance, alone, frame)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.asarray(pixel_array(alone))
    except Exception as error:  # each decoder has errors of its own
        raise PreviewError(_undecodable(syntax, header, error)) from None


def _require_decoder(syntax: UID) -> None:
    try:
        if get_decoder(syntax).is_available:
            return
    except NotImplementedError:
        pass
    raise PreviewError(f"Pictures in {syntax.name} can't be decoded here: open the series in a viewer.")


def _undecodable(syntax: UID, header: Dataset, error: Exception) -> str:
    if "Extended" in syntax.name and header.BitsStored > 8:
        return (
            f"Pictures in JPEG Extended with {header.BitsStored} bits can't be decoded here, only those with 8: open"
            " the series in a viewer."
        )
    return f"This picture can't be decoded ({syntax.name}, {type(error).__name__}): its file may be damaged."


def _described(header: Dataset) -> Dataset:
    alone = Dataset()
    alone.file_meta = header.file_meta
    for name in _PIXEL_MODULE:
        if name in header:
            setattr(alone, name, header[name].value)
    alone.NumberOfFrames = 1
    return alone


def _of_deflated(files: Files, instance: Instance, alone: Dataset, frame: int) -> bytes:
    def inflate() -> bytes:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return bytes(dcmread(DicomBytesIO(instance.header)).PixelData)

    pixels = shared().get(("inflated", files.where, instance.path), inflate, len)
    begin, end, skip = _extent(alone, frame)
    return _frame_of(pixels[begin:end], alone, skip)


def _fill_native(files: Files, instance: Instance, alone: Dataset, frame: int) -> None:
    """Read a frame of native pixel data into `alone`."""
    start = len(instance.header)
    tag, vr, first, _ = pixel_element(files, instance, alone)
    begin, end, skip = _extent(alone, frame)
    if alone.BitsAllocated == 8 and vr == b"OW" and alone.file_meta.TransferSyntaxUID == ExplicitVRBigEndian:
        words = files.read(instance.path, start + first + begin - begin % 2, start + first + end + end % 2)
        data = np.frombuffer(words, ">u2").astype("<u2").tobytes()[begin % 2 :][: end - begin]
    else:
        data = files.read(instance.path, start + first + begin, start + first + end)
    setattr(alone, _FLOATS.get(tag, "PixelData"), _frame_of(data, alone, skip))


def _extent(alone: Dataset, frame: int) -> tuple[int, int, int]:
    """Where a native frame begins and ends, and the bits before it in its first byte: one-bit frames leave no gap."""
    length = int(alone.Rows) * int(alone.Columns) if alone.BitsAllocated == 1 else get_expected_length(alone) * 8
    return frame * length // 8, -(-(frame + 1) * length // 8), frame * length % 8


def _frame_of(data: bytes, alone: Dataset, skip: int) -> bytes:
    """A native frame as pixel data of its own."""
    wanted = get_expected_length(alone)
    if len(data) < wanted:
        raise PreviewError("This file is cut off: its pixel data are shorter than its header says.")
    if skip:
        bits = np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little")[skip:]
        data = np.packbits(bits, bitorder="little").tobytes()[:wanted]
    return data + b"\0" * (len(data) % 2)


def pixel_element(files: Files, instance: Instance, header: Dataset) -> tuple[int, bytes, int, int]:
    """Tag and VR (if written) of the element with the pixels, bytes before its value, and its length.

    Raises
    ------
    PreviewError
        If there are no pixel data.
    """
    start, data = len(instance.header), instance.pixel_start
    if len(data) < PIXEL_START:
        data = files.read(instance.path, start, start + PIXEL_START)
    if len(data) < PIXEL_START:
        raise PreviewError("This file has no pixel data.")
    syntax = UID(header.file_meta.TransferSyntaxUID)
    order = ">" if syntax == ExplicitVRBigEndian else "<"
    group, element = struct.unpack(f"{order}HH", data[:4])
    is_long = syntax != ImplicitVRLittleEndian and data[4:6] in _LONG_VRS
    at = 8 if is_long else 4
    (length,) = struct.unpack(f"{order}I", data[at : at + 4])
    return group << 16 | element, data[4:6], at + 4, length


def _encapsulated(files: Files, instance: Instance, header: Dataset, frame: int) -> bytes:
    """The encoded bytes of a frame; alone if a table says where they are, else out of the whole file."""
    start = len(instance.header)
    _, _, first, length = pixel_element(files, instance, header)
    if length != _UNDEFINED:
        raise PreviewError("This file's pixel data are not encapsulated as its transfer syntax says.")
    begin = start + first
    if instance.frames > 1 and instance.size - begin > MAX_BYTES // 8:
        if found := _by_table(files, instance, header, begin, frame):
            return found
        if instance.size - begin > MAX_BYTES:
            raise PreviewError(
                f"The frames of this file ({bytes_in_words(instance.size)}) can't be reached one by one, and it is too"
                " large to be read whole: open the series in a viewer."
            )
    if instance.frames == 1:
        data = files.read(instance.path, begin)
    else:
        key = ("file", files.where, instance.path)
        data = shared().get(key, lambda: files.read(instance.path, begin), len)
    try:
        return get_frame(data, frame, number_of_frames=instance.frames)
    except Exception:
        raise PreviewError("This file is damaged: a frame of it can't be found.") from None


def _by_table(files: Files, instance: Instance, header: Dataset, begin: int, frame: int) -> bytes | None:
    """A frame found by the extended or the basic offset table, or None without one."""
    head = files.read(instance.path, begin, begin + 8 + 4 * instance.frames)
    table = parse_basic_offsets(head) if int.from_bytes(head[4:8], "little") <= len(head) - 8 else []
    base = begin + 8 + int.from_bytes(head[4:8], "little")
    if "ExtendedOffsetTable" in header:
        count = f"<{instance.frames}Q"
        table = list(struct.unpack(count, header.ExtendedOffsetTable[: 8 * instance.frames]))
    if len(table) != instance.frames:
        return None
    stop = base + table[frame + 1] if frame + 1 < len(table) else instance.size
    items = files.read(instance.path, base + table[frame], stop)
    return get_frame(b"\xfe\xff\x00\xe0\0\0\0\0" + items, 0, number_of_frames=1)
