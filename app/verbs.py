"""What can be asked of a cohort: one table of verbs, answered alike by the command line, the API and the page's links.

A verb takes a `Request` and gives an `Answer`, a stream of bytes with its media type and file name. `app.cli` and
`app.api` are thin adapters over it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any
from urllib.parse import unquote_plus

from app import bigquery_jobs, citations, commands, datasets, exports, releases, schema
from app.attributes import ATTRIBUTES, EXTRA_TABLES, Attribute
from app.bigquery import bigquery
from app.build import bin_edges
from app.catalog import Catalog, catalog
from app.clinical.describe import describe_collection, describe_table
from app.clinical.dictionary import columns_of
from app.clinical.export import JOINED_WRITERS
from app.clinical.table import require
from app.cohort import Cohort
from app.conditions import find_attribute, shorten
from app.datasets import Kind
from app.errors import UserError
from app.licenses import licenses
from app.notebook import notebook
from app.query import select
from app.selection import Selection
from app.sentence import sentence
from app.series import find
from app.shares import Share
from app.show import describe
from app.viewers import Viewer, viewer_of_series
from app.waterfall import missing_shares, waterfall

JSON = "application/json"
JSON_LINES = "application/jsonl"
TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Answer:
    """A stream of bytes; `file` is the name to save it under, or None for what is read on the spot."""

    media_type: str
    chunks: Iterable[bytes]
    file: str | None = None


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a verb; the first choice is the default, no choices means free text."""

    name: str
    help: str
    choices: tuple[str, ...] = ()
    #: Whether the command line takes it without its name, behind the subject.
    positional: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """A cohort in URL form (or what else `Verb.subject` names) and the verb's options."""

    subject: str
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def cohort(self) -> Cohort:
        """The cohort asked about.

        Raises
        ------
        QueryError
            If the URL form is faulty.
        """
        return Cohort.from_query(self.subject)

    @property
    def selection(self) -> Selection:
        """The cohort's series."""
        return Selection(catalog(), self.cohort)

    @property
    def series(self) -> str:
        """The identifier of the series asked about."""
        return self.subject.removeprefix("SeriesInstanceUID=")


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb; with an option ``format``, its routes also end in the format, as in ``/api/series.csv``."""

    name: str
    help: str
    answer: Callable[[Request], Answer]
    options: tuple[Option, ...] = ()
    #: What it is asked about, as the command line's help calls it; what stands in brackets may be left out.
    subject: str = "[QUERY]"
    #: Whether anybody who reaches the server may ask; what costs its operator money is for the command line alone.
    has_route: bool = True


def file_name(what: str, extension: str) -> str:
    """``idc-v25_<what>_<date>.<ext>``."""
    return f"idc-v{schema.idc_version()}_{what}_{date.today().isoformat()}.{extension}"


def _json(value: Any) -> Answer:
    return Answer(JSON, [json.dumps(value, ensure_ascii=False, indent=2).encode(), b"\n"])


def _text(text: str) -> Answer:
    return Answer(TEXT, [text.encode(), b"\n"])


def _counts(request: Request) -> Answer:
    return _json({**asdict(request.selection.totals), "idc_version": schema.idc_version()})


def _facets(request: Request) -> Answer:
    name, absent = request.options.get("attribute"), catalog().missing(EXTRA_TABLES)
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


def _waterfall(request: Request) -> Answer:
    steps = waterfall(request.selection)
    return _json([{"clause": s.clause, "left": asdict(s.totals), "removed": asdict(s.removed)} for s in steps])


def _scopes(request: Request) -> Answer:
    return _json({scope: asdict(totals) for scope, totals in request.selection.scopes().items()})


def _missing(request: Request) -> Answer:
    return _json(missing_shares(request.selection))


def _sql(request: Request) -> Answer:
    return Answer(TEXT, [select(request.cohort).encode()], file_name("query", "sql"))


def _bigquery(request: Request) -> Answer:
    return Answer(TEXT, [_bigquery_text(request).encode()], file_name("bigquery", "sql"))


def _bigquery_text(request: Request) -> str:
    return bigquery(request.cohort, full_metadata=request.options["columns"] == "dicom_all")


def _bigquery_estimate(request: Request) -> Answer:
    return _text(bigquery_jobs.estimate(_bigquery_text(request), bigquery_jobs.connect()).sentence)


def _bigquery_rows(request: Request) -> Answer:
    sql, client = _bigquery_text(request), bigquery_jobs.connect()
    pages = bigquery_jobs.run(sql, client, bigquery_jobs.estimate(sql, client))
    return Answer(JSON_LINES, (_json_lines(page) for page in pages), file_name("bigquery-rows", "jsonl"))


def _json_lines(rows: Iterable[Mapping[str, Any]]) -> bytes:
    return "".join(f"{json.dumps(row, ensure_ascii=False, default=str)}\n" for row in rows).encode()


#: Format of rows → media type.
_ROW_MEDIA = {"csv": "text/csv; charset=utf-8", "json": JSON, "parquet": "application/vnd.apache.parquet"}


def _series(request: Request) -> Answer:
    form = request.options["format"]
    return Answer(_ROW_MEDIA[form], exports.ROW_WRITERS[form](request.selection), file_name("series", form))


def _manifest(request: Request) -> Answer:
    form, source = request.options["format"], exports.Source(request.options["source"])
    share = Share.parse(request.options["share"]) if "share" in request.options else None
    chunks = exports.MANIFEST_WRITERS[form](request.selection, source, share)
    media = "text/csv; charset=utf-8" if form == "csv" else TEXT
    which = f"-{share.number}-of-{share.count}" if share else ""
    return Answer(media, chunks, file_name(f"manifest-{source}{which}", form))


def _commands(request: Request) -> Answer:
    tool = request.options["tool"]
    shares = Share.parse(f"1/{request.options.get('shares', commands.DEFAULT_SHARES)}").count
    chunks = commands.script(tool, request.selection, exports.Source(request.options["source"]), shares)
    return Answer(TEXT, chunks, commands.TOOLS[tool].file)


def _notebook(request: Request) -> Answer:
    return Answer("application/x-ipynb+json", [notebook(request.cohort).encode()], file_name("cohort", "ipynb"))


def cited_dois(selection: Selection) -> list[str]:
    """DOIs of the sources of the selected series."""
    attribute = ATTRIBUTES["source_DOI"]
    counts = selection.facet_of_selected(attribute)
    return [doi for code, doi in enumerate(selection.catalog.values(attribute), start=1) if counts[code]]


def citation_text(selection: Selection, form: citations.CitationFormat) -> str:
    """Citations of everything in the selection, and of IDC itself."""
    return citations.cite(cited_dois(selection), _sources(selection.catalog), form)


def _sources(opened: Catalog) -> Mapping[str, citations.Source]:
    return citations.load_sources(opened.cursor())


def _citations(request: Request) -> Answer:
    form = citations.CitationFormat(request.options["format"])
    text = citation_text(request.selection, form)
    name = file_name("citations", EXTENSIONS["citations"][form])
    return Answer(citations.MEDIA_TYPES[form], [text.encode()], name)


def _licenses(request: Request) -> Answer:
    return _json(licenses(request.selection))


def _sentence(request: Request) -> Answer:
    return _text(sentence(request.cohort))


def _url(request: Request) -> Answer:
    return _text(request.cohort.to_query())


def _collections(request: Request) -> Answer:
    return _datasets(request, Kind.COLLECTION)


def _results(request: Request) -> Answer:
    return _datasets(request, Kind.RESULT)


def _datasets(request: Request, kind: Kind) -> Answer:
    name = unquote_plus(request.subject.removeprefix(f"{kind}="))
    if name:
        return _json(datasets.as_json(datasets.dataset(catalog(), kind, name)))
    return _json([datasets.as_json(found) for found in datasets.datasets(catalog(), kind).values()])


def _releases(request: Request) -> Answer:
    name = unquote_plus(request.subject.removeprefix("release="))
    if name:
        return _json(releases.as_json(releases.release(catalog(), name), detailed=True))
    return _json([releases.as_json(found, detailed=False) for found in releases.releases(catalog()).values()])


def _viewer(request: Request) -> Answer:
    name = request.options["viewer"]
    return _text(viewer_of_series(catalog(), request.series, None if name == _FITTING else Viewer(name)))


def _show(request: Request) -> Answer:
    series = find(catalog(), request.series)
    return _json(describe(series, citation_text(series.selection, citations.CitationFormat.APA)))


def _clinical(request: Request) -> Answer:
    collection_id, table = unquote_plus(request.subject.removeprefix("collection_id=")), request.options.get("table")
    form = request.options["format"]
    if not table:
        return _json(describe_collection(catalog(), collection_id))
    columns_of(catalog(), collection_id, table)
    if form == "summary":
        return _json(describe_table(catalog(), collection_id, table))
    require([table])
    return Answer(_ROW_MEDIA[form], JOINED_WRITERS[form](catalog(), collection_id, table), file_name(table, form))


def _dicomweb(request: Request) -> Answer:
    return Answer("text/csv; charset=utf-8", exports.dicomweb_csv(request.selection), file_name("dicomweb", "csv"))


_BIGQUERY_COLUMNS = Option("columns", "columns of idc-index, or all DICOM metadata", ("index", "dicom_all"))

_SERIES = "SERIES_UID"

#: The viewer that suits a series.
_FITTING = "fitting"

_SOURCE = Option("source", "cloud to read from", tuple(exports.Source))

#: All verbs by name.
VERBS: dict[str, Verb] = {
    verb.name: verb
    for verb in (
        Verb("counts", "Patients, studies, series, instances and bytes, as JSON.", _counts),
        Verb(
            "facets",
            "Values of each attribute with series and patients, under the other attributes' conditions, as JSON.",
            _facets,
            (Option("attribute", "only this attribute"),),
        ),
        Verb("scopes", "Totals of the matching series, of their studies and of their patients, as JSON.", _scopes),
        Verb("waterfall", "What each condition removes, in order, as JSON.", _waterfall),
        Verb("missing", "Share of series without a value, per attribute, as JSON.", _missing),
        Verb("sql", "The query, to run in idc-index.", _sql),
        Verb("bigquery", "The query, to run in BigQuery.", _bigquery, (_BIGQUERY_COLUMNS,)),
        Verb(
            "bigquery-estimate",
            "What the query would read in BigQuery, and its price; needs Google credentials.",
            _bigquery_estimate,
            (_BIGQUERY_COLUMNS,),
            has_route=False,
        ),
        Verb(
            "bigquery-rows",
            "Run the query in BigQuery, billed to your Google project, and give its rows as JSON lines.",
            _bigquery_rows,
            (_BIGQUERY_COLUMNS,),
            has_route=False,
        ),
        Verb(
            "series",
            "The rows of the series.",
            _series,
            (Option("format", "file format", tuple(exports.ROW_WRITERS)),),
        ),
        Verb(
            "manifest",
            "What to download, for s5cmd or as a table.",
            _manifest,
            (
                Option("format", "file format", tuple(exports.MANIFEST_WRITERS)),
                _SOURCE,
                Option("share", "one of N shares of about the same number of bytes, such as 2/8"),
            ),
        ),
        Verb(
            "commands",
            "A script that downloads the cohort with a tool, or what to do in it.",
            _commands,
            (
                Option("tool", "what to download with", tuple(commands.TOOLS)),
                _SOURCE,
                Option("shares", f"shares of a script for clusters (default {commands.DEFAULT_SHARES})"),
            ),
        ),
        Verb("notebook", "The cohort as a Jupyter notebook.", _notebook),
        Verb(
            "citations",
            "Citations of everything in the cohort, and of IDC.",
            _citations,
            (Option("format", "citation format", tuple(citations.CitationFormat)),),
        ),
        Verb("licenses", "Licences with counts and what they allow, as JSON.", _licenses),
        Verb("sentence", "The cohort in words.", _sentence),
        Verb("url", "The canonical URL form.", _url),
        Verb("dicomweb", "Addresses of each series' instances, headers and files by DICOMweb, as CSV.", _dicomweb),
        Verb(
            "viewer",
            "The viewer URL of one series, given its SeriesInstanceUID or crdc_series_uuid.",
            _viewer,
            (Option("viewer", "which viewer", (_FITTING, *Viewer)),),
            subject=_SERIES,
        ),
        Verb(
            "show",
            "All about one series: words, columns, relatives, licence, citation, viewers, commands, as JSON.",
            _show,
            subject=_SERIES,
        ),
        Verb(
            "clinical",
            "Clinical tables of a collection, or one of them: its values, or a row per patient with images.",
            _clinical,
            (
                Option("table", "this table", positional=True),
                Option("format", "what of the table: a summary, or a row per patient", ("summary", *JOINED_WRITERS)),
            ),
            subject="COLLECTION_ID",
        ),
        Verb(
            "collections",
            "What all collections, or one, hold and what is said of them, as JSON.",
            _collections,
            subject="[COLLECTION_ID]",
        ),
        Verb("results", "The same of analysis results, as JSON.", _results, subject="[ANALYSIS_RESULT_ID]"),
        Verb("releases", "What each IDC release, or one, changed, as JSON.", _releases, subject="[RELEASE]"),
    )
}


#: Verb → format → ending of its route and of its file.
EXTENSIONS: dict[str, dict[str, str]] = {
    "series": {form: form for form in exports.ROW_WRITERS},
    "manifest": {form: form for form in exports.MANIFEST_WRITERS},
    "clinical": {form: form for form in JOINED_WRITERS},
    "citations": {form: ending.lstrip(".") for form, ending in citations.FILE_EXTENSIONS.items()},
}


def run(verb: str, subject: str, options: Mapping[str, str]) -> Answer:
    """Answer one request.

    Raises
    ------
    UserError
        If the verb, an option or the subject is faulty.
    """
    if verb not in VERBS:
        raise UserError(f"There is no verb “{shorten(verb)}”; choose from {', '.join(VERBS)}.")
    known = {option.name: option for option in VERBS[verb].options}
    for name, value in options.items():
        if name not in known:
            raise UserError(f"“{verb}” takes no option “{shorten(name)}”.")
        if known[name].choices and value not in known[name].choices:
            raise UserError(f"{name} is one of {', '.join(known[name].choices)}, not “{shorten(value)}”.")
    defaults = {name: option.choices[0] for name, option in known.items() if option.choices}
    return VERBS[verb].answer(Request(subject, {**defaults, **options}))


def pieces(answer: Answer) -> Iterator[bytes]:
    """The answer's bytes, without empty pieces."""
    return (chunk for chunk in answer.chunks if chunk)
