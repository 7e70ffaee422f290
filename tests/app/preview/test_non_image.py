"""Objects without a picture: key object selections as a tree, annotations and presentation states in words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset
from pydicom.uid import (
    CTImageStorage,
    GrayscaleSoftcopyPresentationStateStorage,
    KeyObjectSelectionDocumentStorage,
    MicroscopyBulkSimpleAnnotationsStorage,
    RawDataStorage,
)

from app.preview import headers
from app.preview.errors import PreviewError
from app.preview.files import Files
from app.preview.series import SeriesPictures, open_series
from tests.support.block_phantom import as_bytes, base

UID = {"SeriesInstanceUID": "1.2.3.4"}


def of(**attributes: object) -> Dataset:
    made = Dataset()
    for name, value in attributes.items():
        setattr(made, name, value)
    return made


def code(value: str, meaning: str) -> list[Dataset]:
    return [of(CodeValue=value, CodingSchemeDesignator="DCM", CodeMeaning=meaning)]


def opened(made: Dataset, folder: Path) -> SeriesPictures:
    (folder / "one.dcm").write_bytes(as_bytes(made))
    return open_series("1.2.3.4", folder=folder)


def key_objects() -> Dataset:
    """Two pictures, one of them a frame, and a report, chosen for a conference."""
    made = base(KeyObjectSelectionDocumentStorage, UID, "KO")
    made.ValueType, made.ContinuityOfContent = "CONTAINER", "SEPARATE"
    made.ConceptNameCodeSequence = code("113004", "For Teaching")

    def item(kind: str, **rest: object) -> Dataset:
        return of(RelationshipType="CONTAINS", ValueType=kind, **rest)

    picture = of(ReferencedSOPClassUID=CTImageStorage, ReferencedSOPInstanceUID="1.2.3.9")
    frame = of(ReferencedSOPClassUID=CTImageStorage, ReferencedSOPInstanceUID="1.2.3.10", ReferencedFrameNumber=7)
    raw = of(ReferencedSOPClassUID=RawDataStorage, ReferencedSOPInstanceUID="1.2.3.11")
    described = code("113012", "Key Object Description")
    made.ContentSequence = [
        item("TEXT", ConceptNameCodeSequence=described, TextValue="![](http://x) <i>both</i> lungs"),
        item("IMAGE", ReferencedSOPSequence=[picture]),
        item("IMAGE", ReferencedSOPSequence=[frame]),
        item("COMPOSITE", ReferencedSOPSequence=[raw]),
    ]
    series = [of(SeriesInstanceUID=f"1.2.4.{number}", ReferencedSOPSequence=[picture]) for number in range(7)]
    made.CurrentRequestedProcedureEvidenceSequence = [of(StudyInstanceUID="1.2.3", ReferencedSeriesSequence=series)]
    return made


def slide_annotations() -> Dataset:
    """Twenty squares and a point on a slide."""
    made = base(MicroscopyBulkSimpleAnnotationsStorage, UID, "ANN")
    made.ReferencedSeriesSequence = [of(SeriesInstanceUID="1.2.4")]
    corners = np.random.default_rng(1).random((20, 4, 2), np.float32)
    made.AnnotationGroupSequence = [
        of(
            AnnotationGroupNumber=number,
            AnnotationGroupLabel=label,
            GraphicType=kind,
            NumberOfAnnotations=len(points),
            PointCoordinatesData=points.tobytes(),
        )
        for number, (label, kind, points) in enumerate(
            [("Nuclei", "POLYGON", corners), ("Centre", "POINT", corners[:1, :1])], start=1
        )
    ]
    return made


def test_a_key_object_selection_is_a_tree(tmp_path: Path) -> None:
    series = opened(key_objects(), tmp_path)
    tree = series.header_table(1)["tree"]
    assert (tree["name"], tree["value"]) == ("For Teaching", "")
    assert [(one["relation"], one["type"], one["name"], one["value"]) for one in tree["children"]] == [
        ("contains", "TEXT", "Key Object Description", "![](http://x) <i>both</i> lungs"),
        ("contains", "IMAGE", "", "CT Image Storage 1.2.3.9"),
        ("contains", "IMAGE", "", "CT Image Storage 1.2.3.10, frame 7"),
        ("contains", "COMPOSITE", "", "Raw Data Storage 1.2.3.11"),
    ]
    assert series.describe()["notes"] == [
        "KO objects have no picture of their own: the images that they name stand in a tree above the DICOM header."
        " This one is about series 1.2.4.0, 1.2.4.1, 1.2.4.2, 1.2.4.3, 1.2.4.4, 2 more."
    ]


def test_a_presentation_state_leads_to_its_images(tmp_path: Path) -> None:
    made = base(GrayscaleSoftcopyPresentationStateStorage, UID, "PR")
    made.ReferencedSeriesSequence = [of(SeriesInstanceUID="1.2.4"), of(SeriesInstanceUID="1.2.5")]
    series = opened(made, tmp_path)
    said = (
        "PR objects have no picture of their own: they say how other images are to be shown, which is not done here;"
        " look at those images. This one is about series 1.2.4, 1.2.5."
    )
    described = series.describe()
    assert (described["notes"], described["pictures"], series.header_table(1)["tree"]) == ([said], [], None)
    with pytest.raises(PreviewError) as raised:
        series.png(1)
    assert str(raised.value) == said


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Bytes of each read."""
    lengths: list[int] = []
    whole = Files.read

    def counting(self: Files, path: str, start: int = 0, stop: int | None = None) -> bytes:
        found = whole(self, path, start, stop)
        lengths.append(len(found))
        return found

    monkeypatch.setattr(Files, "read", counting)
    return lengths


@pytest.mark.parametrize("is_open", [False, True], ids=["of a length", "of no length"])
def test_annotations_are_counted_or_too_many(
    is_open: bool, tmp_path: Path, read: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = slide_annotations()
    made["AnnotationGroupSequence"].is_undefined_length = is_open
    notes = opened(made, tmp_path).describe()["notes"]
    said = "ANN objects have no picture of their own: what they mark on a slide is not drawn here; SLIM draws it over"
    about = "This one is about series 1.2.4."
    assert notes == [f"{said} the slide. In this one: 20 × polygon “Nuclei”, 1 × point “Centre”. {about}"]
    # Of a larger one, all but the groups is read.
    monkeypatch.setattr(headers, "MOST", 100_000)
    made.AnnotationGroupSequence[0].PointCoordinatesData = bytes(400_000)
    (tmp_path / "more").mkdir()
    series = opened(made, tmp_path / "more")
    assert series.describe()["notes"] == [f"{said} the slide. Its annotations are too many to be listed here. {about}"]
    names = [row[2] for row in series.header_table(1)["rows"]]
    assert "ReferencedSeriesSequence" in names
    assert "AnnotationGroupSequence" not in names
    assert read == [(tmp_path / "one.dcm").stat().st_size, headers.FIRST]
