"""What each verb answers of a cohort, a series, a collection or a release: a stream of bytes under a name.

`app.interface.verbs` lists the verbs and calls these.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import unquote_plus

from app.catalog import bin_edges, open_catalog
from app.clinical.columns import columns_of
from app.clinical.describe import describe_collection, describe_table
from app.clinical.export import JOINED
from app.clinical.table import require
from app.cohort import ATTRIBUTES, EXTRA_TABLES, Attribute, Cohort, find_attribute, schema
from app.cohort.json_form import from_text, to_document
from app.common.errors import UserError
from app.common.formats import Format
from app.common.viewer_urls import Viewer
from app.datasets import DatasetKind, about, release_history
from app.export import (
    CITATIONS,
    Shard,
    bigquery,
    bigquery_jobs,
    citation_text,
    file_name,
    licenses,
    notebook,
    tools,
    writers,
)
from app.language import knowledge, select, sentence
from app.selection import Selection, missing_shares, waterfall
from app.series import describe, find, viewer_of_series
from app.storage.buckets import Cloud

JSON = "application/json"
JSON_LINES = "application/jsonl"
TEXT = "text/plain; charset=utf-8"

#: The viewer that suits a series.
FITTING = "fitting"

#: What is said of a clinical table, rather than its rows.
SUMMARY = "summary"

#: Verb → the formats that it answers in.
FORMATS: dict[str, Mapping[str, Format[Any]]] = {
    "series": writers.ROWS,
    "manifest": writers.MANIFESTS,
    "clinical": JOINED,
    "citations": CITATIONS,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """A stream of bytes; `file` is the name to save it under, or None for what is read on the spot."""

    media_type: str
    chunks: Iterable[bytes]
    file: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """A cohort in URL form or as JSON (or what else `Verb.subject` names) and the verb's options."""

    subject: str
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def cohort(self) -> Cohort:
        """The cohort asked about.

        Raises
        ------
        QueryError
            If it is invalid in the form that it has.
        """
        return from_text(self.subject)

    @property
    def selection(self) -> Selection:
        """The cohort's series."""
        return Selection(open_catalog(), self.cohort)

    @property
    def series(self) -> str:
        """The identifier of the series asked about."""
        return self.subject.removeprefix("SeriesInstanceUID=")


def _json(value: Any) -> Answer:
    return Answer(JSON, [json.dumps(value, ensure_ascii=False, indent=2).encode(), b"\n"])


def _text(text: str) -> Answer:
    return Answer(TEXT, [text.encode(), b"\n"])


def answer_counts(request: Request) -> Answer:
    """Totals of the cohort, and the release."""
    return _json({**asdict(request.selection.totals), "idc_version": schema.idc_version()})


def answer_facets(request: Request) -> Answer:
    """Values of each listed or range attribute, or of the one that is asked for.

    Raises
    ------
    UserError
        If the attribute is unknown, or its values are too many.
    """
    name, absent = request.options.get("attribute"), open_catalog().missing(EXTRA_TABLES)
    counted = (a for a in ATTRIBUTES.values() if (a.is_facet or a.is_range) and a.table not in absent)
    chosen = [find_attribute(name)] if name else list(counted)
    if not (chosen[0].is_facet or chosen[0].is_range):
        raise UserError(f"{chosen[0].name} has too many values to be counted one by one.")
    selection = request.selection
    return _json({attribute.name: _facet_entries(selection, attribute) for attribute in chosen})


def _facet_entries(selection: Selection, attribute: Attribute) -> list[dict[str, Any]]:
    """Values with a series, most series first, then the missing one as null; bins in order."""
    series = selection.facet(attribute, "series").counts
    patients = selection.facet(attribute, "patients").counts
    values = _bin_values(attribute) if attribute.is_range else selection.catalog.values(attribute)
    entries = [
        {"value": value, "series": int(series[code]), "patients": int(patients[code])}
        for code, value in enumerate(values, start=1)
        if series[code]
    ]
    if not attribute.is_range:
        entries.sort(key=lambda entry: (-entry["series"], entry["value"]))
    if series[0]:
        entries.append({"value": None, "series": int(series[0]), "patients": int(patients[0])})
    return entries


def _bin_values(attribute: Attribute) -> list[Any]:
    """Lower edges of the histogram's bins, dates as text."""
    if attribute.kind == "date":
        return [f"{int(year):04}-01-01" for year in attribute.edges]
    return [int(edge) if edge.is_integer() else float(edge) for edge in bin_edges(attribute)]


def answer_waterfall(request: Request) -> Answer:
    """What each condition leaves and removes, in order."""
    steps = waterfall(request.selection)
    return _json([{"clause": s.clause, "left": asdict(s.totals), "removed": asdict(s.removed)} for s in steps])


def answer_scopes(request: Request) -> Answer:
    """Totals of the matching series, of their studies and of their patients."""
    return _json({scope: asdict(totals) for scope, totals in request.selection.scopes().items()})


def answer_missing(request: Request) -> Answer:
    """Attribute → share of series without a value, 0 to 1."""
    return _json(missing_shares(request.selection))


def answer_sql(request: Request) -> Answer:
    """The query in idc-index's SQL."""
    return Answer(TEXT, [select(request.cohort, known=knowledge(open_catalog())).encode()], file_name("query", "sql"))


def answer_bigquery(request: Request) -> Answer:
    """The query in BigQuery's SQL."""
    return Answer(TEXT, [_bigquery_text(request).encode()], file_name("bigquery", "sql"))


def _bigquery_text(request: Request) -> str:
    return bigquery(request.cohort, full_metadata=request.options["columns"] == "dicom_all")


def answer_bigquery_estimate(request: Request) -> Answer:
    """What the query would read in BigQuery, and its price, in one sentence."""
    return _text(bigquery_jobs.estimate(_bigquery_text(request), bigquery_jobs.connect()).sentence)


def answer_bigquery_rows(request: Request) -> Answer:
    """Rows of the query in BigQuery, one JSON object a line."""
    sql, client = _bigquery_text(request), bigquery_jobs.connect()
    pages = bigquery_jobs.run(sql, client, bigquery_jobs.estimate(sql, client))
    return Answer(JSON_LINES, (_json_lines(page) for page in pages), file_name("bigquery-rows", "jsonl"))


def _json_lines(rows: Iterable[Mapping[str, Any]]) -> bytes:
    return "".join(f"{json.dumps(row, ensure_ascii=False, default=str)}\n" for row in rows).encode()


def answer_series(request: Request) -> Answer:
    """Rows of the series."""
    form = writers.ROWS[request.options["format"]]
    return Answer(form.media_type, form.write(request.selection), file_name("series", form.extension))


def answer_manifest(request: Request) -> Answer:
    """Manifest of the cohort, or of one shard of it."""
    form, source = writers.MANIFESTS[request.options["format"]], Cloud(request.options["source"])
    shard = Shard.parse(request.options["shard"]) if "shard" in request.options else None
    which = f"-{shard.number}-of-{shard.count}" if shard else ""
    name = file_name(f"manifest-{source}{which}", form.extension)
    return Answer(form.media_type, form.write(request.selection, source, shard), name)


def answer_commands(request: Request) -> Answer:
    """Script for one tool."""
    tool = request.options["tool"]
    shards = Shard.parse(f"1/{request.options.get('shards', tools.DEFAULT_SHARDS)}").count
    chunks = tools.script(tool, request.selection, Cloud(request.options["source"]), shards)
    return Answer(TEXT, chunks, tools.TOOLS[tool].file)


def answer_notebook(request: Request) -> Answer:
    """The cohort as a Jupyter notebook."""
    return Answer("application/x-ipynb+json", [notebook(request.cohort).encode()], file_name("cohort", "ipynb"))


def answer_citations(request: Request) -> Answer:
    """Citations of everything in the cohort, and of IDC."""
    form = CITATIONS[request.options["format"]]
    text = citation_text(request.selection, form.name)
    return Answer(form.media_type, [text.encode()], file_name("citations", form.extension))


def answer_licenses(request: Request) -> Answer:
    """Licenses with counts, and what they allow."""
    return _json(licenses(request.selection))


def answer_sentence(request: Request) -> Answer:
    """The cohort in words."""
    return _text(sentence(request.cohort, knowledge(open_catalog())))


def answer_json(request: Request) -> Answer:
    """The cohort as JSON."""
    return _json(to_document(request.cohort))


def answer_url(request: Request) -> Answer:
    """The canonical URL form."""
    return _text(request.cohort.to_query())


def answer_collections(request: Request) -> Answer:
    """All collections, or the one that is named."""
    return _datasets(request, DatasetKind.COLLECTION)


def answer_results(request: Request) -> Answer:
    """All analysis results, or the one that is named."""
    return _datasets(request, DatasetKind.RESULT)


def _datasets(request: Request, kind: DatasetKind) -> Answer:
    name = unquote_plus(request.subject.removeprefix(f"{kind}="))
    if name:
        return _json(about.as_json(about.dataset(open_catalog(), kind, name)))
    return _json([about.as_json(found) for found in about.datasets(open_catalog(), kind).values()])


def answer_releases(request: Request) -> Answer:
    """All releases, or the one that is named."""
    name = unquote_plus(request.subject.removeprefix("release="))
    if name:
        return _json(release_history.as_json(release_history.release(open_catalog(), name), detailed=True))
    return _json(
        [release_history.as_json(found, detailed=False) for found in release_history.releases(open_catalog()).values()]
    )


def answer_viewer(request: Request) -> Answer:
    """URL of one series in a viewer."""
    name = request.options["viewer"]
    return _text(viewer_of_series(open_catalog(), request.series, None if name == FITTING else Viewer(name)))


def answer_show(request: Request) -> Answer:
    """All about one series."""
    series = find(open_catalog(), request.series)
    return _json(describe(series, citation_text(series.selection, "apa")))


def answer_clinical(request: Request) -> Answer:
    """Clinical tables of a collection, or one of them."""
    collection_id, table = unquote_plus(request.subject.removeprefix("collection_id=")), request.options.get("table")
    name = request.options["format"]
    if not table:
        return _json(describe_collection(open_catalog(), collection_id))
    columns_of(open_catalog(), collection_id, table)
    if name == SUMMARY:
        return _json(describe_table(open_catalog(), collection_id, table))
    require([table])
    form = JOINED[name]
    rows = form.write(open_catalog(), collection_id, table)
    return Answer(form.media_type, rows, file_name(table, form.extension))


def answer_dicomweb(request: Request) -> Answer:
    """DICOMweb addresses of each series."""
    return Answer("text/csv; charset=utf-8", writers.dicomweb_csv(request.selection), file_name("dicomweb", "csv"))
