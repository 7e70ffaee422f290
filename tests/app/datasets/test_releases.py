"""What each release changed, as plain SQL over the parquet files counts it; and the cohorts that open it."""

from __future__ import annotations

from collections import Counter

import pytest

from app.cohort.cohort import Cohort
from app.common.errors import UserError
from app.datasets import release_history as engine
from app.datasets.release_history import Changes, added_in, history, release, releases, removed_query, revised_in
from app.interface.verbs import run
from app.selection.selection import Selection


def counter(plain, query: str) -> Counter[tuple[int, str]]:
    return Counter({(version, name): count for version, name, count in plain.execute(query).fetchall()})


@pytest.fixture(scope="module")
def expected(plain_connection) -> dict[str, Counter[tuple[int, str]]]:
    """Series by release and collection, said in another way than the app says it."""
    gone: Counter[tuple[int, str]] = Counter()
    for collection, last in plain_connection.execute(
        "SELECT list(collection_id ORDER BY max_idc_version DESC, collection_id DESC)[1], max(max_idc_version)"
        " FROM prior_versions_index WHERE SeriesInstanceUID NOT IN (SELECT SeriesInstanceUID FROM index)"
        " GROUP BY SeriesInstanceUID"
    ).fetchall():
        gone[last + 1, collection] += 1
    return {
        "added": counter(
            plain_connection, "SELECT series_init_idc_version, collection_id, count(*) FROM index GROUP BY ALL"
        ),
        "revised": counter(
            plain_connection,
            "SELECT series_revised_idc_version, collection_id, count(*) FROM index"
            " WHERE series_revised_idc_version <> series_init_idc_version GROUP BY ALL",
        ),
        "removed": gone,
    }


@pytest.mark.parametrize("what", ["added", "revised", "removed"])
def test_changes_by_collection(what, expected, catalog):
    found = {
        (version, name): count
        for version, one in releases(catalog).items()
        for name, changes in one.by_collection.items()
        if (count := getattr(changes, what))
    }
    assert found == dict(expected[what])
    assert sum(found.values()) > 10_000


@pytest.mark.parametrize("version", [20, 25])
def test_removed_series_are_listed(version, expected, plain):
    listed = plain.execute(removed_query(version)).fetchall()
    assert len({row[3] for row in listed}) == len(listed)
    wanted = {name: count for (release, name), count in expected["removed"].items() if release == version}
    assert Counter(row[0] for row in listed) == wanted
    name = max(wanted, key=lambda name: wanted[name])
    assert len(plain.execute(removed_query(version, name)).fetchall()) == wanted[name]


def test_all_releases_with_their_days(catalog, plain):
    days = plain.execute("SELECT idc_version, version_timestamp FROM version_metadata_index").fetchall()
    found = releases(catalog)
    assert [(one.version, str(one.day)) for one in found.values()] == sorted(days, reverse=True)
    assert all(one.by_collection or not one.changes for one in found.values())


def test_changes_by_analysis_result(catalog, plain):
    added = counter(
        plain,
        "SELECT series_init_idc_version, analysis_result_id, count(*) FROM index"
        " WHERE analysis_result_id IS NOT NULL GROUP BY ALL",
    )
    found = {
        (version, name): changes.added
        for version, one in releases(catalog).items()
        for name, changes in one.by_result.items()
        if changes.added
    }
    assert found == dict(added)


def test_every_count_opens_as_its_cohort(catalog):
    for version, one in releases(catalog).items():
        assert Selection(catalog, added_in(version)).totals.series == one.changes.added
        assert Selection(catalog, revised_in(version)).totals.series == one.changes.revised
        for name, changes in list(one.by_collection.items())[:2]:
            assert Selection(catalog, added_in(version, collection_id=name)).totals.series == changes.added
            assert Selection(catalog, revised_in(version, collection_id=name)).totals.series == changes.revised


def test_the_history_of_a_collection(catalog, expected):
    found = history(catalog, "collection_id", "nlst")
    assert list(found) == sorted(found, reverse=True)
    assert found[25] == Changes(expected["added"][25, "nlst"], expected["revised"][25, "nlst"], 0)
    everything = Selection(catalog, Cohort.from_query("collection_id=nlst")).totals
    assert sum(changes.added for changes in found.values()) == everything.series


@pytest.mark.parametrize("name", ["0", "26", "v", "x", "²", "-1", "1" * 5000])
def test_unknown_releases(name, catalog):
    with pytest.raises(UserError, match=r"^IDC's releases have the numbers 1 to 25\.$"):
        release(catalog, name)


def test_verb(catalog, get):
    everything = get("/api/releases").json()
    assert [entry["idc_version"] for entry in everything] == list(range(25, 0, -1))
    latest = get("/api/releases?release=25").json()
    assert latest["added"] == everything[0]["added"] == sum(one["added"] for one in latest["by_collection"].values())
    assert b"".join(run("releases", "v25", {}).chunks) == get("/api/releases?25").content


def test_what_is_not_known_is_not_counted(catalog, monkeypatch):
    """Data without ``prior_versions_index``."""
    monkeypatch.setattr(engine, "knows_removed", lambda: False)
    found = engine._count.__wrapped__(catalog)
    assert found[25].changes.removed == 0
    assert found[25].changes.added == releases(catalog)[25].changes.added
    assert engine.as_json(found[25], detailed=False)["removed"] is None
