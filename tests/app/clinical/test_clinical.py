"""Clinical tables come whole from S3, and mean the same to the catalog, to the exported SQL and to plain Python."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from app.catalog.catalog import Catalog
from app.catalog.tables.extensions import MissingTableError
from app.clinical.columns import column_of
from app.clinical.fetching import ClinicalFetchError, fetch, prefix
from app.clinical.table import MissingClinicalError, folder, is_there
from app.clinical.values import distribution, overlap
from app.cohort.clauses import Scope
from app.cohort.clinical_clause import ClinicalClause
from app.cohort.cohort import Cohort
from app.cohort.conditions import QueryError
from app.cohort.json_form import from_json, to_json
from app.common.settings import settings
from app.console.queries import console
from app.console.tables import sources, sources_for
from app.export.bigquery_query import bigquery
from app.export.snippets import python_query
from app.interface import cli as command_line
from app.language.english import clinical_clause, sentence
from app.language.known import knowledge
from app.language.statement import select
from app.selection.selection import Selection
from app.selection.steps import waterfall
from app.selection.unknown import unknown_in
from tests.support import clinical, tables
from tests.support.clinical import GENDERS, HOSTILE_COLUMN, HOSTILE_VALUES, MC_RC, PERSONS, SEG, VISITS
from tests.support.paths import ROOT

ALL = {name: set(found) for name, found in clinical.patients().items()}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """S3 with two good tables, and some that are none."""
    broken = {
        prefix("vs_broken") + "a.parquet": b"PAR1, and no more",
        prefix("vs_keyless") + "a.parquet": clinical.parquet_bytes(pa.table({"age": [1]})),
        prefix("vs_numbered") + "a.parquet": clinical.parquet_bytes(pa.table({"dicom_patient_id": [1]})),
        prefix("vs_unsafe") + "a b'.parquet": clinical.files(VISITS)["000000000000.parquet"],
    }
    with clinical.bucket(broken) as url:
        yield url


@pytest.fixture(scope="module")
def home(catalog, address, tmp_path_factory) -> Iterator[Path]:
    """A data folder of its own, with clinical_index and no clinical table."""
    folder = tables.data_folder(tmp_path_factory.mktemp("clinical"))
    clinical.write_dictionary(folder)
    patch = pytest.MonkeyPatch()
    patch.setenv("IDC_COHORT_S3_ENDPOINT", address)
    with tables.working_in(folder):
        yield folder
    patch.undo()


@pytest.fixture(scope="module")
def opened(home) -> Catalog:
    """The catalog there, with both tables fetched."""
    from app.catalog.catalog import open_catalog

    for name in (PERSONS, VISITS):
        fetch(open_catalog(), name)
    return open_catalog()


@pytest.fixture(scope="module")
def plain(opened):
    """Plain DuckDB over the two collections' rows, with the tables as idc-index's client registers them."""
    connection = tables.connect(Path(), ())
    connection.execute(
        f"CREATE TABLE kept AS FROM index WHERE collection_id IN ('{SEG}', '{MC_RC}') OR collection_id = 'rider_pilot';"
        " DROP VIEW index; ALTER TABLE kept RENAME TO index"
    )
    for name in (PERSONS, VISITS):
        connection.register(name, clinical.frame(name))
    return connection


@pytest.fixture(scope="module")
def uids(opened):
    """SeriesInstanceUID of each row of the catalog."""
    rows = opened.cursor().execute("SELECT SeriesInstanceUID FROM series ORDER BY series_row").fetchnumpy()
    return rows["SeriesInstanceUID"]


def having(name: str, column: str) -> set[str]:
    return clinical.meeting(name, column, lambda value: True)


def is_near(value: str) -> bool:
    return value != "nan" and 2.5 <= float(value) <= 7


#: Clause → patients that it means.
CLAUSES: list[tuple[ClinicalClause, set[str]]] = [
    (
        ClinicalClause.of(SEG, PERSONS, "gender", ["2"]),
        ALL[SEG] & clinical.meeting(PERSONS, "gender", lambda value: value == "2"),
    ),
    (
        ClinicalClause.of(SEG, PERSONS, "gender", ["9", "1"], missing=True),
        ALL[SEG] - clinical.meeting(PERSONS, "gender", lambda value: value == "2"),
    ),
    (
        ClinicalClause.of(SEG, PERSONS, "gender", excluded=["9", "1"]),
        ALL[SEG] - clinical.meeting(PERSONS, "gender", lambda value: value in ("1", "9")),
    ),
    (
        ClinicalClause.of(SEG, PERSONS, "koos", excluded=["2"], missing=False),
        ALL[SEG] & clinical.meeting(PERSONS, "koos", lambda value: value != 2),
    ),
    (
        ClinicalClause.of(MC_RC, VISITS, "visit", excluded=["baseline"], missing=False),
        (ALL[MC_RC] & having(VISITS, "visit")) - clinical.meeting(VISITS, "visit", lambda value: value == "baseline"),
    ),
    (ClinicalClause.of(SEG, PERSONS, "gender", missing=True), ALL[SEG] - having(PERSONS, "gender")),
    (ClinicalClause.of(SEG, PERSONS, "gender", missing=False), ALL[SEG] & having(PERSONS, "gender")),
    (
        ClinicalClause.of(SEG, PERSONS, "age", ["40", "41.0"]),
        ALL[SEG] & clinical.meeting(PERSONS, "age", lambda value: value in (40, 41)),
    ),
    (
        ClinicalClause.of(SEG, PERSONS, "koos", ["2"]),
        ALL[SEG] & clinical.meeting(PERSONS, "koos", lambda value: value == 2),
    ),
    (
        ClinicalClause.of(SEG, PERSONS, "age", gte="65"),
        ALL[SEG] & clinical.meeting(PERSONS, "age", lambda value: value >= 65),
    ),
    (
        ClinicalClause.of(SEG, PERSONS, "age", lte="30", missing=True),
        ALL[SEG] - clinical.meeting(PERSONS, "age", lambda value: value > 30),
    ),
    (
        ClinicalClause.of(SEG, VISITS, "volume", gte="2.5", lte="7"),
        ALL[SEG] & clinical.meeting(VISITS, "volume", is_near),
    ),
    (
        ClinicalClause.of(MC_RC, VISITS, "volume", gte="2.50", lte="7"),
        ALL[MC_RC] & clinical.meeting(VISITS, "volume", is_near),
    ),
    (
        ClinicalClause.of(MC_RC, VISITS, "visit", ["baseline"]),
        ALL[MC_RC] & clinical.meeting(VISITS, "visit", lambda value: value == "baseline"),
    ),
    *(
        (
            ClinicalClause.of(SEG, PERSONS, HOSTILE_COLUMN, [hostile]),
            ALL[SEG] & clinical.meeting(PERSONS, HOSTILE_COLUMN, hostile.__eq__),
        )
        for hostile in HOSTILE_VALUES
    ),
]


@pytest.mark.parametrize(("clause", "wanted"), CLAUSES, ids=lambda part: part.value if hasattr(part, "value") else "")
def test_catalog_sql_and_python_find_the_same_patients(opened, plain, uids, clause, wanted):
    assert wanted
    assert wanted != ALL[clause.collection_id]
    cohort = Cohort().with_clause(clause)
    selection = Selection(opened, cohort)
    series = set(uids[selection.rows])
    names = ", ".join("'" + patient.replace("'", "''") + "'" for patient in wanted)
    expected = plain.execute(
        f"SELECT SeriesInstanceUID FROM index WHERE collection_id = '{clause.collection_id}' AND PatientID IN ({names})"
    ).fetchall()
    assert series == {uid for (uid,) in expected}
    assert selection.totals.patients == len(wanted)
    exported = plain.execute(select(cohort)).df()
    assert set(exported["SeriesInstanceUID"]) == series
    assert len(exported) == len(series)


def test_catalog_sql_and_python_agree_on_random_clauses(opened, plain, uids):
    dice = random.Random(11)
    everything = plain.execute("SELECT SeriesInstanceUID, collection_id, PatientID, Modality FROM index").fetchall()
    found = 0
    for _ in range(80):
        drawn = [_random_clause(dice) for _ in range(dice.choice((1, 1, 2)))]
        modality = dice.choice((None, None, "MR", "RTSTRUCT"))
        cohort = Cohort().with_values("Modality", "eq", [modality] if modality else [])
        for clause, _ in drawn:
            cohort = cohort.with_clause(clause)
        expected = {
            uid
            for uid, collection, patient, kind in everything
            if modality in (None, kind)
            and all(collection == clause.collection_id and patient in wanted for clause, wanted in drawn)
        }
        found += bool(expected)
        assert set(uids[Selection(opened, cohort).rows]) == expected, cohort.to_query()
        assert {uid for (uid,) in plain.execute(select(cohort, ["SeriesInstanceUID"])).fetchall()} == expected
    assert found > 50


def _random_clause(dice: random.Random) -> tuple[ClinicalClause, set[str]]:
    """A clause about a table of the tests, and the patients of its collection that it means."""
    collection, name = dice.choice(((SEG, PERSONS), (SEG, VISITS), (MC_RC, VISITS)))
    columns = ("gender", "age", "koos", HOSTILE_COLUMN) if name == PERSONS else ("visit", "volume")
    column = dice.choice(columns)
    missing = dice.choice((None, True, False))
    valued = having(name, column)
    without = ALL[collection] - valued
    present = sorted({row[column] for row in clinical.rows(name) if row[column] not in (None, "")})
    some = dice.sample(present, k=dice.randint(1, min(3, len(present))))
    asked = dice.choice(("values", "excluded", "bounds", "missing"))
    if asked == "bounds" and column in ("age", "koos", "volume"):
        low, high = sorted(dice.sample([float(value) for value in present if value != "nan"], k=2))
        meets = clinical.meeting(name, column, lambda value: value != "nan" and low <= float(value) <= high)
        clause = ClinicalClause.of(collection, name, column, gte=f"{low:g}", lte=f"{high:g}", missing=missing)
        return clause, ALL[collection] & meets | (without if missing else set())
    meets = clinical.meeting(name, column, some.__contains__)
    texts = [f"{value:g}" if isinstance(value, float) else str(value) for value in some]
    if asked == "excluded":
        clause = ClinicalClause.of(collection, name, column, excluded=texts, missing=missing)
        return clause, (ALL[collection] & valued if missing is False else ALL[collection]) - meets
    if asked == "missing":
        clause = ClinicalClause.of(collection, name, column, missing=bool(missing))
        return clause, without if missing else ALL[collection] & valued
    clause = ClinicalClause.of(collection, name, column, texts, missing=missing)
    return clause, ALL[collection] & meets | (without if missing else set())


@pytest.mark.parametrize("clause", [clause for clause, _ in CLAUSES], ids=lambda clause: clause.value)
def test_url_and_json_bring_the_clause_back(clause):
    cohort = Cohort.from_query("Modality=MR&scope=patient").with_clause(clause)
    assert Cohort.from_query(cohort.to_query()) == cohort
    assert from_json(to_json(cohort)) == cohort
    assert cohort.without_clause(clause) == Cohort.from_query("Modality=MR&scope=patient")


def test_clauses_join_each_other_and_everything_else(opened, plain):
    women = ClinicalClause.of(SEG, PERSONS, "gender", ["2"])
    small = ClinicalClause.of(SEG, VISITS, "volume", lte="10")
    cohort = Cohort.from_query("Modality=MR&patient_has=Modality%3DRTSTRUCT").with_clause(women).with_clause(small)
    exported = plain.execute(select(cohort)).df()
    assert len(exported) == Selection(opened, cohort).totals.series > 0
    steps = waterfall(Selection(opened, cohort))
    assert [step.totals.series for step in steps][-1] == len(exported)
    assert steps[-1].clause.startswith(f"the patient is of {SEG} and its “volume” in {VISITS} is at most 10")


def test_a_clinical_table_is_not_hidden_by_a_step_of_the_query(opened, plain):
    """A table may be called as the query calls one of its steps."""
    clause = ClinicalClause.of(SEG, "matching", "gender", ["2"])
    plain.register("matching", clinical.frame(PERSONS))
    wanted = Selection(opened, Cohort().with_clause(ClinicalClause.of(SEG, PERSONS, "gender", ["2"]))).totals.series
    assert len(plain.execute(select(Cohort().with_clause(clause).with_options(scope=Scope.PATIENT))).df()) == wanted


def test_sentence_says_what_codes_mean(opened):
    clause = ClinicalClause.of(SEG, PERSONS, "gender", ["2"], missing=True)
    cohort = Cohort.from_query("Modality=MR").with_clause(clause)
    known = knowledge(opened)
    assert sentence(cohort, known) == (
        "Series where modality is MR and the patient is of vestibular_schwannoma_seg and its “gender”"
        " (“Patient's gender”) in vs_persons is “2” (Female) or is missing."
    )
    without = ClinicalClause.of(SEG, PERSONS, "gender", excluded=["2", "9"])
    kept = "is none of “2” (Female) or “9” (Not known) (patients without a value are kept)"
    assert clinical_clause(without, known).endswith(kept)
    present = ClinicalClause.of(SEG, PERSONS, "gender", excluded=["2"], missing=False)
    assert clinical_clause(present, known).endswith("is present and is not “2” (Female)")


def test_queries_read_fetched_tables(opened, plain):
    shown = sources()[PERSONS].table
    assert list(shown.columns) == clinical.table(PERSONS).column_names
    assert shown.columns["gender"].description == "Patient's gender. 1: Male; 2: Female; 9: Not known"
    assert SEG in shown.description
    sql = (
        "SELECT gender, count(*) AS series FROM vs_persons JOIN index ON dicom_patient_id = index.PatientID"
        f" WHERE collection_id = '{SEG}' GROUP BY gender ORDER BY ALL"
    )
    query = console().start(sql, owner="clinical")
    query.wait()
    given = [(row["gender"], row["series"]) for row in json.loads(b"".join(query.result().json()))]
    assert given == plain.execute(sql).fetchall()
    assert PERSONS not in sources_for("SELECT * FROM index")


def test_scripts_say_how_the_table_comes_to_idc_index(opened):
    cohort = Cohort().with_clause(ClinicalClause.of(SEG, PERSONS, "gender", ["2"]))
    code = python_query(cohort)
    assert 'client.fetch_index("clinical_index")\n' in code
    assert 'client.vs_persons = client.get_clinical_table("vs_persons")' in code
    assert "`bigquery-public-data`.`idc_v25_clinical`.`vs_persons`" in bigquery(cohort)


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ("clinical=collection_id%3Dnlst", "name of a clinical table"),
        ("clinical=collection_id%3Dnlst%26table%3D..%2F..%2Fetc%26column%3Da%26value%3D1", "name of a clinical table"),
        ("clinical=collection_id%3Dnlst%26table%3Dindex%26column%3Da%26value%3D1", "name of a clinical table"),
        ("clinical=collection_id%3Dnlst%26table%3Da%26column%3D%2500%26value%3D1", "name of a column"),
        ("clinical=collection_id%3Dnlst%26table%3Da%26column%3Db", "needs value, not, gte, lte or missing"),
        ("clinical=collection_id%3Dnlst%26table%3Da%26column%3Db%26gte%3Dx", "takes a number"),
        (
            "clinical=collection_id%3Dnlst%26table%3Da%26column%3Db%26gte%3D1%26value%3D1",
            "either values, values with not, or bounds",
        ),
        (
            "clinical=collection_id%3Dnlst%26table%3Da%26column%3Db%26not%3D2%26value%3D1",
            "either values, values with not",
        ),
        ("clinical=collection_id%3Dnlst%26table%3Da%26column%3Db%26nonsense%3D1", "a parameter is one of"),
    ],
)
def test_a_clause_that_can_be_none_is_refused_in_words(query, complaint):
    with pytest.raises(QueryError, match=complaint):
        Cohort.from_query(query)


def test_only_names_that_clinical_index_lists_are_evaluated(opened):
    for clause, complaint in (
        (ClinicalClause.of("nlst", PERSONS, "gender", ["2"]), "no clinical table of a collection “nlst”"),
        (ClinicalClause.of(MC_RC, PERSONS, "gender", ["2"]), "no clinical table “vs_persons”; it has vs_visits"),
        (ClinicalClause.of(SEG, PERSONS, "source_batch", ["2"]), "no column “source_batch”"),
    ):
        with pytest.raises(QueryError, match=complaint):
            Selection(opened, Cohort().with_clause(clause))


def test_overlap_and_distributions_count_patients(opened):
    shared = overlap(opened, SEG, PERSONS)
    everybody = {row["dicom_patient_id"] for row in clinical.rows(PERSONS)}
    assert (shared.in_table, shared.imaged, shared.both) == (len(everybody), len(ALL[SEG]), len(everybody & ALL[SEG]))
    assert shared.both < shared.imaged
    assert shared.both < shared.in_table

    spread = distribution(opened, SEG, PERSONS, column_of(opened, SEG, PERSONS, "gender"))
    own = Counter(row["gender"] for row in clinical.rows(PERSONS) if row["dicom_patient_id"] in ALL[SEG])
    assert {bar.low: bar.imaged for bar in spread.bars} == {code: own[code] for code in GENDERS}
    assert {bar.label for bar in spread.bars} == set(GENDERS.values())
    assert spread.missing == len(ALL[SEG] - having(PERSONS, "gender"))


@pytest.mark.parametrize(
    ("collection", "name", "column"), [(SEG, PERSONS, "age"), (SEG, PERSONS, "gender"), (MC_RC, VISITS, "visit")]
)
def test_each_bar_opens_the_patients_that_it_counts(opened, collection, name, column):
    spread = distribution(opened, collection, name, column_of(opened, collection, name, column))
    assert spread.is_numeric == (column == "age")
    for bar in spread.bars:
        cohort = Cohort().with_clause(spread.clause(collection, name, [bar]))
        assert Selection(opened, cohort).totals.patients == bar.imaged
    if spread.missing:
        cohort = Cohort().with_clause(spread.clause(collection, name, [], missing=True))
        assert Selection(opened, cohort).totals.patients == spread.missing


@pytest.mark.parametrize("form", ["csv", "json", "parquet"])
@pytest.mark.parametrize("name", [PERSONS, VISITS])
def test_joined_export_has_a_row_per_imaged_patient(opened, plain, get, form, name):
    answer = get(f"/api/clinical.{form}?collection_id={SEG}&table={name}")
    assert answer.status_code == 200, answer.text
    rows: list[dict]
    if form == "parquet":
        rows = parquet.read_table(io.BytesIO(answer.content)).to_pylist()
    elif form == "json":
        rows = answer.json()
    else:
        rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert [row["PatientID"] for row in rows] == sorted(ALL[SEG])
    series = dict(
        plain.execute(f"SELECT PatientID, count(*) FROM index WHERE collection_id = '{SEG}' GROUP BY ALL").fetchall()
    )
    own: dict[str, list] = {patient: [] for patient in ALL[SEG]}
    for row in clinical.rows(name):
        own.get(row["dicom_patient_id"], []).append(row)
    for row in rows:
        wanted = own[row["PatientID"]]
        assert int(row["series"]) == series[row["PatientID"]]
        assert int(row["table_rows"]) == len(wanted)
        if name == VISITS:
            found = row["volume"]
            found = json.loads(found or "null") if form == "csv" else found
            assert found == ([visit["volume"] for visit in wanted] or None)
            continue
        expected = wanted[0] if wanted else dict.fromkeys(clinical.rows(name)[0])
        label = GENDERS.get(str(expected["gender"]))
        assert row["gender_label"] == ((label or "") if form == "csv" else label)
        assert row[HOSTILE_COLUMN] == ((expected[HOSTILE_COLUMN] or "") if form == "csv" else expected[HOSTILE_COLUMN])
        assert row[f"PatientID_{PERSONS}"] == (expected["PatientID"] or ("" if form == "csv" else None))


def test_absent_tables_keep_the_cohort_and_say_how_to_get_them(catalog, tmp_path):
    with tables.working_in(tables.data_folder(tmp_path)) as empty:
        cohort = Cohort().with_clause(ClinicalClause.of(SEG, PERSONS, "gender", ["2"]))
        assert "its “gender” in vs_persons is “2”" in sentence(cohort, knowledge(empty))
        assert '"vs_persons"' in select(cohort)
        with pytest.raises(MissingTableError, match="fetch it with: python -m app fetch clinical_index"):
            Selection(empty, cohort)
    clinical.write_dictionary(tmp_path)
    with tables.working_in(tmp_path) as known:
        assert "(Female)" in sentence(cohort, knowledge(known))
        with pytest.raises(MissingClinicalError, match=r"python -m app fetch vs_persons$"):
            Selection(known, cohort)


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("vs_broken", "is no clinical table"),
        ("vs_keyless", "has no column dicom_patient_id"),
        ("vs_numbered", "is int64, not text"),
        ("vs_unsafe", "unsafe file name"),
        ("vs_nowhere", "does not have it"),
    ],
)
def test_what_is_no_clinical_table_is_refused(opened, monkeypatch, name, complaint):
    monkeypatch.setattr("app.clinical.fetching.require_known", lambda catalog, tables: None)
    with pytest.raises(ClinicalFetchError, match=complaint):
        fetch(opened, name)
    assert not is_there(name)


def test_the_command_line_fetches_once_and_answers(home, opened, address, get, capfdbinary):
    """Two processes at once; then what the table holds, as the API has it."""
    elsewhere = os.environ | {"IDC_COHORT_S3_ENDPOINT": address}
    shutil.rmtree(folder() / VISITS)
    command = [sys.executable, "-m", "app", "fetch", VISITS]
    both = [subprocess.Popen(command, cwd=ROOT, env=elsewhere, stdout=subprocess.PIPE) for _ in range(2)]
    assert [process.communicate()[0] for process in both] == [b"vs_visits\tthere\n"] * 2
    assert sorted(os.listdir(folder() / VISITS)) == ["table.duckdb"]
    capfdbinary.readouterr()
    for route, arguments in clinical.PAIRS.items():
        assert command_line.main(arguments) == 0
        sys.stdout.flush()
        told = capfdbinary.readouterr()
        assert told.err == b""
        assert get(route).content == told.out
    summary = get(next(iter(clinical.PAIRS))).json()
    listed = get(f"/api/clinical?collection_id={MC_RC}").json()
    assert summary["overlap"]["both"] == len(ALL[SEG] & {row["dicom_patient_id"] for row in clinical.rows(PERSONS)})
    assert [column["column"] for column in summary["columns"]][:3] == ["PatientID", "age", "gender"]
    assert [(table["table"], table["fetched"]) for table in listed["tables"]] == [(VISITS, True)]
    assert settings().s3_endpoint == address


#: Values of a clause, or its names → what of it the release does not hold, and the nearest.
UNKNOWN = [
    ((SEG, PERSONS, "gender", ["1", "2"]), []),
    ((SEG, PERSONS, "gender", ["2", "7"]), [("Patient's gender in vs_persons", "7", "")]),
    ((SEG, PERSONS, "gender", ["female"]), [("Patient's gender in vs_persons", "female", "2")]),
    ((SEG, PERSONS, "koos", ["1", "2.0"]), []),
    ((SEG, VISITS, "visit", ["follow up"]), [("visit in vs_visits", "follow up", "follow-up")]),
    ((SEG, PERSONS, "Gender", ["1"]), [("clinical column of vs_persons", "Gender", "gender")]),
    ((SEG, "vs_person", "gender", ["1"]), [(f"clinical table of {SEG}", "vs_person", PERSONS)]),
    (("vestibular", PERSONS, "gender", ["1"]), [("clinical data of a collection", "vestibular", None)]),
]


@pytest.mark.parametrize("excluded", [False, True])
@pytest.mark.parametrize(("asked", "found"), UNKNOWN)
def test_unknown_values_and_names_are_found(asked, found, excluded, opened):
    *names, values = asked
    clause = ClinicalClause.of(*names, **{"excluded" if excluded else "values": values})
    unknown = unknown_in(opened, Cohort().with_clause(clause))
    assert [(one.what, one.value) for one in unknown] == [(what, value) for what, value, _ in found]
    assert all(nearest in (None, one.nearest) for one, (*_, nearest) in zip(unknown, found, strict=True))


def test_hostile_values_of_the_table_are_known(opened):
    clause = ClinicalClause.of(SEG, PERSONS, clinical.HOSTILE_COLUMN, clinical.HOSTILE_VALUES)
    assert unknown_in(opened, Cohort().with_clause(clause)) == []
