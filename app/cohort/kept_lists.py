"""What people keep on this server: id lists, in one SQLite file beside the catalog.

A list is named after its contents, so keeping it twice keeps it once, and its name in a link means the same list on
every server that has it. Any number of threads and processes may use the file; each call opens it for itself.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from app.cohort.attributes import ATTRIBUTES
from app.common.errors import UserError, shorten
from app.common.settings import settings
from app.common.sqlite_file import Step, open_file

#: Attributes that a list may hold, the most specific first.
KINDS = ("crdc_series_uuid", "SeriesInstanceUID", "StudyInstanceUID", "PatientID")

#: Steps from a new file to the present tables; only ever append.
_STEPS: tuple[Step, ...] = (
    (
        "CREATE TABLE id_list (name TEXT PRIMARY KEY, digest TEXT NOT NULL UNIQUE, attribute TEXT NOT NULL,"
        " ids BLOB NOT NULL, kept_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP)",
    ),
)

#: Hexadecimal digits of a list's name, unless another list has it already.
NAME_LENGTH = 12


@dataclass(frozen=True, slots=True)
class IdList:
    """Identifiers of one kind: `attribute` is one of `KINDS`, `values` are sorted and distinct."""

    attribute: str
    values: tuple[str, ...]

    @classmethod
    def of(cls, attribute: str, values: Iterable[str]) -> IdList:
        """Canonical list.

        Raises
        ------
        UserError
            If the attribute is no identifier.
        """
        if attribute not in KINDS or attribute not in ATTRIBUTES:
            raise UserError(f"A list holds {', '.join(KINDS[:-1])} or {KINDS[-1]}.")
        return cls(attribute, tuple(sorted(set(values))))


def path() -> Path:
    """The file, whether or not it is there."""
    return settings().data_folder / "store.sqlite3"


def keep(attribute: str, values: Iterable[str]) -> str:
    """Keep a list for good.

    Returns
    -------
    str
        Its name for `load`.

    Raises
    ------
    UserError
        If the attribute is no identifier, the data folder can't be written to, or a newer version of the app has
        written the file.
    """
    wanted = IdList.of(attribute, values)
    if not wanted.values:
        raise UserError("A list needs at least one identifier.")
    digest = _digest(wanted)
    with _writing() as connection:
        names = dict(
            connection.execute("SELECT digest, name FROM id_list WHERE name LIKE ?", [f"{digest[:NAME_LENGTH]}%"])
        )
        if digest not in names:
            taken = set(names.values())
            name = next(digest[:n] for n in range(NAME_LENGTH, len(digest) + 1) if digest[:n] not in taken)
            ids = zlib.compress(json.dumps(wanted.values).encode())
            connection.execute(
                "INSERT INTO id_list (name, digest, attribute, ids) VALUES (?, ?, ?, ?)", [name, digest, attribute, ids]
            )
            names[digest] = name
    return str(names[digest])


@lru_cache(maxsize=8)
def load(name: str) -> IdList:
    """The list of that name, which never changes.

    Raises
    ------
    UserError
        If this server does not have it, or a newer version of the app has written the file.
    """
    row = None
    if path().is_file():
        try:
            with open_file(path(), _STEPS) as connection:
                row = connection.execute("SELECT attribute, ids FROM id_list WHERE name = ?", [name]).fetchone()
        except (OSError, sqlite3.Error, UnicodeEncodeError) as error:
            raise UserError(f"The kept lists can't be read: {shorten(str(error))}.") from None
    if row is None:
        raise UserError(f"The list “{shorten(name)}” is not on this server: import it again.")
    return IdList(row[0], tuple(json.loads(zlib.decompress(row[1]))))


def values_of(attribute: str, names: Iterable[str]) -> tuple[str, ...]:
    """Identifiers of all lists of these names.

    Raises
    ------
    UserError
        If this server lacks one of them, or it holds other identifiers than `attribute`.
    """
    values: set[str] = set()
    for name in names:
        found = load(name)
        if found.attribute != attribute:
            raise UserError(f"The list {name} holds {found.attribute}, not {attribute}.")
        values.update(found.values)
    return tuple(sorted(values))


def _digest(ids: IdList) -> str:
    return hashlib.sha256(json.dumps([ids.attribute, ids.values]).encode()).hexdigest()


@contextmanager
def _writing() -> Iterator[sqlite3.Connection]:
    """A transaction that nobody else writes beside."""
    try:
        path().parent.mkdir(parents=True, exist_ok=True)
        with open_file(path(), _STEPS) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")
    except (OSError, sqlite3.Error) as error:
        raise UserError(f"Nothing can be kept in {path().parent}: {shorten(str(error))}.") from None
