"""A cohort as a JSON document: the same parts as its URL form, for files and other programs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from app.cohort.clauses import Relation, Scope
from app.cohort.clinical_clause import ClinicalClause
from app.cohort.cohort import Cohort, Combination, Operation
from app.cohort.conditions import Condition, QueryError

_RELATION_OPTIONS = ("within_days", "at_least", "of")


def to_json(cohort: Cohort) -> str:
    """JSON document with a list ``conditions`` and, as used, ``relations``, ``clinical``, ``combinations``,
    ``options``.

    A condition is ``{"attribute", "operator", "values"}``; a relation names itself as in the URL and holds conditions;
    a clinical clause has the names of the URL form, but a list ``values`` and,
    as used, a list ``not``; a combination holds two such documents,
    ``a`` and ``b``; options have the names and values of the URL form.
    """
    return json.dumps(_write(cohort), ensure_ascii=False)


def from_json(text: str) -> Cohort:
    """Inverse of `to_json`.

    Raises
    ------
    QueryError
        If the text is not such a document.
    """
    try:
        return _read(json.loads(text))
    except QueryError:
        raise
    except (ValueError, KeyError, TypeError, RecursionError):
        raise QueryError(
            "The JSON is not a cohort: it needs a list “conditions”, each with the texts “attribute” and"
            " “operator” and a list of texts “values”."
        ) from None


def _write(cohort: Cohort) -> dict[str, Any]:
    document: dict[str, Any] = {"conditions": _write_conditions(cohort.conditions)}
    if cohort.relations:
        document["relations"] = [_write_relation(relation) for relation in cohort.relations]
    if cohort.clinical:
        document["clinical"] = [_write_clinical(clause) for clause in cohort.clinical]
    if cohort.combinations:
        document["combinations"] = [
            {"operation": c.operation, "a": _write(c.left), "b": _write(c.right), "by": c.unit}
            for c in cohort.combinations
        ]
    if not cohort.is_plain:
        document["options"] = [list(pair) for pair in cohort.option_pairs()]
    return document


def _write_conditions(conditions: Iterable[Condition]) -> list[dict[str, Any]]:
    return [{"attribute": c.attribute, "operator": c.operator, "values": list(c.values)} for c in conditions]


def _write_relation(relation: Relation) -> dict[str, Any]:
    document: dict[str, Any] = {"relation": relation.key, "conditions": _write_conditions(relation.conditions)}
    return document | dict(relation.option_pairs())


def _write_clinical(clause: ClinicalClause) -> dict[str, Any]:
    document: dict[str, Any] = {name: text for name, text in clause.pairs() if name not in ("value", "not")}
    document["values"] = list(clause.values)
    return document | ({"not": list(clause.excluded)} if clause.excluded else {})


def _read(document: Any) -> Cohort:
    parts = _expect(document, dict)
    options = [_read_pair(pair) for pair in _expect(parts.get("options", []), list)]
    chosen = Cohort.from_pairs(options)
    if chosen.matching():
        raise QueryError("“options” of the JSON holds what is no option.")
    return Cohort.of(
        _read_conditions(parts["conditions"]),
        [_read_relation(entry) for entry in _expect(parts.get("relations", []), list)],
        [_read_clinical(entry) for entry in _expect(parts.get("clinical", []), list)],
        [_read_combination(entry) for entry in _expect(parts.get("combinations", []), list)],
        scope=chosen.scope,
        added=chosen.added,
        sample=chosen.sample,
        split=chosen.split,
        seed=chosen.seed,
    )


def _read_conditions(entries: Any) -> list[Condition]:
    return [
        Condition.of(
            _expect(entry["attribute"], str),
            _expect(entry["operator"], str),
            [_expect(value, str) for value in _expect(entry["values"], list)],
        )
        for entry in _expect(entries, list)
    ]


def _read_relation(entry: Any) -> Relation:
    parts = _expect(entry, dict)
    conditions = _read_conditions(parts["conditions"])
    inner = [(condition.key, value) for condition in conditions for value in condition.values]
    options = [(name, _expect(parts[name], str)) for name in _RELATION_OPTIONS if name in parts]
    return Relation.from_pairs(_expect(parts["relation"], str), [*inner, *options])


def _read_clinical(entry: Any) -> ClinicalClause:
    parts = _expect(entry, dict)
    pairs = [(name, _expect(text, str)) for name, text in parts.items() if name not in ("values", "not")]
    for name, key in (("value", "values"), ("not", "not")):
        pairs += [(name, _expect(value, str)) for value in _expect(parts.get(key, []), list)]
    return ClinicalClause.from_pairs(pairs)


def _read_combination(entry: Any) -> Combination:
    parts = _expect(entry, dict)
    unit = Scope(_expect(parts.get("by", "series"), str))
    return Combination.of(Operation(_expect(parts["operation"], str)), _read(parts["a"]), _read(parts["b"]), unit)


def _read_pair(pair: Any) -> tuple[str, str]:
    key, value = _expect(pair, list)
    return _expect(key, str), _expect(value, str)


def _expect(value: Any, kind: type) -> Any:
    if not isinstance(value, kind):
        raise TypeError
    return value
