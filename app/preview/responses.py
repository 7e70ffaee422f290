"""What the routes of `app.preview.routes` answer; loaded at the first question, since pydicom comes with it."""

from __future__ import annotations

import re
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.common.modalities import OVERLAYS
from app.common.settings import settings
from app.downloads import jobs
from app.downloads.finished import folder_of
from app.preview.errors import PreviewError
from app.preview.files import valid_uid
from app.preview.middle import near_middle
from app.preview.overlays import overlay
from app.preview.series import MAX_EDGE, SeriesPictures, as_png, open_series
from app.preview.window import parse_window

_NUMBER = re.compile(r"[1-9][0-9]{0,6}")
_REGIONS = re.compile(r"[0-9]{1,5}(,[0-9]{1,5}){0,2000}")

#: A series is fixed within a release; a new one may come with a start of the server.
_KEPT = {"Cache-Control": "private, max-age=3600"}


def description(request: Request) -> Response:
    """What there is to see in a series."""
    series = _opened(request, "uid")
    described = series.describe()
    if series.modality in OVERLAYS:
        described["overlay"] = overlay(series).describe()
    return JSONResponse(described, headers=_KEPT)


def picture(request: Request) -> Response:
    """One picture as PNG."""
    named = request.query_params.get("window")
    window = None if named is None else parse_window(named)
    edge = _edge(request)
    number = request.path_params["number"]
    if number == "middle":
        series, picture = near_middle(*_place(request, "uid"))
    else:
        series, picture = _opened(request, "uid"), _number(number)
    return _png(series.png(picture, window, edge))


def layer(request: Request) -> Response:
    """What a SEG or RTSTRUCT marks on one picture, as PNG.

    Raises
    ------
    PreviewError
        If there is no such picture, or nothing is drawn on it.
    """
    edge, number, listed = _edge(request), _number(request.path_params["number"]), request.query_params.get("regions")
    if listed is not None and not _REGIONS.fullmatch(listed):
        raise PreviewError("Regions are numbers with commas between them.", 400)
    regions = None if listed is None else {int(one) for one in listed.split(",")}
    marks = overlay(_opened(request, "uid"))
    source = _opened(request, "source")
    return _png(as_png(marks.layer(source, number, regions), edge))


def header(request: Request) -> Response:
    """The header of one instance."""
    number = _number(request.path_params["number"])
    series = _opened(request, "uid")
    return JSONResponse(series.header_table(number), headers=_KEPT)


def _opened(request: Request, part: str) -> SeriesPictures:
    uid, folder = _place(request, part)
    return open_series(uid, folder=folder)


def _place(request: Request, part: str) -> tuple[str, Path | None]:
    """The series of this part of the path, and its folder where a download has brought it; else it is in its bucket."""
    uid = valid_uid(request.path_params[part])
    found = jobs.finished([uid]) if settings().download_root else []
    return uid, folder_of(found[0]) if found else None


def _png(content: bytes) -> Response:
    return Response(content, media_type="image/png", headers=_KEPT)


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise PreviewError("Pictures and instances have numbers from 1 up.", 400)
    return int(text)


def _edge(request: Request) -> int | None:
    text = request.query_params.get("edge")
    if text is None:
        return None
    if not _NUMBER.fullmatch(text) or not 16 <= int(text) <= MAX_EDGE:
        raise PreviewError(f"An edge has 16 to {MAX_EDGE} pixels.", 400)
    return int(text)
