"""Kept lists come back, under one name however often and from wherever they are kept."""

import hashlib
import sqlite3
import subprocess
import sys
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.cohort import kept_lists
from app.cohort.kept_lists import KINDS, IdList
from app.common.errors import UserError
from app.common.settings import Settings
from tests.support.paths import ROOT


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.setattr(kept_lists, "settings", lambda: Settings(tmp_path / "new" / "data"))
    return tmp_path / "new" / "data"


def test_lists_come_back_canonical(folder):
    name = kept_lists.keep("PatientID", ["b", "a", "b", "a\nb", "é'\x00"])
    assert kept_lists.load(name) == IdList("PatientID", ("a", "a\nb", "b", "é'\x00"))
    assert (folder / "store.sqlite3").is_file()


def test_the_name_is_that_of_the_contents(folder):
    name = kept_lists.keep("PatientID", ["b", "a"])
    assert name == hashlib.sha256(b'["PatientID", ["a", "b"]]').hexdigest()[:12]
    assert kept_lists.keep("PatientID", iter(["a", "b", "a"])) == name
    assert kept_lists.keep("StudyInstanceUID", ["a", "b"]) != name
    assert kept_lists.keep("PatientID", ["a\nb"]) != name
    with sqlite3.connect(folder / "store.sqlite3") as connection:
        assert connection.execute("SELECT count(*) FROM id_list").fetchone() == (3,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_names_grow_where_another_list_has_them(folder, monkeypatch):
    monkeypatch.setattr(kept_lists, "_digest", lambda ids: "0" * 12 + "1" * 50 + f"{len(ids.values):02}")
    names = [kept_lists.keep("PatientID", map(str, range(size))) for size in (1, 2, 3, 1)]
    assert names == ["0" * 12, "0" * 12 + "1", "0" * 12 + "11", "0" * 12]
    assert [len(kept_lists.load(name).values) for name in names] == [1, 2, 3, 1]


@pytest.mark.parametrize("name", ["0123456789ab", "", "%", "' OR 1=1 --", "\ud800", "x" * 10_000])
def test_lists_of_other_servers_are_not_here(name, folder):
    for _ in range(2):  # without the file, and with it
        with pytest.raises(UserError, match=r"import it again|can't be read") as caught:
            kept_lists.load(name)
        assert str(caught.value).isprintable()
        kept_lists.keep("PatientID", ["a"])


def test_only_identifiers_are_kept(folder):
    with pytest.raises(UserError, match="A list holds"):
        kept_lists.keep("Modality", ["CT"])
    assert not folder.exists()


def test_a_folder_that_cannot_be_written_to(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setattr(kept_lists, "settings", lambda: Settings(tmp_path / "file" / "data"))
    with pytest.raises(UserError, match="Nothing can be kept in"):
        kept_lists.keep("PatientID", ["a"])
    with pytest.raises(UserError, match="import it again"):
        kept_lists.load("0123456789ab")


def test_a_file_that_is_no_store(folder):
    folder.mkdir(parents=True)
    (folder / "store.sqlite3").write_bytes(b"something else entirely" * 100)
    with pytest.raises(UserError, match="Nothing can be kept"):
        kept_lists.keep("PatientID", ["a"])
    with pytest.raises(UserError, match="can't be read"):
        kept_lists.load("0123456789ab")


def test_a_store_of_a_newer_version_is_left_alone(folder):
    name = kept_lists.keep("PatientID", ["a"])
    with sqlite3.connect(folder / "store.sqlite3") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = (folder / "store.sqlite3").read_bytes()
    for ask in (lambda: kept_lists.keep("PatientID", ["b"]), lambda: kept_lists.load(name)):
        with pytest.raises(UserError, match=r"^.*store.sqlite3 was written by a newer version of this app: [^.]*\.$"):
            ask()
    assert (folder / "store.sqlite3").read_bytes() == before


def test_a_store_as_the_first_version_made_it(folder):
    """The only layout so far; what an installation keeps must open for good."""
    folder.mkdir(parents=True)
    with sqlite3.connect(folder / "store.sqlite3") as connection:
        connection.executescript(
            "PRAGMA journal_mode = WAL;"
            "CREATE TABLE id_list (name TEXT PRIMARY KEY, digest TEXT NOT NULL UNIQUE, attribute TEXT NOT NULL,"
            " ids BLOB NOT NULL, kept_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP);"
            "PRAGMA user_version = 1;"
        )
        digest = hashlib.sha256(b'["PatientID", ["a", "b"]]').hexdigest()
        row = [digest[:12], digest, "PatientID", zlib.compress(b'["a", "b"]'), "2026-11-22 10:00:00"]
        connection.execute("INSERT INTO id_list VALUES (?, ?, ?, ?, ?)", row)
    connection.close()
    assert kept_lists.load(digest[:12]) == IdList("PatientID", ("a", "b"))
    assert kept_lists.keep("PatientID", ["b", "a"]) == digest[:12]
    assert kept_lists.load(kept_lists.keep("PatientID", ["c"])).values == ("c",)
    with sqlite3.connect(folder / "store.sqlite3") as connection:
        assert connection.execute("SELECT * FROM id_list WHERE digest = ?", [digest]).fetchone() == tuple(row)
    connection.close()


def test_an_empty_file_is_a_new_store(folder):
    folder.mkdir(parents=True)
    (folder / "store.sqlite3").touch()
    with pytest.raises(UserError, match="import it again"):
        kept_lists.load("fedcba987654")
    assert kept_lists.load(kept_lists.keep("PatientID", ["a"])).values == ("a",)


def test_a_hundred_thousand_ids(folder):
    ids = [f"1.3.6.1.4.1.14519.5.2.1.{number}" for number in range(100_000)]
    assert kept_lists.load(kept_lists.keep("SeriesInstanceUID", ids)).values == tuple(sorted(ids))
    assert (folder / "store.sqlite3").stat().st_size < 1_000_000


def test_processes_and_threads_write_at_once(folder):
    code = (
        "import sys; from app.cohort import kept_lists;"
        "print(*(kept_lists.keep('PatientID', [str(n)]) for n in range(*map(int, sys.argv[1:]))))"
    )
    ranges = [("0", "60"), ("30", "90"), ("0", "90")]
    environment = {"IDC_COHORT_DATA": str(folder), "PYTHONPATH": str(ROOT)}
    processes = [
        subprocess.Popen([sys.executable, "-c", code, *ends], env=environment, stdout=subprocess.PIPE, text=True)
        for ends in ranges
    ]
    with ThreadPoolExecutor(8) as pool:
        here = list(pool.map(lambda n: kept_lists.keep("PatientID", [str(n)]), range(90)))
    for process, (start, end) in zip(processes, ranges, strict=True):
        output, _ = process.communicate()
        assert process.returncode == 0
        assert output.split() == here[int(start) : int(end)]
    assert [kept_lists.load(name).values for name in here] == [(str(n),) for n in range(90)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(KINDS),
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=9), min_size=1, max_size=9),
)
def test_whatever_is_kept_comes_back(folder, kind, values):
    assert kept_lists.load(kept_lists.keep(kind, values)) == IdList.of(kind, values)
