"""What a cohort can ask of a patient's clinical data: one column of one table of one collection.

A table may have several rows of a patient. Values or bounds ask for one row that meets them, excluded values that no
row has one, ``missing`` for patients without a value in any row; who is not in the table has no value. An empty text is
none either. As with the attributes of series, "none of" keeps what has no value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from app.cohort import schema
from app.cohort.clauses import read_choice, read_pairs, write_pairs
from app.cohort.conditions import MAX_VALUE_LENGTH, QueryError, read_number
from app.common.errors import shorten

#: Name of the parameter in the URL form.
KEY = "clinical"

#: The table that says which clinical tables and columns there are.
DICTIONARY = "clinical_index"

_COLLECTION = re.compile(r"[a-z0-9_\-]{1,64}", re.ASCII)
_TABLE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,127}", re.ASCII)
_MAX_COLUMN_LENGTH = 300
_PARAMETERS = ("collection_id", "table", "column", "value", "not", "gte", "lte", "missing")


@dataclass(frozen=True, slots=True)
class ClinicalClause:
    """One clinical column compared; build it with `ClinicalClause.of`, which validates.

    Parameters
    ----------
    collection_id, table, column
        Where the value stands. They need not be known here: a cohort keeps what it names while a table is absent.
    values
        Any of these, as the table writes them; whole numbers without ``.0``.
    gte, lte
        Bounds of a number; empty for none.
    missing
        Whether patients without a value are meant, beside the values; None if nothing is asked. Beside excluded
        values, which keep those patients, False leaves them out.
    excluded
        None of these, as the table writes them.
    """

    collection_id: str
    table: str
    column: str
    values: tuple[str, ...] = ()
    gte: str = ""
    lte: str = ""
    missing: bool | None = None
    excluded: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        collection_id: str,
        table: str,
        column: str,
        values: Iterable[str] = (),
        gte: str = "",
        lte: str = "",
        missing: bool | None = None,
        excluded: Iterable[str] = (),
    ) -> ClinicalClause:
        """Validate and normalize.

        Raises
        ------
        QueryError
            If a name can be none, a bound is no number, or nothing is asked.
        """
        if not _COLLECTION.fullmatch(collection_id):
            raise QueryError(f"{KEY} needs a collection_id such as nlst, not “{shorten(collection_id)}”.")
        if not is_table_name(table):
            raise QueryError(f"{KEY} needs the name of a clinical table, not “{shorten(table)}”.")
        if not is_column_name(column):
            raise QueryError(f"{KEY} needs the name of a column, not “{shorten(column)}”.")
        chosen = tuple(sorted({_text(value) for value in values}))
        low, high = (
            read_number(f"{KEY}: {name}", bound) if bound else "" for name, bound in (("gte", gte), ("lte", lte))
        )
        without = tuple(sorted({_text(value) for value in excluded}))
        if sum(map(bool, (chosen, without, low or high))) > 1:
            raise QueryError(f"{KEY} takes either values, values with not, or bounds of {shorten(column)}.")
        if not (chosen or without or low or high or missing is not None):
            raise QueryError(f"{KEY} needs value, not, gte, lte or missing.")
        if chosen or low or high:
            # Whoever has one of the values has a value.
            missing = missing or None
        elif without and missing:
            missing = None
        return cls(collection_id, table, column, chosen, low, high, missing, without)

    @classmethod
    def from_pairs(cls, pairs: Iterable[tuple[str, str]]) -> ClinicalClause:
        """Build from the decoded parameters inside its value.

        Raises
        ------
        QueryError
            If a parameter is unknown, stands twice, or is not valid.
        """
        lists: dict[str, list[str]] = {"value": [], "not": []}
        found: dict[str, str] = {}
        for name, text in pairs:
            read_choice(f"{KEY}: a parameter", name, _PARAMETERS)
            if name in lists:
                lists[name].append(text)
            elif name in found:
                raise QueryError(f"{KEY} has {name} twice.")
            else:
                found[name] = text
        missing = read_choice(f"{KEY}: missing", found["missing"], _SWITCH) if "missing" in found else None
        return cls.of(
            found.get("collection_id", ""),
            found.get("table", ""),
            found.get("column", ""),
            lists["value"],
            found.get("gte", ""),
            found.get("lte", ""),
            _SWITCH[missing] if missing else None,
            lists["not"],
        )

    @classmethod
    def parse(cls, text: str) -> ClinicalClause:
        """Inverse of `value`.

        Raises
        ------
        QueryError
            If `text` is not valid.
        """
        return cls.from_pairs(read_pairs(text, KEY))

    @property
    def key(self) -> str:
        """Name of the parameter in the URL form."""
        return KEY

    @property
    def value(self) -> str:
        """Value of the parameter: a URL form of its own."""
        return write_pairs(self.pairs())

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Parameters inside its value, in canonical order."""
        yield from (("collection_id", self.collection_id), ("table", self.table), ("column", self.column))
        yield from (("value", value) for value in self.values)
        yield from (("not", value) for value in self.excluded)
        yield from ((name, bound) for name, bound in (("gte", self.gte), ("lte", self.lte)) if bound)
        if self.missing is not None:
            yield "missing", "true" if self.missing else "false"


#: Whole numbers as floats, which is how some readers of a table show a column of whole numbers with gaps.
WHOLE = r"^(-?[0-9]+)\.0$"

_SWITCH: Mapping[str, bool] = {"true": True, "false": False}


def is_table_name(text: str) -> bool:
    """Whether a clinical table can be called so: nothing that means anything in a path, and none of idc-index's own."""
    return bool(_TABLE.fullmatch(text)) and text.lower() not in schema.tables()


def is_column_name(text: str) -> bool:
    """Whether a column can be called so; it may hold blanks, quotes and the like, but no control characters."""
    return 0 < len(text) <= _MAX_COLUMN_LENGTH and text.isprintable()


def _text(value: str) -> str:
    if not value:
        raise QueryError(f"{KEY} has an empty value; for patients without a value use missing=true.")
    if len(value) > MAX_VALUE_LENGTH:
        raise QueryError(f"A value of {KEY} is longer than {MAX_VALUE_LENGTH:,} characters.")
    if "\0" in value or not _is_unicode(value):
        raise QueryError(f"A value of {KEY} holds a character that no text may hold.")
    return re.sub(WHOLE, r"\1", value)


def _is_unicode(text: str) -> bool:
    return text == text.encode(errors="replace").decode()
