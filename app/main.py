"""Entry script of the pages: the sections of the navigation, and what the browser's tab is called."""

import streamlit as st

from app.common.settings import PRODUCT, settings

# The icon comes before the navigation: else the browser is sent to another host for that of the page.
st.set_page_config(page_title=PRODUCT, page_icon="components/icon.svg", layout="wide")
st.logo("components/logo.svg", icon_image="components/icon.svg")
home = st.Page("../pages/home.py", title="Home", icon=":material/home:", default=True)
explore = st.Page("../pages/explore.py", title="Explore", icon=":material/search:", url_path="explore")
discover = [
    st.Page("../pages/collections.py", title="Collections", icon=":material/folder_copy:", url_path="collections"),
    st.Page("../pages/results.py", title="Analysis results", icon=":material/layers:", url_path="results"),
    st.Page("../pages/releases.py", title="What’s new", icon=":material/new_releases:", url_path="releases"),
    st.Page("../pages/recipes.py", title="Recipes", icon=":material/menu_book:", url_path="recipes"),
    st.Page("../pages/clinical.py", title="Clinical data", icon=":material/clinical_notes:", url_path="clinical"),
]
tools = [
    st.Page("../pages/imports.py", title="Import", icon=":material/upload:", url_path="import"),
    st.Page("../pages/compare.py", title="Compare", icon=":material/join_inner:", url_path="compare"),
    st.Page("../pages/series.py", title="Series", url_path="series", visibility="hidden"),
]
if settings().queries_at_once:
    discover += [st.Page("../pages/sql.py", title="SQL", icon=":material/database_search:", url_path="sql")]
if settings().download_root:
    tools += [
        st.Page("../pages/downloads.py", title="Downloads", icon=":material/download:", url_path="downloads"),
        st.Page("../pages/validate.py", title="Validate", icon=":material/fact_check:", url_path="validate"),
    ]
about = st.Page("../pages/help.py", title="Help", icon=":material/help:", url_path="help")
page = st.navigation({"": [home, explore, about], "Discover": discover, "Tools": tools}, position="top")
name = PRODUCT if page is home else f"{page.title} · {PRODUCT}"
st.set_page_config(page_title=name)
page.run()
