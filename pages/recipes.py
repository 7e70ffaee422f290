"""Recipes: cohorts to start from."""

import streamlit as st

from components.errors import explain_errors
from components.loading import wait_for_catalog
from components.recipes import recipe_cards
from components.style import page_style

page_style()
wait_for_catalog()

with explain_errors():
    st.title("Recipes", anchor=False)
    st.text("Well-formed cohorts to start from. Open one, then change it as you like.")
    recipe_cards()
