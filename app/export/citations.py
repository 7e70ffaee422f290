"""Citations of IDC data in APA, BibTeX, CSL-JSON and RDF Turtle, made without a network.

idc-index asks dx.doi.org once per DOI; idc-index-data bundles an APA text for every DOI of the index, so
this module reads those texts instead. `as_csl` takes a text apart; BibTeX and Turtle are written from its
result, so the formats can't contradict each other. What can't be told apart safely stays as text:

- an author list becomes single names only if those names, joined again in APA style, give the same text;
  else (groups, shortened lists, misspelt names) the whole author part is one literal;
- a text that names another DOI than its source's, or has no year or publisher, is kept whole as a note.

Turtle uses schema.org terms (``schema:Dataset``, ``schema:author``, ``schema:creditText`` for literal
authors) and ``dcterms:bibliographicCitation`` for the bundled text.
"""

import html
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import duckdb

from app.common.formats import Format, by_name


@dataclass(frozen=True)
class CitedSource:
    """One citable source of IDC data: `doi` in lower case, `text` the bundled APA text as shipped."""

    doi: str
    title: str | None
    url: str | None
    text: str


_PAPER_AUTHORS: Final = (
    "Fedorov, A., Longabaugh, W. J. R., Pot, D., Clunie, D. A., Pieper, S. D., Gibbs, D. L., Bridge, C., "
    "Herrmann, M. D., Homeyer, A., Lewis, R., Aerts, H. J. W. L., Krishnaswamy, D., Thiriveedhi, V. K., "
    "Ciausu, C., Schacherer, D. P., Bontempi, D., Pihl, T., Wagner, U., Farahani, K., Kim, E., & Kikinis, R."
)
_PAPER_TITLE: Final = (
    "National Cancer Institute Imaging Data Commons: Toward Transparency, Reproducibility, and Scalability "
    "in Imaging Artificial Intelligence"
)
IDC_PAPER: Final = CitedSource(
    doi="10.1148/rg.230180",
    title=_PAPER_TITLE,
    url="https://doi.org/10.1148/rg.230180",
    # APA names the first 19 and the last of more than 20 authors.
    text=f"{_PAPER_AUTHORS.replace('Kim, E., &', '…')} (2023). {_PAPER_TITLE}. "
    "RadioGraphics, 43(12), e230180. https://doi.org/10.1148/rg.230180",
)

# What neither Turtle nor XML can carry: the Unicode categories Cc and Cs.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_DOI_PREFIX = re.compile(r"^(?:(?:https?://(?:dx\.)?doi\.org/|doi:) ?)+")
_REFERENCE = re.compile(r"(?P<authors>.+?) \((?P<year>[12][0-9]{3})\)\.? (?P<rest>.+)")
_TITLE = re.compile(r"<i>(?P<title>.+?)</i>")
_ENDING = re.compile(
    r"(?:\(Version (?P<version>[^()]+)\))?(?: ?\[(?P<genre>[^\[\]]+)\])?"
    r"\. (?P<publisher>[^.]+)\. https?://\S+$"
)
# "Y, L." is more likely a name entered the wrong way round than a family name of one letter.
_NAME = re.compile(
    r"(?=[^,]{2})(?P<family>[^\W\d_]+(?:[ '\u2019-][^\W\d_]+)*), (?P<given>[^\W\d_]\.(?:[ -][^\W\d_]\.)*)"
)


def load_sources(cursor: duckdb.DuckDBPyConnection) -> dict[str, CitedSource]:
    """Read every citable source of IDC.

    Parameters
    ----------
    cursor
        A cursor that knows idc-index-data's tables `collections_index` and `analysis_results_index`.

    Returns
    -------
    dict[str, Source]
        Sources by DOI in lower case. Where a DOI stands in both tables, the collection's text is used.

    Raises
    ------
    duckdb.Error
        If a table or one of its columns is missing.
    """
    rows = cursor.execute(
        """
        SELECT source_doi, title, url, text FROM (
            SELECT source.source_doi, source.source_title AS title, source.source_url AS url,
                   source.citation AS text, 0 AS rank
            FROM (SELECT unnest(sources) AS source FROM collections_index)
            UNION ALL
            SELECT source_DOI, analysis_result_title, source_url, citation, 1 FROM analysis_results_index
        )
        ORDER BY text IS NULL, rank, text, title, url
        """
    ).fetchall()
    sources: dict[str, CitedSource] = {}
    for doi, title, url, text in rows:
        key = _normal_doi(doi or "")
        if key:
            sources.setdefault(key, CitedSource(key, title, url, text or ""))
    return sources


def cite(dois: Iterable[str], sources: Mapping[str, CitedSource], form: str) -> str:
    """Write the citations of some DOIs, and of the IDC paper.

    Parameters
    ----------
    dois
        DOIs in any case and order, bare or as URLs; repeated and blank ones are dropped.
    sources
        What is known of them, as from `load_sources`. A DOI that isn't in it is cited by its URL alone.
    form
        Name of the format, one of `CITATIONS`.

    Returns
    -------
    str
        A whole file in that format: the sources in the alphabetical order of their APA texts, then the paper.
    """
    keys = {_normal_doi(doi) for doi in dois} - {"", IDC_PAPER.doi}
    cited = [sources.get(key) or CitedSource(key, None, None, "") for key in keys]
    cited.sort(key=lambda source: (_apa(source).casefold(), source.doi))
    return CITATIONS[form].write([*cited, IDC_PAPER])


def _apa_file(cited: Sequence[CitedSource]) -> str:
    return "\n\n".join(map(_apa, cited)) + "\n"


def _bibtex_file(cited: Sequence[CitedSource]) -> str:
    return "\n".join(_bibtex(as_csl(source)) for source in cited)


def _csl_json_file(cited: Sequence[CitedSource]) -> str:
    return json.dumps([as_csl(source) for source in cited], ensure_ascii=False, indent=2) + "\n"


def _turtle_file(cited: Sequence[CitedSource]) -> str:
    return _PREFIXES + "".join(map(_turtle, cited))


#: **The table of formats of citations**; the names are those of idc-index where it has one.
CITATIONS = by_name(
    Format("apa", "Text (APA)", "text/plain", _apa_file, "txt"),
    Format("bibtex", "BibTeX", "application/x-bibtex", _bibtex_file, "bib", "bibtex"),
    Format("csl-json", "CSL-JSON", "application/vnd.citationstyles.csl+json", _csl_json_file, "json", "json"),
    Format("turtle", "RDF Turtle", "text/turtle", _turtle_file, "ttl", "turtle"),
)


def as_text(source: CitedSource) -> str:
    """Give the bundled APA text without tags and entities, on one line."""
    return _clean(source.text)


def as_csl(source: CitedSource) -> dict[str, Any]:
    """Give one source as a CSL-JSON item (CSL 1.0.2 input data).

    Parameters
    ----------
    source
        The source; for the IDC paper the item is an `article-journal`, for others a `dataset`, and a
        `document` if nothing but the DOI is known.

    Returns
    -------
    dict[str, Any]
        `id`, `type`, `DOI` and `URL` always; `author`, `issued`, `title`, `version`, `genre`, `publisher` and
        `note` as far as the bundled text has them. Every value is one line without control characters.
    """
    doi = _normal_doi(source.doi)
    item: dict[str, Any] = {"id": doi, "type": "dataset" if source.title or source.text else "document"}
    if doi == IDC_PAPER.doi:
        item |= {"type": "article-journal", "author": _authors(_PAPER_AUTHORS), "title": _PAPER_TITLE}
        item |= {"issued": {"date-parts": [[2023]]}, "container-title": "RadioGraphics"}
        item |= {"volume": "43", "issue": "12", "page": "e230180"}
    else:
        item |= _parse(source)
    url = _fold(source.url or "")
    item["DOI"] = doi
    is_web = url.startswith(("https://", "http://"))
    item["URL"] = quote(url, safe="/:?#@!$&'()*+,;=%") if is_web else doi_url(doi)
    return item


def _parse(source: CitedSource) -> dict[str, Any]:
    """Take the bundled text apart into CSL fields, as far as it is an APA reference."""
    # One text holds two references, of a paper and of its data: the data's is the last.
    reference = _fold(re.split(r"\n\s*\n", source.text.strip())[-1])
    title = _fold(source.title or "")
    item: dict[str, Any] = {}
    parts = _REFERENCE.fullmatch(reference)
    if parts:
        if authors := _clean(parts["authors"]):
            item["author"] = _authors(authors)
        item["issued"] = {"date-parts": [[int(parts["year"])]]}
        marked = _TITLE.match(parts["rest"])
        if marked and (_names_doi(source) or not title):
            title = _clean(marked["title"]) or title
        ending = _ENDING.search(_clean(parts["rest"][marked.end() if marked else 0 :]))
        found = ending.groupdict("") if ending else {}
        item |= {name: folded for name, value in found.items() if (folded := _fold(value))}
    if title:
        item["title"] = title
    text = as_text(source)
    if text and not ("publisher" in item and _names_doi(source)):
        item["note"] = text
    return item


def _authors(text: str) -> list[dict[str, str]]:
    """Give CSL names for the author part of an APA reference, or the part as one literal."""
    words = text.replace(", & ", ", ").split(", ")
    *first, last = [", ".join(pair) for pair in zip(words[::2], words[1::2], strict=False)] or [""]
    rebuilt = ", ".join(first) + ", & " + last if first else last
    names = [_NAME.fullmatch(name) for name in (*first, last)]
    if rebuilt == text and all(name and name["given"].isupper() for name in names):
        return [name.groupdict() for name in names if name]
    # The full stop that ends an author part belongs to it only after an initial.
    return [{"literal": re.sub(r"(?<=[\w)]{2})\.$", "", text)}]


def _apa(source: CitedSource) -> str:
    """Give the APA entry: the bundled text, and the source's own DOI where the text lacks it."""
    url = doi_url(_normal_doi(source.doi))
    text = as_text(source)
    if not text:
        return f"{_fold(source.title)}. {url}" if source.title else url
    return text if _names_doi(source) else f"{text} (cited for {url})"


def _names_doi(source: CitedSource) -> bool:
    doi = re.escape(_normal_doi(source.doi))
    return re.search(rf"(?<![\w.]){doi}(?=[.,;)]*(?:\s|$))", as_text(source), re.IGNORECASE) is not None


# BibTeX counts braces even after a backslash, so braces are spelt out rather than escaped.
_TEX: Final = str.maketrans(
    {character: f"\\{character}" for character in "&%$#_"}
    | {"\\": r"\textbackslash{}", "{": r"\textbraceleft{}", "}": r"\textbraceright{}"}
    | {"~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    | {"<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}"}
)
# Where TeX would join two characters into another, as "--" into a dash.
_LIGATURE = re.compile("(?<=-)(?=-)|(?<=')(?=')|(?<=`)(?=`)|(?<=[?!])(?=`)|(?<=,)(?=,)")
# Classic BibTeX and biblatex both print `howpublished` of @misc, and neither its `publisher`.
_BIBTEX_FIELDS: Final = (
    ("journal", "container-title"), ("volume", "volume"), ("number", "issue"), ("pages", "page"),
    ("howpublished", "publisher"), ("publisher", "publisher"), ("version", "version"), ("note", "note"),
)  # fmt: skip


def _bibtex(item: Mapping[str, Any]) -> str:
    """Write a CSL item as an entry that classic BibTeX and biblatex read.

    The type is @misc, as classic BibTeX has no @dataset. The fields `doi` and `url` are verbatim in
    biblatex: percent-encoded, never TeX-escaped.
    """
    text = {name: _tex(value) for name, value in item.items() if isinstance(value, str)}
    fields = {
        "author": " and ".join(map(_bibtex_name, item.get("author", []))),
        # The inner braces keep a style from lowering capitals.
        "title": f"{{{text['title']}}}" if "title" in text else "",
        "year": _year(item),
        **{field: text.get(name, "") for field, name in _BIBTEX_FIELDS},
        "doi": _encode(item["DOI"]),
        "url": item["URL"],
    }
    kind = "article" if item["type"] == "article-journal" else "misc"
    # A key of the whole DOI stays the same whatever else is cited; "+" stands for what a key can't hold.
    key = quote(item["DOI"], safe="/:").replace("~", "%7E").replace("%", "+")
    lines = [f"  {name} = {{{value}}}" for name, value in fields.items() if value]
    return f"@{kind}{{{key},\n" + ",\n".join(lines) + "\n}\n"


def _bibtex_name(name: Mapping[str, str]) -> str:
    if "literal" in name:
        return f"{{{_tex(name['literal'])}}}"
    family = _tex(name["family"])
    # Braces keep the words of "Jimenez del Toro" together; "de Boer" BibTeX understands by itself.
    grouped = f"{{{family}}}" if " " in family and not family[0].islower() else family
    return f"{grouped}, {_tex(name['given'])}"


def _tex(text: str) -> str:
    return _LIGATURE.sub("{}", text.translate(_TEX))


_PREFIXES: Final = """\
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix schema: <https://schema.org/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
_SCHEMA_TYPES: Final = {"dataset": "Dataset", "article-journal": "ScholarlyArticle"}
_SCHEMA_TERMS: Final = {"DOI": "identifier", "title": "name", "version": "version"}


def _turtle(source: CitedSource) -> str:
    item = as_csl(source)
    facts = [f"a schema:{_SCHEMA_TYPES.get(item['type'], 'CreativeWork')}", f"schema:url <{item['URL']}>"]
    facts += [f"schema:{term} {_quoted(item[name])}" for name, term in _SCHEMA_TERMS.items() if name in item]
    for name in item.get("author", []):
        if "literal" in name:
            facts.append(f"schema:creditText {_quoted(name['literal'])}")
        else:
            parts = f"schema:familyName {_quoted(name['family'])} ; schema:givenName {_quoted(name['given'])}"
            facts.append(f"schema:author [ a schema:Person ; {parts} ]")
    if year := _year(item):
        facts.append(f'schema:datePublished "{year}"^^xsd:gYear')
    if publisher := item.get("publisher"):
        facts.append(f"schema:publisher [ a schema:Organization ; schema:name {_quoted(publisher)} ]")
    if text := as_text(source):
        facts.append(f"dcterms:bibliographicCitation {_quoted(text)}")
    return f"\n<{doi_url(item['DOI'])}>\n    " + " ;\n    ".join(facts) + " .\n"


def _quoted(text: str) -> str:
    # A JSON string is a Turtle string too: its escapes are a subset of Turtle's.
    return json.dumps(text, ensure_ascii=False)


def _year(item: Mapping[str, Any]) -> str:
    return str(item["issued"]["date-parts"][0][0]) if "issued" in item else ""


def _clean(text: str) -> str:
    return _fold(html.unescape(_TAG.sub("", _fold(text))))


def _fold(text: str) -> str:
    """Put a text on one line, without control characters and lone surrogates."""
    return " ".join(_CONTROL.sub(" ", text).split())


def _normal_doi(doi: str) -> str:
    return _DOI_PREFIX.sub("", _fold(doi).lower())


def _encode(doi: str) -> str:
    return quote(doi, safe="/:;()")


def doi_url(doi: str) -> str:
    """Address that a DOI leads to."""
    return "https://doi.org/" + _encode(doi)
