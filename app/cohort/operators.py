"""How an attribute is compared: one row per operator, read by the URL, the form, the SQL and the sentence.

`sql` holds the operator for one value expression ``{x}``. The same text is compiled into the SQL that users take away
and run over the catalog's dictionaries of distinct values, so the screen and the SQL can't disagree.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.cohort.attribute import Attribute, Kind


@dataclass(frozen=True, slots=True)
class Operator:
    """One way of comparing.

    Parameters
    ----------
    key
        Name in URLs, as in ``attribute__key``; ``eq`` stands bare.
    label
        Name in the form.
    kinds
        Kinds of attributes that take it.
    many
        Whether it takes several values; repeating it means *or*.
    sql
        Template: ``{x}`` the value expression, ``{values}`` the quoted values, ``{value}`` one of them (joined by OR).
    phrase
        Template of the sentence: ``{values}`` the values, joined by "or".
    of_lists
        Its values name lists of identifiers that `app.cohort.kept_lists` keeps.
    """

    key: str
    label: str
    kinds: frozenset[Kind]
    many: bool
    sql: str
    phrase: str
    of_lists: bool = False

    @property
    def suffix(self) -> str:
        """What stands behind the attribute in a URL."""
        return "" if self.key == "eq" else f"__{self.key}"

    @property
    def is_test(self) -> bool:
        """Whether it tests every value, rather than names some."""
        return "{value}" in self.sql

    def fits(self, attribute: Attribute) -> bool:
        """Whether the attribute takes this operator."""
        return attribute.kind in self.kinds and not (self.is_test and attribute.pattern)


_ALL = frozenset(Kind)
_RANGES = frozenset({Kind.NUMBER, Kind.DATE})
_IDS = frozenset({Kind.ID})
_TEXTS = frozenset({Kind.TERM, Kind.TEXT, Kind.ID})

#: Operators that leave out what they name.
NEGATIONS = frozenset({"not", "not_in"})

#: Operators by key, in canonical order.
OPERATORS: dict[str, Operator] = {
    operator.key: operator
    for operator in (
        Operator("eq", "is any of", _ALL, True, "{x} IN ({values})", "is {values}"),
        Operator("not", "is none of", _ALL, True, "{x} NOT IN ({values})", "is not {values}"),
        Operator("gte", "is at least", _RANGES, False, "{x} >= {value}", "is at least {values}"),
        Operator("lte", "is at most", _RANGES, False, "{x} <= {value}", "is at most {values}"),
        Operator("contains", "contains", _TEXTS, True, "contains(lower({x}), lower({value}))", "contains {values}"),
        Operator("in", "is in the list", _IDS, True, "{x} IN ({values})", "is in the list {values}", True),
        Operator(
            "not_in", "is not in the list", _IDS, True, "{x} NOT IN ({values})", "is not in the list {values}", True
        ),
        Operator("missing", "is missing", _ALL, False, "{x} IS NULL", "is missing"),
    )
}


def operators_of(attribute: Attribute) -> list[Operator]:
    """Operators that the attribute takes, in canonical order."""
    return [operator for operator in OPERATORS.values() if operator.fits(attribute)]
