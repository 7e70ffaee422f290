"""Lists of identifiers that people bring: pasted text, CSV, manifests or JSON, looked up in this release.

Nobody is asked which identifiers a list holds. Every entry is looked up as each of them, and the list is taken for what
most of it turns out to be; `report` says what was found, what only older releases held, and what nobody knows.
"""

from __future__ import annotations

import codecs
import csv
import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.catalog import Catalog
from app.cohort import ATTRIBUTES, MAX_VALUE_LENGTH, schema
from app.cohort.kept_lists import KINDS, IdList
from app.common.errors import UserError

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

MAX_BYTES = 5_000_000
MAX_IDS = 200_000

#: Headings of columns that hold them, without regard to case, blanks, ``_`` and ``-``.
_HEADINGS = frozenset(
    {
        *(kind.lower().replace("_", "") for kind in KINDS),
        *("patient", "case", "caseid", "subject", "subjectid", "study", "studyuid", "studyid"),
        *("series", "seriesuid", "seriesid", "uid", "uuid"),
    }
)
#: How far down a file its heading may stand, below lines of explanation.
_PREAMBLE = 100

_SEPARATOR = re.compile("[,;\t]")
_UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
#: The folder of a series in one of IDC's buckets.
_OBJECT = re.compile(rf"(?:s3|gs|https?)://\S*?/({_UUID})(?![\w-])")
_UUID_ALONE = re.compile(_UUID)
_LINE_END = re.compile(r"\r\n|\r|\n")
_BINARY = {b"PK": "a workbook or an archive", b"PAR1": "a Parquet file", b"%PDF": "a PDF", b"\x1f\x8b": "compressed"}
_BYTE_ORDER_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


@dataclass(frozen=True, slots=True)
class IdReport:
    """What a list turned out to hold.

    Parameters
    ----------
    found
        The identifiers of this release, of the kind that the list was taken for.
    older
        Identifier that only older releases held → the last of them.
    not_found
        Entries that no release held, in the list's order.
    duplicates
        Number of entries that repeat another one.
    kinds
        Attribute → number of entries found in this release; entries of another kind than `found` are left out of it.
    """

    found: IdList
    older: dict[str, int]
    not_found: tuple[str, ...]
    duplicates: int
    kinds: dict[str, int]

    @property
    def sentences(self) -> list[str]:
        """The report in words."""
        kind = ATTRIBUTES[self.found.attribute].label
        said = [f"{_count(len(self.found.values), kind)} found in IDC v{schema.idc_version()}."]
        if self.older:
            last = max(self.older.values())
            said.append(f"{_count(len(self.older), kind)} found in older releases only, up to v{last}.")
        if self.not_found:
            said.append(f"{_count(len(self.not_found), 'entry')} not found.")
        if self.duplicates:
            said.append(f"{_count(self.duplicates, 'entry')} given more than once.")
        others = [_count(n, ATTRIBUTES[name].label) for name, n in self.kinds.items() if name != self.found.attribute]
        if others:
            said.append(f"The list also holds {' and '.join(others)}.")
        return said


def report(data: bytes | str, catalog: Catalog) -> IdReport:
    """Read a list and look all of it up.

    Parameters
    ----------
    data
        Pasted text, or the bytes of a file: text, CSV or TSV, a manifest for s5cmd or of idc-index, a JSON array.

    Raises
    ------
    UserError
        If it is too long, is no text, or holds no identifiers.
    """
    columns = read_columns(data)
    distinct = list(dict.fromkeys(entry for column in columns for entry in column.entries))
    if not distinct:
        raise UserError("There are no identifiers in this list: give one a line, or a table with a heading.")
    if len(distinct) > MAX_IDS:
        raise UserError(f"The list holds {len(distinct):,} different entries, more than {MAX_IDS:,}: split it.")
    cursor = catalog.cursor()
    cursor.register("asked", _as_table(distinct))
    current, older = _current(cursor), _older(cursor)
    kind = max(KINDS, key=lambda kind: (len(current[kind]), len(older.get(kind, ())), -KINDS.index(kind)))
    known = set().union(*current.values(), *older.values())
    of_kind = current[kind] | older.get(kind, {}).keys()
    chosen = [column for column in columns if not of_kind.isdisjoint(column.entries)] or columns
    entries = Counter(entry for column in chosen for entry in column.entries)
    headings = {column.entries[0] for column in chosen if column.may_have_heading and _is_word(column.entries[0])}
    return IdReport(
        found=IdList.of(kind, current[kind]),
        older={entry: last for entry, last in sorted(older.get(kind, {}).items()) if entry not in current[kind]},
        not_found=tuple(entry for entry in entries if entry not in known and entry not in headings),
        duplicates=entries.total() - len(entries),
        kinds={name: len(current[name]) for name in KINDS if current[name]},
    )


# --- reading ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class IdColumn:
    """Entries that stand below one another; the first may be a heading where nothing says whether it is."""

    entries: list[str]
    may_have_heading: bool = False


def read_columns(data: bytes | str) -> list[IdColumn]:
    """Entries of a list, in the columns that it has.

    Raises
    ------
    UserError
        If it is too long or no text.
    """
    size = len(data) if isinstance(data, bytes) else len(data.encode(errors="replace"))
    if size > MAX_BYTES:
        raise UserError(f"The list has {size / 1e6:,.1f} MB, more than {MAX_BYTES / 1e6:,.0f} MB: split it.")
    text = _decode(data) if isinstance(data, bytes) else data.removeprefix("\ufeff")
    if "\0" in text:
        raise UserError("This file is no text: save the list as CSV or plain text.")
    columns = _read_json(text) or _read_table(text) or _read_manifest(text) or _read_text(text)
    cleaned = ([_clean(entry) for entry in column.entries] for column in columns)
    pairs = zip(columns, cleaned, strict=True)
    return [IdColumn(kept, column.may_have_heading) for column, some in pairs if (kept := [e for e in some if e])]


def _decode(data: bytes) -> str:
    for start, what in _BINARY.items():
        if data.startswith(start):
            raise UserError(f"This file is {what}: save the list as CSV or plain text.")
    for mark, encoding in _BYTE_ORDER_MARKS.items():
        if data.startswith(mark):
            return data.removeprefix(mark).decode(encoding, errors="replace")
    if b"\0" in data:  # every second byte of plain identifiers in UTF-16
        return data.decode("utf-16-be" if data.startswith(b"\0") else "utf-16-le", errors="replace")
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _read_json(text: str) -> list[IdColumn]:
    """A JSON array of texts, an array of objects, an object of arrays, or objects line by line."""
    if not text.lstrip().startswith(("[", "{")):
        return []
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return _read_json_lines(text)
    if isinstance(value, dict):
        return [IdColumn(_texts(entries)) for entries in value.values() if isinstance(entries, list)]
    return [IdColumn(_texts(value)), *_columns_of_objects(value)]


def _read_json_lines(text: str) -> list[IdColumn]:
    """One JSON object a line."""
    try:
        return _columns_of_objects([json.loads(line) for line in _LINE_END.split(text) if line.strip()])
    except (ValueError, RecursionError):
        return []


def _columns_of_objects(entries: Iterable[Any]) -> list[IdColumn]:
    objects = [entry for entry in entries if isinstance(entry, dict)]
    names = dict.fromkeys(name for entry in objects for name in entry)
    return [IdColumn(_texts(entry.get(name) for entry in objects)) for name in names]


def _texts(entries: Iterable[Any]) -> list[str]:
    return [str(entry) for entry in entries if isinstance(entry, str | int) and not isinstance(entry, bool)]


def _read_table(text: str) -> list[IdColumn]:
    """CSV or TSV below a heading that names identifiers, which explanations may precede."""
    lines = _LINE_END.split(text)
    for number, line in enumerate(lines[:_PREAMBLE]):
        separator = _separator(line)
        names = {_letters(cell) for cell in line.split(separator)} if separator else {_letters(line)}
        if names & _HEADINGS:
            return [IdColumn(column) for column in _transposed(lines[number + 1 :], separator)]
    return []


def _read_manifest(text: str) -> list[IdColumn]:
    """The series that a manifest copies; its comments name none."""
    lines = [line for line in _LINE_END.split(text) if not line.lstrip().startswith("#")]
    found = [match.group(1) for line in lines for match in _OBJECT.finditer(line)]
    return [IdColumn(found)] if found else []


def _read_text(text: str) -> list[IdColumn]:
    """Entries between line ends, commas, semicolons and tabs; in columns if every line has the same number."""
    lines = [line for line in _LINE_END.split(text) if line.strip() and not line.lstrip().startswith("#")]
    separator = _separator(lines[0]) if lines else ""
    if separator and len(lines) > 1 and len({line.count(separator) for line in lines}) == 1:
        columns = _transposed(lines, separator)
        return [IdColumn(column, may_have_heading=True) for column in columns]
    entries = [piece for line in lines for cell in _SEPARATOR.split(line) for piece in _words(cell)]
    return [IdColumn(entries, may_have_heading=len(lines) > 1)]


def _words(cell: str) -> list[str]:
    """Identifiers between blanks; a PatientID may hold blanks itself, so each part must hold a digit."""
    words = cell.split()
    return [cell] if len(words) == 1 or any(map(_is_word, words)) else words


def _is_word(entry: str) -> bool:
    """Whether it reads as a heading: identifiers hold digits."""
    return not re.search("[0-9]", entry)


def _separator(line: str) -> str:
    """What separates the cells of a line, if anything."""
    return next((mark for mark in "\t;," if mark in line), "")


def _letters(cell: str) -> str:
    return re.sub("[^a-z]", "", cell.lower())


def _transposed(lines: Sequence[str], separator: str) -> list[list[str]]:
    """Columns of the cells; without a separator, one column of the lines."""
    kept = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    if not separator:
        return [kept]
    try:
        rows = list(csv.reader(kept, delimiter=separator))
    except csv.Error:  # a cell that never ends
        rows = [line.split(separator) for line in kept]
    width = max(map(len, rows), default=0)
    return [[row[place] for row in rows if place < len(row)] for place in range(width)]


def _clean(entry: str) -> str:
    """Identifier without quotes and blanks around it; of an address in a bucket, the series."""
    text = entry.strip().strip("\"'").strip()
    if "://" in text and (address := _OBJECT.search(text)):
        text = address.group(1)
    if len(text) > MAX_VALUE_LENGTH:
        return ""
    return text.lower() if _UUID_ALONE.fullmatch(text) else text


# --- looking up ------------------------------------------------------------------------------------------------


def _current(cursor: duckdb.DuckDBPyConnection) -> dict[str, set[str]]:
    """Attribute → those of the entries in ``asked`` that this release holds as such."""
    found: dict[str, set[str]] = {kind: set() for kind in KINDS}
    for kind in (kind for kind in KINDS if kind in ATTRIBUTES):
        rows = cursor.execute(f"SELECT value FROM asked SEMI JOIN index ON value = {kind}").fetchall()
        found[kind] = {value for (value,) in rows}
    return found


def _older(cursor: duckdb.DuckDBPyConnection) -> dict[str, dict[str, int]]:
    """Attribute → entry in ``asked`` → last release that held it, for entries that a past release held."""
    found: dict[str, dict[str, int]] = {}
    for kind in KINDS:
        if schema.has_columns("prior_versions_index", (kind, "max_idc_version")):
            rows = cursor.execute(
                f"SELECT value, max(max_idc_version) FROM asked JOIN prior_versions_index ON value = {kind}"
                " GROUP BY value"
            )
            found[kind] = dict(rows.fetchall())
    return found


def _as_table(entries: Sequence[str]) -> pa.Table:
    import pyarrow as pa

    return pa.table({"value": pa.array([entry.encode(errors="replace").decode() for entry in entries], pa.string())})


def _count(number: int, what: str) -> str:
    plural = f"{what[:-1]}ies" if what.endswith("y") else f"{what}s"
    return f"{number:,} {what if number == 1 else plural}"
