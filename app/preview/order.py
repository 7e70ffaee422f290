"""The order of a series' pictures: files have random names, so it comes from the geometry."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.preview.arrays import Vector
from app.preview.headers import Instance, Plane

#: Decimals to which direction cosines, and millimetres along the normal, are the same.
_COSINES, _MILLIMETRES = 2, 3


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture of a series: a frame of an instance, its plane, and its place along the normal in millimetres."""

    instance: int
    frame: int
    plane: Plane | None = None
    place: float | None = None


def ordered(instances: Sequence[Instance]) -> list[Picture]:
    """All pictures: by orientation, then volume by volume along the normal; those without a place last.

    Where several lie in one place, such as phases or echoes, each forms a volume with its like.
    """
    placed: dict[tuple[float, ...], dict[float, list[tuple[tuple[float, ...], Picture]]]] = {}
    unplaced: list[tuple[tuple[float, str, int], Picture]] = []
    for number, instance in enumerate(instances):
        for frame in range(instance.frames):
            rank = (*instance.rank, frame)
            plane = instance.planes[frame]
            if plane is None:
                unplaced.append(((instance.rank[-1], instance.path, frame), Picture(number, frame)))
                continue
            group = _group(plane)
            place = along_normal(plane)
            near = placed.setdefault(group, defaultdict(list))[round(place, _MILLIMETRES)]
            near.append((rank, Picture(number, frame, plane, place)))
    found = []
    for _, places in sorted(placed.items(), key=lambda item: -sum(map(len, item[1].values()))):
        volumes: list[list[Picture]] = [[] for _ in range(max(map(len, places.values())))]
        for _, here in sorted(places.items()):
            for volume, (_, picture) in zip(volumes, sorted(here, key=lambda one: one[0]), strict=False):
                volume.append(picture)
        found += [picture for volume in volumes for picture in volume]
    return found + [picture for _, picture in sorted(unplaced, key=lambda one: one[0])]


def same_orientation(one: Picture, other: Picture) -> bool:
    """Whether two pictures are slices of one direction."""
    if one.plane is None or other.plane is None:
        return False
    return _group(one.plane) == _group(other.plane)


def _group(plane: Plane) -> tuple[float, ...]:
    return tuple(np.round(plane[:6], _COSINES) + 0.0)


def along_normal(plane: Plane) -> float:
    """Millimetres of a plane's origin along its normal."""
    return float(np.dot(normal(plane), plane[6:]))


def normal(plane: Plane) -> Vector:
    """Unit vector from one slice to the next."""
    vector = np.cross(plane[:3], plane[3:6])
    return np.asarray(vector / (np.linalg.norm(vector) or 1.0))


def spacing_between(pictures: Sequence[Picture]) -> float | None:
    """Usual distance of neighbouring slices in millimetres, or None."""
    places = np.unique(np.round([one.place for one in pictures if one.place is not None], _MILLIMETRES))
    gaps = np.diff(places)
    gaps = gaps[gaps > 10**-_MILLIMETRES]
    return float(np.median(gaps)) if len(gaps) else None
