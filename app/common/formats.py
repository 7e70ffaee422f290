"""A format of an export as one row: what it is called, how it is sent and saved, and what writes it.

The command line's choices, the API's routes, file names, media types and the pages' buttons follow from tables of
these.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

Write = TypeVar("Write")


@dataclass(frozen=True, slots=True)
class Format(Generic[Write]):
    """One format.

    Parameters
    ----------
    name
        Name in the command line and in addresses.
    label
        What its button says.
    media_type
        Media type of the answer.
    write
        What writes it.
    extension
        Ending of its route and of its file, without a dot.
    language
        What its text is highlighted as where a page shows it; empty for plain text.
    """

    name: str
    label: str
    media_type: str
    write: Write
    extension: str
    language: str = ""


def by_name(*formats: Format[Write]) -> dict[str, Format[Write]]:
    """Table of formats by their names, in this order; the first is the default."""
    return {one.name: one for one in formats}
