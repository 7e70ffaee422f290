"""The process that runs one query: ``python -m app.console.worker``, started by `app.console.queries`.

It reads the request as JSON from standard input, writes the result as an Arrow stream to standard output, which is a
file, and how it ended as JSON to standard error. The query is foreign code, so it is shut in twice: DuckDB may open
nothing but the attached catalog, and the process itself may open no further file or socket, has little memory and a
clock that ends it even when nobody watches.
"""

from __future__ import annotations

import io
import json
import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import duckdb
import pyarrow as pa

from app.common.errors import UserError
from app.console.explain import explained
from app.console.guard import accepted, shorten

if TYPE_CHECKING:
    from pyarrow import RecordBatch

_BATCH_ROWS = 2_048

#: Types that files and pages can show as they are; others become text.
_FLAT = (
    *("BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"),
    *("FLOAT", "DOUBLE", "DECIMAL", "VARCHAR", "DATE", "TIMESTAMP"),
)
_NESTED = ("STRUCT", "MAP", "UNION", "LIST", "ARRAY", "JSON", "VARIANT")


def main() -> None:
    """Serve the request on standard input."""
    request = json.load(sys.stdin)
    try:
        connection = _connect(request["tables"], request["memory_mb"])
        _warm_up(connection)
        _shut_in(request)
        ending = _run(connection, request, sys.stdout.buffer)
    except UserError as error:
        ending = {"error": str(error), "detail": ""}
    print(json.dumps(ending), file=sys.stderr, flush=True)
    # Whatever the query left behind is not worth tidying up.
    os._exit(0)


def _connect(tables: Mapping[str, Sequence[str]], memory_mb: int) -> duckdb.DuckDBPyConnection:
    """A database with the tables as views, and no way to anything else."""
    connection = duckdb.connect(
        config={
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
            "python_enable_replacements": False,
            "temp_directory": "",
            "max_temp_directory_size": "0B",
            "memory_limit": f"{memory_mb}MB",
            "threads": 1,
        }
    )
    connection.execute("SET enable_progress_bar = false")
    connection.execute("SET TimeZone = 'UTC'")
    files = dict.fromkeys(path for path, _ in tables.values())
    for number, path in enumerate(files):
        quoted = path.replace("'", "''")
        connection.execute(f"ATTACH '{quoted}' AS source{number} (READ_ONLY)")
        files[path] = f"source{number}"
    for name, (path, own_name) in tables.items():
        connection.execute(f'CREATE VIEW "{name}" AS FROM {files[path]}."{own_name}"')
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def _warm_up(connection: duckdb.DuckDBPyConnection) -> None:
    """Take the whole way once, so that nothing needs to be opened later."""
    rows = connection.execute("SELECT 1 AS a, 'x' AS b, DATE '2020-01-01' AS c, 1.5 AS d").to_arrow_reader()
    with pa.ipc.new_stream(io.BytesIO(), rows.schema) as writer:
        for batch in rows:
            writer.write_batch(batch)
            _check_dates(batch)
    with suppress(duckdb.Error):
        connection.execute("SELECT nothing FROM nowhere")


def _shut_in(request: Mapping[str, Any]) -> None:
    """Lower the limits of the process; what a system does not know, it does without."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, request["seconds"])
    try:
        import resource
    except ImportError:
        return
    limits = {
        resource.RLIMIT_CPU: int(request["seconds"]) + 1,
        resource.RLIMIT_FSIZE: request["max_bytes"] + 1_000_000,
        resource.RLIMIT_CORE: 0,
        # Descriptors are given from the lowest free number: at this limit there is none left for a file or a socket.
        resource.RLIMIT_NOFILE: _free_descriptor(),
    }
    with suppress(OSError):
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        limits[resource.RLIMIT_AS] = pages * resource.getpagesize() + request["memory_mb"] * 1_500_000
    for kind, limit in limits.items():
        with suppress(OSError, ValueError):
            resource.setrlimit(kind, (limit, limit))


def _free_descriptor() -> int:
    free = os.dup(0)
    os.close(free)
    return free


def _run(connection: duckdb.DuckDBPyConnection, request: Mapping[str, Any], out: BinaryIO) -> dict[str, Any]:
    """Write the result; how it ended."""
    columns = _columns_by_table(connection)
    try:
        query = accepted(connection, request["sql"], list(request["tables"]), request["absent"])
        query, names = _flat(connection, query, request["max_columns"])
        rows = connection.execute(query).to_arrow_reader(_BATCH_ROWS)
        return _write(rows, _distinct(names), request, out)
    except (duckdb.Error, MemoryError) as error:
        sentence, detail = explained(error, columns, request["memory_mb"])
    except RuntimeError as error:  # Arrow passes on what DuckDB meets while it streams
        sentence, detail = explained(duckdb.Error(str(error)), columns, request["memory_mb"])
    for path, _ in request["tables"].values():
        detail = detail.replace(path, "catalog")
    return {"error": sentence, "detail": detail}


def _columns_by_table(connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    rows = connection.execute("SELECT table_name, column_name FROM duckdb_columns() WHERE database_name = 'memory'")
    for table, column in rows.fetchall():
        found.setdefault(table, []).append(column)
    return found


def _flat(connection: duckdb.DuckDBPyConnection, query: str, max_columns: int) -> tuple[str, list[str]]:
    """The query with the columns that neither files nor pages can show made text, and the columns' names."""
    relation = connection.sql(query)
    names, kinds = relation.columns, [str(kind) for kind in relation.types]
    if len(names) > max_columns:
        raise UserError(f"The result has {len(names):,} columns, more than {max_columns:,}: name those you need.")
    if all(map(_is_flat, kinds)):
        return query, names
    shown = ", ".join(_as_text(f"c{place}", kind) for place, kind in enumerate(kinds))
    aliases = ", ".join(f"c{place}" for place in range(len(kinds)))
    return f"SELECT {shown} FROM ({query.rstrip('; ')}\n) AS result({aliases})", names


def _is_flat(kind: str) -> bool:
    return not kind.endswith("]") and kind.split("(")[0].split(" ")[0].split("_")[0] in _FLAT


def _as_text(column: str, kind: str) -> str:
    if _is_flat(kind):
        return column
    is_nested = kind.endswith("]") or kind.split("(")[0] in _NESTED
    return f"CAST({f'to_json({column})' if is_nested else column} AS VARCHAR) AS {column}"


def _distinct(names: Sequence[str]) -> list[str]:
    """The names, each once whatever its case; those of a table that stands in a query twice come twice."""
    distinct: list[str] = []
    taken: set[str] = set()
    for name in names:
        numbered = (f"{name}_{number}" for number in count(2))
        chosen = name if name.lower() not in taken else next(n for n in numbered if n.lower() not in taken)
        taken.add(chosen.lower())
        distinct.append(chosen)
    return distinct


def _write(
    rows: pa.RecordBatchReader, names: Sequence[str], request: Mapping[str, Any], out: BinaryIO
) -> dict[str, Any]:
    """Write batches until a limit is reached."""
    written, left, cut_by = 0, request["max_bytes"], ""
    shape = pa.schema([field.with_name(name) for field, name in zip(rows.schema, names, strict=True)])
    with pa.ipc.new_stream(out, shape) as writer:
        for batch in rows:
            named = batch.rename_columns(names)
            _check_dates(named)
            fitting = _fitting(named, left)
            if fitting.num_rows < named.num_rows:
                cut_by = "bytes"
            if written + fitting.num_rows > request["max_rows"]:
                fitting, cut_by = fitting.slice(0, request["max_rows"] - written), "rows"
            writer.write_batch(fitting)
            written, left = written + fitting.num_rows, left - fitting.nbytes
            if cut_by:
                break
    out.flush()
    if cut_by == "bytes" and not written:
        raise UserError(f"One row alone is larger than {request['max_bytes'] // 10**6} MB: select less of it.")
    return {"rows": written, "cut_by": cut_by}


def _fitting(batch: RecordBatch, left: int) -> RecordBatch:
    """As many of the first rows as `left` bytes hold."""
    while batch.num_rows and batch.nbytes > left:
        batch = batch.slice(0, batch.num_rows // 2)
    return batch


#: Days and their parts since 1970 at the ends of what calendars elsewhere know: the years 1 to 9999.
_FIRST_DAY, _LAST_DAY = -719_162, 2_932_896
_PER_DAY = {"s": 86_400, "ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}


def _check_dates(batch: RecordBatch) -> None:
    """Raise where a date is infinite, or so far off that neither JSON nor a page can show it."""
    import pyarrow.compute as pc

    for field, column in _dated(batch):
        per_day = _PER_DAY[field.type.unit] if pa.types.is_timestamp(field.type) else 1
        # Where a day has so many parts that all of a 64-bit number lies within these years, only its ends are infinite.
        low, high = max(_FIRST_DAY * per_day, -(2**63) + 2), min((_LAST_DAY + 1) * per_day - 1, 2**63 - 3)
        ends = pc.min_max(column.view(pa.int64() if pa.types.is_timestamp(field.type) else pa.int32()))
        if ends["min"].is_valid and not low <= ends["min"].as_py() <= ends["max"].as_py() <= high:
            raise UserError(
                f"The column {shorten(field.name)} holds a date outside the years 1 to 9999: cast it to VARCHAR."
            )


def _dated(batch: RecordBatch) -> Iterator[tuple[Any, Any]]:
    for field, column in zip(batch.schema, batch.columns, strict=True):
        if pa.types.is_timestamp(field.type) or pa.types.is_date32(field.type):
            yield field, column


if __name__ == "__main__":
    main()
