"""Attributes of fetched tables mean the same to the catalog, to the exported SQL and to plain Python over the rows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import pytest

from app.catalog.catalog import Catalog
from app.catalog.tables.extensions import MissingTableError, published
from app.catalog.tables.fetching import fetchable
from app.cohort import schema
from app.cohort.attribute import Attribute, Kind
from app.cohort.attributes import ATTRIBUTES, EXTRA_TABLES
from app.cohort.cohort import Cohort
from app.cohort.conditions import Condition, format_number
from app.cohort.recipes import RECIPES
from app.common.errors import UserError
from app.common.settings import settings
from app.console.queries import Console, QueryLimits
from app.console.tables import absent
from app.datasets.about import clinical_tables
from app.export.bigquery_query import bigquery
from app.language.english import sentence
from app.language.known import knowledge
from app.language.statement import select
from app.selection.selection import Selection
from app.selection.steps import missing_shares, waterfall
from app.series.relatives import related
from app.series.series import find
from tests.support import tables, truth, truth_clauses
from tests.support.paths import ROOT

# The made-up tables cost seconds once: keep the tests that have them on one worker.
pytestmark = pytest.mark.xdist_group("made_up_tables")

EXTRA = [attribute for attribute in ATTRIBUTES.values() if attribute.is_extra]


@pytest.fixture(scope="module")
def opened(catalog, tmp_path_factory) -> Iterator[Catalog]:
    """The catalog of a data folder of its own, into which all twelve tables were put."""
    home = tables.data_folder(tmp_path_factory.mktemp("tables"))
    tables.write(home / "tables" / schema.data_version())
    with tables.working_in(home) as changed:
        yield changed


@pytest.fixture
def empty(catalog, tmp_path) -> Iterator[Catalog]:
    """The catalog of a data folder of its own, without any fetched table."""
    with tables.working_in(tables.data_folder(tmp_path)) as changed:
        yield changed


@pytest.fixture(scope="module")
def plain_tables(opened):
    """Plain DuckDB with the columns of ``index`` that these cohorts read, and the small tables."""
    connection = tables.connect(settings().data_folder / "tables" / schema.data_version(), tuple(fetchable()))
    columns = "collection_id, PatientID, StudyInstanceUID, SeriesInstanceUID, Modality, analysis_result_id"
    connection.execute(f"CREATE TABLE kept AS SELECT {columns}, series_size_MB, StudyDate FROM index")
    connection.execute("DROP VIEW index; ALTER TABLE kept RENAME TO index")
    return connection


@cache
def values(name: str) -> dict[str, set[Any]]:
    """Series of the attribute's table → its values, as a reader of the rows would list them."""
    attribute = ATTRIBUTES[name]
    found: dict[str, set[Any]] = defaultdict(set)
    for row in tables.table(attribute.table).to_pylist():
        raw = row[attribute.source_columns[0]]
        texts = raw.split(",") if raw is not None and attribute.joined else raw
        listed = texts if isinstance(texts, list) else [texts]
        if isinstance(raw, bool):
            listed = [str(raw).lower()]
        found[row["SeriesInstanceUID"]] |= {value for value in listed if value not in (None, "")}
    return dict(found)


def meets(attribute: Attribute, asked: dict[str, tuple[str, ...]], own: set[Any]) -> bool:
    """Whether a series with these values meets everything asked."""
    read = float if attribute.kind is Kind.NUMBER else str
    parts = []
    if {"gte", "lte"} & set(asked):
        low, high = (float(asked.get(key, (bound,))[0]) for key, bound in (("gte", "-inf"), ("lte", "inf")))
        parts.append(any(low <= value <= high for value in own))
    for key, texts in asked.items():
        wanted = {read(text) for text in texts} if key != "missing" else set()
        if key == "eq":
            parts.append(bool(own & wanted))
        elif key == "not":
            parts.append(not own & wanted)
        elif key == "contains":
            parts.append(any(text.lower() in value.lower() for text in texts for value in own))
    missing = asked.get("missing", ("",))[0]
    if missing == "true":
        return not own or (bool(parts) and all(parts))
    return all(parts) and (bool(own) or missing != "false")


def shapes(attribute: Attribute) -> list[dict[str, tuple[str, ...]]]:
    """What is asked of an attribute: everything it takes, alone and together."""
    every = sorted({value for own in values(attribute.name).values() for value in own}, key=str)
    text = (lambda number: format_number(float(number))) if attribute.kind is Kind.NUMBER else str
    first, last = text(every[0]), text(every[-1])
    found: list[dict[str, tuple[str, ...]]] = [
        {"eq": tuple(sorted({first, last}))},
        {"not": (first,)},
        {"not": (first,), "missing": ("false",)},
        {"eq": (last,), "missing": ("true",)},
        {"missing": ("true",)},
        {"eq": (last,), "not": (first,)},
    ]
    if attribute.kind is Kind.NUMBER:
        numbers = sorted(every)
        low, high = text(numbers[len(numbers) // 3]), text(numbers[2 * len(numbers) // 3])
        found += [{"gte": (low,), "lte": (high,)}, {"gte": (high,), "missing": ("true",)}]
    if attribute.kind in (Kind.TERM, Kind.TEXT):
        found.append({"contains": (last[1:4].upper(),), "not": (first,)})
    return found


@pytest.mark.parametrize("attribute", EXTRA, ids=lambda attribute: attribute.name)
def test_same_series(attribute, opened, plain_tables):
    own = values(attribute.name)
    rows = {uid: opened.rows_of_unique(ATTRIBUTES["SeriesInstanceUID"], [uid])[0] for uid in own}
    found_something = 0
    for asked in shapes(attribute):
        cohort = Cohort.of([Condition.of(attribute.name, key, texts) for key, texts in asked.items()])
        expected = {uid for uid, listed in own.items() if meets(attribute, asked, listed)}
        others = meets(attribute, asked, set())

        selected = np.zeros(opened.series_count, dtype=bool)
        selected[Selection(opened, cohort).rows] = True
        assert {uid for uid, row in rows.items() if selected[row]} == expected, cohort.to_query()
        assert selected.sum() == len(expected) + others * (opened.series_count - len(own)), cohort.to_query()

        by_sql = plain_tables.execute(
            f"SELECT count(*), list(SeriesInstanceUID) FILTER (SeriesInstanceUID IN (SELECT unnest($1)))"
            f" FROM ({select(cohort, ['SeriesInstanceUID'])})",
            [list(own)],
        ).fetchone()
        assert (by_sql[0], set(by_sql[1] or ())) == (selected.sum(), expected), select(cohort)
        found_something += 0 < len(expected) < len(own)
    assert found_something >= 3


def test_every_table_but_the_dictionary_of_clinical_data_has_attributes():
    assert {attribute.table for attribute in EXTRA} == set(EXTRA_TABLES) == set(fetchable()) - {"clinical_index"}
    assert all("__" not in name for name in ATTRIBUTES)
    assert len({attribute.label for attribute in ATTRIBUTES.values()}) == len(ATTRIBUTES)
    for attribute in EXTRA:
        column = schema.tables()[attribute.table].columns[attribute.source_columns[0]]
        several = column.repeated or attribute.joined or attribute.table in ("ann_group_index", "sm_instance_index")
        assert attribute.kind in (Kind.NUMBER, Kind.TEXT) or (attribute.kind is Kind.TERMS) == several, attribute.name


@cache
def number_of() -> dict[str, int]:
    """Series → its number in the parquet file."""
    return {uid: number for number, uid in enumerate(truth.column("SeriesInstanceUID").to_pylist())}


@pytest.mark.parametrize("unit", ["series", "patients"])
def test_facets_count_under_all_other_conditions(unit, opened):
    """Each attribute under a condition on its own, which its facet ignores, and one on the modality."""
    patients, modalities = truth.patients(), truth.encoded("Modality")
    units = patients if unit == "patients" else np.arange(len(patients))
    for attribute in (a for a in EXTRA if a.is_facet or a.is_range):
        own, asked = values(attribute.name), shapes(attribute)[0]
        common = modalities.codes[number_of()[next(iter(own))]]
        selected = modalities.codes == common
        conditions = [Condition.of(attribute.name, key, texts) for key, texts in asked.items()]
        cohort = Cohort.of([*conditions, Condition.of("Modality", "eq", [modalities.values[common]])])
        having: dict[int, set[int]] = defaultdict(set)
        lacking = selected.copy()
        for uid, listed in own.items():
            number = number_of()[uid]
            for value in listed if selected[number] else ():
                having[code(opened, attribute, value)].add(int(units[number]))
                lacking[number] = False
        expected = {place: len(members) for place, members in having.items()}
        expected[0] = len(np.unique(units[lacking]))
        counts = Selection(opened, cohort).facet(attribute, unit).counts
        assert {place: int(count) for place, count in enumerate(counts) if count} == expected, attribute.name


def code(opened: Catalog, attribute: Attribute, value: Any) -> int:
    """Number of a value, or of its bin."""
    if attribute.is_range:
        return max(1, sum(edge <= value for edge in attribute.edges))
    return opened.values(attribute).index(value) + 1


INSIDE = [
    "Modality=CT&patient_has=ct_SliceThickness__lte%3D1%26at_least%3D2",
    "study_lacks=seg_AlgorithmType%3DMANUAL&Modality=SEG",
    "union=a%3Dct_KVP%253D120%26b%3Dmr_DiffusionBValue__gte%253D500%2526mr_DiffusionBValue__lte%253D900",
    "seg_AnatomicRegion_CodeMeanings=Thorax&scope=study&cancer_types=Lung%20Cancer",
    "rtstruct_ROINames__contains=lung&sample=20&seed=3",
]


@pytest.mark.parametrize("query", INSIDE)
def test_clauses_take_them_like_any_other(query, opened, plain_tables):
    cohort = Cohort.from_query(query)
    assert Cohort.from_query(cohort.to_query()) == cohort
    selection = Selection(opened, cohort)
    by_sql = plain_tables.execute(select(cohort, ["SeriesInstanceUID"])).fetchnumpy()["SeriesInstanceUID"]
    rows = opened.rows_of_unique(ATTRIBUTES["SeriesInstanceUID"], list(by_sql))
    assert 0 < len(rows) == len(by_sql)
    assert np.array_equal(np.sort(rows), selection.rows)
    assert waterfall(selection)[-1].totals == selection.totals
    for table in cohort.tables():
        assert f'client.fetch_index("{table}")' in select(cohort)
        assert f"`{table}` AS (" in bigquery(cohort)


def test_sentences_read_as_english():
    said = {
        "ct_SliceThickness__lte=1.5": "CT slice thickness is at most 1.5 mm (series without a value are left out)",
        "mr_DiffusionBValue__gte=500&mr_DiffusionBValue__lte=900": (
            "b-value is between 500 and 900 s/mm² (series without a value are left out)"
        ),
        "seg_SegmentedPropertyType_CodeMeanings=Liver&seg_SegmentedPropertyType_CodeMeanings__not=Lung": (
            "segmented structure is Liver and is not Lung"
        ),
        "volume_geometry_regularly_spaced_3d_volume=true": "regular 3D volume is true",
        "rtstruct_ROINames__contains=gtv": "ROI name contains “gtv”",
    }
    assert {query: sentence(Cohort.from_query(query)) for query in said} == {
        query: f"Series where {words}." for query, words in said.items()
    }


HOSTILE = ("it's", "100%", "x'); DROP TABLE index; --", "a\\b", "'' OR 1=1 OR ''", "<b>&amp;</b>", "${jndi}", "😀")


@pytest.mark.parametrize("name", ["ct_ConvolutionKernel", "rtstruct_ROINames", "seg_AlgorithmName", "pt_Units"])
def test_values_stay_values(name, opened, plain_tables):
    cohort = Cohort().with_values(name, "eq", HOSTILE)
    expected = {uid for uid, own in values(name).items() if own & set(HOSTILE)}
    by_sql = plain_tables.execute(select(cohort, ["SeriesInstanceUID"])).fetchall()
    assert {uid for (uid,) in by_sql} == expected
    assert Selection(opened, cohort).totals.series == len(expected)
    assert bool(expected) == (name == "rtstruct_ROINames")


# --- completion ------------------------------------------------------------------------------------------------------

COMPLETED = [
    "Modality=CT&volume_geometry_slice_spacing_mm__gte=1&add=derived",
    "seg_total_segments__gte=1&add=sources",
    "rtstruct_total_rois__gte=1&add=sources&add=derived",
    "Modality=SM&add=derived",
    "rtstruct_RTROIInterpretedTypes__missing=false&scope=patient&add=sources&add=derived",
]


def links() -> list[tuple[str, str]]:
    """Series and the image series that they name, as the small tables have them."""
    columns = {"seg_index": "segmented_SeriesInstanceUID"}
    return [
        (row["SeriesInstanceUID"], row[columns.get(name, "referenced_SeriesInstanceUID")])
        for name in ("seg_index", "rtstruct_index", "ann_index")
        for row in tables.table(name).to_pylist()
    ]


@pytest.mark.parametrize("query", COMPLETED)
def test_completion_goes_by_the_tables_and_else_by_study(query, opened, plain_tables):
    cohort = Cohort.from_query(query)
    numbers = number_of()
    by_plain_sql = plain_tables.execute(select(cohort.with_options(added=[]), ["SeriesInstanceUID"])).fetchall()
    before = np.zeros(len(numbers), dtype=bool)
    before[[numbers[uid] for (uid,) in by_plain_sql]] = True
    named = [(numbers[made], numbers[source]) for made, source in links() if source in numbers]
    expected = truth_clauses.complete(before, {str(added) for added in cohort.added}, named)
    assert not np.array_equal(expected, truth_clauses.complete(before, {str(added) for added in cohort.added}))

    by_sql = plain_tables.execute(select(cohort, ["SeriesInstanceUID"])).fetchall()
    assert {numbers[uid] for (uid,) in by_sql} == set(np.flatnonzero(expected).tolist())
    rows = Selection(opened, cohort).rows
    found = opened.cursor().execute("SELECT SeriesInstanceUID FROM series ORDER BY series_row").fetchnumpy()
    assert {numbers[uid] for uid in found["SeriesInstanceUID"][rows]} == set(np.flatnonzero(expected).tolist())
    for table in ("ann_index", "rtstruct_index", "seg_index"):
        assert table in sentence(cohort, knowledge(opened))
        assert f'client.fetch_index("{table}")' in select(cohort)


def test_the_series_page_names_what_the_tables_name(opened, plain_tables):
    columns = "SELECT SeriesInstanceUID, StudyInstanceUID FROM index"
    study = dict(plain_tables.execute(columns).fetchall())
    within = [(made, source) for made, source in links() if study.get(made) == study.get(source) is not None]
    assert within
    for made, source in within[:3]:
        found = related(find(opened, made))
        assert (found.certain, [one.uid for one in found.sources]) == (True, [source])
        assert "seg_index" in found.note
        back = related(find(opened, source))
        assert back.certain
        assert {one.uid for one in back.derived} == {one for one, other in within if other == source}
    unnamed = min(set(study) - {one for pair in links() for one in pair})
    assert not related(find(opened, unnamed)).certain


def test_sql_asks_them_by_their_names(opened, plain_tables, cli):
    query = "SELECT Modality, count(*) AS series FROM index JOIN seg_index USING (SeriesInstanceUID) GROUP BY ALL"
    answer = cli("query", query, "--format", "json")
    assert answer.returncode == 0
    expected = plain_tables.execute(query).fetchall()
    assert [tuple(row.values()) for row in json.loads(answer.stdout)] == expected != []


def test_the_page_of_a_collection_lists_its_clinical_tables(opened, plain_tables):
    expected: dict[str, dict[str, int]] = {}
    for collection, name, columns in plain_tables.execute(
        "SELECT collection_id, short_table_name, count(*) FROM clinical_index GROUP BY ALL"
    ).fetchall():
        expected.setdefault(collection, {})[name] = columns
    assert {collection: clinical_tables(opened, collection) for collection in expected} == expected


# --- arriving and absent ----------------------------------------------------------------------------------------------


def test_absent_tables_are_named_and_what_needs_no_rows_still_works(empty, cli):
    cohort = Cohort.from_query("Modality=CT&ct_SliceThickness__lte=1&patient_has=mr_MRAcquisitionType%3D3D")
    with pytest.raises(MissingTableError, match=r"ct_index and mr_index.*python -m app fetch ct_index mr_index"):
        Selection(empty, cohort)
    assert "CT slice thickness is at most 1 mm" in sentence(cohort)
    assert "FROM ct_index" in select(cohort)
    assert "studies that its images belong to" in sentence(Cohort.from_query("Modality=CT&add=derived"))
    assert missing_shares(Selection(empty, Cohort.from_query("Modality=PT"))).keys() & {a.name for a in EXTRA} == set()
    for verb in ("sentence", "url", "sql"):
        assert cli(verb, cohort.to_query()).returncode == 0
    counted = cli("counts", cohort.to_query())
    assert (counted.returncode, counted.stdout) == (2, b"")
    assert counted.stderr.decode().strip() == str(MissingTableError(["ct_index", "mr_index"]))
    for options in (("--attribute", "ct_KVP"), ("--attribute", "rtstruct_ROINames")):
        refused = cli("facets", "Modality=CT", *options)
        assert (refused.returncode, refused.stderr.decode().count("\n")) == (2, 1)


def test_a_table_that_another_process_fetches_is_there_without_a_restart(empty):
    """This process reads while the command line fetches, and counts the new attribute at its next question."""
    cohort = Cohort.from_query("ct_KVP=120")
    with pytest.raises(MissingTableError):
        Selection(empty, cohort)
    reader = subprocess.Popen(
        [sys.executable, "-c", READER], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert reader.stdout is not None
    assert reader.stdout.readline() == "not there\n"
    with tables.mirror() as (_, address):
        fetched = subprocess.run(
            [sys.executable, "-m", "app", "fetch", "ct_index"],
            cwd=ROOT,
            env=os.environ | {"IDC_COHORT_MIRROR": address},
            capture_output=True,
            text=True,
        )
    assert (fetched.returncode, fetched.stdout) == (0, "ct_index\tthere\n"), fetched.stderr
    expected = sum(120 in own for own in values("ct_KVP").values())
    assert Selection(empty, cohort).totals.series == expected > 0
    assert Selection(empty, Cohort()).facet(ATTRIBUTES["ct_KVP"]).counts.sum() == empty.series_count
    assert published() == ["ct_index"]
    assert reader.communicate("again\n")[0] == f"{expected}\n"


READER = """
from app.catalog import open_catalog
from app.cohort import Cohort
from app.common.errors import UserError
from app.selection import Selection

for _ in range(2):
    try:
        print(Selection(open_catalog(), Cohort.from_query("ct_KVP=120")).totals.series, flush=True)
    except UserError:
        print("not there", flush=True)
        input()
"""


def test_a_file_that_waits_is_published_at_the_next_start_and_a_faulty_one_does_no_harm(empty):
    home = settings().data_folder
    folder = home / "tables" / schema.data_version()
    folder.mkdir(parents=True)
    (folder / "pt_index.parquet").write_bytes(tables.parquet_bytes("pt_index"))
    (folder / "mr_index.parquet").write_bytes(b"no table at all")
    left_over = empty.folder.parent / "building-1-pt_index"
    left_over.mkdir()
    with tables.working_in(home) as again:
        assert again.tables() == ["pt_index"]
        assert not left_over.exists()
        assert not list(empty.folder.parent.glob("building-*"))
        with pytest.raises(UserError):
            again.extension("mr_index")


@pytest.mark.parametrize("recipe", [r for r in RECIPES if r.cohort.tables()], ids=lambda recipe: recipe.title)
def test_recipes_that_need_a_table(recipe, opened):
    thin, sharp = ATTRIBUTES["ct_SliceThickness"].name, ATTRIBUTES["sm_ObjectiveLensPower"].name
    rows = Selection(opened, recipe.cohort).rows
    found = opened.cursor().execute("SELECT SeriesInstanceUID, Modality FROM series ORDER BY series_row").fetchnumpy()
    assert len(rows) > 0
    for uid, modality in zip(found["SeriesInstanceUID"][rows], found["Modality"][rows], strict=True):
        assert (modality == "CT" and min(values(thin)[uid]) <= 1.5) or (
            modality == "SM" and min(values(sharp)[uid]) >= 40
        )
    assert recipe.why.count(". ") == 1


def test_queries_of_people_see_them(opened, plain_tables):
    counts = " UNION ALL ".join(f"SELECT '{name}' AS name, count(*) AS n FROM {name}" for name in fetchable())
    joined = "SELECT 'joined', count(*) FROM ct_index JOIN index USING (SeriesInstanceUID)"
    console = Console(1, QueryLimits(seconds=60, memory_mb=300, max_rows=100))
    query = console.start(f"{counts} UNION ALL {joined} ORDER BY name", owner=None)
    query.wait()
    expected = plain_tables.execute(f"{counts} UNION ALL {joined} ORDER BY name").fetchall()
    assert [(row["name"], row["n"]) for row in query.result().table.to_pylist()] == expected
    assert min(n for _, n in expected) > 0
    assert absent() == []
