"""Links into viewers: OHIF for radiology, SLIM for studies with slides, VolView for volumes.

The URLs are those of ``IDCClient.get_viewer_URL``, with the roots that the operator names. What has no picture of its
own, such as a segmentation, is looked at in its study with an image first; `views` gives these.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from app.catalog import Catalog
from app.errors import UserError
from app.related import Related
from app.series import Series, find
from app.settings import settings

#: Modalities that are volumes, which VolView shows.
_VOLUMES = ("CT", "MR", "NM", "PT")


class Viewer(StrEnum):
    """The viewers, by their names in the command line."""

    OHIF = "ohif"
    SLIM = "slim"
    VOLVIEW = "volview"


LABELS = {Viewer.OHIF: "OHIF", Viewer.SLIM: "SLIM", Viewer.VOLVIEW: "VolView"}


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


def viewer_url(study: str, series: str | None, *, slides: bool) -> str:
    """The viewer that fits a study, opened at `series` if given.

    Parameters
    ----------
    study, series
        StudyInstanceUID and SeriesInstanceUID.
    slides
        Whether the study holds slide microscopy (SM).
    """
    return slim_url(study, series) if slides else ohif_url(study, series)


def ohif_url(study: str, series: str | None) -> str:
    """OHIF with a study, opened at `series` if given."""
    url = f"{settings().ohif}/viewer/?StudyInstanceUIDs={study}"
    return f"{url}&initialSeriesInstanceUID={series}" if series else url


def slim_url(study: str, series: str | None) -> str:
    """SLIM with a study, opened at `series` if given."""
    url = f"{settings().slim}/studies/{study}"
    return f"{url}/series/{series}" if series else url


def volview_url(places: Sequence[str]) -> str:
    """VolView with the files of some series, each ``bucket/uuid``."""
    return f"{settings().volview}/?urls=[{','.join(f's3://{place}' for place in places)}]"


def origins() -> list[str]:
    """Scheme, host and port of each viewer, each once."""
    roots = (settings().ohif, settings().slim, settings().volview)
    return list(dict.fromkeys(f"{parts.scheme}://{parts.netloc}" for parts in map(urlsplit, roots)))


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
    first: str | None = series.uid
    if not series.has_picture:
        first = related.sources[0].uid if related.sources else None
    opens = "" if series.has_picture else _opens(series, related)
    best = Viewer.SLIM if series.in_slide_study else Viewer.OHIF
    found = [View(best, viewer_url(series.study, first, slides=series.in_slide_study), opens)]
    if _is_volume(series):
        found.append(View(Viewer.VOLVIEW, volview_url([series.place])))
    return found


def _opens(series: Series, related: Related) -> str:
    which = "the image it was made from" if related.certain else "the largest image series of its study"
    where = f"at {which}" if related.sources else "as it is, since that has no images"
    return f"This {series.modality} series has no picture of its own: the viewer opens its study {where}."


def _is_volume(series: Series) -> bool:
    return series.has_picture and series.modality in _VOLUMES and series.values["instanceCount"] > 1
