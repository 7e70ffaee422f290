"""Links of the IDC Portal, opened as cohorts.

The portal writes a selection as ``…/explore/filters/?Modality_op=OR&Modality=CT&collection_id=nlst``: one parameter per
value, ``_op`` for how several values combine, and suffixes for ranges. What has no counterpart here is left out and
named in a sentence, never dropped in silence.

A program stands among the collections: alone it means all of its collections, beside named ones it only says where they
stood when the link was made. Collections move, so a program is never taken for more than that.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from urllib.parse import parse_qsl, urlsplit

from app.catalog import find_unknown, open_catalog
from app.cohort import (
    ATTRIBUTES,
    MAX_QUERY_LENGTH,
    UNAVAILABLE,
    Attribute,
    Cohort,
    Condition,
    Kind,
    QueryError,
    format_number,
    schema,
)
from app.common.errors import UserError, shorten
from app.imports.programs import is_collection, programs_collections

_HOSTS = (".imaging.datacommons.cancer.gov", ".canceridc.dev")
_PATH = "/explore/filters"

#: The portal's name → the attribute, where they differ.
NAMES = {
    "analysis_results_id": "analysis_result_id",
    "program_name": "program_id",
    "Program": "program_id",
    "SOPClassUID": "sop_class_name",
    "Source_DOI": "source_DOI",
    "cancerType": "cancer_types",
    "CancerType": "cancer_types",
    "tcia_cancerType": "cancer_types",
    "tumorLocation": "tumor_locations",
    "TumorLocation": "tumor_locations",
    "tcia_tumorLocation": "tumor_locations",
    "Species": "species",
    "tcia_species": "species",
    "tcia_supportingData": "supporting_data",
}

_CLINICAL = "is clinical data of TCGA, which stands in no index table"
_SEGMENTED = "describes segments rather than series"
_MEASURED = "is a measurement in a structured report rather than a property of a series"
_OF_INSTANCES = "is recorded for each instance, which this app does not filter by"

#: The portal's name → why it has no counterpart.
UNTRANSLATABLE = {
    **dict.fromkeys(
        (
            "age_at_diagnosis", "bmi", "country", "disease_code", "ethnicity", "gender", "histological_type",
            "pathologic_stage", "project_name", "project_short_name", "race", "sample_type", "tumor_tissue_site",
            "vital_status",
        ),
        _CLINICAL,
    ),
    **dict.fromkeys(
        (
            "AnatomicRegionSequence", "SegmentAlgorithmType", "SegmentedPropertyCategoryCodeSequence",
            "SegmentedPropertyTypeCodeSequence",
        ),
        _SEGMENTED,
    ),
    **dict.fromkeys(
        (
            "Apparent_Diffusion_Coefficient", "Calcification", "Diameter", "Internal_structure", "Lobular_Pattern",
            "Malignancy", "Margin", "Sphericity", "Spiculation", "Subtlety_score", "Surface_area_of_mesh", "Texture",
            "Volume", "Volume_of_Mesh",
        ),
        _MEASURED,
    ),
    **dict.fromkeys(("SamplesPerPixel", "SliceThickness", "SOPInstanceUID"), _OF_INSTANCES),
}  # fmt: skip

#: So many unknown values of a link are named one by one.
_MOST_NAMED = 10

_SUFFIX = re.compile(r"(.+?)_(op|gte?|lte?|e?btwe?)")


@dataclass(frozen=True, slots=True)
class _Bounds:
    """Ends of a range that a suffix names, and whether each belongs to it."""

    lower: bool
    upper: bool
    with_lower: bool = True
    with_upper: bool = True


_RANGES = {
    "gt": _Bounds(lower=True, upper=False, with_lower=False),
    "gte": _Bounds(lower=True, upper=False),
    "lt": _Bounds(lower=False, upper=True, with_upper=False),
    "lte": _Bounds(lower=False, upper=True),
    "btw": _Bounds(lower=True, upper=True, with_lower=False, with_upper=False),
    "ebtw": _Bounds(lower=True, upper=True, with_upper=False),
    "btwe": _Bounds(lower=True, upper=True, with_lower=False),
    "ebtwe": _Bounds(lower=True, upper=True),
}


@dataclass(slots=True)
class _Filter:
    """Everything that a link asks of one name."""

    name: str
    values: list[str] = field(default_factory=list)
    ranges: dict[str, list[str]] = field(default_factory=dict)
    combined: str = "OR"


@dataclass(frozen=True, slots=True)
class Program:
    """A program that a link names and `PortalLink.cohort` leaves out: `with_it` has all of its collections as well."""

    name: str
    collections: int
    with_it: Cohort


@dataclass(frozen=True, slots=True)
class PortalLink:
    """What a link of the portal means here.

    Parameters
    ----------
    cohort
        What of it was understood.
    remarks
        One sentence for each thing that differs from what the portal means.
    is_wider
        Whether the cohort may hold series that the link does not ask for, since something of it was left out.
    programs
        Programs that the link may mean whole.
    """

    cohort: Cohort
    remarks: tuple[str, ...] = ()
    is_wider: bool = False
    programs: tuple[Program, ...] = ()


@dataclass(slots=True)
class _Reading:
    """A link while it is read."""

    conditions: list[Condition] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    is_wider: bool = False
    programs: dict[str, list[str]] = field(default_factory=dict)

    def widened(self, remark: str) -> None:
        """Something that the link asks for is not asked for here."""
        self.remarks.append(remark)
        self.is_wider = True


def from_portal(url: str) -> PortalLink:
    """Read a link of the portal.

    Raises
    ------
    UserError
        If it is no such link, or nothing in it can be translated.
    """
    reading = _Reading()
    for asked in _filters(url):
        try:
            reading.conditions += list(_translate(asked, reading))
        except QueryError as error:
            reading.widened(f"The portal's {shorten(asked.name)} is left out: {error}")
    if not reading.conditions and reading.remarks:
        raise UserError(f"Nothing in this link can be translated: {reading.remarks[0]}")
    cohort = Cohort.of(reading.conditions)
    unknown = find_unknown(open_catalog(), cohort.conditions)
    remarks = [*reading.remarks, *(found.sentence for found in unknown[:_MOST_NAMED])]
    if len(unknown) > _MOST_NAMED:
        remarks.append(f"IDC v{schema.idc_version()} lacks {len(unknown) - _MOST_NAMED:,} more of the link's values.")
    named = [value for value in cohort.values("collection_id", "eq") if is_collection(value)]
    programs = [
        Program(name, len(members), cohort.with_values("collection_id", "eq", [*named, *members]))
        for name, members in reading.programs.items()
    ]
    return PortalLink(cohort, tuple(remarks), reading.is_wider, tuple(programs))


def _filters(url: str) -> list[_Filter]:
    found: dict[str, _Filter] = {}
    for key, value in _pairs(url.strip()):
        match = _SUFFIX.fullmatch(key)
        name, suffix = match.groups() if match else (key, "")
        asked = found.setdefault(name, _Filter(name))
        if suffix == "op":
            asked.combined = value
        elif suffix:
            asked.ranges.setdefault(suffix, []).append(value)
        else:
            asked.values.append(value)
    return [asked for asked in found.values() if asked.values or asked.ranges]


def _pairs(url: str) -> list[tuple[str, str]]:
    if len(url) > MAX_QUERY_LENGTH:
        raise UserError(f"The link is longer than {MAX_QUERY_LENGTH:,} characters.")
    try:
        parts = urlsplit(url if "://" in url else f"https://{url}")
        pairs = parse_qsl(parts.query, errors="strict")
        is_link = parts.scheme in ("http", "https") and f".{parts.hostname or ''}".endswith(_HOSTS)
    except ValueError:
        is_link, pairs = False, []
    if not is_link or parts.path.rstrip("/") != _PATH:
        raise UserError(
            "This is no link of the IDC Portal: copy one of the form"
            " https://portal.imaging.datacommons.cancer.gov/explore/filters/?Modality=CT from its page."
        )
    if not pairs:
        raise UserError("This link of the IDC Portal holds no filters: choose some there, and copy the link again.")
    return pairs


def _translate(asked: _Filter, reading: _Reading) -> Iterator[Condition]:
    if asked.name == "access":
        if set(asked.values) - {"Public"}:
            reading.widened("The portal's access is left out: all of IDC is public by now.")
        return
    name = NAMES.get(asked.name, asked.name)
    if name not in ATTRIBUTES:
        why = UNAVAILABLE.get(name) or f"it {UNTRANSLATABLE.get(asked.name, 'is not known here')}."
        reading.widened(f"The portal's {shorten(asked.name)} is left out: {why}")
        return
    attribute = ATTRIBUTES[name]
    if asked.combined not in ("OR", "AND"):
        raise QueryError(f"“{shorten(asked.combined)}” is no way of combining values.")
    if asked.combined == "AND" and len(set(asked.values)) > 1:
        reading.widened(
            f"In the portal this link asks for patients that have every one of these as {attribute.label}:"
            f" {_listed(asked.values)}; here it asks for series with any of them."
        )
    yield from _of_values(attribute, asked.values, reading)
    yield from _of_ranges(attribute, asked.ranges, reading.widened)


def _of_values(attribute: Attribute, values: list[str], reading: _Reading) -> Iterator[Condition]:
    if "None" in values:
        yield Condition.of(attribute.name, "missing", ["true"])
    wanted = [found for value in values if value != "None" for found in _as_here(attribute, value)]
    if attribute.name == "collection_id":
        wanted = _without_programs(wanted, reading)
    if wanted:
        yield Condition.of(attribute.name, "eq", wanted)


def _as_here(attribute: Attribute, value: str) -> list[str]:
    """The release's values that are `value`, or differ from it by case alone; itself if there are none.

    Identifiers are also matched without regard to hyphens, which older releases wrote where newer ones have ``_``.
    """
    value = _sop_classes().get(value, value) if attribute.name == "sop_class_name" else value
    if not attribute.is_facet or open_catalog().missing([attribute.table]) or value in open_catalog().codes(attribute):
        return [value]
    return _by_folded(attribute.name).get(_folded(attribute.name, value), [value])


def _folded(name: str, value: str) -> str:
    folded = value.casefold()
    return folded.replace("-", "_") if name.endswith("_id") else folded


@cache
def _by_folded(name: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for value in open_catalog().values(ATTRIBUTES[name]):
        found.setdefault(_folded(name, value), []).append(value)
    return found


@cache
def _sop_classes() -> dict[str, str]:
    """SOP Class UID → name."""
    if not schema.has_columns("index", ("SOPClassUID", "sop_class_name")):
        return {}
    return dict(open_catalog().cursor().execute("SELECT DISTINCT SOPClassUID, sop_class_name FROM index").fetchall())


def _without_programs(values: list[str], reading: _Reading) -> list[str]:
    """Collections alone: those that are named, or else all of the programs."""
    programs = {value: members for value in values if (members := programs_collections(value))}
    named = [value for value in values if value not in programs]
    if not named:
        return [collection_id for members in programs.values() for collection_id in members]
    for program, members in programs.items():
        if not set(members) & set(named):
            reading.programs[program] = members
            reading.remarks.append(
                f"The link names the program {shorten(program)} beside collections that do not stand in it in"
                f" IDC v{schema.idc_version()}, so none of its own are taken."
            )
    return named


def _of_ranges(
    attribute: Attribute, ranges: dict[str, list[str]], remark: Callable[[str], None]
) -> Iterator[Condition]:
    lowest: list[float] = []
    highest: list[float] = []
    for suffix, values in ranges.items():
        bounds = _RANGES[suffix]
        ends = _ends(attribute, suffix, values)
        if bounds.lower:
            lowest.append(_inclusive(attribute, ends[0], bounds.with_lower, 1, remark))
        if bounds.upper:
            highest.append(_inclusive(attribute, ends[-1], bounds.with_upper, -1, remark))
    if lowest:
        yield Condition.of(attribute.name, "gte", [_spelled(attribute, max(lowest))])
    if highest:
        yield Condition.of(attribute.name, "lte", [_spelled(attribute, min(highest))])


def _ends(attribute: Attribute, suffix: str, values: list[str]) -> list[float]:
    """One end, or two in order; dates as ordinals.

    Raises
    ------
    QueryError
        If there are too many or too few, or they are of the wrong type.
    """
    if not attribute.is_range:
        raise QueryError(f"{attribute.name} has no ranges.")
    wanted = 2 if _RANGES[suffix].lower and _RANGES[suffix].upper else 1
    texts = values[0].split(",") if len(values) == 1 else values
    if len(texts) != wanted:
        raise QueryError(f"_{suffix} takes {wanted} value{'s'[: wanted - 1]}, not {len(texts)}.")
    if attribute.kind is Kind.DATE:
        conditions = [Condition.of(attribute.name, "gte", [text]) for text in texts]
        return [date.fromisoformat(condition.values[0]).toordinal() for condition in conditions]
    return [_number(attribute, text) for text in texts]


def _number(attribute: Attribute, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not abs(number) < 1e15:
        raise QueryError(f"{attribute.name} takes a number, not “{shorten(text)}”.")
    return number


def _inclusive(attribute: Attribute, end: float, belongs: bool, inwards: int, remark: Callable[[str], None]) -> float:
    """The bound that leaves out `end` unless it belongs, where values are whole; `inwards` is 1 or -1."""
    if attribute.kind is Kind.NUMBER and not attribute.integer:
        if not belongs:
            remark(
                f"In the portal this link leaves out series whose {attribute.label} is exactly {format_number(end)};"
                " here they are included."
            )
        return end
    inside = math.ceil(end) if inwards > 0 else math.floor(end)
    return inside if belongs or inside != end else inside + inwards


def _spelled(attribute: Attribute, number: float) -> str:
    if attribute.kind is not Kind.DATE:
        return format_number(float(number))
    first, last = date.min.toordinal(), date.max.toordinal()
    return (date.min + timedelta(days=int(min(max(number, first), last)) - first)).isoformat()


def _listed(values: list[str]) -> str:
    """A few values as they may stand in a sentence."""
    shown = [f"“{shorten(value)}”" for value in values[:5]]
    return ", ".join(shown) + (f" and {len(values) - 5:,} more" if len(values) > 5 else "")
