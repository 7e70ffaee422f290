"""The page of one collection or analysis result: what it is, what it holds, where it comes from, what changed."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from urllib.parse import quote

import numpy as np
import streamlit as st

from app.catalog import bin_edges, open_catalog
from app.cohort import ATTRIBUTES, Cohort
from app.common.numbers import compact, exact
from app.datasets import (
    ADDRESS,
    Dataset,
    DatasetKind,
    UnknownDatasetError,
    clinical_tables,
    dataset,
    datasets,
    release_history,
    typical_series,
)
from app.export import licenses
from app.selection import Selection
from components.common import colours
from components.common.errors import plain
from components.common.links import Target, dataset_page, explore, explore_link, release_page, series_page
from components.common.style import tab_title
from components.common.totals import head
from components.widgets.tally import Cell, number, tally

_LISTS = {DatasetKind.COLLECTION: "../pages/collections.py", DatasetKind.RESULT: "../pages/results.py"}

_PROVENANCE = {
    "data_contributor": "Contributed by",
    "source_data_provider": "Source material from",
    "deidentification_party": "De-identified by",
    "dicom_conversion_by": "Converted to DICOM by",
}
_NOT_SAID = {"UNKNOWN": "not known", "NOT_APPLICABLE": "not applicable", "NOT_DOCUMENTED": "not documented"}

#: Lower edges in MB, each one of the filter's own bins, and what they are called.
_SIZES = (0.0, 0.1, 1.0, 10.0, 100.0, 1_000.0, 10_000.0)
_SIZE_LABELS = (
    "under 0.1 MB",
    "0.1 to 1 MB",
    "1 to 10 MB",
    "10 to 100 MB",
    "0.1 to 1 GB",
    "1 to 10 GB",
    "10 GB and more",
)

#: Sources shown before the rest is folded away.
_SOURCES = 4


def show_dataset(kind: DatasetKind, name: str) -> None:
    """Show one dataset, or say that there is none of this name."""
    st.page_link(_LISTS[kind], label=f"All {kind.noun}s", icon=":material/arrow_back:")
    try:
        found = dataset(open_catalog(), kind, name)
    except UnknownDatasetError as error:
        st.title(f"There is no such {kind.noun}", anchor=False)
        st.text(str(error))
        if near := error.near:
            label, asked = plain(f"Open {near}"), [(str(kind), near)]
            st.page_link(_LISTS[kind], label=label, icon=":material/arrow_forward:", query_params=asked)
        return
    tab_title(found.title)
    selection = Selection(open_catalog(), found.cohort)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
        st.html(_heading(found), width="content")
        with st.container(key="leading_link", width="content"):
            explore_link(found.cohort, "Open in Explore", icon=":material/search:")
    head(selection)
    main, side = st.columns([5, 3], gap="large")
    with main:
        st.html(_section("About", _description(found)))
        _contents(found, selection)
        _series(found)
    with side:
        st.html(_section("Facts", _facts(found, selection)))
        _related(found)
        if kind is DatasetKind.COLLECTION:
            st.html(_section("Clinical data", _clinical(found)))
        _history(found)
    st.html(_section("Sources", _sources(found)))


def _heading(found: Dataset) -> str:
    kicker = " · ".join(
        part for part in (found.kind.noun.capitalize(), found.program.replace("_", " ").upper()) if part
    )
    return (
        f'<div class="idc-heading"><span>{escape(kicker)}</span><h1>{escape(found.title)}</h1>'
        f"<code>{escape(found.id)}</code></div>"
    )


def _section(title: str, body: str) -> str:
    return f'<section class="idc-section"><h2>{title}</h2>{body}</section>'


def _description(found: Dataset) -> str:
    return "".join(f"<p>{_linked(text)}</p>" for text in found.description) or "<p>IDC gives no description.</p>"


def _linked(text: str) -> str:
    """Escaped text whose web addresses are links; they show where they lead."""
    parts, end = [], 0
    for match in ADDRESS.finditer(text):
        shown = match[0].split("://", 1)[1].rstrip("/")
        parts += [escape(text[end : match.start()]), _link(match[0], shown)]
        end = match.end()
    return "".join([*parts, escape(text[end:])])


def _link(address: str, text: str) -> str:
    return f'<a href="{escape(address)}" target="_blank" rel="noopener noreferrer">{escape(text)}</a>'


def _facts(found: Dataset, selection: Selection) -> str:
    of_result = " (collections)" if found.kind is DatasetKind.RESULT else ""
    facts = [
        (f"Cancer types{of_result}", escape(", ".join(found.cancer_types))),
        (f"Locations{of_result}", escape(", ".join(found.tumor_locations))),
        (f"Species{of_result}", escape(", ".join(found.species))),
        ("Licenses", "<br>".join(_license(entry) for entry in licenses(selection))),
        ("Also has", escape(", ".join(found.supporting_data))),
        ("In IDC since", _release(found.first_release)),
        ("Last changed in", _release(found.last_release)),
        ("Entry updated", escape(found.updated)),
        ("Status", escape(found.status)),
    ]
    rows = "".join(f"<div><dt>{label}</dt><dd>{value}</dd></div>" for label, value in facts if value)
    return f'<dl class="idc-facts">{rows}</dl>'


def _license(entry: dict) -> str:
    name = _link(entry["url"], entry["license"]) if entry["url"] else escape(entry["license"])
    strict = "" if entry["commercial_use"] == "allowed" else ' class="strict"'
    return f'{name} <small title="{exact(entry["series"])} series">{compact(entry["series"])} series.</small>' + (
        f"<br><small{strict}>{escape(entry['verdict'])}</small>"
    )


def _release(version: int) -> str:
    if not version:
        return ""
    day = release_history.releases(open_catalog())[version].day
    return f"v{version}" + (f", {day.day} {day:%B %Y}" if day else "")


def _contents(found: Dataset, selection: Selection) -> None:
    """How its series are distributed."""
    left, right = st.columns(2, gap="large")
    with left:
        _mix(found, "Modality", "Modalities", found.modalities)
        _sizes(found, selection)
    with right:
        _mix(found, "BodyPartExamined", "Body parts", found.body_parts)


def _mix(found: Dataset, attribute: str, title: str, counts: Mapping[str, int]) -> None:
    most = max(counts.values(), default=1)
    rows = []
    for value, count in counts.items():
        colour = colours.of_value(attribute, value)
        target = explore(found.cohort.with_values(attribute, "eq", [value]))
        rows.append([Cell(value, target=target), number(count, "series", target, count / most, colour)])
    missing = found.totals.series - sum(counts.values())
    note = f"{exact(missing)} series name none." if missing else ""
    tally(f"mix_{attribute}", title, ["", ""], rows, most=8, note=note)


def _sizes(found: Dataset, selection: Selection) -> None:
    """Series by size, in powers of ten."""
    attribute = ATTRIBUTES["series_size_MB"]
    counts = selection.facet(attribute).counts[1:]
    bins = np.searchsorted(_SIZES, bin_edges(attribute), side="right") - 1
    sums = np.bincount(bins, weights=counts, minlength=len(_SIZES)).astype(int)
    rows = []
    for place in range(len(_SIZES)):
        if not sums[place]:
            continue
        low, high = _SIZES[place], _SIZES[place + 1] if place + 1 < len(_SIZES) else None
        target = explore(_sized(found.cohort, low, high))
        share = sums[place] / sums.max()
        rows.append([Cell(_SIZE_LABELS[place], target=target), number(int(sums[place]), "series", target, share)])
    tally("sizes", "Size of a series", ["", ""], rows)


def _sized(cohort: Cohort, low: float, high: float | None) -> Cohort:
    """Series of a size from `low` to just under `high`: sizes are whole bytes."""
    if low:
        cohort = cohort.with_values("series_size_MB", "gte", [f"{low:g}"])
    return cohort.with_values("series_size_MB", "lte", [f"{high - 1e-6:.6f}"]) if high else cohort


def _series(found: Dataset) -> None:
    rows = [
        [
            Cell(row["Modality"], colour=colours.of_value("Modality", row["Modality"])),
            Cell(row["SeriesDescription"] or "no description", target=series_page(row["SeriesInstanceUID"])),
            Cell(row["BodyPartExamined"] or ""),
            Cell(compact(row["instanceCount"]), f"{exact(row['instanceCount'])} instances"),
            Cell(f"{row['series_size_MB']:,.1f} MB"),
            Cell("View", "Opens IDC's viewer", address=row["viewer"]),
        ]
        for row in typical_series(open_catalog(), found.kind, found.id)
    ]
    tally(
        "typical",
        "Typical series",
        ["Modality", "<Description", "<Body part", "Instances", "Size", "<"],
        rows,
        note="The series of median size of each modality. What has no picture of its own opens with its images.",
    )


def _related(found: Dataset) -> None:
    other = DatasetKind.RESULT if found.kind is DatasetKind.COLLECTION else DatasetKind.COLLECTION
    known = datasets(open_catalog(), other)
    rows = []
    for name, count in found.related.items():
        both = explore(found.cohort.with_values(other, "eq", [name]))
        title = known[name].title if name in known else name
        modalities = ", ".join(known[name].modalities) if other is DatasetKind.RESULT else ""
        rows.append([Cell(title, modalities, target=dataset_page(other, name)), number(count, "series", both)])
    if found.kind is DatasetKind.COLLECTION:
        note = "" if rows else "No analysis result is about this collection yet."
        tally("related", "Derived datasets", ["Analysis result", "Series"], rows, most=8, note=note)
    else:
        tally("related", "About these collections", ["Collection", "Series"], rows, most=12)


def _clinical(found: Dataset) -> str:
    tables = clinical_tables(open_catalog(), found.id)
    if tables:
        rows = "".join(f"<li><code>{escape(name)}</code> {count} columns</li>" for name, count in tables.items())
        return f"<ul>{rows}</ul><p>{_clinical_link(found, 'Values, filters and files')}</p>"
    if tables is not None:
        return "<p>IDC has no clinical tables of this collection.</p>"
    if "Clinical" not in found.supporting_data:
        return f"<p>IDC lists none for it. {_clinical_link(found, 'About clinical data')}</p>"
    return f"<p>IDC lists clinical data for it. {_clinical_link(found, 'Get its tables')}</p>"


def _clinical_link(found: Dataset, label: str) -> str:
    address = Target("clinical", (("collection_id", found.id),)).href
    return f'<a href="{escape(address)}">{label}</a>'


def _history(found: Dataset) -> None:
    rows = []
    for version, changes in release_history.history(open_catalog(), found.kind, found.id).items():
        day = release_history.releases(open_catalog())[version].day
        narrowed = {str(found.kind): found.id}
        rows.append(
            [
                Cell(f"v{version}", day.isoformat() if day else "", target=release_page(version)),
                number(changes.added, "series added", explore(release_history.added_in(version, **narrowed))),
                number(changes.revised, "series revised", explore(release_history.revised_in(version, **narrowed))),
                number(changes.removed, "series removed"),
            ]
        )
    heads, note = ["Release", "Added", "Revised", "Removed"], ""
    if found.kind is DatasetKind.RESULT or not release_history.knows_removed():
        heads, rows, note = heads[:3], [row[:3] for row in rows], "What was removed is not known."
    tally("history", "What changed", heads, rows, most=6, note=note)


def _sources(found: Dataset) -> str:
    cards = [_source(source) for source in found.sources]
    shown = f'<div class="idc-sources">{"".join(cards[:_SOURCES])}</div>'
    if rest := cards[_SOURCES:]:
        shown += f"<details><summary>{len(rest)} more</summary><div class='idc-sources'>{''.join(rest)}</div></details>"
    return shown if cards else "<p>IDC names no source.</p>"


def _source(source) -> str:
    kind = "Analysis result" if source.derived else "Original data"
    doi = _link(f"https://doi.org/{quote(source.doi, safe='/:;()')}", source.doi) if source.doi else ""
    terms = _link(source.license_url, source.license) if source.license_url else escape(source.license)
    facts = [("DOI", doi), ("License", terms), ("Modalities", escape(source.modalities))]
    facts += [
        (label, escape(_NOT_SAID.get(source.provenance[key], source.provenance[key])))
        for key, label in _PROVENANCE.items()
        if key in source.provenance
    ]
    rows = "".join(f"<div><dt>{label}</dt><dd>{value}</dd></div>" for label, value in facts if value)
    return (
        f"<article><span>{kind}</span><h3>{escape(source.title)}</h3>"
        f'<p class="citation">{_linked(source.citation)}</p><dl class="idc-facts">{rows}</dl></article>'
    )
