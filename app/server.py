"""The ASGI application: Streamlit's pages, the API's routes, and safe headers. Run it with uvicorn.

Served this way rather than by ``streamlit run`` because uvicorn's socket sends small messages at once and can be told
not to compress each of them.
"""

from __future__ import annotations

import re
import sys
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from hashlib import sha256
from pathlib import Path
from urllib.parse import parse_qsl

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.common.errors import UserError
from app.common.memory import share_arenas
from app.common.settings import settings
from app.common.viewer_urls import origins
from app.downloads import worker
from app.interface import api, archive_links, startup
from app.interface import result_links as result_links
from app.preview import routes as preview_routes
from app.viewer import bucket, downloaded, site, slides

ROOT = Path(__file__).resolve().parent.parent

#: Streamlit's own endpoints that are nobody else's business.
_PRIVATE = ("/_stcore/metrics", "/_stcore/agent")

#: Parameters of the page at the root: its question, and what Streamlit itself reads there.
HOME_PARAMETERS = frozenset({"ask", "embed", "embed_options"})


def _inline_scripts() -> str:
    """Hashes of the scripts that Streamlit writes into its page, for the content security policy."""
    page = (Path(st.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    digests = (sha256(script.encode()).digest() for script in re.findall(r"<script>(.*?)</script>", page, re.DOTALL))
    return " ".join(f"'sha256-{b64encode(digest).decode()}'" for digest in digests)


# Components are loaded from blobs that Streamlit makes of their source. Viewers stand in frames; `connect-src` and
# `object-src` let components/viewer_frame find out whether they do.
_POLICY = {
    "default-src": "'self'",
    "script-src": f"'self' blob: {_inline_scripts()}",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self' {viewers}",
    "frame-src": "'self' {viewers}",
    "worker-src": "'self' blob:",
    "object-src": "{viewers}",
    "base-uri": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'self'",
}

#: The grid compiles its cell renderers, inside its own frame only.
_GRID_PREFIX = "/component/st_aggrid"


class SafeHeaders:
    """Add a content security policy and its companions to every response, and hide private endpoints."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["path"].startswith(_PRIVATE):
            await PlainTextResponse("Not found", status_code=404)(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Content-Security-Policy"] = _policy(scope["path"])
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "strict-origin-when-cross-origin"
            await send(message)

        await self._app(scope, receive, send_with_headers)


class CohortLinks:
    """Lead a cohort's link to the root, such as ``/?Modality=MR``, on to Explore."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        query = scope.get("query_string", b"").decode("latin-1")
        names = {name for name, _ in parse_qsl(query, keep_blank_values=True)}
        if scope["type"] == "http" and scope["path"] == "/" and names - HOME_PARAMETERS:
            await RedirectResponse(f"./explore?{query}")(scope, receive, send)
        else:
            await self._app(scope, receive, send)


@cache
def _policy_of_pages() -> dict[str, str]:
    viewers = " ".join(origins())
    return {name: sources.replace("{viewers}", viewers) for name, sources in _POLICY.items()}


def _policy(path: str) -> str:
    sources = dict(_policy_of_pages())
    if path.startswith(_GRID_PREFIX):
        sources["script-src"] += " 'unsafe-eval'"
    if path.startswith(site.PREFIX):
        sources |= site.policy()
    return "; ".join(f"{name} {value}" for name, value in sources.items())


@asynccontextmanager
async def _lifespan(app: st.App) -> AsyncIterator[None]:
    settings()
    startup.state()
    startup.start_reading_ahead()
    try:
        worker.ensure()
    except UserError as error:  # the list of downloads can't be read; all else can be served
        print(error, file=sys.stderr, flush=True)
    yield


share_arenas()

# Streamlit runs the entry script by path: pages and components must be importable from the root.
sys.path.insert(0, str(ROOT))

#: The library of the SQL editor; the page asks for it under the hash of its contents, so it may be kept for good.
_EDITOR = ROOT / "components" / "sql" / "sql_editor" / "bundle" / "codemirror.js"


def _editor(request: Request) -> FileResponse:
    return FileResponse(_EDITOR, headers={"Cache-Control": "public, max-age=31536000, immutable"})


app = st.App(
    ROOT / "app" / "main.py",
    routes=[
        *api.routes(),
        *archive_links.routes(),
        *site.routes(),
        *downloaded.routes(),
        *slides.routes(),
        *bucket.routes(),
        *preview_routes.routes(),
        *result_links.routes(),
        Route("/editor/codemirror.js", _editor),
    ],
    middleware=[Middleware(SafeHeaders), Middleware(CohortLinks)],
    lifespan=_lifespan,
)
