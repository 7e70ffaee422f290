"""Datasets to look through: cards or a table, with search, a few facets and sorting, all in the browser.

A few hundred datasets are few enough to be sent once; from then on no key or click waits for the server. What is
searched, chosen and sorted stands in the address bar, so that it can be linked to and comes back with the browser's
back; the page's own parameter, the dataset, is the server's business.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st

from app.catalog import Catalog, open_catalog
from app.cohort import schema
from app.common.numbers import compact, exact, size
from app.datasets import ADDRESS, Dataset, DatasetKind, datasets
from app.export import commercial_uses, verdict_of_all
from components.common import colours
from components.common.links import dataset_page, explore
from components.common.scripts import module

_HERE = Path(__file__).parent
_SNIPPET = 230

#: An address in brackets, as descriptions have it behind each name.
_ADDRESS_ASIDE = re.compile(rf" \((?:{ADDRESS.pattern})\)")

_component = st.components.v2.component(
    "dataset_list",
    css=(_HERE / "dataset_list.css").read_text(encoding="utf-8"),
    js=module(_HERE / "page.js"),
    isolate_styles=True,
)

_ABOUT_COLLECTIONS = "Said of the whole collection, not of each patient in it."

#: Facets of each kind of datasets: parameter in the address bar, label, note.
_FACETS = {
    DatasetKind.COLLECTION: (
        ("modality", "Modality", ""),
        ("location", "Location", _ABOUT_COLLECTIONS),
        ("cancer", "Cancer type", _ABOUT_COLLECTIONS),
        ("species", "Species", _ABOUT_COLLECTIONS),
        ("license", "License", ""),
        ("data", "Also has", "Data beside the images, as IDC lists it."),
    ),
    DatasetKind.RESULT: (
        ("modality", "Modality", ""),
        ("location", "Location", "Of the collections that it is about."),
        ("collection", "Collection", "With a series that the result is about."),
        ("license", "License", ""),
    ),
}

_SORTS = (
    ("title", "By title", False),
    ("patients", "Most patients", True),
    ("series", "Most series", True),
    ("size", "Largest", True),
    ("changed", "Latest changes", True),
    ("first", "Newest in IDC", True),
)


def dataset_list(kind: DatasetKind) -> None:
    """Show all datasets of a kind; a click opens one here, or its series in Explore."""
    _component(key=f"dataset_list_{kind}", data=_payload(open_catalog(), kind))


@lru_cache(maxsize=2)
def _payload(opened: Catalog, kind: DatasetKind) -> dict[str, Any]:
    found = datasets(opened, kind).values()
    titles = {name: one.title for name, one in datasets(opened, DatasetKind.COLLECTION).items()}
    uses = commercial_uses(opened)
    return {
        "attribute": str(kind),
        "noun": [kind.noun, f"{kind.noun}s"],
        "items": [_item(one, titles, uses) for one in found],
        "facets": [{"name": name, "label": label, "note": note} for name, label, note in _FACETS[kind]],
        "sorts": [{"key": key, "label": label, "down": down} for key, label, down in _SORTS],
        "hint": "Title, text, disease, DOI, citation …",
    }


def _item(found: Dataset, titles: Mapping[str, str], uses: Mapping[str, str]) -> dict[str, Any]:
    totals = found.totals
    return {
        "id": found.id,
        "href": dataset_page(found.kind, found.id).href,
        "exploreHref": explore(found.cohort).href,
        "title": found.title,
        "program": found.program.replace("_", " ").upper() if found.program != "community" else "",
        "about": _about(found, titles),
        "text": _snippet(found),
        "searched": found.searched,
        "badge": _badge(found),
        "modalities": modality_shares(found),
        "figures": [
            ["Patients", compact(totals.patients), f"{exact(totals.patients)} patients"],
            ["Series", compact(totals.series), f"{exact(totals.series)} series"],
            ["Size", size(totals.size_bytes), f"{exact(totals.size_bytes)} bytes"],
        ],
        "license": _license_tag(found, uses),
        "first": f"v{found.first_release}" if found.first_release else "",
        "changed": f"v{found.last_release}" if found.last_release else "",
        "facets": {
            "modality": list(found.modalities),
            "location": _capitalized(found.tumor_locations),
            "cancer": _capitalized(found.cancer_types),
            "species": list(found.species),
            "license": list(found.licenses),
            "data": _capitalized(found.supporting_data),
            "collection": list(found.related),
        },
        "order": {
            "title": found.title.casefold(),
            "patients": totals.patients,
            "series": totals.series,
            "size": totals.size_bytes,
            "first": found.first_release,
            "changed": found.last_release,
        },
    }


def _license_tag(found: Dataset, uses: Mapping[str, str]) -> dict[str, Any]:
    """The licenses in short, in full with what they allow, and whether that is not everything."""
    names = list(found.licenses)
    short = ["Custom terms" if uses[name] == "custom terms" else name for name in names]
    more = f" +{len(short) - 2}" if len(short) > 2 else ""
    all_allowed, verdict = verdict_of_all(uses[name] for name in names)
    return {"text": ", ".join(short[:2]) + more, "hint": "\n".join([*names, verdict]), "strict": not all_allowed}


def modality_shares(found: Dataset) -> list[dict[str, Any]]:
    """Modalities with colour, share of the series and exact count."""
    whole = found.totals.series or 1
    return [
        {
            "name": name,
            "colour": colours.of_value("Modality", name),
            "share": count / whole,
            "hint": f"{name}: {exact(count)} series",
        }
        for name, count in found.modalities.items()
    ]


def _about(found: Dataset, titles: Mapping[str, str]) -> str:
    if found.kind is DatasetKind.RESULT:
        return "On " + few(tuple(titles.get(name, name) for name in found.related), 2)
    said = [few(found.cancer_types, 3), few(found.tumor_locations, 3)]
    said += [few(found.species, 2)] if found.species != ("Human",) else []
    return " · ".join(dict.fromkeys(part for part in said if part))


def few(values: tuple[str, ...], most: int) -> str:
    """The first values, and how many more there are."""
    more = len(values) - most
    return ", ".join(values[:most]) + (f" and {more} more" if more > 0 else "")


def _snippet(found: Dataset) -> str:
    text = _ADDRESS_ASIDE.sub("", " ".join(found.description))
    return text if len(text) <= _SNIPPET else f"{text[:_SNIPPET].rsplit(' ', 1)[0]} …"


def _badge(found: Dataset) -> str:
    version = schema.idc_version()
    if found.first_release == version:
        return f"New in v{version}"
    return f"Changed in v{version}" if found.last_release == version else ""


def _capitalized(values: tuple[str, ...]) -> list[str]:
    """Values as a facet lists them: "lung" and "Lung" are one."""
    return list(dict.fromkeys(value[:1].upper() + value[1:] for value in values))
