"""Collections: all of them to look through, or one of them."""

import streamlit as st

from app.datasets import DatasetKind
from components.common.errors import explain_errors
from components.common.loading import wait_for_catalog
from components.common.style import page_style
from components.datasets.dataset import show_dataset
from components.datasets.dataset_list import dataset_list

page_style("discover")
wait_for_catalog()

with explain_errors():
    if DatasetKind.COLLECTION in st.query_params:
        show_dataset(DatasetKind.COLLECTION, st.query_params[DatasetKind.COLLECTION])
    else:
        st.title("Collections", anchor=False)
        dataset_list(DatasetKind.COLLECTION)
