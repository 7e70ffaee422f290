"""Patients sampled and split: the same ones on any machine, here and in the SQL of `app.language.statement`.

The draw is the order of the patients by the MD5 of seed and identifiers, which every database can compute.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import md5

import numpy as np

from app.catalog import Catalog
from app.catalog.arrays import Codes, Hashes, Parts, PatientCodes, RowNumbers, Shares, Starts
from app.cohort import ATTRIBUTES, Sample, Split


def sampled(catalog: Catalog, rows: RowNumbers, sample: Sample, seed: int) -> RowNumbers:
    """Rows of the patients that `sample` samples from those of `rows`, which ascend; ascending."""
    patients, starts = _patients(catalog, rows)
    draw = _draw(catalog, seed)[patients - 1]
    sizes = np.add.reduceat(catalog.array("bytes").take(rows), starts) if len(rows) else np.zeros(0, np.int64)
    chosen = np.arange(len(patients))
    if sample.patients is None:
        chosen = np.flatnonzero(sizes <= sample.size_bytes)
    if sample.by:
        places = _places(_strata(catalog, rows, starts, sample.by)[chosen], draw[chosen])
        chosen = chosen[np.lexsort((draw[chosen], places))]
    else:
        chosen = chosen[np.argsort(draw[chosen])]
    if sample.patients is None:
        chosen = chosen[np.cumsum(sizes[chosen]) <= sample.size_bytes]
    else:
        chosen = chosen[: sample.patients]
    kept = np.zeros(len(patients), dtype=bool)
    kept[chosen] = True
    return np.asarray(rows[np.repeat(kept, np.diff(starts, append=len(rows)))])


def _places(strata: Codes, draw: Hashes) -> Shares:
    """Place of each patient between 0 and 1 such that every stratum is spread evenly over that range."""
    order = np.lexsort((draw, strata))
    _, first, inverse, sizes = np.unique(strata[order], return_index=True, return_inverse=True, return_counts=True)
    places = np.empty(len(strata))
    rank = np.arange(len(strata)) - first[inverse]
    places[order] = (2 * rank + 1) / (2 * sizes[inverse])
    return places


def split_parts(catalog: Catalog, rows: RowNumbers, split: Split, seed: int) -> Parts:
    """For each of `rows`, which ascend, the number of its patient's part, from 1."""
    patients, starts = _patients(catalog, rows)
    draw = _draw(catalog, seed)[patients - 1]
    order = np.argsort(draw)
    if split.by:
        strata = _strata(catalog, rows, starts, split.by)
        values = ["", *catalog.values(ATTRIBUTES[split.by])]
        shuffled = sorted(np.unique(strata).tolist(), key=lambda code: (_md5(f"{seed}/{values[code]}"), values[code]))
        position = np.zeros(len(values), dtype=np.int64)
        position[shuffled] = np.arange(len(shuffled))
        order = np.lexsort((draw, position[strata]))
    pattern = np.array([int(digit) + 1 for digit in split.pattern], dtype=np.int8)
    parts = np.empty(len(patients), dtype=np.int8)
    parts[order] = pattern[np.arange(len(patients)) % len(pattern)]
    return np.repeat(parts, np.diff(starts, append=len(rows)))


def _patients(catalog: Catalog, rows: RowNumbers) -> tuple[PatientCodes, Starts]:
    """Patients of `rows`, ascending, and where each begins: the catalog's order keeps a patient's series together."""
    of_row = catalog.array("PatientID").take(rows)
    starts = np.flatnonzero(np.diff(of_row, prepend=0))
    return of_row[starts].astype(np.int64), starts


def _strata(catalog: Catalog, rows: RowNumbers, starts: Starts, name: str) -> Codes:
    """Code of the first value, in order, that each patient's series have of an attribute; 0 if they have none."""
    of_combination = np.full(catalog.combination_count, np.iinfo(np.int32).max, dtype=np.int32)
    of_combination[catalog.array(f"{name}.combination")] = catalog.array(f"{name}.value")
    codes = of_combination.take(catalog.array("combination").take(rows))
    first = np.minimum.reduceat(codes, starts) if len(rows) else codes
    return np.where(first == np.iinfo(np.int32).max, 0, first)


@lru_cache(maxsize=4)
def _draw(catalog: Catalog, seed: int) -> Hashes:
    """What each patient of the release is sampled by: the first half of the MD5, which no two patients share."""
    text = f"md5('{int(seed)}/' || collection_id || '/' || PatientID)"
    found = catalog.cursor().execute(f"SELECT ('0x' || left({text}, 16))::UBIGINT AS draw FROM patient ORDER BY code")
    return np.asarray(found.fetchnumpy()["draw"])


def _md5(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()
