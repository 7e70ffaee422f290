"""What a cohort can be filtered by: one table, read by the sidebar, the URL, the SQL, the sentence and the docs.

To add a filter, add a row. An attribute is named after its column; where it is derived, `sql` says how, in an
expression over the columns of one row that runs unchanged in idc-index, and the catalog is built from the same
expression. Rows whose columns this IDC release lacks are set aside in `UNAVAILABLE` rather than crash.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app import schema


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
    LICENCE = "Licence"
    PATIENT = "Patient and study"
    ACQUISITION = "Equipment and encoding"
    SIZE = "Size"
    RELEASE = "IDC release"
    IDENTIFIERS = "Identifiers"


#: Groups that stand open when the app is first seen.
OPEN_GROUPS = frozenset({Group.IMAGES, Group.COLLECTIONS, Group.LICENCE})

#: Values that hold a comma of their own: the comma before one of these does not separate.
_COMMA_QUALIFIERS = ("Not Otherwise Specified",)

_LIST_PATTERN = f"[^, ][^,]*(?:, {'|, '.join(_COMMA_QUALIFIERS)})?"

_OF_COLLECTION = "Describes the collection, not each patient in it."


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
        The index table that holds it: ``index``, or ``collections_index`` for what is said of whole collections.
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
    edges
        Lower edges of the histogram's bins, ascending (numbers; years for dates). The last bin is open.
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
    edges: tuple[float, ...] = ()

    @property
    def title(self) -> str:
        """Label as a heading."""
        return self.label[0].upper() + self.label[1:]

    @property
    def source_columns(self) -> tuple[str, ...]:
        """Columns of `table` that the attribute is read from."""
        return self.columns or (self.name,)

    @property
    def expression(self) -> str:
        """SQL over one row of `table`: a value, or a list of values for `Kind.TERMS`."""
        if self.kind is Kind.TERMS:
            return f"regexp_extract_all({self.name}, '{_LIST_PATTERN}')"
        return self.sql or self.name

    @property
    def raw(self) -> str:
        """SQL that is NULL exactly where the attribute is missing."""
        return self.name if self.kind is Kind.TERMS else self.expression

    @property
    def description(self) -> str:
        """What the schema says of the column, and what to mind."""
        column = schema.tables()[self.table].columns[self.source_columns[0]]
        text = column.description[:1].upper() + column.description[1:].removesuffix(".")
        return " ".join(part for part in (f"{text}." if text else "", self.detail, self.note) if part)

    @property
    def is_facet(self) -> bool:
        """Whether its values are listed with counts (identifiers and free text are too many)."""
        return self.kind in (Kind.TERM, Kind.TERMS)

    @property
    def is_range(self) -> bool:
        """Whether it has a histogram and takes ranges."""
        return self.kind in (Kind.NUMBER, Kind.DATE)


_AGE = (
    "TRY_CAST(left(PatientAge, 3) AS INTEGER) / CASE upper(right(PatientAge, 1))"
    " WHEN 'Y' THEN 1 WHEN 'M' THEN 12 WHEN 'W' THEN 52.1775 WHEN 'D' THEN 365.25 END"
)
_COMMERCIAL_USE = (
    "CASE WHEN license_short_name LIKE 'CC BY-NC%' THEN 'not allowed'"
    " WHEN license_short_name LIKE 'CC BY%' OR license_short_name LIKE 'CC0%' THEN 'allowed'"
    " ELSE 'custom terms' END"
)
_ORIGIN = "CASE WHEN analysis_result_id IS NULL THEN 'original' ELSE 'derived' END"

_UID = r"[0-9.]{1,64}"
_UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_RELEASES = tuple(float(version) for version in range(1, schema.idc_version() + 1))
_POWERS_OF_TWO = tuple(float(2**exponent) for exponent in range(17))
_ONE_TWO_FIVE = (0.0, *(step * 10.0**exponent for exponent in range(-2, 6) for step in (1, 2, 5)))

_TABLE = (
    Attribute("Modality", "modality", Kind.TERM, Group.IMAGES, complete=True),
    Attribute(
        "BodyPartExamined",
        "body part",
        Kind.TERM,
        Group.IMAGES,
        detail="Missing for nearly half of all series, among them all slides.",
    ),
    Attribute(
        "origin",
        "origin",
        Kind.TERM,
        Group.IMAGES,
        columns=("analysis_result_id",),
        sql=_ORIGIN,
        complete=True,
        detail="Derived series, such as segmentations, belong to an analysis result; all others are original.",
    ),
    Attribute("SeriesDescription", "series description", Kind.TEXT, Group.IMAGES),
    Attribute("collection_id", "collection", Kind.TERM, Group.COLLECTIONS, complete=True),
    Attribute(
        "cancer_types", "cancer type", Kind.TERMS, Group.COLLECTIONS, table="collections_index", note=_OF_COLLECTION
    ),
    Attribute(
        "tumor_locations",
        "tumor location",
        Kind.TERMS,
        Group.COLLECTIONS,
        table="collections_index",
        note=_OF_COLLECTION,
    ),
    Attribute("species", "species", Kind.TERMS, Group.COLLECTIONS, table="collections_index", note=_OF_COLLECTION),
    Attribute("program_id", "program", Kind.TERM, Group.COLLECTIONS, table="collections_index"),
    Attribute(
        "supporting_data",
        "supporting data",
        Kind.TERMS,
        Group.COLLECTIONS,
        table="collections_index",
        note=_OF_COLLECTION,
    ),
    Attribute("analysis_result_id", "analysis result", Kind.TERM, Group.COLLECTIONS),
    Attribute("license_short_name", "licence", Kind.TERM, Group.LICENCE, complete=True),
    Attribute(
        "commercial_use",
        "commercial use",
        Kind.TERM,
        Group.LICENCE,
        columns=("license_short_name",),
        sql=_COMMERCIAL_USE,
        complete=True,
        detail="Read off the licence's short name: CC BY allows commercial use, CC BY-NC does not.",
    ),
    Attribute("PatientSex", "patient sex", Kind.TERM, Group.PATIENT),
    Attribute(
        "PatientAge",
        "patient age",
        Kind.NUMBER,
        Group.PATIENT,
        sql=_AGE,
        unit="years",
        detail="In years; missing for most series.",
        edges=tuple(float(age) for age in range(0, 100, 5)),
    ),
    Attribute(
        "StudyDate",
        "study date",
        Kind.DATE,
        Group.PATIENT,
        sql="TRY_CAST(StudyDate AS DATE)",
        note="De-identified: dates compare within a patient, hardly across patients.",
        edges=(1880.0, *(float(year) for year in range(1990, 2027))),
    ),
    Attribute("StudyDescription", "study description", Kind.TEXT, Group.PATIENT),
    Attribute("Manufacturer", "manufacturer", Kind.TERM, Group.ACQUISITION),
    Attribute("ManufacturerModelName", "model", Kind.TERM, Group.ACQUISITION),
    Attribute("sop_class_name", "SOP class", Kind.TERM, Group.ACQUISITION, complete=True),
    Attribute("transfer_syntax_name", "transfer syntax", Kind.TERMS, Group.ACQUISITION, complete=True),
    Attribute(
        "instanceCount",
        "number of instances",
        Kind.NUMBER,
        Group.SIZE,
        integer=True,
        complete=True,
        edges=_POWERS_OF_TWO,
    ),
    Attribute("series_size_MB", "series size", Kind.NUMBER, Group.SIZE, unit="MB", complete=True, edges=_ONE_TWO_FIVE),
    Attribute(
        "series_init_idc_version",
        "first release",
        Kind.NUMBER,
        Group.RELEASE,
        integer=True,
        complete=True,
        edges=_RELEASES,
    ),
    Attribute(
        "series_revised_idc_version",
        "last revised in release",
        Kind.NUMBER,
        Group.RELEASE,
        integer=True,
        complete=True,
        edges=_RELEASES,
    ),
    Attribute("source_DOI", "source DOI", Kind.TERM, Group.IDENTIFIERS, complete=True),
    Attribute(
        "PatientID",
        "patient ID",
        Kind.ID,
        Group.IDENTIFIERS,
        detail="Unique within a collection only.",
        complete=True,
    ),
    Attribute("StudyInstanceUID", "study UID", Kind.ID, Group.IDENTIFIERS, pattern=_UID, complete=True),
    Attribute("SeriesInstanceUID", "series UID", Kind.ID, Group.IDENTIFIERS, pattern=_UID, unique=True, complete=True),
    Attribute(
        "crdc_series_uuid", "CRDC series UUID", Kind.ID, Group.IDENTIFIERS, pattern=_UUID, unique=True, complete=True
    ),
)

#: Attributes of this IDC release by name, in canonical order.
ATTRIBUTES: dict[str, Attribute] = {a.name: a for a in _TABLE if schema.has_columns(a.table, a.source_columns)}

#: Attributes that this IDC release has no column for: name → one sentence of why.
UNAVAILABLE: dict[str, str] = {
    a.name: f"IDC v{schema.idc_version()} has no {' and '.join(a.source_columns)} in {a.table}."
    for a in _TABLE
    if a.name not in ATTRIBUTES
}
