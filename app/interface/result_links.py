"""The route of results, ``/result/<token>.csv``: what a query gave, as long as its page is open."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from weakref import WeakKeyDictionary, WeakValueDictionary

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from app.common.memory import return_freed
from app.console.result import FORMATS, Result
from app.export import file_name

_results: WeakValueDictionary[str, Result] = WeakValueDictionary()
_tokens: WeakKeyDictionary[Result, str] = WeakKeyDictionary()


def link(result: Result, form: str) -> str:
    """Path of the file, relative to the server's root; who is not told it can't guess it."""
    if result not in _tokens:
        _tokens[result] = secrets.token_urlsafe(16)
        _results[_tokens[result]] = result
    return f"result/{_tokens[result]}.{form}"


def routes() -> list[Route]:
    """The route of results."""
    return [Route("/result/{token}.{form}", _answer, methods=["GET"])]


def _answer(request: Request) -> Response:
    result, form = _results.get(request.path_params["token"]), request.path_params["form"]
    if result is None or form not in FORMATS:
        return PlainTextResponse("This result is gone: run the query again.\n", status_code=404)
    media_type, write = FORMATS[form]
    headers = {
        "Content-Disposition": f'attachment; filename="{file_name("result", form)}"',
        "Cache-Control": "no-store",
    }
    return StreamingResponse(_streamed(write(result)), media_type=media_type, headers=headers)


def _streamed(pieces: Iterator[bytes]) -> Iterator[bytes]:
    try:
        yield from pieces
    finally:
        return_freed()
