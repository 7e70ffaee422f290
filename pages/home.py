"""Home: what IDC holds, and the first cohort in two clicks."""

import streamlit as st

from components.errors import explain_errors
from components.loading import wait_for_catalog
from components.recipes import recipe_cards
from components.style import page_style

page_style()
wait_for_catalog()

with explain_errors():
    st.title("IDC Cohort Builder", anchor=False)
    recipe_cards()
