"""A cohort as an English sentence that says exactly what its SQL does.

What a catalog knows beyond the cohort is an argument, `app.language.known.Knowledge`: the same cohort and the same
knowledge give the same words, and without it the words are the same on every machine, whatever was fetched there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from app.clinical.columns import ClinicalColumn
from app.cohort import (
    ATTRIBUTES,
    OPERATORS,
    PARTS,
    Attribute,
    ClinicalClause,
    Cohort,
    Combination,
    Completion,
    Condition,
    Kind,
    Operation,
    Relation,
    Scope,
    by_attribute,
)
from app.common.modalities import DERIVED
from app.common.numbers import exact
from app.language.known import NOTHING, Knowledge


def sentence(cohort: Cohort, known: Knowledge = NOTHING) -> str:
    """The whole cohort as one sentence, ending in a full stop.

    Parameters
    ----------
    known
        What the catalog at hand knows: labels of clinical columns and codes, and which tables name the sources of
        derived series. Without it nothing is said of either.
    """
    return f"{_text(cohort, known)}."


def _text(cohort: Cohort, known: Knowledge) -> str:
    asked = [*clauses(cohort).values(), *map(relation_clause, cohort.relations)]
    asked += map(partial(clinical_clause, known=known), cohort.clinical)
    asked += map(partial(combination_clause, known=known), cohort.combinations)
    text = f"{opening(cohort)} {_join(asked, 'and')}" if asked else opening(cohort)
    return "; ".join([text, *option_clauses(cohort, known)])


def opening(cohort: Cohort) -> str:
    """How the sentence begins, up to what is asked."""
    if not cohort.matching():
        return "All series of IDC"
    if cohort.scope is Scope.SERIES:
        return "Series where"
    return f"All series of the {'studies' if cohort.scope is Scope.STUDY else 'patients'} that have a series where"


def relation_clause(relation: Relation) -> str:
    """What is asked of the patient or study, such as “the patient has no series where modality is SEG”."""
    several = relation.at_least > 1
    dated = ""
    if relation.within_days is not None:
        dated = f" dated within {relation.within_days} {'day' if relation.within_days == 1 else 'days'} of this one"
    of_series = dated + _where(relation.conditions)
    if relation.counted is Scope.STUDY:
        noun = f"studies with a series{of_series}" if of_series else "studies"
    else:
        noun = f"series{of_series}"
    if several:
        count = f"{'fewer than' if relation.lacks else 'at least'} {relation.at_least}"
    else:
        count = "no" if relation.lacks else "a"
    return f"the {relation.owner} has {count} {noun}"


def clinical_clause(clause: ClinicalClause, known: Knowledge = NOTHING) -> str:
    """What is asked of the patient's clinical data, such as “the patient is of nlst and its gender in prsn is “1””.

    What column and codes mean is told as far as it is known.
    """
    column = known.column(clause)
    label = f" (“{column.label}”)" if column and column.label else ""
    parts = []
    if clause.values:
        parts.append(f"is {_join([_clinical_value(value, column) for value in clause.values], 'or')}")
    elif clause.gte and clause.lte:
        parts.append(f"is between {clause.gte} and {clause.lte}")
    elif clause.gte or clause.lte:
        parts.append(f"is at least {clause.gte}" if clause.gte else f"is at most {clause.lte}")
    if clause.missing is not None:
        parts.append("is missing" if clause.missing else "is present")
    if clause.excluded:
        named = _join([_clinical_value(value, column) for value in clause.excluded], "or")
        kept = "" if parts else " (patients without a value are kept)"
        parts = [" and ".join([*parts, f"is {'not' if len(clause.excluded) == 1 else 'none of'} {named}"]) + kept]
    return (
        f"the patient is of {clause.collection_id} and its “{clause.column}”{label} in {clause.table}"
        f" {_join(parts, 'or')}"
    )


def _clinical_value(value: str, column: ClinicalColumn | None) -> str:
    meaning = column.labels.get(value) if column else None
    return f"“{value}” ({meaning})" if meaning else f"“{value}”"


def combination_clause(combination: Combination, known: Knowledge = NOTHING) -> str:
    """What two cohorts have to do with the series; each stands in square brackets."""
    left, right = (f"[{_lower_first(_text(side, known))}]" for side in (combination.left, combination.right))
    unit = "it" if combination.unit is Scope.SERIES else f"its {combination.unit}"
    if combination.operation is Operation.UNION:
        return f"it is in {left} or in {right}"
    if combination.operation is Operation.DIFFERENCE:
        return f"it is in {left} and {unit} is not in {right}"
    if combination.unit is Scope.SERIES:
        return f"it is in {left} and in {right}"
    return f"it is in {left} or in {right} and {unit} is in both"


def option_clauses(cohort: Cohort, known: Knowledge = NOTHING) -> list[str]:
    """What is added to the matching series, and how patients are chosen."""
    parts = []
    tables, derived = _join(known.linking, "and"), _join(DERIVED, "and")
    if Completion.DERIVED in cohort.added:
        made = f"the series that {tables} say were made from its series and, where no source is known, " * bool(tables)
        parts.append(f"with {made}all {derived} series of the studies that its images belong to")
    if Completion.SOURCES in cohort.added:
        made = f"the series that {tables} say its series were made from and, where none is known, " * bool(tables)
        parts.append(f"with {made}all images of the studies that its {derived} series belong to")
    if cohort.sample:
        drawn = f"{exact(cohort.sample.patients)} patients" if cohort.sample.patients else "patients"
        limit = "" if cohort.sample.patients else f" up to {cohort.sample.gigabytes} GB"
        parts.append(f"of these, {drawn} sampled at random{limit} (seed {cohort.seed}){_spread(cohort.sample.by)}")
    if cohort.split:
        shares = [f"{share} % {part}" for share, part in zip(cohort.split.shares, PARTS, strict=True) if share]
        only = f", of which only {cohort.split.part}" if cohort.split.part else ""
        parts.append(
            f"patients split at random (seed {cohort.seed}){_spread(cohort.split.by)} into {_join(shares, 'and')}{only}"
        )
    return parts


def _spread(by: str) -> str:
    return f" evenly over {ATTRIBUTES[by].label}" if by else ""


def _where(conditions: Iterable[Condition]) -> str:
    """Conditions on another series, in brackets where their “and” could be taken for that of the sentence."""
    asked = [_clause(ATTRIBUTES[name], operators) for name, operators in by_attribute(conditions).items()]
    if not asked:
        return ""
    return f" where {asked[0]}" if len(asked) == 1 else f" where ({_join(asked, 'and')})"


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]


def clauses(cohort: Cohort) -> dict[str, str]:
    """Attribute → what is asked of it, as a clause such as “modality is CT or MR”."""
    return {name: _clause(ATTRIBUTES[name], asked) for name, asked in cohort.by_attribute().items()}


def phrase(attribute: Attribute, operator: str, values: Sequence[str]) -> str:
    """One operator with its values, such as “is at least 100 instances”."""
    if operator == "missing":
        return "is missing" if values[0] == "true" else "is present"
    return OPERATORS[operator].phrase.format(
        values=_join([shown_value(attribute, value, operator) for value in values], "or")
    )


def on_missing(attribute: Attribute, asked: Mapping[str, tuple[str, ...]]) -> str:
    """What becomes of series without a value, where there are such and it is not plain from the words; else empty."""
    if attribute.complete:
        return ""
    if set(asked) == {"not"}:
        return "series without a value are kept"
    if {"gte", "lte"} & set(asked) and "missing" not in asked:
        return "series without a value are left out"
    return ""


def _clause(attribute: Attribute, asked: Mapping[str, tuple[str, ...]]) -> str:
    parts = []
    rest = {operator: values for operator, values in asked.items() if operator != "missing"}
    if "gte" in rest and "lte" in rest:
        low, high = rest.pop("gte")[0], rest.pop("lte")[0]
        parts.append(f"is between {low} and {shown_value(attribute, high)}")
    parts += [phrase(attribute, operator, values) for operator, values in rest.items()]
    if "missing" in asked:
        word = "or" if asked["missing"] == ("true",) else "and"
        parts = [
            f" {word} ".join([_join(parts, "and")] * bool(parts) + [phrase(attribute, "missing", asked["missing"])])
        ]
    note = on_missing(attribute, asked)
    return f"{attribute.label} {_join(parts, 'and')}" + (f" ({note})" if note else "")


def shown_value(attribute: Attribute, value: str, operator: str = "eq") -> str:
    """A value as it reads in a sentence: text in quotes, numbers with their unit."""
    if attribute.kind in (Kind.TEXT, Kind.ID) or operator == "contains" or "," in value:
        return f"“{value}”"
    return f"{value} {attribute.unit}" if attribute.kind is Kind.NUMBER and attribute.unit else value


def _join(parts: Sequence[str], word: str, comma: str = ", ") -> str:
    if len(parts) <= 1:
        return "".join(parts)
    return f"{comma.join(parts[:-1])} {word} {parts[-1]}"
