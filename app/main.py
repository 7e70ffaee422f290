"""Entry script of the pages: navigation, nothing else."""

import streamlit as st

st.set_page_config(page_title="IDC Cohort Builder", page_icon="components/icon.svg", layout="wide")
st.logo("components/logo.svg", icon_image="components/icon.svg")
st.navigation(
    [
        st.Page("../pages/explore.py", title="Explore", icon=":material/search:", url_path="explore", default=True),
        st.Page("../pages/recipes.py", title="Recipes", icon=":material/menu_book:", url_path="recipes"),
    ],
    position="top",
).run()
