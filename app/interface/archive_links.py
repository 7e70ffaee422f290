"""The route of ZIPs, ``/archive/<token>?<cohort>&source=aws``, which only a link of this installation opens.

A token is a time and a signature over that time, the source and the cohort's canonical URL form: it opens one cohort
for some hours. The key lies in the data folder, so that every server on it knows every link.
"""

from __future__ import annotations

import asyncio
import hmac
import os
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from functools import cache
from hashlib import sha256
from threading import BoundedSemaphore

from filelock import FileLock
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from app.catalog import open_catalog
from app.cohort import Cohort
from app.common.errors import UserError
from app.common.memory import return_freed
from app.common.settings import settings
from app.export import Archive
from app.interface.api import split_query
from app.selection import Selection
from app.storage.buckets import Cloud
from app.storage.errors import StorageError

#: A link opens for at least so many seconds; its end is a full hour, so that a page's links rarely change.
_VALID = 12 * 3600
_HOUR = 3600

#: Seconds after which a reader who takes nothing loses the connection.
_PATIENCE = 120

_REFUSED = "This link is altered or out of date: open the cohort in Explore again and use the button there."


class _ForbiddenError(UserError):
    """A token that does not open what is asked for."""


def link(cohort: Cohort, source: Cloud, now: float | None = None) -> str:
    """Path of the ZIP of `cohort`, relative to the server's root; `now` is seconds since 1970."""
    expires = (int(time.time() if now is None else now) // _HOUR + 1) * _HOUR + _VALID
    query = "&".join(part for part in (cohort.to_query(), f"source={source}") if part)
    return f"archive/{expires}.{_signature(cohort, source, expires)}?{query}"


def routes() -> list[Route]:
    """The route of ZIPs."""
    return [Route("/archive/{token}", _answer, methods=["GET"])]


async def _answer(request: Request) -> Response:
    try:
        cohort, source = _opened(request.path_params["token"], request.scope["query_string"])
    except _ForbiddenError as error:
        return PlainTextResponse(f"{error}\n", status_code=403)
    except UserError as error:
        return PlainTextResponse(f"{error}\n", status_code=400)
    slots = _slots()
    if not slots.acquire(blocking=False):
        return PlainTextResponse("Too many ZIPs are being made now: try again in some minutes.\n", status_code=503)
    response: Response | None = None
    try:
        archive = await run_in_threadpool(lambda: Archive(Selection(open_catalog(), cohort), source))
        headers = {
            "Content-Length": str(archive.size_bytes),
            "Content-Disposition": f'attachment; filename="{archive.name}"',
            "Cache-Control": "no-store",
            "Accept-Ranges": "none",
        }
        if request.method == "HEAD":
            return Response(headers=headers, media_type="application/zip")
        response = _Sent(archive.pieces(), headers, slots.release)
        return response
    except UserError as error:
        return PlainTextResponse(f"{error}\n", status_code=400)
    except StorageError as error:
        return PlainTextResponse(f"The images can't be read: {error.kind} ({error}).\n", status_code=502)
    finally:
        if response is None:
            slots.release()


class _Sent(StreamingResponse):
    """A ZIP on its way; a fault at the source closes the connection before the announced length is reached."""

    def __init__(self, pieces: Iterator[bytes], headers: dict[str, str], release: Callable[[], None]) -> None:
        super().__init__(pieces, headers=headers, media_type="application/zip")
        self._release = release

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it and give up its place."""

        async def send_soon(message: Message) -> None:
            async with asyncio.timeout(_PATIENCE):
                await send(message)

        try:
            await super().__call__(scope, receive, send_soon)
        except StorageError as error:
            # Returning short of the announced length makes the server close the connection.
            print(f"A ZIP was broken off: {error.kind} ({error}).", file=sys.stderr, flush=True)
        except TimeoutError:
            print("A ZIP was broken off: its reader took nothing any more.", file=sys.stderr, flush=True)
        finally:
            self._release()
            return_freed()


@cache
def _slots() -> BoundedSemaphore:
    return BoundedSemaphore(settings().zips_at_once)


def _opened(token: str, raw: bytes) -> tuple[Cohort, Cloud]:
    """What a token opens.

    Raises
    ------
    UserError
        If it does not open what is asked for, or this can't be read.
    """
    options, query = split_query(raw, {"source"})
    cohort = Cohort.from_query(query)
    expires, _, signature = token.partition(".")
    source = options.get("source")
    if source not in tuple(Cloud) or not (expires.isascii() and expires.isdecimal() and len(expires) <= 12):
        raise _ForbiddenError(_REFUSED)
    right = _signature(cohort, Cloud(source), int(expires))
    if not hmac.compare_digest(signature.encode(), right.encode()) or int(expires) < time.time():
        raise _ForbiddenError(_REFUSED)
    return cohort, Cloud(source)


def _signature(cohort: Cohort, source: Cloud, expires: int) -> str:
    return hmac.new(_key(), f"{expires}\n{source}\n{cohort.to_query()}".encode(), sha256).hexdigest()


@cache
def _key() -> bytes:
    """The installation's key, made at first use and readable for its owner alone."""
    path = settings().data_folder / "archive.key"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{path}.lock"):
            if not path.exists():
                with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                    file.write(secrets.token_bytes(32))
            return path.read_bytes()
    except OSError as error:
        raise UserError(f"{path} can't be used: {error.strerror}.") from None
