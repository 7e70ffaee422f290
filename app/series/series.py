"""One series of this release: found by an identifier, with its row of the index and the other series of its patient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from app.catalog import Catalog
from app.cohort import ATTRIBUTES, Cohort, schema
from app.cohort.sql import quote_text
from app.common.errors import UserError, shorten
from app.common.modalities import WITHOUT_PICTURE
from app.imports import read_columns
from app.selection import Selection
from app.storage.buckets import safe_place

#: Objects that hold no picture, whatever their modality.
_NO_PICTURE = ("Encapsulated STL Storage", "Raw Data Storage")


class UnknownSeriesError(UserError):
    """No series of this release; `cohort` is what the identifier stands for instead, if anything."""

    def __init__(self, text: str, cohort: Cohort | None = None) -> None:
        super().__init__(text)
        self.cohort = cohort


@dataclass(frozen=True, slots=True)
class Relative:
    """Another series of the same study or patient."""

    uid: str
    study: str
    modality: str
    number: str | None
    description: str | None
    study_date: str | None
    study_description: str | None
    instances: int
    size_bytes: int
    sop_class: str | None

    @property
    def has_picture(self) -> bool:
        """Whether it can be looked at by itself."""
        return _has_picture(self.modality, self.sop_class)


#: Columns of a `Relative`, in the order of its fields.
_RELATIVE = (
    *("SeriesInstanceUID", "StudyInstanceUID", "Modality", "SeriesNumber", "SeriesDescription", "StudyDate"),
    *("StudyDescription", "instanceCount", "round(series_size_MB * 1e6)::BIGINT", "sop_class_name"),
)


@dataclass(frozen=True)
class Series:
    """One series.

    Parameters
    ----------
    row
        Its number in the catalog.
    values
        Column of ``index`` → value.
    in_slide_study
        Whether its study holds slide microscopy.
    note
        One sentence if another version of it was asked for; else empty.
    """

    catalog: Catalog
    row: int
    values: Mapping[str, Any]
    in_slide_study: bool
    note: str = ""

    @property
    def uid(self) -> str:
        """SeriesInstanceUID."""
        return str(self.values["SeriesInstanceUID"])

    @property
    def study(self) -> str:
        """StudyInstanceUID."""
        return str(self.values["StudyInstanceUID"])

    @property
    def modality(self) -> str:
        """Modality."""
        return str(self.values["Modality"])

    @property
    def has_picture(self) -> bool:
        """Whether it can be looked at by itself."""
        return _has_picture(self.modality, self.values.get("sop_class_name"))

    @property
    def place(self) -> str:
        """``bucket/uuid`` of its files at Amazon."""
        return safe_place(f"{self.values['aws_bucket']}/{self.values['crdc_series_uuid']}")

    @property
    def cohort(self) -> Cohort:
        """The series as a cohort."""
        return Cohort().with_values("SeriesInstanceUID", "eq", [self.uid])

    @property
    def study_cohort(self) -> Cohort:
        """Its study as a cohort."""
        return Cohort().with_values("StudyInstanceUID", "eq", [self.study])

    @property
    def patient_cohort(self) -> Cohort:
        """Its patient as a cohort."""
        of_collection = Cohort().with_values("collection_id", "eq", [self.values["collection_id"]])
        return of_collection.with_values("PatientID", "eq", [self.values["PatientID"]])

    @cached_property
    def selection(self) -> Selection:
        """The series as a selection."""
        return Selection(self.catalog, self.cohort)

    @cached_property
    def relatives(self) -> tuple[Relative, ...]:
        """All other series of its study and of its patient, by study date and series number, images first."""
        array = self.catalog.array
        study, patient = array("StudyInstanceUID"), array("PatientID")
        rows = np.flatnonzero((study == study[self.row]) | (patient == patient[self.row]))
        cursor = self.catalog.cursor()
        cursor.register("wanted", {"series_row": rows[rows != self.row].astype(np.int32)})
        found = cursor.execute(
            f"SELECT {', '.join(_RELATIVE)} FROM series JOIN wanted USING (series_row)"
            " ORDER BY StudyDate, StudyInstanceUID, TRY_CAST(SeriesNumber AS DOUBLE), series_row"
        ).fetchall()
        others = [Relative(*record) for record in found]
        return tuple(sorted(others, key=lambda other: not other.has_picture))

    @property
    def in_study(self) -> tuple[Relative, ...]:
        """The other series of its study."""
        return tuple(other for other in self.relatives if other.study == self.study)

    @property
    def other_studies(self) -> dict[str, tuple[Relative, ...]]:
        """StudyInstanceUID → series of each other study of its patient, by study date."""
        found: dict[str, tuple[Relative, ...]] = {}
        for other in sorted(self.relatives, key=lambda other: (other.study_date or "", other.study)):
            if other.study != self.study:
                found[other.study] = (*found.get(other.study, ()), other)
        return found


def find(catalog: Catalog, text: str) -> Series:
    """The series that `text` names: a SeriesInstanceUID or crdc_series_uuid, or its address in a bucket.

    Raises
    ------
    UnknownSeriesError
        If it names none of this release; the sentence says what it is instead, as far as that is known.
    """
    entries = [entry for column in read_columns(text) for entry in column.entries]
    if len(entries) != 1:
        raise UnknownSeriesError("Give one SeriesInstanceUID or crdc_series_uuid.")
    (identifier,) = entries
    row = _row(catalog, identifier)
    if row is not None:
        return _read(catalog, row)
    return _older_version(catalog, identifier)


def _row(catalog: Catalog, identifier: str) -> int | None:
    for name in ("SeriesInstanceUID", "crdc_series_uuid"):
        rows = catalog.rows_of_unique(ATTRIBUTES[name], [identifier])
        if len(rows):
            return int(rows[0])
    return None


def _read(catalog: Catalog, row: int, note: str = "") -> Series:
    names = list(schema.tables()["index"].columns)
    found = catalog.cursor().execute(f"SELECT in_slide_study, {', '.join(names)} FROM series WHERE series_row = {row}")
    slides, *values = found.fetchall()[0]
    return Series(catalog, row, dict(zip(names, values, strict=True)), slides, note)


def _older_version(catalog: Catalog, identifier: str) -> Series:
    """The present version of a series that an older release held under this identifier."""
    here = f"IDC v{schema.idc_version()}"
    quoted = quote_text(identifier)
    found = catalog.cursor().execute(
        "SELECT SeriesInstanceUID, collection_id, series_aws_url, min(min_idc_version) OVER (), max_idc_version"
        f" FROM prior_versions_index WHERE SeriesInstanceUID = {quoted} OR crdc_series_uuid = {quoted}"
        " ORDER BY max_idc_version DESC LIMIT 1"
    )
    if (last := found.fetchone()) is None:
        raise _unknown(catalog, identifier, here)
    uid, collection, address, first_release, last_release = last
    releases = f"v{first_release}" if first_release == last_release else f"v{first_release} to v{last_release}"
    row = _row(catalog, uid)
    if row is not None:
        return _read(catalog, row, f"{identifier} is an older version of this series, from IDC {releases}.")
    raise UnknownSeriesError(
        f"Series {uid} of collection {collection} was in IDC {releases} and is not in {here};"
        f" its last files are at {address}."
    )


def _unknown(catalog: Catalog, identifier: str, here: str) -> UnknownSeriesError:
    """What to say of an identifier that names no series of any release."""
    for name, what in (("StudyInstanceUID", "study"), ("PatientID", "patient")):
        cohort = _cohort_of(name, identifier)
        totals = Selection(catalog, cohort).totals if cohort else None
        if cohort and totals and totals.series:
            number = f"{totals.series:,} series"
            return UnknownSeriesError(f"{identifier} is a {what} with {number} in {here}: choose one of them.", cohort)
    return UnknownSeriesError(
        f"No series {shorten(identifier)} is in {here} or was in an older release: check that it is a whole"
        " SeriesInstanceUID or crdc_series_uuid."
    )


def _cohort_of(name: str, identifier: str) -> Cohort | None:
    try:
        return Cohort().with_values(name, "eq", [identifier])
    except UserError:  # it does not look like one
        return None


def _has_picture(modality: str, of_class: str | None) -> bool:
    return modality not in WITHOUT_PICTURE and of_class not in _NO_PICTURE
