"""Conditions on one attribute as masks: over combinations where its values are listed, else over the series."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np

from app.catalog import Catalog
from app.catalog.arrays import Codes, CombinationMask, Mask, SeriesMask
from app.cohort import NEGATIONS, OPERATORS, Attribute, Kind
from app.cohort.kept_lists import values_of
from app.cohort.sql import predicate

_EPOCH = date(1970, 1, 1).toordinal()


def of_combinations(catalog: Catalog, attribute: Attribute, asked: Mapping[str, Sequence[str]]) -> CombinationMask:
    """Combinations that meet everything asked, as operator → values, of a listed attribute."""
    members = catalog.array(f"{attribute.name}.combination")
    values = catalog.array(f"{attribute.name}.value")
    present = np.zeros(catalog.combination_count, dtype=bool)
    present[members] = True

    def having(operator: str, texts: Sequence[str]) -> CombinationMask:
        if OPERATORS[operator].is_test:
            codes = catalog.codes_where(attribute, predicate(attribute, operator, texts, "value"))
        else:
            known = catalog.codes(attribute)
            codes = np.array([known[text] for text in texts if text in known], dtype=np.int32)
        wanted = np.zeros(len(catalog.values(attribute)) + 1, dtype=bool)
        wanted[codes] = True
        mask = np.zeros(catalog.combination_count, dtype=bool)
        mask[members[wanted[values]]] = True
        return mask

    return meet(asked, present, {key: having(key, texts) for key, texts in asked.items() if key != "missing"})


def of_rows(catalog: Catalog, attribute: Attribute, asked: Mapping[str, Sequence[str]]) -> SeriesMask:
    """Series that meet everything asked, as operator → values, of an attribute whose values are not listed.

    Raises
    ------
    UserError
        If this server lacks a list of identifiers that is named.
    """
    asked = {
        key: values_of(attribute.name, texts) if OPERATORS[key].of_lists else tuple(texts)
        for key, texts in asked.items()
    }
    if attribute.is_range:
        return meet(asked, *_compare_numbers(catalog, attribute, asked))
    if attribute.unique:
        holding = {}
        for key, texts in asked.items():
            if key != "missing":
                holding[key] = np.zeros(catalog.series_count, dtype=bool)
                holding[key][catalog.rows_of_unique(attribute, texts)] = True
        return meet(asked, np.ones(catalog.series_count, dtype=bool), holding)
    codes = catalog.array(attribute.name)
    size = int(codes.max()) + 1
    present = np.ones(size, dtype=bool)
    present[0] = False
    holding = {}
    for key, texts in asked.items():
        if key != "missing":
            holding[key] = np.zeros(size, dtype=bool)
            holding[key][_text_codes(catalog, attribute, key, texts)] = True
    return meet(asked, present, holding).take(codes, mode="clip")


def _text_codes(catalog: Catalog, attribute: Attribute, operator: str, texts: Sequence[str]) -> Codes:
    """Codes of the texts that `operator` is about; for "none of", those that it leaves out."""
    if operator == "contains":
        return catalog.codes_containing(attribute, texts)
    asked = operator if OPERATORS[operator].is_test else "eq"
    return catalog.codes_where(attribute, predicate(attribute, asked, texts, "value"))


def _compare_numbers(
    catalog: Catalog, attribute: Attribute, asked: Mapping[str, Sequence[str]]
) -> tuple[SeriesMask, dict[str, SeriesMask]]:
    """Mask of the series with a value, of one entry where bounds alone are asked, and one mask per operator."""
    numbers = catalog.array(attribute.name)
    dated = attribute.kind is Kind.DATE
    holding = {}
    for key, texts in asked.items():
        if key == "missing":
            continue
        wanted = [float(date.fromisoformat(text).toordinal() - _EPOCH) if dated else float(text) for text in texts]
        if key == "gte":
            holding[key] = numbers >= (math.ceil(wanted[0]) if attribute.integer else wanted[0])
        elif key == "lte":
            holding[key] = numbers <= (math.floor(wanted[0]) if attribute.integer else wanted[0])
        else:
            holding[key] = np.isin(numbers, np.asarray(wanted, dtype=numbers.dtype))
    only_bounds = set(asked) <= {"gte", "lte"}
    present = np.ones(1, dtype=bool) if only_bounds else ~np.isnan(numbers)
    return present, holding


def meet(asked: Mapping[str, Sequence[str]], present: Mask, holding: Mapping[str, Mask]) -> Mask:
    """Join the operators of one attribute.

    All must hold; "none of" keeps what has no value unless another operator asks for one; ``missing=true`` adds what
    has none, ``missing=false`` asks for a value. A comparison with a missing value never holds.

    Parameters
    ----------
    present
        Where there is a value: as long as the masks of `holding`, or of one entry that stands for all.
    holding
        Operator → where one of its values is met, before any negation.
    """
    missing = asked.get("missing", ("",))[0]
    parts = [~mask if key in NEGATIONS else mask for key, mask in holding.items()]
    if not parts:
        return ~present if missing == "true" else present
    met = parts[0]
    for part in parts[1:]:
        met = met & part
    if missing == "true":
        return met | ~present
    if set(asked) == {"not"}:
        return met
    return met & present
