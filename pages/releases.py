"""What's new: what each IDC release changed."""

import streamlit as st

from components.errors import explain_errors
from components.loading import wait_for_catalog
from components.releases import release_notes
from components.style import page_style

page_style("discover")
wait_for_catalog()

with explain_errors():
    st.title("What’s new", anchor=False)
    release_notes()
