"""OHIF's ``dicomjson`` of a study, made and sent a file at a time, wherever the files lie."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from starlette.responses import PlainTextResponse, Response, StreamingResponse

#: A file's address, and its header as `app.viewer.headers` gives it.
File = tuple[str, dict[str, Any]]


def answer(study: str, series: Iterable[tuple[str, Iterable[File]]], nothing: str) -> Response:
    """The study's JSON as a response, or 404 with the sentence `nothing` if there is no file."""
    pieces = study_json(study, series)
    # The beginning comes with the first file.
    if (beginning := next(pieces, None)) is None:
        return PlainTextResponse(nothing, status_code=404)
    return StreamingResponse(
        chain([beginning], pieces), media_type="application/json", headers={"Cache-Control": "no-store"}
    )


def study_json(study: str, series: Iterable[tuple[str, Iterable[File]]]) -> Iterator[bytes]:
    """The JSON in pieces; nothing at all without a file.

    Parameters
    ----------
    study
        StudyInstanceUID.
    series
        SeriesInstanceUID and files of each series.
    """
    from app.viewer import headers

    shared: dict[str, Any] = {"StudyInstanceUID": study}
    instances, modalities = 0, set()
    for uid, files in series:
        own: dict[str, Any] = {"SeriesInstanceUID": uid}
        before = b'{"studies": [{"series": [{"instances": [' if not instances else b', {"instances": ['
        first = instances
        for url, header in files:
            shared, own = headers.study_of(header) | shared, headers.series_part_of(header) | own
            yield before + ", ".join(map(json.dumps, headers.entries(header, f"dicomweb:{url}"))).encode()
            before = b", "
            instances += 1
        # OHIF shows nothing of a study that has a series without files.
        if instances > first:
            modalities.add(own.get("Modality", ""))
            yield f"], {json.dumps(own)[1:]}".encode()
    if instances:
        shared |= {"NumInstances": instances, "Modalities": "\\".join(sorted(modalities))}
        yield f"], {json.dumps(shared)[1:]}]}}".encode()
