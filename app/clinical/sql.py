"""A clinical clause as SQL: over the index for people, and over the table for the catalog's own evaluation."""

from __future__ import annotations

import re

from app.cohort import WHOLE, ClinicalClause
from app.cohort.sql import number_literal, quote_name, quote_text

#: Beyond these stand infinity and, in DuckDB, NaN, which are no numbers to compare with.
_LOWEST, _HIGHEST = "-1e300", "1e300"

#: Column of every clinical table that joins ``PatientID``.
PATIENT = "dicom_patient_id"


def condition(clause: ClinicalClause) -> str:
    """Condition on a row of ``index``."""
    parts = []
    if clause.excluded or clause.values or clause.gte or clause.lte:
        parts.append(_among(clause, asked(clause), "NOT IN" if clause.excluded else "IN"))
    if clause.missing is not None:
        parts.append(_among(clause, present(clause.column), "NOT IN" if clause.missing else "IN"))
    met = parts[0] if len(parts) == 1 else f"({(' AND ' if clause.excluded else ' OR ').join(parts)})"
    return f"(collection_id = {quote_text(clause.collection_id)} AND {met})"


def asked(clause: ClinicalClause) -> str:
    """Condition on a row of the clinical table: one of the values, excluded or not, or one between the bounds."""
    if named := clause.values or clause.excluded:
        has_numbers = any(re.fullmatch("-?[0-9]+", value, re.ASCII) for value in named)
        value = as_value(clause.column) if has_numbers else as_text(clause.column)
        return f"{value} IN ({', '.join(map(quote_text, named))})"
    low, high = (number_literal(bound) if bound else "" for bound in (clause.gte, clause.lte))
    return f"{as_number(clause.column)} BETWEEN {low or _LOWEST} AND {high or _HIGHEST}"


def present(column: str) -> str:
    """Condition on a row of the clinical table: it has a value."""
    return f"{as_text(column)} <> ''"


def as_text(column: str) -> str:
    """The column's value as text, however it is stored."""
    return f"CAST({quote_name(column)} AS VARCHAR)"


def as_value(column: str) -> str:
    """The same with whole numbers always written as such: ``1`` for a stored 1, 1.0 or ``1.0``."""
    return f"regexp_replace({as_text(column)}, {quote_text(WHOLE)}, '\\1')"


def as_number(column: str) -> str:
    """The column's value as a number, NULL where it is none; many tables keep numbers as text."""
    return f"TRY_CAST({as_text(column)} AS DOUBLE)"


def patients(table: str, where: str) -> str:
    """SELECT of the patients with such a row."""
    return f"SELECT {PATIENT} FROM {quote_name(table)} WHERE {where} AND {PATIENT} IS NOT NULL"


def _among(clause: ClinicalClause, where: str, word: str = "IN") -> str:
    return f"PatientID {word} ({patients(clause.table, where)})"
