"""Collections: all of them to look through, or one of them."""

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
    if Kind.COLLECTION in st.query_params:
        show_dataset(Kind.COLLECTION, st.query_params[Kind.COLLECTION])
    else:
        st.title("Collections", anchor=False)
        catalogue(Kind.COLLECTION)
