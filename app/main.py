"""Entry script of the pages: navigation, nothing else."""

import streamlit as st

st.navigation(
    [st.Page("../pages/explore.py", title="Explore", icon=":material/search:", url_path="explore", default=True)],
    position="top",
).run()
