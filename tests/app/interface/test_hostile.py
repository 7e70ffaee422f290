"""Hostile values stay values: in every attribute and operator, through the SQL, the shell, HTTP and Python code."""

import ast
import asyncio
import json
import re
import sys
from typing import Any
from urllib.parse import quote, quote_from_bytes

import duckdb
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from starlette.applications import Starlette

from app.cohort.attributes import BASE_ATTRIBUTES
from app.cohort.cohort import Cohort
from app.cohort.conditions import Condition, QueryError
from app.cohort.operators import operators_of
from app.cohort.sql import quote_text
from app.export.snippets import python_code
from app.interface import cli as command_line
from app.interface.api import routes
from app.interface.verbs import VERBS
from app.language.english import sentence
from app.language.statement import select
from app.selection.selection import Selection
from tests.support import truth

VALUES = {
    "quote": "'",
    "two quotes": "''",
    "double quote": '"',
    "triple quote": '"""',
    "or": "' OR '1'='1",
    "drop": "'); DROP TABLE index; --",
    "union": "' UNION SELECT PatientID FROM index --",
    "semicolon": ";",
    "line comment": "--",
    "block comment": "/* */",
    "open comment": "/*",
    "percent": "%",
    "underscore": "_",
    "backslash": "\\",
    "backslash quote": "\\'",
    "escape": "\\x27\\n",
    "placeholder": "{x} {value} {0} $1 ? :name %s",
    "newline": "a\nSELECT 1",
    "return": "a\rSELECT 1",
    "crlf": "a\r\ncp s3://elsewhere/* .",
    "line separator": "a\u2028SELECT 1",
    "next line": "a\x85SELECT 1",
    "vertical tab": "a\x0bSELECT 1\x0c2",
    "right to left": "\u202eאבג\u202c",
    "zero width": "\u200b\ufeff",
    "emoji": "🩻",
    "script": "<script>alert(1)</script>",
    "image": '"><img src=x onerror=alert(1)>',
    "dollar quote": "$$ OR $$",
    "shell": "$(touch x)",
    "backtick": "`touch x`",
    "template": "${x}",
    "path": "../../../../etc/passwd",
    "format": "%(x)s %n %d",
    "number": "0x10",
    "infinity": "inf",
    "as long as may be": "'" * 1_024,
}
REFUSED = {
    "empty": "",
    "nul": "a\0b",
    "surrogate": "\ud800",
    "too long": "x" * 1_025,
    "far too long": "x" * 10_000,
}

EVERYWHERE = [(a, o.key) for a in BASE_ATTRIBUTES.values() for o in operators_of(a) if not o.of_lists]


def cohort_of(name: str, operator: str, values: list[str]) -> Cohort:
    """Cohort of those values that the attribute takes; the empty one if it takes none."""
    taken: list[str] = []
    for value in values:
        try:
            taken += Condition.of(name, operator, [value]).values
        except QueryError as refused:
            message = str(refused)
            if not message.isprintable():
                raise AssertionError(f"{message!r} is more than one line.") from None
    return Cohort.of([Condition.of(name, operator, taken)] if taken else [])


def assert_one_select(sql: str) -> None:
    """One SELECT below comment lines, to DuckDB as to the eye."""
    statements = duckdb.extract_statements(sql)
    assert [statement.type for statement in statements] == [duckdb.StatementType.SELECT]
    head = sql[: sql.index("\nSELECT\n")]
    assert all(line.startswith("-- ") for line in re.split(r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]", head))


@pytest.mark.parametrize(("attribute", "operator"), EVERYWHERE, ids=lambda part: getattr(part, "name", part))
def test_values_stay_values(attribute, operator, catalog, plain, number_of_row):
    many = [value for value in VALUES.values() if cohort_of(attribute.name, operator, [value])]
    for value in many:
        assert_one_select(select(cohort_of(attribute.name, operator, [value])))
    cohort = cohort_of(attribute.name, operator, many)
    assert bool(cohort) == takes_any_text(attribute, operator)

    found = plain.execute(select(cohort, ["file_row_number"])).fetchnumpy()["file_row_number"]

    expected = truth.mask(cohort)
    assert np.array_equal(truth.marked(found), expected)
    assert np.array_equal(truth.marked(number_of_row[Selection(catalog, cohort).rows]), expected)


def takes_any_text(attribute, operator: str) -> bool:
    """Whether hostile values are values at all."""
    return operator != "missing" and not attribute.is_range and not attribute.pattern


@pytest.mark.parametrize("value", REFUSED.values(), ids=REFUSED)
def test_what_is_refused_everywhere(value):
    for attribute, operator in EVERYWHERE:
        message = refusal(attribute.name, operator, value)
        assert message.isprintable(), (attribute.name, operator)
        assert 0 < len(message) < 200, (attribute.name, operator)


def refusal(name: str, operator: str, value: str) -> str:
    """What is said of the value; nothing where it is taken."""
    try:
        Condition.of(name, operator, [value])
    except QueryError as refused:
        return str(refused)
    return ""


# --- any text at all -------------------------------------------------------------------------------------------

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=60)
TEXT_FORMS: list[tuple[str, str]] = [(a.name, key) for a, key in EVERYWHERE if takes_any_text(a, key)]


@given(texts)
@example("\\'")
def test_quoted_text_reads_back(text):
    assert duckdb.execute(f"SELECT {quote_text(text)}").fetchall() == [(text,)]


@given(st.sampled_from(TEXT_FORMS), st.lists(texts | st.sampled_from(list(VALUES.values())), min_size=1, max_size=3))
def test_any_text_makes_one_select(form, values):
    assert_one_select(select(Cohort.of([Condition.of(form[0], form[1], values)])))


@given(st.sampled_from(TEXT_FORMS), texts | st.sampled_from(list(VALUES.values())))
@example(("Manufacturer", "eq"), '\\"""')
@example(("Manufacturer", "eq"), '""""""\\')
@example(("Manufacturer", "eq"), "a\r\nb")
def test_python_code_carries_the_query(form, value):
    cohort = Cohort.of([Condition.of(form[0], form[1], [value])])
    queries = [
        ast.literal_eval(node.value)
        for node in ast.parse(python_code(cohort)).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "query"
    ]
    assert [query.removeprefix("\n") for query in queries] == [select(cohort)]


# --- the shell -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", (VALUES | REFUSED).values(), ids=VALUES | REFUSED)
@pytest.mark.parametrize("verb", ["counts", "sql", "manifest"])
def test_command_line(verb, value, capfdbinary):
    encoded = value.encode(errors="surrogatepass")
    for query in (f"SeriesDescription={quote_from_bytes(encoded)}", f"SeriesDescription__contains={value}"):
        status = command_line.main([verb, query])
        sys.stdout.flush()
        output, errors = capfdbinary.readouterr()
        assert status in (0, 2)
        assert (status == 0) == (output != b"") == (errors == b"")
        assert errors.count(b"\n") == (status == 2)
    assert (status == 2) == (value in REFUSED.values() or "&" in value or "%0" in value)


@pytest.mark.parametrize("value", [b"\xff\xfe", b"'; DROP TABLE index", b"$(touch x)", b"\xe2\x80\xa8", b"%00"])
def test_command_line_in_a_process(value, cli):
    done = cli("counts", b"Manufacturer=" + value)
    assert done.returncode == (2 if value in (b"\xff\xfe", b"%00") else 0)
    assert b"Traceback" not in done.stderr
    assert done.stderr.count(b"\n") == 1
    if done.returncode == 0:
        assert done.stderr.startswith(b"IDC v25 has no manufacturer ")
        assert json.loads(done.stdout)["series"] == 0


@pytest.mark.parametrize("value", (VALUES | REFUSED).values(), ids=VALUES | REFUSED)
def test_json_carries_values_as_the_query_does(value, get, post, capfdbinary):
    """Taken or refused alike on the command line, in an address and as a body, with the same words."""
    document = {"conditions": [{"attribute": "SeriesDescription", "operator": "contains", "values": [value]}]}
    # Half a character has no UTF-8, but it has an escape.
    text = json.dumps(document, ensure_ascii="\ud800" in value)
    for verb in ("url", "json", "sentence", "sql"):
        status = command_line.main([verb, text])
        sys.stdout.flush()
        output, errors = capfdbinary.readouterr()
        assert (status == 2) == (value in REFUSED.values())
        assert errors.count(b"\n") == (status == 2)
        for answer in (get(f"/api/{verb}?{quote(text, safe='')}"), post(f"/api/{verb}", text)):
            assert (answer.status_code == 400) == (status == 2)
            assert answer.content == output + errors
            assert "html" not in answer.headers["content-type"]


@pytest.mark.parametrize("value", (VALUES | REFUSED).values(), ids=VALUES | REFUSED)
def test_hostile_keys_of_json_are_named_in_one_line(value, post):
    documents: list[dict[str, Any]] = [
        {"conditions": [], value: []},
        {"conditions": [{value: "Modality"}]},
        {"conditions": [], "options": {value: value}},
        {"conditions": [], "options": {"part": value, "split": value}},
        {"conditions": [], "relations": [{"relation": value, "conditions": []}]},
        {"conditions": [], "clinical": [{"collection_id": value, "table": value, "column": value, "missing": value}]},
        {"conditions": [], "combinations": [{"operation": value, "a": value, "b": value}]},
    ]
    for document in documents:
        answer = post("/api/sql", json.dumps(document))
        assert answer.status_code == 400
        assert answer.text.removesuffix("\n").isprintable()
        assert len(answer.text) < 400


# --- HTTP ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", [name for name, verb in VERBS.items() if name != "facets" and verb.has_route])
def test_http(verb, get):
    for value in (VALUES | REFUSED).values():
        encoded = quote_from_bytes(value.encode(errors="surrogatepass"), safe="")
        for query in (f"Manufacturer={encoded}", f"{encoded}=1", f"Modality={encoded}&source={encoded}"):
            answer = get(f"/api/{verb}?{query}")
            assert answer.status_code in (200, 400), query
            assert "html" not in answer.headers["content-type"], query
            assert answer.status_code == 200 or answer.text.count("\n") == 1, query
            assert "\n" not in answer.headers.get("content-disposition", ""), query


@pytest.mark.parametrize(
    "raw", [b"Manufacturer=\xff", b"\xff", b"Manufacturer=\xc3\xa9", b"Manufacturer=<b>", b"&", b"%"]
)
def test_http_with_raw_bytes(raw):
    status, _ = asyncio.run(ask_raw("/api/url", raw))
    assert status == (200 if raw in (b"Manufacturer=\xc3\xa9", b"Manufacturer=<b>") else 400)


def test_http_reads_raw_utf8():
    assert asyncio.run(ask_raw("/api/url", "Manufacturer=é".encode())) == (200, b"Manufacturer=%C3%A9\n")


async def ask_raw(path: str, query: bytes) -> tuple[int, bytes]:
    """GET with the query's bytes as they are, which no HTTP client would send."""
    sent: list[dict[str, Any]] = []
    scope = {"type": "http", "method": "GET", "path": path, "query_string": query, "headers": [], "root_path": ""}

    async def receive():
        await asyncio.Event().wait()  # the client stays, and says no more

    async def send(message):
        sent.append(message)

    await Starlette(routes=routes())(scope, receive, send)
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_manifests_hold_no_foreign_command(value, get):
    body = get(f"/api/manifest.s5cmd?PatientID=LUNG1-215&PatientID={quote(value, safe='')}").text
    lines = re.split(r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]", body.removesuffix("\n"))
    commands = [line for line in lines if not line.startswith("# ")]
    assert len(commands) == 12
    assert all(re.fullmatch(r"cp s3://idc-open-data(-cr)?/[0-9a-f-]{36}/\* \.", line) for line in commands)


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_sentences_are_one_line_of_text(value):
    cohort = Cohort.of([Condition.of("Manufacturer", "eq", [value])])
    assert value in sentence(cohort)
