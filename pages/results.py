"""Analysis results: all of them to look through, or one of them."""

import streamlit as st

from app.datasets import Kind
from components.catalogue import catalogue
from components.dataset import show_dataset
from components.errors import explain_errors
from components.loading import wait_for_catalog
from components.style import page_style

page_style("discover")
wait_for_catalog()

with explain_errors():
    if Kind.RESULT in st.query_params:
        show_dataset(Kind.RESULT, st.query_params[Kind.RESULT])
    else:
        st.title("Analysis results", anchor=False)
        catalogue(Kind.RESULT)
