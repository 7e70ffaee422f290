"""A collection's clinical tables in words and numbers, as the command line and the API give them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from functools import lru_cache
from typing import Any

from app.catalog import Catalog, open_catalog
from app.catalog.tables.extensions import published
from app.clinical.columns import ClinicalColumn, columns_of, dictionary, tables_of
from app.clinical.sql import PATIENT
from app.clinical.table import ClinicalTable, fetch_command, is_there, open_table
from app.clinical.values import distribution, overlap, usable_columns
from app.cohort import DICTIONARY, schema
from app.cohort.sql import quote_text


def describe_collection(catalog: Catalog, collection_id: str) -> dict[str, Any]:
    """Tables of a collection: their columns, and their overlap with the images where they are on this machine.

    Raises
    ------
    QueryError
        If it has no clinical table.
    MissingTableError
        If clinical_index is not there.
    """
    tables = []
    for name, columns in tables_of(catalog, collection_id).items():
        entry: dict[str, Any] = {"table": name, "fetched": is_there(name)}
        entry |= {"overlap": asdict(overlap(catalog, collection_id, name))} if is_there(name) else {}
        entry |= {} if is_there(name) else {"fetch_with": fetch_command([name])}
        entry["columns"] = [{"column": column.name, "label": column.label or None} for column in columns.values()]
        tables.append(entry)
    return {"collection_id": collection_id, "tables": tables}


def describe_table(catalog: Catalog, collection_id: str, name: str) -> dict[str, Any]:
    """One table: its overlap with the images, and who has which value of each column.

    Raises
    ------
    MissingClinicalError
        If the table is not there.
    QueryError
        If the collection has no such table.
    MissingTableError
        If clinical_index is not there.
    """
    columns_of(catalog, collection_id, name)
    shared = overlap(catalog, collection_id, name)
    columns = []
    for column in usable_columns(catalog, collection_id, name).values():
        spread = distribution(catalog, collection_id, name, column)
        kind = "intervals" if spread.is_numeric else "values"
        bars = [
            {"from": bar.low, "to": bar.high, "patients": bar.patients, "imaged": bar.imaged}
            if spread.is_numeric
            else {"value": bar.low, "label": bar.label, "patients": bar.patients, "imaged": bar.imaged}
            for bar in spread.bars
        ]
        columns.append(
            {
                "column": column.name,
                "label": column.label or None,
                kind: bars,
                "imaged_without_value": spread.missing,
                "further_values": spread.others,
            }
        )
    return {"collection_id": collection_id, "table": name, "overlap": asdict(shared), "columns": columns}


def as_schema(name: str) -> schema.Table:
    """A fetched table as the release's own are described, for those who write SQL.

    Raises
    ------
    MissingClinicalError
        If it is not there.
    """
    return _as_schema(open_table(name), DICTIONARY in published())


@lru_cache(maxsize=256)
def _as_schema(table: ClinicalTable, is_explained: bool) -> schema.Table:
    name = table.name
    told = dictionary(open_catalog()) if is_explained else {}
    owners = [collection for collection, tables in told.items() if name in tables]
    columns: Mapping[str, ClinicalColumn] = told[owners[0]][name] if owners else {}
    rows = table.cursor().execute(f"SELECT name, type FROM pragma_table_info({quote_text(name)})").fetchall()
    return schema.Table(
        name,
        f"Clinical data of {', '.join(owners) or 'a collection'}; {PATIENT} is the PatientID of index."
        " A patient may have several rows, and a PatientID may stand in several collections.",
        {
            column: schema.Column(column, kind, _described(columns[column]) if column in columns else "")
            for column, kind in rows
        },
        None,
    )


def _described(column: ClinicalColumn) -> str:
    codes = "; ".join(f"{code}: {meaning}" for code, meaning in column.labels.items())
    return ". ".join(part for part in (column.label, codes) if part)
