"""QUERY on the command line: the cohort itself, in either form, or where it stands."""

from __future__ import annotations

import sys
from pathlib import Path

from app.cohort.json_form import MAX_JSON_LENGTH
from app.common.errors import UserError, shorten

#: No character takes more bytes.
_MAX_BYTES = 4 * MAX_JSON_LENGTH


def query_text(argument: str) -> str:
    """The cohort that an argument means: `@FILE` is read from a file, `-` from standard input, all else is it.

    Raises
    ------
    UserError
        If there is no such file, or it holds no text or too much.
    """
    if argument != "-" and not argument.startswith("@"):
        return argument
    name = argument.removeprefix("@")
    try:
        if argument == "-":
            name, data = "Standard input", sys.stdin.buffer.read(_MAX_BYTES + 1)
        else:
            with Path(name).open("rb") as file:
                data = file.read(_MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no file has such a name"
        raise UserError(f"Can't read {shorten(name)}: {reason}.") from None
    if len(data) > _MAX_BYTES:
        raise UserError(f"{shorten(name)} has more than {_MAX_BYTES:,} bytes: no cohort is that large.")
    try:
        return data.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise UserError(f"{shorten(name)} is not UTF-8 text.") from None
