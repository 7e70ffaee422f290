"""What can be asked of a cohort: one table of verbs, answered alike by the command line, the API and the page's links.

A verb takes a `Request` and gives an `Answer`, a stream of bytes with its media type and file name.
`app.interface.cli` and `app.interface.api` are thin adapters over it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from app.common.errors import UserError, shorten
from app.common.viewer_urls import Viewer
from app.export import tools
from app.interface import answers
from app.interface.answers import FORMATS, Answer, Request
from app.storage.buckets import Cloud

#: What most verbs are asked about; without one, all of IDC.
COHORT = "[QUERY]"


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a verb; the first choice is the default, no choices means free text."""

    name: str
    help: str
    choices: tuple[str, ...] = ()
    #: Whether the command line takes it without its name, behind the subject.
    positional: bool = False


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb; with an option ``format``, its routes also end in the format, as in ``/api/series.csv``."""

    name: str
    help: str
    answer: Callable[[Request], Answer]
    options: tuple[Option, ...] = ()
    #: What it is asked about, as the command line's help calls it; what stands in brackets may be left out.
    subject: str = COHORT
    #: Whether anybody who reaches the server may ask; what costs its operator money is for the command line alone.
    has_route: bool = True

    @property
    def is_about_cohort(self) -> bool:
        """Whether it is asked about a cohort, which JSON can bring as well."""
        return self.subject == COHORT


_BIGQUERY_COLUMNS = Option("columns", "columns of idc-index, or all DICOM metadata", ("index", "dicom_all"))

_SERIES = "SERIES_UID"

_SOURCE = Option("source", "cloud to read from", tuple(Cloud))

#: All verbs by name.
VERBS: dict[str, Verb] = {
    verb.name: verb
    for verb in (
        Verb("counts", "Patients, studies, series, instances and bytes, as JSON.", answers.answer_counts),
        Verb(
            "facets",
            "Values of each attribute with series and patients, under the other attributes' conditions, as JSON.",
            answers.answer_facets,
            (Option("attribute", "only this attribute"),),
        ),
        Verb(
            "scopes",
            "Totals of the matching series, of their studies and of their patients, as JSON.",
            answers.answer_scopes,
        ),
        Verb("waterfall", "What each condition removes, in order, as JSON.", answers.answer_waterfall),
        Verb("missing", "Share of series without a value, per attribute, as JSON.", answers.answer_missing),
        Verb("sql", "The query, to run in idc-index.", answers.answer_sql),
        Verb("bigquery", "The query, to run in BigQuery.", answers.answer_bigquery, (_BIGQUERY_COLUMNS,)),
        Verb(
            "bigquery-estimate",
            "What the query would read in BigQuery, and its price; needs Google credentials.",
            answers.answer_bigquery_estimate,
            (_BIGQUERY_COLUMNS,),
            has_route=False,
        ),
        Verb(
            "bigquery-rows",
            "Run the query in BigQuery, billed to your Google project, and give its rows as JSON lines.",
            answers.answer_bigquery_rows,
            (_BIGQUERY_COLUMNS,),
            has_route=False,
        ),
        Verb(
            "series",
            "The rows of the series.",
            answers.answer_series,
            (Option("format", "file format", tuple(FORMATS["series"])),),
        ),
        Verb(
            "manifest",
            "What to download, for s5cmd or as a table.",
            answers.answer_manifest,
            (
                Option("format", "file format", tuple(FORMATS["manifest"])),
                _SOURCE,
                Option("shard", "one of N shards of about the same number of bytes, such as 2/8"),
            ),
        ),
        Verb(
            "commands",
            "A script that downloads the cohort with a tool, or what to do in it.",
            answers.answer_commands,
            (
                Option("tool", "what to download with", tuple(tools.TOOLS)),
                _SOURCE,
                Option("shards", f"shards of a script for clusters (default {tools.DEFAULT_SHARDS})"),
            ),
        ),
        Verb("notebook", "The cohort as a Jupyter notebook.", answers.answer_notebook),
        Verb(
            "citations",
            "Citations of everything in the cohort, and of IDC.",
            answers.answer_citations,
            (Option("format", "citation format", tuple(FORMATS["citations"])),),
        ),
        Verb("licenses", "Licenses with counts and what they allow, as JSON.", answers.answer_licenses),
        Verb("sentence", "The cohort in words.", answers.answer_sentence),
        Verb("url", "The canonical URL form.", answers.answer_url),
        Verb("json", "The cohort as JSON, which can stand wherever a query can.", answers.answer_json),
        Verb(
            "dicomweb",
            "Addresses of each series' instances, headers and files by DICOMweb, as CSV.",
            answers.answer_dicomweb,
        ),
        Verb(
            "viewer",
            "The viewer URL of one series, given its SeriesInstanceUID or crdc_series_uuid.",
            answers.answer_viewer,
            (Option("viewer", "which viewer", (answers.FITTING, *Viewer)),),
            subject=_SERIES,
        ),
        Verb(
            "show",
            "All about one series: words, columns, relatives, license, citation, viewers, commands, as JSON.",
            answers.answer_show,
            subject=_SERIES,
        ),
        Verb(
            "clinical",
            "Clinical tables of a collection, or one of them: its values, or a row per patient with images.",
            answers.answer_clinical,
            (
                Option("table", "this table", positional=True),
                Option(
                    "format",
                    "what of the table: a summary, or a row per patient",
                    (answers.SUMMARY, *FORMATS["clinical"]),
                ),
            ),
            subject="COLLECTION_ID",
        ),
        Verb(
            "collections",
            "What all collections, or one, hold and what is said of them, as JSON.",
            answers.answer_collections,
            subject="[COLLECTION_ID]",
        ),
        Verb(
            "results", "The same of analysis results, as JSON.", answers.answer_results, subject="[ANALYSIS_RESULT_ID]"
        ),
        Verb(
            "releases", "What each IDC release, or one, changed, as JSON.", answers.answer_releases, subject="[RELEASE]"
        ),
    )
}


def run(verb: str, subject: str, options: Mapping[str, str]) -> Answer:
    """Answer one request.

    Raises
    ------
    UserError
        If the verb, an option or the subject is invalid.
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
