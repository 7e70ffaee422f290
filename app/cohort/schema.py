"""The tables of this IDC release, as idc-index-data describes them.

`idc_index_data.INDEX_METADATA` is the only source of table names, column names, types and descriptions: columns are
renamed between IDC releases, so nothing here or above may assume that one exists.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

#: idc-index queries the main table as ``index``; its metadata lists it as ``idc_index``.
_SQL_NAMES = {"idc_index": "index"}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: BigQuery `type` (``STRING``, ``INTEGER``, ``FLOAT``, ``RECORD`` …) and a description in prose.

    A `repeated` column holds a list of such values in each row.
    """

    name: str
    type: str
    description: str
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One index table; `parquet` is None where the wheel does not bring its rows."""

    name: str
    description: str
    columns: dict[str, Column]
    parquet: Path | None

    @property
    def key(self) -> str:
        """Column by which its rows belong to series: their own identifier, or that of their collection."""
        return "SeriesInstanceUID" if "SeriesInstanceUID" in self.columns else "collection_id"


@cache
def data_version() -> str:
    """Version of idc-index-data; its first number is the IDC release."""
    from importlib.metadata import version

    return version("idc-index-data")


def idc_version() -> int:
    """Number of the IDC release that this data describes."""
    return int(data_version().split(".")[0])


@cache
def tables() -> dict[str, Table]:
    """All tables that idc-index knows, by the name that SQL gives them."""
    from idc_index_data import INDEX_METADATA

    found = {}
    for key, raw in INDEX_METADATA.items():
        entry = cast("dict[str, Any]", raw)
        schema = entry["schema"] or {"columns": []}
        name = sql_name(key)
        found[name] = Table(
            name=name,
            description=schema.get("table_description", ""),
            columns={
                column["name"]: Column(
                    column["name"],
                    column["type"],
                    column.get("description") or "",
                    column.get("mode") == "REPEATED",
                )
                for column in schema["columns"]
            },
            parquet=Path(entry["parquet_filepath"]) if entry["parquet_filepath"] else None,
        )
    return found


def sql_name(key: str) -> str:
    """Name that SQL gives a table which the metadata lists under `key`."""
    return _SQL_NAMES.get(key, key)


def has_columns(table: str, names: tuple[str, ...]) -> bool:
    """Whether `table` exists in this release with all of `names`."""
    return table in tables() and all(name in tables()[table].columns for name in names)
