"""SQL that people write: plain DuckDB's answers, errors that help, limits, turns, and what becomes of a result."""

from __future__ import annotations

import csv
import errno
import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator

import duckdb
import pytest
from pyarrow import parquet

from app.cohort.cohort import Cohort
from app.cohort.kept_lists import load
from app.common.errors import UserError
from app.common.settings import settings
from app.console.examples import EXAMPLES
from app.console.queries import Console, QueryFailedError, QueryLimits
from app.console.result import Result
from app.console.tables import sources
from app.interface import result_links
from app.language.statement import select
from app.selection.selection import Selection
from tests.support.paths import ROOT
from tests.support.sql_worker import Ending, run_all

ENDLESS = "SELECT count(*) FROM index a, index b"


@pytest.fixture(scope="module")
def console(catalog) -> Iterator[Console]:
    opened = Console(1, QueryLimits(seconds=60, memory_mb=300, max_rows=3_000))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def ask(console) -> Callable[[str], Result]:
    def run(sql: str) -> Result:
        query = console.start(sql, owner="test")
        query.wait()
        return query.result()

    return run


@pytest.fixture
def many(tmp_path) -> Callable[[list[str]], list[Ending]]:
    """Statements in processes started from one, with room for all their rows."""
    tables = {name: (str(source.database), source.name) for name, source in sources().items()}
    limits = {"memory_mb": 500, "seconds": 120, "max_rows": 200_000, "max_bytes": 10**8, "max_columns": 500}
    request = {"tables": tables, "absent": ["ct_index"], **limits}
    return lambda statements: run_all([{**request, "sql": sql} for sql in statements], tmp_path)


# The same answers


def test_examples_and_cohorts_give_what_plain_duckdb_gives(many, plain) -> None:
    cohort = Cohort.from_query("Modality=MR&cancer_types=Breast Cancer&instanceCount__gte=700")
    statements = [*(example.sql for example in EXAMPLES), select(cohort)]
    for sql, ending in zip(statements, many(statements), strict=True):
        assert ending.code == 0, sql
        assert not ending.ending.get("error"), ending.said
        relation = plain.sql(sql)
        names = relation.columns
        expected = [dict(zip(names, row, strict=True)) for row in relation.fetchall()]
        key = json.dumps
        assert sorted(map(key, ending.rows)) == sorted(map(key, expected)), sql
        assert len(expected) > 5, sql


def test_order_and_names_stay(many, plain) -> None:
    ordered = "SELECT collection_id, count(*) AS n, [n] AS list FROM index GROUP BY ALL ORDER BY n DESC, 1"
    twice = (
        "SELECT a.collection_id, b.collection_id FROM collections_index a JOIN index b USING (collection_id) LIMIT 9"
    )
    first, second, described = many([ordered, twice, "DESCRIBE index"])
    expected = plain.execute(ordered).fetchall()
    assert [(row["collection_id"], row["n"], json.loads(row["list"])) for row in first.rows] == expected
    assert list(second.rows[0]) == ["collection_id", "collection_id_2"]
    columns = [column for column, *_ in plain.execute("DESCRIBE index").fetchall()]
    assert [row["column_name"] for row in described.rows] == [c for c in columns if c != "file_row_number"]


def test_tables_may_stand_in_several_files(tmp_path, plain) -> None:
    with duckdb.connect(str(tmp_path / "it's.duckdb")) as other:
        other.execute("CREATE TABLE s AS SELECT 'rider_pilot' AS collection_id, 7 AS more")
    tables = {name: (str(source.database), source.name) for name, source in sources().items()}
    tables["seg_index"] = (str(tmp_path / "it's.duckdb"), "s")
    limits = {"memory_mb": 300, "seconds": 60, "max_rows": 10, "max_bytes": 10**6, "max_columns": 10}
    sql = "SELECT more, count(*) AS n FROM seg_index JOIN index USING (collection_id) GROUP BY ALL"
    (ending,) = run_all([{"sql": sql, "tables": tables, "absent": [], **limits}], tmp_path)
    (series,) = plain.execute("SELECT count(*) FROM index WHERE collection_id = 'rider_pilot'").fetchone()
    assert ending.rows == [{"more": 7, "n": series}]


def test_what_a_page_can_not_show_becomes_text(many) -> None:
    (ending,) = many(
        [
            "SELECT {'a': [1, NULL]} AS s, '\\xFF'::BLOB AS b, INTERVAL 90 MINUTE AS i, TIME '10:00' AS t,"
            " 170141183460469231731687303715884105727::HUGEINT AS h, DATE '2020-02-29' AS d, 1.50::DECIMAL(9, 2) AS m"
        ]
    )
    row = ending.rows[0]
    assert {name: str(value) for name, value in row.items()} == {
        "s": '{"a":[1,null]}',
        "b": "\\xFF",
        "i": "01:30:00",
        "t": "10:00:00",
        "h": "170141183460469231731687303715884105727",
        "d": "2020-02-29",
        "m": "1.50",
    }


# Errors


def test_errors_name_the_nearest(many) -> None:
    expected = {
        "SELECT Modalty FROM index": "There is no column “Modalty” here: did you mean Modality?",
        "SELECT cancer_types FROM index": "There is no column “cancer_types” here: it is in collections_index.",
        "SELECT i.StudyID FROM index i": "There is no column “StudyID” here: did you mean StudyInstanceUID, of index?",
        "SELECT * FROM collection_index": "There is no table “collection_index”: did you mean collections_index?",
        "FROM ct_index": "The table ct_index is not on this server; fetch it with: python -m app fetch ct_index",
        "SELECT cuont(*) FROM index": "Scalar Function with name cuont does not exist!",
        "SELECT * FORM index": 'Syntax error at or near "index".',
    }
    endings = many(list(expected))
    assert [ending.ending["error"] for ending in endings] == list(expected.values())
    assert 'Did you mean "count"?' in endings[5].ending["detail"]
    assert "LINE 1: SELECT * FORM index" in endings[6].ending["detail"]


# Limits and turns


def test_an_owner_has_one_query_and_the_others_wait(console: Console) -> None:
    first = console.start(ENDLESS, owner="one")
    with pytest.raises(UserError, match="still running: cancel it first"):
        console.start("SELECT 1", owner="one")
    second = console.start("SELECT 42 AS answer", owner="two")
    assert not second.wait(1)
    assert second.is_waiting
    assert first.is_running
    first.cancel()
    assert second.wait(30)
    assert second.result().table.to_pylist() == [{"answer": 42}]
    assert first.wait(30)
    with pytest.raises(QueryFailedError, match=r"^Cancelled\.$"):
        first.result()
    assert console.start("SELECT 1", owner="one").wait(60)


@pytest.mark.parametrize("sql", ["x" * 100_001, "SELECT '\0'"])
def test_what_is_no_text_is_not_even_started(sql, console: Console) -> None:
    with pytest.raises(UserError, match=r"^A query is a text of at most 100,000 characters\.$"):
        console.start(sql, owner="one")


def test_a_waiting_query_can_be_cancelled(console: Console) -> None:
    first, second = (console.start(ENDLESS, owner=owner) for owner in "ab")
    second.cancel()
    assert second.wait(30)
    assert first.is_running
    first.cancel()
    assert first.wait(30)


def test_time_is_limited(catalog) -> None:
    query = Console(1, QueryLimits(seconds=0.3, memory_mb=300, max_rows=10)).start(ENDLESS, owner=1)
    query.wait()
    with pytest.raises(QueryFailedError, match=r"^The query ran longer than 0\.3 seconds: let it read fewer rows\.$"):
        query.result()


def test_a_cut_result_says_so_and_makes_no_cohort(ask) -> None:
    result = ask("SELECT SeriesInstanceUID FROM index")
    assert (result.rows, result.remark) == (3_000, "Cut after 3,000 rows: the query gives more.")
    with pytest.raises(UserError, match="would make another cohort"):
        result.cohort("SeriesInstanceUID")


def test_the_process_can_open_nothing_more() -> None:
    code = (
        "import json, socket\nfrom app.console import worker\n"
        "worker._shut_in({'seconds': 60, 'max_bytes': 1000, 'memory_mb': 100})\n"
        "for reach in (lambda: open('/etc/passwd'), socket.socket, lambda: open('/tmp/canary', 'w')):\n"
        "    try:\n        reach()\n        print('open')\n    except OSError as error:\n        print(error.errno)\n"
        "try:\n    bytearray(2 * 10**9)\nexcept MemoryError:\n    print('full')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(errno.EMFILE)] * 3 + ["full"] * (sys.platform == "linux")


# What becomes of a result


def test_identifiers_become_a_cohort(ask, catalog, plain) -> None:
    chosen = "FROM index WHERE collection_id = 'rider_pilot' AND Modality = 'CT'"
    result = ask(f"SELECT DISTINCT PatientID AS pat_PatientID, collection_id {chosen}")
    assert result.identifiers == {"pat_PatientID": "PatientID", "collection_id": "collection_id"}
    cohort = result.cohort("pat_PatientID")
    truth = plain.execute(
        f"SELECT count(*) FROM index WHERE (collection_id, PatientID) IN (SELECT (collection_id, PatientID) {chosen})"
    ).fetchone()
    assert (Selection(catalog, cohort).totals.series,) == truth
    result = ask("SELECT SeriesInstanceUID FROM index WHERE collection_id = 'rider_pilot' LIMIT 300")
    (condition,) = result.cohort("SeriesInstanceUID").conditions
    assert condition.operator == "in"
    assert list(load(condition.values[0]).values) == sorted(result.table.column(0).to_pylist())


def test_patients_of_a_collection_stay_in_it(ask, catalog, plain) -> None:
    """One PatientID stands in two collections: its rows say which is meant, beside patients of the other."""
    twice = "SELECT PatientID FROM index GROUP BY PatientID HAVING count(DISTINCT collection_id) > 1"
    chosen = (
        f"FROM index WHERE collection_id = 'pdmr_texture_analysis' AND PatientID IN ({twice})"
        f" OR collection_id = 'pdmr_521955_158_r4' AND PatientID NOT IN ({twice})"
    )
    cohort = ask(f"SELECT DISTINCT PatientID, collection_id {chosen}").cohort("PatientID")
    uids = {uid for (uid,) in plain.execute(f"SELECT SeriesInstanceUID {chosen}").fetchall()}
    found = Selection(catalog, cohort)
    rows = catalog.cursor().execute("SELECT SeriesInstanceUID FROM series ORDER BY series_row").fetchall()
    assert {rows[row][0] for row in found.rows} == uids


def test_many_patients_of_several_collections_become_a_cohort(ask, catalog, plain) -> None:
    chosen = "SELECT DISTINCT collection_id, PatientID FROM index ORDER BY hash(PatientID), collection_id LIMIT 200"
    result = ask(chosen)
    wanted = {(row["collection_id"], row["PatientID"]) for row in result.table.to_pylist()}
    totals = Selection(catalog, result.cohort("PatientID")).totals
    assert (totals.patients, len({collection for collection, _ in wanted}) > 3) == (len(wanted), True)


def test_files_of_a_result(ask, get) -> None:
    result = ask(
        "SELECT collection_id, subjects, NULL AS nothing, 'inf'::DOUBLE AS far FROM collections_index ORDER BY 1"
    )
    rows = result.table.to_pylist()
    files = {form: get(f"/{result_links.link(result, form)}") for form in ("csv", "json", "parquet")}
    assert 'filename="idc-v25_result_' in files["csv"].headers["content-disposition"]
    assert get("/result/guessed.csv").status_code == 404
    assert get(f"/{result_links.link(result, 'xlsx')}").status_code == 404
    address = result_links.link(result, "csv")
    del result
    assert get(f"/{address}").text == "This result is gone: run the query again.\n"
    table = list(csv.DictReader(io.StringIO(files["csv"].text)))
    assert [(row["collection_id"], row["nothing"], row["far"]) for row in table] == [
        (row["collection_id"], "", "inf") for row in rows
    ]
    assert json.loads(files["json"].text) == [{**row, "far": None} for row in rows]
    assert parquet.read_table(io.BytesIO(files["parquet"].content)).to_pylist() == rows


# The command line


def test_the_command_line_gives_what_plain_duckdb_gives(cli, plain) -> None:
    sql = (
        "SELECT Modality, count(*) AS n, round(sum(series_size_MB)) AS mb FROM index GROUP BY ALL ORDER BY n, Modality"
    )
    columns, rows = [column for column, *_ in plain.execute(sql).description], plain.fetchall()
    done = cli("query", sql)
    assert (done.returncode, done.stderr) == (0, b"")
    given = list(csv.reader(io.StringIO(done.stdout.decode())))
    assert given[0] == columns
    assert [(name, int(n), float(mb)) for name, n, mb in given[1:]] == rows
    done = cli("query", sql, "--format", "json")
    assert [tuple(row.values()) for row in json.loads(done.stdout)] == rows


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT Modalty FROM index", "There is no column “Modalty” here: did you mean Modality?\n"),
        (
            "COPY index TO '/tmp/x.csv'",
            "A query is one SELECT (or WITH, FROM, DESCRIBE, SUMMARIZE, EXPLAIN), not COPY.\n",
        ),
    ],
)
def test_the_command_line_refuses_in_one_sentence(sql, message, cli, tmp_path) -> None:
    (tmp_path / "kept").write_text("before")
    done = cli("query", sql, "--output", str(tmp_path / "kept"))
    assert (tmp_path / "kept").read_text() == "before"
    assert (done.returncode, done.stdout, done.stderr.decode()) == (2, b"", message)


def test_the_command_line_says_when_rows_are_missing(cli, monkeypatch) -> None:
    monkeypatch.setenv("IDC_COHORT_QUERY_ROWS", "5")
    done = cli("query", "FROM collections_index SELECT collection_id")
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 6
    assert done.stderr.startswith(b"Cut after 5 rows: the query gives more. IDC_COHORT_QUERY_ROWS")


@pytest.mark.parametrize(
    ("variable", "value"), [("IDC_COHORT_QUERY_SECONDS", "soon"), ("IDC_COHORT_QUERIES_AT_ONCE", "-1")]
)
def test_settings_are_numbers(variable, value, monkeypatch) -> None:
    monkeypatch.setenv(variable, value)
    settings.cache_clear()
    try:
        with pytest.raises(UserError, match=f"^{variable} is a number from"):
            settings()
    finally:
        monkeypatch.undo()
        settings.cache_clear()
