"""A cohort in two languages: one SELECT that runs in idc-index, and one English sentence.

Never evaluates either.
"""

from app.language.english import (
    clauses,
    clinical_clause,
    combination_clause,
    on_missing,
    opening,
    option_clauses,
    relation_clause,
    sentence,
    shown_value,
)
from app.language.known import NOTHING, Knowledge, knowledge, knowledge_here
from app.language.statement import ROW_COLUMNS, registration, select

__all__ = [
    "NOTHING",
    "ROW_COLUMNS",
    "Knowledge",
    "clauses",
    "clinical_clause",
    "combination_clause",
    "knowledge",
    "knowledge_here",
    "on_missing",
    "opening",
    "option_clauses",
    "registration",
    "relation_clause",
    "select",
    "sentence",
    "shown_value",
]
