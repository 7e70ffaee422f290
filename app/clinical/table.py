"""A clinical table on this machine: a read-only DuckDB file per table, in the data folder of its data version.

It holds the rows as they came and nothing that the code has made of them, so every version of the code can read it.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np

from app.catalog import ArrayStore, Catalog
from app.catalog.arrays import Mask, PatientCodes, SeriesMask
from app.catalog.tables import extensions
from app.clinical.columns import column_of
from app.clinical.sql import PATIENT, asked, patients, present
from app.cohort import DICTIONARY, ClinicalClause, schema
from app.cohort.clinical_clause import is_table_name
from app.cohort.sql import quote_name, quote_text
from app.common.errors import UserError
from app.common.settings import settings

DATABASE = "table.duckdb"


class MissingClinicalError(UserError):
    """Something is asked of clinical tables that are not on this machine; `tables` are their names."""

    def __init__(self, tables: list[str]) -> None:
        self.tables = tables
        several = len(tables) > 1
        super().__init__(
            f"This needs the clinical {'tables' if several else 'table'} {' and '.join(tables)}, which"
            f" {'are' if several else 'is'} not on this machine; fetch {'them' if several else 'it'} with:"
            f" {fetch_command(tables)}"
        )


class ClinicalTable(ArrayStore):
    """One table: `cursor` queries it under its own name."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, DATABASE)
        self.name = folder.name

    def columns(self) -> list[str]:
        """Names of the columns that the file has."""
        rows = self.cursor().execute(f"SELECT name FROM pragma_table_info({quote_text(self.name)})")
        return [name for (name,) in rows.fetchall()]

    def patients(self, where: str) -> set[str]:
        """Patients with a row that meets `where`."""
        return {
            patient for (patient,) in self.cursor().execute(f"{patients(self.name, where)} GROUP BY ALL").fetchall()
        }

    def has_several_rows(self) -> bool:
        """Whether some patient has more than one row."""
        found = self.cursor().execute(
            f"SELECT count({PATIENT}) > count(DISTINCT {PATIENT}) FROM {quote_name(self.name)}"
        )
        return bool(found.fetchall()[0][0])


def folder() -> Path:
    """Folder of the clinical tables of this data version."""
    return settings().data_folder / "clinical" / schema.data_version()


def fetch_command(tables: list[str]) -> str:
    """What to type to have these tables, and the one that says what they mean."""
    return extensions.fetch_command([*(() if DICTIONARY in extensions.published() else (DICTIONARY,)), *tables])


def is_there(table: str) -> bool:
    """Whether the table was fetched."""
    return (folder() / table / DATABASE).is_file()


def fetched() -> list[str]:
    """Names of the tables that are there; of names that differ in case alone, which SQL can't tell apart, the first."""
    names = sorted(path.parent.name for path in folder().glob(f"*/{DATABASE}"))
    return list({name.lower(): name for name in reversed(names) if is_table_name(name)}.values())[::-1]


def missing(tables: list[str]) -> list[str]:
    """Those of `tables` that have not been fetched."""
    return [table for table in tables if not is_there(table)]


def require(tables: list[str]) -> None:
    """Return if all of `tables` are there.

    Raises
    ------
    MissingClinicalError
        If some are not; it names them all.
    """
    if absent := missing(tables):
        raise MissingClinicalError(absent)


def open_table(table: str) -> ClinicalTable:
    """A fetched table; it never changes once it is there.

    Raises
    ------
    MissingClinicalError
        If it is not there.
    """
    require([table])
    return _open(folder() / table)


@lru_cache(maxsize=64)
def _open(path: Path) -> ClinicalTable:
    return ClinicalTable(path)


def clinical_mask(catalog: Catalog, clause: ClinicalClause) -> SeriesMask:
    """Mask of the series whose patients meet the clause.

    Raises
    ------
    QueryError
        If the collection has no such table or column.
    MissingClinicalError
        If the table is not there.
    UserError
        If IDC lists a column that the table itself lacks.
    """
    column_of(catalog, clause.collection_id, clause.table, clause.column)
    table = open_table(clause.table)
    if clause.column not in table.columns():
        raise UserError(f"The clinical table {clause.table} has no column “{clause.column}”, though IDC lists it.")
    codes, names = patients_of(catalog, clause.collection_id)
    chosen = np.zeros(len(names), dtype=bool)
    if clause.values or clause.gte or clause.lte:
        chosen |= _among(names, table.patients(asked(clause)))
    if clause.excluded:
        chosen = ~_among(names, table.patients(asked(clause)))
    if clause.missing is not None:
        having = _among(names, table.patients(present(clause.column)))
        chosen = chosen & having if clause.excluded else chosen | (~having if clause.missing else having)
    marks = np.zeros(catalog.patient_count + 1, dtype=bool)
    marks[codes[chosen]] = True
    return marks.take(catalog.array("PatientID"))


def patients_of(catalog: Catalog, collection_id: str) -> tuple[PatientCodes, list[str]]:
    """Code and PatientID of each patient of a collection, in the order of their PatientIDs."""
    rows = catalog.cursor().execute(
        f"SELECT code, PatientID FROM patient WHERE collection_id = {quote_text(collection_id)} ORDER BY PatientID"
    )
    found = rows.fetchall()
    return np.array([code for code, _ in found], dtype=np.int64), [name for _, name in found]


def _among(names: list[str], chosen: set[str]) -> Mask:
    return np.fromiter((name in chosen for name in names), dtype=bool, count=len(names))
