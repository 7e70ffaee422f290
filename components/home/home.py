"""What stands on the home page below the search box: figures, charts, releases, cohorts of this visit."""

from __future__ import annotations

import streamlit as st

from app.catalog import open_catalog
from app.cohort import ATTRIBUTES, RECIPES, Cohort, schema
from app.common.numbers import compact, exact, size
from app.datasets import CHARTED, added_in, holdings, releases
from app.selection import Selection
from components.common import state
from components.common.links import explore_link
from components.common.totals import cells
from components.common.words import in_words
from components.explore.charts import overview_chart
from components.home.recipes import recipe_cards

_RECIPES = 3
_RELEASES = 4
_RECENT = 5


def title() -> None:
    """What this is, and which release it shows."""
    st.title("Find cancer images for your research", anchor=False)
    release = f"release v{schema.idc_version()}"
    st.text(
        f"All of the NCI Imaging Data Commons, {release}. Name what you need or click it together,"
        " and leave with a manifest, citations and licenses."
    )


def figures() -> None:
    """How much IDC holds; exact figures on hover."""
    held = holdings(open_catalog())
    totals = held.totals
    shown = [
        ("Collections", compact(held.collections), exact(held.collections)),
        ("Analysis results", compact(held.analysis_results), exact(held.analysis_results)),
        ("Patients", compact(totals.patients), exact(totals.patients)),
        ("Studies", compact(totals.studies), exact(totals.studies)),
        ("Series", compact(totals.series), exact(totals.series)),
        ("Size", size(totals.size_bytes), f"{exact(totals.size_bytes)} bytes"),
    ]
    st.html(f'<div class="idc-head" data-testid="holdings">{cells(shown)}</div>')


def charts() -> None:
    """Three charts of everything; a click on a bar opens Explore."""
    held, everything = holdings(open_catalog()), Selection(open_catalog(), Cohort())
    shown = [name for name in CHARTED if name in ATTRIBUTES]
    with st.container(key="charts"):
        for name, column in zip(shown, st.columns(len(shown), gap="medium"), strict=True):
            with column:
                overview_chart(ATTRIBUTES[name], everything, held.counts[name])


def recipes() -> None:
    """A few recipes, and the way to all."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
        st.header("Start from a recipe", anchor=False)
        st.page_link("../pages/recipes.py", label=f"All {len(RECIPES)} recipes", icon=":material/menu_book:")
    recipe_cards(RECIPES[:_RECIPES])


def latest_releases() -> None:
    """The last releases with what each brought."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.header("Latest releases", anchor=False, width="content")
        st.page_link("../pages/releases.py", label="What’s new", icon=":material/new_releases:")
    for release in list(releases(open_catalog()).values())[:_RELEASES]:
        with st.container(horizontal=True, vertical_alignment="center", key=f"release_{release.version}"):
            explore_link(added_in(release.version), f"IDC v{release.version}", icon=None)
            st.text(f"{f'{release.day} · ' if release.day else ''}{exact(release.changes.added)} new series")


def seen_cohorts() -> None:
    """Cohorts of this visit, the latest first; nothing before the first."""
    recent = [query for query in state.seen() if query][:_RECENT]
    if not recent:
        return
    st.header("Seen in this visit", anchor=False)
    for query in recent:
        cohort = Cohort.from_query(query)
        with st.container(horizontal=True, vertical_alignment="center", key=f"seen_{query}"):
            explore_link(cohort, "Open", width="content")
            st.text(in_words(cohort))
