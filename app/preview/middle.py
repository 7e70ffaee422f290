"""A picture from about the middle of a series, for the contact sheet, without reading the headers of all its files.

Names of files say nothing of their places. Some files all over the list are as good as drawn at random; halfway between
the outermost of them is nearly halfway through the series, wherever its slices are evenly spaced.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import takewhile
from pathlib import Path

import numpy as np

from app.preview import files as listed
from app.preview.cache import shared
from app.preview.headers import read_headers
from app.preview.order import same_orientation
from app.preview.series import SeriesPictures, key_of, open_series
from app.storage.buckets import Cloud
from app.storage.store import endpoint

#: Files whose headers are read. With so many the picture usually lies within a twentieth of the series' length from its
#: middle, and within `TOLERANCE` in all but two of a thousand series.
SAMPLE, TOLERANCE = 16, 0.2


def near_middle(uid: str, folder: Path | None = None) -> tuple[SeriesPictures, int]:
    """A series, or files of it alone, and the number of a picture there that lies near the middle of the series.

    Series that are small, lie on this machine, are held already, or are slides, which have one picture, are read whole.
    """
    if folder is not None or key_of(uid, Cloud.AWS, None) in shared():
        return _whole(uid, folder)

    def read() -> SeriesPictures | None:
        files = listed.of_bucket(uid)
        if len(files.sizes) <= SAMPLE:
            return None
        names = sorted(files.sizes)
        chosen = np.linspace(0, len(names) - 1, SAMPLE).round().astype(int)
        some = replace(files, sizes={names[number]: files.sizes[names[number]] for number in chosen})
        series = SeriesPictures(some, read_headers(some))
        return None if series.modality == "SM" or not series.pictures else series

    key = ("some of", uid, endpoint(Cloud.AWS))
    some = shared().get(key, read, lambda series: series.size if series else 0)
    return _whole(uid, None) if some is None else (some, _nearest(some))


def _whole(uid: str, folder: Path | None) -> tuple[SeriesPictures, int]:
    series = open_series(uid, folder=folder)
    return series, series.middle


def _nearest(series: SeriesPictures) -> int:
    """Number of the picture that is nearest to the middle of those of its orientation."""
    first = series.pictures[0]
    places = [one.place for one in takewhile(lambda one: same_orientation(one, first), series.pictures)]
    found = np.asarray([place for place in places if place is not None])
    if not len(found):
        return series.middle
    return int(np.abs(found - (found.min() + found.max()) / 2).argmin()) + 1
