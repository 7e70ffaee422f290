"""Links into IDC's viewers: OHIF for radiology, SLIM for studies with slides.

The URLs are those of ``IDCClient.get_viewer_URL``.
"""

from __future__ import annotations

from app.catalog import Catalog
from app.conditions import Condition
from app.errors import UserError
from app.sql import quote_text

VIEWER_HOST = "https://viewer.imaging.datacommons.cancer.gov"


def viewer_url(study: str, series: str | None, *, slides: bool) -> str:
    """Viewer of a study, opened at `series` if given.

    Parameters
    ----------
    study, series
        StudyInstanceUID and SeriesInstanceUID.
    slides
        Whether the study holds slide microscopy (SM).
    """
    if slides:
        return f"{VIEWER_HOST}/slim/studies/{study}" + (f"/series/{series}" if series else "")
    url = f"{VIEWER_HOST}/v3/viewer/?StudyInstanceUIDs={study}"
    return f"{url}&initialSeriesInstanceUID={series}" if series else url


def viewer_of_series(catalog: Catalog, series: str) -> str:
    """Viewer of one series of this release.

    Raises
    ------
    UserError
        If the UID is malformed or not in this release.
    """
    uid = Condition.of("SeriesInstanceUID", "eq", [series]).values[0]
    found = (
        catalog.cursor()
        .execute(f"SELECT StudyInstanceUID, in_slide_study FROM series WHERE SeriesInstanceUID = {quote_text(uid)}")
        .fetchone()
    )
    if found is None:
        raise UserError(f"Series {uid} is not in this IDC release.")
    return viewer_url(found[0], uid, slides=found[1])
