"""Links into viewers: OHIF for radiology, SLIM for studies with slides, VolView for volumes.

The URLs are those of ``IDCClient.get_viewer_URL``, with the roots that the operator names. What has no picture of its
own, such as a segmentation, is looked at in its study with an image first; `views` gives these.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.catalog import Catalog
from app.common.errors import UserError
from app.common.viewer_urls import LABELS, Viewer, viewer_url, volview_url
from app.series.relatives import Related
from app.series.series import Series, find

#: Modalities that are volumes, which VolView shows.
_VOLUMES = ("CT", "MR", "NM", "PT")


@dataclass(frozen=True, slots=True)
class View:
    """One viewer opened at something; `opens` says at what, where that is not the series itself."""

    viewer: Viewer
    url: str
    opens: str = ""

    @property
    def label(self) -> str:
        """Name of the viewer."""
        return LABELS[self.viewer]


def viewer_of_series(catalog: Catalog, text: str, viewer: Viewer | None = None) -> str:
    """URL of one series in the viewer that fits, or in `viewer`.

    Parameters
    ----------
    text
        Its SeriesInstanceUID or crdc_series_uuid.

    Raises
    ------
    UserError
        If there is no such series in this release, or VolView can't show it.
    """
    series = find(catalog, text)
    if viewer is Viewer.VOLVIEW:
        if not _is_volume(series):
            raise UserError(f"VolView shows volumes ({', '.join(_VOLUMES)}); series {series.uid} is none.")
        return volview_url([series.place])
    slides = series.in_slide_study if viewer is None else viewer is Viewer.SLIM
    return viewer_url(series.study, series.uid, slides=slides)


def views(series: Series, related: Related) -> list[View]:
    """Viewers for a series, the one that fits best first; what has no picture opens at an image it may be made from."""
    first, opens = opened_at(series, related)
    best = Viewer.SLIM if series.in_slide_study else Viewer.OHIF
    found = [View(best, viewer_url(series.study, first, slides=series.in_slide_study), opens)]
    if _is_volume(series):
        found.append(View(Viewer.VOLVIEW, volview_url([series.place])))
    return found


def opened_at(series: Series, related: Related) -> tuple[str | None, str]:
    """Series that a viewer of its study opens at, and what to say where that is another."""
    if series.has_picture:
        return series.uid, ""
    return related.sources[0].uid if related.sources else None, _opens(series, related)


def _opens(series: Series, related: Related) -> str:
    which = "the image it was made from" if related.certain else "the largest image series of its study"
    where = f"at {which}" if related.sources else "as it is, since that has no images"
    return f"This {series.modality} series has no picture of its own: the viewer opens its study {where}."


def _is_volume(series: Series) -> bool:
    return series.has_picture and series.modality in _VOLUMES and series.values["instanceCount"] > 1
