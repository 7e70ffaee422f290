"""Recipes as cards that open in Explore."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.catalog import open_catalog
from app.cohort import RECIPES, Cohort, Recipe
from app.common.numbers import compact, size
from app.selection import Selection
from components.common.links import explore_link

_COLUMNS = 3


def recipe_cards(recipes: Sequence[Recipe] = RECIPES) -> None:
    """Recipes, with what each holds in this release."""
    for first in range(0, len(recipes), _COLUMNS):
        for recipe, column in zip(recipes[first : first + _COLUMNS], st.columns(_COLUMNS), strict=False):
            with column.container(border=True, height="stretch"):
                st.header(recipe.title, anchor=False)
                st.text(recipe.why)
                missing = open_catalog().missing(recipe.cohort.tables())
                st.caption(_needed(missing) if missing else _figures(recipe.query, open_catalog().tables()))
                explore_link(recipe.cohort, "Open in Explore")


def _needed(missing: list[str]) -> str:
    return f"Needs {' and '.join(missing)}, which is not on this machine; Explore says how to fetch it."


@st.cache_data(show_spinner=False, max_entries=len(RECIPES))
def _figures(query: str, tables: list[str]) -> str:
    """Counts with these fetched `tables`, by which additions go."""
    totals = Selection(open_catalog(), Cohort.from_query(query)).totals
    return f"{compact(totals.patients)} patients · {compact(totals.series)} series · {size(totals.size_bytes)}"
