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
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from app.common.errors import UserError
from app.preview.errors import PreviewError

#: Pictures made at once, and requests that may wait for that, over all visitors.
_AT_ONCE, _WAITING = 4, 400

_pool = ThreadPoolExecutor(_AT_ONCE, "preview")
_places = BoundedSemaphore(_WAITING)


def routes() -> list[Route]:
    """All routes of the preview."""
    return [
        _route("/api/preview/{uid}", "description"),
        _route("/api/preview/{uid}/{number}.png", "picture", "window", "edge"),
        _route("/api/preview/{uid}/over/{source}/{number}.png", "layer", "regions", "edge"),
        _route("/api/preview/{uid}/instances/{number}.json", "header"),
    ]


def _route(path: str, answer: str, *options: str) -> Route:
    async def endpoint(request: Request) -> Response:
        if foreign := set(request.query_params) - set(options):
            return _said(f"There is no option {min(foreign)[:40]!r} here.", 400)
        if not _places.acquire(blocking=False):
            return _said("Too many pictures are being made now: try again in a moment.", 503)
        try:
            return await asyncio.get_running_loop().run_in_executor(_pool, _answer, answer, request)
        except PreviewError as error:
            return _said(str(error), error.status)
        except UserError as error:
            return _said(str(error), 400)
        finally:
            _places.release()

    return Route(path, endpoint, methods=["GET"])


def _answer(name: str, request: Request) -> Response:

    from app.preview import responses

    answer: Callable[[Request], Response] = getattr(responses, name)
    return answer(request)


def _said(sentence: str, status: int) -> Response:
    return PlainTextResponse(f"{sentence}\n", status_code=status, headers={"Cache-Control": "no-store"})
