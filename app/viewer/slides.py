"""Downloaded slides by DICOMweb, which OHIF's part for slides asks for: read-only, below ``/downloaded/dicomweb``.

| path below it | gives |
| --- | --- |
| ``/studies?StudyInstanceUID=S``, ``/studies/S/series``, ``…/series/R/instances`` | what there is (QIDO-RS) |
| ``/studies/S/metadata``, ``…/series/R/metadata``, ``…/instances/I/metadata`` | headers as DICOM JSON (WADO-RS) |
| ``…/instances/I/frames/1,2`` | frames in the syntax that they are stored in |
| ``…/instances/I/bulkdata/N`` | a binary value that a header refers to, such as a colour profile |

What can be asked for is what `app.viewer.downloaded` knows: series of listed downloads that are finished.
"""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from app.preview.errors import PreviewError

ROOT = "/downloaded/dicomweb"


def routes() -> list[Route]:
    """The routes of the service."""
    study, series, instance = "/studies/{study}", "/series/{series}", "/instances/{instance}"
    return [
        _route("/studies", "studies"),
        _route(f"{study}/series", "series"),
        *(_route(f"{above}/instances", "instances") for above in (study, study + series)),
        *(_route(f"{above}/metadata", "metadata") for above in (study, study + series, study + series + instance)),
        _route(f"{study}{series}{instance}/frames/{{frames}}", "frames"),
        _route(f"{study}{series}{instance}/bulkdata/{{number:int}}", "bulk_data"),
    ]


def _route(path: str, name: str) -> Route:
    def endpoint(request: Request) -> Response:

        from app.viewer import dicomweb

        answer: Callable[[Request], Response] = getattr(dicomweb, name)
        try:
            response = answer(request)
        except PreviewError as error:
            return PlainTextResponse(f"{error}\n", status_code=error.status)
        response.headers["Cache-Control"] = "private, no-cache"
        return response

    return Route(ROOT + path, endpoint, methods=["GET"])
