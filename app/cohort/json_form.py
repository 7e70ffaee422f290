"""A cohort as a JSON document: the same parts as its URL form, for files and other programs.

docs/query.md describes it. Every value is a text, spelled as in the URL form; what is unknown or twice is refused,
so that nothing is passed over in silence.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

from app.cohort.clauses import MAX_QUERY_LENGTH, Relation, Scope, read_choice
from app.cohort.clinical_clause import ClinicalClause
from app.cohort.cohort import MAX_CLAUSES, Cohort, Combination, Operation
from app.cohort.conditions import Condition, QueryError
from app.common.errors import shorten

#: Longer texts are not read. Keys and brackets make JSON longer than the URL form.
MAX_JSON_LENGTH = 4 * MAX_QUERY_LENGTH

#: Brackets within each other: three for each combination of combinations, and those of a relation in the last.
MAX_JSON_DEPTH = 3 * MAX_CLAUSES + 6

_PARTS = ("conditions", "relations", "clinical", "combinations", "options")
_CONDITION = ("attribute", "operator", "values")
_RELATION_OPTIONS = ("within_days", "at_least", "of")
_COLUMN = ("collection_id", "table", "column")
_COMPARED = ("gte", "lte", "missing")
#: Lists of a clinical clause → the URL form's parameter of each value.
_CLINICAL_LISTS = {"values": "value", "not": "not"}
_OPTIONS = ("scope", "add", "sample", "sample_gb", "sample_by", "split", "split_by", "part", "seed")


def to_document(cohort: Cohort) -> dict[str, Any]:
    """Document with a list ``conditions`` and, as used, ``relations``, ``clinical``, ``combinations``, ``options``.

    A condition is ``{"attribute", "operator", "values"}``. A relation names itself as in the URL form and holds
    conditions. A clinical clause has the names of the URL form, but lists ``values`` and ``not``. A combination holds
    two such documents, ``a`` and ``b``. Options have the names of the URL form; ``add`` is a list.
    """
    document: dict[str, Any] = {"conditions": _write_conditions(cohort.conditions)}
    if cohort.relations:
        document["relations"] = [_write_relation(relation) for relation in cohort.relations]
    if cohort.clinical:
        document["clinical"] = [_write_clinical(clause) for clause in cohort.clinical]
    if cohort.combinations:
        document["combinations"] = [_write_combination(combination) for combination in cohort.combinations]
    if not cohort.is_plain:
        document["options"] = _write_options(cohort)
    return document


def to_json(cohort: Cohort) -> str:
    """The document of `to_document` as text, in one line."""
    return json.dumps(to_document(cohort), ensure_ascii=False)


def from_json(text: str) -> Cohort:
    """Inverse of `to_json`.

    Raises
    ------
    QueryError
        If the text is not such a document, or too large; the message names the key at fault.
    """
    cohort = _read(_parse(text), "")
    if len(cohort.to_query()) > MAX_QUERY_LENGTH:
        raise QueryError(
            f"The cohort is longer than {MAX_QUERY_LENGTH:,} characters in URL form; keep long lists of identifiers on"
            " the page Import."
        )
    return cohort


def from_text(text: str) -> Cohort:
    """Cohort of either form: JSON begins with a brace, and no URL form does.

    Raises
    ------
    QueryError
        If it is none.
    """
    return from_json(text) if is_json(text) else Cohort.from_query(text)


def is_json(text: str) -> bool:
    """Whether a text is meant as JSON rather than as a URL form."""
    return text.lstrip().startswith("{")


def _write_conditions(conditions: Iterable[Condition]) -> list[dict[str, Any]]:
    return [{"attribute": c.attribute, "operator": c.operator, "values": list(c.values)} for c in conditions]


def _write_relation(relation: Relation) -> dict[str, Any]:
    document: dict[str, Any] = {"relation": relation.key, "conditions": _write_conditions(relation.conditions)}
    return document | dict(relation.option_pairs())


def _write_clinical(clause: ClinicalClause) -> dict[str, Any]:
    document: dict[str, Any] = {}
    names = {parameter: name for name, parameter in _CLINICAL_LISTS.items()}
    for parameter, text in clause.pairs():
        if parameter in names:
            document.setdefault(names[parameter], []).append(text)
        else:
            document[parameter] = text
    return document


def _write_combination(combination: Combination) -> dict[str, Any]:
    document = {
        "operation": combination.operation.value,
        "a": to_document(combination.left),
        "b": to_document(combination.right),
    }
    return document if combination.unit is Scope.SERIES else document | {"by": combination.unit.value}


def _write_options(cohort: Cohort) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for name, text in cohort.option_pairs():
        if name == "add":
            document.setdefault(name, []).append(text)
        else:
            document[name] = text
    return document


# --- reading --------------------------------------------------------------------------------------------------------


def _parse(text: str) -> Any:
    """The values in the text; what could exhaust the parser is refused before."""
    if len(text) > MAX_JSON_LENGTH:
        _refuse(f"it is longer than {MAX_JSON_LENGTH:,} characters")
    if _depth(text) > MAX_JSON_DEPTH:
        _refuse(f"its brackets stand more than {MAX_JSON_DEPTH} deep in each other")
    try:
        return json.loads(text, object_pairs_hook=_distinct)
    except json.JSONDecodeError as error:
        _refuse(f"line {error.lineno}, column {error.colno} is no JSON ({error.msg})")
    except QueryError:
        raise
    except ValueError:  # Python reads no number of thousands of digits
        _refuse("it holds a number with too many digits")


def _depth(text: str) -> int:
    """How deep brackets stand in each other, those inside texts left out."""
    deepest = depth = 0
    for found in re.finditer(r'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]', text, re.DOTALL):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(found.group()[0], 0)
        deepest = max(deepest, depth)
    return deepest


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            _refuse(f"“{shorten(name)}” stands twice in one object")
        found[name] = value
    return found


def _read(document: Any, where: str) -> Cohort:
    parts = _object(document, where, ("conditions",), _PARTS[1:])
    options = Cohort.from_pairs(_read_options(parts.get("options", {}), f"{where}options"))
    return Cohort.of(
        _read_conditions(parts["conditions"], f"{where}conditions"),
        [_read_relation(*entry) for entry in _entries(parts, "relations", where)],
        [_read_clinical(*entry) for entry in _entries(parts, "clinical", where)],
        [_read_combination(*entry) for entry in _entries(parts, "combinations", where)],
        scope=options.scope,
        added=options.added,
        sample=options.sample,
        split=options.split,
        seed=options.seed,
    )


def _read_conditions(entries: Any, where: str) -> list[Condition]:
    found = []
    for entry, place in _numbered(entries, where):
        parts = _object(entry, place, _CONDITION)
        values = [_text(*value) for value in _entries(parts, "values", place)]
        found.append(Condition.of(_member(parts, "attribute", place), _member(parts, "operator", place), values))
    return found


def _read_relation(entry: Any, where: str) -> Relation:
    parts = _object(entry, where, ("relation", "conditions"), _RELATION_OPTIONS)
    conditions = _read_conditions(parts["conditions"], f"{where}conditions")
    inner = [(condition.key, value) for condition in conditions for value in condition.values]
    options = [(name, _member(parts, name, where)) for name in _RELATION_OPTIONS if name in parts]
    return Relation.from_pairs(_member(parts, "relation", where), [*inner, *options])


def _read_clinical(entry: Any, where: str) -> ClinicalClause:
    parts = _object(entry, where, _COLUMN, (*_CLINICAL_LISTS, *_COMPARED))
    pairs = [(name, _member(parts, name, where)) for name in (*_COLUMN, *_COMPARED) if name in parts]
    for name, parameter in _CLINICAL_LISTS.items():
        pairs += [(parameter, _text(*value)) for value in _entries(parts, name, where)]
    return ClinicalClause.from_pairs(pairs)


def _read_combination(entry: Any, where: str) -> Combination:
    parts = _object(entry, where, ("operation", "a", "b"), ("by",))
    operation = read_choice(f"{where}operation", _member(parts, "operation", where), list(Operation))
    unit = read_choice(f"{where}by", _member(parts, "by", where) if "by" in parts else "series", list(Scope))
    left, right = (_read(parts[side], f"{where}{side}.") for side in ("a", "b"))
    return Combination.of(Operation(operation), left, right, Scope(unit))


def _read_options(entry: Any, where: str) -> list[tuple[str, str]]:
    parts = _object(entry, f"{where}.", (), _OPTIONS)
    pairs = [(name, _member(parts, name, f"{where}.")) for name in parts if name != "add"]
    return pairs + [("add", _text(*value)) for value in _entries(parts, "add", f"{where}.")]


# `where` is the way to a value: `conditions[0].values[1]`, or with a dot at its end to what an object holds.


def _object(value: Any, where: str, required: Iterable[str], others: Iterable[str] = ()) -> Mapping[str, Any]:
    """An object that has all of `required`, and nothing but these and `others`."""
    if not isinstance(value, dict):
        _refuse(f"{_name(where)} is to be an object")
    names = (*required, *others)
    for name in value:
        if name not in names:
            _refuse(f"“{where}{shorten(name)}” is unknown; the keys are {', '.join(names)}")
    for name in required:
        if name not in value:
            _refuse(f"“{where}{name}” is missing")
    return value


def _entries(parts: Mapping[str, Any], name: str, where: str) -> list[tuple[Any, str]]:
    """Entries of a list that may be left out, each with its place."""
    return _numbered(parts.get(name, []), f"{where}{name}")


def _numbered(value: Any, where: str) -> list[tuple[Any, str]]:
    if not isinstance(value, list):
        _refuse(f"{_name(where)} is to be a list")
    return [(entry, f"{where}[{number}].") for number, entry in enumerate(value)]


def _member(parts: Mapping[str, Any], name: str, where: str) -> str:
    return _text(parts[name], f"{where}{name}")


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        _refuse(f"{_name(where)} is to be a text in quotes")
    return value


def _name(where: str) -> str:
    return f"“{where.removesuffix('.')}”" if where else "it"


def _refuse(why: str) -> NoReturn:
    raise QueryError(f"The JSON is not a cohort: {why}.")
