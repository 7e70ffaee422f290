"""Which way is up, and how long is a millimetre: orientation marks and pixel spacing of a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydicom import Dataset

#: Direction cosines below this are not named.
_SLANT = 0.15
_LETTERS = (("R", "L"), ("A", "P"), ("F", "H"))
_OPPOSITE = str.maketrans("RLAPFH", "LRPAHF")
#: Physical units of an ultrasound region that are centimetres (PS3.3 C.8.5.5.1.15).
_CENTIMETRES = 3


@dataclass(frozen=True, slots=True)
class Space:
    """How a picture lies in the patient.

    Parameters
    ----------
    left, right, top, bottom
        Letters of the edges, such as ``R``, ``AL``; empty if unknown.
    row_mm, column_mm
        Millimetres between rows and between columns, or 0 if unknown.
    note
        What the spacing is, if not that in the patient.
    aspect
        Height of a pixel over its width.
    """

    left: str = ""
    right: str = ""
    top: str = ""
    bottom: str = ""
    row_mm: float = 0.0
    column_mm: float = 0.0
    note: str = ""
    aspect: float = 1.0


def space(header: Dataset) -> Space:
    """The space of a picture from its flat header."""
    right, bottom = _directions(header)
    row_mm, column_mm, note = _spacing(header)
    aspect = row_mm / column_mm if row_mm and column_mm else _pixel_aspect(header)
    return Space(
        right.translate(_OPPOSITE),
        right,
        bottom.translate(_OPPOSITE),
        bottom,
        row_mm,
        column_mm,
        note,
        aspect,
    )


def direction(cosines: Sequence[float]) -> str:
    """Letters of the way that a vector points, the strongest first."""
    strongest = sorted(range(3), key=lambda axis: -abs(cosines[axis]))
    return "".join(_LETTERS[axis][cosines[axis] > 0] for axis in strongest if abs(cosines[axis]) > _SLANT)


def _directions(header: Dataset) -> tuple[str, str]:
    """Where the right and the bottom edge lie."""
    cosines = _numbers(header.get("ImageOrientationPatient"))
    if len(cosines) == 6:
        return direction(cosines[:3]), direction(cosines[3:])
    named = [str(value).upper() for value in header.get("PatientOrientation") or ()]
    if len(named) == 2 and all(set(name) <= set("RLAPFH") for name in named):
        return named[0], named[1]
    return "", ""


def _spacing(header: Dataset) -> tuple[float, float, str]:
    if len(found := _numbers(header.get("PixelSpacing"))) == 2 and min(found) > 0:
        return found[0], found[1], ""
    for name in ("ImagerPixelSpacing", "NominalScannedPixelSpacing"):
        if len(found := _numbers(header.get(name))) == 2 and min(found) > 0:
            return found[0], found[1], "at the detector, not in the patient"
    regions = header.get("SequenceOfUltrasoundRegions") or []
    if len(regions) == 1 and {regions[0].get(f"PhysicalUnits{axis}Direction") for axis in "XY"} == {_CENTIMETRES}:
        down, across = float(regions[0].PhysicalDeltaY), float(regions[0].PhysicalDeltaX)
        if down and across:
            return abs(down) * 10, abs(across) * 10, "of the ultrasound's region"
    return 0.0, 0.0, ""


def _pixel_aspect(header: Dataset) -> float:
    found = _numbers(header.get("PixelAspectRatio"))
    return found[0] / found[1] if len(found) == 2 and min(found) > 0 else 1.0


def _numbers(value: object) -> list[float]:
    try:
        return [float(one) for one in value or ()]  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        return []
