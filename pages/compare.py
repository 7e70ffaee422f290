"""Compare: how cohorts overlap."""

import streamlit as st

from components.cohorts.compare import compare
from components.common.errors import explain_errors
from components.common.loading import wait_for_catalog
from components.common.style import page_style

page_style()
wait_for_catalog()

with explain_errors():
    st.title("Compare cohorts", anchor=False)
    compare()
