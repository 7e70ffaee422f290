"""What's new: what each IDC release changed."""

import streamlit as st

from components.common.errors import explain_errors
from components.common.loading import wait_for_catalog
from components.common.style import page_style
from components.datasets.releases import release_notes

page_style("discover")
wait_for_catalog()

with explain_errors():
    st.title("What’s new", anchor=False)
    release_notes()
