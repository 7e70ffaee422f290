"""Whether what a recipe of docs/architecture.md adds is there: ``python -m tests.support.added filter SMALL_RELEASE``.

`tests/project/test_where_to_add.py` runs this on a copy of the code. Each check knows what was added, and asks all who
should know of it; what they answer is compared with plain SQL over the parquet files.
"""

from __future__ import annotations

import ast
import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import duckdb

from tests.support.code_copy import use_small_release


def plain() -> duckdb.DuckDBPyConnection:
    """DuckDB over the parquet files, under the names that idc-index gives them."""
    from app.cohort import schema

    connection = duckdb.connect()
    for table in schema.tables().values():
        if table.parquet:
            connection.execute(f"CREATE VIEW {table.name} AS FROM '{table.parquet}'")
    return connection


def rows(sql: str) -> list[tuple[Any, ...]]:
    """Rows of plain SQL."""
    return plain().execute(sql).fetchall()


def uids(query: str) -> set[str]:
    """Series of a cohort: the catalog and the exported SQL must name the same."""
    from app.catalog import open_catalog
    from app.cohort import Cohort
    from app.language import select
    from app.selection import Selection

    cohort = Cohort.from_query(query)
    assert Cohort.from_query(cohort.to_query()) == cohort
    all_uids = open_catalog().cursor().execute("SELECT SeriesInstanceUID FROM series ORDER BY series_row").fetchall()
    found = {all_uids[row][0] for row in Selection(open_catalog(), cohort).rows}
    assert found == {uid for (uid,) in rows(select(cohort, ["SeriesInstanceUID"]))}, "catalog and SQL differ"
    return found


def get(path: str) -> str:
    """GET from the API, in this process."""
    import httpx
    from starlette.applications import Starlette

    from app.interface.api import routes

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(Starlette(routes=routes()))
        async with httpx.AsyncClient(transport=transport, base_url="http://idc.test") as client:
            return await client.get(path)

    response = asyncio.run(ask())
    assert response.status_code == 200, f"{path} answers {response.status_code}"
    return response.text


def command(*arguments: str) -> str:
    """What the command line writes."""
    from app.interface.cli import main

    file = Path("output")
    assert main([*arguments, "--output", str(file)]) == 0
    return file.read_bytes().decode()


def constants(file: str) -> set[Any]:
    """All constants that stand in a file."""
    tree = ast.parse(Path(file).read_text(encoding="utf-8"))
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}


def check_nothing() -> None:
    """The code as it is: builds the catalog, which the others find there."""
    from app.catalog import open_catalog

    assert open_catalog().series_count == rows("SELECT count(*) FROM index")[0][0]


def check_filter() -> None:
    from app.catalog import open_catalog
    from app.cohort import ATTRIBUTES, Cohort
    from app.language import sentence
    from app.selection import Selection
    from components.explore.facets import _facet
    from tests.project import test_docs

    catalog = open_catalog()
    query = "Modality=CT&PhotometricInterpretation=MONOCHROME2"
    assert "photometric interpretation is MONOCHROME2" in sentence(Cohort.from_query(query))
    test_docs.test_query_page_lists_the_attributes_of_the_code()

    where = "Modality = 'CT' AND PhotometricInterpretation = 'MONOCHROME2'"
    assert uids(query) == {uid for (uid,) in rows(f"SELECT SeriesInstanceUID FROM index WHERE {where}")} != set()

    attribute, selection = ATTRIBUTES["PhotometricInterpretation"], Selection(catalog, Cohort())
    counted = "count(*), count(DISTINCT (collection_id, PatientID))"
    expected = rows(f"SELECT PhotometricInterpretation, {counted} FROM index GROUP BY ALL")
    facet = json.loads(get("/api/facets?attribute=PhotometricInterpretation"))["PhotometricInterpretation"]
    assert {(entry["value"], entry["series"], entry["patients"]) for entry in facet} == set(expected)
    in_sidebar = _facet(attribute, Cohort(), selection.facet(attribute))
    assert {(value, count) for value, _, count in in_sidebar["values"]} == {row[:2] for row in expected if row[0]}


def check_operator() -> None:
    from app.cohort import Cohort
    from app.export import bigquery
    from app.language import sentence
    from tests.project import test_docs

    assert "series description starts with “AX”" in sentence(Cohort.from_query("SeriesDescription__starts=AX"))
    test_docs.test_query_page_explains_every_operator()
    assert "STARTS_WITH" in bigquery(Cohort.from_query("Modality__starts=m"))
    assert "STARTS_WITH" in constants("tests/app/export/test_bigquery.py"), "no function"

    from tests.support import truth

    every = truth.column("SeriesInstanceUID").to_pylist()
    for query in ("SeriesDescription__starts=AX", "Modality__starts=m", "PatientID__starts=tcga&Modality__not=SM"):
        meant = truth.mask(Cohort.from_query(query))
        assert meant.any()
        assert uids(query) == {uid for uid, met in zip(every, meant, strict=True) if met}, "not what it means"


def check_export() -> None:
    from app.catalog import open_catalog
    from app.cohort import Cohort
    from app.selection import Selection
    from components.explore import exports

    expected = rows("SELECT SeriesInstanceUID, instanceCount FROM index WHERE Modality = 'PT' ORDER BY ALL")
    for content in (command("series", "Modality=PT", "--format", "jsonl"), get("/api/series.jsonl?Modality=PT")):
        assert sorted(tuple(json.loads(line).values()) for line in content.splitlines()) == expected
    with patch("streamlit.link_button") as button:
        exports.data_panel(Selection(open_catalog(), Cohort.from_query("Modality=PT")))
    assert "api/series.jsonl?Modality=PT" in [call.args[1] for call in button.call_args_list], "no button"

    from tests.app.interface import test_api

    test_api.test_every_route_is_compared()


def check_chart() -> None:
    from app.catalog import open_catalog
    from app.cohort import Cohort
    from app.selection import Selection
    from components.explore import charts

    selection = Selection(open_catalog(), Cohort.from_query("Modality=CT"))
    with patch.object(charts, "draw_clickable") as draw:
        charts.charts(selection, charts.chart_counts(selection, selection.facets(), "series"), "series")
    drawn = {call.args[3]: call.args[0] for call in draw.call_args_list}
    assert "Series by manufacturer" in drawn, "no chart"
    expected = rows(
        "SELECT Manufacturer, count(*) FROM index WHERE Modality = 'CT' AND Manufacturer IS NOT NULL"
        " GROUP BY ALL ORDER BY 2 DESC, 1 LIMIT 8"
    )
    assert _bars(drawn["Series by manufacturer"]) == expected


def _bars(option: dict[str, Any]) -> list[tuple[str, int]]:
    """Label and count of each bar of a chart, from the top."""
    axis = option["yAxis"][0]["data"]
    return [(str(label), bar["value"]) for label, bar in zip(axis, option["series"][0]["data"], strict=True)]


def check_verb() -> None:
    from tests.project import test_docs

    test_docs.test_readme_lists_every_verb()
    expected = rows("SELECT count(DISTINCT year(StudyDate::DATE)) FROM index WHERE Modality = 'CT'")[0]
    assert json.loads(command("years", "Modality=CT")) == expected[0] > 1
    assert json.loads(get("/api/years?Modality=CT")) == expected[0]

    from tests.app.interface import test_api

    test_api.test_every_route_is_compared()


def check_recipe() -> None:
    from app.cohort import RECIPES
    from tests.app.cohort import test_recipes

    recipe = next((recipe for recipe in RECIPES if recipe.title == "PET of the chest"), None)
    assert recipe, "no recipe"
    assert uids(recipe.query)
    test_recipes.test_recipe(recipe, plain())


def check_phrase() -> None:
    from app.ask import ask
    from app.catalog import open_catalog
    from app.cohort import Cohort

    question, cohort = "coincidence imaging of women", Cohort.from_query("Modality=PT&PatientSex=F")
    answer = ask(question, open_catalog())
    assert (answer.cohort, answer.not_understood) == (cohort, ()), "not understood"
    assert question in constants("tests/app/ask/test_ask.py"), "no question"


CHECKS: dict[str, Callable[[], None]] = {
    "nothing": check_nothing,
    "filter": check_filter,
    "operator": check_operator,
    "export": check_export,
    "chart": check_chart,
    "verb": check_verb,
    "recipe": check_recipe,
    "phrase": check_phrase,
}

if __name__ == "__main__":
    use_small_release(Path(sys.argv[2]))
    CHECKS[sys.argv[1]]()
