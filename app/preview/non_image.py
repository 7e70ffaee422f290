"""Objects without a picture of their own: what is not shown of them, and where to look instead."""

from __future__ import annotations

from collections.abc import Iterator

from pydicom import Dataset

from app.common.numbers import exact

_INSTEAD = {
    "SEG": "they are drawn over their source",
    "RTSTRUCT": "they are drawn over their source",
    "SR": "their content stands as a tree above the DICOM header",
    "KO": "the images that they name stand in a tree above the DICOM header",
    "PR": "they say how other images are to be shown, which is not done here; look at those images",
    "ANN": "what they mark on a slide is not drawn here; SLIM draws it over the slide",
}

#: Groups and series that are named; of more, their number.
_MOST = 5


def what_instead(header: Dataset) -> str:
    """Why there is no picture, what to look at instead, and which series the object is about."""
    modality = str(header.get("Modality") or "Such")
    why = f"{modality} objects have no picture of their own"
    said = [f"{why}: {_INSTEAD[modality]}." if modality in _INSTEAD else f"{why}."]
    if modality == "ANN":
        groups = [_group(item) for item in header.get("AnnotationGroupSequence") or []]
        said.append(f"In this one: {_listed(groups)}." if groups else "Its annotations are too many to be listed here.")
    if modality in ("PR", "KO", "ANN") and (series := list(dict.fromkeys(_series(header)))):
        said.append(f"This one is about series {_listed(series)}.")
    return " ".join(said)


def _group(item: Dataset) -> str:
    count = int(item.get("NumberOfAnnotations") or 0)
    return f"{exact(count)} × {str(item.get('GraphicType') or 'mark').lower()} “{item.get('AnnotationGroupLabel', '')}”"


def _series(header: Dataset) -> Iterator[str]:
    for holder in (header, *(header.get("CurrentRequestedProcedureEvidenceSequence") or [])):
        for item in holder.get("ReferencedSeriesSequence") or []:
            if item.get("SeriesInstanceUID"):
                yield str(item.SeriesInstanceUID)


def _listed(names: list[str]) -> str:
    more = [f"{exact(len(names) - _MOST)} more"] if len(names) > _MOST else []
    return ", ".join([*names[:_MOST], *more])
