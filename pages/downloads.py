"""Downloads: what is on its way to this machine, and what has come."""

import streamlit as st

from components.downloads import download_list
from components.errors import explain_errors
from components.style import page_style

page_style()

with explain_errors():
    st.title("Downloads", anchor=False)
    download_list()
