"""Addresses of the viewers: OHIF for radiology, SLIM for studies with slides, VolView for volumes.

They are those of ``IDCClient.get_viewer_URL``, with the roots that the operator names.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from urllib.parse import urlsplit

from app.common.settings import settings


class Viewer(StrEnum):
    """The viewers, by their names in the command line."""

    OHIF = "ohif"
    SLIM = "slim"
    VOLVIEW = "volview"


LABELS = {Viewer.OHIF: "OHIF", Viewer.SLIM: "SLIM", Viewer.VOLVIEW: "VolView"}


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
