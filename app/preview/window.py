"""From stored values to grey or colour: rescaled, windowed in float, eight bits at the very end."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from pydicom import Dataset
from pydicom.pixels.processing import apply_color_lut, apply_modality_lut, apply_voi

from app.preview.arrays import Brightness, Levels, Rescaled, StoredPixels
from app.preview.errors import PreviewError


@dataclass(frozen=True, slots=True)
class Window:
    """A window in rescaled values; `function` is a VOILUTFunction of DICOM (PS3.3 C.11.2.1.3)."""

    center: float
    width: float
    function: str = "LINEAR"


#: Name → label and window in Hounsfield units.
PRESETS = {
    "soft": ("Soft tissue", Window(40, 400)),
    "lung": ("Lung", Window(-600, 1500)),
    "bone": ("Bone", Window(480, 2500)),
    "brain": ("Brain", Window(40, 80)),
}
#: Windows that are found in the series rather than named here.
OWN = {"header": "As stored", "minmax": "Min to max"}

_NUMBER = r"-?[0-9]{1,9}(?:\.[0-9]{1,6})?"
_FREE = re.compile(rf"({_NUMBER}),({_NUMBER})")


def parse_window(text: str) -> Window | str:
    """A window by name, or ``CENTER,WIDTH``.

    Returns
    -------
    Window or str
        A key of `OWN` stays one.

    Raises
    ------
    PreviewError
        If it is neither.
    """
    if text in OWN:
        return text
    if text in PRESETS:
        return PRESETS[text][1]
    if (match := _FREE.fullmatch(text)) and float(match[2]) > 0:
        return Window(float(match[1]), float(match[2]))
    names = ", ".join([*PRESETS, *OWN])
    raise PreviewError(f"A window is one of {names}, or CENTER,WIDTH such as 40,400.", 400)


def is_colour(header: Dataset) -> bool:
    """Whether the picture has colours, so that no window applies."""
    return str(header.get("PhotometricInterpretation", "")) not in ("MONOCHROME1", "MONOCHROME2")


def rescaled(stored: StoredPixels, header: Dataset) -> Rescaled:
    """Values in the units of the header: Hounsfield units, becquerels, greys."""
    if "DoseGridScaling" in header:
        return np.asarray(stored * float(header.DoseGridScaling), np.float64)
    return np.asarray(apply_modality_lut(stored, header), np.float64)


def header_window(header: Dataset) -> Window | None:
    """The first window that the header names."""
    center, width = _first(header.get("WindowCenter")), _first(header.get("WindowWidth"))
    if center is None or width is None or width <= 0:
        return None
    return Window(center, width, str(header.get("VOILUTFunction") or "LINEAR").upper())


def full_range(values: Rescaled) -> Window:
    """From the least to the greatest value."""
    least, most = float(values.min()), float(values.max())
    return Window((least + most) / 2, (most - least) or 1.0, "LINEAR_EXACT")


def grey(values: Rescaled, window: Window, inverted: bool) -> Levels:
    """Grey levels 0 to 255 of rescaled values; `inverted` for MONOCHROME1."""
    if window.function == "SIGMOID":
        share = 1 / (1 + np.exp(-4 * (values - window.center) / window.width))
    else:
        # LINEAR is meant for integers, and has no meaning up to a width of 1.
        shift, width = (
            (0.5, window.width - 1) if window.function == "LINEAR" and window.width > 1 else (0, window.width)
        )
        share = np.clip((values - (window.center - shift)) / width + 0.5, 0, 1)
    return _levels(1 - share if inverted else share)


def by_value(stored: StoredPixels, levels_of: Callable[[StoredPixels], Levels]) -> Levels:
    """Levels of a picture, worked out once for each value that may stand in it rather than once for each pixel.

    Parameters
    ----------
    levels_of
        Gives the levels of values, whatever their shape.
    """
    least, most = stored.min(), stored.max()
    if stored.dtype.kind not in "iu" or int(most) - int(least) >= stored.size:
        return levels_of(stored)
    values = np.arange(int(least), int(most) + 1).astype(stored.dtype)
    return levels_of(values)[stored.astype(np.int64) - int(least)]


def by_table(stored: StoredPixels, header: Dataset) -> Levels | None:
    """Grey levels by the header's own VOI LUT, or None without one."""
    items = header.get("VOILUTSequence")
    if not items:
        return None
    values = apply_modality_lut(stored, header)
    share = apply_voi(values.astype(np.int64), header) / (2.0 ** items[0].LUTDescriptor[2] - 1)
    return _levels(1 - share if header.PhotometricInterpretation == "MONOCHROME1" else share)


def colours(stored: StoredPixels, header: Dataset) -> Levels:
    """Eight-bit RGB of a colour picture."""
    bits = int(header.BitsStored)
    if header.PhotometricInterpretation == "PALETTE COLOR":
        stored = apply_color_lut(stored, header)[..., :3]
        bits = 8 * stored.dtype.itemsize
    return np.asarray(stored if bits == 8 else _levels(stored.astype(np.float64) / (2.0**bits - 1)), np.uint8)


def _levels(share: Brightness) -> Levels:
    return np.asarray(np.rint(np.clip(share, 0, 1) * 255), np.uint8)


def _first(value: object) -> float | None:
    if value is None or value == "":
        return None
    try:
        number = float(value[0] if isinstance(value, (list, tuple)) or hasattr(value, "append") else value)  # type: ignore[index, arg-type]
    except (TypeError, ValueError, IndexError):
        return None
    return number if math.isfinite(number) else None
