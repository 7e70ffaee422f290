"""Pictures are pydicom's own decode with the window applied in float, whatever the file is written in."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gdcm
import numpy as np
import pytest
from PIL import Image
from pydicom import Dataset, dcmread
from pydicom.data import get_testdata_file
from pydicom.pixels.processing import apply_color_lut, apply_modality_lut, apply_voi_lut, apply_windowing
from pydicom.uid import UID as Syntax
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
    SecondaryCaptureImageStorage,
)

from app.preview.errors import PreviewError
from app.preview.series import SeriesPictures, as_png, open_series
from app.preview.window import PRESETS, Window, parse_window
from tests.support.block_phantom import as_bytes, base, encapsulated

UID = "1.2.3.4"
ROWS, COLUMNS = 17, 13  # odd, so that frames of bytes need padding
CHANCE = np.random.default_rng(7)
DEEP = CHANCE.integers(0, 4096, (ROWS, COLUMNS)).astype(np.uint16)
SIGNED = CHANCE.integers(-2000, 2000, (3, ROWS, COLUMNS)).astype(np.int16)
COLOUR = np.kron(CHANCE.integers(0, 256, (4, 4, 3)), np.ones((4, 4, 1))).astype(np.uint8)
COLOURS = np.stack([COLOUR, COLOUR[::-1], COLOUR[:, ::-1]])


def image(pixels: np.ndarray, photometric: str = "MONOCHROME2", bits: int = 16, modality: str = "OT") -> Dataset:
    made = base(SecondaryCaptureImageStorage, {"SeriesInstanceUID": UID}, modality)
    made.set_pixel_data(pixels, photometric, bits)
    return made


def written(made: Dataset, syntax: str) -> bytes:
    """The file in another native syntax."""
    made.file_meta.TransferSyntaxUID = Syntax(syntax)
    if syntax == ExplicitVRBigEndian:
        made.PixelData = np.frombuffer(made.PixelData, "<u2").astype(">u2").tobytes()
        made["PixelData"].VR = "OW"
    stream = io.BytesIO()
    made.save_as(
        stream,
        implicit_vr=syntax == ImplicitVRLittleEndian,
        little_endian=syntax != ExplicitVRBigEndian,
        enforce_file_format=True,
    )
    return stream.getvalue()


def compressed(pixels: np.ndarray, syntax: str, **options: Any) -> bytes:
    made = image(pixels, "RGB" if pixels.shape[-1] == 3 else "MONOCHROME2", 8 if pixels.dtype == np.uint8 else 16)
    made.compress(syntax, generate_instance_uid=False, **options)
    return as_bytes(made)


def by_pillow(frames: np.ndarray, syntax: str, photometric: str, **options: Any) -> bytes:
    """A file whose frames Pillow encodes, with or without a table of their offsets."""
    encoded = []
    for frame in frames:
        stream = io.BytesIO()
        Image.fromarray(frame).save(stream, **options)
        encoded.append(stream.getvalue())
    pixels = frames if len(frames) > 1 else frames[0]
    made = image(pixels, "RGB" if frames.ndim == 4 else "MONOCHROME2", 8 * frames.dtype.itemsize)
    made = encapsulated(made, syntax, *encoded)
    made.PhotometricInterpretation = photometric
    return as_bytes(made)


def by_gdcm(pixels: np.ndarray, syntax: int, folder: Path) -> bytes:
    (folder / "native.dcm").write_bytes(as_bytes(image(pixels)))
    reader = gdcm.ImageReader()
    reader.SetFileName(str(folder / "native.dcm"))
    assert reader.Read()
    change = gdcm.ImageChangeTransferSyntax()
    change.SetTransferSyntax(gdcm.TransferSyntax(syntax))
    change.SetInput(reader.GetImage())
    assert change.Change()
    writer = gdcm.ImageWriter()
    writer.SetFileName(str(folder / "packed.dcm"))
    writer.SetFile(reader.GetFile())
    writer.SetImage(change.GetOutput())
    assert writer.Write()
    return (folder / "packed.dcm").read_bytes()


def planar(made: Dataset) -> Dataset:
    made.PixelData = np.moveaxis(COLOUR, -1, 0).tobytes()
    made.PlanarConfiguration = 1
    return made


def palette() -> Dataset:
    made = image(DEEP % 256)
    made.PhotometricInterpretation = "PALETTE COLOR"
    for number, name in enumerate(("Red", "Green", "Blue")):
        table = (np.arange(256) * (number + 3) * 97 % 65536).astype("<u2")
        setattr(made, f"{name}PaletteColorLookupTableDescriptor", [256, 0, 16])
        setattr(made, f"{name}PaletteColorLookupTableData", table.tobytes())
    return made


def in_segments(top: int) -> tuple[list[int], np.ndarray]:
    """Two entries, a line of 126 to `top`, and both again (PS3.3 C.7.9.2); and the 256 entries that this stands for."""
    half = np.concatenate([[0, 1000], np.rint(np.linspace(1000, top, 127)[1:])])
    return [0, 2, 0, 1000, 1, 126, top, 2, 2, 0, 0], np.concatenate([half, half])


def floating() -> Dataset:
    made = image(DEEP)
    del made.PixelData, made.BitsStored, made.HighBit, made.PixelRepresentation
    made.BitsAllocated = 32
    made.FloatPixelData = (DEEP / 7 - 100).astype("<f4").tobytes()
    return made


def shipped(name: str) -> bytes:
    path = get_testdata_file(name, download=False)
    assert path, f"pydicom does not ship {name}"
    return Path(str(path)).read_bytes()


FILES: dict[str, Callable[[Path], bytes]] = {
    "explicit little endian": lambda _: written(image(DEEP), ExplicitVRLittleEndian),
    "implicit, signed, frames": lambda _: written(image(SIGNED), ImplicitVRLittleEndian),
    "big endian, signed, frames": lambda _: written(image(SIGNED), ExplicitVRBigEndian),
    "big endian, bytes in words": lambda _: shipped("SC_rgb_small_odd_big_endian.dcm"),
    "deflated, frames": lambda _: written(image(SIGNED), DeflatedExplicitVRLittleEndian),
    "bytes, odd frames": lambda _: as_bytes(image((SIGNED % 256).astype(np.uint8), bits=8)),
    "RLE, frames": lambda _: compressed(SIGNED, RLELossless),
    "RLE, colour": lambda _: compressed(COLOURS, RLELossless),
    "JPEG-LS": lambda _: compressed(DEEP, JPEGLSLossless),
    "JPEG-LS near lossless": lambda _: compressed(DEEP, JPEGLSNearLossless, jls_error=3),
    "JPEG 2000": lambda _: by_pillow(
        DEEP[None], JPEG2000Lossless, "MONOCHROME2", format="JPEG2000", no_jp2=True, num_resolutions=1
    ),
    "JPEG 2000, colour transform": lambda _: shipped("GDCMJ2K_TextGBR.dcm"),
    "JPEG baseline, YBR, frames": lambda _: by_pillow(
        COLOURS, JPEGBaseline8Bit, "YBR_FULL_422", format="JPEG", subsampling="4:2:2"
    ),
    "JPEG baseline, grey": lambda _: by_pillow(
        (DEEP[None] % 256).astype(np.uint8), JPEGBaseline8Bit, "MONOCHROME2", format="JPEG"
    ),
    "JPEG lossless": lambda folder: by_gdcm(DEEP, gdcm.TransferSyntax.JPEGLosslessProcess14_1, folder),
    "RGB": lambda _: as_bytes(image(COLOURS, "RGB", 8)),
    "RGB in planes": lambda _: as_bytes(planar(image(COLOUR, "RGB", 8))),
    "YBR": lambda _: as_bytes(image(COLOUR, "YBR_FULL", 8)),
    "YBR halved": lambda _: shipped("SC_ybr_full_422_uncompressed.dcm"),
    "palette": lambda _: as_bytes(palette()),
    "floats": lambda _: as_bytes(floating()),
    "dose, 32 bits, frames": lambda _: shipped("rtdose.dcm"),
}


def opened(content: bytes, folder: Path) -> SeriesPictures:
    folder.mkdir(exist_ok=True)
    (folder / "one.dcm").write_bytes(content)
    return open_series(str(dcmread(io.BytesIO(content)).SeriesInstanceUID), folder=folder)


def as_float(made: Dataset, stored: np.ndarray, window: Window) -> np.ndarray:
    """Levels before rounding, by pydicom's window applied to its rescaled values."""
    plain = Dataset()
    plain.PhotometricInterpretation, plain.BitsStored, plain.PixelRepresentation = "MONOCHROME2", 8, 0
    plain.WindowCenter, plain.WindowWidth, plain.VOILUTFunction = window.center, window.width, window.function
    values = stored * made.DoseGridScaling if "DoseGridScaling" in made else apply_modality_lut(stored, made)
    return apply_windowing(np.asarray(values, float), plain)


def require_equal(levels: np.ndarray, truth: np.ndarray) -> None:
    """The levels are the truth's, rounded."""
    assert levels.dtype == np.uint8
    assert levels.shape == truth.shape
    assert abs(levels - truth).max() <= 0.5 + 1e-9


@pytest.mark.parametrize("name", FILES)
@pytest.mark.filterwarnings("ignore")
def test_pixels_are_those_of_pydicom(name: str, tmp_path: Path) -> None:
    content = FILES[name](tmp_path)
    made, series = dcmread(io.BytesIO(content)), opened(content, tmp_path / "one")
    whole = made.pixel_array
    frames = whole if int(made.get("NumberOfFrames") or 1) > 1 else whole[None]
    assert len(series.pictures) == len(frames)
    for number, truth in enumerate(frames, start=1):
        np.testing.assert_array_equal(series.stored(number), truth)
        if truth.ndim == 3:
            np.testing.assert_array_equal(series.levels(number), truth if truth.dtype == np.uint8 else truth >> 8)
        elif made.PhotometricInterpretation == "PALETTE COLOR":
            require_equal(series.levels(number), apply_color_lut(truth, made) / 65535 * 255)
        else:
            for window in (Window(300, 800), Window(0.5, 2, "LINEAR_EXACT"), Window(200, 900, "SIGMOID")):
                require_equal(series.levels(number, window), as_float(made, truth, window))


def test_a_palette_in_segments_is_the_one_that_it_stands_for(tmp_path: Path) -> None:
    made, expected = palette(), []
    for name, top in {"Red": 64_000, "Green": 500, "Blue": 1000}.items():
        segments, table = in_segments(top)
        del made[f"{name}PaletteColorLookupTableData"]
        setattr(made, f"Segmented{name}PaletteColorLookupTableData", np.array(segments, "<u2").tobytes())
        expected.append(table[DEEP % 256] / 65535 * 255)
    require_equal(opened(as_bytes(made), tmp_path / "one").levels(1), np.stack(expected, axis=-1))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("JPGExtended.dcm", "JPEG Extended with 12 bits can't be decoded here"),
        ("MR_truncated.dcm", "This file is cut off"),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_what_can_not_be_decoded_is_said(name: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(PreviewError, match=said):
        opened(shipped(name), tmp_path / "one").png(1)


def test_a_syntax_without_a_decoder_is_named(tmp_path: Path) -> None:
    made = encapsulated(image(DEEP), "1.2.840.10008.1.2.4.201", b"\0\0")
    with pytest.raises(PreviewError, match=r"High-Throughput JPEG 2000.* can't be decoded here"):
        opened(as_bytes(made), tmp_path / "one").png(1)


def scaled(photometric: str = "MONOCHROME2", modality: str = "CT", **attributes: Any) -> Dataset:
    made = image(DEEP, photometric, modality=modality)
    made.RescaleSlope, made.RescaleIntercept = "0.5", "-1000"
    for name, value in attributes.items():
        setattr(made, name, value)
    return made


def header_window(**attributes: Any) -> dict[str, Any]:
    return {"WindowCenter": ["-100", "900"], "WindowWidth": ["600", "70"], **attributes}


VALUES = DEEP * 0.5 - 1000
MIDDLE, SPAN = (VALUES.max() + VALUES.min()) / 2, VALUES.max() - VALUES.min()
FULL = Window(MIDDLE, SPAN, "LINEAR_EXACT")


@pytest.mark.parametrize(
    ("made", "asked", "meant"),
    [
        (scaled(), "soft", Window(40, 400)),
        (scaled(), "lung", Window(-600, 1500)),
        (scaled(), "bone", Window(480, 2500)),
        (scaled(), "brain", Window(40, 80)),
        (scaled(), "-12.5,333", Window(-12.5, 333)),
        (scaled(), "0,0.25", Window(0, 0.25, "LINEAR_EXACT")),
        (scaled(), "minmax", FULL),
        (scaled(), None, PRESETS["soft"][1]),
        (scaled(**header_window()), None, Window(-100, 600)),
        (scaled(**header_window(VOILUTFunction="SIGMOID")), "header", Window(-100, 600, "SIGMOID")),
        (scaled(**header_window(VOILUTFunction="LINEAR_EXACT")), "header", Window(-100, 600, "LINEAR_EXACT")),
        (scaled(modality="MR", **header_window()), None, FULL),
        (scaled(modality="MR", **header_window()), "header", Window(-100, 600)),
        (scaled(modality="CR"), None, FULL),
    ],
)
def test_windows_mean_what_they_say(made: Dataset, asked: str | None, meant: Window, tmp_path: Path) -> None:
    series = opened(as_bytes(made), tmp_path / "one")
    window = None if asked is None else parse_window(asked)
    require_equal(series.levels(1, window), as_float(made, DEEP, meant))


def test_monochrome1_is_white_where_values_are_low(tmp_path: Path) -> None:
    made = scaled("MONOCHROME1", "DX", **header_window())
    levels = opened(as_bytes(made), tmp_path / "one").levels(1)
    require_equal(levels, 255 - as_float(made, DEEP, Window(-100, 600)))


def test_a_table_of_the_header_is_used(tmp_path: Path) -> None:
    made, item = image(DEEP, modality="MG"), Dataset()
    item.LUTDescriptor = [4096, 0, 12]
    item.LUTData = np.sqrt(np.arange(4096) * 4095).astype("<u2").tobytes()
    made.VOILUTSequence = [item]
    series = opened(as_bytes(made), tmp_path / "one")
    require_equal(series.levels(1), apply_voi_lut(DEEP, made) / 4095 * 255)


def test_a_window_is_of_a_known_form() -> None:
    for text in ("", "sofa", "1,0", "1,-5", "nan,1", "1e9,1", "1", "1,2,3", "inf,inf", "١,٢", "1,2\n"):
        with pytest.raises(PreviewError, match="A window is one of soft, lung, bone, brain, header, minmax"):
            parse_window(text)


def test_a_png_holds_the_levels_and_is_scaled_down_on_demand() -> None:
    with Image.open(io.BytesIO(as_png(COLOUR))) as picture:
        np.testing.assert_array_equal(np.asarray(picture), COLOUR)
    with Image.open(io.BytesIO(as_png(DEEP.astype(np.uint8).repeat(10, 0).repeat(10, 1), 85))) as picture:
        assert picture.size == (65, 85)
