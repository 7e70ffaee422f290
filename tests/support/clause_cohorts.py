"""Random cohorts that use every clause and option, around real series, for tests and benchmarks."""

from __future__ import annotations

import random
from collections.abc import Sequence

from app.cohort.clauses import PARTS, RELATION_KEYS, Completion, Relation, Sample, Scope, Split
from app.cohort.cohort import Cohort, Combination, Operation
from app.cohort.conditions import Condition
from tests.support.cohorts import random_cohorts

#: Filters that people combine, so that most cohorts find something.
_SIMPLE = (
    "Modality=CT",
    "Modality=PT",
    "Modality=SEG",
    "Modality=MR",
    "Modality=RTSTRUCT&origin=original",
    "BodyPartExamined=LUNG&BodyPartExamined=CHEST",
    "Modality=CT&instanceCount__gte=200",
    "SeriesDescription__contains=t1",
    "license_short_name=CC%20BY%204.0&origin=derived",
    "cancer_types=Lung%20Cancer",
    "PatientSex=F",
    "collection_id=nlst&Modality=SEG",
)
_STRATA = ("", "", "Modality", "collection_id", "Manufacturer", "BodyPartExamined", "PatientSex", "origin")


def random_clause_cohorts(n: int, seed: int = 0) -> list[Cohort]:
    """Cohorts with one to three clauses or options each; every kind comes up in turn."""
    dice = random.Random(seed)
    plain = random_cohorts(n, seed)
    cohorts = []
    for number in range(n):
        base = dice.choice(_SIMPLE) if dice.random() < 0.7 else plain[number].to_query()
        cohort = Cohort.from_query(base if dice.random() < 0.85 else "")
        for turn in range(dice.choice((1, 1, 2, 3))):
            cohort = _extended(cohort, _KINDS[(number + 3 * turn) % len(_KINDS)], dice)
        cohorts.append(cohort)
    return cohorts


_KINDS = (*RELATION_KEYS, "time", *Operation, "scope", "add", "sample", "sample_gb", "split")


def _extended(cohort: Cohort, kind: str, dice: random.Random) -> Cohort:
    if kind in (*RELATION_KEYS, "time"):
        return cohort.with_clause(_relation(kind, dice))
    if kind in list(Operation):
        left, right = (_operand(dice) for _ in range(2))
        return cohort.with_clause(Combination.of(Operation(kind), left, right, dice.choice(list(Scope))))
    if kind == "scope":
        return cohort.with_options(scope=dice.choice([Scope.STUDY, Scope.PATIENT]))
    if kind == "add":
        return cohort.with_options(added=dice.choice([[Completion.DERIVED], [Completion.SOURCES], list(Completion)]))
    by, number = dice.choice(_STRATA), dice.randrange(1, 1000)
    if kind == "split":
        shares = dice.choice(((70, 15, 15), (80, 0, 20), (50, 25, 25), (98, 1, 1)))
        return cohort.with_options(seed=number, split=Split.of(shares, by, dice.choice(("", *PARTS))))
    if kind == "sample":
        return cohort.with_options(seed=number, sample=Sample.of(dice.choice((1, 10, 150, 100_000)), by=by))
    gigabytes = dice.choice(("0.5", "20", "1000.25"))
    return cohort.with_options(seed=number, sample=Sample.of(gigabytes=gigabytes, by=by))


def _relation(kind: str, dice: random.Random) -> Relation:
    key = dice.choice(("patient_has", "patient_lacks")) if kind == "time" else kind
    owner, _, verb = key.partition("_")
    conditions = _conditions(dice.choice(_SIMPLE))
    days = dice.choice((0, 1, 30, 365)) if kind == "time" else None
    counted = dice.choice((Scope.SERIES, Scope.STUDY)) if owner == "patient" else Scope.SERIES
    return Relation.of(Scope(owner), verb == "lacks", conditions, dice.choice((1, 1, 2, 3)), counted, days)


def _operand(dice: random.Random) -> Cohort:
    cohort = Cohort.from_query(dice.choice(_SIMPLE))
    if dice.random() < 0.3:
        cohort = cohort.with_clause(_relation(dice.choice(RELATION_KEYS), dice))
    return cohort.with_options(scope=Scope.STUDY) if dice.random() < 0.2 else cohort


def _conditions(query: str) -> Sequence[Condition]:
    return Cohort.from_query(query).conditions


#: One cohort for each construct, small enough for the slowest reader.
EXAMPLES = {
    "scope": "collection_id=nsclc_radiomics&Modality=SEG&scope=study",
    "relations": "Modality=CT&patient_has=Modality%3DPT&patient_lacks=Modality%3DSEG&study_has=at_least%3D3",
    "time": "Modality=CT&patient_has=Modality%3DPT%26within_days%3D30%26at_least%3D2%26of%3Dstudies",
    "algebra": "intersection=a%3DModality%253DCT%26b%3DModality%253DPT%26by%3Dpatient",
    "completion": "Modality=SEG&collection_id=nsclc_radiomics&add=sources",
    "sample": "Modality=MR&sample=50&sample_by=Manufacturer&seed=7",
    "budget": "Modality=CT&BodyPartExamined=LUNG&sample_gb=20&sample_by=collection_id&seed=3",
    "split": "collection_id=nlst&Modality=CT&split=70-15-15&split_by=Manufacturer&part=test&seed=1",
}
