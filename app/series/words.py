"""One series as an English sentence, made from its row of the index."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from app.common.modalities import NAMES
from app.common.numbers import exact, size
from app.series.series import Series

#: BodyPartExamined → as it is spoken of; DICOM runs several words into one.
_PARTS: Mapping[str, str] = {
    **{name: f"the {name.lower()}" for name in (
        "ABDOMEN", "ANKLE", "AORTA", "BLADDER", "BRAIN", "BREAST", "CALF", "CERVIX", "CHEST", "COCCYX", "COLON", "EAR",
        "ELBOW", "ESOPHAGUS", "EYE", "FEMUR", "FOOT", "HEAD", "HEART", "HIP", "KIDNEY", "KNEE", "LEG", "LIVER", "LUNG",
        "MEDIASTINUM", "NECK", "OVARY", "PANCREAS", "PELVIS", "PROSTATE", "RECTUM", "SHOULDER", "SKULL", "SPINE",
        "STOMACH", "THIGH", "THORAX", "THYROID", "UTERUS", "LEFT BREAST", "RIGHT BREAST",
    )},
    "ABDOMENPELVIS": "the abdomen and pelvis",
    "ADRENAL": "the adrenal glands",
    "BODY": "the body",
    "BONYPELVIS": "the bony pelvis",
    "CHESTABDOMEN": "the chest and abdomen",
    "CHESTABDPELVIS": "the chest, abdomen and pelvis",
    "CSPINE": "the cervical spine",
    "CTSPINE": "the cervical and thoracic spine",
    "EXTREMITY": "an extremity",
    "FEMORALA": "the femoral artery",
    "HEADNECK": "the head and neck",
    "IAC": "the internal auditory canal",
    "LOWERLIMB": "the lower limb",
    "LSPINE": "the lumbar spine",
    "LSSPINE": "the lumbosacral spine",
    "NECKCHEST": "the neck and chest",
    "NECKCHESTABDOMEN": "the neck, chest and abdomen",
    "NECKCHESTABDPELV": "the neck, chest, abdomen and pelvis",
    "OPTICCANAL": "the optic canal",
    "PHANTOM": "a phantom",
    "SSPINE": "the sacral spine",
    "TLSPINE": "the thoracolumbar spine",
    "TSPINE": "the thoracic spine",
    "WHOLEBODY": "the whole body",
}  # fmt: skip

_SEXES = {"F": "female", "M": "male", "O": "of other sex"}
_AGE_UNITS = {"D": "day", "W": "week", "M": "month", "Y": "year"}
_AGE = re.compile(r"([0-9]{3})([DWMY])")


def series_sentence(series: Series) -> str:
    """What it is, whose, from when, made with what, how large, under which license and since when in IDC."""
    values = series.values
    parts = [f"{_what(series)}, from patient {values['PatientID']} of collection {values['collection_id']}"]
    parts += _person(values)
    if values.get("StudyDate"):
        parts.append(f"study of {values['StudyDate']}{_quoted(values.get('StudyDescription'))}")
    if series.has_picture and (device := _device(values)):
        parts.append(f"made with {device}")
    if values.get("analysis_result_id"):
        parts.append(f"part of analysis result {values['analysis_result_id']}")
    facts = [
        size(round(values["series_size_MB"] * 1e6)),
        *filter(None, [values.get("license_short_name")]),
        _since(values),
    ]
    return f"{', '.join(parts)}; {', '.join(facts)}."


def kind(series: Series) -> str:
    """Modality as a word, such as “CT” or “Segmentation (SEG)”."""
    name = NAMES.get(series.modality)
    return f"{name} ({series.modality})" if name else series.modality


def _what(series: Series) -> str:
    """Such as “CT series of 122 images of the chest”."""
    count, noun = series.values["instanceCount"], "image" if series.has_picture else "object"
    part = series.values.get("BodyPartExamined")
    known = _PARTS.get((part or "").upper())
    named = part and part not in ("OTHER", "UNKNOWN")
    where = f" of {known}" if known else f" (body part “{part}”)" if named else ""
    if not series.has_picture:
        # The body part is that of its source, not of what was segmented or measured.
        where = f" on images{where}" if where else ""
    description = _quoted(series.values.get("SeriesDescription"))
    return f"{kind(series)} series{description} of {exact(count)} {noun}{'' if count == 1 else 's'}{where}"


def _person(values: Mapping[str, Any]) -> Iterator[str]:
    """Age and sex, where the row has them in DICOM's own form; an age of 0 often means that it was taken out."""
    age = _AGE.fullmatch(values.get("PatientAge") or "")
    if age and (number := int(age[1])):
        unit = _AGE_UNITS[age[2]]
        yield f"{number} {unit}{'' if number == 1 else 's'} old"
    if sex := _SEXES.get(values.get("PatientSex") or ""):
        yield sex


def _device(values: Mapping[str, Any]) -> str:
    names = (values.get("Manufacturer"), values.get("ManufacturerModelName"))
    return " ".join(name for name in names if name)


def _since(values: Mapping[str, Any]) -> str:
    first, last = values["series_init_idc_version"], values["series_revised_idc_version"]
    return f"in IDC since v{first}" + (f", revised in v{last}" if last != first else "")


def _quoted(text: str | None) -> str:
    return f" “{text}”" if text else ""
