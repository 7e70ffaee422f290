"""What a cohort means, evaluated over the parquet files with none of the app's SQL or selection.

Only the attribute table is shared (names, kinds and histogram edges). Series are numbered as they
stand in the parquet file of ``index``, and conditions are tried on each distinct value in plain Python.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from idc_index_data import INDEX_METADATA
from pyarrow import parquet

from app.cohort.attribute import Attribute, Kind
from app.cohort.attributes import ATTRIBUTES
from app.cohort.cohort import Cohort
from app.selection.counts import Totals

Asked = Mapping[str, tuple[str, ...]]

PARQUET = {"index": INDEX_METADATA["idc_index"]["parquet_filepath"]}
for _name in ("collections_index", "analysis_results_index", "prior_versions_index", "version_metadata_index"):
    PARQUET[_name] = INDEX_METADATA[_name]["parquet_filepath"]


def split(text: str) -> list[str]:
    """Values of comma-separated text."""
    return re.split(",(?! Not Otherwise Specified) ?", text)


def years(text: str) -> float | None:
    """A DICOM age string in years."""
    per_year = {"Y": 1, "M": 12, "W": 52.1775, "D": 365.25}
    number, unit = text[:-1], text[-1:].upper()
    return int(number) / per_year[unit] if len(number) == 3 and number.isdecimal() and unit in per_year else None


def day(text: str) -> date | None:
    """An ISO date."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def commercial_use(short_name: str) -> str:
    """What a license says of commercial use."""
    if short_name.startswith("CC BY-NC"):
        return "not allowed"
    return "allowed" if short_name.startswith(("CC BY", "CC0")) else "custom terms"


#: Derived attributes: the column and what becomes of its text (None stays missing, except for `origin`).
DERIVED: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "origin": ("analysis_result_id", lambda text: "original" if text is None else "derived"),
    "commercial_use": ("license_short_name", commercial_use),
    "PatientAge": ("PatientAge", years),
    "StudyDate": ("StudyDate", day),
}


Test = Callable[[Any], bool]


def meets(kind: Kind, asked: Asked, values: Sequence[Any]) -> np.ndarray:
    """Which of the values, None if missing, meet everything asked of their attribute."""
    missing = asked.get("missing", (None,))[0]
    tests = [compare(kind, operator, texts) for operator, texts in asked.items() if operator != "missing"]
    kept = missing == "true" or set(asked) == {"not"}
    only_missing = missing == "true" and not tests

    present = [value for value in values if value is not None]
    met = np.full(len(present), not only_missing)
    for one in tests:
        met &= np.fromiter(map(one, present), dtype=bool, count=len(present))
    everything = np.full(len(values), kept)
    everything[[value is not None for value in values]] = met
    return everything


def compare(kind: Kind, operator: str, texts: tuple[str, ...]) -> Test:
    """One operator, for values that are present."""
    if operator == "contains":
        needles = [text.lower() for text in texts]
        return lambda value: any(map(value.lower().__contains__, needles))
    readers: dict[Kind, Callable[[str], Any]] = {Kind.NUMBER: float, Kind.DATE: date.fromisoformat}
    read = readers.get(kind, str)
    wanted = [read(text) for text in texts]
    if operator == "gte":
        return lambda value: value >= wanted[0]
    if operator == "lte":
        return lambda value: value <= wanted[0]
    listed = set(wanted)
    if kind is Kind.TERMS:
        return lambda value: listed.isdisjoint(value) == (operator == "not")
    return lambda value: (value in listed) == (operator == "eq")


@dataclass(frozen=True)
class Values:
    """One attribute of every series: `codes` into `values`, which ends with None for what is missing."""

    codes: np.ndarray
    values: list[Any]


def marked(numbers: np.ndarray) -> np.ndarray:
    """Mask of the series with these numbers, of which none may come twice."""
    found = np.zeros(len(patients()), dtype=bool)
    found[numbers] = True
    assert np.count_nonzero(found) == len(numbers)
    return found


def mask(cohort: Cohort) -> np.ndarray:
    """Which series the cohort means."""
    met = np.ones(len(patients()), dtype=bool)
    for name, asked in cohort.by_attribute().items():
        met &= condition(name, tuple(asked.items()))
    return met


def totals(mask: np.ndarray) -> Totals:
    """What some series add up to; bytes are added one by one as whole numbers."""
    return Totals(
        patients=len(pd.unique(patients()[mask])),
        studies=len(pd.unique(encoded("StudyInstanceUID").codes[mask])),
        series=int(mask.sum()),
        instances=int(np.asarray(column("instanceCount"))[mask].sum()),
        size_bytes=int(np.round(np.asarray(column("series_size_MB"))[mask] * 1e6).astype(np.int64).sum()),
    )


@cache
def column(name: str, table: str = "index") -> pa.ChunkedArray:
    """A column as it stands in the parquet file."""
    return parquet.read_table(PARQUET[table], columns=[name]).column(name).combine_chunks()


@cache
def encoded(name: str, table: str = "index") -> Values:
    """A column's codes and distinct values; None comes last, whether it occurs or not."""
    dictionary = pc.dictionary_encode(column(name, table))
    values = [*dictionary.dictionary.to_pylist(), None]
    codes = pc.fill_null(dictionary.indices, len(values) - 1)
    return Values(np.asarray(codes), values)


@cache
def patients() -> np.ndarray:
    """A number per patient, as (collection_id, PatientID), for every series."""
    collection, patient = encoded("collection_id"), encoded("PatientID")
    return collection.codes.astype(np.int64) * len(patient.values) + patient.codes


@cache
def values_of(name: str) -> Values:
    """Values of an attribute as the specification reads them: lists split, ages in years, dates as dates."""
    attribute = ATTRIBUTES[name]
    source, read = DERIVED.get(name, (name, split if attribute.kind is Kind.TERMS else lambda text: text))
    raw = encoded(source, attribute.table)
    values = [read(text) if text is not None or name == "origin" else None for text in raw.values]
    if attribute.table == "index":
        return Values(raw.codes, values)
    of_collection = {
        collection: raw.codes[row]
        for row, collection in enumerate(column("collection_id", attribute.table).to_pylist())
    }
    index = encoded("collection_id")
    missing = len(values) - 1
    codes = np.array([of_collection.get(collection, missing) for collection in index.values])
    return Values(codes[index.codes], values)


@lru_cache(maxsize=64)
def condition(name: str, asked: tuple[tuple[str, tuple[str, ...]], ...]) -> np.ndarray:
    """Which series meet everything asked of one attribute."""
    kind = ATTRIBUTES[name].kind
    if not ATTRIBUTES[name].unique:
        found = values_of(name)
        return meets(kind, dict(asked), found.values)[found.codes]
    # A million values: try only those that are named.
    named = [text for operator, texts in asked if operator != "missing" for text in texts]
    rows = np.flatnonzero(np.asarray(pc.is_in(column(name), pa.array(named, column(name).type))))
    *of_rows, of_others = meets(kind, dict(asked), [*column(name).take(rows).to_pylist(), "no such identifier"])
    met = np.full(len(column(name)), of_others)
    met[rows] = of_rows
    return met


@cache
def bins(name: str) -> Values:
    """Bin of each series: bin i holds [edge i, edge i+1), the last is open, and so is the first downwards."""
    attribute, found = ATTRIBUTES[name], values_of(name)
    edges = [date(int(edge), 1, 1) if attribute.kind is Kind.DATE else edge for edge in attribute.edges]

    def bin_of(value: Any) -> int:
        return max(0, bisect_right(edges, value) - 1)

    counts = [len(edges) if value is None else bin_of(value) for value in found.values]
    return Values(np.array(counts)[found.codes], [*attribute.edges, None])


def counts(attribute: Attribute, mask: np.ndarray) -> tuple[dict[Any, int], dict[Any, int]]:
    """Series and patients per value (for ranges: per lower edge of the bin); None stands for missing."""
    found = _counted(attribute)
    codes = found.codes[mask]
    pairs = pd.unique(codes + patients()[mask] * len(found.values))
    of_value: dict[Any, list[np.ndarray]] = {}
    for code, group in pd.Series(pairs // len(found.values)).groupby(pairs % len(found.values)):
        for one in _listed(found.values[code]):
            of_value.setdefault(one, []).append(group.to_numpy())
    patients_of = {value: len(pd.unique(np.concatenate(parts))) for value, parts in of_value.items()}
    return series_counts(attribute, mask), patients_of


def series_counts(attribute: Attribute, mask: np.ndarray) -> dict[Any, int]:
    """Series per value, as `counts` gives them."""
    found = _counted(attribute)
    series: dict[Any, int] = {}
    for code, count in enumerate(np.bincount(found.codes[mask], minlength=len(found.values)).tolist()):
        for one in _listed(found.values[code]) if count else ():
            series[one] = series.get(one, 0) + count
    return series


def _counted(attribute: Attribute) -> Values:
    return bins(attribute.name) if attribute.is_range else values_of(attribute.name)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
