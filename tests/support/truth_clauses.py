"""What relations, combinations, scope, additions, samples and splits mean, evaluated by pandas and plain Python.

Series are numbered as in the parquet file, as in `tests.support.truth`, which answers for conditions on attributes.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from functools import cache, lru_cache

import numpy as np
import pandas as pd

from app.cohort.clauses import Relation, Sample, Split
from app.cohort.cohort import Cohort, Combination
from tests.support import truth

PARTS = ("train", "validation", "test")
DERIVED = {"SEG", "RTSTRUCT", "SR", "ANN"}
NO_PICTURE = {*DERIVED, "KO", "PR", "REG", "RTPLAN", "RTDOSE", "RWV"}


@cache
def frame() -> pd.DataFrame:
    """One row per series: patient (number), study, day, modality, bytes."""
    days = truth.values_of("StudyDate")
    day = pd.to_datetime(pd.Series(days.values))
    return pd.DataFrame(
        {
            "patient": truth.patients(),
            "study": truth.encoded("StudyInstanceUID").codes,
            "day": day.to_numpy()[days.codes],
            "modality": np.array(truth.encoded("Modality").values, dtype=object)[truth.encoded("Modality").codes],
            "bytes": np.round(np.asarray(truth.column("series_size_MB")) * 1e6).astype(np.int64),
        }
    )


@lru_cache(maxsize=256)
def mask(cohort: Cohort) -> np.ndarray:
    """Which series the cohort means."""
    found = matching(cohort)
    rows = frame()
    unit = {"series": None, "study": "study", "patient": "patient"}[cohort.scope]
    if unit:
        found = rows[unit].isin(rows.loc[found, unit]).to_numpy()
    if cohort.added:
        found = complete(found, {str(completion) for completion in cohort.added})
    if cohort.sample:
        found = rows["patient"].isin(sample(found, cohort.sample, cohort.seed)).to_numpy() & found
    if cohort.split and cohort.split.part:
        parts = split(found, cohort.split, cohort.seed)
        members = {patient for patient, part in parts.items() if part == cohort.split.part}
        found = rows["patient"].isin(members).to_numpy() & found
    return found


@lru_cache(maxsize=8)
def matching(cohort: Cohort) -> np.ndarray:
    """Series that meet every clause."""
    found = truth.mask(cohort).copy()
    for relation in cohort.relations:
        found &= related(relation)
    for combination in cohort.combinations:
        found &= combined(combination)
    return found


def related(relation: Relation) -> np.ndarray:
    """Series whose patient or study has, or lacks, enough others."""
    rows = frame()
    others = rows[truth.mask(Cohort(relation.conditions))]
    if relation.within_days is not None:
        counts = near(relation, others, relation.within_days)
    else:
        groups = others.groupby(relation.owner.value)
        size = groups["study"].nunique() if relation.counted == "study" else groups.size()
        counts = rows[relation.owner.value].map(size).fillna(0).to_numpy()
    enough = counts >= relation.at_least
    return ~enough if relation.lacks else enough


def near(relation: Relation, others: pd.DataFrame, days: int) -> np.ndarray:
    """Others of the same patient within some days, for each series; none for a series without a date."""
    rows = frame()
    others = others.dropna(subset=["day"])
    visits = rows.loc[rows["patient"].isin(others["patient"]), ["patient", "day"]].dropna().drop_duplicates()
    pairs = visits.merge(others[["patient", "day", "study"]], on="patient", suffixes=("", "_other"))
    pairs = pairs[(pairs["day"] - pairs["day_other"]).abs() <= pd.Timedelta(days=days)]
    groups = pairs.groupby(["patient", "day"])["study"]
    size = (groups.nunique() if relation.counted == "study" else groups.size()).rename("count").reset_index()
    return rows[["patient", "day"]].merge(size, on=["patient", "day"], how="left")["count"].fillna(0).to_numpy()


def combined(combination: Combination) -> np.ndarray:
    """Series of two cohorts."""
    left, right = mask(combination.left), mask(combination.right)
    if combination.operation == "union":
        return left | right
    unit = pd.Series(np.arange(len(left))) if combination.unit == "series" else frame()[combination.unit.value]
    of_left, of_right = set(unit[left]), set(unit[right])
    if combination.operation == "difference":
        return left & ~unit.isin(of_right).to_numpy()
    return (left | right) & unit.isin(of_left & of_right).to_numpy()


def complete(found: np.ndarray, added: set[str], links: Sequence[tuple[int, int]] = ()) -> np.ndarray:
    """With what was derived from its series, and the series of what it has derived; by study where `links` tell none.

    A link is a series and the one that it was made from.
    """
    rows = frame()
    derived, picture = rows["modality"].isin(DERIVED).to_numpy(), ~rows["modality"].isin(NO_PICTURE).to_numpy()
    derived = derived & ~np.isin(np.arange(len(found)), [made for made, _ in links])
    wider = found.copy()
    if "derived" in added:
        wider |= derived & rows["study"].isin(rows.loc[found & picture, "study"]).to_numpy()
        wider[[made for made, source in links if found[source]]] = True
    if "sources" in added:
        wider |= picture & rows["study"].isin(rows.loc[found & derived, "study"]).to_numpy()
        wider[[source for made, source in links if found[made]]] = True
    return wider


@cache
def names() -> dict[int, str]:
    """Patient (number) → ``collection_id/PatientID``."""
    collection, patient = truth.encoded("collection_id"), truth.encoded("PatientID")
    first = pd.Series(truth.patients()).drop_duplicates().index
    return {
        int(truth.patients()[row]): f"{collection.values[collection.codes[row]]}/{patient.values[patient.codes[row]]}"
        for row in first
    }


def md5(text: str) -> str:
    """Hexadecimal MD5."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def samples(patients: np.ndarray, seed: int) -> dict[int, str]:
    """What patients are sampled by."""
    return {int(patient): md5(f"{seed}/{names()[int(patient)]}") for patient in patients}


def strata(found: np.ndarray, by: str) -> dict[int, str]:
    """Patient → the first value, in order, among its series; empty text without one."""
    if not by:
        return defaultdict(str)
    values = truth.values_of(by)
    pairs = pd.DataFrame({"patient": truth.patients()[found], "code": values.codes[found]}).drop_duplicates()
    first: dict[int, str] = {}
    for patient, code in pairs.itertuples(index=False):
        value = values.values[code]
        if value is not None:
            first[patient] = min(value, first.get(patient, value))
    return {patient: first.get(patient, "") for patient in pairs["patient"].tolist()}


def sample(found: np.ndarray, sample: Sample, seed: int) -> set[int]:
    """Patients sampled."""
    rows = frame()[found]
    sizes = rows.groupby("patient")["bytes"].sum()
    draw, stratum = samples(sizes.index.to_numpy(), seed), strata(found, sample.by)
    budget = None if sample.patients else int(Decimal(sample.gigabytes) * 10**9)
    members = defaultdict(list)
    for patient in sorted(draw, key=draw.__getitem__):
        if budget is None or sizes[patient] <= budget:
            members[stratum[patient]].append(patient)
    places = {
        patient: ((2 * position + 1) / (2 * len(group)) if sample.by else 0, draw[patient])
        for group in members.values()
        for position, patient in enumerate(group)
    }
    chosen: set[int] = set()
    spent = 0
    for patient in sorted(places, key=places.__getitem__):
        spent += int(sizes[patient])
        if len(chosen) == sample.patients or (budget is not None and spent > budget):
            break
        chosen.add(patient)
    return chosen


def split(found: np.ndarray, split: Split, seed: int) -> dict[int, str]:
    """Patient → part."""
    draw, stratum = samples(np.unique(truth.patients()[found]), seed), strata(found, split.by)

    def position(patient: int) -> tuple[str, ...]:
        value = stratum[patient]
        return md5(f"{seed}/{value}") if split.by else "", value, draw[patient]

    pattern = split.pattern
    return {patient: PARTS[int(pattern[place % 100])] for place, patient in enumerate(sorted(draw, key=position))}
