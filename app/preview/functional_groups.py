"""What holds for one frame, as a flat header: an enhanced object keeps it in functional groups."""

from __future__ import annotations

from pydicom import Dataset

#: Functional groups whose attributes a single-frame object has at the top.
_GROUPS = (
    "PixelMeasuresSequence",
    "PlanePositionSequence",
    "PlaneOrientationSequence",
    "PixelValueTransformationSequence",
    "FrameVOILUTSequence",
    "FrameContentSequence",
)


def frame_header(header: Dataset, frame: int) -> Dataset:
    """`header` with the attributes of `frame` at the top."""
    shared = (header.get("SharedFunctionalGroupsSequence") or [None])[0]
    each = header.get("PerFrameFunctionalGroupsSequence") or []
    groups = [group for group in (shared, each[frame] if frame < len(each) else None) if group is not None]
    if not groups:
        return header
    made = Dataset()
    made.file_meta = header.file_meta
    left_out = ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")
    made.update({element.tag: element for element in header if element.keyword not in left_out})
    for group in groups:
        for name in _GROUPS:
            for item in (group.get(name) or [])[:1]:
                made.update({element.tag: element for element in item})
    return made
