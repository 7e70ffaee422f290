"""The public buckets that hold IDC's files, in two clouds."""

from __future__ import annotations

import re
from enum import StrEnum

from app.common.errors import UserError


class Cloud(StrEnum):
    """Where IDC's public buckets are read from."""

    AWS = "aws"
    GCS = "gcs"


#: Source → endpoint that s5cmd is to use.
ENDPOINTS = {Cloud.AWS: "https://s3.amazonaws.com", Cloud.GCS: "https://storage.googleapis.com"}

#: AWS bucket → the Google bucket with the same objects.
GCS_BUCKETS = {
    "idc-open-data": "idc-open-data",
    "idc-open-data-two": "idc-open-idc1",
    "idc-open-data-cr": "idc-open-cr",
}


#: What a bucket name and a CRDC UUID look like; anything else must not reach a manifest, which is a list of commands.
SAFE_PLACE = "[a-z0-9.-]+/[0-9a-f-]{36}"


def safe_place(place: str) -> str:
    """The same ``bucket/uuid``, once it is sure to be one.

    Raises
    ------
    UserError
        If it is not.
    """
    if not re.fullmatch(SAFE_PLACE, place):
        raise UserError("The index names no safe place for this series.")
    return place
