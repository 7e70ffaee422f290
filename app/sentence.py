"""A cohort as an English sentence that says exactly what its SQL does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.attributes import ATTRIBUTES, Attribute, Kind
from app.cohort import Cohort
from app.operators import OPERATORS


def sentence(cohort: Cohort) -> str:
    """The whole cohort as one sentence, ending in a full stop."""
    if not cohort:
        return "All series of IDC."
    return f"Series where {_join(list(clauses(cohort).values()), 'and', ', ')}."


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
    if attribute.kind in (Kind.TEXT, Kind.ID) or operator == "contains":
        return f"“{value}”"
    return f"{value} {attribute.unit}" if attribute.kind is Kind.NUMBER and attribute.unit else value


def _join(parts: Sequence[str], word: str, comma: str = ", ") -> str:
    if len(parts) <= 1:
        return "".join(parts)
    return f"{comma.join(parts[:-1])} {word} {parts[-1]}"
