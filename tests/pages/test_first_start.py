"""The first start: a killed build is no harm, and the page shows the next one, which others share."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from playwright.sync_api import Page, expect

from app.catalog.catalog import Catalog
from app.common.numbers import exact
from tests.support import server
from tests.support.paths import ROOT


@pytest.mark.browser
def test_a_visitor_sees_the_build_after_a_killed_one_and_a_command_shares_it(
    tmp_path: Path, catalog: Catalog, plain: duckdb.DuckDBPyConnection
) -> None:
    killed = start(tmp_path)
    assert killed.stderr is not None
    for line in killed.stderr:
        if "Reading the other tables" in line:
            killed.send_signal(signal.SIGKILL)
            break
    killed.communicate()
    assert killed.returncode == -signal.SIGKILL
    assert [name.split("-")[0] for name in folders(tmp_path)] == ["building"]

    with server.served(env(tmp_path)) as served, server.browser() as chromium:
        page = chromium.new_page()
        page.goto(f"{served.url}/explore")
        expect(page.get_by_role("heading", name="Getting the index ready")).to_be_visible(timeout=30_000)
        expect(page.get_by_role("progressbar")).to_be_visible()
        output, messages = start(tmp_path).communicate()
        expect_series(page, catalog.series_count)

    assert "Waiting for another process" in messages
    assert "Reading the index" not in messages
    series, instances = plain.execute("SELECT count(*), sum(instanceCount) FROM index").fetchone() or ()
    counts = json.loads(output)
    assert (counts["series"], counts["instances"]) == (series, instances)
    (built,) = folders(tmp_path)
    assert arrays(tmp_path / "catalog" / built) == arrays(catalog.folder)


def env(folder: Path) -> dict[str, str]:
    return {**os.environ, "IDC_COHORT_DATA": str(folder)}


def start(folder: Path) -> subprocess.Popen[str]:
    """A command that needs the catalog."""
    command = [sys.executable, "-m", "app", "counts"]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, env=env(folder), stdout=pipe, stderr=pipe, text=True)


def expect_series(page: Page, count: int) -> None:
    series = page.locator('[data-testid="head-counts"] > div').filter(has_text=re.compile("^Series"))
    expect(series).to_have_attribute("title", exact(count), timeout=240_000)


def folders(data: Path) -> list[str]:
    return [path.name for path in (data / "catalog").iterdir() if path.is_dir()]


def arrays(catalog: Path) -> set[str]:
    return {path.name for path in (catalog / "arrays").iterdir()}
