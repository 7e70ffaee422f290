"""A folder of one read-only DuckDB file and memory-mapped arrays: the catalog itself, and each table added to it.

One connection serves the whole process. Every query takes a cursor of its own, because concurrent queries on one DuckDB
connection mix up their results. Values are quoted rather than bound, since binding makes DuckDB import pandas, which
costs the command line half a second. The arrays are mapped, not loaded, so processes on one machine share their memory.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import duckdb
import numpy as np

from app.catalog.arrays import Codes, StoredArray
from app.cohort import Attribute
from app.cohort.sql import quote_text

ARRAYS = "arrays"

#: No extensions, and little memory.
HARDENED: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "python_enable_replacements": False,
    "temp_directory": "",
    "memory_limit": "512MB",
}

#: No files or network beyond the file itself, and no way back.
CLOSED: dict[str, str | bool | int | float | list[str]] = {"enable_external_access": False, "lock_configuration": True}


class ArrayStore:
    """What was built into `folder`: the DuckDB file `database`, and its arrays."""

    def __init__(self, folder: Path, database: str) -> None:
        self.folder = folder
        self.database = folder / database
        self._arrays: dict[str, StoredArray] = {}
        self._values: dict[str, list[str]] = {}
        self._codes: dict[str, dict[str, int]] = {}
        self._bounds: dict[str, tuple[float, float]] = {}

    @cached_property
    def _connection(self) -> duckdb.DuckDBPyConnection:
        return duckdb.connect(str(self.database), read_only=True, config=HARDENED | CLOSED)

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A cursor for one query."""
        return self._connection.cursor()

    def array(self, name: str) -> StoredArray:
        """Array `name`, mapped read-only.

        Raises
        ------
        FileNotFoundError
            If none of that name was built.
        """
        if name not in self._arrays:
            path = self.folder / ARRAYS / f"{name}.npy"
            self._arrays[name] = np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
        return self._arrays[name]

    def values(self, attribute: Attribute) -> list[str]:
        """All values of a listed attribute; the value of code `n` stands at ``n - 1``."""
        if attribute.name not in self._values:
            name = quote_text(attribute.name)
            rows = self.cursor().execute(f"SELECT value FROM dictionary WHERE attribute = {name} ORDER BY code")
            self._values[attribute.name] = [value for (value,) in rows.fetchall()]
        return self._values[attribute.name]

    def codes(self, attribute: Attribute) -> dict[str, int]:
        """Value → code of a listed attribute."""
        if attribute.name not in self._codes:
            values = self.values(attribute)
            self._codes[attribute.name] = {value: code for code, value in enumerate(values, start=1)}
        return self._codes[attribute.name]

    def codes_where(self, attribute: Attribute, predicate: str) -> Codes:
        """Codes of the dictionary's values that meet `predicate`, a condition on the column ``value``; in any order."""
        name = quote_text(attribute.name)
        rows = self.cursor().execute(f"SELECT code FROM dictionary WHERE attribute = {name} AND {predicate}")
        return np.asarray(rows.fetchnumpy()["code"])

    def bounds(self, attribute: Attribute) -> tuple[float, float]:
        """Lowest and highest number in the release, both 0 where there is none; dates as days since 1970."""
        if attribute.name not in self._bounds:
            numbers = self.array(attribute.name)
            lowest, highest = (float(np.nanmin(numbers)), float(np.nanmax(numbers))) if len(numbers) else (0.0, 0.0)
            self._bounds[attribute.name] = lowest, highest
        return self._bounds[attribute.name]
