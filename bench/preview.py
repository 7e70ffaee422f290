"""The preview: from a request to its PNG, and a series' headers, beside a bare pydicom decode of the same files."""

from __future__ import annotations

import asyncio
import io
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import numpy as np
from PIL import Image
from pydicom import dcmread
from pydicom.pixels.processing import apply_modality_lut, apply_windowing
from pydicom.uid import JPEGLSLossless, RLELossless
from starlette.applications import Starlette

from app.catalog.catalog import open_catalog
from app.common.settings import settings
from app.preview.cache import shared
from app.preview.routes import routes
from app.preview.series import open_series
from app.storage.buckets import GCS_BUCKETS
from bench.figures import say, spread, table
from tests.support.block_phantom import Phantom, objects
from tests.support.s3_server import S3Server

SLICES, EDGE = 122, 512
SYNTAXES = {"native": None, "JPEG-LS": JPEGLSLossless, "RLE": RLELossless}
_FIRST, _BARE = "request to PNG, first time", "bare pydicom: decode, window, PNG"


def measure(rounds: int) -> dict[str, Any]:
    """Milliseconds of each way, `rounds` times in turns, and the ratio to a bare decode within the run."""
    found: dict[str, Any] = {name: _measure(name, syntax, rounds) for name, syntax in SYNTAXES.items()}
    table(
        f"A CT of {SLICES} slices of {EDGE} x {EDGE} in a bucket on this machine, medians of {rounds} rounds, ms",
        ["way", *found],
        [[way, *(found[name][way]["p50_ms"] for name in found)] for way in found["native"]],
    )
    found["against_bare"] = {
        name: round(found[name][_FIRST]["p50_ms"] / found[name][_BARE]["p50_ms"], 2) for name in SYNTAXES
    }
    print(
        "  First PNG against bare pydicom:", ", ".join(f"{one} {ratio}" for one, ratio in found["against_bare"].items())
    )
    return found


def _measure(name: str, syntax: str | None, rounds: int) -> dict[str, dict[str, float]]:
    uid, bucket, folder = _place()
    block = ((40, 80), (150, 260), (200, 330))
    datasets = Phantom(SLICES, EDGE, EDGE, block=block, identifiers={"SeriesInstanceUID": uid}).datasets()
    if syntax:
        for one in datasets:
            one.compress(syntax, generate_instance_uid=False)
    contents = objects(datasets, folder)
    seconds: dict[str, list[float]] = {}

    def timed(way: str, work: Callable[..., object], *given: object) -> None:
        started = time.perf_counter()
        work(*given)
        seconds.setdefault(way, []).append(time.perf_counter() - started)

    buckets = {one: contents if one == bucket else {} for one in GCS_BUCKETS}
    with S3Server(buckets).running() as server, _client(server.url) as get:
        for turn in range(rounds):
            shared.cache_clear()
            timed(f"headers of {SLICES} slices", open_series, uid)
            for number in range(1, SLICES + 1, 10):
                timed(_FIRST, get, f"/api/preview/{uid}/{number}.png?window=lung")
                timed("request to PNG, another window", get, f"/api/preview/{uid}/{number}.png?window=bone")
            for content in list(contents.values())[::10]:
                timed("bare pydicom: decode", lambda data: dcmread(io.BytesIO(data)).pixel_array, content)
                timed(_BARE, _bare, content)
            timed(f"bare pydicom: {SLICES} headers", _headers, list(contents.values()))
            say(f"{name}, round {turn + 1} of {rounds}")
    return {way: spread(times) for way, times in seconds.items()}


def _place() -> tuple[str, str, str]:
    asked = "SELECT SeriesInstanceUID, aws_bucket, crdc_series_uuid FROM series WHERE Modality = 'CT'"
    place = open_catalog().cursor().execute(f"{asked} AND instanceCount = {SLICES} LIMIT 1").fetchone()
    assert place
    return place


@contextmanager
def _client(url: str) -> Iterator[Callable[[str], bytes]]:
    """GET from the preview's routes, in this process, over the S3 at `url`."""
    client = httpx.AsyncClient(transport=httpx.ASGITransport(Starlette(routes=routes())), base_url="http://idc.bench")
    loop = asyncio.new_event_loop()

    def get(path: str) -> bytes:
        answer = loop.run_until_complete(client.get(path))
        assert answer.status_code == 200, answer.text
        return answer.content

    before = os.environ.get("IDC_COHORT_S3_ENDPOINT", "")
    os.environ["IDC_COHORT_S3_ENDPOINT"] = url
    settings.cache_clear()
    yield get
    os.environ["IDC_COHORT_S3_ENDPOINT"] = before
    settings.cache_clear()
    loop.close()


def _headers(contents: list[bytes]) -> None:
    for content in contents:
        dcmread(io.BytesIO(content[:16_384]), stop_before_pixels=True)


def _bare(data: bytes) -> bytes:
    """What a script would do for one slice."""
    read = dcmread(io.BytesIO(data))
    read.WindowCenter, read.WindowWidth = -600, 1500
    values = apply_windowing(apply_modality_lut(read.pixel_array, read), read)
    least, most = values.min(), values.max()
    stream = io.BytesIO()
    levels = ((values - least) / ((most - least) or 1) * 255).astype(np.uint8)
    Image.fromarray(levels).save(stream, "PNG", compress_level=1)
    return stream.getvalue()
