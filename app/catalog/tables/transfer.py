"""One file from a store to the disk: whole or to be resumed, however often the line is cut."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import obstore
from obstore.exceptions import BaseError

from app.storage.errors import ErrorKind, StorageError, classify

if TYPE_CHECKING:
    from obstore import GetOptions, GetResult
    from obstore.store import ObjectStore

#: Called with the bytes that are there and those of the whole file.
Progress = Callable[[int, int], None]

_ATTEMPTS = 2
_CHUNK = 1 << 16

#: Errors that another attempt, which goes on where this one ended, may get past.
_PASSING = frozenset({ErrorKind.CUT, ErrorKind.STALLED, ErrorKind.SERVER, ErrorKind.BYTES})


def fetch_file(store: ObjectStore, path: str, part: Path, progress: Progress = lambda done, size: None) -> None:
    """Leave the file `path` of `store` whole at `part`.

    What an earlier call left at `part` is kept if the store still has the same version of the file: its tag and size
    are noted beside it.

    Raises
    ------
    StorageError
        If it can't be had; what has come so far stays for the next call.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            _advance(store, path, part, progress)
        except (BaseError, OSError, StorageError) as error:
            kind, detail = classify(error)
            if kind not in _PASSING or attempt == _ATTEMPTS:
                raise StorageError(kind, detail) from None
        else:
            _note_of(part).unlink()
            return


def discard(part: Path) -> None:
    """Remove what came of a file."""
    part.unlink(missing_ok=True)
    _note_of(part).unlink(missing_ok=True)


def _advance(store: ObjectStore, path: str, part: Path, progress: Progress) -> None:
    """Fetch what is missing at `part`, in one answer of the store."""
    found, there = _ask(store, path, part)
    size = int(found.meta["size"])
    with part.open("ab") as file:
        file.truncate(there)
        progress(there, size)
        if there < size:
            for chunk in found.stream(_CHUNK):
                file.write(chunk)
                there += len(chunk)
                progress(there, size)
    if there != size:
        raise StorageError(ErrorKind.BYTES, f"{there:,} of {size:,} bytes came")


def _ask(store: ObjectStore, path: str, part: Path) -> tuple[GetResult, int]:
    """The store's answer, and how many bytes of the file are there already."""
    there = part.stat().st_size if part.is_file() else 0
    note = _read_note(part)
    if there and note.get("path") == path and there < note["size"]:
        try:
            found = obstore.get(store, path, options=_rest(there, note["tag"]))
        except BaseError:
            pass  # the file has changed, or the store gives whole files only
        else:
            if found.meta["size"] == note["size"]:
                return found, there
    found = obstore.get(store, path)
    noted = {"path": path, "size": found.meta["size"], "tag": found.meta["e_tag"]}
    _note_of(part).write_text(json.dumps(noted))
    return found, 0


def _rest(there: int, tag: str | None) -> GetOptions:
    # A weak tag matches nothing, by its definition.
    strong = {"if_match": tag} if tag and not tag.startswith("W/") else {}
    return {"range": {"offset": there}, **strong}  # type: ignore[typeddict-item]


def _note_of(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


def _read_note(part: Path) -> dict[str, Any]:
    try:
        found = json.loads(_note_of(part).read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) and {"path", "size", "tag"} <= set(found) else {}
