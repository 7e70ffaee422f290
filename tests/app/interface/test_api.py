"""The API answers every verb as the command line does, with file names, media types and plain refusals."""

import sys
from datetime import date

import pytest

from app.cohort.attribute import Kind
from app.cohort.attributes import ATTRIBUTES, BASE_ATTRIBUTES
from app.cohort.cohort import Cohort
from app.interface import cli as command_line
from app.interface.answers import FORMATS
from app.interface.api import link, routes
from app.interface.checked import checked
from app.interface.verbs import VERBS
from tests.support import clinical, truth

QUERY = "PatientID=LUNG1-215&Modality__not=SR"
SERIES = "1.3.6.1.4.1.32722.99.99.90225801217339158667729182127418845443"
JSON_VERBS = ("counts", "facets", "licenses", "json")

#: Route → command line; every verb in every format.
PAIRS = {
    f"/api/counts?{QUERY}": ["counts", QUERY],
    f"/api/facets?{QUERY}": ["facets", QUERY],
    f"/api/facets?attribute=Modality&{QUERY}": ["facets", QUERY, "--attribute", "Modality"],
    f"/api/scopes?{QUERY}": ["scopes", QUERY],
    f"/api/waterfall?{QUERY}": ["waterfall", QUERY],
    f"/api/missing?{QUERY}": ["missing", QUERY],
    f"/api/sql?{QUERY}": ["sql", QUERY],
    f"/api/bigquery?{QUERY}&columns=dicom_all": ["bigquery", QUERY, "--columns=dicom_all"],
    f"/api/series?{QUERY}": ["series", QUERY],
    f"/api/manifest?{QUERY}": ["manifest", QUERY],
    f"/api/manifest.s5cmd?{QUERY}&source=gcs": ["manifest", QUERY, "--format=s5cmd", "--source=gcs"],
    f"/api/manifest.csv?source=gcs&{QUERY}": ["manifest", QUERY, "--format=csv", "--source=gcs"],
    f"/api/manifest.csv?{QUERY}&source=aws": ["manifest", QUERY, "--format=csv"],
    f"/api/manifest?{QUERY}&shard=1%2F2": ["manifest", QUERY, "--shard=1/2"],
    f"/api/commands?{QUERY}&tool=curl&source=gcs": ["commands", QUERY, "--tool=curl", "--source=gcs"],
    f"/api/commands?{QUERY}&tool=slurm&shards=3": ["commands", QUERY, "--tool=slurm", "--shards=3"],
    f"/api/notebook?{QUERY}": ["notebook", QUERY],
    f"/api/licenses?{QUERY}": ["licenses", QUERY],
    "/api/collections?collection_id=rider_pilot": ["collections", "rider_pilot"],
    "/api/results?qin_lungct_seg": ["results", "qin_lungct_seg"],
    "/api/releases?release=25": ["releases", "25"],
    "/api/releases": ["releases"],
    f"/api/sentence?{QUERY}": ["sentence", QUERY],
    f"/api/url?{QUERY}": ["url", QUERY],
    f"/api/json?{QUERY}": ["json", QUERY],
    f"/api/dicomweb?{QUERY}": ["dicomweb", QUERY],
    f"/api/show?SeriesInstanceUID={SERIES}": ["show", SERIES],
    f"/api/viewer?SeriesInstanceUID={SERIES}&viewer=volview": ["viewer", SERIES, "--viewer=volview"],
    f"/api/citations?{QUERY}": ["citations", QUERY],
    **{
        f"/api/{verb}.{form.extension}?{QUERY}": [verb, QUERY, f"--format={form.name}"]
        for verb in ("series", "manifest", "citations")
        for form in FORMATS[verb].values()
    },
}


@pytest.mark.parametrize(("route", "arguments"), PAIRS.items())
def test_the_command_line_answers_alike(route, arguments, get, capfdbinary):
    status = command_line.main(arguments)
    sys.stdout.flush()
    printed = capfdbinary.readouterr()
    answer = get(route)
    assert (status, answer.status_code, printed.err) == (0, 200, b"")
    assert answer.content == printed.out
    assert answer.content


def test_every_route_is_compared():
    compared = {route.partition("?")[0] for route in (*PAIRS, *clinical.PAIRS)}
    assert compared == {route.path for route in routes()}
    routed = {verb.name for verb in VERBS.values() if verb.has_route}
    assert {path.removeprefix("/api/").partition(".")[0] for path in compared} == routed


def test_source_is_an_option(get):
    aws, gcs = (get(f"/api/manifest.s5cmd?{QUERY}&source={source}").text for source in ("aws", "gcs"))
    assert "s3://idc-open-data-cr/" in aws
    assert "s3://idc-open-cr/" not in aws
    assert "s3://idc-open-cr/" in gcs
    assert "s3://idc-open-data-cr/" not in gcs


def test_licenses(get):
    found = get(f"/api/licenses?{QUERY}").json()
    assert sum(entry["series"] for entry in found) == truth.totals(truth.mask(Cohort.from_query(QUERY))).series
    totals = {"patients", "studies", "series", "instances", "size_bytes"}
    assert all(set(entry) == {"license", "commercial_use", "verdict", "url"} | totals for entry in found)


@pytest.mark.parametrize("query", [QUERY, "", "StudyDate__lte=1990-06-01&cancer_types__not=Lung"])
def test_facets(query, get):
    cohort = Cohort.from_query(query)
    facets = get(f"/api/facets?{query}").json()
    assert list(facets) == [name for name, a in BASE_ATTRIBUTES.items() if a.is_facet or a.is_range]
    for name, entries in facets.items():
        attribute = ATTRIBUTES[name]
        series, patients = truth.counts(attribute, truth.mask(cohort.without(name)))
        if attribute.kind is Kind.DATE:
            series, patients = ({shown_year(edge): n for edge, n in one.items()} for one in (series, patients))
        assert {entry["value"]: entry["series"] for entry in entries} == series
        assert {entry["value"]: entry["patients"] for entry in entries} == patients
        assert all(set(entry) == {"value", "series", "patients"} for entry in entries)
        values = [entry for entry in entries if entry["value"] is not None]
        key = "value" if attribute.is_range else "series"
        assert values == sorted(values, key=lambda entry: entry[key], reverse=not attribute.is_range)
        assert entries[: len(values)] == values


def shown_year(edge: float | None) -> str | None:
    return None if edge is None else f"{int(edge)}-01-01"


def test_one_facet(get):
    everything = get(f"/api/facets?{QUERY}").json()
    for name in everything:
        assert get(f"/api/facets?{QUERY}&attribute={name}").json() == {name: everything[name]}


def test_viewer(get, plain):
    series, study = plain.execute(
        "SELECT SeriesInstanceUID, StudyInstanceUID FROM index WHERE Modality = 'CT' LIMIT 1"
    ).fetchone()
    expected = f"/v3/viewer/?StudyInstanceUIDs={study}&initialSeriesInstanceUID={series}\n"
    for query in (series, f"SeriesInstanceUID={series}"):
        assert get(f"/api/viewer?{query}").text.endswith(expected)


#: Route → what its file is called, without release and date, and its media type.
FILES = {
    "series.csv": ("series", "csv", "text/csv; charset=utf-8"),
    "series.tsv": ("series", "tsv", "text/tab-separated-values; charset=utf-8"),
    "series.json": ("series", "json", "application/json"),
    "series.parquet": ("series", "parquet", "application/vnd.apache.parquet"),
    "manifest.s5cmd": ("manifest-aws", "s5cmd", "text/plain; charset=utf-8"),
    "manifest.csv?source=gcs": ("manifest-gcs", "csv", "text/csv; charset=utf-8"),
    "sql": ("query", "sql", "text/plain; charset=utf-8"),
    "citations.txt": ("citations", "txt", "text/plain"),
    "citations.bib": ("citations", "bib", "application/x-bibtex"),
    "citations.json": ("citations", "json", "application/vnd.citationstyles.csl+json"),
    "citations.ttl": ("citations", "ttl", "text/turtle"),
}


@pytest.mark.parametrize(("route", "file"), FILES.items())
def test_files_have_names_and_types(route, file, get):
    what, extension, media_type = file
    days = [date.today()]
    headers = get(f"/api/{route}{'&' if '?' in route else '?'}{QUERY}").headers
    days.append(date.today())
    names = [f'attachment; filename="idc-v25_{what}_{day.isoformat()}.{extension}"' for day in days]
    assert headers["content-disposition"] in names
    assert headers["content-type"].startswith(media_type)
    assert headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("verb", ["counts", "facets", "licenses", "json", "sentence", "url"])
def test_what_is_read_on_the_spot_is_no_file(verb, get):
    headers = get(f"/api/{verb}?{QUERY}").headers
    assert "content-disposition" not in headers
    assert headers["content-type"].startswith("application/json" if verb in JSON_VERBS else "text/plain")


UNKNOWN = "is in IDC v25 or was in an older release: check that it is a whole SeriesInstanceUID or crdc_series_uuid."

REFUSED = {
    "/api/counts?Modlity=CT": "There is no attribute “Modlity”; did you mean “Modality”?",
    "/api/counts?source=gcs": "There is no attribute “source”; did you mean “source_DOI”?",
    "/api/counts?format=csv": "There is no attribute “format”.",
    "/api/series.csv?format=json": "There is no attribute “format”.",
    "/api/series?format=xlsx": "format is one of csv, tsv, json, parquet, not “xlsx”.",
    "/api/series?format=csv&format=json": "“format” is given twice.",
    "/api/manifest?source=azure": "source is one of aws, gcs, not “azure”.",
    "/api/manifest?source=": "source is one of aws, gcs, not “”.",
    "/api/citations?format=ris": "format is one of apa, bibtex, csl-json, turtle, not “ris”.",
    "/api/facets?attribute=Modlity": "There is no attribute “Modlity”; did you mean “Modality”?",
    "/api/facets?attribute=PatientID": "PatientID has too many values to be counted one by one.",
    "/api/viewer?1.2.3": f"No series 1.2.3 {UNKNOWN}",
    "/api/show?SeriesInstanceUID=1.2.x": f"No series 1.2.x {UNKNOWN}",
}


@pytest.mark.parametrize(("route", "message"), REFUSED.items())
def test_faulty_requests_get_one_sentence(route, message, get):
    answer = get(route)
    assert (answer.status_code, answer.text) == (400, f"{message}\n")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize("path", ["/api/", "/api/nothing", "/api/counts.csv", "/api/series.xlsx", "/api/counts/"])
def test_other_paths_are_not_found(path, get):
    assert get(path).status_code in (404, 307)


@pytest.mark.parametrize(
    ("verb", "form", "options"),
    [("counts", None, {}), ("series", "csv", {}), ("manifest", "s5cmd", {"source": "gcs"}), ("citations", "apa", {})],
)
@pytest.mark.parametrize("query", [QUERY, "Manufacturer=A%26B%3D%23%3F%20%2B"])
def test_links_lead_to_the_answer(verb, form, options, query, get):
    path = link(verb, Cohort.from_query(query), form, **options)
    assert not path.startswith("/")
    given = {"format": form} if form else {}
    assert get(f"/{path}").content == b"".join(checked(verb, query, given | options)[0].chunks)


def test_a_link_without_conditions():
    assert link("counts", Cohort()) == "api/counts"
    assert link("manifest", Cohort(), "s5cmd", source="gcs") == "api/manifest.s5cmd?source=gcs"
