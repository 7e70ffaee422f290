"""Compare: how cohorts overlap."""

import streamlit as st

from components.compare import compare
from components.errors import explain_errors
from components.loading import wait_for_catalog
from components.style import page_style

page_style()
wait_for_catalog()

with explain_errors():
    st.title("Compare cohorts", anchor=False)
    compare()
