"""Clinical data: the tables that collections bring beside their images."""

import streamlit as st

from components.common.errors import explain_errors
from components.common.loading import wait_for_catalog
from components.common.style import page_style
from components.datasets.clinical import clinical_data

page_style()
wait_for_catalog()

with explain_errors():
    st.title("Clinical data", anchor=False)
    clinical_data()
