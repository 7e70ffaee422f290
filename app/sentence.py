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
    return OPERATORS[operator].phrase.format(values=_join([_quote(attribute, value) for value in values], "or"))


def _clause(attribute: Attribute, asked: Mapping[str, tuple[str, ...]]) -> str:
    asked = dict(asked)
    missing = asked.pop("missing", ("",))[0]
    if missing and not asked:
        return f"{attribute.label} {phrase(attribute, 'missing', (missing,))}"
    parts = []
    if "gte" in asked and "lte" in asked:
        low, high = asked.pop("gte")[0], asked.pop("lte")[0]
        parts.append(f"is between {_bare(attribute, low)} and {_quote(attribute, high)}")
    parts += [phrase(attribute, operator, values) for operator, values in asked.items()]
    text = f"{attribute.label} {_join(parts, 'and')}"
    if missing == "true":
        return f"{text} or is missing"
    if missing == "false":
        return f"{text} and is present"
    return f"{text}{_on_missing(parts)}"


def _on_missing(parts: Sequence[str]) -> str:
    """What becomes of series without a value, where it is not plain from the words."""
    if all(part.startswith("is not ") for part in parts):
        return " (series without a value are kept)"
    if any(part.startswith(("is at ", "is between ")) for part in parts):
        return " (series without a value are left out)"
    return ""


def _bare(attribute: Attribute, value: str) -> str:
    return value if attribute.kind in (Kind.NUMBER, Kind.DATE) else f"“{value}”"


def _quote(attribute: Attribute, value: str) -> str:
    if attribute.kind in (Kind.TEXT, Kind.ID):
        return f"“{value}”"
    return f"{value} {attribute.unit}" if attribute.kind is Kind.NUMBER and attribute.unit else value


def _join(parts: Sequence[str], word: str, comma: str = ", ") -> str:
    if len(parts) <= 1:
        return "".join(parts)
    return f"{comma.join(parts[:-1])} {word} {parts[-1]}"
