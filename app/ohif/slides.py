"""Downloaded slides by DICOMweb, which OHIF's part for slides asks for: read-only, below ``/downloaded/dicomweb``.

| path below it | gives |
| --- | --- |
| ``/studies?StudyInstanceUID=S``, ``/studies/S/series``, ``…/series/R/instances`` | what there is (QIDO-RS) |
| ``/studies/S/metadata``, ``…/series/R/metadata``, ``…/instances/I/metadata`` | headers as DICOM JSON (WADO-RS) |
| ``…/instances/I/frames/1,2`` | frames in the syntax that they are stored in |
| ``…/instances/I/bulkdata/N`` | a binary value that a header refers to, such as a colour profile |

What can be asked for is what `app.ohif.downloaded` knows: series of listed downloads that are finished.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from app.ohif import downloaded
from app.preview.problems import PreviewError

if TYPE_CHECKING:
    from app.ohif.stored import Stored

ROOT = "/downloaded/dicomweb"

_JSON = "application/dicom+json"
_FRAMES = re.compile(r"[1-9][0-9]{0,8}(,[1-9][0-9]{0,8}){0,99}")
_NUMBER = re.compile(r"[0-9]{1,9}")
_NOTHING = "Nothing of this is among the slides that this server has downloaded."

# What QIDO-RS tells at each level (DICOM PS3.18 10.6.3), as far as it stands in the headers.
_STUDY = (
    *("StudyInstanceUID", "StudyDate", "StudyTime", "StudyDescription", "StudyID", "AccessionNumber"),
    *("PatientID", "PatientName", "PatientSex", "PatientBirthDate"),
)
_SERIES = ("SeriesInstanceUID", "SeriesNumber", "SeriesDescription", "SeriesDate", "SeriesTime", "Modality")
_INSTANCE = ("SOPClassUID", "SOPInstanceUID", "InstanceNumber", "Rows", "Columns", "BitsAllocated", "NumberOfFrames")
#: Parameters that choose, by name or tag, those that cut, and those that change nothing here.
_MATCHED = {
    "00100020": "PatientID",
    "0020000D": "StudyInstanceUID",
    "0020000E": "SeriesInstanceUID",
    "00080018": "SOPInstanceUID",
    "00080060": "Modality",
}
_CUT = ("offset", "limit")
_IGNORED = ("includefield", "fuzzymatching")

#: The files of each series of a study, by SOPInstanceUID.
_Study = list[dict[str, "Stored"]]


def routes() -> list[Route]:
    """The routes of the service."""
    study, series, instance = "/studies/{study}", "/series/{series}", "/instances/{instance}"
    return [
        _route("/studies", _studies),
        _route(f"{study}/series", _series),
        *(_route(f"{up}/instances", _instances) for up in (study, study + series)),
        *(_route(f"{up}/metadata", _metadata) for up in (study, study + series, study + series + instance)),
        _route(study + series + instance + "/frames/{frames}", _frames),
        _route(study + series + instance + "/bulkdata/{number:int}", _bulk),
    ]


def _route(path: str, answer: Callable[[Request], Response]) -> Route:
    def endpoint(request: Request) -> Response:
        try:
            response = answer(request)
        except PreviewError as error:
            return PlainTextResponse(f"{error}\n", status_code=error.status)
        response.headers["Cache-Control"] = "private, no-cache"
        return response

    return Route(ROOT + path, endpoint, methods=["GET"])


# QIDO-RS


def _studies(request: Request) -> Response:
    chosen = _chosen(request)
    if "StudyInstanceUID" in chosen:
        studies = [chosen["StudyInstanceUID"]]
    elif "PatientID" in chosen:
        studies = downloaded.studies_with_slides(chosen["PatientID"])
    else:
        raise PreviewError("Name the study or the patient: ?StudyInstanceUID=1.2.3 or ?PatientID=X", 400)
    opened = [_slides(study, chosen.get("SeriesInstanceUID")) for study in studies]
    return _listed([_study_part(found) for found in opened if found], request)


def _series(request: Request) -> Response:
    found = _asked(request)
    return _listed([_study_part(found) | _series_part(one) for one in found], request)


def _instances(request: Request) -> Response:
    found = [
        _part(one, _STUDY) | _part(one, _SERIES) | _part(one, _INSTANCE)
        for series in _asked(request)
        for one in series.values()
    ]
    return _listed(found, request)


def _chosen(request: Request) -> dict[str, str]:
    named = {_MATCHED.get(name, name): value for name, value in request.query_params.items()}
    if foreign := {*named} - {*_MATCHED.values(), *_CUT, *_IGNORED}:
        raise PreviewError(f"There is no parameter {min(foreign)[:40]!r} here.", 400)
    return {name: value for name, value in named.items() if name in _MATCHED.values()}


def _listed(found: list[dict[str, Any]], request: Request) -> Response:
    from app.ohif.stored import key

    chosen = _chosen(request)
    first, count = (request.query_params.get(name, "") for name in _CUT)
    if not all(text == "" or _NUMBER.fullmatch(text) for text in (first, count)):
        raise PreviewError("offset and limit are numbers from 0 on.", 400)

    def fits(one: dict[str, Any]) -> bool:
        return all(key(name) not in one or value in one[key(name)].get("Value", ()) for name, value in chosen.items())

    fitting = [one for one in found if fits(one)][int(first or 0) :]
    return Response(json.dumps(fitting[: int(count)] if count else fitting), media_type=_JSON)


def _study_part(found: _Study) -> dict[str, Any]:
    from app.ohif.stored import key

    first = next(iter(found[0].values()))
    return _part(first, _STUDY) | {
        key("ModalitiesInStudy"): {"vr": "CS", "Value": ["SM"]},
        key("NumberOfStudyRelatedSeries"): {"vr": "IS", "Value": [len(found)]},
        key("NumberOfStudyRelatedInstances"): {"vr": "IS", "Value": [sum(map(len, found))]},
    }


def _series_part(series: dict[str, Stored]) -> dict[str, Any]:
    from app.ohif.stored import key

    first = next(iter(series.values()))
    return _part(first, _SERIES) | {key("NumberOfSeriesRelatedInstances"): {"vr": "IS", "Value": [len(series)]}}


def _part(one: Stored, keywords: tuple[str, ...]) -> dict[str, Any]:
    from app.ohif.stored import key

    return {tag: json.loads(one.attributes[tag]) for tag in map(key, keywords) if tag in one.attributes}


# WADO-RS


def _metadata(request: Request) -> Response:
    if "instance" in request.path_params:
        found = [_instance(request)]
    else:
        found = [one for series in _asked(request) for one in series.values()]
    return Response(b"[" + b", ".join(map(_header, found)) + b"]", media_type=_JSON)


def _header(one: Stored) -> bytes:
    return b"{" + b", ".join(b'"%s": %s' % (tag.encode(), value) for tag, value in one.attributes.items()) + b"}"


def _frames(request: Request) -> Response:
    one, text = _instance(request), request.path_params["frames"]
    if not _FRAMES.fullmatch(text):
        raise PreviewError("Frames are at most 100 numbers from 1 on, with commas between: 1,2,3", 400)
    _require_accepted(request, one)
    return _multipart(one.frames([int(number) for number in text.split(",")]), one.media_type, one.syntax)


def _require_accepted(request: Request, one: Stored) -> None:
    """Frames are sent as they are stored, never decoded."""
    accepted = request.headers.get("accept", "*/*").replace('"', "").lower()
    if not re.search(
        rf"\*/\*|type={re.escape(one.media_type)}|transfer-syntax=\*|multipart/related(?!; *type)", accepted
    ):
        raise PreviewError(
            f"These frames are stored as {one.media_type} ({one.syntax}): ask for that, or for */*.", 406
        )


def _bulk(request: Request) -> Response:
    from app.ohif.stored import NATIVE

    one, number = _instance(request), request.path_params["number"]
    if not 1 <= number <= len(one.bulk):
        raise PreviewError(_NOTHING, 404)
    value = one.bulk[number - 1]
    if "multipart/related" in request.headers.get("accept", ""):
        return _multipart([value], NATIVE)
    return Response(value, media_type=NATIVE)


def _multipart(parts: list[bytes], media_type: str, syntax: str = "") -> Response:
    boundary = secrets.token_hex(16)
    kind = media_type + (f"; transfer-syntax={syntax}" if syntax else "")

    def pieces() -> Iterator[bytes]:
        for part in parts:
            yield f"--{boundary}\r\nContent-Type: {kind}\r\nContent-Length: {len(part)}\r\n\r\n".encode()
            yield part
            yield b"\r\n"
        yield f"--{boundary}--\r\n".encode()

    return Response(
        b"".join(pieces()), headers={"Content-Type": f'multipart/related; type="{media_type}"; boundary={boundary}'}
    )


# What is there


def _instance(request: Request) -> Stored:
    for series in _asked(request):
        if found := series.get(request.path_params["instance"]):
            return found
    raise PreviewError(_NOTHING, 404)


def _asked(request: Request) -> _Study:
    found = _slides(request.path_params["study"], request.path_params.get("series"))
    if not found:
        raise PreviewError(_NOTHING, 404)
    return found


def _slides(study: str, series: str | None) -> _Study:
    """The downloaded slides of a study, or the one named if it is of that study."""
    from app.ohif.stored import open_stored  # here, since pydicom comes with it

    opened = [
        open_stored(one.uid, *place)
        for one in downloaded.slides_of(study, series)
        if (place := downloaded.files_of(one))
    ]
    return [one for one in opened if one]
