"""SQLite files move forward by steps: each once, all or none, one process at a time, and never backward."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from app.common.sqlite_file import NewerFileError, Step, open_file
from tests.support.paths import ROOT


def _split_names(connection: sqlite3.Connection) -> None:
    for number, name in connection.execute("SELECT number, name FROM person").fetchall():
        first, _, last = name.partition(" ")
        connection.execute("UPDATE person SET name = ?, family = ? WHERE number = ?", [first, last, number])


STEPS: tuple[Step, ...] = (
    ("CREATE TABLE person (number INTEGER PRIMARY KEY, name TEXT)", "INSERT INTO person VALUES (1, 'Ada Lovelace')"),
    ("ALTER TABLE person ADD COLUMN family TEXT",),
    _split_names,
)


def contents(path: Path) -> tuple[int, list[str], list[tuple]]:
    """Steps taken, tables as SQL, rows."""
    with closing(sqlite3.connect(path)) as connection:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        tables = [sql for (sql,) in connection.execute("SELECT sql FROM sqlite_master ORDER BY name")]
        return version, tables, connection.execute("SELECT * FROM person").fetchall() if tables else []


@pytest.mark.parametrize("taken", range(len(STEPS) + 1))
def test_a_file_takes_the_steps_that_it_lacks_from_wherever_it_stands(tmp_path: Path, taken: int) -> None:
    path = tmp_path / "file.sqlite"
    for steps in (STEPS[:taken], STEPS, STEPS):
        with open_file(path, steps) as connection:
            assert not connection.in_transaction
    version, _, rows = contents(path)
    assert (version, rows) == (3, [(1, "Ada", "Lovelace")])
    with open_file(path, STEPS) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


@pytest.mark.parametrize("taken", range(len(STEPS)))
def test_a_step_that_fails_leaves_the_file_as_it_was(tmp_path: Path, taken: int) -> None:
    path = tmp_path / "file.sqlite"
    with open_file(path, STEPS[:taken]):
        pass
    before = contents(path)
    broken: tuple[Step, ...] = (*STEPS, ("DELETE FROM person", "INSERT INTO nowhere VALUES (1)"))
    with pytest.raises(sqlite3.OperationalError, match="nowhere"), open_file(path, broken):
        pytest.fail("it was opened")
    assert contents(path) == before
    with open_file(path, STEPS):
        pass
    assert contents(path)[2] == [(1, "Ada", "Lovelace")]


def test_a_file_of_a_newer_version_is_refused_in_one_sentence_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "file.sqlite"
    with open_file(path, STEPS):
        pass
    before = {one.name: one.read_bytes() for one in tmp_path.iterdir()}
    with pytest.raises(NewerFileError) as caught, open_file(path, STEPS[:2]):
        pytest.fail("it was opened")
    said = str(caught.value)
    assert said.startswith(f"{path} was written by a newer version of this app: ")
    assert (said.count("\n"), said.count(". "), said[-1]) == (0, 0, ".")
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == before


AT_ONCE = """
import sys
from pathlib import Path
from app.common.sqlite_file import open_file

steps = (("CREATE TABLE person (number INTEGER)",), ("INSERT INTO person VALUES (1)",))
print("ready", flush=True)
input()
for number in range(30):
    with open_file(Path(sys.argv[1]) / f"{number}.sqlite", steps) as connection:
        connection.execute("INSERT INTO person VALUES (2)")
"""


def test_processes_that_start_at_once_do_not_collide(tmp_path: Path) -> None:
    command = [sys.executable, "-c", AT_ONCE, str(tmp_path)]
    pipe = subprocess.PIPE
    processes = [subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) for _ in range(4)]
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        process.communicate()
    assert [process.returncode for process in processes] == [0] * 4
    for number in range(30):
        version, _, rows = contents(tmp_path / f"{number}.sqlite")
        assert (version, sorted(rows)) == (2, [(1,), (2,), (2,), (2,), (2,)])
