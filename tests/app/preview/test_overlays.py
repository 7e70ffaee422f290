"""Segmentations and contours lie where their geometry says, on slices of any orientation."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian, RLELossless

from app.preview.errors import PreviewError
from app.preview.overlays import Overlay, overlay
from app.preview.series import SeriesPictures, open_series, over
from tests.support.block_phantom import Phantom, as_bytes, objects, segmentation, square, structure_set

SEG, RTSTRUCT = {"SeriesInstanceUID": "1.2.3.5"}, {"SeriesInstanceUID": "1.2.3.6"}

AXIAL = Phantom()
CORONAL = Phantom(down=(0.0, 0.0, -1.0))
#: Turned by 30 degrees about x, then by 20 about z.
_TURN_X, _TURN_Z = np.radians(30), np.radians(20)
OBLIQUE = Phantom(
    across=(np.cos(_TURN_Z), np.sin(_TURN_Z), 0.0),
    down=(
        -np.sin(_TURN_Z) * np.cos(_TURN_X),
        np.cos(_TURN_Z) * np.cos(_TURN_X),
        np.sin(_TURN_X),
    ),
)
PHANTOMS = pytest.mark.parametrize("phantom", [AXIAL, CORONAL, OBLIQUE], ids=["axial", "coronal", "oblique"])


def opened(folder: Path, source: list[Dataset], *marks: Dataset) -> tuple[SeriesPictures, list[Overlay]]:
    """The series and its overlays out of one folder, under random names."""
    for name, content in objects([*source, *marks], "files").items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    uids = [str(one.SeriesInstanceUID) for one in marks]
    return open_series(str(source[0].SeriesInstanceUID), folder=folder), [
        overlay(open_series(uid, folder=folder)) for uid in uids
    ]


def drawn(marks: Overlay, source: SeriesPictures, number: int, region: int = 1) -> np.ndarray:
    """Pixels of a slice (from 0) that a region takes."""
    return marks.layer(source, number + 1, {region})[..., 3] > 0


@PHANTOMS
@pytest.mark.parametrize("finer", [1, 3])
def test_a_segment_lies_on_its_block(phantom: Phantom, finer: int, tmp_path: Path) -> None:
    source = phantom.datasets()
    series, (marks,) = opened(tmp_path, source, segmentation(phantom, source, SEG, finer=finer))
    assert marks.describe() == {
        "source": "1.2.3.4",
        "regions": [
            {"number": 1, "name": "Block", "colour": "#e69f00"},
            {"number": 2, "name": "Whole last slice", "colour": "#56b4e9"},
        ],
        "notes": [],
    }
    for number in range(phantom.slices):
        np.testing.assert_array_equal(drawn(marks, series, number), phantom.mask(number))
        assert drawn(marks, series, number, 2).all() == (number == phantom.slices - 1)
        # The block is what is bright in the picture too: slices are in their order, whatever the files are called.
        np.testing.assert_array_equal(series.levels(number + 1, "bone") > 150, phantom.mask(number))


@pytest.mark.parametrize("turned", [True, False], ids=["turned over", "between slices"])
def test_a_segment_of_another_grid_is_brought_to_the_slices(turned: bool, tmp_path: Path) -> None:
    """One whose rows run the other way and whose first pixel is the source's last; one of thicker slices."""
    source = AXIAL.datasets()
    if turned:
        far = AXIAL.position(0, AXIAL.rows - 1, AXIAL.columns - 1)
        (first, behind), rows, columns = AXIAL.block
        flipped = tuple((end - high, end - low) for (low, high), end in zip((rows, columns), (48, 64), strict=True))
        other = replace(AXIAL, across=(-1, 0, 0), down=(0, -1, 0), origin=tuple(far), block=((first, behind), *flipped))
        expected = [AXIAL.mask(number) for number in range(AXIAL.slices)]
    else:
        other = replace(AXIAL, gap=5.0, slices=4, block=((1, 2), *AXIAL.block[1:]))
        block = AXIAL.mask(3)
        # Its one slice lies on the third of the source and reaches half its spacing to either side.
        expected = [block if number == 2 else np.zeros_like(block) for number in range(AXIAL.slices)]
    made = segmentation(other, source, SEG)
    series, (marks,) = opened(tmp_path, source, made)
    for number, mask in enumerate(expected):
        np.testing.assert_array_equal(drawn(marks, series, number), mask)


def test_a_deflated_segmentation_is_read(tmp_path: Path) -> None:
    source = AXIAL.datasets()
    made = segmentation(AXIAL, source, SEG)
    made.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    series, (marks,) = opened(tmp_path, source, made)
    np.testing.assert_array_equal(drawn(marks, series, 4), AXIAL.mask(4))


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, RLELossless], ids=["native", "RLE"])
def test_a_label_map_and_fractions_are_read(syntax: UID, tmp_path: Path) -> None:
    source = AXIAL.datasets()
    labels, parts = segmentation(AXIAL, source, SEG), segmentation(AXIAL, source, {"SeriesInstanceUID": "1.2.3.7"})
    for made, kind in ((labels, "LABELMAP"), (parts, "FRACTIONAL")):
        made.SegmentationType = kind
        made.BitsAllocated = made.BitsStored = 8
        made.HighBit = 7
    stack = np.stack([AXIAL.mask(number) for number in (3, 4, 5, 0)]).astype(np.uint8)
    stack[1, :4] = 2
    labels.PixelData = stack.tobytes()
    for frame in labels.PerFrameFunctionalGroupsSequence:
        del frame.SegmentIdentificationSequence
    # 60 and 99 of 200 are less than half, 100 is just that; what is full is the same value twice over.
    shares = stack * 60
    shares[1, :2, :3] = 99, 100, 200
    parts.MaximumFractionalValue, parts.SegmentationFractionalType = 200, "OCCUPANCY"
    parts.PixelData = shares.tobytes()
    for made in (labels, parts):
        if syntax.is_encapsulated:
            made.compress(syntax, generate_instance_uid=False)
    series, (by_label, by_share) = opened(tmp_path, source, labels, parts)
    np.testing.assert_array_equal(drawn(by_label, series, 4), AXIAL.mask(4))
    assert drawn(by_label, series, 4, 2).sum() == 4 * AXIAL.columns
    np.testing.assert_array_equal(drawn(by_share, series, 4), shares[1] >= 100)
    assert by_label.describe()["notes"] == []
    assert by_share.describe()["notes"] == [
        "Each pixel holds the share of it that is taken: drawn is what has at least half of the largest value."
    ]


@PHANTOMS
def test_contours_enclose_what_lies_within_them(phantom: Phantom, tmp_path: Path) -> None:
    source = phantom.datasets()
    outer = square(phantom, 2, (9.5, 30.5), (12.5, 40.5))
    inner = square(phantom, 2, (14.5, 20.5), (20.5, 25.5))
    beyond = square(phantom, 5.3, (-20.0, 5.2), (50.0, 90.0))
    triangle = np.array([phantom.position(4, row, column) for row, column in ((5, 5), (5, 45), (25, 5))])
    made = structure_set(source, {"Ring": [outer, inner], "Corner": [beyond], "Triangle": [triangle]}, RTSTRUCT)
    series, (marks,) = opened(tmp_path, source, made)
    assert [(one.name, one.colour) for one in marks.marks.regions] == [
        ("Ring", (255, 0, 0)),
        ("Corner", (255, 0, 0)),
        ("Triangle", (255, 0, 0)),
    ]
    ring = np.zeros((phantom.rows, phantom.columns), bool)
    ring[10:31, 13:41] = True
    ring[15:21, 21:26] = False
    corner = np.zeros_like(ring)
    corner[:6, 50:] = True
    for number in range(phantom.slices):
        np.testing.assert_array_equal(drawn(marks, series, number), ring if number == 2 else False)
        np.testing.assert_array_equal(drawn(marks, series, number, 2), corner if number == 5 else False)
    row, column = np.mgrid[: phantom.rows, : phantom.columns]
    slope = (row - 5) / 20 + (column - 5) / 40
    inside = (row > 5) & (column > 5) & (slope < 1 - 1e-6)
    closure = (row >= 5) & (column >= 5) & (slope <= 1 + 1e-6)
    found = drawn(marks, series, 4, 3)
    assert (inside <= found).all()
    assert (found <= closure).all()


@PHANTOMS
def test_open_contours_stay_open_and_points_are_marked(phantom: Phantom, tmp_path: Path) -> None:
    def at(number: float, *places: tuple[float, float]) -> np.ndarray:
        return np.array([phantom.position(number, row, column) for row, column in places])

    source = phantom.datasets()
    corner = at(2.2, (10, 5), (10.3, 20), (30, 20))
    across = at(5, (-1e9, 40), (1e9, 40))
    paths = structure_set(source, {"Corner": [corner], "Across": [across]}, RTSTRUCT, "OPEN_PLANAR")
    seeds = {"Seeds": [at(3, (7.2, 9.4)), at(3, (0, 63)), at(3, (-40, 5))], "Between": [at(4.5, (20, 30))]}
    points = structure_set(source, seeds, {"SeriesInstanceUID": "1.2.3.7"}, "POINT")
    wire = points.ROIContourSequence[1].ContourSequence
    wire.append(dcmread(io.BytesIO(as_bytes(paths))).ROIContourSequence[0].ContourSequence[0])
    wire[-1].ContourGeometricType = "OPEN_LINE"
    series, (lines, marks) = opened(tmp_path, source, paths, points)
    path, line, cross = (np.zeros((phantom.rows, phantom.columns), bool) for _ in range(3))
    path[10, 5:21] = path[10:31, 20] = True
    line[:, 40] = True
    cross[7, 6:13] = cross[4:11, 9] = True
    cross[0, 60:] = cross[:4, 63] = True
    for number in range(phantom.slices):
        np.testing.assert_array_equal(drawn(lines, series, number), path if number == 2 else False)
        np.testing.assert_array_equal(drawn(lines, series, number, 2), line if number == 5 else False)
        np.testing.assert_array_equal(drawn(marks, series, number), cross if number == 3 else False)
    # Half-way between two slices a point is marked on one of them.
    assert [drawn(marks, series, number, 2).sum() for number in range(phantom.slices)] in (
        [0, 0, 0, 0, 13, 0, 0, 0],
        [0, 0, 0, 0, 0, 13, 0, 0],
    )
    assert marks.describe()["notes"] == ["Contours that are not drawn: 1 of OPEN_LINE."]
    (opaque,) = np.unique(lines.layer(series, 3)[path][:, 3])
    assert opaque == 255


@PHANTOMS
def test_a_line_through_space_is_on_each_picture_while_it_is_near(phantom: Phantom, tmp_path: Path) -> None:
    """A wire that goes down ten rows a slice, then along one: each picture has its ten rows, the last the rest too."""
    source = phantom.datasets()
    places = [(1, 10, 20), (4, 40, 20), (4, 40, 50)]
    wire = np.array([phantom.position(number, row, column) for number, row, column in places])
    series, (marks,) = opened(tmp_path, source, structure_set(source, {"Wire": [wire]}, RTSTRUCT, "OPEN_NONPLANAR"))
    found = {number: drawn(marks, series, number) for number in range(phantom.slices)}
    assert [number for number, mask in found.items() if mask.any()] == [1, 2, 3, 4]
    assert np.logical_or.reduce(list(found.values()))[10:41, 20].all()
    for number, mask in found.items():
        rows, columns = np.nonzero(mask)
        on_the_way = columns == 20
        assert set(columns) - {20} == (set(range(21, 51)) if number == 4 else set())
        assert set(rows[~on_the_way]) <= {40}
        near = (10 + 10 * (number - 1) + np.array([-5, 5])).clip(10, 40)
        assert abs(rows[on_the_way] - near.mean()).max(initial=0) <= np.ptp(near) / 2 + 0.5
    assert marks.describe()["notes"] == []


def test_a_layer_is_transparent_but_for_its_regions(tmp_path: Path) -> None:
    source = AXIAL.datasets()
    series, (marks,) = opened(tmp_path, source, segmentation(AXIAL, source, SEG))
    layer, levels = marks.layer(series, 5), series.levels(5)
    mask = AXIAL.mask(4)
    assert set(np.unique(layer[~mask])) == {0}
    assert {tuple(colour) for colour in layer[mask][:, :3]} == {(230, 159, 0)}
    assert layer[15, 30, 3] < layer[10, 30, 3] == 255  # inside, and on the edge
    both = over(levels, layer)
    np.testing.assert_array_equal(both[~mask], np.repeat(levels[~mask][:, None], 3, axis=1))
    assert tuple(both[10, 30]) == (230, 159, 0)


def test_what_does_not_belong_is_refused(tmp_path: Path) -> None:
    source = AXIAL.datasets()
    elsewhere = segmentation(AXIAL, source, SEG)
    elsewhere.ReferencedSeriesSequence[0].SeriesInstanceUID = "1.9"
    elsewhere.FrameOfReferenceUID = "1.9.9"
    across = segmentation(CORONAL, source, {"SeriesInstanceUID": "1.2.3.7"})
    series, (wrong_frame, wrong_plane) = opened(tmp_path, source, elsewhere, across)
    with pytest.raises(PreviewError, match="another frame of reference"):
        wrong_frame.layer(series, 1)
    with pytest.raises(PreviewError, match="drawn only on slices parallel to it"):
        wrong_plane.layer(series, 1)
    with pytest.raises(PreviewError, match="Only segmentations"):
        overlay(series)
    made = dcmread(io.BytesIO(as_bytes(structure_set(source, {"Empty": []}, RTSTRUCT))))
    with pytest.raises(PreviewError, match="no contours to draw"):
        opened(tmp_path / "more", source, made)
