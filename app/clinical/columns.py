"""Which collections have which clinical tables, columns and labels, from ``clinical_index``, once it is fetched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from app.catalog import Catalog
from app.catalog.tables.extensions import Extension
from app.clinical.sql import PATIENT
from app.cohort import DICTIONARY, QueryError
from app.cohort.clinical_clause import is_column_name, is_table_name
from app.common.errors import shorten

#: Columns that say nothing of the patient: who it is, and how the table came to IDC.
_HOUSEKEEPING = frozenset({PATIENT, "source_batch"})


@dataclass(frozen=True, slots=True, eq=False)
class ClinicalColumn:
    """A column, one and the same for all who ask.

    Parameters
    ----------
    name, label
        As the table and as people call it; the label may be empty.
    labels
        What codes mean, as far as that is more than the code itself.
    """

    name: str
    label: str
    labels: Mapping[str, str]

    @property
    def title(self) -> str:
        """What people call it."""
        return self.label or self.name

    def shown(self, value: str) -> str:
        """A value as people read it."""
        return self.labels.get(value, value)


#: Collection → table → column, by name.
Dictionary = Mapping[str, Mapping[str, Mapping[str, ClinicalColumn]]]


def dictionary(catalog: Catalog) -> Dictionary:
    """All clinical tables of the release.

    Raises
    ------
    MissingTableError
        If clinical_index is not there.
    """
    return _read(catalog.extension(DICTIONARY))


def tables_of(catalog: Catalog, collection_id: str) -> Mapping[str, Mapping[str, ClinicalColumn]]:
    """Table → column of one collection.

    Raises
    ------
    QueryError
        If it has no clinical table.
    MissingTableError
        If clinical_index is not there.
    """
    found = dictionary(catalog).get(collection_id)
    if found is None:
        raise QueryError(f"IDC has no clinical table of a collection “{shorten(collection_id)}”.")
    return found


def columns_of(catalog: Catalog, collection_id: str, table: str) -> Mapping[str, ClinicalColumn]:
    """Column by name, of one table of a collection.

    Raises
    ------
    QueryError
        If the collection has no such table.
    MissingTableError
        If clinical_index is not there.
    """
    tables = tables_of(catalog, collection_id)
    if table not in tables:
        raise QueryError(f"{collection_id} has no clinical table “{shorten(table)}”; it has {', '.join(tables)}.")
    return tables[table]


def column_of(catalog: Catalog, collection_id: str, table: str, name: str) -> ClinicalColumn:
    """One column.

    Raises
    ------
    QueryError
        If there is no such column.
    MissingTableError
        If clinical_index is not there.
    """
    columns = columns_of(catalog, collection_id, table)
    if name not in columns:
        raise QueryError(f"The clinical table {table} of {collection_id} has no column “{shorten(name)}”.")
    return columns[name]


@lru_cache(maxsize=2)
def _read(extension: Extension) -> Dictionary:
    """Read it once per process; names that no clause could hold are left out."""
    rows = extension.cursor().execute(
        "SELECT collection_id, coalesce(short_table_name, split_part(table_name, '.', -1)), \"column\","
        " coalesce(column_label, ''), \"values\" FROM clinical_index WHERE collection_id IS NOT NULL ORDER BY ALL"
    )
    found: dict[str, dict[str, dict[str, ClinicalColumn]]] = {}
    for collection_id, table, name, label, values in rows.fetchall():
        if table and name and is_table_name(table) and is_column_name(name):
            columns = found.setdefault(collection_id, {}).setdefault(table, {})
            if name not in _HOUSEKEEPING:
                columns[name] = ClinicalColumn(name, label if label != name else "", _labels(values or []))
    return found


def _labels(values: list[Mapping[str, str | None]]) -> dict[str, str]:
    pairs = ((value["option_code"], value["option_description"]) for value in values if value)
    return {code: description for code, description in pairs if code and description and code != description}
