"""Which tables a query may read, and where their rows are: the one place that says so."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from app.catalog import DATABASE, catalog_folder
from app.catalog.tables.extensions import database_of, published
from app.clinical import table as clinical
from app.clinical.describe import as_schema
from app.cohort import schema


@dataclass(frozen=True, slots=True)
class SqlTable:
    """A table of the release with its rows: `name` in the DuckDB file `database`."""

    table: schema.Table
    database: Path
    name: str
    is_clinical: bool = False


def sources() -> dict[str, SqlTable]:
    """The tables that queries see, under the names that idc-index gives them."""
    database, fetched = catalog_folder() / DATABASE, published()
    held = {name: SqlTable(table, database, name) for name, table in schema.tables().items() if table.parquet}
    held |= {name: SqlTable(schema.tables()[name], database_of(name), name) for name in fetched}
    return held | {
        name: SqlTable(as_schema(name), clinical.folder() / name / clinical.DATABASE, name, is_clinical=True)
        for name in clinical.fetched()
    }


def sources_for(sql: str) -> dict[str, SqlTable]:
    """Those that a query can need: of the clinical tables, which may be many, those whose name stands in it."""
    text = sql.lower()
    return {name: one for name, one in sources().items() if not one.is_clinical or name.lower() in text}


def absent() -> list[str]:
    """Tables that idc-index knows and this installation does not hold."""
    here = sources()
    return [name for name in schema.tables() if name not in here]
