"""Tables are fetched whole, resumed when cut, verified before use, and by one process for all."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from pyarrow import parquet

from app.catalog.tables import fetching as fetching
from app.catalog.tables import mirrors
from app.catalog.tables.check import InvalidTableError, check_table
from app.catalog.tables.fetching import FetchError, fetch, fetchable, is_fetched, parquet_of
from app.cohort import schema
from app.common.settings import settings
from tests.support import tables
from tests.support.paths import ROOT
from tests.support.s3_server import Fault

# The made-up tables cost seconds once: keep the tests that have them on one worker.
pytestmark = pytest.mark.xdist_group("made_up_tables")

#: Nothing listens there.
CLOSED = "http://127.0.0.1:9"


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    """A data folder of its own in this process, and no public sources but closed ones."""
    changed = replace(settings(), data_folder=tmp_path / "data", mirror=None)
    monkeypatch.setattr(fetching, "settings", lambda: changed)
    monkeypatch.setattr(mirrors, "settings", lambda: changed)
    monkeypatch.setattr(mirrors, "_PUBLIC", (f"{CLOSED}/{{version}}",))
    return tmp_path / "data"


@pytest.fixture
def from_mirror(home, monkeypatch) -> Iterator[tuple]:
    """A mirror with two tables: a large file, and one as it should be."""
    files = {"ct_index.parquet": large(), "pt_index.parquet": tables.parquet_bytes("pt_index")}
    with tables.mirror(files) as (server, address):
        changed = replace(settings(), data_folder=home, mirror=address)
        monkeypatch.setattr(mirrors, "settings", lambda: changed)
        yield server, files


def large() -> bytes:
    """A table of more bytes than are written to the disk at once."""
    sink = pa.BufferOutputStream()
    many = pa.concat_tables([tables.table("ct_index")] * 30)
    parquet.write_table(many, sink, compression="none", use_dictionary=False)
    return sink.getvalue().to_pybytes()


def test_the_schema_names_twelve_tables_to_fetch():
    assert len(fetchable()) == 12
    assert {"SeriesInstanceUID", "collection_id"} == {table.key for table in fetchable().values()}


def test_fetched_file_is_the_mirrors_and_is_fetched_once(from_mirror):
    server, files = from_mirror
    told = []
    path = fetch("pt_index", lambda step, done, size: told.append((step, done, size)))
    assert path == parquet_of("pt_index")
    assert path.read_bytes() == files["pt_index.parquet"]
    assert [name for name in os.listdir(path.parent) if not name.endswith(".lock")] == ["pt_index.parquet"]
    assert told[0][0].startswith("Fetching pt_index from 127.0.0.1")
    assert (len(path.read_bytes()),) * 2 in {(done, size) for _, done, size in told}
    fetch("pt_index")
    assert len(server.log) == 1


def test_a_cut_body_is_resumed_where_it_ended(from_mirror):
    server, files = from_mirror
    server.faults["ct_index.parquet"] = Fault("cut")
    with pytest.raises(FetchError, match="connection was cut"):
        fetch("ct_index")
    assert not is_fetched("ct_index")
    whole, before = len(files["ct_index.parquet"]), len(server.log)
    left = sum(one.stat().st_size for one in parquet_of("ct_index").parent.glob("*.part"))
    assert whole // 2 < left < whole

    server.faults.clear()
    fetch("ct_index")
    assert parquet_of("ct_index").read_bytes() == files["ct_index.parquet"]
    assert sum(sent for _, _, sent in server.log[before:]) == whole - left


def test_a_file_that_changed_meanwhile_is_fetched_anew(from_mirror):
    server, files = from_mirror
    server.faults["ct_index.parquet"] = Fault("cut")
    with pytest.raises(FetchError):
        fetch("ct_index")
    server.faults.clear()
    files["ct_index.parquet"] = tables.parquet_bytes("ct_index")
    fetch("ct_index")
    assert parquet_of("ct_index").read_bytes() == tables.parquet_bytes("ct_index")


def without(column: str, table: pa.Table) -> pa.Table:
    return table.drop_columns([column])


def with_column(name: str, values: pa.Array, table: pa.Table) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, values)


def as_parquet(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    parquet.write_table(table, sink)
    return sink.getvalue().to_pybytes()


def damaged() -> bytes:
    """A table whose ends are whole and whose middle is not."""
    content = bytearray(large())
    content[2_000 : len(content) - 20_000] = b"\xff" * (len(content) - 22_000)
    return bytes(content)


PT = tables.table("pt_index")
UIDS = PT.column("SeriesInstanceUID").combine_chunks()
FAULTY = {
    "no readable parquet file": lambda: b"<html>404</html>" * 100,
    "readable parquet": damaged,
    "lacks Units": lambda: as_parquet(without("Units", PT)),
    "Units is int64, not STRING": lambda: as_parquet(with_column("Units", pa.array(range(len(PT))), PT)),
    "CorrectedImage is string, not a list of STRING": lambda: as_parquet(
        with_column("CorrectedImage", pa.array(["x"] * len(PT)), PT)
    ),
    "no rows": lambda: as_parquet(PT.slice(0, 0)),
    "no SeriesInstanceUID that can be one": lambda: as_parquet(
        with_column("SeriesInstanceUID", pc.replace_substring(UIDS, "1.3", "1,3"), PT)
    ),
    "knows only 0 of": lambda: as_parquet(with_column("SeriesInstanceUID", pc.utf8_reverse(UIDS), PT)),
}


@pytest.mark.parametrize("reason", FAULTY)
def test_a_faulty_table_is_refused(reason, from_mirror):
    _, files = from_mirror
    name = "ct_index" if FAULTY[reason] is damaged else "pt_index"
    files[f"{name}.parquet"] = FAULTY[reason]()
    with pytest.raises(FetchError) as caught:
        fetch(name)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not is_fetched(name)
    assert not list(parquet_of(name).parent.glob("*.part"))

    files[f"{name}.parquet"] = tables.parquet_bytes(name)
    assert fetch(name).read_bytes() == tables.parquet_bytes(name)


def test_whole_numbers_may_come_as_floats_and_empty_columns_without_a_type(tmp_path):
    sm = tables.table("sm_index")
    sm = with_column("ObjectiveLensPower", sm.column("ObjectiveLensPower").cast(pa.float64()), sm)
    sm = with_column("admittingDiagnosis_CodeMeaning", pa.nulls(len(sm)), sm)
    (tmp_path / "sm.parquet").write_bytes(as_parquet(sm))
    check_table(tmp_path / "sm.parquet", schema.tables()["sm_index"])
    with pytest.raises(InvalidTableError):
        check_table(tmp_path / "sm.parquet", schema.tables()["sm_instance_index"])


def test_the_next_source_is_asked_where_the_first_has_no_whole_table(from_mirror, monkeypatch):
    _, files = from_mirror
    files["pt_index.parquet"] = b"not a table"
    with tables.mirror() as (server, address):
        monkeypatch.setattr(mirrors, "_PUBLIC", (address,))
        assert fetch("pt_index").read_bytes() == tables.parquet_bytes("pt_index")
        assert [key for _, key, _ in server.log] == ["pt_index.parquet"]


def test_a_folder_is_a_mirror_too(home, tmp_path, monkeypatch):
    folder = tmp_path / schema.data_version()
    folder.mkdir()
    (folder / "mr_index.parquet").write_bytes(tables.parquet_bytes("mr_index"))
    changed = replace(settings(), data_folder=home, mirror=f"{tmp_path}/{{version}}")
    monkeypatch.setattr(mirrors, "settings", lambda: changed)
    assert fetch("mr_index").read_bytes() == tables.parquet_bytes("mr_index")
    with pytest.raises(FetchError, match="the folder in IDC_COHORT_MIRROR: the source does not have it"):
        fetch("ct_index")


def run(home: Path, mirror: str, *arguments: str) -> subprocess.Popen[str]:
    """The command line with a data folder of its own."""
    # Where the mirror does not help, nothing beyond this machine is asked.
    environment = os.environ | {"IDC_COHORT_DATA": str(home), "IDC_COHORT_MIRROR": mirror, "HTTPS_PROXY": CLOSED}
    return subprocess.Popen(
        [sys.executable, "-m", "app", "fetch", *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_without_a_network_one_sentence_says_what_to_do(catalog, tmp_path):
    process = run(tables.data_folder(tmp_path), CLOSED, "--all")
    out, err = process.communicate()
    assert process.returncode == 2
    assert err.strip().splitlines() == [err.strip()]
    assert err.startswith("clinical_index could not be fetched (")
    for part in ("no connection to the source", "github.com", "storage.googleapis.com", "IDC_COHORT_MIRROR"):
        assert part in err
    assert len(out.splitlines()) == 12
    assert all(line.endswith("\tnot fetched") for line in out.splitlines())


def test_two_processes_at_once_fetch_once(catalog, tmp_path):
    home = tables.data_folder(tmp_path)
    with tables.mirror() as (server, address):
        server.latency = 0.5
        both = [run(home, address, "rtstruct_index") for _ in range(2)]
        ended = [process.communicate() for process in both]
        assert [process.returncode for process in both] == [0, 0], ended
        assert [key for _, key, _ in server.log] == ["rtstruct_index.parquet"]
    assert [out for out, _ in ended] == ["rtstruct_index\tthere\n"] * 2
