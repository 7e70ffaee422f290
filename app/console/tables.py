"""Which tables a query may read, and where their rows are: the one place that says so."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from app import schema
from app.build import DATABASE, catalog_folder
from app.tables.extension import EXTENSIONS, Extension, published


@dataclass(frozen=True, slots=True)
class Source:
    """A table of the release with its rows: `name` in the DuckDB file `database`."""

    table: schema.Table
    database: Path
    name: str


def sources() -> dict[str, Source]:
    """The tables that queries see, under the names that idc-index gives them: those of the wheel, and those fetched."""
    catalog, fetched = catalog_folder(), published()
    found = {}
    for name, table in schema.tables().items():
        if table.parquet:
            found[name] = Source(table, catalog / DATABASE, name)
        elif name in fetched:
            found[name] = Source(table, Extension(catalog / EXTENSIONS / name).database, name)
    return found


def absent() -> list[str]:
    """Tables that idc-index knows and this installation does not hold."""
    here = sources()
    return [name for name in schema.tables() if name not in here]
