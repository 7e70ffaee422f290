"""What is asked: the Cohort, one immutable value, its parts, and the tables of attributes and operators behind them.

Its URL and JSON forms are here. Never opens the catalog: a cohort can be read, changed and written without any data.
"""

from app.cohort.attribute import BASE_TABLES, OPEN_GROUPS, Attribute, Group, Kind
from app.cohort.attributes import ATTRIBUTES, BASE_ATTRIBUTES, EXTRA_TABLES, UNAVAILABLE
from app.cohort.clauses import MAX_QUERY_LENGTH, PARTS, Completion, Relation, Sample, Scope, Split, write_pairs
from app.cohort.clinical_clause import DICTIONARY, WHOLE, ClinicalClause
from app.cohort.cohort import Cohort, Combination, Operation
from app.cohort.conditions import (
    MAX_VALUE_LENGTH,
    Condition,
    QueryError,
    by_attribute,
    find_attribute,
    format_number,
    just_beside,
    number_of,
    value_of,
)
from app.cohort.operators import NEGATIONS, OPERATORS, operators_of
from app.cohort.recipes import RECIPES, Recipe

__all__ = [
    "ATTRIBUTES",
    "BASE_ATTRIBUTES",
    "BASE_TABLES",
    "DICTIONARY",
    "EXTRA_TABLES",
    "MAX_QUERY_LENGTH",
    "MAX_VALUE_LENGTH",
    "NEGATIONS",
    "OPEN_GROUPS",
    "OPERATORS",
    "PARTS",
    "RECIPES",
    "UNAVAILABLE",
    "WHOLE",
    "Attribute",
    "ClinicalClause",
    "Cohort",
    "Combination",
    "Completion",
    "Condition",
    "Group",
    "Kind",
    "Operation",
    "QueryError",
    "Recipe",
    "Relation",
    "Sample",
    "Scope",
    "Split",
    "by_attribute",
    "clinical_clause",
    "find_attribute",
    "format_number",
    "json_form",
    "just_beside",
    "kept_lists",
    "number_of",
    "operators_of",
    "schema",
    "sql",
    "value_of",
    "write_pairs",
]
