"""The public buckets that hold IDC's files, in two clouds."""

from __future__ import annotations

from enum import StrEnum


class Source(StrEnum):
    """Where IDC's public buckets are read from."""

    AWS = "aws"
    GCS = "gcs"


#: Source → endpoint that s5cmd is to use.
ENDPOINTS = {Source.AWS: "https://s3.amazonaws.com", Source.GCS: "https://storage.googleapis.com"}

#: AWS bucket → the Google bucket with the same objects.
GCS_BUCKETS = {
    "idc-open-data": "idc-open-data",
    "idc-open-data-two": "idc-open-idc1",
    "idc-open-data-cr": "idc-open-cr",
}
