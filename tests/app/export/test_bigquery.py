"""A cohort in BigQuery's dialect: the same series, only BigQuery's functions, and a run against a local server."""

import ast
import re
import sys
from contextlib import closing

import duckdb
import numpy as np
import pytest
import sqlglot
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery as google
from hypothesis import given
from hypothesis import strategies as st
from idc_index_data import INDEX_METADATA
from sqlglot import exp

from app.cohort import schema
from app.cohort.cohort import Cohort
from app.cohort.conditions import Condition
from app.common.errors import UserError
from app.export.bigquery_jobs import Estimate, connect, estimate, run
from app.export.bigquery_query import bigquery, bigquery_sql, shipped_sql
from app.language.statement import ROW_COLUMNS, select
from tests.app.interface.test_hostile import VALUES
from tests.support import truth
from tests.support.bigquery_server import BYTES_READ, local, serve
from tests.support.clause_cohorts import random_clause_cohorts
from tests.support.cohorts import random_cohorts

COHORTS = [*random_cohorts(100, seed=7), *random_clause_cohorts(60, seed=7)]

#: Every function of GoogleSQL that the text may call, as Google's reference lists them.
FUNCTIONS = {
    "ABS", "ANY_VALUE", "ARRAY_LENGTH", "CAST", "COALESCE", "CONCAT", "COUNT", "COUNTIF", "DATE_DIFF", "DIV", "ERROR",
    "EXISTS", "IF", "INSTR", "LEFT", "LOWER", "MAX", "MD5", "MIN", "MOD", "NULLIF", "REGEXP_EXTRACT_ALL", "RIGHT",
    "ROUND", "ROW_NUMBER", "SAFE_CAST", "STRING_AGG", "SUBSTRING", "SUM", "TO_HEX", "UNNEST", "UPPER",
}  # fmt: skip

#: What may stand before a bracket without being a function.
KEYWORDS = {
    "AND", "AS", "BY", "DISTINCT", "ELSE", "FROM", "IN", "JOIN", "NOT", "ON", "OR", "OVER", "SELECT", "THEN", "USING",
    "WHEN", "WHERE",
}  # fmt: skip


def called(text: str) -> set[str]:
    """Names that stand before a bracket, outside of literals and comments."""
    code = re.sub(r"--.*|'(?:\\.|[^'\\])*'|\"[^\"]*\"|`[^`]*`", "''", text)
    return {name.upper() for name in re.findall(r"\b([A-Za-z_][\w.]*)\s*\(", code)} - KEYWORDS


@pytest.fixture(scope="module")
def loaded(plain_connection):
    """Every fifth series, in memory, where a hundred queries take seconds."""
    connection = duckdb.connect()
    for name in truth.PARQUET:
        some = "WHERE file_row_number % 5 = 0" if name == "index" else ""
        connection.register("found", plain_connection.execute(f"FROM {name} {some}").to_arrow_table())
        connection.execute(f"CREATE TABLE {name} AS FROM found")
    connection.unregister("found")
    return connection


@pytest.mark.parametrize("number", range(len(COHORTS)))
def test_same_series(number, loaded):
    query = select(COHORTS[number], ["file_row_number"])
    text = bigquery_sql(query)
    assert called(text) <= FUNCTIONS
    expected, found = (loaded.execute(sql).fetchnumpy()["file_row_number"] for sql in (query, local(text)))
    assert np.array_equal(np.sort(found), np.sort(expected)), text


CASES = {
    "contains(lower(Manufacturer), lower('Ge'))": "INSTR(LOWER(Manufacturer), LOWER('Ge')) > 0",
    "contains(Manufacturer, 'a') = true": "(INSTR(Manufacturer, 'a') > 0) = TRUE",
    "NOT list_has_any(x, ['a', 'b'])": "NOT IF(x IS NULL, NULL, EXISTS(SELECT 1 FROM UNNEST(x) AS value"
    " WHERE value IN ('a', 'b')))",
    "TRY_CAST(StudyDate AS DATE) >= DATE '2001-12-31'": "SAFE_CAST(StudyDate AS DATE) >= CAST('2001-12-31' AS DATE)",
    "TRY_CAST(left(PatientAge, 3) AS INTEGER) > 5": "SAFE_CAST(LEFT(PatientAge, 3) AS INT64) > 5",
    "md5(PatientID || '7') < '8'": "TO_HEX(MD5(PatientID || '7')) < '8'",
    "instanceCount // 7 = 1": "DIV(instanceCount, 7) = 1",
    "x IN (SELECT x FROM index QUALIFY row_number() OVER (ORDER BY md5(x)) < 9)": "WHERE TRUE QUALIFY ROW_NUMBER()"
    " OVER (ORDER BY TO_HEX(MD5(x)) IS NULL, TO_HEX(MD5(x))) < 9",
    "instanceCount % 7 = 1": "MOD(instanceCount, 7) = 1",
    "date_diff('day', DATE '2001-01-01', DATE '2001-01-31') = 30": "DATE_DIFF(CAST('2001-01-31' AS DATE),"
    " CAST('2001-01-01' AS DATE), DAY) = 30",
    "EXISTS (SELECT 1 FROM index AS other WHERE other.PatientID = this.PatientID)": "EXISTS(SELECT 1 FROM `index` AS"
    " other WHERE other.PatientID = this.PatientID)",
    "(PatientID, collection_id) IN (SELECT PatientID AS p, collection_id FROM index)": "(PatientID, collection_id) IN"
    " (SELECT (PatientID, collection_id) FROM `index`)",
    "instanceCount > (SELECT count(*) FILTER (WHERE Modality = 'PT') FROM index)": "instanceCount > (SELECT"
    " COUNTIF(Modality = 'PT') FROM `index`)",
}


@pytest.mark.parametrize(("condition", "expected"), CASES.items(), ids=CASES)
def test_each_function_is_bigquerys_own(condition, expected):
    text = bigquery_sql(f"SELECT SeriesInstanceUID FROM index AS this WHERE {condition}\n")
    found = " ".join(text.rpartition("FROM `index` AS this\n")[2].split()) if "other" not in condition else text
    found = re.sub(r"\( ", "(", re.sub(r" \)", ")", " ".join(found.split())))
    assert expected in found
    assert called(text) <= FUNCTIONS


def test_windows_sort_as_duckdb_does(loaded):
    order = "PARTITION BY Modality ORDER BY BodyPartExamined, md5(SeriesInstanceUID)"
    query = (
        f"WITH ranked AS (SELECT *, row_number() OVER ({order}) AS n, sum(instanceCount) OVER ({order}"
        " ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS total FROM index WHERE Modality IN ('PT', 'SM', 'SR'))"
        " SELECT file_row_number FROM ranked WHERE n <= 1000 AND total < 5000 OR n % 100 = 7 ORDER BY file_row_number"
    )
    text = bigquery_sql(query)
    assert called(text) <= FUNCTIONS
    assert "NULLS LAST\n" not in text.rpartition("ORDER BY")[0]
    expected = loaded.execute(query).fetchall()
    with loaded.cursor() as cursor:
        # BigQuery sorts NULL first where it is told nothing.
        cursor.execute("SET default_null_order = 'nulls_first'")
        assert cursor.execute(local(text)).fetchall() == expected
    assert len(expected) > 200


def test_only_the_tables_in_use_stand_above_the_query():
    plainly = bigquery(Cohort.from_query("Modality=MR"))
    both = bigquery(Cohort.from_query("Modality=MR&cancer_types=Breast"))
    assert "original_collections_metadata" not in plainly
    assert [cte.alias for cte in sqlglot.parse_one(both, read="bigquery", into=exp.Select).ctes] == [
        "index",
        "collections_index",
    ]
    assert plainly.startswith("-- IDC v")
    assert "fetch_index" not in both
    assert [
        column.alias_or_name for column in sqlglot.parse_one(both, read="bigquery", into=exp.Select).expressions
    ] == [*ROW_COLUMNS]


def test_full_metadata_is_dicom_all_of_the_same_series(plain):
    cohort = Cohort.from_query("Modality=SEG&collection_id=qin_prostate_repeatability&cancer_types__missing=false")
    tree = sqlglot.parse_one(bigquery(cohort, full_metadata=True), read="bigquery", into=exp.Select)
    assert [column.sql() for column in tree.expressions] == ["dicom_all.*"]
    table = next(table for table in tree.args["from_"].find_all(exp.Table))
    assert table.sql(dialect="bigquery") == f"`bigquery-public-data.idc_v{schema.idc_version()}.dicom_all` AS dicom_all"
    tree.set("expressions", [sqlglot.parse_one("dicom_all.SeriesInstanceUID")])
    table.replace(sqlglot.parse_one("SELECT * FROM index", read="duckdb", into=exp.Select).subquery("dicom_all"))
    found = plain.execute(local(tree.sql(dialect="bigquery"))).fetchall()
    uids = np.array(truth.column("SeriesInstanceUID").to_pylist())[truth.mask(cohort)]
    assert sorted(uid for (uid,) in found) == sorted(uids)
    assert found


KEYS = {"index": "idc_index"}


@pytest.mark.parametrize("table", ["index", "collections_index", "analysis_results_index", "seg_index", "ct_index"])
def test_shipped_sql_makes_the_columns_that_the_schema_lists(table):
    text = shipped_sql(table)
    tree = sqlglot.parse_one(text, read="bigquery", into=exp.Select)
    assert [column.alias_or_name for column in tree.expressions] == list(schema.tables()[table].columns)
    sources = {source.sql(dialect="bigquery").split(" AS ")[0] for source in tree.find_all(exp.Table) if source.catalog}
    assert sources
    assert all(f"bigquery-public-data.idc_v{schema.idc_version()}." in source for source in sources)
    assert not re.search("(?m)^ *(#|--)", text)
    assert not tree.args.get("order")
    original = sqlglot.parse_one(str(INDEX_METADATA[KEYS.get(table, table)]["sql"]), read="bigquery", into=exp.Select)
    original.set("order", None)
    assert tree.sql(dialect="bigquery", comments=False) == original.sql(dialect="bigquery", comments=False)


def test_tables_made_by_scripts_are_named():
    with pytest.raises(UserError, match="prior_versions_index can't run in BigQuery"):
        bigquery_sql("SELECT SeriesInstanceUID FROM prior_versions_index")


@pytest.mark.parametrize("call", ["hash(PatientID) = 1", "md5_number_lower(PatientID) = 1"])
def test_functions_without_a_counterpart_are_named(call):
    with pytest.raises(UserError, match=call.split("(")[0]):
        bigquery_sql(f"SELECT SeriesInstanceUID FROM index WHERE {call}")


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=40)


@given(texts | st.sampled_from(list(VALUES.values())))
def test_any_text_stays_one_literal(text):
    """Python reads the escapes of a quoted string as BigQuery does."""
    sql = bigquery_sql(select(Cohort.of([Condition.of("Manufacturer", "eq", [text])]), ["SeriesInstanceUID"]))
    literal = re.search(r"Manufacturer = ('(?:\\.|[^'\\\n\r])*')\n\Z", sql)
    assert literal, sql
    assert ast.literal_eval(literal.group(1)) == text
    values = {node.name for node in sqlglot.parse_one(sql, read="bigquery", into=exp.Select).find_all(exp.Literal)}
    assert text in values


# --- running ---------------------------------------------------------------------------------------------------


@pytest.fixture
def service(plain_connection):
    with serve(plain_connection) as service:
        yield service


@pytest.fixture
def client(service):
    options = {"api_endpoint": service.address}
    with closing(google.Client("lab", AnonymousCredentials(), client_options=options)) as client:
        yield client


COHORT = Cohort.from_query("collection_id=rider_pilot&Modality=CT")
NO_LIMIT = Estimate(BYTES_READ)


def test_dry_run_estimates_bytes_and_price(service, client):
    found = estimate(bigquery(COHORT), client)
    assert found.bytes_read == BYTES_READ
    assert found.dollars == pytest.approx(0.0702, abs=0.0001)
    assert "12.35 GB, about $0.07" in found.sentence
    assert service.requests[0][1]["configuration"]["dryRun"] is True
    assert service.requests[0][1]["configuration"]["query"]["useLegacySql"] is False


def paths_of(service) -> list[str]:
    return [request.replace("/bigquery/v2/projects/lab", "") for request, _ in service.requests]


def test_rows_come_page_by_page(service, client, plain):
    sql = select(COHORT)
    expected = plain.execute(sql)
    names = [name for name, *_ in expected.description]
    expected = [dict(zip(names, row, strict=True)) for row in expected.fetchall()]
    pages = run(bigquery_sql(sql), client, NO_LIMIT, page_size=50)
    first = next(pages)
    assert paths_of(service) == ["POST /queries", "GET /jobs/job1"]
    assert service.requests[0][1]["maximumBytesBilled"] == str(BYTES_READ + 100 * 2**20)
    rest = list(pages)
    sizes = [len(page) for page in (first, *rest)]
    assert sizes == [50] * (len(expected) // 50) + [len(expected) % 50]
    assert paths_of(service)[2:] == ["GET /queries/job1"] * len(rest)
    assert len(rest) > 1

    def by_uid(rows):
        return sorted(rows, key=lambda row: row["SeriesInstanceUID"])

    assert by_uid(row for page in (first, *rest) for row in page) == by_uid(expected)


@pytest.mark.parametrize(
    ("status", "reason", "message", "said"),
    [
        (400, "invalidQuery", "Unrecognized name: x at [1:8]", "BigQuery refused the query: Unrecognized name: x"),
        (403, "accessDenied", "Access Denied: Project lab: no.", "Access Denied: Project lab: no."),
        (403, "quotaExceeded", "Quota exceeded\nfor\x1b[1m you", "Quota exceeded�for�[1m you."),
        (400, "bytesBilledLimitExceeded", "Query exceeded limit for bytes billed", "exceeded limit for bytes billed."),
    ],
)
def test_refusals_are_one_sentence(service, client, status, reason, message, said):
    service.error = (status, reason, message)
    for ask in (lambda: estimate(bigquery(COHORT), client), lambda: run("SELECT 1", client, NO_LIMIT)):
        with pytest.raises(UserError) as caught:
            ask()
        assert said in str(caught.value)
        assert str(caught.value).isprintable()


def test_a_refusal_between_two_pages_is_one_sentence(service, client):
    service.error, service.error_on_page = (404, "notFound", "Not found: Job job1"), 100
    pages = run(bigquery(COHORT), client, NO_LIMIT, page_size=100)
    assert len(next(pages)) == 100
    with pytest.raises(UserError, match="Not found: Job job1"):
        next(pages)


def test_an_unreachable_host_is_one_sentence(monkeypatch):
    monkeypatch.setattr("app.export.bigquery_jobs.TIMEOUT", 0.1)
    nowhere = google.Client("lab", AnonymousCredentials(), client_options={"api_endpoint": "http://127.0.0.1:1"})
    with pytest.raises(UserError, match="can't be reached"):
        estimate("SELECT 1", nowhere)


def test_without_credentials(monkeypatch, tmp_path):
    for name in ("GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_CLOUD_PROJECT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    with pytest.raises(UserError, match="there are no Google credentials"):
        connect()


def test_without_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "google.cloud", None)
    with pytest.raises(UserError, match="pip install google-cloud-bigquery"):
        connect()
