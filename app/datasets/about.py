"""Collections and analysis results: what IDC says of each, and what each holds.

Both are *datasets* and look alike here. What is said comes from ``collections_index`` and ``analysis_results_index``,
as plain text; what is held is counted over the index like any cohort, so a dataset's figures are those that Explore
shows for it. Everything is read once per catalog.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from difflib import get_close_matches
from enum import StrEnum
from functools import lru_cache
from typing import Any

import numpy as np

from app.catalog import Catalog
from app.cohort import ATTRIBUTES, Cohort
from app.cohort.sql import quote_text
from app.common.errors import UserError, shorten
from app.datasets import release_history
from app.datasets.plain_text import one_line, paragraphs
from app.export import CitedSource, as_text
from app.selection import Selection, Totals, page

#: Kind and identifier of a dataset, and a column → series by value.
_Series = dict[tuple["DatasetKind", str, str], dict[str, int]]


class DatasetKind(StrEnum):
    """The two kinds of datasets; the value is the attribute that names one."""

    COLLECTION = "collection_id"
    RESULT = "analysis_result_id"

    @property
    def noun(self) -> str:
        """As it reads in a sentence."""
        return ATTRIBUTES[self].label


@dataclass(frozen=True, slots=True)
class DatasetSource:
    """Where a part of a dataset comes from; `license_url` and `url` are web addresses or empty."""

    title: str
    doi: str
    url: str
    modalities: str
    license: str
    license_url: str
    citation: str
    provenance: Mapping[str, str]
    derived: bool


@dataclass(frozen=True, slots=True)
class Dataset:
    """One collection or analysis result.

    Parameters
    ----------
    cancer_types, tumor_locations, species, supporting_data
        What is said of a whole collection; of an analysis result, what is said of the collections that it is about.
    modalities, body_parts, licenses
        Series by value, most first; series without a value are left out.
    related
        Series by analysis result (of a collection) or by collection (of an analysis result), most first.
    first_release, last_release
        The IDC releases that first held a present series, and that last added or revised one; 0 if not known.
    updated
        When IDC last changed the description of the dataset, as an ISO date, or empty.
    """

    kind: DatasetKind
    id: str
    title: str
    description: tuple[str, ...]
    cancer_types: tuple[str, ...]
    tumor_locations: tuple[str, ...]
    species: tuple[str, ...]
    supporting_data: tuple[str, ...]
    program: str
    status: str
    updated: str
    sources: tuple[DatasetSource, ...]
    totals: Totals
    modalities: Mapping[str, int]
    body_parts: Mapping[str, int]
    licenses: Mapping[str, int]
    related: Mapping[str, int]
    first_release: int
    last_release: int

    @property
    def cohort(self) -> Cohort:
        """All its series."""
        return Cohort().with_values(self.kind, "eq", [self.id])

    @property
    def searched(self) -> str:
        """Every word that is said of it, once, folded for searching."""
        said = [self.id, self.title, *self.description, *self.cancer_types, *self.tumor_locations, *self.species]
        said += [*self.supporting_data, self.program, *self.modalities, *self.body_parts, *self.licenses]
        for source in self.sources:
            said += [source.title, source.doi, source.citation, *source.provenance.values()]
        return " ".join(dict.fromkeys(fold(" ".join([*said, *self.related])).split()))


def fold(text: str) -> str:
    """Text for searching: no case, no accents, single blanks."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(letter for letter in decomposed if not unicodedata.combining(letter)).split())


def datasets(catalog: Catalog, kind: DatasetKind) -> dict[str, Dataset]:
    """All collections or all analysis results by identifier, in the order of their titles."""
    return _read(catalog)[kind]


class UnknownDatasetError(UserError):
    """There is no such dataset; `near` is the identifier most like it, if any is."""

    def __init__(self, sentence: str, near: str | None) -> None:
        super().__init__(sentence)
        self.near = near


def dataset(catalog: Catalog, kind: DatasetKind, name: str) -> Dataset:
    """One collection or analysis result.

    Raises
    ------
    UnknownDatasetError
        If there is none.
    """
    known = datasets(catalog, kind)
    if name in known:
        return known[name]
    near = next(iter(get_close_matches(name[:64].casefold(), known, n=1)), None)
    hint = f"; did you mean “{near}”?" if near else "."
    raise UnknownDatasetError(f"This IDC release has no {kind.noun} “{shorten(name)}”{hint}", near)


@lru_cache(maxsize=512)
def typical_series(catalog: Catalog, kind: DatasetKind, name: str, most: int = 8) -> tuple[Mapping[str, Any], ...]:
    """A series of each modality to look at, the commonest modality first: the one of median size.

    Returns
    -------
    tuple of dict
        Rows as `app.selection.rows.page` gives them, with the link to the viewer.
    """
    found = (
        catalog.cursor()
        .execute(
            f"SELECT series_row FROM series WHERE {kind} = {quote_text(name)} QUALIFY"
            " row_number() OVER (PARTITION BY Modality ORDER BY series_size_MB, series_row)"
            " = (count(*) OVER (PARTITION BY Modality) + 1) // 2"
        )
        .fetchall()
    )
    modalities = list(dataset(catalog, kind, name).modalities)
    numbers = np.sort(np.array([number for (number,) in found], dtype=np.int64))
    listed = page(Selection.of_rows(catalog, numbers)).rows
    return tuple(sorted(listed, key=lambda row: modalities.index(row["Modality"]))[:most])


def clinical_tables(catalog: Catalog, collection: str) -> dict[str, int] | None:
    """Clinical tables of a collection with their numbers of columns; None while ``clinical_index`` was not fetched."""
    if "clinical_index" not in catalog.tables():
        return None
    return dict(
        catalog.extension("clinical_index")
        .cursor()
        .execute(
            "SELECT short_table_name, count(*) FROM clinical_index"
            f" WHERE collection_id = {quote_text(collection)} GROUP BY ALL ORDER BY short_table_name"
        )
        .fetchall()
    )


def as_json(found: Dataset) -> dict[str, Any]:
    """A dataset for machines."""
    entry = {field.name: getattr(found, field.name) for field in fields(found)}
    entry |= {"kind": found.kind.noun, "totals": asdict(found.totals)}
    entry["sources"] = [asdict(source) for source in found.sources]
    related = "analysis_results" if found.kind is DatasetKind.COLLECTION else "collections"
    return {(related if name == "related" else name): value for name, value in entry.items()}


@lru_cache(maxsize=1)
def _read(catalog: Catalog) -> dict[DatasetKind, dict[str, Dataset]]:
    series = _series(catalog)
    said = _said_of_collections(catalog)
    collections = {name: _dataset(catalog, DatasetKind.COLLECTION, name, row, series) for name, row in said.items()}
    results = {}
    for name, row in _said_of_results(catalog).items():
        found = _dataset(catalog, DatasetKind.RESULT, name, row, series)
        results[name] = _with_said_of(found, (collections[one] for one in found.related if one in collections))
    return {DatasetKind.COLLECTION: _in_order(collections), DatasetKind.RESULT: _in_order(results)}


def _in_order(found: Mapping[str, Dataset]) -> dict[str, Dataset]:
    return dict(sorted(found.items(), key=lambda item: (fold(item[1].title), item[0])))


def _with_said_of(result: Dataset, collections: Iterable[Dataset]) -> Dataset:
    """An analysis result with what is said of its collections."""
    about = list(collections)
    names = ("cancer_types", "tumor_locations", "species")
    said = {name: tuple(dict.fromkeys(value for one in about for value in getattr(one, name))) for name in names}
    return Dataset(**{field.name: said.get(field.name, getattr(result, field.name)) for field in fields(result)})


def _dataset(
    catalog: Catalog,
    kind: DatasetKind,
    name: str,
    row: Mapping[str, Any],
    series: Mapping[tuple[DatasetKind, str, str], dict[str, int]],
) -> Dataset:
    def counted(what: str) -> dict[str, int]:
        found = series.get((kind, name, what), {})
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))

    present = {v: c for v, c in release_history.history(catalog, kind, name).items() if c.added or c.revised}
    first = [version for version, changes in present.items() if changes.added]
    return Dataset(
        kind=kind,
        id=name,
        title=one_line(row.get("collection_name") or row.get("analysis_result_title")) or name,
        description=paragraphs(row.get("description")),
        cancer_types=tuple(row.get("cancer_types") or ()),
        tumor_locations=tuple(row.get("tumor_locations") or ()),
        species=tuple(row.get("species") or ()),
        supporting_data=tuple(row.get("supporting_data") or ()),
        program=one_line(row.get("program_id")),
        status=one_line(row.get("status")),
        updated=one_line(row.get("updated"))[:10],
        sources=tuple(_source(source) for source in row.get("sources") or ()),
        totals=_totals(catalog, kind).get(name, Totals(0, 0, 0, 0, 0)),
        modalities=counted("Modality"),
        body_parts=counted("BodyPartExamined"),
        licenses=counted("license_short_name"),
        related=counted("related"),
        first_release=min(first, default=0),
        last_release=max(present, default=0),
    )


def _source(row: Mapping[str, Any]) -> DatasetSource:
    terms, doi = row.get("license") or {}, one_line(row.get("source_doi")).lower()
    provenance = {key: one_line(value) for key, value in (row.get("provenance") or {}).items() if value}
    return DatasetSource(
        title=one_line(row.get("source_title")),
        doi=doi,
        url=_address(row.get("source_url")),
        modalities=one_line(row.get("modalities")),
        license=one_line(terms.get("license_short_name")),
        license_url=_address(terms.get("license_url")),
        citation=as_text(CitedSource(doi, None, None, row.get("citation") or "")),
        provenance=provenance,
        derived=row.get("source_type") == "analysis_result",
    )


def _address(text: str | None) -> str:
    """A web address, or nothing: data decides where a link leads, but not with what."""
    address = one_line(text)
    return address if re.fullmatch(r"https?://[^\s\"'<>\\]+", address) else ""


def _totals(catalog: Catalog, kind: DatasetKind) -> Mapping[str, Totals]:
    return _all_totals(catalog)[kind]


@lru_cache(maxsize=1)
def _all_totals(catalog: Catalog) -> dict[DatasetKind, dict[str, Totals]]:
    everything = Selection(catalog, Cohort())
    return {kind: everything.totals_by(ATTRIBUTES[kind]) for kind in DatasetKind if kind in ATTRIBUTES}


def _series(catalog: Catalog) -> _Series:
    """Series by value of a few columns, for each dataset."""
    columns = ("Modality", "BodyPartExamined", "license_short_name")
    rows = (
        catalog.cursor()
        .execute(f"SELECT collection_id, analysis_result_id, {', '.join(columns)}, count(*) FROM series GROUP BY ALL")
        .fetchall()
    )
    found: _Series = {}
    for collection, result, *values, count in rows:
        for kind, name, other in (
            (DatasetKind.COLLECTION, collection, result),
            (DatasetKind.RESULT, result, collection),
        ):
            for what, value in zip((*columns, "related"), (*values, other), strict=True):
                if name is not None and value is not None:
                    counts = found.setdefault((kind, name, what), {})
                    counts[value] = counts.get(value, 0) + count
    return found


def _said_of_collections(catalog: Catalog) -> dict[str, dict[str, Any]]:
    """Rows of ``collections_index`` by identifier, comma-separated texts split as the filters split them."""
    lists = {
        name: ATTRIBUTES[name].expression
        for name in ("cancer_types", "tumor_locations", "species", "supporting_data")
        if name in ATTRIBUTES
    }
    replaced = ", ".join(f"{expression} AS {name}" for name, expression in lists.items())
    rows = _rows(catalog, f"SELECT *{f' REPLACE ({replaced})' if replaced else ''} FROM collections_index")
    named = {row["collection_id"]: row for row in rows}
    return {name: named.get(name, {}) for name in (*catalog.values(ATTRIBUTES["collection_id"]), *named)}


def _said_of_results(catalog: Catalog) -> dict[str, dict[str, Any]]:
    """Rows of ``analysis_results_index`` by identifier; what one says of its source stands as in a collection's."""
    if DatasetKind.RESULT not in ATTRIBUTES:
        return {}
    named = {row["analysis_result_id"]: row for row in _rows(catalog, "SELECT * FROM analysis_results_index")}
    for row in named.values():
        row["sources"] = [
            {
                **row,
                "source_title": row.get("analysis_result_title"),
                "source_doi": row.get("source_DOI"),
                "source_type": "analysis_result",
                "license": row,
            }
        ]
    return {name: named.get(name, {}) for name in (*catalog.values(ATTRIBUTES[DatasetKind.RESULT]), *named)}


def _rows(catalog: Catalog, query: str) -> list[dict[str, Any]]:
    found = catalog.cursor().execute(query)
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
