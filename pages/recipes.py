"""Recipes: cohorts to start from."""

import streamlit as st

from components.common.errors import explain_errors
from components.common.loading import wait_for_catalog
from components.common.style import page_style
from components.home.recipes import recipe_cards

page_style()
wait_for_catalog()

with explain_errors():
    st.title("Recipes", anchor=False)
    st.text("Well-formed cohorts to start from. Open one, then change it as you like.")
    recipe_cards()
