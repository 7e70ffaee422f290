"""Where downloaded files may go: a template of folders, and names that are safe whatever the data hold."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from app.cohort import schema
from app.common.errors import UserError, shorten

DEFAULT_TEMPLATE = "%collection_id/%PatientID/%StudyInstanceUID/%Modality_%SeriesInstanceUID"

#: Columns that a template may name, as far as the release has them.
COLUMNS = tuple(
    name
    for name in (
        "collection_id",
        "analysis_result_id",
        "PatientID",
        "PatientSex",
        "StudyInstanceUID",
        "StudyDate",
        "StudyDescription",
        "SeriesInstanceUID",
        "SeriesNumber",
        "SeriesDescription",
        "SeriesDate",
        "Modality",
        "BodyPartExamined",
        "Manufacturer",
        "ManufacturerModelName",
        "license_short_name",
        "crdc_series_uuid",
    )
    if name in schema.tables()["index"].columns
)

#: What stands for a missing value.
MISSING = "unknown"

_MAX_PARTS = 12
#: In UTF-8; encrypting file systems allow 143 bytes for a name.
_MAX_PART_BYTES = 120
_DIGEST = 8
# Longest first: %SeriesDate must not hide in %SeriesDateOfSomething, nor Modality end at its underscore.
_FIELD = re.compile("%(" + "|".join(sorted(COLUMNS, key=len, reverse=True)) + ")")
_FORBIDDEN = frozenset('<>:"/\\|?*')
_DEVICES = r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])"
_RESERVED = re.compile(rf"{_DEVICES}(?:\..*)?", re.IGNORECASE)
#: Names that need no second look: nearly all, and there may be a million.
_PLAIN = re.compile(rf"(?!{_DEVICES}(?:\.|$))[a-z0-9_](?:[a-z0-9_.-]{{0,118}}[a-z0-9_-])?", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Template:
    """Folders below the root, such as ``%collection_id/%PatientID``; empty text puts all files into the root.

    Raises
    ------
    UserError
        If the text is no relative path, or names an unknown column.
    """

    text: str = DEFAULT_TEMPLATE

    def __post_init__(self) -> None:
        for part in self._parts:
            literal = _FIELD.sub("", part)
            if not part or part in (".", ".."):
                raise UserError("The template is a relative path: no part of it is empty, “.” or “..”.")
            if "%" in literal:
                unknown = re.search(r"%\w*", literal)
                name = shorten(unknown[0] if unknown else "%")
                raise UserError(f"The template has no field “{name}”; choose from {', '.join(COLUMNS)}.")
            if bad := next((one for one in literal if one in _FORBIDDEN or not one.isprintable()), None):
                raise UserError(f"A folder's name can't hold {bad!r}; take it out of the template.")
        if len(self._parts) > _MAX_PARTS:
            raise UserError(f"The template has {len(self._parts)} levels of folders; use {_MAX_PARTS} at most.")

    @property
    def _parts(self) -> list[str]:
        return self.text.split("/") if self.text else []

    @property
    def columns(self) -> list[str]:
        """Columns that the template names."""
        return sorted(set(_FIELD.findall(self.text)))

    def folder(self, values: Mapping[str, str | None]) -> str:
        """Folder of one series, relative to the root and with ``/`` between its parts."""
        return "/".join(safe_part(_FIELD.sub(lambda field: values[field[1]] or MISSING, part)) for part in self._parts)


def safe_part(text: str) -> str:
    """A name for one folder on every common file system; different texts never get the same name.

    What has to be changed or cut ends in ``~`` and a few digits of the text's hash.
    """
    if _PLAIN.fullmatch(text):
        return text
    safe = "".join(
        one if one.isprintable() and one not in _FORBIDDEN else "_" for one in unicodedata.normalize("NFC", text)
    )
    safe = safe.strip(" ").rstrip(". ")
    if not safe or safe[0] in ".-~":
        safe = f"_{safe[1:]}"
    if _RESERVED.fullmatch(safe):
        safe = f"_{safe}"
    # A text that looks like a changed one is changed itself.
    if safe == text and len(text.encode()) <= _MAX_PART_BYTES and not re.search(rf"~[0-9a-f]{{{_DIGEST}}}$", text):
        return text
    digest = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:_DIGEST]
    cut = safe.encode()[: _MAX_PART_BYTES - _DIGEST - 1].decode(errors="ignore")
    return f"{cut}~{digest}"
