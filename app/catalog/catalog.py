"""The built catalog, opened read-only, and the fetched tables that were published beside it."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import cache, cached_property
from pathlib import Path

import duckdb
import numpy as np

from app.catalog.array_store import CLOSED, HARDENED, ArrayStore
from app.catalog.arrays import Codes, Lengths, Mask, Numbers, RowNumbers, Starts, StoredArray
from app.catalog.build import DATABASE, ensure_built
from app.catalog.tables.extensions import EXTENSIONS, Extension, MissingTableError, publish_waiting, published
from app.cohort import ATTRIBUTES, BASE_ATTRIBUTES, BASE_TABLES, Attribute
from app.cohort.sql import quote_text
from app.common.memory import return_freed


class Catalog(ArrayStore):
    """The catalog in `folder`, with the tables that were added to it since."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, DATABASE)
        self._extensions: dict[str, Extension] = {}
        self._codes_of_combinations: dict[str, tuple[Codes, Lengths, Starts]] = {}
        self._texts: dict[str, bytes] = {}
        self._long_reads = _LongReads(self.database)
        #: Held by a query that sorts or groups all series: two at once take no less time, and twice the memory.
        self.sorting = threading.Lock()

    def tables(self) -> list[str]:
        """Names of the fetched tables that are there; one that another process adds is seen at the next call."""
        return published(self.folder)

    def extension(self, table: str) -> Extension:
        """A fetched table.

        Raises
        ------
        MissingTableError
            If it is not there.
        """
        if table not in self._extensions:
            self.require([table])
            self._extensions[table] = Extension(self.folder / EXTENSIONS / table)
        return self._extensions[table]

    def require(self, tables: Iterable[str]) -> None:
        """Return if all of `tables` are there.

        Raises
        ------
        MissingTableError
            If some are not; it names them all.
        """
        if missing := self.missing(tables):
            raise MissingTableError(missing)

    def missing(self, tables: Iterable[str]) -> list[str]:
        """Those of `tables` that have not been fetched."""
        wanted = set(tables) - BASE_TABLES
        return sorted(wanted - set(self.tables())) if wanted else []

    def entries(self, attribute: Attribute, name: str) -> StoredArray:
        """Array `name` of the fetched table that `attribute` stands in.

        Raises
        ------
        MissingTableError
            If the attribute's table is not there.
        """
        return self.extension(attribute.table).array(name)

    def long_reads(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """A connection for reading much of the catalog: what it caches is given back after its last user."""
        return self._long_reads.connection()

    @cached_property
    def series_count(self) -> int:
        """Number of series in the release."""
        return len(self.array("combination"))

    @cached_property
    def combination_count(self) -> int:
        """Number of distinct combinations of listed attributes."""
        return int(self.array("combination").max()) + 1

    @cached_property
    def patient_count(self) -> int:
        """Number of patients, as (collection_id, PatientID)."""
        return int(self.array("PatientID").max())

    @cached_property
    def study_count(self) -> int:
        """Number of studies."""
        return int(self.array("StudyInstanceUID").max())

    def values(self, attribute: Attribute) -> list[str]:
        """All values of a listed attribute; the value of code `n` stands at ``n - 1``.

        Raises
        ------
        MissingTableError
            If the attribute's table is not there.
        """
        return self.extension(attribute.table).values(attribute) if attribute.is_extra else super().values(attribute)

    def codes(self, attribute: Attribute) -> dict[str, int]:
        """Value → code of a listed attribute.

        Raises
        ------
        MissingTableError
            If the attribute's table is not there.
        """
        return self.extension(attribute.table).codes(attribute) if attribute.is_extra else super().codes(attribute)

    def codes_of_combinations(self, attribute: Attribute) -> tuple[Codes, Lengths, Starts]:
        """Codes that each combination has of a listed attribute; 0 alone where it has none.

        Returns
        -------
        codes, lengths, starts
            The codes of all combinations, one combination behind the other; per combination, how many it has and where
            they begin.
        """
        if attribute.name not in self._codes_of_combinations:
            members, values = self.array(f"{attribute.name}.combination"), self.array(f"{attribute.name}.value")
            having = np.bincount(members, minlength=self.combination_count)
            lengths = np.maximum(having, 1)
            starts = np.cumsum(lengths) - lengths
            codes = np.zeros(int(lengths.sum()), dtype=np.int32)
            codes[np.repeat(having > 0, lengths)] = values
            self._codes_of_combinations[attribute.name] = codes, lengths, starts
        return self._codes_of_combinations[attribute.name]

    def codes_where(self, attribute: Attribute, predicate: str) -> Codes:
        """Codes of the dictionary's values that meet `predicate`, a condition on the column ``value``; in any order.

        Raises
        ------
        MissingTableError
            If the attribute's table is not there.
        """
        if attribute.is_extra:
            return self.extension(attribute.table).codes_where(attribute, predicate)
        return super().codes_where(attribute, predicate)

    def bounds(self, attribute: Attribute) -> tuple[float, float]:
        """Lowest and highest number in the release, both 0 where there is none; dates as days since 1970.

        Raises
        ------
        MissingTableError
            If the attribute's table is not there.
        """
        return self.extension(attribute.table).bounds(attribute) if attribute.is_extra else super().bounds(attribute)

    def codes_containing(self, attribute: Attribute, needles: Sequence[str]) -> Codes:
        """Codes of the texts that contain any of `needles`, ignoring case as DuckDB's ``lower`` does.

        The same answer as ``contains(lower(value), lower(needle))`` over the dictionary, in a tenth of its time.
        """
        listed = ", ".join(quote_text(needle) for needle in needles)
        folded = self.cursor().execute(f"SELECT lower(unnest([{listed}]))").fetchall()
        wanted = b"|".join(re.escape(needle.encode()) for (needle,) in folded)
        # Behind a hit, the rest of its text is passed over, so that a text counts once.
        hits = re.finditer(b"(?:" + wanted + b")[^\0]*", self._folded(attribute))
        starts = np.fromiter((hit.start() for hit in hits), dtype=np.int64)
        return np.searchsorted(self.array(f"{attribute.name}.ends"), starts, side="right") + 1

    def _folded(self, attribute: Attribute) -> bytes:
        if attribute.name not in self._texts:
            self._texts[attribute.name] = self.array(f"{attribute.name}.folded").tobytes()
        return self._texts[attribute.name]

    def rows_of_unique(self, attribute: Attribute, values: Sequence[str]) -> RowNumbers:
        """Row numbers of the series with these identifiers, ascending; unknown ones are passed over.

        Parameters
        ----------
        attribute
            One whose values are unique to a series.
        """
        places, there = self._places_of_unique(attribute, values)
        return np.sort(self.array(f"{attribute.name}.row")[places[there]]).astype(np.int64)

    def has_unique(self, attribute: Attribute, values: Sequence[str]) -> Mask:
        """Whether a series has each of these identifiers, for an attribute whose values are unique to a series."""
        return self._places_of_unique(attribute, values)[1]

    def _places_of_unique(self, attribute: Attribute, values: Sequence[str]) -> tuple[Numbers, Mask]:
        """Where each identifier's hash stands, or would stand, and whether it does."""
        from hashlib import md5

        hashes = self.array(f"{attribute.name}.hash")
        digests = (md5(value.encode(), usedforsecurity=False).digest()[8:] for value in values)
        wanted = np.array([int.from_bytes(digest, "little") for digest in digests], dtype=np.uint64)
        places = np.searchsorted(hashes, wanted)
        return places, (places < len(hashes)) & (hashes[np.minimum(places, len(hashes) - 1)] == wanted)

    def unknown_values(self, attribute: Attribute, values: Sequence[str]) -> list[str]:
        """Those of `values` that this release does not hold, for a listed attribute.

        Raises
        ------
        MissingTableError
            If the attribute's table is not there.
        """
        return [value for value in values if value not in self.codes(attribute)]


class _LongReads:
    """A database instance of its own over the same file, open while somebody uses it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._users = 0
        self._connection: duckdb.DuckDBPyConnection | None = None

    @contextmanager
    def connection(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The shared connection; take cursors from it."""
        with self._lock:
            if self._connection is None:
                self._connection = self._open()
            self._users += 1
            shared = self._connection
        try:
            yield shared
        finally:
            with self._lock:
                self._users -= 1
                if not self._users:
                    self._connection = None
                    shared.close()
            return_freed()

    def _open(self) -> duckdb.DuckDBPyConnection:
        opened = duckdb.connect(config=HARDENED)
        opened.execute(f"ATTACH {quote_text(str(self._path))} AS catalog (READ_ONLY)")
        for name in CLOSED:
            opened.execute(f"SET {name} = {CLOSED[name]}")
        return opened


_opening = threading.Lock()


def open_catalog() -> Catalog:
    """The catalog of this process, built first if need be; the first requests may come at once."""
    with _opening:
        return _open_once()


@cache
def _open_once() -> Catalog:
    opened = Catalog(ensure_built())
    publish_waiting()
    opened.cursor().close()
    return opened


def listed_attributes() -> list[Attribute]:
    """Attributes of the catalog itself whose values are listed with counts."""
    return [attribute for attribute in BASE_ATTRIBUTES.values() if attribute.is_facet]


def range_attributes() -> list[Attribute]:
    """Attributes of the catalog itself that are shown as histograms."""
    return [attribute for attribute in BASE_ATTRIBUTES.values() if attribute.is_range]


def extra_attributes(tables: Iterable[str]) -> list[Attribute]:
    """Attributes of fetched tables."""
    return [attribute for attribute in ATTRIBUTES.values() if attribute.is_extra and attribute.table in set(tables)]
