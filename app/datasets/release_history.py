"""What each IDC release changed: series added, revised and removed, by collection.

Added and revised come from the index itself, removed from ``prior_versions_index``: a series that an earlier release
served and this one does not. `LIMITS` says what these tables can't tell. Counted once per catalog.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from app.catalog import Catalog
from app.cohort import Cohort, schema
from app.cohort.sql import quote_text
from app.common.errors import UserError

#: What the numbers can't say, in words for people.
LIMITS = (
    "A series counts as added in the first release that held it, and as revised in the last that changed it:"
    " of a series revised several times, the index keeps only the last.",
    "Series that were added and have since been removed count where they were removed, not where they were added.",
    "Removed series are counted in the collection that last held them. They are no longer in the index, so no cohort"
    " can open them; prior_versions_index, which comes with the index, lists them with the addresses they are kept at.",
    "In the first release, everything is new.",
)


@dataclass(frozen=True, slots=True)
class Changes:
    """Series that a release added, revised and removed."""

    added: int = 0
    revised: int = 0
    removed: int = 0

    def __add__(self, other: Changes) -> Changes:
        return Changes(self.added + other.added, self.revised + other.revised, self.removed + other.removed)

    def __bool__(self) -> bool:
        return bool(self.added or self.revised or self.removed)


@dataclass(frozen=True, slots=True)
class Release:
    """One IDC release.

    Parameters
    ----------
    version
        Its number.
    day
        When it was made, or None where the data does not say.
    by_collection
        What it changed, by collection, most changes first; collections of earlier releases included.
    by_result
        Series of analysis results that it added and revised; what was removed is not known by analysis result.
    """

    version: int
    day: date | None
    by_collection: Mapping[str, Changes]
    by_result: Mapping[str, Changes]

    @property
    def changes(self) -> Changes:
        """Everything that it changed."""
        return sum(self.by_collection.values(), Changes())


def releases(catalog: Catalog) -> dict[int, Release]:
    """All releases by number, the latest first."""
    return _count(catalog)


def release(catalog: Catalog, version: str) -> Release:
    """One release by its number.

    Raises
    ------
    UserError
        If there is none.
    """
    known = releases(catalog)
    number = version.strip().lower().removeprefix("v")
    if not (number.isascii() and number.isdigit() and len(number) < 5 and int(number) in known):
        raise UserError(f"IDC's releases have the numbers {min(known)} to {max(known)}.")
    return known[int(number)]


def history(catalog: Catalog, attribute: str, value: str) -> dict[int, Changes]:
    """What each release changed in a collection or an analysis result, the latest first; others are left out."""
    by = "by_collection" if attribute == "collection_id" else "by_result"
    found = {version: getattr(one, by).get(value, Changes()) for version, one in releases(catalog).items()}
    return {version: changes for version, changes in found.items() if changes}


def added_in(version: int, **narrowed: str) -> Cohort:
    """The series that a release added, within the given values of attributes."""
    return _between("series_init_idc_version", version, narrowed)


def revised_in(version: int, **narrowed: str) -> Cohort:
    """The series that a release was the last to revise, within the given values of attributes."""
    cohort = _between("series_revised_idc_version", version, narrowed)
    return cohort.with_values("series_init_idc_version", "lte", [str(version - 1)])


def knows_removed() -> bool:
    """Whether this data says which series earlier releases held."""
    return _brought("prior_versions_index", "SeriesInstanceUID", "collection_id", "max_idc_version")


def removed_query(version: int, collection_id: str = "") -> str:
    """SQL that lists the series that a release removed, as they last were, with the addresses they are kept at."""
    narrowed = f" AND collection_id = {quote_text(collection_id)}" if collection_id else ""
    return (
        "SELECT collection_id, PatientID, StudyInstanceUID, SeriesInstanceUID, Modality, series_size_MB,\n"
        "       series_aws_url\n"
        "FROM prior_versions_index\n"
        "WHERE SeriesInstanceUID NOT IN (SELECT SeriesInstanceUID FROM index)\n"
        "QUALIFY row_number() OVER (PARTITION BY SeriesInstanceUID"
        " ORDER BY max_idc_version DESC, collection_id DESC) = 1\n"
        f"    AND max_idc_version = {version - 1}{narrowed}"
    )


def as_json(found: Release, *, detailed: bool) -> dict[str, Any]:
    """One release for machines; without detail, only how much it changed."""
    entry: dict[str, Any] = {
        "idc_version": found.version,
        "date": found.day.isoformat() if found.day else None,
        **_with_removed(found.changes),
        "collections": sum(1 for changes in found.by_collection.values() if changes),
    }
    if detailed:
        entry["by_collection"] = {name: _with_removed(changes) for name, changes in found.by_collection.items()}
        entry["by_analysis_result"] = {
            name: {"added": changes.added, "revised": changes.revised} for name, changes in found.by_result.items()
        }
        entry["limits"] = list(LIMITS)
    return entry


def _with_removed(changes: Changes) -> dict[str, int | None]:
    return {**asdict(changes), "removed": changes.removed if knows_removed() else None}


def _between(attribute: str, version: int, narrowed: Mapping[str, str]) -> Cohort:
    cohort = Cohort().with_values(attribute, "gte", [str(version)]).with_values(attribute, "lte", [str(version)])
    for name, value in narrowed.items():
        cohort = cohort.with_values(name, "eq", [value])
    return cohort


@lru_cache(maxsize=1)
def _count(catalog: Catalog) -> dict[int, Release]:
    days = _days(catalog)
    by_collection: dict[int, dict[str, Changes]] = {}
    by_result: dict[int, dict[str, Changes]] = {}
    for collection, result, added, revised, series in _served(catalog):
        events = [(added, Changes(added=series))]
        if revised > added:
            events.append((revised, Changes(revised=series)))
        for version, changes in events:
            _add(by_collection, version, collection, changes)
            if result is not None:
                _add(by_result, version, result, changes)
    for collection, version, series in _removed(catalog):
        _add(by_collection, version, collection, Changes(removed=series))
    versions = sorted({*days, *by_collection}, reverse=True)
    return {
        version: Release(
            version, days.get(version), _ranked(by_collection.get(version, {})), _ranked(by_result.get(version, {}))
        )
        for version in versions
    }


def _add(found: dict[int, dict[str, Changes]], version: int, name: str, changes: Changes) -> None:
    names = found.setdefault(version, {})
    names[name] = names.get(name, Changes()) + changes


def _ranked(found: Mapping[str, Changes]) -> dict[str, Changes]:
    def rank(item: tuple[str, Changes]) -> tuple[int, str]:
        return -(item[1].added + item[1].revised + item[1].removed), item[0]

    return dict(sorted(found.items(), key=rank))


def _served(catalog: Catalog) -> Iterable[tuple[str, str | None, int, int, int]]:
    """Series by collection, analysis result, first release and last revising release."""
    if not _brought("index", "series_init_idc_version", "series_revised_idc_version"):
        return []
    return (
        catalog.cursor()
        .execute(
            "SELECT collection_id, analysis_result_id, series_init_idc_version, series_revised_idc_version, count(*)"
            " FROM series WHERE series_init_idc_version <= series_revised_idc_version GROUP BY ALL"
        )
        .fetchall()
    )


def _removed(catalog: Catalog) -> Iterable[tuple[str, int, int]]:
    """Series that are no longer served, by the collection that last held them and the first release without them."""
    if not knows_removed():
        return []
    return (
        catalog.cursor()
        .execute(
            "SELECT collection_id, version, count(*) FROM ("
            " SELECT max((max_idc_version, collection_id)) AS last, last[1] + 1 AS version, last[2] AS collection_id"
            " FROM prior_versions_index ANTI JOIN series USING (SeriesInstanceUID) GROUP BY SeriesInstanceUID"
            ") GROUP BY ALL"
        )
        .fetchall()
    )


def _days(catalog: Catalog) -> dict[int, date | None]:
    """Day of each release."""
    if not _brought("version_metadata_index", "idc_version", "version_timestamp"):
        return {}
    return dict(
        catalog.cursor()
        .execute("SELECT idc_version, TRY_CAST(left(version_timestamp, 10) AS DATE) FROM version_metadata_index")
        .fetchall()
    )


def _brought(table: str, *columns: str) -> bool:
    """Whether this data has the rows of `table`, with `columns`."""
    return schema.has_columns(table, columns) and schema.tables()[table].parquet is not None
