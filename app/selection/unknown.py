"""What of a cohort, in all its parts, the release does not hold.

Such a value is mostly a misspelt one, and finds nothing or leaves nothing out.
"""

from __future__ import annotations

from collections.abc import Iterator

from app.catalog import Catalog, UnknownValue, find_unknown, folded, nearest_of
from app.clinical.columns import ClinicalColumn, dictionary
from app.clinical.sql import as_value, present
from app.clinical.table import is_there, open_table
from app.cohort import DICTIONARY, ClinicalClause, Cohort
from app.cohort.sql import quote_name


def unknown_in(catalog: Catalog, cohort: Cohort) -> list[UnknownValue]:
    """Values that the cohort names and the release does not hold, each once.

    What stands in tables that are not on this machine is passed over.

    Raises
    ------
    UserError
        If the cohort names a list that this server does not have.
    """
    return list(dict.fromkeys(_of_cohort(catalog, cohort)))


def _of_cohort(catalog: Catalog, cohort: Cohort) -> Iterator[UnknownValue]:
    yield from find_unknown(catalog, cohort.conditions)
    for relation in cohort.relations:
        yield from find_unknown(catalog, relation.conditions)
    if cohort.clinical and not catalog.missing([DICTIONARY]):
        for clause in cohort.clinical:
            yield from _of_clause(catalog, clause)
    for combination in cohort.combinations:
        yield from _of_cohort(catalog, combination.left)
        yield from _of_cohort(catalog, combination.right)


def _of_clause(catalog: Catalog, clause: ClinicalClause) -> Iterator[UnknownValue]:
    """The first of its names that is unknown, else its values that no row has."""
    collections = dictionary(catalog)
    tables = collections.get(clause.collection_id, {})
    columns = tables.get(clause.table, {})
    for what, name, known in (
        ("clinical data of a collection", clause.collection_id, collections),
        (f"clinical table of {clause.collection_id}", clause.table, tables),
        (f"clinical column of {clause.table}", clause.column, columns),
    ):
        if name not in known:
            yield UnknownValue(what, name, nearest_of(name, {folded(other): other for other in known}))
            return
    asked = clause.values or clause.excluded
    if asked and is_there(clause.table) and clause.column in open_table(clause.table).columns():
        yield from _of_values(clause, columns[clause.column], asked)


def _of_values(clause: ClinicalClause, column: ClinicalColumn, asked: tuple[str, ...]) -> Iterator[UnknownValue]:
    rows = (
        open_table(clause.table)
        .cursor()
        .execute(
            f"SELECT DISTINCT {as_value(column.name)} FROM {quote_name(clause.table)} WHERE {present(column.name)}"
        )
    )
    held = {value for (value,) in rows.fetchall()}
    labelled = {folded(label): code for code, label in column.labels.items() if code in held}
    for value in asked:
        if value not in held:
            nearest = nearest_of(value, labelled | {folded(other): other for other in held})
            yield UnknownValue(f"{column.title} in {clause.table}", value, nearest)
