"""The public buckets as obstore sees them: opened without a login, and listed series by series."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

import obstore
from obstore.store import S3Store

from app.common.settings import settings
from app.storage.buckets import ENDPOINTS, Cloud
from app.storage.errors import ErrorKind, StorageError
from app.storage.limits import Limits

_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,119}")


def open_store(address: str, bucket: str, limits: Limits) -> S3Store:
    """A bucket at `address`, read without a login."""
    patience = timedelta(seconds=limits.patience)
    return S3Store(
        bucket,
        endpoint=address,
        region="us-east-1",
        skip_signature=True,
        virtual_hosted_style_request=False,
        client_options={
            "allow_http": address.startswith("http://"),
            "connect_timeout": min(patience, timedelta(seconds=10)),
            "read_timeout": patience,
            # Large files take as long as they take.
            "timeout": timedelta(days=7),
        },
        retry_config={
            "max_retries": 4,
            "backoff": {
                "init_backoff": timedelta(milliseconds=200),
                "max_backoff": timedelta(seconds=3),
                "base": 2,
            },
            "retry_timeout": patience * 1.5,
        },
    )


def list_files(store: S3Store, series: WantedSeries) -> dict[str, int]:
    """Name → bytes of the files of a series.

    Raises
    ------
    StorageError
        If there are none, or a name is unsafe.
    """
    prefix = f"{series.crdc_uuid}/"
    listed = {}
    for page in obstore.list(store, prefix):
        for meta in page:
            name = meta["path"].removeprefix(prefix)
            if not _FILE_NAME.fullmatch(name):
                raise StorageError(ErrorKind.UNSAFE, repr(name[:60]))
            listed[name] = meta["size"]
    if not listed:
        raise StorageError(ErrorKind.NOT_FOUND, f"nothing lies at {series.bucket}/{prefix}")
    return listed


@dataclass(frozen=True, slots=True)
class WantedSeries:
    """One wanted series.

    Parameters
    ----------
    uid
        SeriesInstanceUID.
    bucket, crdc_uuid
        Where its files lie: ``<bucket>/<crdc_uuid>/``.
    folder
        Where they go, relative to the root.
    instances, size_bytes
        What the index says there is.
    """

    uid: str
    bucket: str
    crdc_uuid: str
    folder: str
    instances: int
    size_bytes: int


def endpoint(source: Cloud) -> str:
    """Address that `source` is read from."""
    return settings().s3_endpoint or ENDPOINTS[source]
