"""What tests share: one built catalog, plain DuckDB over the parquet files, and the app's two adapters."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import httpx
import numpy as np
import pytest
from hypothesis import settings
from starlette.applications import Starlette

from app.cohort.cohort import Cohort
from tests.support import truth
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page


settings.register_profile("tests", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("tests")


def pytest_configure(config: pytest.Config) -> None:
    """Keep the catalog in pytest's cache, in a folder per version of the code that builds it.

    All workers and subprocesses share it: whoever comes first builds it, under the app's own lock.
    """
    if "IDC_COHORT_DATA" in os.environ:
        return
    code = b"".join(
        (ROOT / "app" / name).read_bytes()
        for name in ("cohort/attributes.py", "cohort/schema.py", "catalog/build.py", "catalog/groups.py")
    )
    folder = Path(config.cache.mkdir("catalogs")) / hashlib.sha256(code).hexdigest()[:12]
    for outdated in set(folder.parent.iterdir()) - {folder}:
        shutil.rmtree(outdated)
    os.environ["IDC_COHORT_DATA"] = str(folder)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep a file's browser tests, which share a server, in one worker, and let the files fill what time there is."""
    for item in items:
        if item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(item.path.stem))


@pytest.fixture(autouse=True)
def own_main_module(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streamlit's AppTest leaves its page as ``__main__``, which every process started later would run again."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


@pytest.fixture(scope="session")
def catalog():
    """The catalog that the app serves."""
    from app.catalog.catalog import open_catalog

    return open_catalog()


@pytest.fixture(scope="session")
def plain_connection() -> duckdb.DuckDBPyConnection:
    """DuckDB over the parquet files under idc-index's names; ``file_row_number`` is a series' number."""
    connection = duckdb.connect()
    connection.execute("SET enable_progress_bar = false")
    for name, path in truth.PARQUET.items():
        numbered = "file_row_number = true" if name == "index" else ""
        connection.execute(f"CREATE VIEW {name} AS FROM read_parquet(['{path}']{numbered and ', '}{numbered})")
    return connection


@pytest.fixture
def plain(plain_connection: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """A cursor of that connection."""
    with plain_connection.cursor() as cursor:
        yield cursor


@pytest.fixture(scope="session")
def small(plain_connection) -> Cohort:
    """Two small series of several files in each of the three buckets."""
    rows = plain_connection.execute(
        "SELECT SeriesInstanceUID FROM index WHERE instanceCount BETWEEN 2 AND 6"
        " QUALIFY row_number() OVER (PARTITION BY aws_bucket ORDER BY series_size_MB, SeriesInstanceUID) <= 2"
    ).fetchall()
    return Cohort().with_values("SeriesInstanceUID", "eq", [uid for (uid,) in rows])


@pytest.fixture(scope="session")
def number_of_row(catalog) -> np.ndarray:
    """Row in the catalog → number of the series in the parquet file."""
    numbers = {uid: number for number, uid in enumerate(truth.column("SeriesInstanceUID").to_pylist())}
    rows = catalog.cursor().execute("SELECT SeriesInstanceUID FROM series ORDER BY series_row").fetchall()
    return np.array([numbers[uid] for (uid,) in rows])


@pytest.fixture(scope="session")
def get(catalog) -> Callable[[str], httpx.Response]:
    """GET from the HTTP API, in this process; whatever the app raises becomes a 500."""
    from app.interface import result_links
    from app.interface.api import routes

    transport = httpx.ASGITransport(Starlette(routes=[*routes(), *result_links.routes()]), raise_app_exceptions=False)

    async def ask(path: str) -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url="http://idc.test") as client:
            return await client.get(path)

    return lambda path: asyncio.run(ask(path))


@pytest.fixture(scope="session")
def post(catalog) -> Callable[[str, str | bytes], httpx.Response]:
    """POST of a body to the HTTP API, in this process."""
    from app.interface.api import routes

    transport = httpx.ASGITransport(Starlette(routes=routes()), raise_app_exceptions=False)

    async def ask(path: str, body: str | bytes) -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url="http://idc.test") as client:
            return await client.post(path, content=body)

    return lambda path, body: asyncio.run(ask(path, body))


@pytest.fixture(scope="session")
def cli(catalog) -> Callable[..., subprocess.CompletedProcess[bytes]]:
    """The command line, in a process of its own."""

    def run(*arguments: str | bytes) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run([sys.executable, "-m", "app", *arguments], cwd=ROOT, capture_output=True)

    return run


@pytest.fixture(scope="module")
def address(catalog) -> Iterator[str]:
    """Address of the running app."""
    from tests.support import server

    with server.served() as running:
        yield running.url


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A headless browser."""
    from tests.support import server

    with server.browser() as opened:
        yield opened


@pytest.fixture
def page(chromium: Browser, address: str) -> Iterator[Page]:
    """A new visitor's page, which must end without an error on the console."""
    from tests.support.explore import PATIENCE

    context = chromium.new_context(viewport={"width": 1440, "height": 1200}, base_url=address)
    context.set_default_timeout(PATIENCE)
    opened = context.new_page()
    errors: list[str] = []
    opened.on("console", lambda message: errors.append(message.text) if _is_fault(message) else None)
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    context.close()
    assert errors == []


def _is_fault(message: ConsoleMessage) -> bool:
    """Whether the console reports an error; at first, Streamlit's client looks for its server below the page's path."""
    return message.type == "error" and "/_stcore/" not in message.location["url"]
