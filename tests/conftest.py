"""What tests share: one built catalog, plain DuckDB over the parquet files, and the app's two adapters."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import httpx
import numpy as np
import pyarrow.compute as pc
import pytest
from hypothesis import settings
from starlette.applications import Starlette

from app.cohort.cohort import Cohort
from tests.support import plain as plain_tables
from tests.support import truth
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page


settings.register_profile("tests", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("tests")


def pytest_configure(config: pytest.Config) -> None:
    """Keep the data folder in pytest's cache: the app itself sees to it that the catalog there is that of the code.

    All workers and subprocesses share it: whoever comes first builds it, under the app's own lock.
    """
    os.environ.setdefault("IDC_COHORT_DATA", str(config.cache.mkdir("data")))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that use a browser; keep those of a file, which share it, in one worker; begin with what is long.

    The many short tests at the end let all workers end together.
    """
    for item in items:
        if {"chromium", "page"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.browser)
        if item.get_closest_marker("browser") and not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(item.path.stem))
    items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    """Files that stay together first, then the reference client, then all the rest."""
    order = ("xdist_group", "reference")
    return next((place for place, name in enumerate(order) if item.get_closest_marker(name)), len(order))


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
def plain_connection(pytestconfig: pytest.Config) -> duckdb.DuckDBPyConnection:
    """DuckDB over the parquet files under idc-index's names; ``file_row_number`` is a series' number."""
    return plain_tables.connect(Path(pytestconfig.cache.mkdir("plain")))


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
    uids = catalog.cursor().execute("SELECT SeriesInstanceUID FROM series ORDER BY series_row").to_arrow_table()
    in_file = truth.column("SeriesInstanceUID")
    return np.asarray(pc.index_in(uids.column(0).cast(in_file.type), in_file)).astype(np.int64)


@pytest.fixture(scope="session")
def get(catalog) -> Iterator[Callable[[str], httpx.Response]]:
    """GET from the HTTP API, in this process; whatever the app raises becomes a 500."""
    from app.interface import result_links
    from app.interface.api import routes

    transport = httpx.ASGITransport(Starlette(routes=[*routes(), *result_links.routes()]), raise_app_exceptions=False)
    client = httpx.AsyncClient(transport=transport, base_url="http://idc.test")
    # One loop for all: each brings threads of its own.
    with asyncio.Runner() as runner:
        yield lambda path: runner.run(client.get(path))
        runner.run(client.aclose())


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


@pytest.fixture(scope="session")
def address(catalog) -> Iterator[str]:
    """Address of the running app."""
    from tests.support import server

    with server.served() as running:
        yield running.url


@pytest.fixture(scope="session")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder in which the browsers of this process, one per file of tests, keep the app's files."""
    return tmp_path_factory.mktemp("profile")


@pytest.fixture(scope="module")
def chromium(address: str, profile: Path) -> Iterator[Browser]:
    """A headless browser; for the length of a file only, since others need the event loop that it occupies."""
    from tests.support import server

    with server.visited(address, profile) as opened:
        yield opened


@pytest.fixture
def page(chromium: Browser, address: str) -> Iterator[Page]:
    """A new visitor's page, which must end without an error on the console."""
    from tests.support import server
    from tests.support.explore import PATIENCE

    errors: list[str] = []
    with server.new_visitor(chromium, address) as opened:
        opened.set_default_timeout(PATIENCE)
        opened.on("console", lambda message: errors.append(message.text) if _is_fault(message) else None)
        opened.on("pageerror", lambda error: errors.append(str(error)))
        yield opened
    assert errors == []


def _is_fault(message: ConsoleMessage) -> bool:
    """Whether the console reports an error; at first, Streamlit's client looks for its server below the page's path."""
    return message.type == "error" and "/_stcore/" not in message.location["url"]
