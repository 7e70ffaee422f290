"""Series of the public bucket for the viewer: ``/bucket/<series>.json`` has the headers, the browser fetches the files.

The headers are read here, by ranges, as for the preview. The files go from the bucket to the browser without this
server between, which the bucket must allow pages of other origins (CORS); `refusal` asks it.
"""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from app.catalog import open_catalog
from app.common.errors import UserError
from app.preview.errors import PreviewError
from app.preview.files import MAX_FILES, valid_uid
from app.series import Series, find
from app.storage.buckets import Cloud
from app.storage.store import endpoint
from app.viewer import listing

_NOTHING = "There are no files where this series should lie.\n"
_PATIENCE = 5


def viewer_url(series: str, first: str) -> str:
    """Address of the viewer over a series in the bucket, opened at `first`, relative to the server's root."""
    listed = f"../../bucket/{series}.json" + (f"?with={first}" if first != series else "")
    return f"viewer/viewer/dicomjson?url={quote(listed, safe='')}&initialSeriesInstanceUID={first}"


def routes() -> list[Route]:
    """The route of the headers."""
    return [Route("/bucket/{series}.json", _list, methods=["GET"])]


def origin() -> str:
    """Scheme, host and port that files are fetched from."""
    address = urlsplit(endpoint(Cloud.AWS))
    return f"{address.scheme}://{address.netloc}"


def is_listed_whole(series: Series) -> bool:
    """Whether a series has no more files than are looked at."""
    return bool(series.values["instanceCount"] <= MAX_FILES)


def refusal(series: Series, page: str) -> str | None:
    """One sentence if pages of the origin `page` may not read the series' files from its bucket; None if they may."""
    bucket, _, folder = series.place.partition("/")
    address = f"{endpoint(Cloud.AWS)}/{bucket}?list-type=2&max-keys=1&prefix={quote(folder)}/"
    # The scheme is that of the operator's endpoint.
    request = urllib.request.Request(address, headers={"Origin": page})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:  # noqa: S310
            allowed = answer.headers.get("Access-Control-Allow-Origin")
    except urllib.error.HTTPError as error:
        return f"The bucket {bucket} answers with an error ({error.code}): choose another way to look."
    except OSError:
        return f"The bucket {bucket} can't be reached from this server: choose another way to look."
    if allowed in ("*", page):
        return None
    return (
        f"The bucket {bucket} does not let pages of {page} read its files (CORS): download the series to look at it"
        " with OHIF here, or choose another way."
    )


def _list(request: Request) -> Response:
    try:
        wanted = [valid_uid(request.path_params["series"]), *map(valid_uid, request.query_params.getlist("with")[:1])]
        found = [find(open_catalog(), uid) for uid in wanted]
        if len({series.study for series in found}) > 1 or not all(map(is_listed_whole, found)):
            return PlainTextResponse("These series can't be shown together.\n", status_code=400)
        opened = [(series.uid, list(_files(series))) for series in found]
    except PreviewError as error:
        return PlainTextResponse(f"{error}\n", status_code=error.status)
    except UserError as error:
        return PlainTextResponse(f"{error}\n", status_code=404)
    return listing.answer(found[0].study, opened, _NOTHING)


def _files(series: Series) -> Iterator[listing.File]:
    """Address and header of each file, in the order of their places."""
    from app.preview.series import open_series
    from app.viewer import headers

    bucket = series.place.partition("/")[0]
    for instance in open_series(series.uid).in_order:
        yield f"{endpoint(Cloud.AWS)}/{bucket}/{instance.path}", headers.of(instance.dataset())
