"""What an attribute is: one row of the table of attributes, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from app.cohort import schema


class Kind(StrEnum):
    """How the values of an attribute compare."""

    TERM = "term"  # one of a list of values
    TERMS = "terms"  # several of them, comma-separated in the raw column
    TEXT = "text"  # free text, too many values to list
    ID = "id"  # an identifier
    NUMBER = "number"
    DATE = "date"


class Group(StrEnum):
    """Headings of the sidebar, in their order on screen."""

    IMAGES = "Images"
    COLLECTIONS = "Collections"
    LICENSE = "License"
    PATIENT = "Patient and study"
    ACQUISITION = "Equipment and encoding"
    SIZE = "Size"
    RELEASE = "IDC release"
    IDENTIFIERS = "Identifiers"
    CT = "CT acquisition"
    MR = "MR acquisition"
    PET = "PET"
    CONTRAST = "Contrast agent"
    GEOMETRY = "Volume geometry"
    SEGMENTATION = "Segmentations"
    STRUCTURES = "Structure sets"
    SLIDES = "Slides"
    ANNOTATIONS = "Annotations"


#: Groups that stand open when the app is first seen.
OPEN_GROUPS = frozenset({Group.IMAGES, Group.COLLECTIONS, Group.LICENSE})

#: Tables that the catalog is built from; attributes of any other are read once it has been fetched.
BASE_TABLES = frozenset({"index", "collections_index"})

#: Values that hold a comma of their own: the comma before one of these does not separate.
_COMMA_QUALIFIERS = ("Not Otherwise Specified",)

_LIST_PATTERN = f"[^, ][^,]*(?:, {'|, '.join(_COMMA_QUALIFIERS)})?"


@dataclass(frozen=True, slots=True)
class Attribute:
    """One filterable attribute.

    Parameters
    ----------
    name
        Name in URLs, JSON and SQL: the DICOM keyword or IDC column name.
    label
        As it reads inside a sentence, lower case.
    kind
        How its values compare.
    group
        Heading of the sidebar that it stands under.
    table
        The index table that holds it: ``index``, ``collections_index`` for what is said of whole collections, or one of
        `EXTRA_TABLES`.
    columns
        Columns that `sql` reads; the attribute's own name unless given.
    sql
        Expression over one row of `table`; the column itself unless given.
    note
        What a user must know before trusting the filter; always in sight.
    detail
        More to know, beside the description.
    unit
        Unit of numbers, as it is read out.
    integer
        Numbers are whole.
    pattern
        Regular expression that every identifier matches in full.
    unique
        No two series share a value.
    complete
        Every series has a value.
    joined
        Its column holds several values, joined by commas that no value holds (`EXTRA_TABLES`).
    edges
        Lower edges of the histogram's bins, ascending (numbers; years for dates). The last bin is open.
    gap
        Numbers, though not whole, lie at least so far apart; 0 where that is not known.
    logarithmic
        The edges grow geometrically, so a slider over them has a logarithmic scale.
    words
        What people call it in a question in front of a value, comma-separated (`app.ask`).
    colours
        Value → colour; values that are not in it share a grey. Empty if its values have no colours.
    """

    name: str
    label: str
    kind: Kind
    group: Group
    table: str = "index"
    columns: tuple[str, ...] = ()
    sql: str = ""
    note: str = ""
    detail: str = ""
    unit: str = ""
    integer: bool = False
    pattern: str = ""
    unique: bool = False
    complete: bool = False
    joined: bool = False
    edges: tuple[float, ...] = ()
    gap: float = 0.0
    logarithmic: bool = False
    words: str = ""
    colours: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def title(self) -> str:
        """Label as a heading."""
        return self.label[0].upper() + self.label[1:]

    @property
    def source_columns(self) -> tuple[str, ...]:
        """Columns of `table` that the attribute is read from."""
        return self.columns or (self.name,)

    @property
    def is_extra(self) -> bool:
        """Whether it stands in a table that is fetched on demand."""
        return self.table not in BASE_TABLES

    @property
    def expression(self) -> str:
        """SQL over one row of `table`: a value, or a list of values for `Kind.TERMS`."""
        if self.kind is Kind.TERMS and not self.is_extra:
            return f"regexp_extract_all({self.name}, '{_LIST_PATTERN}')"
        return self.sql or self.source_columns[0]

    @property
    def value_rows(self) -> tuple[str, str]:
        """FROM clause and value that give one row per value, for an attribute of a table that is fetched."""
        column = schema.tables()[self.table].columns[self.source_columns[0]]
        if self.joined or column.repeated:
            several = f"string_split({column.name}, ',')" if self.joined else column.name
            return f"{self.table}, unnest({several}) AS each(value)", "value"
        return self.table, f"CAST({column.name} AS VARCHAR)" if column.type == "BOOLEAN" else column.name

    @property
    def raw(self) -> str:
        """SQL that is NULL exactly where the attribute is missing."""
        return self.name if self.kind is Kind.TERMS else self.expression

    @property
    def description(self) -> str:
        """What the schema says of the column, and what to mind."""
        column = schema.tables()[self.table].columns[self.source_columns[0]]
        # What the schema says of how a table was made follows behind a semicolon.
        text = column.description.partition(";")[0] if self.is_extra else column.description
        text = text[:1].upper() + text[1:].removesuffix(".")
        return " ".join(part for part in (f"{text}." if text else "", self.detail, self.note) if part)

    @property
    def is_facet(self) -> bool:
        """Whether its values are listed with counts (identifiers and free text are too many)."""
        return self.kind in (Kind.TERM, Kind.TERMS)

    @property
    def is_range(self) -> bool:
        """Whether it has a histogram and takes ranges."""
        return self.kind in (Kind.NUMBER, Kind.DATE)
