"""What the routes of downloaded slides answer (DICOM PS3.18, chapters 10.4 and 10.6)."""

from __future__ import annotations

import json
import re
import secrets
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from app.downloads.finished import files_of
from app.preview.errors import PreviewError
from app.viewer import downloaded
from app.viewer.stored import NATIVE, Stored, key, open_stored

_JSON = "application/dicom+json"
_FRAMES = re.compile(r"[1-9][0-9]{0,8}(,[1-9][0-9]{0,8}){0,99}")
_NUMBER = re.compile(r"[0-9]{1,9}")
_NOTHING = "Nothing of this is among the slides that this server has downloaded."

# What is told at each level, as far as it stands in the headers.
_STUDY = (
    *("StudyInstanceUID", "StudyDate", "StudyTime", "StudyDescription", "StudyID", "AccessionNumber"),
    *("PatientID", "PatientName", "PatientSex", "PatientBirthDate"),
)
_SERIES = ("SeriesInstanceUID", "SeriesNumber", "SeriesDescription", "SeriesDate", "SeriesTime", "Modality")
_INSTANCE = ("SOPClassUID", "SOPInstanceUID", "InstanceNumber", "Rows", "Columns", "BitsAllocated", "NumberOfFrames")

# Parameters that choose, by name or tag, those that cut, and those that change nothing here.
_MATCHED = ("PatientID", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "Modality")
_BY_TAG = {key(name): name for name in _MATCHED}
_CUT = ("offset", "limit")
_IGNORED = ("includefield", "fuzzymatching")

#: The files of a series, by SOPInstanceUID.
_Files = dict[str, Stored]


# QIDO-RS


def studies(request: Request) -> Response:
    """The study that is named, or those of a patient.

    Raises
    ------
    PreviewError
        If neither is named.
    """
    chosen = _chosen(request)
    if "StudyInstanceUID" in chosen:
        wanted = [chosen["StudyInstanceUID"]]
    elif "PatientID" in chosen:
        wanted = downloaded.studies_with_slides(chosen["PatientID"])
    else:
        raise PreviewError("Name the study or the patient: ?StudyInstanceUID=1.2.3 or ?PatientID=X", 400)
    opened = [_slides(study, chosen.get("SeriesInstanceUID")) for study in wanted]
    return _listed([_study_part(found) for found in opened if found], request)


def series(request: Request) -> Response:
    """The slides of a study."""
    found = _asked(request)
    return _listed([_study_part(found) | _series_part(files) for files in found], request)


def instances(request: Request) -> Response:
    """The files of a study or series."""
    everything = _STUDY + _SERIES + _INSTANCE
    return _listed([_part(one, everything) for files in _asked(request) for one in files.values()], request)


def _chosen(request: Request) -> dict[str, str]:
    named = {_BY_TAG.get(name, name): value for name, value in request.query_params.items()}
    if foreign := {*named} - {*_MATCHED, *_CUT, *_IGNORED}:
        raise PreviewError(f"There is no parameter {min(foreign)[:40]!r} here.", 400)
    return {name: named[name] for name in _MATCHED if name in named}


def _listed(found: list[dict[str, Any]], request: Request) -> Response:
    chosen = {key(name): value for name, value in _chosen(request).items()}
    first, count = (request.query_params.get(name, "") for name in _CUT)
    if not all(text == "" or _NUMBER.fullmatch(text) for text in (first, count)):
        raise PreviewError("offset and limit are numbers from 0 on.", 400)

    def fits(one: dict[str, Any]) -> bool:
        return all(tag not in one or value in one[tag].get("Value", ()) for tag, value in chosen.items())

    fitting = [one for one in found if fits(one)][int(first or 0) :]
    return Response(json.dumps(fitting[: int(count)] if count else fitting), media_type=_JSON)


def _study_part(found: list[_Files]) -> dict[str, Any]:
    return _part(next(iter(found[0].values())), _STUDY) | {
        key("ModalitiesInStudy"): {"vr": "CS", "Value": ["SM"]},
        key("NumberOfStudyRelatedSeries"): {"vr": "IS", "Value": [len(found)]},
        key("NumberOfStudyRelatedInstances"): {"vr": "IS", "Value": [sum(map(len, found))]},
    }


def _series_part(files: _Files) -> dict[str, Any]:
    count = {key("NumberOfSeriesRelatedInstances"): {"vr": "IS", "Value": [len(files)]}}
    return _part(next(iter(files.values())), _SERIES) | count


def _part(one: Stored, keywords: tuple[str, ...]) -> dict[str, Any]:
    return {tag: json.loads(one.attributes[tag]) for tag in map(key, keywords) if tag in one.attributes}


# WADO-RS


def metadata(request: Request) -> Response:
    """Headers of a study, a series or a file."""
    if "instance" in request.path_params:
        found = [_instance(request)]
    else:
        found = [one for files in _asked(request) for one in files.values()]
    return Response(b"[" + b", ".join(map(_header, found)) + b"]", media_type=_JSON)


def _header(one: Stored) -> bytes:
    return b"{" + b", ".join(b'"%s": %s' % (tag.encode(), value) for tag, value in one.attributes.items()) + b"}"


def frames(request: Request) -> Response:
    """Frames of a file as they are stored, never decoded.

    Raises
    ------
    PreviewError
        If there are no such frames, or the client takes none as they are stored.
    """
    one, text = _instance(request), request.path_params["frames"]
    if not _FRAMES.fullmatch(text):
        raise PreviewError("Frames are at most 100 numbers from 1 on, with commas between: 1,2,3", 400)
    if not _is_accepted(one.media_type, request):
        wanted = f'multipart/related; type="{one.media_type}"'
        raise PreviewError(f"These frames are sent as they are stored: ask for {wanted}, or for */*.", 406)
    return _multipart(one.frames([int(number) for number in text.split(",")]), one.media_type, one.syntax)


def bulk_data(request: Request) -> Response:
    """A binary value that a header refers to.

    Raises
    ------
    PreviewError
        If there is no such value.
    """
    one, number = _instance(request), request.path_params["number"]
    if not 1 <= number <= len(one.bulk):
        raise PreviewError(_NOTHING, 404)
    value = one.bulk[number - 1]
    if "multipart/related" in request.headers.get("accept", ""):
        return _multipart([value], NATIVE)
    return Response(value, media_type=NATIVE)


def _is_accepted(media_type: str, request: Request) -> bool:
    accepted = request.headers.get("accept", "*/*").replace('"', "").lower().split(",")
    for one in accepted:
        kind, _, parameters = one.strip().partition(";")
        if kind.strip() == "*/*":
            return True
        named = re.search(r"(?<![a-z])type=([^; ]+)", parameters)
        is_any = "transfer-syntax=*" in parameters or named is None
        if kind.strip() == "multipart/related" and (is_any or (named and named[1] == media_type)):
            return True
    return False


def _multipart(parts: list[bytes], media_type: str, syntax: str = "") -> Response:
    boundary = secrets.token_hex(16)
    kind = media_type + (f"; transfer-syntax={syntax}" if syntax else "")
    body = b"".join(
        b"--%s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s\r\n"
        % (boundary.encode(), kind.encode(), len(part), part)
        for part in parts
    )
    related = f'multipart/related; type="{media_type}"; boundary={boundary}'
    return Response(body + f"--{boundary}--\r\n".encode(), headers={"Content-Type": related})


# What is there


def _instance(request: Request) -> Stored:
    for files in _asked(request):
        if found := files.get(request.path_params["instance"]):
            return found
    raise PreviewError(_NOTHING, 404)


def _asked(request: Request) -> list[_Files]:
    found = _slides(request.path_params["study"], request.path_params.get("series"))
    if not found:
        raise PreviewError(_NOTHING, 404)
    return found


def _slides(study: str, series: str | None) -> list[_Files]:
    """The downloaded slides of a study, or the one named if it is of that study."""
    places = [(one.uid, files_of(one)) for one in downloaded.slides_of(study, series)]
    opened = [open_stored(uid, *place) for uid, place in places if place is not None]
    return [files for files in opened if files]
