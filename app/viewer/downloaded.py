"""Downloaded files for the viewer: a study's as JSON, ``/downloaded/<study>.json``, and each as it is on the disk.

Only series that a listed download has finished are known here, and only files of theirs below the folder that pages
may download into are sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from app.catalog import Catalog, open_catalog
from app.cohort.sql import quote_text
from app.common.modalities import WITHOUT_PICTURE
from app.downloads import jobs
from app.downloads.finished import FILE_NAME, files_of, folder_of
from app.downloads.jobs import Finished
from app.viewer import listing

_UID = re.compile(r"[0-9.]{1,64}")
_NOTHING = "Nothing of this is among the finished downloads of this server.\n"


def viewer_url(study: str, series: str | None = None, *, slides: bool = False) -> str:
    """Address of the viewer over a study's downloaded series, opened at `series`, relative to the server's root.

    Parameters
    ----------
    slides
        Whether it shows the study's slides, which `app.viewer.slides` gives it, rather than all else.
    """
    listed = quote(f"../../downloaded/{study}.json", safe="")
    page = f"microscopy/downloaded?StudyInstanceUIDs={study}" if slides else f"viewer/dicomjson?url={listed}"
    return f"viewer/{page}" + (f"&initialSeriesInstanceUID={series}" if series else "")


def routes() -> list[Route]:
    """The routes of downloaded files; they answer 404 where pages may not download."""
    return [
        Route("/downloaded/{study}.json", _list, methods=["GET"]),
        Route("/downloaded/{job:int}/{series}/{file}", _send, methods=["GET"]),
    ]


@dataclass(frozen=True, slots=True)
class Viewable:
    """A finished series that the viewer shows; `address` is relative to the server's root."""

    patient: str
    modality: str
    description: str
    instances: int
    address: str


def viewable(job: int, limit: int) -> list[Viewable]:
    """What the viewer can show of the first `limit` series that a job has finished."""
    here = {one.uid for one in jobs.finished_by(job, limit) if folder_of(one) is not None}
    if not here:
        return []
    rows = _rows(
        "SELECT PatientID, Modality, ifnull(SeriesDescription, ''), instanceCount, StudyInstanceUID, SeriesInstanceUID"
        f" FROM series WHERE SeriesInstanceUID IN ({', '.join(map(quote_text, here))})"
        f" AND Modality NOT IN ({', '.join(map(quote_text, WITHOUT_PICTURE))})"
        " ORDER BY PatientID, StudyInstanceUID, series_row"
    )
    return [
        Viewable(patient, modality, description, instances, viewer_url(study, series, slides=modality == "SM"))
        for patient, modality, description, instances, study, series in rows
    ]


def finished_of_study(study: str) -> list[Finished]:
    """The finished series of a study whose folders lie where pages may download into."""
    return _finished(_series_of(open_catalog(), study)) if _UID.fullmatch(study) else []


def slides_of(study: str, series: str | None = None) -> list[Finished]:
    """Those of them that are slides, or the one named."""
    slides = _series_of(open_catalog(), study, "SM") if _UID.fullmatch(study) else ()
    return _finished([uid for uid in slides if series in (None, uid)])


def studies_with_slides(patient: str) -> list[str]:
    """Studies of a PatientID that have slides, downloaded or not."""
    condition = f"PatientID = {quote_text(patient)} AND Modality = 'SM'"
    return [study for (study,) in _rows(f"SELECT DISTINCT StudyInstanceUID FROM series WHERE {condition} ORDER BY 1")]


# A slide is asked for tile by tile.
@lru_cache(maxsize=256)
def _series_of(_: Catalog, study: str, modality: str = "") -> tuple[str, ...]:
    only = f" AND Modality = {quote_text(modality)}" if modality else ""
    chosen = f"StudyInstanceUID = {quote_text(study)}{only}"
    return tuple(uid for (uid,) in _rows(f"SELECT SeriesInstanceUID FROM series WHERE {chosen} ORDER BY series_row"))


def _finished(series: Sequence[str]) -> list[Finished]:
    return [one for one in jobs.finished(series) if folder_of(one) is not None]


def _rows(sql: str) -> list[tuple[Any, ...]]:
    with open_catalog().cursor() as cursor:
        return cursor.execute(sql).fetchall()


def _list(request: Request) -> Response:
    study = request.path_params["study"]
    found = finished_of_study(study)
    return listing.answer(study, ((series.uid, _files(series)) for series in found), _NOTHING)


def _send(request: Request) -> Response:
    from app.viewer import headers

    job, series, name = (request.path_params[part] for part in ("job", "series", "file"))
    found = jobs.finished_by(job, uid=series) if job < 2**63 else []
    folder = folder_of(found[0]) if found else None
    if folder is None or not FILE_NAME.fullmatch(name):
        return PlainTextResponse(_NOTHING, status_code=404)
    path = folder / name
    # Other series, and files of other origin, may lie in the same folder.
    if path.is_symlink() or not path.is_file() or headers.series_of(path) != series:
        return PlainTextResponse(_NOTHING, status_code=404)
    return FileResponse(path, media_type="application/dicom", headers={"Cache-Control": "private, no-cache"})


def _files(series: Finished) -> Iterator[listing.File]:
    """Address and header of each file, read one by one."""
    from app.viewer import headers

    found = files_of(series)
    if found is None:
        return
    folder, files = found
    for name, _, _ in files:
        header = headers.read(folder / name)
        if header is not None and header.get("SeriesInstanceUID") == series.uid:
            yield f"../../downloaded/{series.job}/{series.uid}/{name}", header
