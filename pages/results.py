"""Analysis results: all of them to look through, or one of them."""

import streamlit as st

from app.datasets.about import Kind
from components.common.errors import explain_errors
from components.common.loading import wait_for_catalog
from components.common.style import page_style
from components.datasets.dataset import show_dataset
from components.datasets.dataset_list import dataset_list

page_style("discover")
wait_for_catalog()

with explain_errors():
    if Kind.RESULT in st.query_params:
        show_dataset(Kind.RESULT, st.query_params[Kind.RESULT])
    else:
        st.title("Analysis results", anchor=False)
        dataset_list(Kind.RESULT)
