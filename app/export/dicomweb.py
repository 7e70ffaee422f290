"""One study or series by DICOMweb: its addresses, and commands that use them.

IDC's proxy is for looking into studies, not for fetching cohorts; `LIMITS` says so wherever it is offered. For a whole
cohort see `app.export.tools` and `app.export.writers.dicomweb_csv`.
"""

from __future__ import annotations

import re
import shlex

from app.cohort import schema
from app.common.errors import UserError
from app.common.settings import IDC_PROXY, settings

#: What IDC's proxy allows; an operator's own server may allow more.
LIMITS = (
    "IDC's DICOMweb proxy needs no login, answers GET alone, and gives an address at most 137 GB a day: use it for"
    " headers, pictures and single series, and the buckets for whole cohorts."
)

_GOOGLE = (
    "https://healthcare.googleapis.com/v1/projects/nci-idc-data/locations/us-central1/datasets/idc/dicomStores"
    "/idc-store-v{version}/dicomWeb"
)

_UID = re.compile(r"[0-9.]{1,64}")

_CURL = """\
root={root}
study={study}
{series}get() {{ curl --fail --silent --show-error --location --header "Accept: $1" "$root/$2" --output "$3"; }}

# QIDO-RS: {which}
get application/dicom+json "{found}" series.json
# QIDO-RS: their instances
get application/dicom+json "{here}/instances" instances.json
# WADO-RS: all attributes, without pixels
get application/dicom+json "{here}/metadata" metadata.json
# WADO-RS: all files as they are stored, in one body of several parts
get 'multipart/related; type="application/dicom"; transfer-syntax=*' "{here}" files.multipart
"""

_PYTHON = """\
# pip install dicomweb-client
from dicomweb_client import DICOMwebClient

client = DICOMwebClient({root!r})
study = {study!r}
{series}
# QIDO-RS: what there is
print(client.search_for_series(study{filters}))
# WADO-RS: all attributes, without pixels
metadata = client.retrieve_{what}_metadata({uids})
# WADO-RS: all files as they are stored
for dataset in client.iter_{what}({uids}, media_types=(("application/dicom", "*"),)):
    dataset.save_as(f"{{dataset.SOPInstanceUID}}.dcm", enforce_file_format=True)
"""


def limits() -> str:
    """What to know of the server that the addresses lead to."""
    if settings().dicomweb == IDC_PROXY:
        return f"{LIMITS} With a Google account, the same works without that limit at {google()}."
    return f"This installation reads DICOMweb from {settings().dicomweb}, which its operator chose."


def google() -> str:
    """Root of IDC's store at Google, which asks for a login."""
    return _GOOGLE.format(version=schema.idc_version())


def addresses(study: str, series: str | None = None) -> dict[str, str]:
    """Addresses of a study, or of one series of it, by what they give.

    Raises
    ------
    UserError
        If a UID is none.
    """
    here = f"{settings().dicomweb}/studies/{_checked(study)}"
    if series is None:
        found = {"series": f"{here}/series"}
    else:
        found = {"series": f"{here}/series?SeriesInstanceUID={_checked(series)}"}
        here = f"{here}/series/{series}"
    return found | {"instances": f"{here}/instances", "metadata": f"{here}/metadata", "files": here}


def curl(study: str, series: str | None = None) -> str:
    """Commands that fetch a study or series into the present folder: what there is, its headers, its files."""
    one = series is not None
    return _CURL.format(
        root=shlex.quote(settings().dicomweb),
        study=_checked(study),
        series=f"series={_checked(series)}\n" if series is not None else "",
        which="the series" if one else "the series of the study",
        found=f"studies/$study/series{'?SeriesInstanceUID=$series' if one else ''}",
        here=f"studies/$study{'/series/$series' if one else ''}",
    )


def python(study: str, series: str | None = None) -> str:
    """The same in Python, with dicomweb-client; a file per instance."""
    one = series is not None
    return _PYTHON.format(
        root=settings().dicomweb,
        study=_checked(study),
        series=f"series = {_checked(series)!r}\n" if series is not None else "",
        filters=', search_filters={"SeriesInstanceUID": series}' if one else "",
        what="series" if one else "study",
        uids="study, series" if one else "study",
    )


def _checked(uid: str) -> str:
    if not _UID.fullmatch(uid):
        raise UserError("This UID is none: digits and dots make one.")
    return uid
