"""Hostile SQL reads nothing, writes nothing, reaches nobody, and ends within its limits."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.console.tables import absent, sources
from tests.support.hostile_sql import ENDLESS, HARMLESS, REFUSED
from tests.support.sql_worker import Ending, run_all

CANARY = "canary-4711"
MOST_ROWS, MOST_BYTES = 5_000, 2_000_000
LONGEST_SENTENCE = 400


class Surroundings:
    """A file to be read, an empty folder to be written to, and a port to be called."""

    def __init__(self, folder: Path, listener: socket.socket) -> None:
        self.folder, self.secret, self.target = folder, folder / "secret.csv", folder / "target"
        self.secret.write_text(f"a,b\n{CANARY},1\n")
        self.listener = listener

    def request(self, statement: str, seconds: float = 60) -> dict[str, Any]:
        """The statement with the places filled in, under small limits."""
        database = next(iter(sources().values())).database
        places = {"secret": self.secret, "target": self.target, "folder": self.folder, "database": database}
        for name, place in {**places, "port": self.listener.getsockname()[1]}.items():
            statement = statement.replace(f"{{{name}}}", str(place))
        return {
            "sql": statement.replace("{{", "{").replace("}}", "}"),
            "tables": {name: (str(source.database), source.name) for name, source in sources().items()},
            "absent": absent(),
            "memory_mb": 200,
            "seconds": seconds,
            "max_rows": MOST_ROWS,
            "max_bytes": MOST_BYTES,
            "max_columns": 100,
        }

    def check(self) -> None:
        """Nothing was written, nobody called."""
        assert [path.name for path in self.folder.iterdir()] == [self.secret.name]
        with pytest.raises(BlockingIOError):
            self.listener.accept()


@pytest.fixture(scope="module")
def surroundings(tmp_path_factory, catalog) -> Iterator[Surroundings]:
    os.environ["SQL_CANARY"] = CANARY
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        yield Surroundings(tmp_path_factory.mktemp("hostile"), listener)
    del os.environ["SQL_CANARY"]


def check(statement: str, ending: Ending, surroundings: Surroundings) -> None:
    """It told nothing of the server, and no more than it may."""
    told = ending.said.encode() + ending.written
    for secret in (CANARY, str(next(iter(sources().values())).database.parent), str(Path.home() / ".duckdb")):
        assert secret.encode() not in told, statement
    assert "root:x:0" not in ending.said, statement
    assert len(ending.written) < MOST_BYTES + 200_000, statement


def test_refused(surroundings: Surroundings, tmp_path: Path) -> None:
    assert len(REFUSED) >= 100
    endings = run_all([surroundings.request(statement) for statement in REFUSED], tmp_path)
    for statement, ending in zip(REFUSED, endings, strict=True):
        check(statement, ending, surroundings)
        shown = statement[:80]
        if ending.code:  # too much for the process itself
            assert ending.code in (-signal.SIGABRT, -signal.SIGSEGV, -signal.SIGKILL), (shown, ending.said)
        else:
            assert 10 < len(ending.ending["error"]) < LONGEST_SENTENCE, (shown, ending.said)
            assert "\n" not in ending.ending["error"], shown
    surroundings.check()


def test_endless(surroundings: Surroundings, tmp_path: Path) -> None:
    endings = run_all([surroundings.request(statement, seconds=0.4) for statement in ENDLESS], tmp_path)
    for statement, ending in zip(ENDLESS, endings, strict=True):
        assert (ending.code, ending.said) == (-signal.SIGALRM, ""), statement


def test_harmless(surroundings: Surroundings, tmp_path: Path) -> None:
    endings = run_all([surroundings.request(statement) for statement in HARMLESS], tmp_path)
    for statement, ending in zip(HARMLESS, endings, strict=True):
        check(statement, ending, surroundings)
        assert ending.code == 0, statement
        assert len(ending.rows) == ending.ending["rows"] <= MOST_ROWS, (statement, ending.said)
        assert bool(ending.ending["cut_by"]) == ("000_000)" in statement or statement == "FROM index"), ending.said


def test_the_database_and_the_process_are_closed_by_themselves(surroundings: Surroundings, tmp_path: Path) -> None:
    """Even where nobody asks whether a statement may run."""
    reaching = [
        one for one in REFUSED if any(place in one for place in ("{secret}", "{target}", "{port}", "SQL_CANARY"))
    ]
    endings = run_all([surroundings.request(statement) for statement in reaching], tmp_path, guarded=False)
    for statement, ending in zip(reaching, endings, strict=True):
        assert CANARY.encode() not in ending.said.encode() + ending.written, statement
    surroundings.check()
