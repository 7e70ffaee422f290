"""Collections and analysis results: figures as plain SQL counts them, texts that keep every word, no markup."""

from __future__ import annotations

import json
import re
import unicodedata

import pytest

from app.catalog.catalog import open_catalog as catalog_in_use
from app.common.errors import UserError
from app.datasets import about as engine
from app.datasets import release_history
from app.datasets.about import DatasetKind, dataset, datasets, typical_series
from app.datasets.overview import holdings
from app.datasets.plain_text import one_line, paragraphs
from app.interface import startup
from app.selection.counts import Totals
from app.selection.selection import Selection
from app.series.viewers import viewer_of_series
from tests.support import truth

TABLES = {DatasetKind.COLLECTION: "collections_index", DatasetKind.RESULT: "analysis_results_index"}


@pytest.mark.parametrize("kind", list(DatasetKind))
def test_totals_and_releases(kind, catalog, plain):
    rows = plain.execute(
        f"SELECT {kind}, count(DISTINCT (collection_id, PatientID)), count(DISTINCT StudyInstanceUID), count(*),"
        " sum(instanceCount)::BIGINT, sum(round(series_size_MB * 1e6)::BIGINT)::BIGINT, min(series_init_idc_version),"
        f" max(series_revised_idc_version) FROM index WHERE {kind} IS NOT NULL GROUP BY 1"
    ).fetchall()
    found = datasets(catalog, kind)
    assert len(rows) == (179 if kind is DatasetKind.COLLECTION else 26)
    assert {(one.id, one.totals, one.first_release, one.last_release) for one in found.values()} == {
        (name, Totals(*totals), first, last) for name, *totals, first, last in rows
    }


@pytest.mark.parametrize("kind", list(DatasetKind))
@pytest.mark.parametrize(
    ("field", "column"),
    [
        ("modalities", "Modality"),
        ("body_parts", "BodyPartExamined"),
        ("licenses", "license_short_name"),
        ("related", ""),
    ],
)
def test_series_by_value(kind, field, column, catalog, plain):
    other = column or (DatasetKind.RESULT if kind is DatasetKind.COLLECTION else DatasetKind.COLLECTION)
    rows = plain.execute(
        f"SELECT {kind}, {other}, count(*) FROM index WHERE {kind} IS NOT NULL AND {other} IS NOT NULL"
        " GROUP BY ALL ORDER BY 1, 3 DESC, 2"
    ).fetchall()
    expected: dict[str, list[tuple[str, int]]] = {}
    for name, value, count in rows:
        expected.setdefault(name, []).append((value, count))
    found = {one.id: list(getattr(one, field).items()) for one in datasets(catalog, kind).values()}
    assert {name: counts for name, counts in found.items() if counts} == expected


@pytest.mark.parametrize("kind", list(DatasetKind))
def test_the_cohort_is_the_dataset(kind, catalog):
    for one in list(datasets(catalog, kind).values())[::5]:
        assert Selection(catalog, one.cohort).totals == one.totals


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


@pytest.mark.parametrize(("kind", "table"), TABLES.items())
def test_descriptions_keep_every_word(kind, table, catalog, plain):
    raw = dict(plain.execute(f"SELECT {kind}, description FROM {table}").fetchall())
    for one in datasets(catalog, kind).values():
        shown = " ".join(one.description)
        # One address stands as its own label, and is shown once.
        said = re.sub(r"(https?://\S+) \(\1\)", r"\1", " ".join(raw[one.id].split()))
        assert words(shown) == words(said)
        assert all(text == " ".join(text.split()) for text in one.description)


def test_sources_are_those_of_the_index(catalog, plain):
    dois = dict(
        plain.execute("SELECT collection_id, list(DISTINCT lower(source_DOI)) FROM index GROUP BY 1").fetchall()
    )
    said = plain.execute(
        "SELECT collection_id, s.source_title, lower(s.source_doi), s.license.license_short_name,"
        " s.provenance.data_contributor FROM (SELECT collection_id, unnest(sources) AS s FROM collections_index)"
    ).fetchall()
    found = datasets(catalog, DatasetKind.COLLECTION)
    shown = [
        (one.id, source.title, source.doi, source.license, source.provenance.get("data_contributor"))
        for one in found.values()
        for source in one.sources
    ]
    assert sorted(shown, key=str) == sorted(((c, one_line(t), *rest) for c, t, *rest in said), key=str)
    for one in found.values():
        assert set(dois[one.id]) <= {source.doi for source in one.sources}
        assert all(not re.search("[<>\n]|&amp;", source.citation) and source.citation for source in one.sources)


def test_lists_are_split_as_the_filters_split_them(catalog, plain):
    raw = dict(plain.execute("SELECT collection_id, cancer_types FROM collections_index").fetchall())
    for one in datasets(catalog, DatasetKind.COLLECTION).values():
        assert ", ".join(one.cancer_types) == raw[one.id]
    assert "Diffuse Large B-Cell Lymphoma, Not Otherwise Specified" in {
        value for one in datasets(catalog, DatasetKind.COLLECTION).values() for value in one.cancer_types
    }


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("10.7937/k9/tcia.2016.eln8ygle", {"4d_lung"}),
        ("Van Oss", {"bamf_aimi_annotations"}),
        ("tubingen", {"fdg_pet_ct_lesions"}),
        ("Pappenheim", {"bonemarrowwsi_pediatricleukemia"}),
    ],
)
def test_everything_said_can_be_searched(query, expected, catalog):
    wanted = engine.fold(query).split()
    everything = [one for kind in DatasetKind for one in datasets(catalog, kind).values()]
    assert {one.id for one in everything if all(word in one.searched for word in wanted)} >= expected
    assert all(one.searched == one.searched.casefold() for one in everything)
    assert not any(unicodedata.combining(letter) for one in everything for letter in one.searched)


@pytest.mark.parametrize("name", ["nlst", "tcga_brca", "4d_lung"])
def test_typical_series_have_the_median_size(name, catalog, plain):
    shown = typical_series(catalog, DatasetKind.COLLECTION, name)
    modalities = list(dataset(catalog, DatasetKind.COLLECTION, name).modalities)
    assert [row["Modality"] for row in shown] == modalities[:8]
    for row in shown:
        (median,) = plain.execute(
            "SELECT quantile_disc(series_size_MB, 0.5) FROM index WHERE collection_id = $1 AND Modality = $2",
            [name, row["Modality"]],
        ).fetchone()
        assert row["series_size_MB"] == median
        assert row["viewer"] == viewer_of_series(catalog, row["SeriesInstanceUID"])


def test_the_server_reads_ahead_what_the_first_visitor_needs():
    startup.state()
    kept = (engine._read, release_history._count, holdings)
    for one in kept:
        one.cache_clear()
    startup.read_ahead()
    read = [one.cache_info().misses for one in kept]
    opened = catalog_in_use()
    datasets(opened, DatasetKind.COLLECTION), release_history.releases(opened), holdings(opened)
    assert [one.cache_info().misses for one in kept] == read
    assert all(read)


def test_unknown_names_get_one_sentence(catalog):
    with pytest.raises(UserError, match=r"^This IDC release has no collection “nslt”; did you mean “nlst”\?$"):
        dataset(catalog, DatasetKind.COLLECTION, "nslt")
    with pytest.raises(UserError) as caught:
        dataset(catalog, DatasetKind.RESULT, "<img src=x>\n" * 50)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, ()),
        ("One\ntwo.", ("One two.",)),
        ("One.\n\nTwo.", ("One.", "Two.")),
        ("One.\n Two.", ("One.", "Two.")),
        ("a" * 90 + ".\nTwo.", ("a" * 90 + ". Two.",)),
        ("a" * 90 + ".\nPlease see it.", ("a" * 90 + ".", "Please see it.")),
        ("<p>One &amp; <b>two</b></p><p>three</p>", ("One & two", "three")),
        ("Cases (< 18 years) and > 3", ("Cases (< 18 years) and > 3",)),
        ("**Bold**, `code`, [name](https://a.b)", ("Bold, code, name (https://a.b)",)),
        ("![logo](http://evil/x.png)seen", ("logoseen",)),
        ("<script>alert(1)</script>kept<style>p{}</style>", ("kept",)),
        ("https://a.b (https://a.b)", ("https://a.b",)),
        ("&lt;script&gt; is text", ("<script> is text",)),
        ("a\x00b\u202ec", ("abc",)),
    ],
)
def test_paragraphs(text, expected):
    assert paragraphs(text) == expected


@pytest.mark.parametrize(("verb", "kind"), [("collections", DatasetKind.COLLECTION), ("results", DatasetKind.RESULT)])
def test_verbs(verb, kind, catalog, get):
    everything = get(f"/api/{verb}").json()
    assert [entry["id"] for entry in everything] == list(datasets(catalog, kind))
    one = next(iter(datasets(catalog, kind).values()))
    assert get(f"/api/{verb}?{kind}={one.id}").json() == get(f"/api/{verb}?{one.id}").json() == everything[0]
    assert everything[0]["totals"]["series"] == one.totals.series
    answer = get(f"/api/{verb}?Modality=CT")
    assert (answer.status_code, answer.text.count("\n")) == (400, 1)


def test_verbs_on_the_command_line(cli):
    done = cli("collections", "rider_pilot")
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["totals"]["series"] == truth.column("collection_id").to_pylist().count("rider_pilot")
