"""Lists of identifiers in every form that people have them, looked up against the parquet files."""

import csv
import io
import json

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from idc_index_data import INDEX_METADATA

from app.catalog.catalog import open_catalog as open_catalog
from app.cohort import schema
from app.cohort.cohort import Cohort
from app.cohort.kept_lists import KINDS, IdList
from app.common.errors import UserError
from app.export.writers import manifest_csv, manifest_s5cmd
from app.imports.id_lists import MAX_BYTES, read_columns, report
from app.selection.selection import Selection
from app.storage.buckets import Cloud

PRIOR = INDEX_METADATA["prior_versions_index"]["parquet_filepath"]

#: Collection whose identifiers the tests bring.
COHORT = Cohort.from_query("collection_id=qin_prostate_repeatability&Modality=SEG")


@pytest.fixture(scope="module")
def rows(plain_connection) -> list[dict[str, str]]:
    found = plain_connection.execute(
        f"SELECT {', '.join(KINDS)} FROM index WHERE collection_id = 'qin_prostate_repeatability' AND Modality = 'SEG'"
        " ORDER BY SeriesInstanceUID"
    )
    return [dict(zip(KINDS, row, strict=True)) for row in found.fetchall()]


def of(rows, kind: str) -> list[str]:
    return [row[kind] for row in rows]


def table(rows, separator: str, columns=KINDS, header: tuple[str, ...] | None = None) -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator)
    writer.writerow(header or columns)
    writer.writerows([row[name] for name in columns] for row in rows)
    return out.getvalue()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "form", ["lines", "crlf", "bom", "utf-16", "utf-16-le", "commas", "quoted", "json", "objects", "json lines"]
)
def test_one_kind_in_any_form(kind, form, rows, catalog):
    ids = of(rows, kind)
    text = {
        "commas": ", ".join(ids),
        "quoted": "\n".join(f' "{value}" ' for value in ids),
        "json": json.dumps(ids),
        "objects": json.dumps([{"id": value, "note": 5} for value in ids]),
        "json lines": "\n".join(json.dumps({"id": value}) for value in ids),
        "crlf": "".join(f"{value}\r\n" for value in ids),
    }.get(form, "\n".join(ids))
    data = {"bom": "utf-8-sig", "utf-16": "utf-16", "utf-16-le": "utf-16-le"}.get(form, "utf-8")
    found = report(text.encode(data), catalog)
    assert found.found == IdList(kind, tuple(sorted(set(ids))))
    assert found.not_found == ()
    assert found.duplicates == len(ids) - len(set(ids))
    assert found.kinds == {kind: len(set(ids))}


@pytest.mark.parametrize("separator", [",", "\t", ";"])
@pytest.mark.parametrize("columns", [KINDS, KINDS[::-1], ("PatientID",), ("StudyInstanceUID", "PatientID")])
def test_tables_are_taken_for_their_most_specific_column(separator, columns, rows, catalog):
    found = report(table(rows, separator, columns), catalog)
    kind = next(kind for kind in KINDS if kind in columns)
    assert found.found == IdList(kind, tuple(sorted(set(of(rows, kind)))))
    assert found.not_found == ()
    assert found.kinds == {name: len(set(of(rows, name))) for name in KINDS if name in columns}


def test_headings_of_ones_own(rows, catalog):
    named = table(rows, ",", ("PatientID", "SeriesInstanceUID"), ("who", "what"))
    plainly = "my scans\n" + "\n".join(of(rows, "SeriesInstanceUID"))
    for text in (named, plainly):
        found = report(text, catalog)
        assert found.found == IdList("SeriesInstanceUID", tuple(of(rows, "SeriesInstanceUID")))
        assert found.not_found == ()


def test_a_csv_below_lines_of_explanation(rows, catalog):
    preamble = "Manifest for the selection\nTotal records found: 3, starting from: 1\n\n# IDC Data Version(s): 25.0\n"
    found = report(preamble + table(rows, ","), catalog)
    assert found.found == IdList("crdc_series_uuid", tuple(sorted(of(rows, "crdc_series_uuid"))))
    assert found.not_found == ()


@pytest.mark.parametrize("source", Cloud)
@pytest.mark.parametrize("writer", [manifest_s5cmd, manifest_csv])
def test_manifests(source, writer, rows, catalog):
    data = b"".join(writer(Selection(catalog, COHORT), source))
    found = report(data.replace(b"s3://", b"gs://") if source is Cloud.GCS else data, catalog)
    assert found.found == IdList("crdc_series_uuid", tuple(sorted(of(rows, "crdc_series_uuid"))))
    assert found.not_found == ()


def test_a_patient_id_may_hold_blanks(catalog):
    assert report("ZZ RIDER MR8 1\nLUNG1-001 LUNG1-002", catalog).found.values == (
        "LUNG1-001",
        "LUNG1-002",
        "ZZ RIDER MR8 1",
    )


def test_uuids_are_read_in_capitals(rows, catalog):
    found = report("\n".join(of(rows, "crdc_series_uuid")).upper(), catalog)
    assert found.found.values == tuple(sorted(of(rows, "crdc_series_uuid")))


def test_what_only_older_releases_held(rows, catalog):
    query = f"SELECT crdc_series_uuid AS uuid, max(max_idc_version) FROM '{PRIOR}' GROUP BY uuid"
    removed = duckdb.execute(f"{query} ORDER BY md5(uuid) LIMIT 50").fetchall()
    known = of(rows, "crdc_series_uuid")[:5]
    found = report(
        "\n".join([*known, *(uuid for uuid, _ in removed), "0" * 8 + "-0000-0000-0000-" + "0" * 12]), catalog
    )
    assert found.found.values == tuple(sorted(known))
    assert found.older == dict(removed)
    assert found.not_found == ("00000000-0000-0000-0000-000000000000",)
    assert len(found.sentences) == 3
    only = report("\n".join(uuid for uuid, _ in removed), catalog)
    assert (only.found, only.older) == (IdList("crdc_series_uuid", ()), dict(removed))


def test_series_that_were_revised_count_as_found_and_removed_ones_as_older(catalog, plain):
    prior = f"SELECT DISTINCT SeriesInstanceUID FROM '{PRIOR}'"
    condition = "SeriesInstanceUID IN (SELECT SeriesInstanceUID FROM index) LIMIT 20"
    revised, removed = (
        [uid for (uid,) in plain.execute(f"{prior} WHERE {word} {condition}").fetchall()] for word in ("", "NOT")
    )
    found = report("\n".join([*revised, *removed]), catalog)
    assert found.found == IdList("SeriesInstanceUID", tuple(sorted(revised)))
    assert set(found.older) == set(removed)


def test_mixed_lists_count_each_kind(rows, catalog):
    patients = sorted(set(of(rows, "PatientID")))[:3]
    mixed = ["NOBODY-1", *of(rows, "SeriesInstanceUID")[:5], *patients, "nobody", of(rows, "SeriesInstanceUID")[0]]
    found = report("\n".join(mixed), catalog)
    assert found.found == IdList("SeriesInstanceUID", tuple(of(rows, "SeriesInstanceUID")[:5]))
    assert found.kinds == {"SeriesInstanceUID": 5, "PatientID": 3}
    assert found.not_found == ("NOBODY-1", "nobody")
    assert found.duplicates == 1
    assert found.sentences == [
        f"5 series UIDs found in IDC v{schema.idc_version()}.",
        "2 entries not found.",
        "1 entry given more than once.",
        "The list also holds 3 patient IDs.",
    ]


def test_a_hundred_thousand_ids_at_once(catalog, plain):
    uids = [uid for (uid,) in plain.execute("SELECT SeriesInstanceUID FROM index LIMIT 70000").fetchall()]
    found = report("\n".join([*uids, *(f"1.2.{number}" for number in range(2000))]), catalog)
    assert len(found.found.values) == 70_000
    assert len(found.not_found) == 2000


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("", "no identifiers"),
        (b" \r\n,,\t;\n#x", "no identifiers"),
        ("[]", "no identifiers"),
        ('{"a": [null, true]}', "no identifiers"),
        (b"PK\x03\x04rest", "a workbook or an archive"),
        (b"PAR1", "a Parquet file"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\x00\x00", "no text"),
        (b"x" * (MAX_BYTES + 1), "more than 5 MB"),
        ("é" * (MAX_BYTES // 2 + 1), "more than 5 MB"),
        ("\n".join(map(str, range(200_001))), "200,001 different entries"),
    ],
    ids=range(10),
)
def test_what_is_refused(data, said, catalog):
    with pytest.raises(UserError, match=said) as caught:
        report(data, catalog)
    assert str(caught.value).isprintable()


PIECES = [
    *(b"PatientID", b",", b"\t", b"\n", b"\r\n", b'"', b"#", b"[", b"{", b"\0", b"\xff\xfe", b"\xef\xbb\xbf"),
    *(b"LUNG1-001", b"cp s3://idc-open-data/", b"0" * 8 + b"-0000-0000-0000-" + b"0" * 12, b"/* .", b"\xed\xa0\x80"),
    *(b"' OR 1=1 --", b"1.2.840", b" "),
]
pieces = st.lists(st.sampled_from(PIECES), max_size=20).map(b"".join)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner),
)


def entries_of(data: bytes | str) -> list[str]:
    try:
        return [entry for column in read_columns(data) for entry in column.entries]
    except UserError as refused:
        return [str(refused)]


@given(st.binary(max_size=200) | pieces | st.text(max_size=100) | values.map(json.dumps))
@example("[" * 5_000)
def test_nothing_crashes_the_reader(data):
    entries = entries_of(data)
    assert all(entry and entry == entry.strip() and "\n" not in entry.strip('"') for entry in entries)


@settings(max_examples=15)
@given(pieces | st.text(max_size=100))
@example("\ud800\nLUNG1-001")
def test_nothing_crashes_the_look_up(data):
    try:
        found = report(data, open_catalog())
    except UserError:
        return
    assert all(found.sentences)
    assert not set(found.found.values) & {*found.older, *found.not_found}


@settings(max_examples=50)
@given(st.lists(st.from_regex(r"[A-Z][0-9][A-Za-z0-9._-]{0,20}", fullmatch=True), min_size=2, max_size=9))
def test_plain_identifiers_come_through_every_form(ids):
    forms = [json.dumps(ids), "\n".join(ids), "\r\n".join(ids), "PatientID\n" + "\n".join(ids), ",".join(ids)]
    for text in forms:
        for encoding in ("utf-8", "utf-8-sig", "utf-16"):
            assert [entry.lower() for entry in entries_of(text.encode(encoding))] == [entry.lower() for entry in ids]
