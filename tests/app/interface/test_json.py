"""A cohort as JSON stands wherever its query can, on the command line and in the API, and the answers are alike."""

from __future__ import annotations

import asyncio
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from starlette.applications import Starlette

from app.cohort.cohort import Cohort
from app.cohort.conditions import QueryError
from app.cohort.json_form import MAX_JSON_LENGTH, from_json, to_json
from app.interface import cli as command_line
from app.interface import query_argument
from app.interface.api import routes
from app.interface.query_argument import query_text
from app.interface.verbs import VERBS, run
from tests.app.interface.test_api import PAIRS, QUERY
from tests.support import any_cohorts

JSON = to_json(Cohort.from_query(QUERY))

#: Those of the pairs of routes and command lines that are about the cohort.
OF_COHORT = {route: arguments for route, arguments in PAIRS.items() if arguments[1:2] == [QUERY]}


def test_every_verb_about_a_cohort_is_compared() -> None:
    about = {verb.name for verb in VERBS.values() if verb.is_about_cohort and verb.has_route}
    assert {arguments[0] for arguments in OF_COHORT.values()} == about


@pytest.mark.parametrize(("route", "arguments"), OF_COHORT.items())
def test_all_ways_answer_alike(route, arguments, get, post, capfdbinary) -> None:
    wanted = get(route)
    assert wanted.status_code == 200
    inside = get(route.replace(QUERY, quote(JSON, safe="")))
    path = route.replace(QUERY, "").replace("?&", "?").replace("&&", "&").rstrip("?&")
    body = post(path, JSON)
    assert (inside.status_code, body.status_code) == (200, 200)
    assert inside.content == body.content == wanted.content
    types = {answer.headers["content-type"] for answer in (inside, body, wanted)}
    assert len(types) == 1
    assert command_line.main([JSON if argument == QUERY else argument for argument in arguments]) == 0
    sys.stdout.flush()
    assert capfdbinary.readouterr() == (wanted.content, b"")


@settings(max_examples=40)
@given(any_cohorts.cohorts)
def test_any_cohort_is_the_same_in_both_forms(cohort: Cohort) -> None:
    for verb in ("url", "json", "sentence", "sql"):
        by_query, by_json = (run(verb, subject, {}) for subject in (cohort.to_query(), to_json(cohort)))
        assert b"".join(by_query.chunks) == b"".join(by_json.chunks)
    assert from_json(b"".join(run("json", cohort.to_query(), {}).chunks).decode()) == cohort


@pytest.mark.parametrize("text", ['{"conditions": 5}', '{"conditions": [], "option": {}}', "{" * 200, "{"])
def test_a_fault_is_said_alike_everywhere(text, get, post, capfd) -> None:
    with pytest.raises(QueryError) as caught:
        from_json(text)
    for answer in (get(f"/api/counts?{quote(text)}"), post("/api/counts", text)):
        assert (answer.status_code, answer.text) == (400, f"{caught.value}\n")
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert command_line.main(["counts", text]) == 2
    assert capfd.readouterr() == ("", f"{caught.value}\n")


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("/api/counts", "", "The body of a POST is a cohort as JSON, an object in braces; /api/json writes one."),
        ("/api/counts", QUERY, "The body of a POST is a cohort as JSON, an object in braces; /api/json writes one."),
        (
            f"/api/counts?{QUERY}",
            JSON,
            "The cohort stands in the body of a POST; its address takes nothing but options.",
        ),
        ("/api/counts", b'{"conditions": "\xff"}', "The body is not UTF-8 text."),
        (
            "/api/counts",
            "{" * 1_024_001,
            "The body has more than 1,024,000 bytes: no cohort is that large.",
        ),
        (
            "/api/counts",
            "{" + " " * MAX_JSON_LENGTH,
            "The JSON is not a cohort: it is longer than 256,000 characters.",
        ),
        ("/api/series?format=xlsx", JSON, "format is one of csv, tsv, json, parquet, not “xlsx”."),
    ],
    ids=lambda part: str(part)[:30],
)
def test_a_faulty_body_gets_one_sentence(path, body, message, post) -> None:
    answer = post(path, body)
    assert (answer.status_code, answer.text) == (400, f"{message}\n")


def test_other_questions_take_no_body(post) -> None:
    assert {post(f"/api/{verb.name}", JSON).status_code for verb in VERBS.values() if not verb.is_about_cohort} == {405}


def test_a_client_that_leaves_early_is_no_error() -> None:
    sent: list[dict[str, Any]] = []
    scope = {"type": "http", "method": "POST", "path": "/api/url", "query_string": b"", "headers": [], "root_path": ""}
    messages: Iterator[dict[str, Any]] = iter(
        [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]
    )

    async def receive() -> dict[str, Any]:
        return next(messages)

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(Starlette(routes=routes())(scope, receive, send))
    assert sent[0]["status"] == 400


# --- the command line's own ways ----------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [JSON, QUERY, f"  {JSON}\n", f"\ufeff{QUERY}\r\n"])
def test_a_file_and_standard_input_hold_either_form(text, tmp_path, monkeypatch, capfd) -> None:
    file = tmp_path / "cohort.json"
    file.write_bytes(text.encode())
    assert command_line.main(["url", f"@{file}"]) == 0
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert command_line.main(["url", "-"]) == 0
    assert capfd.readouterr() == (f"{Cohort.from_query(QUERY).to_query()}\n" * 2, "")


def test_one_command_feeds_another(cli) -> None:
    written = cli("json", QUERY)
    assert written.returncode == 0
    assert json.loads(written.stdout) == json.loads(JSON)


def test_download_reads_json_from_a_file(tmp_path, capfd, catalog) -> None:
    file = tmp_path / "cohort.json"
    for query, message in (
        ("PatientID=LUNG1-215&Modality=SM", "There is nothing to download; widen the cohort.\n"),
        ("ct_KVP=100", "This needs the table ct_index, which is not on this machine; fetch it with: "),
    ):
        file.write_text(to_json(Cohort.from_query(query)))
        assert command_line.main(["download", f"@{file}", str(tmp_path / "images"), "--dry-run"]) == 2
        printed = capfd.readouterr()
        assert (printed.out, printed.err[: len(message)]) == ("", message)


def test_validate_reads_json_from_a_file_and_leaves_it_alone(tmp_path, capfd, catalog) -> None:
    file = tmp_path / "cohort.json"
    file.write_text(JSON)
    assert command_line.main(["validate", str(tmp_path), f"@{file}"]) == 1
    by_file = capfd.readouterr().out
    assert command_line.main(["validate", str(tmp_path / "."), JSON]) == 1
    by_text = capfd.readouterr().out
    assert "cohort.json" not in by_file
    assert "cohort.json" in by_text


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("no/such/file", "Can't read no/such/file: No such file or directory."),
        (".", "Can't read .: Is a directory."),
        ("a\0b", "Can't read a�b: no file has such a name."),
    ],
    ids=["absent", "folder", "nul"],
)
def test_what_cannot_be_read_is_said(name, message, capfd) -> None:
    assert command_line.main(["counts", f"@{name}"]) == 2
    assert capfd.readouterr() == ("", f"{message}\n")


def test_a_file_that_is_no_text_or_too_large_is_refused(tmp_path: Path, monkeypatch) -> None:
    file = tmp_path / "x"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match="is not UTF-8 text"):
        query_text(f"@{file}")
    monkeypatch.setattr(query_argument, "_MAX_BYTES", 10)
    file.write_bytes(b"{" * 11)
    with pytest.raises(ValueError, match="has more than 10 bytes"):
        query_text(f"@{file}")


@pytest.mark.parametrize("argument", ["", "Modality=CT", JSON, "PatientID=%40x", "x-"])
def test_other_arguments_are_the_cohort_itself(argument: str) -> None:
    assert query_text(argument) == argument


# --- questions in plain words --------------------------------------------------------------------------------------


def test_a_question_gives_json(capfd, catalog) -> None:
    assert command_line.main(["ask", "--json", "brest", "MR", "quux"]) == 0
    printed, errors = capfd.readouterr()
    answer = json.loads(printed)
    cohort = Cohort.from_query(answer["query"])
    assert errors == ""
    assert from_json(json.dumps(answer["cohort"])) == cohort
    assert cohort.values("Modality", "eq") == ("MR",)
    assert answer["sentence"].startswith("Series where modality is MR and body part is BREAST")
    assert answer["corrections"] == [{"word": "brest", "read_as": "breast"}]
    assert answer["not_understood"] == ["quux"]
    assert [phrase["phrase"] for phrase in answer["understood"]] == ["brest", "MR"]


def test_a_question_that_nobody_understands_gives_json_too(capfd, catalog) -> None:
    assert command_line.main(["ask", "--json", "quux"]) == 2
    printed, errors = capfd.readouterr()
    answer = json.loads(printed)
    assert (answer["query"], answer["sentence"], answer["cohort"]) == (None, None, None)
    assert answer["not_understood"] == ["quux"]
    assert errors.startswith("Nothing was understood")
    assert errors.count("\n") == 1
