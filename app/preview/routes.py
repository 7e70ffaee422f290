"""The routes of pictures and headers, ``/api/preview/SERIES_UID/…``, so that a page scrolls without a script run.

| path below ``/api/preview/`` | gives |
| --- | --- |
| ``UID`` | what there is to see (JSON) |
| ``UID/N.png?window=&edge=`` | picture N, or ``middle``: one from about there |
| ``UID/over/SOURCE/N.png?regions=&edge=`` | what a SEG or RTSTRUCT marks on picture N of SOURCE, else transparent |
| ``UID/instances/N.json`` | header of instance N, and the tree of a report |
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import BoundedSemaphore

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from app.downloads import jobs
from app.errors import UserError
from app.ohif.downloaded import folder_of
from app.preview.files import valid_uid
from app.preview.middle import near_middle
from app.preview.overlay import KINDS, overlay
from app.preview.problems import PreviewError
from app.preview.series import MAX_EDGE, Series, as_png, open_series
from app.preview.window import parse_window
from app.settings import settings

#: Pictures made at once, and requests that may wait for that, over all visitors.
_AT_ONCE, _WAITING = 4, 400

_pool = ThreadPoolExecutor(_AT_ONCE, "preview")
_places = BoundedSemaphore(_WAITING)

_NUMBER = re.compile(r"[1-9][0-9]{0,6}")
_REGIONS = re.compile(r"[0-9]{1,5}(,[0-9]{1,5}){0,2000}")

#: A series is fixed within a release; a new one may come with a start of the server.
_KEPT = {"Cache-Control": "private, max-age=3600"}


def routes() -> list[Route]:
    """All routes of the preview."""
    return [
        _route("/api/preview/{uid}", _description),
        _route("/api/preview/{uid}/{number}.png", _picture, "window", "edge"),
        _route("/api/preview/{uid}/over/{source}/{number}.png", _layer, "regions", "edge"),
        _route("/api/preview/{uid}/instances/{number}.json", _header),
    ]


def _route(path: str, answer: Callable[[Request], Response], *options: str) -> Route:
    async def endpoint(request: Request) -> Response:
        if foreign := set(request.query_params) - set(options):
            return _said(f"There is no option {min(foreign)[:40]!r} here.", 400)
        if not _places.acquire(blocking=False):
            return _said("Too many pictures are being made now: try again in a moment.", 503)
        try:
            return await asyncio.get_running_loop().run_in_executor(_pool, answer, request)
        except PreviewError as error:
            return _said(str(error), error.status)
        except UserError as error:
            return _said(str(error), 400)
        finally:
            _places.release()

    return Route(path, endpoint, methods=["GET"])


def _said(sentence: str, status: int) -> Response:
    return PlainTextResponse(f"{sentence}\n", status_code=status, headers={"Cache-Control": "no-store"})


def _description(request: Request) -> Response:
    series = _opened(request, "uid")
    described = series.describe()
    if series.modality in KINDS:
        described["overlay"] = overlay(series).describe()
    return JSONResponse(described, headers=_KEPT)


def _picture(request: Request) -> Response:
    named = request.query_params.get("window")
    window = None if named is None else parse_window(named)
    edge = _edge(request)
    number = request.path_params["number"]
    if number == "middle":
        series, picture = near_middle(*_place(request, "uid"))
    else:
        series, picture = _opened(request, "uid"), _number(number)
    return _png(series.png(picture, window, edge))


def _layer(request: Request) -> Response:
    edge, number, listed = _edge(request), _number(request.path_params["number"]), request.query_params.get("regions")
    if listed is not None and not _REGIONS.fullmatch(listed):
        raise PreviewError("Regions are numbers with commas between them.", 400)
    regions = None if listed is None else {int(one) for one in listed.split(",")}
    marks = overlay(_opened(request, "uid"))
    source = _opened(request, "source")
    return _png(as_png(marks.layer(source, number, regions), edge))


def _header(request: Request) -> Response:
    number = _number(request.path_params["number"])
    series = _opened(request, "uid")
    return JSONResponse(series.header_table(number), headers=_KEPT)


def _opened(request: Request, part: str) -> Series:
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
