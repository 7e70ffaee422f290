"""A value that the release does not hold is said: on stderr, in a header, in JSON; and refused where that is asked."""

from __future__ import annotations

import sys
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.interface import cli as command_line
from app.interface.checked import header
from app.interface.verbs import VERBS
from tests.support.cohorts import UNKNOWN_UID

QUERY = "PatientID=LUNG1-215"
FAULTY = "Modality=CT&collection_id=TCGA-LUAD"
SAID = "IDC v25 has no collection “TCGA-LUAD”; the nearest is “tcga_luad”."
IN_HEADER = 'IDC v25 has no collection "TCGA-LUAD"; the nearest is "tcga_luad".'

#: Verbs that answer without Google, and of them those that only spell the cohort.
ASKED = [verb.name for verb in VERBS.values() if verb.is_about_cohort and verb.has_route]
SPELLING = {"json", "sentence", "url"}

#: Verbs whose answer has attributes as fields, and no other.
BY_ATTRIBUTE = ["facets", "missing"]


def run(arguments, capfdbinary):
    status = command_line.main(arguments)
    sys.stdout.flush()
    printed = capfdbinary.readouterr()
    return status, printed.out, printed.err.decode()


@pytest.mark.parametrize("verb", ASKED)
def test_every_verb_warns_alike(verb, get, capfdbinary):
    status, out, said = run([verb, FAULTY], capfdbinary)
    answer = get(f"/api/{verb}?{FAULTY}")
    assert (status, answer.status_code, answer.content) == (0, 200, out)
    assert said == ("" if verb in SPELLING else f"{SAID}\n")
    assert answer.headers.get("X-IDC-Warning") == (None if verb in SPELLING else IN_HEADER)
    if answer.headers["content-type"] == "application/json" and "content-disposition" not in answer.headers:
        value = answer.json()
        fields = isinstance(value, dict) and verb not in BY_ATTRIBUTE and verb not in SPELLING
        assert (value["warnings"] == [SAID]) if fields else ("warnings" not in value)


@pytest.mark.parametrize("verb", ASKED)
def test_strict_refuses(verb, get, capfdbinary):
    assert run([verb, FAULTY, "--strict"], capfdbinary) == (2, b"", f"{SAID}\n")
    answer = get(f"/api/{verb}?{FAULTY}&strict=true")
    assert (answer.status_code, answer.text) == (400, f"{SAID}\n")
    assert "X-IDC-Warning" not in answer.headers


def test_what_is_known_is_not_remarked(get, capfdbinary):
    assert run(["counts", QUERY, "--strict"], capfdbinary)[::2] == (0, "")
    plain = get(f"/api/counts?{QUERY}")
    for strict in ("true", "false"):
        answer = get(f"/api/counts?strict={strict}&{QUERY}")
        assert (answer.status_code, answer.content) == (200, plain.content)
        assert "X-IDC-Warning" not in answer.headers
    assert "warnings" not in plain.json()
    assert get(f"/api/counts?{QUERY}&strict=maybe").status_code == 400
    assert get("/api/collections?strict=true").status_code == 400


def test_bigquery_is_not_asked_in_vain(capfdbinary):
    """Before anything is billed."""
    assert run(["bigquery-rows", FAULTY, "--strict"], capfdbinary) == (2, b"", f"{SAID}\n")


def test_download_says_why_there_is_nothing(tmp_path, capfdbinary):
    nothing = "There is nothing to download; widen the cohort."
    assert run(["download", FAULTY, str(tmp_path)], capfdbinary) == (2, b"", f"{SAID}\n{nothing}\n")
    assert run(["download", FAULTY, str(tmp_path), "--strict"], capfdbinary) == (2, b"", f"{SAID}\n")


def test_every_part_of_a_cohort_is_looked_at(get):
    asked = f"SeriesInstanceUID={UNKNOWN_UID}&patient_has=PatientID%3Dlung1-215&union=a%3DModality%253DCTT%26b%3D"
    assert get(f"/api/counts?{asked}Modality%253DPT").json()["warnings"] == [
        f"IDC v25 has no series UID “{UNKNOWN_UID}”.",
        "IDC v25 has no patient ID “lung1-215”; the nearest is “LUNG1-215”.",
        "IDC v25 has no modality “CTT”; the nearest is “CT”.",
    ]


def test_of_many_unknown_values_some_are_named(get, capfdbinary):
    asked = "&".join(f"PatientID=nobody-{number}" for number in range(2_000))
    _, _, said = run(["counts", asked], capfdbinary)
    assert said.splitlines()[-1] == "IDC v25 lacks 1,990 more of the cohort's values."
    answer = get(f"/api/counts?{asked}")
    assert len(answer.json()["warnings"]) == len(said.splitlines()) == 11
    assert len(answer.headers["X-IDC-Warning"]) <= 1_000


HOSTILE = ["a\r\nSet-Cookie: x=1", "\x1b[2J\x07", "é\u202e😀", "%0d%0a", '"; evil="', "x" * 1_000]


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_values_break_neither_header_nor_terminal(value, get, capfdbinary):
    asked = f"Modality={quote(value, safe='')}"
    _, _, said = run(["counts", asked], capfdbinary)
    assert said.endswith("\n")
    assert said[:-1].isprintable()
    answer = get(f"/api/manifest?{asked}")
    sent = answer.headers["X-IDC-Warning"]
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    assert sent.isascii()
    assert sent.isprintable()
    assert unquote(sent) == said[:-1].replace("“", '"').replace("”", '"')


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=600), min_size=1, max_size=12))
def test_a_header_is_one_short_line_that_reads_back(warnings):
    sent = header(warnings)
    assert len(sent) <= 1_000
    assert sent.isascii()
    assert sent.isprintable() or not sent
    whole = " ".join(warnings).replace("“", '"').replace("”", '"').replace("’", "'")
    assert whole.startswith(unquote(sent, errors="strict"))


@pytest.mark.parametrize("verb", ["counts", "scopes"])
def test_json_stays_what_it_was_beside_the_warnings(verb, get):
    found = get(f"/api/{verb}?{FAULTY}").json()
    empty = get(f"/api/{verb}?Modality=CT&Modality__not=CT&collection_id=tcga_luad").json()
    assert found == {**empty, "warnings": [SAID]}
