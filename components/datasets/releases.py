"""What's new: all releases at the side, one of them in full."""

from __future__ import annotations

import streamlit as st

from app.catalog import open_catalog
from app.cohort import ATTRIBUTES, schema
from app.common.errors import UserError
from app.common.numbers import compact, exact
from app.datasets import Changes, DatasetKind, Release, datasets, release_history
from app.selection import Selection
from components.common import colours
from components.common.links import Target, dataset_page, explore, explore_link, query_page, release_page
from components.common.state import parameters
from components.widgets.tally import Cell, number, tally

_HEADS = ["Added", "Revised", "Removed"]


def release_notes() -> None:
    """All releases, and the one that the address bar names; the latest unless it names one."""
    known = release_history.releases(open_catalog())
    try:
        found = release_history.release(open_catalog(), st.query_params.get("release", str(schema.idc_version())))
    except UserError as error:
        st.text(str(error))
        found = next(iter(known.values()))
    side, main = st.columns([3, 5], gap="large")
    with side:
        _list_releases(list(known.values()), found)
    with main:
        _show(found)
    st.html(f'<section class="idc-section"><h2>What these numbers can’t say</h2><ul>{_limits()}</ul></section>')


def _list_releases(known: list[Release], chosen: Release) -> None:
    rows = [
        [
            Cell(f"v{one.version}", target=release_page(one.version)),
            Cell(one.day.isoformat() if one.day else ""),
            *_counts(one.changes),
        ]
        for one in known
    ]
    tally("releases", "", ["Release", "<Date", *_HEADS], rows, most=8, chosen=known.index(chosen))


def _show(found: Release) -> None:
    day = f"<span>{found.day.day} {found.day:%B %Y}</span>" if found.day else ""
    st.html(f'<div class="idc-release"><h2>IDC v{found.version}</h2>{day}</div>')
    if not found.changes:
        st.text("No present series was added or last revised by this release, and none went with it.")
        return
    _figures(found)
    _list_new(found)
    left, right = st.columns([3, 2], gap="large")
    with left:
        _by_dataset(found, DatasetKind.COLLECTION)
    with right:
        _modalities(found)
        if found.by_result:
            _by_dataset(found, DatasetKind.RESULT)


def _figures(found: Release) -> None:
    changes = found.changes
    counts = {"Added": changes.added, "Revised": changes.revised}
    counts |= {"Removed": changes.removed} if release_history.knows_removed() else {}
    counts["Collections"] = sum(map(bool, found.by_collection.values()))
    units = {"Collections": "collections touched"}
    cells = "".join(
        f'<div title="{exact(count)} {units.get(label, "series")}"><span>{label}</span>'
        f"<strong>{compact(count)}</strong></div>"
        for label, count in counts.items()
    )
    st.html(f'<div class="idc-head" data-testid="release-counts">{cells}</div>')
    with st.container(horizontal=True):
        if changes.added:
            with st.container(key="leading_link", width="content"):
                explore_link(release_history.added_in(found.version), "New series in Explore", icon=":material/search:")
        if changes.revised:
            explore_link(
                release_history.revised_in(found.version), "Revised series in Explore", icon=":material/search:"
            )
        if changes.removed and (target := query_page(release_history.removed_query(found.version))):
            label = "Removed series as a list"
            st.page_link("../pages/sql.py", label=label, icon=":material/list:", query_params=parameters(target.pairs))


def _list_new(found: Release) -> None:
    """Datasets whose first present series came with this release."""
    for kind in DatasetKind:
        new = [one for one in datasets(open_catalog(), kind).values() if one.first_release == found.version]
        rows = [
            [
                Cell(one.title, one.id, target=dataset_page(kind, one.id)),
                Cell(", ".join(list(one.modalities)[:4])),
                number(one.totals.patients, "patients"),
                number(one.totals.series, "series", explore(one.cohort)),
            ]
            for one in new
        ]
        if rows:
            title = f"New {kind.noun}{'s' if len(rows) > 1 else ''}"
            tally(f"new_{kind}", title, ["Title", "<Modalities", "Patients", "Series"], rows, most=8)


def _by_dataset(found: Release, kind: DatasetKind) -> None:
    known = datasets(open_catalog(), kind)
    by = found.by_collection if kind is DatasetKind.COLLECTION else found.by_result
    rows = []
    for name, changes in by.items():
        label = Cell(known[name].title, name, target=dataset_page(kind, name)) if name in known else Cell(name)
        cells = _counts(changes, found.version, {str(kind): name})
        rows.append([label, *(cells if kind is DatasetKind.COLLECTION else cells[:2])])
    heads = _HEADS if kind is DatasetKind.COLLECTION else _HEADS[:2]
    tally(f"by_{kind}", f"By {kind.noun}", [kind.noun.capitalize(), *heads], rows, most=12)


def _modalities(found: Release) -> None:
    attribute = ATTRIBUTES["Modality"]
    added = release_history.added_in(found.version)
    counts = Selection(open_catalog(), added).facet_of_selected(attribute)[1:]
    by_name = dict(zip(open_catalog().values(attribute), map(int, counts), strict=True))
    rows = []
    for name, count in sorted(by_name.items(), key=lambda item: (-item[1], item[0])):
        if count:
            target = explore(added.with_values("Modality", "eq", [name]))
            colour = colours.of_value(attribute.name, name)
            bar = number(count, "series", target, count / int(max(counts)), colour)
            rows.append([Cell(name, target=target), bar])
    if rows:
        tally("modalities", "Modalities of the new series", ["", ""], rows, most=8)


def _counts(changes: Changes, version: int = 0, narrowed: dict[str, str] | None = None) -> list[Cell]:
    """Three counts; those of `version` lead to the cohort, and to the list of what was removed."""
    added: Target | None = None
    revised: Target | None = None
    removed: Target | None = None
    if version:
        added = explore(release_history.added_in(version, **(narrowed or {})))
        revised = explore(release_history.revised_in(version, **(narrowed or {})))
        removed = query_page(release_history.removed_query(version, (narrowed or {}).get("collection_id", "")))
    gone = number(changes.removed, "series removed", removed) if release_history.knows_removed() else Cell("not known")
    return [number(changes.added, "series added", added), number(changes.revised, "series revised", revised), gone]


def _limits() -> str:
    return "".join(f"<li>{limit}</li>" for limit in release_history.LIMITS)
