"""Clinical data: the tables that collections bring beside their images."""

import streamlit as st

from components.clinical import clinical_data
from components.errors import explain_errors
from components.loading import wait_for_catalog
from components.style import page_style

page_style()
wait_for_catalog()

with explain_errors():
    st.title("Clinical data", anchor=False)
    clinical_data()
