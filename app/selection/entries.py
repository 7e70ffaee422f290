"""Conditions on attributes of fetched tables, and their counts, over entries: one per series and value.

A series may have several values. It has "any of" some if one of its values is among them, lies between two bounds if
one of its values lies between both, and has "none of" some if no value of it is among them. A series that is not in
the table has no value.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from app.catalog import Catalog
from app.catalog.arrays import Codes, Counts, EntryMask, RowNumbers, SeriesMask
from app.cohort import OPERATORS, Attribute
from app.cohort.sql import predicate
from app.selection.masks import meet

_AT_ONCE = 1 << 20


def of_series(catalog: Catalog, attribute: Attribute, asked: Mapping[str, Sequence[str]]) -> SeriesMask:
    """Mask of the series that meet everything asked, as operator → values, of an attribute of a fetched table.

    Raises
    ------
    MissingTableError
        If the attribute's table is not there.
    """
    rows = catalog.entries(attribute, f"{attribute.name}.row")

    def mark(entries: EntryMask | None = None) -> SeriesMask:
        mask = np.zeros(catalog.series_count, dtype=bool)
        mask[rows if entries is None else rows[entries]] = True
        return mask

    test = _numbers if attribute.is_range else _codes
    return meet(asked, mark(), {key: mark(entries) for key, entries in test(catalog, attribute, asked).items()})


def _numbers(catalog: Catalog, attribute: Attribute, asked: Mapping[str, Sequence[str]]) -> dict[str, EntryMask]:
    """Operator → mask of the entries that it is about; bounds hold of one and the same value."""
    numbers = catalog.entries(attribute, attribute.name)
    low = float(asked["gte"][0]) if "gte" in asked else -math.inf
    high = float(asked["lte"][0]) if "lte" in asked else math.inf
    found = {"gte": (numbers >= low) & (numbers <= high)} if {"gte", "lte"} & set(asked) else {}
    for key in set(asked) & {"eq", "not"}:
        found[key] = np.isin(numbers, np.array([float(text) for text in asked[key]]))
    return found


def _codes(catalog: Catalog, attribute: Attribute, asked: Mapping[str, Sequence[str]]) -> dict[str, EntryMask]:
    codes = catalog.entries(attribute, f"{attribute.name}.code")
    found = {}
    for key, texts in asked.items():
        if key != "missing":
            asked_of_each = key if OPERATORS[key].is_test else "eq"
            wanted = catalog.codes_where(attribute, predicate(attribute, asked_of_each, texts, "value"))
            marks = np.zeros(len(catalog.values(attribute)) + 1, dtype=bool)
            marks[wanted] = True
            found[key] = marks.take(codes)
    return found


def count(catalog: Catalog, attribute: Attribute, selected: SeriesMask | None, unit: str) -> Counts:
    """Counts per code or bin, of the series that a mask marks, or of all.

    Entry 0 counts the series that have no value, or the patients with such a series.

    Parameters
    ----------
    unit
        What is counted: ``series`` or ``patients``.

    Raises
    ------
    MissingTableError
        If the attribute's table is not there.
    """
    name = f"{attribute.name}.bin" if attribute.is_range else attribute.name
    size = (len(attribute.edges) if attribute.is_range else len(catalog.values(attribute))) + 1
    of_entry, codes = catalog.entries(attribute, f"{name}.row"), catalog.entries(attribute, f"{name}.code")
    if selected is None:
        selected = np.ones(catalog.series_count, dtype=bool)
    present = np.zeros(catalog.series_count, dtype=bool)
    present[of_entry] = True
    lacking = np.flatnonzero(selected & ~present)
    if unit == "series":
        counts = np.zeros(size, dtype=np.int64)
        for _, part in _chosen(of_entry, codes, selected):
            counts += np.bincount(part, minlength=size)
        counts[0] = len(lacking)
        return counts
    # A patient counts once per value: patients with an entry get a row of marks each.
    patients = catalog.array("PatientID")
    having = np.zeros(catalog.patient_count + 1, dtype=bool)
    having[patients.take(np.flatnonzero(selected & present))] = True
    place = np.cumsum(having, dtype=np.int64) - 1
    marks = np.zeros((np.count_nonzero(having), size), dtype=bool)
    for of_chosen, part in _chosen(of_entry, codes, selected):
        marks[place.take(patients.take(of_chosen)), part] = True
    counts = np.asarray(marks.sum(axis=0, dtype=np.int64))
    counts[0] = np.count_nonzero(np.diff(patients.take(lacking), prepend=0))
    return counts


def _chosen(of_entry: RowNumbers, codes: Codes, selected: SeriesMask) -> Iterator[tuple[RowNumbers, Codes]]:
    """Rows and codes of the entries of selected series, some at a time, since a table may have millions."""
    for start in range(0, len(of_entry), _AT_ONCE):
        rows, part = of_entry[start : start + _AT_ONCE], codes[start : start + _AT_ONCE]
        chosen = np.flatnonzero(selected.take(rows))
        yield rows.take(chosen), part.take(chosen)


def sources(catalog: Catalog, tables: Sequence[str]) -> tuple[RowNumbers, RowNumbers]:
    """Series, and the image series that each was made from, as far as `tables` name them: two arrays of one length.

    Raises
    ------
    MissingTableError
        If one of `tables` is not there.
    """
    stores = [catalog.extension(name) for name in tables]
    none = np.zeros(0, dtype=np.int32)
    made = np.concatenate([none, *(store.array("sources.made") for store in stores)])
    return made, np.concatenate([none, *(store.array("sources.source") for store in stores)])
