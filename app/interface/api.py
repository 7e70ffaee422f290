"""The verbs as plain GET routes: ``/api/counts?Modality=MR``, ``/api/series.csv?…``, ``/api/citations.bib?…``.

Where they are asked about a cohort, it can be JSON as well: in the address, percent-encoded, or as the body of a POST.
The page's download links are these routes, so a link copied from the page works in curl and in a script. Bodies are
streamed from a worker thread as the client reads them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from urllib.parse import unquote_plus

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from app.cohort import Cohort
from app.cohort.json_form import MAX_JSON_LENGTH, is_json
from app.common.errors import UserError, shorten
from app.common.memory import return_freed
from app.interface.answers import FORMATS, Answer
from app.interface.checked import checked, header
from app.interface.verbs import VERBS, Verb, pieces

#: Parameter of every route about a cohort: whether values that the release does not hold are refused.
_STRICT = "strict"

#: No character takes more bytes.
_MAX_BODY = 4 * MAX_JSON_LENGTH


def routes() -> list[Route]:
    """One route per verb, and one per verb and file ending."""
    found = []
    for verb in (verb for verb in VERBS.values() if verb.has_route):
        found.append(_route(verb, f"/api/{verb.name}", {}))
        formats = FORMATS.get(verb.name, {}).values()
        found += [_route(verb, f"/api/{verb.name}.{form.extension}", {"format": form.name}) for form in formats]
    return found


def link(verb: str, cohort: Cohort, form: str | None = None, **options: str) -> str:
    """Path of the route that answers `verb` for `cohort`, relative to the server's root."""
    ending = f".{FORMATS[verb][form].extension}" if form else ""
    pairs = [f"{name}={value}" for name, value in options.items()]
    query = "&".join([part for part in (cohort.to_query(), *pairs) if part])
    return f"api/{verb}{ending}" + (f"?{query}" if query else "")


def _route(verb: Verb, path: str, preset: dict[str, str]) -> Route:
    names = {option.name for option in verb.options} - set(preset) | ({_STRICT} if verb.is_about_cohort else set())

    async def endpoint(request: Request) -> Response:
        try:
            options, rest = split_query(request.scope["query_string"], names)
            strict = options.pop(_STRICT, "false")
            if strict not in ("true", "false"):
                raise UserError(f"{_STRICT} is true or false, not “{shorten(strict)}”.")
            if verb.is_about_cohort:
                rest = await _posted(request, rest) if request.method == "POST" else _decoded(rest)
            asked = partial(checked, verb.name, rest, {**options, **preset}, strict=strict == "true")
            answer, warnings = await run_in_threadpool(asked)
        except UserError as error:
            return PlainTextResponse(f"{error}\n", status_code=400)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is left to read it
        headers = {"Cache-Control": "no-cache"}
        if warnings:
            headers["X-IDC-Warning"] = header(warnings)
        if answer.file:
            headers["Content-Disposition"] = f'attachment; filename="{answer.file}"'
        return StreamingResponse(_streamed(answer), media_type=answer.media_type, headers=headers)

    return Route(path, endpoint, methods=["GET", "POST"] if verb.is_about_cohort else ["GET"])


async def _posted(request: Request, query: str) -> str:
    """The body, which holds the cohort as JSON, as text.

    Raises
    ------
    UserError
        If it is too large or no JSON, or the address holds a cohort as well.
    """
    if query:
        raise UserError("The cohort stands in the body of a POST; its address takes nothing but options.")
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > _MAX_BODY:
            raise UserError(f"The body has more than {_MAX_BODY:,} bytes: no cohort is that large.")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UserError("The body is not UTF-8 text.") from None
    if not is_json(text):
        raise UserError("The body of a POST is a cohort as JSON, an object in braces; /api/json writes one.")
    return text


def _decoded(query: str) -> str:
    """The cohort in an address, ready to be read: JSON is percent-encoded as a whole, a URL form piece by piece."""
    if not query.startswith(("{", "%7B", "%7b")):
        return query
    try:
        return unquote_plus(query, errors="strict")
    except UnicodeDecodeError:
        raise UserError("The query is not UTF-8 text.") from None


def _streamed(answer: Answer) -> Iterator[bytes]:
    try:
        yield from pieces(answer)
    finally:
        return_freed()


def split_query(raw: bytes, names: set[str]) -> tuple[dict[str, str], str]:
    """Options of these names, and what is left of the query: the cohort.

    Raises
    ------
    UserError
        If an option is given twice, or the query is no text.
    """
    try:
        query = raw.decode()
    except UnicodeDecodeError:
        raise UserError("The query is not UTF-8 text.") from None
    options, rest = {}, []
    for part in query.split("&") if query else []:
        key, _, value = part.partition("=")
        if key in options:
            raise UserError(f"“{key}” is given twice.")
        if key in names:
            options[key] = unquote_plus(value)
        else:
            rest.append(part)
    return options, "&".join(rest)
