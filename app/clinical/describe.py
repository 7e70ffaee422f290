"""A collection's clinical tables in words and numbers, as the command line and the API give them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from app.catalog import Catalog
from app.clinical.dictionary import columns_of, tables_of
from app.clinical.distribution import distribution, overlap, usable_columns
from app.clinical.table import fetch_command, is_there


def describe_collection(catalog: Catalog, collection_id: str) -> dict[str, Any]:
    """Tables of a collection: their columns, and their overlap with the images where they are on this machine."""
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
