"""A stand-in for the part of BigQuery's REST API that the app uses, which really runs the queries it is sent.

They are read as BigQuery's dialect, the CTEs that make idc-index's tables from Google's are taken away, and DuckDB
answers from the parquet files.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import duckdb
import sqlglot
from sqlglot import exp

BYTES_READ = 12_345_678_901
RESULTS = {"projectId": "lab", "datasetId": "_results", "tableId": "job1"}
TYPES = {"VARCHAR": "STRING", "BIGINT": "INTEGER", "DOUBLE": "FLOAT", "DATE": "DATE"}


def local(sql: str) -> str:
    """BigQuery text as DuckDB text over the tables of the parquet files."""
    tree = sqlglot.parse_one(sql, read="bigquery", into=exp.Select)
    kept = [cte for cte in tree.ctes if cte.alias not in ("index", "collections_index")]
    assert len(kept) < len(tree.ctes)
    tree.set("with_", exp.With(expressions=kept) if kept else None)
    return tree.sql(dialect="duckdb")


class Service:
    """What the server was asked, and how it is to answer."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self.address = ""
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self.error: tuple[int, str, str] | None = None
        self.error_on_page = 0
        self.results: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]]]] = {}

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> tuple[int, dict[str, Any]]:
        self.requests.append((f"{method} {path}", body or {}))
        job = re.fullmatch(r"/bigquery/v2/projects/lab/queries/(\w+)", path)
        page = int(query.get("pageToken", ["0"])[0])
        if self.error and page >= self.error_on_page:
            status, reason, message = self.error
            return status, {
                "error": {"code": status, "message": message, "errors": [{"reason": reason, "message": message}]}
            }
        if (method, path) == ("POST", "/bigquery/v2/projects/lab/jobs"):
            assert body["configuration"]["dryRun"]
            local(body["configuration"]["query"]["query"])
            return 200, self._job("dry", body["configuration"])
        if (method, path) == ("GET", "/bigquery/v2/projects/lab/jobs/job1"):
            return 200, self._job("job1", {"query": {"destinationTable": RESULTS}})
        if (method, path) == ("POST", "/bigquery/v2/projects/lab/queries"):
            self.results["job1"] = self._run(body["query"])
            return 200, self._page("job1", 0, int(body["maxResults"]))
        if method == "GET" and job:
            return 200, self._page(job.group(1), page, int(query["maxResults"][0]))
        return 404, {"error": {"code": 404, "message": f"no such path {path}"}}

    def _job(self, name: str, configuration: dict[str, Any]) -> dict[str, Any]:
        read = {"totalBytesProcessed": str(BYTES_READ)}
        return {
            "jobReference": {"projectId": "lab", "jobId": name, "location": "US"},
            "status": {"state": "DONE"},
            "statistics": {**read, "query": read},
            "configuration": configuration,
        }

    def _run(self, sql: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        found = self.connection.cursor().execute(local(sql))
        fields = [{"name": name, "type": TYPES[str(kind)], "mode": "NULLABLE"} for name, kind, *_ in found.description]
        rows = [{"f": [{"v": None if v is None else str(v)} for v in row]} for row in found.fetchall()]
        return fields, rows

    def _page(self, job: str, start: int, size: int) -> dict[str, Any]:
        fields, rows = self.results[job]
        answer = {
            "jobComplete": True,
            "jobReference": {"projectId": "lab", "jobId": job, "location": "US"},
            "schema": {"fields": fields},
            "totalRows": str(len(rows)),
            "rows": rows[start : start + size],
        }
        return answer | ({"pageToken": str(start + size)} if start + size < len(rows) else {})


@contextmanager
def serve(connection: duckdb.DuckDBPyConnection) -> Iterator[Service]:
    """The running server."""
    service = Service(connection)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, answer = service.answer(
                self.command, url.path, parse_qs(url.query), json.loads(body) if body else None
            )
            encoded = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(encoded)))
            self.end_headers()
            self.wfile.write(encoded)

        do_POST = do_GET

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        service.address = f"http://127.0.0.1:{server.server_port}"
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
