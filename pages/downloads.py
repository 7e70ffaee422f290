"""Downloads: what is on its way to this machine, and what has come."""

import streamlit as st

from components.common.errors import explain_errors
from components.common.style import page_style
from components.local_files.downloads import download_list

page_style()

with explain_errors():
    st.title("Downloads", anchor=False)
    download_list()
