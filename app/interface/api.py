"""The verbs as plain GET routes: ``/api/counts?Modality=MR``, ``/api/series.csv?…``, ``/api/citations.bib?…``.

The page's download links are these routes, so a link copied from the page works in curl and in a script. Bodies are
streamed from a worker thread as the client reads them.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote_plus

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from app.cohort import Cohort
from app.common.errors import UserError, shorten
from app.common.memory import return_freed
from app.interface.answers import EXTENSIONS, Answer
from app.interface.checked import checked, header, takes_cohort
from app.interface.verbs import VERBS, Verb, pieces

#: Parameter of every route about a cohort: whether values that the release does not hold are refused.
_STRICT = "strict"


def routes() -> list[Route]:
    """One route per verb, and one per verb and file ending."""
    found = []
    for verb in (verb for verb in VERBS.values() if verb.has_route):
        found.append(_route(verb, f"/api/{verb.name}", {}))
        for form, extension in EXTENSIONS.get(verb.name, {}).items():
            found.append(_route(verb, f"/api/{verb.name}.{extension}", {"format": form}))
    return found


def link(verb: str, cohort: Cohort, form: str | None = None, **options: str) -> str:
    """Path of the route that answers `verb` for `cohort`, relative to the server's root."""
    ending = f".{EXTENSIONS[verb][form]}" if form else ""
    pairs = [f"{name}={value}" for name, value in options.items()]
    query = "&".join([part for part in (cohort.to_query(), *pairs) if part])
    return f"api/{verb}{ending}" + (f"?{query}" if query else "")


def _route(verb: Verb, path: str, preset: dict[str, str]) -> Route:
    names = {option.name for option in verb.options} - set(preset) | ({_STRICT} if takes_cohort(verb.name) else set())

    def endpoint(request: Request) -> Response:
        try:
            options, rest = split_query(request.scope["query_string"], names)
            strict = options.pop(_STRICT, "false")
            if strict not in ("true", "false"):
                raise UserError(f"{_STRICT} is true or false, not “{shorten(strict)}”.")
            answer, warnings = checked(verb.name, rest, {**options, **preset}, strict=strict == "true")
        except UserError as error:
            return PlainTextResponse(f"{error}\n", status_code=400)
        headers = {"Cache-Control": "no-cache"}
        if warnings:
            headers["X-IDC-Warning"] = header(warnings)
        if answer.file:
            headers["Content-Disposition"] = f'attachment; filename="{answer.file}"'
        return StreamingResponse(_streamed(answer), media_type=answer.media_type, headers=headers)

    return Route(path, endpoint, methods=["GET"])


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
